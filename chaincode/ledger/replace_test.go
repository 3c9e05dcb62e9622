package ledger

import "testing"

func terms(order, quantity, limit, maxFee string) object {
	return object{"order": order, "quantity": quantity, "limit_minor": limit, "max_fee_minor": maxFee}
}

func answer(order, outcome string) object {
	return object{"order": order, "outcome": outcome, "reason": ""}
}

func TestAReplacementOnTheBookHoldsAtOnce(t *testing.T) {
	m := newListed(t, "25")
	m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "9000", "22"))
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "100", "1000", "250"))
	for _, c := range []struct{ want, field, value string }{
		{"invalid/quantity", "quantity", "0"},
		{"invalid/limit_minor", "limit_minor", "0"},
		{"invalid/max_fee_minor", "max_fee_minor", "249"},
		{"invalid/amount", "quantity", "9223372036854775807"},
		{"not_found/order", "order", "ALICE:" + m.id()},
	} {
		m.refused(c.want, "ALICE", "order:replace", changed(terms(buy, "100", "1000", "250"), c.field, c.value))
	}
	m.refused("insufficient/available", "ALICE", "order:replace", terms(buy, "1000", "1000", "2500"))
	m.refused("forbidden/owner", "BRUNO", "order:replace", terms(buy, "100", "1000", "250"))
	sequence := func() int64 { return get[Order](m.world, orderKey(buy)).Sequence }
	m.must("ALICE", "order:replace", terms(buy, "50", "1000", "125")) // less: it keeps its place
	if sequence() != 2 {
		t.Errorf("a decrease has sequence %d", sequence())
	}
	m.holds("MXN.BANCO1", m.alice, 1000000, 50125)
	m.must("ALICE", "order:replace", terms(buy, "60", "1000", "150"))
	if sequence() != 3 {
		t.Errorf("an increase has sequence %d", sequence())
	}
	m.must("ALICE", "order:replace", terms(buy, "60", "1010", "152"))
	if sequence() != 4 {
		t.Errorf("another limit has sequence %d", sequence())
	}
	m.holds("MXN.BANCO1", m.alice, 1000000, 60*1010+152)
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "20", "1000", "50"))
	m.must("BOLSA", "trade:execute", execution(1, buy, sell, "20", "1010"))
	m.refused("invalid/quantity", "ALICE", "order:replace", terms(buy, "20", "1010", "152"))
	m.refused("invalid/max_fee_minor", "ALICE", "order:replace", terms(buy, "21", "1", "49")) // 50 are paid already
	m.must("ALICE", "order:replace", terms(buy, "21", "1010", "53"))
	m.reserves(buy, 1010+53-50)
	m.refused("wrong_status/order", "BRUNO", "order:replace", terms(sell, "30", "1000", "100"))
}

func TestLotAndTickHoldForAReplacementToo(t *testing.T) {
	m := newListed(t, "0")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register",
		changed(changed(equityArgs("BETA", "ACME-SA", "1000", "0", ""), "lot", "10"), "tick_minor", "5"))
	order := m.must("ALICE", "order:place", changed(m.order(m.alice, "buy", "20", "15", "0"), "instrument", "BETA"))
	m.refused("invalid/quantity", "ALICE", "order:replace", terms(order, "25", "15", "0"))
	m.refused("invalid/limit_minor", "ALICE", "order:replace", terms(order, "20", "16", "0"))
	m.must("ALICE", "order:replace", terms(order, "30", "20", "0"))
	m.must("OPERATOR", "instrument:suspend", object{"instrument": "BETA", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/instrument", "ALICE", "order:replace", terms(order, "20", "20", "0"))
}

func TestAnAgentReplacesWithinItsMandateAndPaysTheIncreaseOnly(t *testing.T) {
	m := newListed(t, "0")
	m.must("ALICE", "mandate:grant", m.mandate("none", "1200", "1500"))
	order := m.must("BROKER1", "order:place", m.order(m.alice, "buy", "10", "80", "0")) // 800 used
	m.refused("insufficient/order_minor", "BROKER1", "order:replace", terms(order, "10", "121", "0"))
	m.must("BROKER1", "order:replace", terms(order, "10", "100", "0")) // 1000
	m.must("BROKER1", "order:replace", terms(order, "5", "100", "0"))  // a decrease gives nothing back
	m.must("BROKER1", "order:replace", terms(order, "10", "100", "0")) // 1500
	m.refused("insufficient/total_minor", "BROKER1", "order:replace", terms(order, "11", "100", "0"))
	m.must("ALICE", "order:replace", terms(order, "11", "100", "0")) // the owner has no limits
	if o := get[Order](m.world, orderKey(order)); o.Kid != "ALICE.1" {
		t.Errorf("signed by %s", o.Kid)
	}
	m.must("ALICE", "mandate:grant", m.mandate("each", "1000", "1500"))
	m.refused("forbidden/affirmation", "BROKER1", "order:replace", terms(order, "5", "100", "0"))
}

func TestAReplacementAtAnExchangeReservesFirstAndWaitsForTheAnswer(t *testing.T) {
	m := newListed(t, "0")
	buy, sell := m.pair("10", "100")
	m.reserves(buy, 1100)
	m.refused("wrong_status/pending", "MERCADO", "order:amend", answer(buy, "replaced"))
	m.refused("insufficient/available", "ALICE", "order:replace", terms(buy, "10000", "100", "100"))
	m.must("ALICE", "order:replace", terms(buy, "12", "150", "100"))
	m.reserves(buy, 12*150+100)
	m.refused("wrong_status/pending", "ALICE", "order:replace", terms(buy, "13", "150", "100"))
	m.refused("forbidden/role", "ALICE", "order:amend", answer(buy, "replaced"))
	m.must("MERCADO", "order:amend", answer(buy, "refused"))
	m.reserves(buy, 1100)
	if o := get[Order](m.world, orderKey(buy)); o.LimitMinor != 100 || o.Pending != nil {
		t.Errorf("%+v", o)
	}
	m.must("ALICE", "order:replace", terms(buy, "8", "90", "100")) // a decrease is free after the answer only
	m.reserves(buy, 1100)
	m.must("MERCADO", "order:amend", answer(buy, "replaced"))
	m.reserves(buy, 8*90+100)
	m.must("BRUNO", "order:replace", terms(sell, "30", "90", "100"))
	m.reserves(sell, 30)
	m.must("MERCADO", "order:release", released(sell, "cancelled")) // and with it what was pending
	m.holds("ACME", m.bruno, 1000, 0)
}

func TestExecutionsMayOvertakeAReplacement(t *testing.T) {
	m := newListed(t, "0")
	buy, sell := m.pair("10", "100")
	m.must("ALICE", "order:replace", terms(buy, "4", "100", "100"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "6", "100"))
	m.refused("invalid/quantity", "MERCADO", "order:amend", answer(buy, "replaced")) // it cannot have
	m.must("MERCADO", "order:amend", answer(buy, "refused"))
	m.reserves(buy, 500)

	m.must("ALICE", "order:replace", terms(buy, "7", "100", "100"))
	m.must("MERCADO", "trade:report", reported("R2", buy, sell, "1", "100"))
	if o := get[Order](m.world, orderKey(buy)); o.Status != "partially_filled" || o.Reserved != 400 {
		t.Errorf("%+v", o)
	}
	m.must("MERCADO", "order:amend", answer(buy, "replaced")) // nothing is left of it
	if o := get[Order](m.world, orderKey(buy)); o.Status != "filled" || o.Reserved != 0 {
		t.Errorf("%+v", o)
	}
	m.holds("MXN.BANCO1", m.alice, 1000000-700, 0)

	second := m.must("ALICE", "order:place", m.at(m.alice, "buy", "3", "100", "0"))
	m.must("ALICE", "order:replace", terms(second, "5", "100", "0"))
	m.must("MERCADO", "trade:report", reported("R3", second, sell, "3", "100")) // it stays open: there may be more
	m.reserves(second, 200)
	m.must("MERCADO", "order:amend", answer(second, "refused"))
	if o := get[Order](m.world, orderKey(second)); o.Status != "filled" || o.Reserved != 0 {
		t.Errorf("%+v", o)
	}
}

func TestAnExecutionAtTheNewTermsSaysThatTheExchangeHasReplaced(t *testing.T) {
	m := newListed(t, "0")
	buy, sell := m.pair("10", "100")
	m.must("BRUNO", "order:replace", terms(sell, "10", "90", "100"))
	m.refused("invalid/sell_limit", "MERCADO", "trade:report", reported("R1", buy, sell, "1", "89"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "1", "95"))
	if o := get[Order](m.world, orderKey(sell)); o.LimitMinor != 90 || o.Pending != nil {
		t.Errorf("%+v", o)
	}
	m.refused("wrong_status/pending", "MERCADO", "order:amend", answer(sell, "replaced"))
}

// TestTheCompromisedKeyOfAReplacementStopsItsTermsOnly: those before were signed by another, and still hold.
func TestTheCompromisedKeyOfAReplacementStopsItsTermsOnly(t *testing.T) {
	m := newListed(t, "0")
	buy, sell := m.pair("10", "100")
	m.must("ALICE", "mandate:grant", m.mandate("none", "5000", "5000"))
	m.must("BROKER1", "order:replace", terms(buy, "10", "150", "100"))
	m.must("BROKER1", "key:revoke", object{"party": "BROKER1", "n": "1", "reason": "compromised"})
	m.refused("wrong_status/buy_key", "MERCADO", "trade:report", reported("R1", buy, sell, "1", "120"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "1", "100"))
	m.must("MERCADO", "order:amend", answer(buy, "replaced")) // from now on it is the order's key
	m.refused("wrong_status/buy_key", "MERCADO", "trade:report", reported("R2", buy, sell, "1", "100"))
}

// TestFeesPaidUnderTheOldTermsStay: less fee is left than was paid, so none is taken, and none is given back.
func TestFeesPaidUnderTheOldTermsStay(t *testing.T) {
	m := newListed(t, "100")
	buy, sell := m.pair("100", "100")
	m.must("ALICE", "order:replace", terms(buy, "100", "10", "10"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "90", "100"))
	m.must("MERCADO", "order:amend", answer(buy, "replaced"))
	m.reserves(buy, 10*10)
	m.must("BRUNO", "order:replace", terms(sell, "100", "10", "100"))
	m.must("MERCADO", "trade:report", reported("R2", buy, sell, "10", "10"))
	m.holds("MXN.BANCO1", m.alice, 1000000-9000-90-100, 0)
}

func TestOldAndNewTermsTogetherStayWithin64Bits(t *testing.T) {
	const half = "4611686018427387904" // 2^62
	m := newListed(t, "0")
	m.deposit(m.carla, "9223372036853775807")
	first := m.must("CARLA", "order:place", m.at(m.carla, "buy", "1", "1", half))
	m.refused("invalid/amount", "CARLA", "order:replace", terms(first, "1", half, "0"))
	m.refused("invalid/amount", "CARLA", "order:replace", terms(first, half, "1", "0"))
	m.refused("insufficient/available", "CARLA", "order:replace", terms(first, "1", "4611686018427387903", "0"))
	m.must("CARLA", "order:replace", terms(first, "1", "1000000", "0"))
}
