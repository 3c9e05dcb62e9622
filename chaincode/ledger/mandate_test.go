package ledger

import (
	"testing"
	"time"
)

func (w *world) mandate(affirmation, order, total string) object {
	return object{"agent": "BROKER1", "affirmation": affirmation, "order_minor": order, "total_minor": total, "good_till": w.in(time.Hour)}
}

func TestAMandateIsGivenByItsOwnerAndReplacedByTheNext(t *testing.T) {
	m := newListed(t, "0")
	good := m.mandate("none", "1000", "3000")
	for _, c := range []struct {
		want, field string
		value       any
	}{
		{"invalid/agent", "agent", "ALICE"},
		{"not_found/agent", "agent", "NOBODY"},
		{"invalid/affirmation", "affirmation", "some"},
		{"invalid/order_minor", "order_minor", "0"},
		{"invalid/total_minor", "total_minor", "999"},
		{"invalid/good_till", "good_till", m.in(0)},
		{"invalid/good_till", "good_till", m.in(400*24*time.Hour + time.Second)},
	} {
		m.refused(c.want, "ALICE", "mandate:grant", changed(good, c.field, c.value))
	}
	m.refused("forbidden/role", "BANCO1", "mandate:grant", good)
	m.refused("not_found/mandate", "ALICE", "mandate:revoke", object{"agent": "BROKER1"})
	m.must("ALICE", "mandate:grant", good)
	m.must("BROKER1", "order:place", m.order(m.alice, "buy", "10", "100", "0"))
	if r := get[Mandate](m.world, mandateKey("ALICE", "BROKER1")); r.UsedMinor != 1000 {
		t.Errorf("%+v", r)
	}
	m.must("ALICE", "mandate:grant", good) // nothing of the new one is used
	if r := get[Mandate](m.world, mandateKey("ALICE", "BROKER1")); r.UsedMinor != 0 || r.Status != "active" {
		t.Errorf("%+v", r)
	}
	m.must("ALICE", "mandate:revoke", object{"agent": "BROKER1"})
	m.refused("wrong_status/mandate", "ALICE", "mandate:revoke", object{"agent": "BROKER1"})
	m.must("OPERATOR", "party:suspend", object{"party": "BROKER1", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/agent", "ALICE", "mandate:grant", good)
}

func TestAnAgentSignsWithinItsMandateOnly(t *testing.T) {
	m := newListed(t, "0")
	buy := m.order(m.alice, "buy", "10", "100", "0")
	m.refused("forbidden/owner", "BROKER1", "order:place", buy)
	m.must("ALICE", "mandate:grant", m.mandate("each", "1000", "2500"))
	m.refused("forbidden/affirmation", "BROKER1", "order:place", buy)
	m.must("ALICE", "order:place", changed(buy, "broker", "BROKER1")) // the owner signs what the broker entered
	m.must("ALICE", "mandate:grant", m.mandate("none", "1000", "2500"))
	m.refused("forbidden/owner", "BROKER1", "order:place", changed(buy, "cash_account", m.bruno)) // both accounts are one owner's
	m.refused("insufficient/order_minor", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "1001", "0"))
	order := m.must("BROKER1", "order:place", buy)
	if o := get[Order](m.world, orderKey(order)); o.Owner != "ALICE" || o.Kid != "BROKER1.1" || partyOf(order) != "BROKER1" {
		t.Errorf("%+v", o)
	}
	second := m.must("BROKER1", "order:place", buy)
	m.refused("insufficient/total_minor", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "501", "0"))
	m.must("BROKER1", "order:place", m.order(m.alice, "buy", "1", "500", "0"))
	m.holds("MXN.BANCO1", m.alice, 1000000, 3500)
	m.must("BROKER1", "order:cancel", object{"order": order})
	m.must("ALICE", "order:cancel", object{"order": second})
	m.now = m.now.Add(time.Hour)
	m.must("ALICE", "mandate:grant", m.mandate("none", "1000", "2500"))
	m.now = m.now.Add(time.Hour)
	m.refused("wrong_status/mandate", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.must("ALICE", "mandate:grant", m.mandate("none", "1000", "2500"))
	m.must("ALICE", "mandate:revoke", object{"agent": "BROKER1"})
	m.refused("wrong_status/mandate", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}

func TestAnAgentOfASuspendedOwnerSignsNothing(t *testing.T) {
	m := newListed(t, "0")
	m.must("ALICE", "mandate:grant", m.mandate("none", "1000", "2500"))
	m.must("OPERATOR", "party:suspend", object{"party": "ALICE", "suspended": "yes", "reason": "Test"})
	m.refused("wrong_status/owner", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.must("OPERATOR", "party:suspend", object{"party": "ALICE", "suspended": "no", "reason": "Test"})
	m.must("BROKER1", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.refused("forbidden/role", "BANCO1", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}

func TestTheCompromisedKeyOfAnAgentStopsTheOrdersItSigned(t *testing.T) {
	m := newListed(t, "0")
	m.must("ALICE", "mandate:grant", m.mandate("none", "1000", "2500"))
	buy := m.must("BROKER1", "order:place", m.order(m.alice, "buy", "1", "100", "0"))
	own := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "100", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "2", "100", "0"))
	m.must("BROKER1", "key:revoke", object{"party": "BROKER1", "n": "1", "reason": "compromised"})
	m.refused("wrong_status/buy_key", "BOLSA", "trade:execute", execution(1, buy, sell, "1", "100"))
	m.must("BOLSA", "trade:execute", execution(2, own, sell, "1", "100"))
	m.refused("wrong_status/good_till", "BRUNO", "order:expire", object{"order": sell})
	m.must("BRUNO", "order:expire", object{"order": buy})
}

func TestABrokerCancelsTheOrderThatNamesIt(t *testing.T) {
	m := newListed(t, "0")
	m.admit("BROKER2", "", "broker")
	order := m.must("ALICE", "order:place", changed(m.order(m.alice, "buy", "1", "1", "0"), "broker", "BROKER1"))
	m.refused("forbidden/owner", "BROKER2", "order:cancel", object{"order": order})
	m.must("BROKER1", "order:cancel", object{"order": order})
}
