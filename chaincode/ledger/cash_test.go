package ledger

import (
	"testing"
)

func TestADepositHappensOncePerReference(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("BANCO2", "", "bank")
	args := object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "100", "reference": "SPEI-1"}
	m.refused("forbidden/owner", "BANCO2", "cash:deposit", args)
	m.refused("forbidden/role", "ALICE", "cash:deposit", args)
	m.refused("not_found/instrument", "BANCO1", "cash:deposit", changed(args, "instrument", "EUR.BANCO1"))
	m.refused("forbidden/owner", "BANCO1", "cash:deposit", changed(args, "instrument", "ACME"))
	m.refused("not_found/account", "BANCO1", "cash:deposit", changed(args, "account", "CUSTODIA1:"+m.id()))
	m.refused("invalid/amount_minor", "BANCO1", "cash:deposit", changed(args, "amount_minor", "0"))
	m.refused("insufficient/authorised", "BANCO1", "cash:deposit", changed(args, "amount_minor", "9223372036854775807")) // past 2^63-1 in all
	m.must("BANCO1", "cash:deposit", args)
	m.refused("duplicate/reference", "BANCO1", "cash:deposit", args)
	m.refused("duplicate/reference", "BANCO1", "cash:deposit", changed(args, "amount_minor", "5"))
	m.holds("MXN.BANCO1", m.alice, 1000100, 0)
	if i := get[Instrument](m.world, instrumentKey("MXN.BANCO1")); i.Issued != 1000100 {
		t.Errorf("%d issued", i.Issued)
	}
}

func TestAWithdrawalIsPaidOrRefusedOnce(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("BANCO2", "", "bank")
	args := object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "400", "destination_hash": m.ledger}
	m.refused("forbidden/owner", "BRUNO", "cash:withdraw", args)
	m.refused("invalid/instrument", "ALICE", "cash:withdraw", changed(args, "instrument", "ACME"))
	m.refused("not_found/instrument", "ALICE", "cash:withdraw", changed(args, "instrument", "EUR.BANCO1"))
	m.refused("insufficient/available", "ALICE", "cash:withdraw", changed(args, "amount_minor", "1000001"))
	first := m.must("ALICE", "cash:withdraw", args)
	second := m.must("ALICE", "cash:withdraw", changed(args, "amount_minor", "999600"))
	m.refused("insufficient/available", "ALICE", "cash:withdraw", changed(args, "amount_minor", "1"))
	m.refused("insufficient/available", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 1000000)
	paid := object{"withdrawal": first, "reference": "OUT-1"}
	refused := object{"withdrawal": second, "reason": "Account number unknown"}
	m.refused("forbidden/role", "ALICE", "cash:pay", paid)
	m.refused("forbidden/owner", "BANCO2", "cash:pay", paid)
	m.refused("forbidden/owner", "BANCO2", "cash:refuse", refused)
	m.refused("not_found/withdrawal", "BANCO1", "cash:pay", changed(paid, "withdrawal", "ALICE:"+m.id()))
	m.must("BANCO1", "cash:pay", paid)
	m.must("BANCO1", "cash:refuse", refused)
	m.refused("wrong_status/withdrawal", "BANCO1", "cash:pay", paid)
	m.refused("wrong_status/withdrawal", "BANCO1", "cash:refuse", changed(refused, "withdrawal", first))
	m.refused("wrong_status/withdrawal", "BANCO1", "cash:pay", changed(paid, "withdrawal", second))
	m.holds("MXN.BANCO1", m.alice, 999600, 0)
	if i := get[Instrument](m.world, instrumentKey("MXN.BANCO1")); i.Issued != 999600 {
		t.Errorf("%d issued", i.Issued)
	}
}
