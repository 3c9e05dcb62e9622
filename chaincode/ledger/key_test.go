package ledger

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAPartyKeepsItsOwnKeys(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	second := m.proven(newHand("ALICE", "2"))
	add := func(key object) object { return object{"party": "ALICE", "key": key} }
	m.refused("forbidden/owner", "BRUNO", "key:add", add(second))
	m.refused("forbidden/owner", "OPERATOR", "key:add", add(second)) // never alone
	m.refused("wrong_status/n", "ALICE", "key:add", add(m.proven(newHand("ALICE", "3"))))
	m.refused("wrong_status/n", "ALICE", "key:add", add(m.proven(newHand("ALICE", "1"))))
	m.refused("invalid/scope", "ALICE", "key:add", add(m.proven(newHand("ALICE", "2"), "order:steal")))
	m.refused("invalid/public", "ALICE", "key:add", add(changed(second, "public", strings.Repeat("B", 87))))
	m.refused("invalid/held", "ALICE", "key:add", add(changed(second, "held", "elsewhere")))
	m.refused("invalid/args", "ALICE", "key:add", add(changed(second, "extra", "")))
	m.must("ALICE", "key:add", add(second))
	m.refused("not_found/n", "ALICE", "key:revoke", object{"party": "ALICE", "n": "9", "reason": "retired"})
	m.refused("forbidden/owner", "OPERATOR", "key:revoke", object{"party": "ALICE", "n": "1", "reason": "retired"})
	m.must("ALICE", "key:revoke", object{"party": "ALICE", "n": "1", "reason": "retired"})
	m.refused("unauthenticated/key", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.hand("ALICE", "2")
	m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.refused("wrong_status/n", "ALICE", "key:revoke", object{"party": "ALICE", "n": "1", "reason": "retired"})
	m.must("ALICE", "key:revoke", object{"party": "ALICE", "n": "1", "reason": "compromised"}) // found out later
	m.refused("wrong_status/n", "ALICE", "key:revoke", object{"party": "ALICE", "n": "1", "reason": "compromised"})
}

func TestANewKeyProvesItself(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	h := newHand("ALICE", "2")
	good := m.proven(h)
	statement := object{"ledger": m.ledger, "n": "2", "party": "ALICE", "public": h.public}
	proof := good["proof"].(string)
	input := proof[:strings.LastIndexByte(proof, '.')]
	for name, proof := range map[string]string{
		"by another key":     newHand("BRUNO", "2").jws(m.signer, encode(statement)),
		"for another kid":    (&hand{"ALICE", "3", h.private, h.public}).jws(m.signer, encode(statement)),
		"on another ledger":  h.jws(m.signer, encode(changed(statement, "ledger", strings.Repeat("0", 64)))),
		"of another number":  h.jws(m.signer, encode(changed(statement, "n", "3"))),
		"for another party":  h.jws(m.signer, encode(changed(statement, "party", "BRUNO"))),
		"of another point":   h.jws(m.signer, encode(changed(statement, "public", newHand("BRUNO", "2").public))),
		"with one name more": h.jws(m.signer, encode(changed(statement, "x", ""))),
		"forged":             input + "." + strings.Repeat("A", 86),
		"by another's half":  signedAs(m.world, newHand("BRUNO", "2"), input),
		"no JWS":             "AAAA",
	} {
		t.Run(name, func(t *testing.T) {
			m.t = t
			m.refused("invalid/proof", "ALICE", "key:add", object{"party": "ALICE", "key": changed(good, "proof", proof)})
		})
	}
	m.t = t
	m.must("ALICE", "key:add", object{"party": "ALICE", "key": good})
	same := &hand{"ALICE", "3", h.private, h.public}
	m.refused("duplicate/public", "ALICE", "key:add", object{"party": "ALICE", "key": m.proven(same)})
}

func TestAKeyReachesNoFurtherThanItsScope(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("ALICE", "key:add", object{"party": "ALICE", "key": m.proven(newHand("ALICE", "2"), "order:cancel", "key:add", "key:rotate")})
	order := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.hand("ALICE", "2")
	m.refused("forbidden/scope", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.must("ALICE", "order:cancel", object{"order": order})
	third := newHand("ALICE", "3")
	add := func(scope ...string) object { return object{"party": "ALICE", "key": m.proven(third, scope...)} }
	m.refused("forbidden/scope", "ALICE", "key:add", add())
	m.refused("forbidden/scope", "ALICE", "key:add", add("order:cancel", "order:place"))
	rotate := func(n string, scope ...string) object {
		return object{"party": "ALICE", "n": n, "key": m.proven(third, scope...)}
	}
	m.refused("forbidden/scope", "ALICE", "key:rotate", rotate("1", "order:cancel")) // the old key reaches further
	m.refused("forbidden/scope", "ALICE", "key:rotate", rotate("2"))
	m.must("ALICE", "key:add", add("order:cancel"))
}

func TestAScopedKeySignsOnlySuchActs(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("CUSTODIA1", "key:add", object{"party": "CUSTODIA1", "key": m.proven(newHand("CUSTODIA1", "2"), "act:approve", "act:propose", "party:admit")})
	m.hand("CUSTODIA1", "2")
	register := equityArgs("BETA", "ACME-SA", "10", "0", "")
	wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "instrument:register", register), "forbidden/scope")
	wantOutcome(t, m.act("CUSTODIA1", "OPERATOR", "instrument:register", register), "forbidden/scope")
	m.admit("DORA", "", "investor")
	m.kid["CUSTODIA1"] = "CUSTODIA1.1"
	wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "instrument:register", register), "done")
}

func TestRotationKeepsRestingOrders(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "2", "1", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "2", "1", "0"))
	rotate := object{"party": "ALICE", "n": "1", "key": m.proven(newHand("ALICE", "2"))}
	m.refused("forbidden/owner", "BRUNO", "key:rotate", rotate)
	m.refused("not_found/n", "ALICE", "key:rotate", changed(rotate, "n", "5"))
	m.must("ALICE", "key:rotate", rotate)
	m.refused("unauthenticated/key", "ALICE", "order:cancel", object{"order": buy})
	m.must("BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
	m.hand("ALICE", "2")
	m.refused("wrong_status/n", "ALICE", "key:rotate", object{"party": "ALICE", "n": "1", "key": m.proven(newHand("ALICE", "3"))})
	m.must("ALICE", "order:cancel", object{"order": buy})
}

func TestACompromisedKeyBlocksExecutionAndItsOrdersExpire(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "2", "1", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "2", "1", "0"))
	m.refused("wrong_status/good_till", "BRUNO", "order:expire", object{"order": buy})
	m.must("BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
	m.must("ALICE", "key:revoke", object{"party": "ALICE", "n": "1", "reason": "compromised"}) // her last key, by itself
	m.refused("wrong_status/buy_key", "BOLSA", "trade:execute", execution(2, buy, sell, "1", "1"))
	m.must("BRUNO", "order:expire", object{"order": buy})
	m.holds("MXN.BANCO1", m.alice, 999999, 0)
	m.refused("wrong_status/order", "BRUNO", "order:expire", object{"order": buy})
	// without the old key's signature: two organisations
	key := m.proven(newHand("ALICE", "2"))
	m.refused("forbidden/owner", "OPERATOR", "key:add", object{"party": "ALICE", "key": key})
	m.mustAct("CUSTODIA1", "OPERATOR", "key:add", object{"party": "ALICE", "key": key})
	m.hand("ALICE", "2")
	m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.mustAct("OPERATOR", "CUSTODIA1", "key:rotate", object{"party": "ALICE", "n": "2", "key": m.proven(newHand("ALICE", "3"))})
	m.mustAct("OPERATOR", "CUSTODIA1", "key:revoke", object{"party": "ALICE", "n": "3", "reason": "retired"})
	m.hand("ALICE", "3")
	m.refused("unauthenticated/key", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}

func TestAPartyHasAtMostAHundredKeys(t *testing.T) {
	w := newWorld(t, quick{})
	for n := 2; n <= mostKeys+1; n++ {
		old, kid := strconv.Itoa(n-1), strconv.Itoa(n)
		args := object{"party": "BOLSA", "n": old, "key": w.proven(newHand("BOLSA", kid))}
		if n > mostKeys {
			w.refused("wrong_status/keys", "BOLSA", "key:rotate", args)
			continue
		}
		w.must("BOLSA", "key:rotate", args)
		w.hand("BOLSA", kid)
	}
}

func TestACommandIsGoodUntilItExpires(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	jws := m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.now = m.now.Add(time.Hour - time.Nanosecond)
	wantOutcome(t, m.one(jws), "done")
	jws = m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.now = m.now.Add(time.Hour)
	wantOutcome(t, m.one(jws), "wrong_status/expired")
}
