package scenario

import (
	"fmt"
	"slices"
	"strings"

	"lonja/chaincode/signer"
)

// The cast is implied: what a line mentions first is made first, the ordinary way.

func (w *world) newParty(alias string, scope []string) *party {
	p := &party{alias: alias, code: strings.ToUpper(alias)}
	p.keys = []*key{{Key: signer.New(), n: "1", scope: scope, known: true, implied: true}}
	w.parties[alias] = p
	return p
}

// party returns a party, admitted now when nobody mentioned it before.
func (w *world) party(alias string) (*party, error) {
	if p, known := w.parties[alias]; known {
		return p, nil
	}
	if alias != strings.ToLower(alias) {
		return nil, fmt.Errorf("%q is not a party's name", alias)
	}
	role, named := map[string]string{"acme": "issuer", "mercado": "exchange", "casa": "broker"}[alias]
	if !named {
		role = "investor"
	}
	return w.parties[alias], w.imply("party " + alias + " " + role)
}

func (w *world) account(alias string) (*account, error) {
	if a, known := w.accounts[alias]; known {
		return a, nil
	}
	return w.accounts[alias], w.imply("account " + alias + " " + alias)
}

func (w *world) instrument(alias string) (*instrument, error) {
	if i, known := w.instruments[alias]; known {
		return i, nil
	}
	switch alias {
	case "EUR":
		return w.instruments[alias], w.imply("instrument EUR kind=currency issuer=banco")
	case "ACME":
		return w.instruments[alias], w.imply("instrument ACME")
	}
	return nil, fmt.Errorf("no line states the instrument %s", alias)
}

// imply runs a line that nobody wrote, at once.
func (w *world) imply(line string) error {
	f := &file{name: "implied"}
	if err := f.parseLine(0, line); err != nil {
		return err
	}
	p, err := w.plan(f.statements[0])
	if err == nil {
		err = w.settle([]*plan{p})
	}
	if err != nil {
		return fmt.Errorf("implied `%s`: %w", line, err)
	}
	return nil
}

// key is the one a statement signs with: the one it names, else the newest that covers the function.
func (p *party) key(n, function string) (*key, error) {
	for _, k := range slices.Backward(p.keys) {
		covers := slices.Contains(k.scope, "*") || slices.Contains(k.scope, function)
		if k.known && k.n == n || n == "" && k.implied && covers {
			return k, nil
		}
	}
	for _, k := range slices.Backward(p.keys) { // one that the ledger refused, or has not been asked about
		if k.n == n || n == "" {
			return k, nil
		}
	}
	return nil, fmt.Errorf("%s has no key %s", p.alias, n)
}

// newKey makes a key of a party that no line signs with by itself until the ledger has it.
func (p *party) newKey(n string, scope []string) *key {
	k := &key{Key: signer.New(), n: n, scope: scope}
	p.keys = append(p.keys, k)
	return k
}

// retire stops signing with a key by itself; a line can still name it.
func (p *party) retire(n string) {
	for _, k := range p.keys {
		if k.n == n {
			k.implied = false
		}
	}
}
