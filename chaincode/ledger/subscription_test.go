package ledger

import (
	"testing"
	"time"
)

func TestASubscriptionReservesCashAtItsLimit(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	good := r.wish(offering, r.alice, "100", "105")
	other := r.account("ALICE")
	for _, c := range []struct{ want, field, value string }{
		{"not_found/offering", "offering", "ACME-SA:" + r.id()},
		{"not_found/account", "account", "CUSTODIA1:" + r.id()},
		{"forbidden/owner", "account", r.bruno},
		{"forbidden/owner", "cash_account", r.bruno},
		{"invalid/quantity", "quantity", "9"},
		{"invalid/quantity", "quantity", "401"},
		{"invalid/limit_minor", "limit_minor", "89"},
		{"invalid/limit_minor", "limit_minor", "111"},
		{"insufficient/available", "cash_account", other},
	} {
		r.refused(c.want, "ALICE", "offering:subscribe", changed(good, c.field, c.value))
	}
	r.refused("forbidden/role", "CUSTODIA1", "offering:subscribe", good)
	r.refused("forbidden/issuer", "ACME-SA", "offering:subscribe", r.wish(offering, r.acme, "100", "105"))
	outcome := r.do("ALICE", "offering:subscribe", good)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingSubscribed); f.Subscriber != "ALICE" || f.Reserved != 10500 || f.Sequence != 1 || f.Kid != "ALICE.1" {
		t.Errorf("%+v", f)
	}
	r.holds("MXN.BANCO1", r.alice, 1000000, 10500)
	r.refused("duplicate/subscription", "ALICE", "offering:subscribe", good)
	r.must("BRUNO", "offering:subscribe", r.wish(offering, r.bruno, "400", "110")) // more than is left is allowed
	r.must("CARLA", "offering:subscribe", r.wish(offering, r.carla, "400", "110"))
	if o := get[Offering](r.world, offeringKey(offering)); o.Subscribed != 900 || o.Subscriptions != 3 || o.Sequence != 3 {
		t.Errorf("%+v", o)
	}
}

func TestAmountsPastTheLargestNumberAreRefused(t *testing.T) {
	r := newRaising(t)
	offering := r.must("ACME-SA", "offering:open", changed(r.terms(), "ticket_maximum", "0"))
	r.refused("invalid/amount", "ALICE", "offering:subscribe", r.wish(offering, r.alice, "9223372036854775807", "100"))
}

func TestSubscriptionsComeWithinTheWindow(t *testing.T) {
	r := newRaising(t)
	offering := r.must("ACME-SA", "offering:open", changed(r.terms(), "opens_at", r.in(time.Minute)))
	good := r.wish(offering, r.alice, "100", "105")
	r.refused("wrong_status/window", "ALICE", "offering:subscribe", good)
	r.now = r.now.Add(time.Minute)
	r.must("ALICE", "offering:subscribe", good)
	r.now = r.now.Add(59*time.Minute - time.Second)
	r.must("BRUNO", "offering:subscribe", r.wish(offering, r.bruno, "100", "105"))
	r.now = r.now.Add(time.Second)
	r.refused("wrong_status/window", "CARLA", "offering:subscribe", r.wish(offering, r.carla, "100", "105"))
	r.refused("wrong_status/window", "ALICE", "offering:withdraw", object{"offering": offering})
}

func TestWhatIsSuspendedOrClosedDoesNotSubscribe(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	closed := r.account("ALICE")
	r.must("CUSTODIA1", "account:close", object{"account": closed})
	good := r.wish(offering, r.alice, "100", "105")
	r.refused("wrong_status/account", "ALICE", "offering:subscribe", changed(good, "account", closed))
	r.refused("wrong_status/cash_account", "ALICE", "offering:subscribe", changed(good, "cash_account", closed))
	for instrument, want := range map[string]string{"ACME": "wrong_status/instrument", "MXN.BANCO1": "wrong_status/currency"} {
		r.must("OPERATOR", "instrument:suspend", object{"instrument": instrument, "suspended": "yes", "reason": "Test"})
		r.refused(want, "ALICE", "offering:subscribe", good)
		r.must("OPERATOR", "instrument:suspend", object{"instrument": instrument, "suspended": "no", "reason": "Test"})
	}
	r.must("ALICE", "offering:subscribe", good)
}

func TestWhoWithdrawsMaySubscribeAgain(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	of := object{"offering": offering}
	r.refused("not_found/subscription", "ALICE", "offering:withdraw", of)
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "100", "105"))
	outcome := r.do("ALICE", "offering:withdraw", of)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingWithdrawn); f.Released != 10500 {
		t.Errorf("%+v", f)
	}
	r.holds("MXN.BANCO1", r.alice, 1000000, 0)
	r.refused("wrong_status/subscription", "ALICE", "offering:withdraw", of)
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "20", "90"))
	r.holds("MXN.BANCO1", r.alice, 1000000, 1800)
	if o := get[Offering](r.world, offeringKey(offering)); o.Subscribed != 20 || o.Subscriptions != 1 || o.Sequence != 2 {
		t.Errorf("%+v", o)
	}
}

// TestTheLifeOfASubscription writes the whole table down.
func TestTheLifeOfASubscription(t *testing.T) {
	events := []string{"subscribe", "withdraw", "settle", "release"}
	for status, next := range map[string][4]string{
		"":          {"open"},
		"open":      {"", "withdrawn", "settled", "released"},
		"withdrawn": {"open"},
		"settled":   {}, "released": {},
	} {
		for i, event := range events {
			if got, ok := nextSubscriptionStatus(status, event); got != next[i] || ok != (next[i] != "") {
				t.Errorf("%s after %s: %q", event, status, got)
			}
		}
	}
}
