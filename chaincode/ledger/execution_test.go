package ledger

import (
	"testing"
	"time"
)

func reported(reference, buy, sell, quantity, price string) object {
	return object{"instrument": "ACME", "buy": buy, "sell": sell, "quantity": quantity, "price_minor": price, "reference": reference}
}

// TestWhatAnExchangeReportsSettlesOnce within what was signed, for each reference.
func TestWhatAnExchangeReportsSettlesOnce(t *testing.T) {
	m := newListed(t, "0")
	m.admit("MERCADO2", "", "exchange")
	buy, sell := m.pair("10", "100")
	other := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "100", "0")) // on our book
	good := reported("R1", buy, sell, "4", "100")
	for _, c := range []struct {
		want, field string
		value       any
	}{
		{"not_found/instrument", "instrument", "BETA"},
		{"invalid/reference", "reference", "R_1"},
		{"not_found/buy_order", "buy", "ALICE:" + m.id()},
		{"not_found/sell_order", "sell", "BRUNO:" + m.id()},
		{"invalid/buy_side", "buy", sell},
		{"forbidden/buy_venue", "buy", other},
		{"insufficient/buy_quantity", "quantity", "11"},
		{"invalid/buy_limit", "price_minor", "101"},
		{"invalid/sell_limit", "price_minor", "99"},
	} {
		m.refused(c.want, "MERCADO", "trade:report", changed(good, c.field, c.value))
	}
	m.refused("forbidden/role", "BOLSA", "trade:report", good)
	m.refused("forbidden/buy_venue", "MERCADO2", "trade:report", good)
	m.must("MERCADO", "trade:report", good)
	m.refused("duplicate/reference", "MERCADO", "trade:report", changed(good, "quantity", "1"))
	m.holds("ACME", m.alice, 4, 0)
	m.holds("MXN.BANCO1", m.bruno, 400, 0)
	m.reserves(buy, 600+100)
	if e := get[Execution](m.world, executionKey("MERCADO", "R1")); e.Status != "settled" || e.AmountMinor != 400 || e.Claim != "" {
		t.Errorf("%+v", e)
	}
}

func TestAnExchangeTradesInItsOwnOrderAndTime(t *testing.T) {
	m := newListed(t, "0")
	buy := m.must("ALICE", "order:place", m.at(m.alice, "buy", "10", "120", "0"))
	sell := m.must("BRUNO", "order:place", m.at(m.bruno, "sell", "10", "100", "0"))
	m.now = m.now.Add(72 * time.Hour) // it traded before; the news is late
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "3", "107"))
	m.holds("MXN.BANCO1", m.alice, 1000000-321, 7*120)
	if b := get[Book](m.world, bookKey("ACME")); b.LastExecution != 0 {
		t.Errorf("%+v", b)
	}
	m.must("OPERATOR", "party:suspend", object{"party": "BRUNO", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/sell_suspended", "MERCADO", "trade:report", reported("R2", buy, sell, "1", "107"))
	m.must("OPERATOR", "party:suspend", object{"party": "BRUNO", "suspended": "no", "reason": "Test"})
	m.must("OPERATOR", "instrument:suspend", object{"instrument": "ACME", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/instrument", "MERCADO", "trade:report", reported("R2", buy, sell, "1", "107"))
	m.must("OPERATOR", "instrument:suspend", object{"instrument": "ACME", "suspended": "no", "reason": "Test"})
	m.must("MERCADO", "trade:report", reported("R2", buy, sell, "1", "107")) // a refused reference is free
	m.must("BRUNO", "order:cancel", object{"order": sell})
	m.must("MERCADO", "trade:report", reported("R3", buy, sell, "6", "120")) // it was faster than the wish to cancel
	m.refused("wrong_status/buy_status", "MERCADO", "trade:report", reported("R4", buy, sell, "1", "107"))
}

func TestNobodyTradesWithHimselfAtAnExchange(t *testing.T) {
	m := newListed(t, "0")
	m.give("ACME", "ACME-SA", m.acme, m.alice, "5")
	buy := m.must("ALICE", "order:place", m.at(m.alice, "buy", "5", "10", "0"))
	sell := m.must("ALICE", "order:place", m.at(m.alice, "sell", "5", "10", "0"))
	m.refused("invalid/same_owner", "MERCADO", "trade:report", reported("R1", buy, sell, "5", "10"))
	theirs := m.must("BRUNO", "order:place", m.at(m.bruno, "sell", "5", "10", "0"))
	m.must("MERCADO", "trade:report", reported("R1", buy, theirs, "5", "10"))
}

func TestAVenuesExecutionNeverTouchesAnExchangesOrders(t *testing.T) {
	m := newListed(t, "0")
	buy, sell := m.pair("10", "100")
	m.refused("forbidden/buy_venue", "BOLSA", "trade:execute", execution(1, buy, sell, "1", "100"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "1", "100"))
}

func TestFeesOfAnExchangesExecutionAreThoseOfTheInstrument(t *testing.T) {
	m := newListed(t, "25")
	buy := m.must("ALICE", "order:place", m.at(m.alice, "buy", "10", "1000", "25"))
	sell := m.must("BRUNO", "order:place", m.at(m.bruno, "sell", "10", "1000", "25"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "10", "1000"))
	m.holds("MXN.BANCO1", m.fees, 50, 0)
	m.holds("MXN.BANCO1", m.alice, 1000000-10025, 0)
	m.holds("MXN.BANCO1", m.bruno, 9975, 0)
}
