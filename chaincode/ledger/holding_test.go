package ledger

import "testing"

func TestATransferMovesOnlyWhatIsAvailable(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	args := func(from, to, quantity string) object {
		return object{"instrument": "ACME", "from_account": from, "to_account": to, "quantity": quantity, "reason": "gift"}
	}
	m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "400", "1", "0"))
	m.refused("forbidden/owner", "ALICE", "holding:transfer", args(m.bruno, m.alice, "1"))
	m.refused("not_found/from_account", "BRUNO", "holding:transfer", args("CUSTODIA1:"+m.id(), m.alice, "1"))
	m.refused("not_found/to_account", "BRUNO", "holding:transfer", args(m.bruno, "CUSTODIA1:"+m.id(), "1"))
	m.refused("invalid/to_account", "BRUNO", "holding:transfer", args(m.bruno, m.bruno, "1")) // the same on both sides
	m.refused("invalid/quantity", "BRUNO", "holding:transfer", args(m.bruno, m.alice, "0"))
	m.refused("invalid/quantity", "BRUNO", "holding:transfer", args(m.bruno, m.alice, "-1"))
	m.refused("invalid/quantity", "BRUNO", "holding:transfer", args(m.bruno, m.alice, "9223372036854775808"))
	m.refused("insufficient/available", "BRUNO", "holding:transfer", args(m.bruno, m.alice, "9223372036854775807"))
	m.refused("insufficient/available", "BRUNO", "holding:transfer", args(m.bruno, m.alice, "601"))
	m.refused("not_found/instrument", "BRUNO", "holding:transfer", changed(args(m.bruno, m.alice, "1"), "instrument", "BETA"))
	m.refused("invalid/reason", "BRUNO", "holding:transfer", changed(args(m.bruno, m.alice, "1"), "reason", "theft"))
	m.refused("invalid/reason", "BRUNO", "holding:transfer", changed(args(m.bruno, m.alice, "1"), "reason", "own_accounts"))
	m.must("BRUNO", "holding:transfer", changed(args(m.bruno, m.account("BRUNO"), "1"), "reason", "own_accounts"))
	m.must("BRUNO", "holding:transfer", args(m.bruno, m.alice, "599"))
	m.holds("ACME", m.bruno, 400, 400)
	m.holds("ACME", m.alice, 599, 0)
	if a := get[Account](m.world, accountKey(m.alice)); a.Holdings != 2 {
		t.Errorf("%d holdings counted", a.Holdings)
	}
}

func TestAHoldingNeverBreaks(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	tx := newTx(m.engine, Context{Now: m.now}, loaded(m.state))
	for name, err := range map[string]error{
		"release more than reserved": release(tx, "ACME", m.bruno, 1),
		"spend more than reserved":   spend(tx, "ACME", m.bruno, 1),
	} {
		if refusal, ok := refused(err); !ok || refusal.Code != Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := credit(tx, "ACME", m.bruno, 1<<63-1); err == nil {
		t.Error("a holding grew past 2^63-1")
	}
	if err := reserve(tx, "ACME", m.bruno, 1001); err == nil {
		t.Error("more reserved than there is")
	}
	if len(tx.writes) != 0 {
		t.Error("a refused change was written")
	}
}

// loaded is a store that knows the whole state.
func loaded(state memory) *store {
	s := newStore()
	for key, value := range state {
		s.loaded[key] = value
	}
	return s
}

func TestARecordThatCannotBeReadIsInternal(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.state[bookKey("ACME")] = []byte("{")
	m.refused("internal/state", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}
