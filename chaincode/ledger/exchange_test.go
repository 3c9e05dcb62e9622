package ledger

import (
	"testing"
	"time"
)

// listed is the market with an exchange, at which ACME is traded too, and a broker.
type listed struct{ *market }

func newListed(t testing.TB, feeBps string) listed {
	m := listed{newMarket(t, quick{}, feeBps)}
	m.admit("MERCADO", "", "exchange")
	m.admit("BROKER1", "", "broker")
	return m
}

// at is an order for the exchange.
func (m listed) at(account, side, quantity, limit, maxFee string) object {
	return changed(m.order(account, side, quantity, limit, maxFee), "venue", "MERCADO")
}

// pair is a buy of Alice and a sale of Bruno at the exchange.
func (m listed) pair(quantity, limit string) (buy, sell string) {
	m.t.Helper()
	buy = m.must("ALICE", "order:place", m.at(m.alice, "buy", quantity, limit, "100"))
	return buy, m.must("BRUNO", "order:place", m.at(m.bruno, "sell", quantity, limit, "100"))
}

// reserves checks what an order has reserved.
func (m listed) reserves(order string, want int64) {
	m.t.Helper()
	if o := get[Order](m.world, orderKey(order)); o.Reserved != want {
		m.t.Fatalf("%s reserves %d, want %d", order, o.Reserved, want)
	}
}

// released is what an exchange says that has ended an order.
func released(order, status string) object {
	return object{"order": order, "status": status, "reason": ""}
}

func TestOnlyItsExchangeFreesAnOrder(t *testing.T) {
	m := newListed(t, "0")
	m.admit("MERCADO2", "", "exchange")
	buy, sell := m.pair("10", "100")
	if o := get[Order](m.world, orderKey(buy)); o.Book != "exchange" || o.Pending != nil {
		t.Errorf("%+v", o)
	}
	m.must("ALICE", "order:cancel", object{"order": buy}) // a wish: nothing is free yet
	m.must("ALICE", "order:cancel", object{"order": buy})
	m.refused("forbidden/owner", "BRUNO", "order:cancel", object{"order": buy})
	m.holds("MXN.BANCO1", m.alice, 1000000, 1100)
	m.now = m.now.Add(72 * time.Hour)
	m.refused("wrong_status/book", "BRUNO", "order:expire", object{"order": buy})
	m.refused("forbidden/role", "ALICE", "order:release", released(buy, "cancelled"))
	m.refused("forbidden/venue", "MERCADO2", "order:release", released(buy, "cancelled"))
	m.refused("not_found/order", "MERCADO", "order:release", released("ALICE:"+m.id(), "cancelled"))
	m.must("MERCADO", "order:release", released(buy, "expired"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 0)
	m.refused("wrong_status/order", "MERCADO", "order:release", released(buy, "cancelled"))
	m.refused("wrong_status/order", "ALICE", "order:cancel", object{"order": buy})
	m.must("MERCADO", "order:release", object{"order": sell, "status": "rejected", "reason": "Unknown symbol"})
	if o := get[Order](m.world, orderKey(sell)); o.Status != "rejected" || o.Reserved != 0 {
		t.Errorf("%+v", o)
	}
}

func TestAnExchangeFreesNothingOnTheLedgersBook(t *testing.T) {
	m := newListed(t, "0")
	m.admit("BOTH", "", "exchange", "venue")
	order := m.must("ALICE", "order:place", changed(m.order(m.alice, "buy", "1", "1", "0"), "venue", "BOTH"))
	sale := m.must("BRUNO", "order:place", changed(m.order(m.bruno, "sell", "1", "1", "0"), "venue", "BOTH"))
	m.refused("wrong_status/book", "BOTH", "order:release", released(order, "cancelled"))
	m.refused("wrong_status/buy_book", "BOTH", "trade:report", reported("R1", order, sale, "1", "1"))
	m.must("BOTH", "trade:execute", execution(1, order, sale, "1", "1"))
}

func TestARejectedOrderThatHadTradedIsCancelled(t *testing.T) {
	m := newListed(t, "0")
	buy, sell := m.pair("10", "100")
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "4", "100"))
	m.must("MERCADO", "order:release", released(buy, "rejected"))
	if o := get[Order](m.world, orderKey(buy)); o.Status != "cancelled" || o.Filled != 4 || o.Reserved != 0 {
		t.Errorf("%+v", o)
	}
	m.holds("MXN.BANCO1", m.alice, 999600, 0)
}

func TestAnOrderNamesAVenueOrAnExchange(t *testing.T) {
	m := newListed(t, "0")
	m.refused("invalid/venue", "ALICE", "order:place", changed(m.at(m.alice, "buy", "1", "1", "0"), "venue", "BROKER1"))
	m.must("OPERATOR", "party:suspend", object{"party": "MERCADO", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/venue", "ALICE", "order:place", m.at(m.alice, "buy", "1", "1", "0"))
	m.must("OPERATOR", "party:suspend", object{"party": "MERCADO", "suspended": "no", "reason": "Test"})
	m.must("ALICE", "order:place", m.at(m.alice, "buy", "1", "1", "0"))
}
