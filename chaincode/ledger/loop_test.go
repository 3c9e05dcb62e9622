package ledger

import "testing"

func TestABuyPaysForExactlyWhatItReceives(t *testing.T) {
	m := newMarket(t, es256{newSignatures()}, "25")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "40", "2500", "250"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 100250)
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "60", "2400", "360"))
	m.holds("ACME", m.bruno, 1000, 60)
	outcome := m.do("BOLSA", "trade:execute", execution(1, buy, sell, "40", "2500"))
	wantOutcome(t, outcome, "done")
	t.Log(string(Event{Version: "1", Commands: []Outcome{outcome}}.JSON()))
	m.holds("ACME", m.alice, 40, 0)
	m.holds("ACME", m.bruno, 960, 20)
	m.holds("MXN.BANCO1", m.alice, 1000000-100250, 0)
	m.holds("MXN.BANCO1", m.bruno, 100000-250, 0)
	m.holds("MXN.BANCO1", m.fees, 500, 0)
	m.refused("duplicate/number", "BOLSA", "trade:execute", execution(1, buy, sell, "40", "2500"))
}
