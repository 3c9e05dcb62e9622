package ledger

import (
	"testing"
)

func TestAnAccountClosesOnlyEmpty(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("CUST2", "custodian", "custodian")
	m.refused("not_found/owner", "CUSTODIA1", "account:open", object{"owner": "NOBODY", "kind": "direct"})
	m.refused("invalid/kind", "CUSTODIA1", "account:open", object{"owner": "ALICE", "kind": "secret"})
	account := m.account("ALICE")
	shut := object{"account": account}
	m.refused("forbidden/owner", "CUST2", "account:close", shut)
	m.refused("forbidden/role", "ALICE", "account:close", shut)
	m.refused("not_found/account", "CUSTODIA1", "account:close", object{"account": "CUSTODIA1:" + m.id()})
	m.give("ACME", "BRUNO", m.bruno, account, "1")
	m.deposit(account, "1")
	m.refused("wrong_status/holdings", "CUSTODIA1", "account:close", shut)
	m.give("ACME", "ALICE", account, m.bruno, "1")
	m.refused("wrong_status/holdings", "CUSTODIA1", "account:close", shut)
	m.give("MXN.BANCO1", "ALICE", account, m.bruno, "1")
	m.must("CUSTODIA1", "account:close", shut)
	m.refused("wrong_status/account", "CUSTODIA1", "account:close", shut)

	m.refused("wrong_status/account", "BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": account, "amount_minor": "1", "reference": "C"})
	m.refused("wrong_status/to_account", "BRUNO", "holding:transfer", object{"instrument": "ACME", "from_account": m.bruno, "to_account": account, "quantity": "1", "reason": "gift"})
	m.refused("wrong_status/from_account", "ALICE", "holding:transfer", object{"instrument": "ACME", "from_account": account, "to_account": m.bruno, "quantity": "1", "reason": "gift"})
	m.refused("wrong_status/account", "ALICE", "cash:withdraw", object{"instrument": "MXN.BANCO1", "account": account, "amount_minor": "1", "destination_hash": m.ledger})
	m.refused("wrong_status/account", "ALICE", "order:place", m.order(account, "buy", "1", "1", "0"))
	m.refused("wrong_status/cash_account", "ALICE", "order:place", changed(m.order(m.alice, "sell", "1", "1", "0"), "cash_account", account))
}

// TestAnOrderIntoAClosedAccountNeverExecutes, and its owner gets the cash back.
func TestAnOrderIntoAClosedAccountNeverExecutes(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	empty := m.account("ALICE")
	buy := m.must("ALICE", "order:place", changed(m.order(m.alice, "buy", "1", "1", "0"), "account", empty))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	m.must("CUSTODIA1", "account:close", object{"account": empty})
	m.refused("wrong_status/buy_account", "BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
	m.must("ALICE", "order:cancel", object{"order": buy})
	m.holds("MXN.BANCO1", m.alice, 1000000, 0)

	cash := m.account("BRUNO")
	buy = m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	sell = m.must("BRUNO", "order:place", changed(m.order(m.bruno, "sell", "1", "1", "0"), "cash_account", cash))
	m.must("CUSTODIA1", "account:close", object{"account": cash})
	m.refused("wrong_status/sell_cash_account", "BOLSA", "trade:execute", execution(2, buy, sell, "1", "1"))
}

// TestAnAccountMovesByItsOwnersAndTheNextCustodiansSignature, and by no other two.
func TestAnAccountMovesByItsOwnersAndTheNextCustodiansSignature(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("CUST2", "custodian", "custodian")
	account := m.account("ALICE")
	to := func(party string) object { return object{"account": account, "custodian": party} }
	m.refused("forbidden/role", "ALICE", "account:move", to("CUST2"))
	move := func(a, b string, args object) Outcome { return m.act(a, b, "account:move", args) }
	wantOutcome(t, move("ALICE", "CUST2", to("BRUNO")), "invalid/custodian")
	wantOutcome(t, move("ALICE", "CUST2", to("NOBODY")), "not_found/custodian")
	wantOutcome(t, move("ALICE", "CUST2", object{"account": "CUSTODIA1:" + m.id(), "custodian": "CUST2"}), "not_found/account")
	for _, two := range [][2]string{{"BRUNO", "CUST2"}, {"ALICE", "CUSTODIA1"}, {"CUSTODIA1", "CUST2"}, {"OPERATOR", "CUST2"}} {
		wantOutcome(t, move(two[0], two[1], to("CUST2")), "forbidden/role")
	}
	wantOutcome(t, move("ALICE", "CUSTODIA1", to("CUSTODIA1")), "wrong_status/custodian")
	wantOutcome(t, move("CUST2", "ALICE", to("CUST2")), "done")
	m.refused("forbidden/owner", "CUSTODIA1", "account:close", object{"account": account})
	wantOutcome(t, move("ALICE", "CUSTODIA1", to("CUSTODIA1")), "done")
	m.must("CUSTODIA1", "account:close", object{"account": account})
	wantOutcome(t, move("ALICE", "CUST2", to("CUST2")), "wrong_status/account")
}

// TestWhatAnAccountHoldsAndHasReservedMovesWithIt: its orders execute as before.
func TestWhatAnAccountHoldsAndHasReservedMovesWithIt(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("CUST2", "custodian", "custodian")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 1)
	wantOutcome(t, m.act("ALICE", "CUST2", "account:move", object{"account": m.alice, "custodian": "CUST2"}), "done")
	m.holds("MXN.BANCO1", m.alice, 1000000, 1)
	m.must("BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
	m.holds("ACME", m.alice, 1, 0)
}
