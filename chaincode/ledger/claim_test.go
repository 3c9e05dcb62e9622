package ledger

import "testing"

// settledAt is a market in which MERCADO has reported R1: 40 at 100.
func settledAt(t testing.TB) listed {
	m := newListed(t, "100")
	buy, sell := m.pair("100", "100")
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "40", "100"))
	return m
}

func claim(kind, quantity, price string) object {
	return object{"execution": "R1", "kind": kind, "quantity": quantity, "price_minor": price, "notice": "N1"}
}

func TestAClaimIsOpenedByTheExchangeThatReported(t *testing.T) {
	m := settledAt(t)
	m.admit("MERCADO2", "", "exchange")
	m.refused("forbidden/role", "BOLSA", "claim:open", claim("bust", "0", "0"))
	m.refused("not_found/execution", "MERCADO2", "claim:open", claim("bust", "0", "0"))
	m.refused("not_found/execution", "MERCADO", "claim:open", changed(claim("bust", "0", "0"), "execution", "R2"))
	for want, c := range map[string]object{
		"invalid/kind":        claim("void", "0", "0"),
		"invalid/price_minor": claim("bust", "0", "1"),
		"invalid/buy_limit":   claim("correct", "40", "101"),
		"invalid/sell_limit":  claim("correct", "40", "99"),
	} {
		m.refused(want, "MERCADO", "claim:open", c)
	}
	for _, c := range []object{claim("bust", "1", "0"), claim("correct", "0", "100"), claim("correct", "41", "100"), claim("correct", "40", "100")} {
		m.refused("invalid/quantity", "MERCADO", "claim:open", c)
	}
	opened := m.must("MERCADO", "claim:open", claim("bust", "0", "0"))
	m.refused("wrong_status/execution", "MERCADO", "claim:open", claim("bust", "0", "0"))
	m.holds("ACME", m.alice, 40, 0) // nothing moves by itself
	m.must("ALICE", "claim:accept", object{"claim": opened})
}

func TestABustSettlesWhenBothOwnersAccept(t *testing.T) {
	m := settledAt(t)
	m.holds("MXN.BANCO1", m.fees, 80, 0)
	opened := m.must("MERCADO", "claim:open", claim("bust", "0", "0"))
	m.refused("not_found/claim", "ALICE", "claim:accept", object{"claim": "MERCADO:" + m.id()})
	m.refused("forbidden/owner", "CARLA", "claim:accept", object{"claim": opened})
	m.must("ALICE", "claim:accept", object{"claim": opened})
	m.refused("wrong_status/accepted", "ALICE", "claim:accept", object{"claim": opened})
	m.must("BRUNO", "claim:accept", object{"claim": opened})
	m.holds("ACME", m.alice, 0, 0)
	m.holds("ACME", m.bruno, 1000, 60)
	m.holds("MXN.BANCO1", m.alice, 1000000, 6060)
	m.holds("MXN.BANCO1", m.bruno, 0, 0)
	m.holds("MXN.BANCO1", m.fees, 0, 0)
	if e := get[Execution](m.world, executionKey("MERCADO", "R1")); e.Status != "reversed" || e.Claim != "" || e.Quantity != 0 {
		t.Errorf("%+v", e)
	}
	m.refused("wrong_status/claim", "ALICE", "claim:accept", object{"claim": opened})
	m.refused("wrong_status/execution", "MERCADO", "claim:open", claim("bust", "0", "0"))
}

func TestACorrectionMovesTheDifferenceAndCanBeCorrectedAgain(t *testing.T) {
	m := newListed(t, "0")
	buy := m.must("ALICE", "order:place", m.at(m.alice, "buy", "40", "120", "0"))
	sell := m.must("BRUNO", "order:place", m.at(m.bruno, "sell", "40", "80", "0"))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "40", "100"))
	both := func(c object) {
		t.Helper()
		opened := m.must("MERCADO", "claim:open", c)
		m.must("BRUNO", "claim:accept", object{"claim": opened})
		m.must("ALICE", "claim:accept", object{"claim": opened})
	}
	both(claim("correct", "30", "110")) // 3,300 instead of 4,000
	m.holds("ACME", m.alice, 30, 0)
	m.holds("MXN.BANCO1", m.alice, 1000000-3300, 0)
	both(claim("correct", "30", "120")) // now the buyer pays
	m.holds("MXN.BANCO1", m.alice, 1000000-3600, 0)
	m.holds("MXN.BANCO1", m.bruno, 3600, 0)
	both(claim("bust", "0", "0"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 0)
	if o := get[Order](m.world, orderKey(buy)); o.Status != "filled" || o.Filled != 40 {
		t.Errorf("the order was touched: %+v", o)
	}
}

func TestAClaimTakesOnlyWhatIsAvailableAndStaysOpen(t *testing.T) {
	m := settledAt(t)
	opened := m.must("MERCADO", "claim:open", claim("bust", "0", "0"))
	m.give("ACME", "ALICE", m.alice, m.carla, "1")
	m.must("BRUNO", "claim:accept", object{"claim": opened})
	m.refused("insufficient/available", "ALICE", "claim:accept", object{"claim": opened})
	m.give("ACME", "CARLA", m.carla, m.alice, "1")
	m.must("ALICE", "claim:accept", object{"claim": opened})
}

// TestAClaimGivesNothingToAClosedAccount: nothing moves, and the claim waits.
func TestAClaimGivesNothingToAClosedAccount(t *testing.T) {
	m := newListed(t, "0")
	emptied := m.account("CARLA")
	m.give("ACME", "BRUNO", m.bruno, emptied, "40")
	buy := m.must("ALICE", "order:place", m.at(m.alice, "buy", "40", "100", "0"))
	sell := m.must("CARLA", "order:place", changed(m.at(emptied, "sell", "40", "100", "0"), "cash_account", m.carla))
	m.must("MERCADO", "trade:report", reported("R1", buy, sell, "40", "100"))
	m.must("CUSTODIA1", "account:close", object{"account": emptied})
	opened := m.must("MERCADO", "claim:open", claim("bust", "0", "0"))
	m.must("ALICE", "claim:accept", object{"claim": opened})
	m.refused("wrong_status/account", "CARLA", "claim:accept", object{"claim": opened})
	m.holds("ACME", m.alice, 40, 0)
	if c := get[Claim](m.world, claimKey(opened)); c.Status != "open" {
		t.Errorf("%+v", c)
	}
}

func TestARefusedClaimSettlesByOrderOfTwoOrganisationsOnly(t *testing.T) {
	m := settledAt(t)
	opened := m.must("MERCADO", "claim:open", claim("correct", "20", "100"))
	reasoned := object{"claim": opened, "reason": "It was a good trade"}
	m.refused("forbidden/owner", "CARLA", "claim:refuse", reasoned)
	m.must("ALICE", "claim:refuse", reasoned)
	m.refused("wrong_status/claim", "BRUNO", "claim:refuse", reasoned)
	m.refused("wrong_status/claim", "BRUNO", "claim:accept", object{"claim": opened})
	m.refused("forbidden/role", "OPERATOR", "claim:enforce", reasoned)
	wantOutcome(t, m.act("ALICE", "CUSTODIA1", "claim:enforce", reasoned), "forbidden/role")
	wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "claim:enforce", changed(reasoned, "claim", "MERCADO:"+m.id())), "not_found/claim")
	m.mustAct("OPERATOR", "CUSTODIA1", "claim:enforce", reasoned)
	m.holds("ACME", m.alice, 20, 0)
	m.holds("MXN.BANCO1", m.fees, 40, 0)
	wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "claim:enforce", reasoned), "wrong_status/claim")
}

// TestTheLifeOfAClaim writes the whole table down.
func TestTheLifeOfAClaim(t *testing.T) {
	events := []string{"accept", "settle", "refuse", "enforce"}
	for status, next := range map[string][4]string{
		"open":    {"open", "settled", "refused", "settled"},
		"refused": {"", "", "", "settled"},
		"settled": {}, "": {},
	} {
		for i, event := range events {
			if got, ok := nextClaimStatus(status, event); got != next[i] || ok != (next[i] != "") {
				t.Errorf("%s after %s: %q", event, status, got)
			}
		}
	}
}
