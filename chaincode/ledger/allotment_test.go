package ledger

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

func allotment(offering, price, allotted, parts, root string) object {
	return object{"offering": offering, "price_minor": price, "allotted": allotted, "parts": parts, "root": root}
}

// proven parts of an allotment, as arguments of offering:settle.
func provenParts(offering string, parts ...[]Allotted) (root string, settle []object) {
	leaves := []string{}
	for n, part := range parts {
		leaves = append(leaves, AllotmentLeaf(offering, int64(n), part))
	}
	root, proofs := AllotmentProofs(leaves)
	for n, part := range parts {
		settle = append(settle, partArgs(offering, n, part, proofs[n]))
	}
	return root, settle
}

func partArgs(offering string, n int, part []Allotted, proof []Step) object {
	allotments, steps := []any{}, []any{}
	for _, a := range part {
		allotments = append(allotments, object{"subscriber": a.Subscriber, "quantity": strconv.FormatInt(a.Quantity, 10)})
	}
	for _, step := range proof {
		steps = append(steps, object{"hash": step.Hash, "side": step.Side})
	}
	return object{"offering": offering, "part": strconv.Itoa(n), "allotments": allotments, "proof": steps}
}

// subscribed is a raising with 400 of Alice at 110, 300 of Bruno at 105 and 200 of Carla at 95, closed.
func subscribed(t testing.TB) (r raising, offering string) {
	r = newRaising(t)
	offering = r.open()
	r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "400", "110"))
	r.must("BRUNO", "offering:subscribe", r.wish(offering, r.bruno, "300", "105"))
	r.must("CARLA", "offering:subscribe", r.wish(offering, r.carla, "200", "95"))
	r.now = r.now.Add(time.Hour)
	return r, offering
}

func (r raising) allot(offering, price, allotted string, parts ...[]Allotted) []object {
	r.t.Helper()
	root, settle := provenParts(offering, parts...)
	r.mustAct("ACME-SA", "CUSTODIA1", "offering:allot", allotment(offering, price, allotted, strconv.Itoa(len(parts)), root))
	return settle
}

func TestAnAllotmentTakesIssuerAndCustodian(t *testing.T) {
	r, offering := subscribed(t)
	good := allotment(offering, "100", "600", "1", r.ledger)
	r.refused("forbidden/role", "ACME-SA", "offering:allot", good)
	wantOutcome(t, r.act("ALICE", "CUSTODIA1", "offering:allot", good), "forbidden/role")
	wantOutcome(t, r.act("OPERATOR", "CUSTODIA1", "offering:allot", good), "forbidden/role")
	for _, c := range []struct{ want, field, value string }{
		{"not_found/offering", "offering", "ACME-SA:" + r.id()},
		{"invalid/price_minor", "price_minor", "89"},
		{"invalid/price_minor", "price_minor", "111"},
		{"invalid/allotted", "allotted", "99"},
		{"invalid/allotted", "allotted", "601"},
		{"invalid/parts", "parts", "4"},
		{"invalid/root", "root", "00"},
	} {
		wantOutcome(t, r.act("ACME-SA", "CUSTODIA1", "offering:allot", changed(good, c.field, c.value)), c.want)
	}
	early := r.open()
	r.must("ALICE", "offering:subscribe", r.wish(early, r.alice, "100", "105"))
	wantOutcome(t, r.act("ACME-SA", "CUSTODIA1", "offering:allot", changed(good, "offering", early)), "wrong_status/window")
	r.mustAct("CUSTODIA1", "ACME-SA", "offering:allot", good)
	wantOutcome(t, r.act("ACME-SA", "CUSTODIA1", "offering:allot", good), "wrong_status/offering")
	r.refused("wrong_status/offering", "ACME-SA", "offering:cancel", object{"offering": offering, "reason": "Test"})
	r.refused("wrong_status/offering", "ALICE", "offering:release", object{"offering": offering, "subscribers": []any{"ALICE"}})
}

func TestPartsIssueAgainstPaymentAndReleaseTheRest(t *testing.T) {
	r, offering := subscribed(t)
	parts := r.allot(offering, "100", "600", []Allotted{{"ALICE", 343}, {"BRUNO", 257}}, []Allotted{{"CARLA", 0}})
	first := r.do("OPERATOR", "offering:settle", parts[0])
	wantOutcome(t, first, "done")
	if f := first.Facts[0].(SubscriptionSettled); f != (SubscriptionSettled{offering, "ALICE", r.alice, r.alice, "ACME", 343, 100, 34300, 9700}) {
		t.Errorf("%+v", f)
	}
	if f := first.Facts[1].(SettlementSettled); f.Settlement != offering+"/ALICE" || f.Trade != "" || len(f.Legs) != 2 || f.Legs[0] != (Leg{"ACME", "", r.alice, 343}) {
		t.Errorf("%+v", f)
	}
	if f := first.Facts[4].(OfferingSettled); f != (OfferingSettled{offering, 0, "allotting", 600, 60000, 5600}) {
		t.Errorf("%+v", f)
	}
	r.holds("ACME", r.alice, 343, 0)
	r.holds("MXN.BANCO1", r.alice, 1000000-34300, 0)
	r.holds("MXN.BANCO1", r.bruno, 100000-25700, 0)
	r.holds("MXN.BANCO1", r.carla, 100000, 19000)
	r.holds("MXN.BANCO1", r.acme, 60000, 0)
	last := r.do("BRUNO", "offering:settle", parts[1])
	wantOutcome(t, last, "done")
	if f := last.Facts[0].(SubscriptionReleased); f != (SubscriptionReleased{offering, "CARLA", 19000, "not_allotted"}) {
		t.Errorf("%+v", f)
	}
	r.holds("MXN.BANCO1", r.carla, 100000, 0)
	if o := get[Offering](r.world, offeringKey(offering)); o.Status != "settled" || o.Issued != 600 || o.Subscriptions != 0 || o.Subscribed != 0 {
		t.Errorf("%+v", o)
	}
	r.offered(t, 0, 5600)
}

func TestAPartSettlesOnceAndInItsTurn(t *testing.T) {
	r, offering := subscribed(t)
	parts := r.allot(offering, "90", "400", []Allotted{{"ALICE", 200}}, []Allotted{{"BRUNO", 150}}, []Allotted{{"CARLA", 50}})
	r.refused("not_found/offering", "ALICE", "offering:settle", changed(parts[0], "offering", "ACME-SA:"+r.id()))
	r.refused("wrong_status/part", "ALICE", "offering:settle", parts[1])
	r.refused("invalid/proof", "ALICE", "offering:settle", changed(parts[0], "allotments", parts[1]["allotments"]))
	r.refused("invalid/proof", "ALICE", "offering:settle", changed(parts[0], "proof", parts[1]["proof"]))
	r.refused("invalid/proof", "ALICE", "offering:settle", changed(parts[0], "proof", []any{}))
	r.refused("invalid/proof", "ALICE", "offering:settle", changed(parts[1], "part", "0"))
	wrong := []any{object{"subscriber": "BRUNO", "quantity": "1"}, object{"subscriber": "ALICE", "quantity": "1"}}
	r.refused("invalid/allotments", "ALICE", "offering:settle", changed(parts[0], "allotments", wrong))
	r.refused("invalid/allotments", "ALICE", "offering:settle", changed(parts[0], "allotments", []any{wrong[0], wrong[0]}))
	r.must("ALICE", "offering:settle", parts[0])
	r.refused("duplicate/part", "ALICE", "offering:settle", parts[0])
	r.must("ALICE", "offering:settle", parts[1])
	r.must("ALICE", "offering:settle", parts[2])
	r.refused("duplicate/part", "ALICE", "offering:settle", parts[2])
	r.refused("wrong_status/offering", "ALICE", "offering:settle", changed(parts[2], "part", "3"))
	r.holds("MXN.BANCO1", r.acme, 36000, 0)
}

// TestAnAllotmentThatDoesNotAddUpStops: the root was signed, and yet no part passes that breaks what was subscribed.
func TestAnAllotmentThatDoesNotAddUpStops(t *testing.T) {
	for name, c := range map[string]struct {
		allotted string
		parts    [][]Allotted
	}{
		"more than subscribed":    {"600", [][]Allotted{{{"ALICE", 401}, {"BRUNO", 199}}}},
		"nobody of that name":     {"600", [][]Allotted{{{"ALICE", 400}, {"BRUNO", 199}, {"BRUNO2", 1}}}},
		"a limit below the price": {"600", [][]Allotted{{{"ALICE", 400}, {"CARLA", 200}}}},
		"more than allotted":      {"599", [][]Allotted{{{"ALICE", 400}, {"BRUNO", 200}}}},
		"less than allotted":      {"600", [][]Allotted{{{"ALICE", 400}, {"BRUNO", 199}}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, offering := subscribed(t)
			parts := r.allot(offering, "100", c.allotted, c.parts...)
			r.unchanged(func() { r.refused("invalid/allotments", "ALICE", "offering:settle", parts[0]) })
		})
	}
	r, offering := subscribed(t)
	twice := r.allot(offering, "100", "600", []Allotted{{"ALICE", 300}}, []Allotted{{"ALICE", 300}})
	r.must("ALICE", "offering:settle", twice[0])
	r.refused("invalid/allotments", "ALICE", "offering:settle", twice[1])
}

// TestWhatCannotSettleIsReleasedInTheEnd: the way out of an allotment that does not add up, a week after allot_by.
func TestWhatCannotSettleIsReleasedInTheEnd(t *testing.T) {
	r, offering := subscribed(t)
	parts := r.allot(offering, "100", "600", []Allotted{{"ALICE", 300}}, []Allotted{{"BRUNO", 100}})
	r.must("ALICE", "offering:settle", parts[0])
	rest := object{"offering": offering, "subscribers": []any{"ALICE", "BRUNO", "CARLA"}}
	r.now = r.now.Add(47*time.Hour + 7*24*time.Hour - time.Second)
	r.refused("wrong_status/offering", "CARLA", "offering:release", rest)
	r.now = r.now.Add(time.Second)
	outcome := r.do("CARLA", "offering:release", rest)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingFailed); f.Reason != "not_settled" {
		t.Errorf("%+v", f)
	}
	r.refused("wrong_status/offering", "ALICE", "offering:settle", parts[1])
	r.holds("ACME", r.alice, 300, 0) // what is settled stays
	r.holds("MXN.BANCO1", r.bruno, 100000, 0)
	r.holds("MXN.BANCO1", r.carla, 100000, 0)
	r.offered(t, 0, 5300)
}

func TestWhoIsLeftOutOfAnAllotmentIsReleasedAfterIt(t *testing.T) {
	r, offering := subscribed(t)
	parts := r.allot(offering, "100", "400", []Allotted{{"ALICE", 400}})
	bruno := object{"offering": offering, "subscribers": []any{"BRUNO"}}
	r.refused("wrong_status/offering", "CARLA", "offering:release", bruno)
	r.must("ALICE", "offering:settle", parts[0])
	outcome := r.do("CARLA", "offering:release", bruno)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(SubscriptionReleased); f.Reason != "not_allotted" {
		t.Errorf("%+v", f)
	}
	r.holds("MXN.BANCO1", r.bruno, 100000, 0)
}

// TestOneThatCannotSettleDoesNotBlockTheOthers: it is released and told why; its units are not issued.
func TestOneThatCannotSettleDoesNotBlockTheOthers(t *testing.T) {
	for reason, hinder := range map[string]func(r raising, units string){
		"suspended": func(r raising, _ string) {
			r.must("OPERATOR", "party:suspend", object{"party": "BRUNO", "suspended": "yes", "reason": "Test"})
		},
		"key_compromised": func(r raising, _ string) {
			r.must("BRUNO", "key:revoke", object{"party": "BRUNO", "n": "1", "reason": "compromised"})
		},
		"account_closed": func(r raising, units string) { r.must("CUSTODIA1", "account:close", object{"account": units}) },
	} {
		t.Run(reason, func(t *testing.T) {
			r := newRaising(t)
			offering, units := r.open(), r.account("BRUNO")
			r.must("ALICE", "offering:subscribe", r.wish(offering, r.alice, "400", "110"))
			r.must("BRUNO", "offering:subscribe", changed(r.wish(offering, r.bruno, "200", "105"), "account", units))
			r.now = r.now.Add(time.Hour)
			parts := r.allot(offering, "100", "600", []Allotted{{"ALICE", 400}, {"BRUNO", 200}})
			hinder(r, units)
			outcome := r.do("OPERATOR", "offering:settle", parts[0])
			wantOutcome(t, outcome, "done")
			if f := outcome.Facts[2].(SubscriptionReleased); f != (SubscriptionReleased{offering, "BRUNO", 21000, reason}) {
				t.Errorf("%+v", f)
			}
			r.holds("ACME", r.alice, 400, 0)
			r.holds("MXN.BANCO1", r.bruno, 100000, 0)
			r.offered(t, 0, 5400)
		})
	}
}

func TestASuspendedInstrumentOrIssuerHoldsTheIssuanceUp(t *testing.T) {
	r, offering := subscribed(t)
	parts := r.allot(offering, "100", "600", []Allotted{{"ALICE", 400}, {"BRUNO", 200}})
	for _, c := range []struct{ function, field, value, want string }{
		{"instrument:suspend", "instrument", "ACME", "wrong_status/instrument"},
		{"instrument:suspend", "instrument", "MXN.BANCO1", "wrong_status/currency"},
		{"party:suspend", "party", "ACME-SA", "wrong_status/owner"},
	} {
		r.must("OPERATOR", c.function, object{c.field: c.value, "suspended": "yes", "reason": "Test"})
		r.refused(c.want, "ALICE", "offering:settle", parts[0])
		r.must("OPERATOR", c.function, object{c.field: c.value, "suspended": "no", "reason": "Test"})
	}
	r.must("ALICE", "offering:settle", parts[0])
}

func TestTheFullPartFitsIntoACommandAndManyIntoABatch(t *testing.T) {
	r := newRaising(t)
	offering := r.must("ACME-SA", "offering:open", changed(r.terms(), "ticket_minimum", "1"))
	parts := [][]Allotted{}
	for n := range 100 {
		party := fmt.Sprintf("Q%03d", n)
		r.admit(party, "", "investor")
		units, cash := r.account(party), r.account(party)
		r.deposit(cash, "100")
		r.must(party, "offering:subscribe", changed(r.wish(offering, units, "1", "100"), "cash_account", cash))
		if n%25 == 0 {
			parts = append(parts, nil)
		}
		parts[n/25] = append(parts[n/25], Allotted{party, 1})
	}
	r.now = r.now.Add(time.Hour)
	jws := []string{}
	for _, args := range r.allot(offering, "100", "100", parts...) {
		jws = append(jws, r.command("OPERATOR", "offering:settle", args))
	}
	state := &counted{memory: r.state}
	writes, event, err := r.engine.submit(state, "OperatorMSP", r.now, strconv.Itoa(r.batch+1), jws)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range event.Commands {
		wantOutcome(t, o, "done")
	}
	if state.calls > 2 || state.keys > 100*6+20 || len(writes) > 100*5+10 {
		t.Errorf("%d calls for %d keys, %d written", state.calls, state.keys, len(writes))
	}
}

// TestProofsLeadToTheRoot: of any number of parts, each by its own proof only.
func TestProofsLeadToTheRoot(t *testing.T) {
	for many := 1; many <= 33; many++ {
		leaves := []string{}
		for n := range many {
			leaves = append(leaves, AllotmentLeaf("ACME-SA:"+someID, int64(n), []Allotted{{"ALICE", int64(n)}}))
		}
		root, proofs := AllotmentProofs(leaves)
		for n, leaf := range leaves {
			if AllotmentRoot(leaf, proofs[n]) != root {
				t.Errorf("part %d of %d", n, many)
			}
			if other := (n + 1) % many; other != n && AllotmentRoot(leaves[other], proofs[n]) == root {
				t.Errorf("part %d of %d by another's proof", other, many)
			}
		}
	}
}
