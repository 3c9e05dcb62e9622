package ledger

import (
	"testing"
	"time"
)

func TestAnOrderReservesAllItMayCost(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	m.admit("BROKER1", "", "broker")
	m.deposit(m.carla, "100")
	buy := m.order(m.alice, "buy", "40", "2500", "250")
	for _, c := range []struct {
		want, field string
		value       any
	}{
		{"not_found/account", "account", "CUSTODIA1:" + m.id()},
		{"forbidden/owner", "account", m.bruno},
		{"not_found/cash_account", "cash_account", "CUSTODIA1:" + m.id()},
		{"forbidden/owner", "cash_account", m.carla},
		{"not_found/instrument", "instrument", "BETA"},
		{"invalid/instrument", "instrument", "MXN.BANCO1"},
		{"not_found/venue", "venue", "NOWHERE"},
		{"invalid/venue", "venue", "BANCO1"},
		{"not_found/broker", "broker", "NOBODY"},
		{"invalid/broker", "broker", "BRUNO"},
		{"invalid/side", "side", "short"},
		{"invalid/quantity", "quantity", "0"},
		{"invalid/quantity", "quantity", "-1"},
		{"invalid/quantity", "quantity", "9223372036854775808"},
		{"invalid/limit_minor", "limit_minor", "0"},
		{"invalid/good_till", "good_till", m.in(0)},
		{"invalid/good_till", "good_till", m.in(400*24*time.Hour + time.Second)},
		{"invalid/good_till", "good_till", "tomorrow"},
		{"invalid/amount", "quantity", "9223372036854775807"},
		{"invalid/amount", "max_fee_minor", "9223372036854775807"},
		{"invalid/amount", "quantity", "7378697629483821"}, // times 2,500 is 884 in 64 bits
		{"invalid/max_fee_minor", "max_fee_minor", "249"},
		{"insufficient/available", "quantity", "400"},
	} {
		args := changed(buy, c.field, c.value)
		if c.want == "insufficient/available" {
			args = changed(args, "max_fee_minor", "2500")
		}
		m.refused(c.want, "ALICE", "order:place", args)
	}
	m.refused("forbidden/role", "CUSTODIA1", "order:place", buy)
	m.refused("insufficient/available", "BRUNO", "order:place", m.order(m.bruno, "sell", "1001", "1", "10"))
	m.refused("insufficient/available", "CARLA", "order:place", m.order(m.carla, "buy", "1", "100", "1"))
	m.must("CARLA", "order:place", m.order(m.carla, "buy", "1", "99", "1")) // to the last cent
	m.must("ALICE", "order:place", changed(buy, "broker", "BROKER1"))
	m.must("ALICE", "order:place", changed(buy, "good_till", m.in(400*24*time.Hour)))
	m.holds("MXN.BANCO1", m.alice, 1000000, 200500)
	m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1000", "1", "2"))
	m.holds("ACME", m.bruno, 1000, 1000)
	o := get[Order](m.world, orderKey("ALICE:"+m.idBack(2)))
	if o.Sequence != 2 || o.Status != "new" || o.Held != "platform" || o.Kid != "ALICE.1" || o.Broker != "BROKER1" {
		t.Errorf("%+v", o)
	}
}

// idBack is the id minted n before the last one.
func (w *world) idBack(n int) string {
	w.ids -= n + 1
	defer func() { w.ids += n }()
	return w.id()
}

func TestLotAndTickAreKept(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register",
		changed(changed(equityArgs("BETA", "ACME-SA", "1000", "0", ""), "lot", "10"), "tick_minor", "5"))
	m.issue("BETA", "ACME-SA", m.acme, "100")
	beta := func(side, account, quantity, limit string) object {
		return changed(m.order(account, side, quantity, limit, "0"), "instrument", "BETA")
	}
	m.refused("invalid/quantity", "ALICE", "order:place", beta("buy", m.alice, "11", "5"))
	m.refused("invalid/limit_minor", "ALICE", "order:place", beta("buy", m.alice, "10", "6"))
	buy := m.must("ALICE", "order:place", beta("buy", m.alice, "20", "15"))
	sell := m.must("ACME-SA", "order:place", beta("sell", m.acme, "20", "10")) // an issuer sells its own
	execute := func(number, quantity, price string) object {
		return object{"instrument": "BETA", "number": number, "after": "0", "buy": buy, "sell": sell, "quantity": quantity, "price_minor": price}
	}
	m.refused("invalid/quantity", "BOLSA", "trade:execute", execute("1", "15", "15"))
	m.refused("invalid/price_minor", "BOLSA", "trade:execute", execute("2", "10", "14"))
	m.must("BOLSA", "trade:execute", execute("3", "10", "15"))
}

func TestAnOrderIsCancelledByItsOwnerOnly(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "10", "5"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "4", "10", "0"))
	m.refused("forbidden/owner", "BRUNO", "order:cancel", object{"order": buy})
	m.refused("forbidden/owner", "BOLSA", "order:cancel", object{"order": buy})
	m.refused("not_found/order", "ALICE", "order:cancel", object{"order": "ALICE:" + m.id()})
	m.must("BOLSA", "trade:execute", execution(1, buy, sell, "4", "10"))
	m.holds("MXN.BANCO1", m.alice, 999960, 65)
	m.must("ALICE", "order:cancel", object{"order": buy}) // what was filled stays filled
	m.holds("MXN.BANCO1", m.alice, 999960, 0)
	m.refused("wrong_status/order", "ALICE", "order:cancel", object{"order": buy})
	m.refused("wrong_status/order", "BRUNO", "order:cancel", object{"order": sell})
	m.refused("wrong_status/order", "BRUNO", "order:expire", object{"order": sell})
	if o := get[Order](m.world, orderKey(buy)); o.Status != "cancelled" || o.Filled != 4 || o.Reserved != 0 {
		t.Errorf("%+v", o)
	}
}

func TestAnOrderPastItsTimeNeverExecutesAndAnyoneMayExpireIt(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", changed(m.order(m.alice, "buy", "10", "10", "0"), "good_till", m.in(time.Hour)))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "10", "10", "0"))
	m.now = m.now.Add(time.Hour - time.Second)
	m.refused("wrong_status/good_till", "BANCO1", "order:expire", object{"order": buy})
	m.must("BOLSA", "trade:execute", execution(1, buy, sell, "1", "10"))
	m.now = m.now.Add(time.Second)
	m.refused("wrong_status/buy_expired", "BOLSA", "trade:execute", execution(2, buy, sell, "1", "10"))
	m.must("BANCO1", "order:expire", object{"order": buy})
	m.holds("MXN.BANCO1", m.alice, 999990, 0)
	m.refused("wrong_status/buy_status", "BOLSA", "trade:execute", execution(3, buy, sell, "1", "10"))
}

// TestTheLifeOfAnOrder writes the whole table down: every status against every event.
func TestTheLifeOfAnOrder(t *testing.T) {
	events := []string{"fill", "complete", "cancel", "expire", "reject"}
	for status, next := range map[string][5]string{
		"new":              {"partially_filled", "filled", "cancelled", "expired", "rejected"},
		"partially_filled": {"partially_filled", "filled", "cancelled", "expired", "cancelled"},
		"filled":           {}, "cancelled": {}, "expired": {}, "rejected": {}, "": {},
	} {
		for i, event := range events {
			if got, ok := nextOrderStatus(status, event); got != next[i] || ok != (next[i] != "") {
				t.Errorf("%s after %s: %q", event, status, got)
			}
		}
	}
}
