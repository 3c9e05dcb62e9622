package ledger

import "slices"

// Key is a public key registered for a party. It is never taken away: what it
// signed must stay attributable.
type Key struct {
	Held   string   `json:"held"` // own, platform
	N      string   `json:"n"`
	Public string   `json:"public"`
	Scope  []string `json:"scope"`  // functions, or *
	Status string   `json:"status"` // active, retired, compromised
}

// mostKeys a party can ever have; the record is read with each of its commands.
const mostKeys = 100

func (k Key) shown() KeyShown {
	return KeyShown{N: k.N, Public: k.Public, Scope: k.Scope, Held: k.Held}
}

func (k Key) covers(function string) bool {
	return slices.Contains(k.Scope, "*") || slices.Contains(k.Scope, function)
}

// includes tells whether everything the other key may sign, this one may sign too.
func (k Key) includes(other Key) bool {
	for _, function := range other.Scope {
		if !k.covers(function) {
			return false
		}
	}
	return true
}

// key finds a key by its number.
func (p Party) key(n string) (Key, bool) {
	for _, k := range p.Keys {
		if k.N == n {
			return k, true
		}
	}
	return Key{}, false
}

// compromised tells whether the key behind a kid of this party was revoked as compromised.
func (p Party) compromised(kid string) bool {
	k, found := p.key(kid[len(p.Party)+1:])
	return !found || k.Status == "compromised"
}

// withStatus is a copy of the party's keys in which one has another status.
func (p Party) withStatus(n, status string) []Key {
	keys := slices.Clone(p.Keys)
	for i := range keys {
		if keys[i].N == n {
			keys[i].Status = status
		}
	}
	return keys
}

// newKey is a key on its way in, with the proof that its owner has the private half.
type newKey struct {
	Key
	proof string
}

// readKey reads the field key: {n, public, scope, held} and, except in the genesis, proof.
func readKey(f *fields, proof bool) newKey {
	inner := readFields(f.object("key"))
	k := newKey{Key: Key{
		N:      inner.text("n", isKeyNumber, "a number from 1"),
		Public: inner.text("public", isPublic, "the base64url of an uncompressed P-256 point"),
		Scope:  inner.list("scope", 40, isScope, "a list of different functions, or *"),
		Held:   inner.oneOf("held", "own", "platform"),
		Status: "active",
	}}
	if proof {
		k.proof = inner.text("proof", func(s string) bool { return len(s) <= 4096 && only(s, isJWSByte) }, "a compact JWS")
	}
	f.within(inner.done())
	return k
}

func isScope(s string) bool { return s == "*" || isFunctionName(s) }

// proven checks that the new key is on the list of functions and signed its own
// admission: {"ledger","n","party","public"}.
func (k newKey) proven(tx *Tx, party string) error {
	for _, function := range k.Scope {
		if _, known := tx.rules[function]; !known && function != "*" {
			return refuse(Invalid, "scope", "There is no function %s.", quoted(function))
		}
	}
	kid, payload, refusal := parseJWS(k.proof)
	if refusal != nil || kid != party+"."+k.N || string(payload) != string(k.statement(tx, party)) {
		return refuse(Invalid, "proof", "The proof is not a JWS by %s.%s over this ledger, number, party and public key.", party, k.N)
	}
	if !tx.verify.Verify(k.Public, k.proof) {
		return refuse(Invalid, "proof", "The proof is not signed by the new key %s.%s.", party, k.N)
	}
	return nil
}

// statement is the canonical payload of a proof; its values need no escapes.
func (k newKey) statement(tx *Tx, party string) []byte {
	return []byte(`{"ledger":"` + tx.ledger + `","n":"` + k.N + `","party":"` + party + `","public":"` + k.Public + `"}`)
}

// with is the party with one more key, which has the next number and is none it had before.
func (p Party) with(tx *Tx, k newKey) (Party, error) {
	next := int64(len(p.Keys)) + 1
	if n, _ := parseInteger(k.N); n != next {
		return p, refuse(WrongStatus, "n", "The next key of %s is number %d, not %s.", p.Party, next, k.N)
	}
	if next > mostKeys {
		return p, refuse(WrongStatus, "keys", "%s has had %d keys, no more are possible.", p.Party, mostKeys)
	}
	for _, old := range p.Keys {
		if old.Public == k.Public {
			return p, refuse(Duplicate, "public", "%s has this public key already as number %s.", p.Party, old.N)
		}
	}
	if err := k.proven(tx, p.Party); err != nil {
		return p, err
	}
	p.Keys = append(slices.Clone(p.Keys), k.Key)
	return p, nil
}

type addKeyArgs struct {
	party string
	key   newKey
}

func parseAddKey(f *fields) addKeyArgs {
	return addKeyArgs{party: f.code("party"), key: readKey(f, true)}
}

func addKeyKeys(_ string, a addKeyArgs) []string { return []string{partyKey(a.party)} }

// ownKey lets a party alone act on its own keys only, and never lets it reach
// further than the key that signs.
func (c Call) ownKey(party string, reach ...Key) error {
	if party != c.Party {
		return refuse(Forbidden, "owner", "%s cannot change the keys of %s alone.", c.Party, party)
	}
	for _, k := range reach {
		if !c.Key.includes(k) {
			return refuse(Forbidden, "scope", "The key %s cannot give or take a scope beyond its own.", c.Kid)
		}
	}
	return nil
}

func mayAddKey(_ *Tx, c Call, a addKeyArgs) error { return c.ownKey(a.party, a.key.Key) }

// addKey registers one more key.
func addKey(tx *Tx, _ Call, a addKeyArgs) error {
	p, err := findParty(tx, a.party, "party")
	if err != nil {
		return err
	}
	if p, err = p.with(tx, a.key); err != nil {
		return err
	}
	tx.emit(KeyAdded{Party: a.party, Key: a.key.shown()})
	return tx.put(partyKey(a.party), p)
}

type rotateKeyArgs struct {
	party, n string
	key      newKey
}

func parseRotateKey(f *fields) rotateKeyArgs {
	return rotateKeyArgs{party: f.code("party"), n: f.text("n", isKeyNumber, "a number from 1"), key: readKey(f, true)}
}

func rotateKeyKeys(_ string, a rotateKeyArgs) []string { return []string{partyKey(a.party)} }

func mayRotateKey(_ *Tx, c Call, a rotateKeyArgs) error {
	old, _ := c.Signer.key(a.n)
	return c.ownKey(a.party, a.key.Key, old)
}

// rotateKey puts a new key in the place of an old one. Orders that the old one signed rest on.
func rotateKey(tx *Tx, _ Call, a rotateKeyArgs) error {
	p, err := findParty(tx, a.party, "party")
	if err != nil {
		return err
	}
	if err := p.canEnd(a.n, "retired"); err != nil {
		return err
	}
	p.Keys = p.withStatus(a.n, "retired")
	if p, err = p.with(tx, a.key); err != nil {
		return err
	}
	tx.emit(KeyRotated{Party: a.party, N: a.n, Key: a.key.shown()})
	return tx.put(partyKey(a.party), p)
}

type revokeKeyArgs struct{ party, n, status string }

func parseRevokeKey(f *fields) revokeKeyArgs {
	return revokeKeyArgs{
		party:  f.code("party"),
		n:      f.text("n", isKeyNumber, "a number from 1"),
		status: f.oneOf("reason", "retired", "compromised"),
	}
}

func revokeKeyKeys(_ string, a revokeKeyArgs) []string { return []string{partyKey(a.party)} }

func mayRevokeKey(_ *Tx, c Call, a revokeKeyArgs) error { return c.ownKey(a.party) }

// revokeKey ends a key. Orders signed by a compromised one cannot execute any more.
func revokeKey(tx *Tx, _ Call, a revokeKeyArgs) error {
	p, err := findParty(tx, a.party, "party")
	if err != nil {
		return err
	}
	if err := p.canEnd(a.n, a.status); err != nil {
		return err
	}
	p.Keys = p.withStatus(a.n, a.status)
	tx.emit(KeyRevoked{Party: a.party, N: a.n, Status: a.status})
	return tx.put(partyKey(a.party), p)
}

// canEnd refuses unless the key is active, or retired and now found compromised.
func (p Party) canEnd(n, status string) error {
	k, found := p.key(n)
	if !found {
		return refuse(NotFound, "n", "%s has no key number %s.", p.Party, n)
	}
	if k.Status != "active" && !(k.Status == "retired" && status == "compromised") {
		return refuse(WrongStatus, "n", "The key %s of %s is %s already.", n, p.Party, k.Status)
	}
	return nil
}
