package ledger

import (
	"strings"
	"testing"
	"time"
)

func TestAdmissionNeedsOperatorAndCustodian(t *testing.T) {
	w := newWorld(t, quick{})
	args := func(party string) object {
		return object{"party": party, "organisation": "", "roles": []any{"investor"}, "key": w.proven(newHand(party, "1"))}
	}
	w.refused("forbidden/role", "OPERATOR", "party:admit", args("ALICE")) // alone
	wantOutcome(t, w.act("BOLSA", "CUSTODIA1", "party:admit", args("ALICE")), "forbidden/role")
	wantOutcome(t, w.act("OPERATOR", "BANCO1", "party:admit", args("ALICE")), "forbidden/role")
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", args("ALICE")), "done")
	wantOutcome(t, w.act("CUSTODIA1", "OPERATOR", "party:admit", args("BRUNO")), "done") // either may begin
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", args("ALICE")), "duplicate/party")
	with := func(name string, value any) object { return changed(args("CARLA"), name, value) }
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", with("organisation", "nowhere")), "not_found/organisation")
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", with("roles", []any{"king"})), "invalid/roles")
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", with("roles", []any{})), "invalid/roles")
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", with("key", w.proven(newHand("CARLA", "2")))), "invalid/n")
	wantOutcome(t, w.act("OPERATOR", "CUSTODIA1", "party:admit", with("organisation", "custodian")), "done")
}

func TestASuspendedPartyCannotAct(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	suspend := func(party, yes string) object {
		return object{"party": party, "suspended": yes, "reason": "Sanctions list"}
	}
	m.refused("forbidden/self", "OPERATOR", "party:suspend", suspend("OPERATOR", "yes"))
	m.refused("not_found/party", "OPERATOR", "party:suspend", suspend("NOBODY", "yes"))
	m.refused("wrong_status/party", "OPERATOR", "party:suspend", suspend("ALICE", "no"))
	order := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.must("ALICE", "cash:withdraw", object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "5", "destination_hash": m.ledger})
	withdrawal := "ALICE:" + m.lastID()
	m.must("OPERATOR", "party:suspend", suspend("ALICE", "yes"))
	m.refused("wrong_status/party", "OPERATOR", "party:suspend", suspend("ALICE", "yes"))

	m.refused("forbidden/suspended", "ALICE", "order:cancel", object{"order": order})
	m.refused("wrong_status/owner", "CUSTODIA1", "account:open", object{"owner": "ALICE", "kind": "direct"})
	m.refused("wrong_status/owner", "BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "1", "reference": "S"})
	m.refused("wrong_status/owner", "BRUNO", "holding:transfer", object{"instrument": "ACME", "from_account": m.bruno, "to_account": m.alice, "quantity": "1", "reason": "gift"})
	m.refused("wrong_status/owner", "BANCO1", "cash:pay", object{"withdrawal": withdrawal, "reference": "S"})
	m.must("BANCO1", "cash:refuse", object{"withdrawal": withdrawal, "reason": "Owner suspended"})
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	m.refused("wrong_status/buy_suspended", "BOLSA", "trade:execute", execution(1, order, sell, "1", "1"))
	m.must("BRUNO", "order:expire", object{"order": order})
	m.holds("MXN.BANCO1", m.alice, 1000000, 0)

	m.must("OPERATOR", "party:suspend", suspend("ALICE", "no"))
	m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.must("OPERATOR", "party:suspend", suspend("BOLSA", "yes"))
	m.refused("wrong_status/venue", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}

func TestAnActTakesTwoOrganisations(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("OP2", "operator", "operator", "custodian")
	m.admit("CUST2", "custodian", "custodian", "operator")
	m.admit("LONE-OP", "", "operator")
	m.admit("LONE-CU", "", "custodian")
	args := equityArgs("BETA", "ACME-SA", "10", "0", "")
	wantOutcome(t, m.act("OPERATOR", "OP2", "instrument:register", args), "forbidden/same_organisation")
	wantOutcome(t, m.act("LONE-OP", "LONE-CU", "instrument:register", args), "forbidden/same_organisation")
	wantOutcome(t, m.act("CUST2", "CUST2", "instrument:register", args), "forbidden/same_party")
	wantOutcome(t, m.act("CUST2", "OPERATOR", "instrument:register", args), "done") // as custodian, the other as operator
	wantOutcome(t, m.act("LONE-OP", "CUSTODIA1", "instrument:register", changed(args, "instrument", "GAMMA")), "done")
}

func TestAnActIsApprovedOnceAsItWasProposed(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	propose := func(function any, args object, goodTill string) Outcome {
		return m.do("OPERATOR", "act:propose", object{"function": function, "args": args, "good_till": goodTill})
	}
	args := equityArgs("BETA", "ACME-SA", "10", "0", "")
	wantOutcome(t, propose("order:place", args, m.in(time.Hour)), "invalid/function")
	wantOutcome(t, propose("no:where", args, m.in(time.Hour)), "invalid/function")
	wantOutcome(t, propose("act:propose", args, m.in(time.Hour)), "invalid/function")
	wantOutcome(t, propose("instrument:register", changed(args, "lot", "0"), m.in(time.Hour)), "invalid/lot")
	wantOutcome(t, propose("instrument:register", args, m.in(0)), "invalid/good_till")
	wantOutcome(t, propose("instrument:register", args, m.in(400*24*time.Hour+time.Second)), "invalid/good_till")
	proposal := propose("instrument:register", args, m.in(time.Hour))
	wantOutcome(t, proposal, "done")
	act := proposal.Party + ":" + proposal.ID
	approve := func(act, hash string) object { return object{"act": act, "hash": hash} }
	m.refused("not_found/act", "CUSTODIA1", "act:approve", approve("OPERATOR:"+m.id(), proposal.Hash))
	m.refused("invalid/hash", "CUSTODIA1", "act:approve", approve(act, strings.Repeat("0", 64)))
	m.must("CUSTODIA1", "act:approve", approve(act, proposal.Hash))
	m.refused("wrong_status/act", "CUSTODIA1", "act:approve", approve(act, proposal.Hash))

	late := propose("instrument:register", changed(args, "instrument", "GAMMA"), m.in(time.Hour))
	m.now = m.now.Add(time.Hour)
	m.refused("wrong_status/good_till", "CUSTODIA1", "act:approve", approve("OPERATOR:"+late.ID, late.Hash))
}

// TestRightsAreCheckedAgainAtApproval: what the proposer lost in between counts.
func TestRightsAreCheckedAgainAtApproval(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("OP2", "operator", "operator")
	propose := func(instrument string) object {
		o := m.do("OP2", "act:propose", object{"function": "instrument:register", "args": equityArgs(instrument, "ACME-SA", "10", "0", ""), "good_till": m.in(time.Hour)})
		return object{"act": "OP2:" + o.ID, "hash": o.Hash}
	}
	suspended, compromised := propose("BETA"), propose("GAMMA")
	m.must("OPERATOR", "party:suspend", object{"party": "OP2", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/proposer", "CUSTODIA1", "act:approve", suspended)
	m.must("OPERATOR", "party:suspend", object{"party": "OP2", "suspended": "no", "reason": "Test"})
	m.must("CUSTODIA1", "act:approve", suspended)
	m.must("OP2", "key:revoke", object{"party": "OP2", "n": "1", "reason": "compromised"})
	m.refused("wrong_status/proposer", "CUSTODIA1", "act:approve", compromised)
	// what the act itself needs is checked again too, and a refusal leaves the act as it was
	m.must("OPERATOR", "party:suspend", object{"party": "ACME-SA", "suspended": "yes", "reason": "Test"})
	o := m.do("OPERATOR", "act:propose", object{"function": "instrument:register", "args": equityArgs("DELTA", "ACME-SA", "10", "0", ""), "good_till": m.in(time.Hour)})
	approve := object{"act": "OPERATOR:" + o.ID, "hash": o.Hash}
	m.refused("wrong_status/issuer", "CUSTODIA1", "act:approve", approve)
	m.must("OPERATOR", "party:suspend", object{"party": "ACME-SA", "suspended": "no", "reason": "Test"})
	m.must("CUSTODIA1", "act:approve", approve)
}
