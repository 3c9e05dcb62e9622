package ledger

import (
	"strconv"
	"testing"
	"time"
)

// A raising is a market in which ACME offers up to 600 units at 90 to 110, at least 100, in tickets of 10 to 400.
type raising struct {
	*market
	cash string // the issuer's account, which is paid
}

func newRaising(t testing.TB) raising {
	m := newMarket(t, quick{}, "0")
	m.deposit(m.bruno, "100000")
	m.deposit(m.carla, "100000")
	return raising{m, m.acme}
}

func (r raising) terms() object {
	return object{"instrument": "ACME", "cash_account": r.cash, "kind": "public", "price_min_minor": "90", "price_max_minor": "110",
		"minimum": "100", "maximum": "600", "ticket_minimum": "10", "ticket_maximum": "400", "opens_at": r.in(0), "closes_at": r.in(time.Hour),
		"allot_by": r.in(48 * time.Hour), "tiers": []any{}, "document": ""}
}

func (r raising) open() string { return r.must("ACME-SA", "offering:open", r.terms()) }

func (r raising) wish(offering, account, quantity, limit string) object {
	return object{"offering": offering, "account": account, "cash_account": account, "quantity": quantity, "limit_minor": limit, "invitation": ""}
}

// offered is what the instrument has set aside and what of it exists.
func (r raising) offered(t testing.TB, offered, issued int64) {
	t.Helper()
	if i := get[Instrument](r.world, instrumentKey("ACME")); i.Offered != offered || i.Issued != issued {
		t.Errorf("%d offered and %d issued, want %d and %d", i.Offered, i.Issued, offered, issued)
	}
}

func TestAnIssuerOffersWhatIsAuthorisedOnly(t *testing.T) {
	r := newRaising(t)
	good := r.terms()
	r.refused("forbidden/owner", "ALICE", "offering:open", good)
	r.refused("not_found/instrument", "ACME-SA", "offering:open", changed(good, "instrument", "BETA"))
	for _, c := range []struct{ want, field, value string }{
		{"forbidden/owner", "cash_account", r.alice},
		{"not_found/cash_account", "cash_account", "CUSTODIA1:" + r.id()},
		{"invalid/kind", "kind", "secret"},
		{"invalid/price_max_minor", "price_max_minor", "89"},
		{"invalid/maximum", "maximum", "99"},
		{"invalid/maximum", "maximum", "9223372036854775807"},
		{"invalid/ticket_minimum", "ticket_minimum", "601"},
		{"invalid/ticket_maximum", "ticket_maximum", "9"},
		{"invalid/closes_at", "closes_at", r.in(0)},
		{"invalid/closes_at", "closes_at", r.in(-time.Hour)},
		{"invalid/allot_by", "allot_by", r.in(time.Hour)},
		{"invalid/allot_by", "allot_by", r.in(400*24*time.Hour + time.Second)},
		{"insufficient/authorised", "maximum", "995001"},
	} {
		r.refused(c.want, "ACME-SA", "offering:open", changed(good, c.field, c.value))
	}
	over := changed(changed(good, "opens_at", r.in(-2*time.Hour)), "closes_at", r.in(0))
	r.refused("invalid/closes_at", "ACME-SA", "offering:open", over)
	r.must("ACME-SA", "offering:open", changed(good, "maximum", "994000"))
	r.must("ACME-SA", "offering:open", changed(good, "maximum", "1000"))
	r.refused("insufficient/authorised", "ACME-SA", "offering:open", changed(good, "maximum", "100"))
	wantOutcome(t, r.act("ACME-SA", "CUSTODIA1", "instrument:issue", object{"instrument": "ACME", "account": r.acme, "quantity": "1",
		"resolution": r.ledger}), "insufficient/authorised") // what is offered is nobody else's to use up
	r.offered(t, 995000, 5000)
}

func TestTiersAreDifferentTypesWithinTheMaximum(t *testing.T) {
	r := newRaising(t)
	tier := func(investors, quantity string) any { return object{"investor_type": investors, "quantity": quantity} }
	for want, tiers := range map[string][]any{
		"invalid/investor_type": {tier("friends", "1")},
		"invalid/quantity":      {tier("retail", "0")},
		"invalid/tiers":         {tier("retail", "1"), tier("retail", "1")},
	} {
		r.refused(want, "ACME-SA", "offering:open", changed(r.terms(), "tiers", tiers))
	}
	r.refused("invalid/tiers", "ACME-SA", "offering:open", changed(r.terms(), "tiers", []any{tier("retail", "300"), tier("qualified", "301")}))
	outcome := r.do("ACME-SA", "offering:open", changed(r.terms(), "tiers", []any{tier("retail", "300"), tier("qualified", "300")}))
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingOpened); len(f.Tiers) != 2 || f.Tiers[1] != (Tier{"qualified", 300}) || f.Currency != "MXN.BANCO1" {
		t.Errorf("%+v", f)
	}
}

func TestPricesAreInTicksAndQuantitiesInLots(t *testing.T) {
	r := newRaising(t)
	r.mustAct("OPERATOR", "CUSTODIA1", "instrument:register",
		changed(changed(equityArgs("BETA", "ACME-SA", "9000", "0", ""), "lot", "10"), "tick_minor", "5"))
	good := changed(r.terms(), "instrument", "BETA")
	for field, value := range map[string]string{"price_min_minor": "91", "price_max_minor": "111", "minimum": "101", "maximum": "601",
		"ticket_minimum": "11", "ticket_maximum": "401"} {
		r.refused("invalid/"+field, "ACME-SA", "offering:open", changed(good, field, value))
	}
	r.refused("invalid/tiers", "ACME-SA", "offering:open", changed(good, "tiers", []any{object{"investor_type": "retail", "quantity": "5"}}))
	offering := r.must("ACME-SA", "offering:open", good)
	r.refused("invalid/quantity", "ALICE", "offering:subscribe", r.wish(offering, r.alice, "15", "100"))
	r.refused("invalid/limit_minor", "ALICE", "offering:subscribe", r.wish(offering, r.alice, "20", "101"))
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "20", "100"))
}

func TestACurrencyIsNotOffered(t *testing.T) {
	r := newRaising(t)
	r.refused("invalid/instrument", "BANCO1", "offering:open", changed(changed(r.terms(), "instrument", "MXN.BANCO1"), "cash_account", r.account("BANCO1")))
	r.must("OPERATOR", "instrument:suspend", object{"instrument": "ACME", "suspended": "yes", "reason": "Test"})
	r.refused("wrong_status/instrument", "ACME-SA", "offering:open", r.terms())
}

func TestACancelledOfferingReleasesEveryReservation(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "100", "100"))
	r.must("BRUNO", "offering:subscribe", r.wish(offering, r.bruno, "50", "110"))
	both := object{"offering": offering, "subscribers": []any{"ALICE", "BRUNO"}}
	reasoned := object{"offering": offering, "reason": "No longer needed"}
	r.refused("wrong_status/offering", "CARLA", "offering:release", both)
	r.refused("forbidden/owner", "ALICE", "offering:cancel", reasoned)
	r.refused("not_found/offering", "ACME-SA", "offering:cancel", changed(reasoned, "offering", "ACME-SA:"+r.id()))
	r.must("ACME-SA", "offering:cancel", reasoned)
	r.offered(t, 0, 5000)
	for function, want := range map[string]string{"offering:cancel": "wrong_status/offering"} {
		r.refused(want, "ACME-SA", function, reasoned)
	}
	r.refused("wrong_status/offering", "CARLA", "offering:subscribe", r.wish(offering, r.carla, "50", "110"))
	r.refused("wrong_status/offering", "ALICE", "offering:withdraw", object{"offering": offering})
	r.refused("not_found/subscription", "OPERATOR", "offering:release", changed(both, "subscribers", []any{"ALICE", "CARLA"}))
	r.must("OPERATOR", "offering:release", changed(both, "subscribers", []any{"ALICE"}))
	outcome := r.do("CARLA", "offering:release", both) // Alice is passed over
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(SubscriptionReleased); f.Subscriber != "BRUNO" || f.Released != 5500 || f.Reason != "offering_cancelled" {
		t.Errorf("%+v", f)
	}
	r.refused("wrong_status/subscription", "CARLA", "offering:release", both)
	r.holds("MXN.BANCO1", r.alice, 1000000, 0)
	r.holds("MXN.BANCO1", r.bruno, 100000, 0)
}

func TestAnOfferingBelowItsMinimumFailsOnceItIsClosed(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "99", "100"))
	alice := object{"offering": offering, "subscribers": []any{"ALICE"}}
	r.refused("wrong_status/offering", "CARLA", "offering:release", alice)
	r.now = r.now.Add(time.Hour)
	wantOutcome(t, r.act("ACME-SA", "CUSTODIA1", "offering:allot", allotment(offering, "100", "99", "1", r.ledger)), "insufficient/minimum")
	outcome := r.do("CARLA", "offering:release", alice)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingFailed); f.Reason != "below_minimum" {
		t.Errorf("%+v", f)
	}
	r.holds("MXN.BANCO1", r.alice, 1000000, 0)
	r.offered(t, 0, 5000)
}

func TestAnOfferingNobodyAllotsFailsInTheEnd(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "400", "100"))
	r.must("BRUNO", "offering:subscribe", r.wish(offering, r.bruno, "400", "100"))
	one := func(who string) object { return object{"offering": offering, "subscribers": []any{who}} }
	r.now = r.now.Add(47 * time.Hour)
	r.refused("wrong_status/offering", "ALICE", "offering:release", one("ALICE"))
	r.now = r.now.Add(time.Hour)
	wantOutcome(t, r.act("ACME-SA", "CUSTODIA1", "offering:allot", allotment(offering, "100", "600", "1", r.ledger)), "wrong_status/window")
	r.must("ALICE", "offering:release", one("ALICE"))
	r.must("ALICE", "offering:release", one("BRUNO"))
	if o := get[Offering](r.world, offeringKey(offering)); o.Status != "failed" || o.Subscriptions != 0 || o.Subscribed != 0 {
		t.Errorf("%+v", o)
	}
	r.holds("MXN.BANCO1", r.bruno, 100000, 0)
	r.offered(t, 0, 5000)
}

func TestOnlyWhoIsInvitedSubscribesToAPrivateOffering(t *testing.T) {
	r := newRaising(t)
	offering := r.must("ACME-SA", "offering:open", changed(r.terms(), "kind", "private"))
	salt := someHash[:63] + "7"
	invitation := object{"offering": offering, "invitations": []any{InvitationHash(offering, "ALICE", salt), InvitationHash(offering, "BRUNO", salt)}}
	wish := changed(r.wish(offering, r.alice, "100", "100"), "invitation", salt)
	r.refused("forbidden/invitation", "ALICE", "offering:subscribe", wish)
	r.refused("forbidden/owner", "ALICE", "offering:invite", invitation)
	outcome := r.do("ACME-SA", "offering:invite", invitation)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingInvited); f.Invitations != 2 {
		t.Errorf("%+v", f)
	}
	r.must("ACME-SA", "offering:invite", invitation) // again, for whom it got lost
	r.refused("forbidden/invitation", "ALICE", "offering:subscribe", changed(wish, "invitation", ""))
	r.refused("forbidden/invitation", "ALICE", "offering:subscribe", changed(wish, "invitation", someHash))
	stolen := changed(r.wish(offering, r.carla, "100", "100"), "invitation", salt)
	r.refused("forbidden/invitation", "CARLA", "offering:subscribe", stolen)
	r.must("ALICE", "offering:subscribe", wish)
	r.now = r.now.Add(time.Hour)
	r.refused("wrong_status/window", "ACME-SA", "offering:invite", invitation)
	public := r.open()
	r.refused("invalid/offering", "ACME-SA", "offering:invite", changed(invitation, "offering", public))
	r.refused("invalid/invitation", "ALICE", "offering:subscribe", changed(r.wish(public, r.alice, "100", "100"), "invitation", salt))
}

// TestTheLifeOfAnOffering writes the whole table down.
func TestTheLifeOfAnOffering(t *testing.T) {
	events := []string{"subscribe", "cancel", "fail", "allot", "settle", "complete"}
	for status, next := range map[string][6]string{
		"open":      {"open", "cancelled", "failed", "allotting", "", ""},
		"allotting": {"", "", "failed", "", "allotting", "settled"},
		"settled":   {}, "cancelled": {}, "failed": {}, "": {},
	} {
		for i, event := range events {
			if got, ok := nextOfferingStatus(status, event); got != next[i] || ok != (next[i] != "") {
				t.Errorf("%s after %s: %q", event, status, got)
			}
		}
	}
}

func TestAHundredInvitationsFitIntoACommand(t *testing.T) {
	r := newRaising(t)
	offering := r.must("ACME-SA", "offering:open", changed(r.terms(), "kind", "private"))
	list := []any{}
	for n := range 101 {
		list = append(list, InvitationHash(offering, "P"+strconv.Itoa(n), someHash))
	}
	r.refused("invalid/invitations", "ACME-SA", "offering:invite", object{"offering": offering, "invitations": list})
	r.must("ACME-SA", "offering:invite", object{"offering": offering, "invitations": list[1:]})
}
