package ledger

import (
	"strconv"
	"testing"
)

func TestAnExecutionIsWhatBothOrdersAllow(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("BOLSA2", "", "venue")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", equityArgs("BETA", "ACME-SA", "10", "0", ""))
	m.deposit(m.bruno, "1000")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "105", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "8", "100", "0"))
	own := m.must("BRUNO", "order:place", m.order(m.bruno, "buy", "1", "100", "0"))
	number := 0
	next := func(buy, sell, quantity, price string) object {
		number++
		return execution(number, buy, sell, quantity, price)
	}
	m.refused("forbidden/role", "ALICE", "trade:execute", execution(1, buy, sell, "1", "105"))
	m.refused("not_found/instrument", "BOLSA", "trade:execute", changed(execution(1, buy, sell, "1", "105"), "instrument", "GAMMA"))
	for _, c := range []struct {
		want string
		args object
	}{
		{"not_found/buy_order", next("ALICE:"+m.id(), sell, "1", "105")},
		{"not_found/sell_order", next(buy, "BRUNO:"+m.id(), "1", "105")},
		{"invalid/buy_side", next(sell, sell, "1", "105")},
		{"invalid/sell_side", next(buy, buy, "1", "105")}, // the same order on both sides
		{"invalid/same_owner", next(own, sell, "1", "100")},
		{"insufficient/buy_quantity", next(buy, sell, "11", "105")},
		{"insufficient/sell_quantity", next(buy, sell, "9", "105")},
		{"invalid/buy_limit", next(buy, sell, "1", "106")},
		{"invalid/sell_limit", next(buy, sell, "1", "99")},
		{"invalid/price_minor", next(buy, sell, "1", "100")}, // the earlier order's limit is the price
		{"insufficient/buy_quantity", next(buy, sell, "9223372036854775807", "105")},
		{"invalid/buy_limit", next(buy, sell, "8", "9223372036854775807")},
	} {
		m.unchangedButBook(func() { m.refused(c.want, "BOLSA", "trade:execute", c.args) })
	}
	m.refused("forbidden/buy_venue", "BOLSA2", "trade:execute", next(buy, sell, "1", "105"))
	m.refused("invalid/buy_instrument", "BOLSA", "trade:execute", changed(execution(1, buy, sell, "1", "105"), "instrument", "BETA"))
	m.must("BOLSA", "trade:execute", next(buy, sell, "8", "105"))
	m.refused("wrong_status/sell_status", "BOLSA", "trade:execute", next(buy, sell, "1", "105"))
	m.holds("ACME", m.alice, 8, 0)
	m.holds("MXN.BANCO1", m.alice, 1000000-840, 210)
	m.holds("MXN.BANCO1", m.bruno, 1840, 100)
}

func (w *world) unchangedButBook(f func()) {
	w.t.Helper()
	key := bookKey("ACME")
	w.unchanged(func() {
		before := w.state[key]
		f()
		w.state[key] = before
	})
	book := get[Book](w, key)
	book.LastExecution++
	w.state[key] = encode(book)
}

func TestAnExecutionNumberIsUsedOnceWhateverBecomesOfIt(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "100", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "10", "100", "0"))
	last := func() int64 { return get[Book](m.world, bookKey("ACME")).LastExecution }
	m.refused("wrong_status/number", "BOLSA", "trade:execute", execution(2, buy, sell, "1", "100"))
	if last() != 0 {
		t.Error("a number too high was used up")
	}
	m.refused("invalid/price_minor", "ALICE", "trade:execute", changed(execution(1, buy, sell, "1", "100"), "price_minor", "0"))
	m.refused("forbidden/role", "ALICE", "trade:execute", execution(1, buy, sell, "1", "100"))
	if last() != 0 {
		t.Error("somebody who is no venue used a number up")
	}
	bad, good := execution(1, buy, sell, "1", "99"), execution(1, buy, sell, "1", "100")
	jws := m.command("BOLSA", "trade:execute", good)
	m.refused("invalid/sell_limit", "BOLSA", "trade:execute", bad)
	if last() != 1 {
		t.Error("a refused execution did not use its number up")
	}
	wantOutcome(t, m.one(jws), "duplicate/number")
	// in one batch: a refused one does not hold up the next, and the same twice executes once
	second, third := m.command("BOLSA", "trade:execute", execution(2, buy, sell, "20", "100")), m.command("BOLSA", "trade:execute", execution(3, buy, sell, "2", "100"))
	outcomes, err := m.submit(second, third, third, second)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"insufficient/buy_quantity", "done", "duplicate/number", "duplicate/number"} {
		wantOutcome(t, outcomes[i], want)
	}
	m.holds("ACME", m.alice, 2, 0)
	if keys := m.classes()["command"]; keys != m.countCommands() {
		t.Error("an execution left a command record")
	}
}

// TestWhatBlocksAVenueUsesNumbersUpToo: what is refused now must not execute later.
func TestWhatBlocksAVenueUsesNumbersUpToo(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "100", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "10", "100", "0"))
	jws := m.command("BOLSA", "trade:execute", execution(1, buy, sell, "1", "100"))
	suspend := object{"party": "BOLSA", "suspended": "yes", "reason": "Test"}
	m.must("OPERATOR", "party:suspend", suspend)
	wantOutcome(t, m.one(jws), "forbidden/suspended")
	m.must("OPERATOR", "party:suspend", changed(suspend, "suspended", "no"))
	wantOutcome(t, m.one(jws), "duplicate/number")
	wrongID := m.body("BOLSA", ExecutionID("ACME", "3", buy, sell), "trade:execute", execution(2, buy, sell, "1", "100"))
	wantOutcome(t, m.one(m.sign(wrongID)), "invalid/id")
	m.must("BOLSA", "trade:execute", execution(3, buy, sell, "1", "100"))
}

func (w *world) classes() map[string]int {
	counts := map[string]int{}
	for key := range w.state {
		class, _, err := SplitKey(key)
		if err != nil {
			w.t.Fatal(err)
		}
		counts[class]++
	}
	return counts
}

// countCommands counts the records that are not of a venue.
func (w *world) countCommands() int {
	count := 0
	for key := range w.state {
		if class, attributes, _ := SplitKey(key); class == "command" && attributes[0] != "BOLSA" {
			count++
		}
	}
	return count
}

func TestFeesStayWithinWhatWasSigned(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	m.must("ACME-SA", "holding:transfer", object{"instrument": "ACME", "from_account": m.acme, "to_account": m.bruno, "quantity": "1", "reason": "gift"})
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "100", "1000", "250"))
	var buys []string
	for range 4 {
		buys = append(buys, m.must("ALICE", "order:place", m.order(m.alice, "buy", "25", "1000", "62")))
	}
	for i, buy := range buys {
		m.must("BOLSA", "trade:execute", execution(i+1, buy, sell, "25", "1000")) // floor(62.5) on each side
	}
	m.holds("MXN.BANCO1", m.fees, 8*62, 0)
	m.holds("MXN.BANCO1", m.alice, 1000000-100000-4*62, 0)
	m.holds("MXN.BANCO1", m.bruno, 100000-4*62, 0)

	// the seller gets a better price than its limit: its fee stops at what it signed
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "2000", "50"))
	cheap := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "10", "1000", "25"))
	m.must("BOLSA", "trade:execute", execution(5, buy, cheap, "10", "2000"))
	m.holds("MXN.BANCO1", m.fees, 8*62+50+25, 0)

	// price improvement: the buyer's difference is free at once
	offer := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "10", "100", "2"))
	before := get[Holding](m.world, holdingKey("MXN.BANCO1", m.alice))
	bid := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "500", "12"))
	m.must("BOLSA", "trade:execute", execution(6, bid, offer, "10", "100"))
	m.holds("MXN.BANCO1", m.alice, before.Quantity-1000-2, 0)
}

func TestAClosedFeeAccountStopsExecutions(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	m.must("CUSTODIA1", "account:close", object{"account": m.fees})
	m.refused("wrong_status/fee_account", "BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
}

func TestAmountsReachTheLastUnit(t *testing.T) {
	const most = "9223372036854775807" // 2^63-1
	w := newWorld(t, quick{})
	w.admit("ALICE", "", "investor")
	w.admit("ACME-SA", "", "issuer")
	w.currency()
	acme, alice := w.account("ACME-SA"), w.account("ALICE")
	w.equity("ACME", "ACME-SA", most, "10000", alice) // a fee of 100 %, into the buyer's own account
	w.issue("ACME", "ACME-SA", acme, most)
	w.deposit(alice, most)
	w.refused("insufficient/authorised", "BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": alice, "amount_minor": "1", "reference": "X"})
	w.refused("invalid/amount", "ALICE", "order:place", w.order(alice, "buy", most, "2", "0"))
	w.refused("invalid/max_fee_minor", "ALICE", "order:place", w.order(alice, "buy", most, "1", "0"))
	w.refused("invalid/amount", "ALICE", "order:place", w.order(alice, "buy", most, "1", "1"))
	half := int64(1<<62 - 1)
	units := strconv.FormatInt(half, 10)
	buy := w.must("ALICE", "order:place", w.order(alice, "buy", units, "1", units))
	w.holds("MXN.BANCO1", alice, 1<<63-1, 2*half)
	sell := w.must("ACME-SA", "order:place", w.order(acme, "sell", units, "1", units))
	w.must("BOLSA", "trade:execute", execution(1, buy, sell, units, "1"))
	w.holds("ACME", alice, half, 0)
	w.holds("MXN.BANCO1", alice, 1<<63-1, 0) // all of it came back as fees
	w.holds("MXN.BANCO1", acme, 0, 0)
}

func TestASettlementNeverChanges(t *testing.T) {
	for _, event := range []string{"settle", "fail", "cancel"} {
		if next, ok := nextSettlementStatus("settled", event); ok {
			t.Errorf("settled became %s by %s", next, event)
		}
	}
	if next, ok := nextSettlementStatus("pending", "settle"); !ok || next != "settled" {
		t.Error("a pending settlement settles")
	}
}
