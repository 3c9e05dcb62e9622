package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// change is the body with one field changed.
func changed(body object, name string, value any) object {
	copied := maps.Clone(body)
	copied[name] = value
	return copied
}

// TestTheFirstFailingCheckWins removes one fault after another from a command
// that has them all; each step shows the next check in the documented order.
func TestTheFirstFailingCheckWins(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("OPERATOR", "party:suspend", object{"party": "CARLA", "suspended": "yes", "reason": "Test"})
	m.must("ALICE", "key:add", object{"party": "ALICE", "key": m.proven(newHand("ALICE", "2"), "order:cancel")})
	m.hand("ALICE", "2")
	m.hand("CARLA", "2") // never registered
	used := m.id()
	m.kid["ALICE"] = "ALICE.1"
	wantOutcome(t, m.one(m.sign(m.body("ALICE", used, "order:expire", object{"order": "ALICE:" + used}))), "not_found/order")

	faults := m.body("CARLA", used, "order:steal", object{})
	faults["expires_at"] = m.now.Format(instantForm)
	faults["ledger"] = strings.Repeat("0", 64)
	sign := func(kid string, body object) string { return m.hands[kid].jws(m.signer, encode(body)) }
	step := func(want, jws string) {
		t.Helper()
		wantOutcome(t, m.one(jws), want)
	}
	step("invalid/envelope", sign("CARLA.2", changed(faults, "version", "2")))
	step("invalid/ledger", sign("CARLA.2", faults))
	faults["ledger"] = m.ledger
	step("unauthenticated/key", sign("ALICE.1", faults)) // the party's name is another
	step("unauthenticated/key", sign("CARLA.2", faults))
	forged := sign("CARLA.1", faults)
	step("unauthenticated/signature", forged[:len(forged)-4]+"AAAA")
	faults["party"] = "ALICE"
	step("duplicate/id", sign("ALICE.2", faults))
	faults["id"] = m.id()
	step("wrong_status/expired", sign("ALICE.2", faults))
	step("invalid/expires_at", sign("ALICE.2", changed(changed(faults, "id", m.id()), "expires_at", m.in(24*time.Hour+time.Second))))
	faults["expires_at"] = m.in(24 * time.Hour)
	suspended := changed(changed(faults, "party", "CARLA"), "id", m.id())
	step("forbidden/suspended", sign("CARLA.1", suspended))
	faults["id"] = m.id()
	step("forbidden/scope", sign("ALICE.2", faults))
	faults["id"] = m.id()
	step("invalid/function", sign("ALICE.1", faults))
	faults["function"], faults["args"], faults["id"] = "order:cancel", object{}, m.id()
	step("invalid/order", sign("ALICE.1", faults))
	bruno := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	faults["args"], faults["id"] = object{"order": bruno}, m.id()
	step("forbidden/owner", sign("ALICE.1", faults))
	alice := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	faults["args"], faults["id"] = object{"order": alice}, m.id()
	step("done", sign("ALICE.1", faults))
}

// TestWhatIsNotVerifiedLeavesNothing: a forger cannot burn an id.
func TestWhatIsNotVerifiedLeavesNothing(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	good := m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	forged := good[:len(good)-4] + "AAAA"
	keys := len(m.state)
	wantOutcome(t, m.one(forged), "unauthenticated/signature")
	if len(m.state) != keys {
		t.Error("a forged command left a record")
	}
	wantOutcome(t, m.one(good), "done")
}

func TestARepeatedCommandGetsItsFirstOutcomeAndNoFacts(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	done := m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	poor := m.command("BRUNO", "order:place", m.order(m.bruno, "buy", "1", "1", "0"))
	outcomes, err := m.submit(done, done, poor, poor)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"done", "done", "insufficient/available", "insufficient/available"} {
		wantOutcome(t, outcomes[i], want)
	}
	if len(outcomes[0].Facts) == 0 || len(outcomes[1].Facts) != 0 {
		t.Error("facts belong to the first time only")
	}
	m.holds("MXN.BANCO1", m.alice, 1000000, 1)
	m.deposit(m.bruno, "10")
	m.unchanged(func() {
		again := m.one(poor) // it would succeed now; its outcome stands
		wantOutcome(t, again, "insufficient/available")
		if again.Message != outcomes[2].Message {
			t.Errorf("another message: %s", again.Message)
		}
		wantOutcome(t, m.one(done), "done")
	})
}

func TestAnIDUsedForAnotherCommandIsRefusedAndTheFirstStands(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	id := m.id()
	first := m.body("ALICE", id, "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	wantOutcome(t, m.one(m.sign(first)), "done")
	other := changed(first, "args", m.order(m.alice, "buy", "2", "1", "0"))
	m.unchanged(func() { wantOutcome(t, m.one(m.sign(other)), "duplicate/id") })
	wantOutcome(t, m.one(m.sign(first)), "done")
	same := m.body("BRUNO", id, "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	wantOutcome(t, m.one(m.sign(same)), "done") // ids are unique per party
}

func TestWhatAPartySendsInOneGoSharesAPage(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.ids |= 7
	place := func() string { return m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0")) }
	pages := m.classes()["command"]
	first := place()
	if _, err := m.submit(first, place(), place()); err != nil || m.classes()["command"] != pages+1 {
		t.Fatalf("%d new pages", m.classes()["command"]-pages)
	}
	key := commandKey("ALICE", m.lastID())
	page := get[Page](m.world, key)
	for len(page.Commands) < fullPage {
		page.Commands = append(page.Commands, Record{Hash: "x"})
	}
	m.state[key] = encode(page)
	wantOutcome(t, m.one(first), "done") // again
	full := place()
	m.unchanged(func() { wantOutcome(t, m.one(full), "invalid/id") })
	m.holds("MXN.BANCO1", m.alice, 1000000, 3)
	m.ids |= 7
	wantOutcome(t, m.one(place()), "done")
}

// samples has good arguments for every function; references point to nothing.
func samples(w *world) map[string]object {
	ref := "ALICE:01936d00-0000-7000-8000-00000000ffff"
	key := w.proven(newHand("ALICE", "1"))
	register := equityArgs("BETA", "ACME-SA", "1000", "0", "")
	return map[string]object{
		"act:propose":         {"function": "instrument:register", "args": register, "good_till": w.in(time.Hour)},
		"act:approve":         {"act": ref, "hash": w.ledger},
		"party:admit":         {"party": "DORA", "organisation": "", "roles": []any{"investor"}, "key": key},
		"party:suspend":       {"party": "DORA", "suspended": "yes", "reason": "Test"},
		"party:qualify":       qualification("DORA", "MX", "retail", "0", w.in(time.Hour)),
		"key:add":             {"party": "ALICE", "key": key},
		"key:rotate":          {"party": "ALICE", "n": "1", "key": key},
		"key:revoke":          {"party": "ALICE", "n": "1", "reason": "retired"},
		"account:open":        {"owner": "ALICE", "kind": "direct"},
		"account:close":       {"account": ref},
		"account:move":        {"account": ref, "custodian": "CUSTODIA1"},
		"instrument:register": register,
		"instrument:issue":    {"instrument": "ACME", "account": ref, "quantity": "1", "resolution": w.ledger},
		"instrument:suspend":  {"instrument": "ACME", "suspended": "no", "reason": "Test"},
		"holding:transfer":    {"instrument": "ACME", "from_account": ref, "to_account": ref[:len(ref)-1] + "0", "quantity": "1", "reason": "gift"},
		"cash:attest":         attestation(w, "MXN.BANCO1", "1"),
		"cash:deposit":        {"instrument": "MXN.BANCO1", "account": ref, "amount_minor": "1", "reference": "R"},
		"cash:withdraw":       {"instrument": "MXN.BANCO1", "account": ref, "amount_minor": "1", "destination_hash": w.ledger},
		"cash:pay":            {"withdrawal": ref, "reference": "R"},
		"cash:refuse":         {"withdrawal": ref, "reason": "Test"},
		"order:place":         w.order(ref, "buy", "1", "1", "0"),
		"order:cancel":        {"order": ref},
		"order:expire":        {"order": ref},
		"trade:execute":       execution(1, ref, ref, "1", "1"),
		"trade:report":        {"instrument": "ACME", "buy": ref, "sell": ref, "quantity": "1", "price_minor": "1", "reference": "R"},
		"mandate:grant":       {"agent": "DORA", "affirmation": "each", "order_minor": "1", "total_minor": "1", "good_till": w.in(time.Hour)},
		"mandate:revoke":      {"agent": "DORA"},
		"order:replace":       {"order": ref, "quantity": "1", "limit_minor": "1", "max_fee_minor": "0"},
		"order:amend":         {"order": ref, "outcome": "replaced", "reason": "Test"},
		"order:release":       {"order": ref, "status": "cancelled", "reason": "Test"},
		"claim:open":          {"execution": "R", "kind": "correct", "quantity": "1", "price_minor": "1", "notice": "N"},
		"claim:accept":        {"claim": ref},
		"claim:refuse":        {"claim": ref, "reason": "Test"},
		"claim:enforce":       {"claim": ref, "reason": "Test"},
		"offering:open": {"instrument": "ACME", "cash_account": ref, "kind": "public", "price_min_minor": "1", "price_max_minor": "1", "minimum": "1",
			"maximum": "1", "ticket_minimum": "1", "ticket_maximum": "0", "opens_at": w.in(0), "closes_at": w.in(1e9), "allot_by": w.in(2e9),
			"tiers": []any{}, "document": ""},
		"offering:invite":    {"offering": ref, "invitations": []any{w.ledger}},
		"offering:cancel":    {"offering": ref, "reason": "Test"},
		"offering:subscribe": {"offering": ref, "account": ref, "cash_account": ref, "quantity": "1", "limit_minor": "1", "invitation": ""},
		"offering:withdraw":  {"offering": ref},
		"offering:allot":     {"offering": ref, "price_minor": "1", "allotted": "1", "parts": "1", "root": w.ledger},
		"offering:settle":    partArgs(ref, 0, []Allotted{{"ALICE", 1}}, []Step{{w.ledger, "left"}}),
		"offering:release":   {"offering": ref, "subscribers": []any{"ALICE"}},
		"instruction:enter": {"side": "deliver", "account": ref, "cash_account": ref, "counterparty": "BRUNO", "instrument": "ACME", "quantity": "1",
			"amount_minor": "1", "terms": w.ledger, "good_till": w.in(time.Hour)},
		"instruction:cancel": {"terms": w.ledger},
		"instruction:expire": {"terms": w.ledger},
		"disclosure:publish": {"account": ref, "instrument": "ACME", "as_of": w.in(0), "root": w.ledger, "total": "1", "clients": "1"},

		"instrument:define":    ordinary("ACME", "1"),
		"instrument:identify":  {"instrument": "ACME", "isin": "US0378331005", "cfi": "ESVUFR"},
		"instrument:authorise": {"instrument": "ACME", "authorised": "1", "resolution": w.ledger},
		"document:publish":     {"instrument": "ACME", "kind": "bylaws", "hash": w.ledger, "supersedes": ""},
	}
}

// TestEveryFieldOfEveryFunctionIsChecked: missing, malformed, of another shape, one too many.
func TestEveryFieldOfEveryFunctionIsChecked(t *testing.T) {
	w := newWorld(t, quick{})
	all := samples(w)
	rules := table()
	if len(all) != len(rules) {
		t.Fatalf("%d samples for %d functions", len(all), len(rules))
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		good := all[name]
		parse := rules[name].parse
		if _, refusal := parse(good); refusal != nil {
			t.Errorf("%s: the sample is refused: %v", name, refusal)
		}
		for _, field := range slices.Sorted(maps.Keys(good)) {
			missing := maps.Clone(good)
			delete(missing, field)
			wantRefusal(t, name, field, missing, parse)
			for _, bad := range []any{"\x00", " ", "é\n", strings.Repeat("9", 70_000), []any{"x", "x"}, []any{[]any{}}, object{"x": "y"}} {
				wantRefusal(t, name, field, changed(good, field, bad), parse)
			}
		}
		if _, refusal := parse(changed(good, "extra", "")); refusal == nil || refusal.Reason != "args" || !strings.Contains(refusal.Message, `"extra"`) {
			t.Errorf("%s: a field too many: %v", name, refusal)
		}
	}
}

func wantRefusal(t *testing.T, name, field string, args object, parse func(map[string]any) (any, *Error)) {
	t.Helper()
	_, refusal := parse(args)
	want := field
	if _, isObject := args[field].(object); isObject && field == "key" {
		want = "n" // the first field inside
	}
	if name == "act:propose" && field == "args" && fmt.Sprint(args["args"]) == "map[x:y]" {
		return // any object is one; the proposed function checks it
	}
	if refusal == nil || refusal.Code != Invalid || refusal.Reason != want {
		t.Errorf("%s with %s %.60q: got %v, want invalid/%s", name, field, fmt.Sprint(args[field]), refusal, want)
		return
	}
	if len(refusal.Message) > 700 {
		t.Errorf("%s: a message of %d bytes", name, len(refusal.Message))
	}
}

func TestOnlyTheRightRoleSigns(t *testing.T) {
	m := newListed(t, "0")
	all := samples(m.world)
	all["party:suspend"]["party"] = "CARLA"
	parties := []string{"OPERATOR", "CUSTODIA1", "BOLSA", "BANCO1", "ALICE", "ACME-SA", "MERCADO", "BROKER1"}
	allowed := map[string]string{
		"party:suspend": "OPERATOR", "instrument:suspend": "OPERATOR", "party:qualify": "OPERATOR",
		"account:open": "CUSTODIA1", "account:close": "CUSTODIA1", "account:move": "",
		"cash:attest": "BANCO1", "cash:deposit": "BANCO1", "cash:pay": "BANCO1", "cash:refuse": "BANCO1",
		"order:place": "ALICE ACME-SA BROKER1", "trade:execute": "BOLSA", "trade:report": "MERCADO", "claim:open": "MERCADO", "claim:enforce": "",
		"order:amend": "MERCADO", "order:release": "MERCADO", "mandate:grant": "ALICE ACME-SA",
		"party:admit": "", "instrument:register": "", "instrument:issue": "",
		"offering:subscribe": "ALICE ACME-SA", "offering:allot": "",
		"instrument:define": "", "instrument:authorise": "", "instrument:identify": "OPERATOR",
	}
	for _, function := range slices.Sorted(maps.Keys(allowed)) {
		for _, party := range parties {
			outcome := m.do(party, function, all[function])
			byRole := outcome.Code == Forbidden && outcome.Reason == "role"
			if may := slices.Contains(strings.Fields(allowed[function]), party); may == byRole {
				t.Errorf("%s by %s: %s/%s: %s", function, party, outcome.Code, outcome.Reason, outcome.Message)
			}
		}
	}
}
