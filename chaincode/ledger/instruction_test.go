package ledger

import (
	"strings"
	"testing"
	"time"
)

var agreed = strings.Repeat("ab", 32)

// delivers is Bruno's side of 40 ACME for 1,000.00, receives is Alice's.
func (m *market) delivers() object {
	return object{"side": "deliver", "account": m.bruno, "cash_account": m.bruno, "counterparty": "ALICE", "instrument": "ACME",
		"quantity": "40", "amount_minor": "100000", "terms": agreed, "good_till": m.in(time.Hour)}
}

func (m *market) receives() object {
	return object{"side": "receive", "account": m.alice, "cash_account": m.alice, "counterparty": "BRUNO", "instrument": "ACME",
		"quantity": "40", "amount_minor": "100000", "terms": agreed, "good_till": m.in(2 * time.Hour)}
}

func TestTwoSignaturesToTheSameTermsSettleAtOnce(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.holds("ACME", m.bruno, 1000, 40)
	outcome := m.do("ALICE", "instruction:enter", m.receives())
	wantOutcome(t, outcome, "done")
	m.holds("ACME", m.bruno, 960, 0)
	m.holds("ACME", m.alice, 40, 0)
	m.holds("MXN.BANCO1", m.alice, 900000, 0) // no fee, whatever the instrument's is
	m.holds("MXN.BANCO1", m.bruno, 100000, 0)
	if f, ok := outcome.Facts[1].(SettlementSettled); !ok || f.Settlement != "ALICE:"+outcome.ID || len(f.Legs) != 2 {
		t.Errorf("%+v", outcome.Facts)
	}
	if n := get[Instruction](m.world, instructionKey(agreed)); n.Status != "settled" || n.Reserved != 0 {
		t.Errorf("%+v", n)
	}
	for _, again := range []string{"cancel", "expire"} {
		m.refused("wrong_status/instruction", "BRUNO", "instruction:"+again, object{"terms": agreed})
	}
}

func TestTheReceiverMayComeFirstAndReservesWhatItPays(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("ALICE", "instruction:enter", m.receives())
	m.holds("MXN.BANCO1", m.alice, 1000000, 100000)
	m.refused("insufficient/available", "ALICE", "order:place", m.order(m.alice, "buy", "1", "900001", "0"))
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.holds("ACME", m.alice, 40, 0)
	m.holds("MXN.BANCO1", m.alice, 900000, 0)
}

func TestAnInstructionIsItsOwnersAndNamesAnother(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	d := m.delivers()
	m.refused("not_found/account", "BRUNO", "instruction:enter", changed(d, "account", "CUSTODIA1:"+m.id()))
	m.refused("forbidden/owner", "CARLA", "instruction:enter", d)
	m.refused("not_found/cash_account", "BRUNO", "instruction:enter", changed(d, "cash_account", "CUSTODIA1:"+m.id()))
	m.refused("forbidden/owner", "BRUNO", "instruction:enter", changed(d, "cash_account", m.carla))
	m.refused("invalid/counterparty", "BRUNO", "instruction:enter", changed(d, "counterparty", "BRUNO"))
	m.refused("not_found/counterparty", "BRUNO", "instruction:enter", changed(d, "counterparty", "NOBODY"))
	m.refused("not_found/instrument", "BRUNO", "instruction:enter", changed(d, "instrument", "NOTHING"))
	m.refused("invalid/instrument", "BRUNO", "instruction:enter", changed(d, "instrument", "MXN.BANCO1"))
	m.refused("invalid/good_till", "BRUNO", "instruction:enter", changed(d, "good_till", m.in(0)))
	m.refused("invalid/good_till", "BRUNO", "instruction:enter", changed(d, "good_till", m.in(401*24*time.Hour)))
	m.refused("insufficient/available", "BRUNO", "instruction:enter", changed(d, "quantity", "1001"))
	m.refused("insufficient/available", "ALICE", "instruction:enter", changed(m.receives(), "amount_minor", "1000001"))
	closed := m.account("BRUNO")
	m.must("CUSTODIA1", "account:close", object{"account": closed})
	m.refused("wrong_status/account", "BRUNO", "instruction:enter", changed(d, "account", closed))
	m.refused("wrong_status/cash_account", "BRUNO", "instruction:enter", changed(d, "cash_account", closed))
	m.must("OPERATOR", "party:suspend", object{"party": "ALICE", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/counterparty", "BRUNO", "instruction:enter", d)
}

func TestOnlyTheNamedCounterpartyMeetsTheSameTerms(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.deposit(m.carla, "1000000")
	m.must("BRUNO", "instruction:enter", m.delivers())
	r := m.receives()
	m.refused("duplicate/terms", "BRUNO", "instruction:enter", m.delivers())
	m.refused("forbidden/counterparty", "CARLA", "instruction:enter", changed(changed(r, "account", m.carla), "cash_account", m.carla))
	m.refused("invalid/counterparty", "ALICE", "instruction:enter", changed(r, "counterparty", "CARLA"))
	m.refused("invalid/side", "ALICE", "instruction:enter", changed(r, "side", "deliver"))
	m.equity("BETA", "ACME-SA", "1000", "0", "")
	for field, bad := range map[string][3]string{"instrument": {"BETA", "DSEC"}, "quantity": {"41", "DQUA"}, "amount_minor": {"99999", "DMON"}} {
		outcome := m.refused("invalid/"+field, "ALICE", "instruction:enter", changed(r, field, bad[0]))
		if !strings.HasPrefix(outcome.Message, bad[1]+": ") {
			t.Errorf("%s: %s", field, outcome.Message)
		}
	}
	m.holds("ACME", m.bruno, 1000, 40)
	m.must("ALICE", "instruction:enter", r)
}

func TestASecondSideThatCannotPayChangesNothing(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("BRUNO", "instruction:enter", changed(m.delivers(), "amount_minor", "1000001"))
	m.refused("insufficient/available", "ALICE", "instruction:enter", changed(m.receives(), "amount_minor", "1000001"))
	m.holds("ACME", m.bruno, 1000, 40)
	m.deposit(m.alice, "1")
	m.must("ALICE", "instruction:enter", changed(m.receives(), "amount_minor", "1000001"))
	m.holds("ACME", m.alice, 40, 0)
}

func TestAFreeDeliveryNeedsBothSignaturesToo(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("ALICE", "instruction:enter", changed(m.receives(), "amount_minor", "0"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 0)
	m.must("BRUNO", "instruction:enter", changed(m.delivers(), "amount_minor", "0"))
	m.holds("ACME", m.alice, 40, 0)
}

func TestTheFirstSideCancelsUntilItIsMet(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	terms := object{"terms": agreed}
	m.refused("not_found/instruction", "BRUNO", "instruction:cancel", terms)
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.refused("forbidden/owner", "ALICE", "instruction:cancel", terms)
	m.must("BRUNO", "instruction:cancel", terms)
	m.holds("ACME", m.bruno, 1000, 0)
	m.refused("wrong_status/instruction", "BRUNO", "instruction:cancel", terms)
	m.refused("wrong_status/instruction", "ALICE", "instruction:enter", m.receives())
	m.refused("duplicate/terms", "BRUNO", "instruction:enter", m.delivers()) // a hash stands for one agreement
}

func TestAnyoneExpiresWhatIsPast(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	terms := object{"terms": agreed}
	m.refused("not_found/instruction", "CARLA", "instruction:expire", terms)
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.refused("wrong_status/good_till", "CARLA", "instruction:expire", terms)
	m.now = m.now.Add(time.Hour)
	m.refused("wrong_status/good_till", "ALICE", "instruction:enter", m.receives())
	m.must("CARLA", "instruction:expire", terms)
	m.holds("ACME", m.bruno, 1000, 0)
	m.refused("wrong_status/instruction", "CARLA", "instruction:expire", terms)
}

func TestAnInstructionOfACompromisedKeyNeverSettles(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("BRUNO", "key:add", object{"party": "BRUNO", "key": m.proven(newHand("BRUNO", "2"))})
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.must("BRUNO", "key:revoke", object{"party": "BRUNO", "n": "1", "reason": "compromised"})
	m.refused("wrong_status/key", "ALICE", "instruction:enter", m.receives())
	m.must("CARLA", "instruction:expire", object{"terms": agreed})
}

func TestASuspendedSideSettlesNothingAndIsReleased(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.must("OPERATOR", "party:suspend", object{"party": "BRUNO", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/counterparty", "ALICE", "instruction:enter", m.receives())
	m.must("CARLA", "instruction:expire", object{"terms": agreed})
}

func TestNothingSettlesIntoAClosedAccountOfTheFirstSide(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	for field, last := range map[string]string{"account": "1", "cash_account": "2"} {
		closed, terms := m.account("BRUNO"), strings.Repeat("c", 63)+last
		side, other := changed(changed(m.delivers(), field, closed), "terms", terms), changed(m.receives(), "terms", terms)
		if field == "account" { // units go to Bruno's account, so Alice delivers
			m.deposit(m.bruno, "100000")
			side["side"], other["side"] = "receive", "deliver"
		}
		m.must("BRUNO", "instruction:enter", side)
		m.must("CUSTODIA1", "account:close", object{"account": closed})
		m.refused("wrong_status/counterparty_"+field, "ALICE", "instruction:enter", other)
		m.must("BRUNO", "instruction:cancel", object{"terms": terms})
	}
}

func TestASuspendedInstrumentSettlesNothing(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.must("OPERATOR", "instrument:suspend", object{"instrument": "ACME", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/instrument", "ALICE", "instruction:enter", m.receives())
	m.must("BRUNO", "instruction:cancel", object{"terms": agreed})
}

// TestTheLifeOfAnInstruction writes the whole table down.
func TestTheLifeOfAnInstruction(t *testing.T) {
	for status, next := range map[string][3]string{"alleged": {"settled", "cancelled", "expired"}, "settled": {}, "cancelled": {}, "expired": {}, "": {}} {
		for i, event := range []string{"settle", "cancel", "expire"} {
			if got, ok := nextInstructionStatus(status, event); got != next[i] || ok != (next[i] != "") {
				t.Errorf("%s after %s: %q", event, status, got)
			}
		}
	}
}

func TestTheReceiverAcquiresOnlyWhatHeMay(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	limit := func(most string) {
		m.must("OPERATOR", "party:qualify", object{"party": "ALICE", "jurisdiction": "MX", "investor_type": "retail", "limit_minor": most,
			"commitment": someHash, "good_till": m.in(time.Hour)})
	}
	limit("99999")
	m.refused("insufficient/limit_minor", "ALICE", "instruction:enter", m.receives())
	m.must("BRUNO", "instruction:enter", m.delivers())
	m.refused("insufficient/limit_minor", "ALICE", "instruction:enter", m.receives())
	limit("100000")
	m.must("ALICE", "instruction:enter", m.receives())
	m.must("ALICE", "instruction:enter", changed(m.receives(), "terms", someHash)) // and now Alice waits
	limit("99999")
	m.refused("insufficient/limit_minor", "BRUNO", "instruction:enter", changed(m.delivers(), "terms", someHash))
}
