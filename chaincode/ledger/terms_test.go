package ledger

import (
	"slices"
	"strconv"
	"testing"
)

// ordinary are the terms of a plain share.
func ordinary(instrument, version string) object {
	return object{"instrument": instrument, "version": version, "class": "ordinary", "votes": "1", "face_minor": "0", "rate_bps": "0",
		"frequency": "0", "day_count": "", "matures_on": "", "investor_types": []any{}, "jurisdictions": []any{}, "document": ""}
}

// fixed are the terms of a bond that pays twice a year.
func fixed(instrument, version string) object {
	return object{"instrument": instrument, "version": version, "class": "fixed", "votes": "0", "face_minor": "10000", "rate_bps": "925",
		"frequency": "2", "day_count": "30/360", "matures_on": "2031-11-30", "investor_types": []any{"qualified", "institutional"},
		"jurisdictions": []any{"MX"}, "document": someHash}
}

func zero(instrument, version string) object {
	args := changed(changed(fixed(instrument, version), "class", "zero"), "rate_bps", "0")
	return changed(changed(args, "frequency", "0"), "day_count", "")
}

// newIssue is a market with a bond of ACME's too, of which nothing is issued.
func newIssue(t *testing.T) *market {
	m := newMarket(t, quick{}, "0")
	bond := changed(equityArgs("BOND", "ACME-SA", "1000", "0", ""), "kind", "bond")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", bond)
	return m
}

func TestIssuerAndCustodianDefineTheTerms(t *testing.T) {
	m := newIssue(t)
	m.admit("ISS2", "", "issuer")
	define := func(a, b string, args object) Outcome { return m.act(a, b, "instrument:define", args) }
	m.refused("forbidden/role", "ACME-SA", "instrument:define", ordinary("ACME", "1"))
	wantOutcome(t, define("ISS2", "CUSTODIA1", ordinary("ACME", "1")), "forbidden/role")
	wantOutcome(t, define("OPERATOR", "CUSTODIA1", ordinary("ACME", "1")), "forbidden/role")
	wantOutcome(t, define("ACME-SA", "CUSTODIA1", ordinary("NONE", "1")), "not_found/instrument")
	wantOutcome(t, define("BANCO1", "CUSTODIA1", ordinary("MXN.BANCO1", "1")), "invalid/instrument")
	wantOutcome(t, define("ACME-SA", "CUSTODIA1", ordinary("ACME", "2")), "wrong_status/version")
	wantOutcome(t, define("ACME-SA", "CUSTODIA1", ordinary("BOND", "1")), "invalid/class")
	wantOutcome(t, define("ACME-SA", "CUSTODIA1", fixed("ACME", "1")), "invalid/class")
	wantOutcome(t, define("ACME-SA", "CUSTODIA1", changed(fixed("BOND", "1"), "matures_on", "2026-11-22")), "invalid/matures_on")
	outcome := define("CUSTODIA1", "ACME-SA", fixed("BOND", "1"))
	wantOutcome(t, outcome, "done")
	if f, ok := outcome.Facts[1].(InstrumentDefined); !ok || f.RateBps != 925 || f.MaturesOn != "2031-11-30" || f.Document != someHash {
		t.Errorf("%+v", outcome.Facts)
	}
	i := get[Instrument](m.world, instrumentKey("BOND"))
	if i.Class != "fixed" || i.Terms != 1 || !slices.Equal(i.InvestorTypes, []string{"qualified", "institutional"}) || !slices.Equal(i.Jurisdictions, []string{"MX"}) {
		t.Errorf("%+v", i)
	}
	wantOutcome(t, define("ACME-SA", "CUSTODIA1", fixed("BOND", "1")), "wrong_status/version")
}

func TestEachClassPromisesWhatItCan(t *testing.T) {
	m := newIssue(t)
	preferred := changed(changed(ordinary("ACME", "1"), "class", "preferred"), "votes", "0")
	for _, c := range []struct {
		want, field string
		value       any
		of          object
	}{
		{"invalid/votes", "votes", "0", ordinary("ACME", "1")},
		{"invalid/votes", "class", "non_voting", ordinary("ACME", "1")},
		{"invalid/votes", "votes", "1", fixed("BOND", "1")},
		{"invalid/face_minor", "face_minor", "0", fixed("BOND", "1")},
		{"invalid/rate_bps", "rate_bps", "0", fixed("BOND", "1")},
		{"invalid/rate_bps", "rate_bps", "10001", fixed("BOND", "1")},
		{"invalid/rate_bps", "rate_bps", "1", ordinary("ACME", "1")},
		{"invalid/rate_bps", "rate_bps", "1", zero("BOND", "1")},
		{"invalid/rate_bps", "rate_bps", "10001", preferred},
		{"invalid/frequency", "frequency", "0", fixed("BOND", "1")},
		{"invalid/frequency", "frequency", "3", fixed("BOND", "1")},
		{"invalid/frequency", "frequency", "2", zero("BOND", "1")},
		{"invalid/day_count", "day_count", "", fixed("BOND", "1")},
		{"invalid/day_count", "day_count", "30/360", zero("BOND", "1")},
		{"invalid/matures_on", "matures_on", "", fixed("BOND", "1")},
		{"invalid/matures_on", "matures_on", "2031-02-30", fixed("BOND", "1")},
		{"invalid/matures_on", "matures_on", "2031-11-30", ordinary("ACME", "1")},
		{"invalid/investor_types", "investor_types", []any{"rich"}, fixed("BOND", "1")},
		{"invalid/investor_types", "investor_types", "retail", fixed("BOND", "1")},
		{"invalid/jurisdictions", "jurisdictions", []any{"MX", "MX"}, fixed("BOND", "1")},
		{"invalid/jurisdictions", "jurisdictions", []any{"Mexico"}, fixed("BOND", "1")},
		{"invalid/document", "document", "00", fixed("BOND", "1")},
	} {
		wantOutcome(t, m.do("ACME-SA", "act:propose", object{"function": "instrument:define", "args": changed(c.of, c.field, c.value),
			"good_till": m.in(3600e9)}), c.want)
	}
	m.mustAct("ACME-SA", "CUSTODIA1", "instrument:define", changed(preferred, "rate_bps", "600"))
	m.mustAct("ACME-SA", "CUSTODIA1", "instrument:define", zero("BOND", "1"))
}

func TestAClassThatIsHeldStays(t *testing.T) {
	m := newIssue(t) // ACME is held, BOND is not
	define := func(args object) Outcome { return m.act("ACME-SA", "CUSTODIA1", "instrument:define", args) }
	wantOutcome(t, define(ordinary("ACME", "1")), "done")
	wantOutcome(t, define(changed(ordinary("ACME", "2"), "class", "preferred")), "wrong_status/class")
	wantOutcome(t, define(changed(ordinary("ACME", "2"), "votes", "2")), "done")
	wantOutcome(t, define(fixed("BOND", "1")), "done")
	wantOutcome(t, define(zero("BOND", "2")), "done")
}

func TestWhatIsDefinedAsClosedIsClosed(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.mustAct("ACME-SA", "CUSTODIA1", "instrument:define", changed(ordinary("ACME", "1"), "jurisdictions", []any{"MX"}))
	m.refused("forbidden/qualification", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.mustAct("ACME-SA", "CUSTODIA1", "instrument:define", ordinary("ACME", "2"))
	m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}

func TestTheOperatorIdentifiesAnInstrument(t *testing.T) {
	m := newIssue(t)
	good := object{"instrument": "ACME", "isin": "US0378331005", "cfi": "ESVUFR"}
	m.refused("forbidden/role", "CUSTODIA1", "instrument:identify", good)
	m.refused("not_found/instrument", "OPERATOR", "instrument:identify", changed(good, "instrument", "NONE"))
	m.refused("invalid/instrument", "OPERATOR", "instrument:identify", changed(good, "instrument", "MXN.BANCO1"))
	m.refused("invalid/isin", "OPERATOR", "instrument:identify", changed(good, "isin", ""))
	m.refused("invalid/isin", "OPERATOR", "instrument:identify", changed(good, "isin", "US0378331006"))
	m.refused("invalid/cfi", "OPERATOR", "instrument:identify", changed(good, "cfi", "XSVUFR"))
	m.refused("invalid/cfi", "OPERATOR", "instrument:identify", changed(good, "cfi", "DBFUFR"))
	m.must("OPERATOR", "instrument:identify", good)
	if i := get[Instrument](m.world, instrumentKey("ACME")); i.ISIN != "US0378331005" || i.CFI != "ESVUFR" {
		t.Errorf("%+v", i)
	}
	m.must("OPERATOR", "instrument:identify", changed(changed(good, "instrument", "BOND"), "cfi", "DBFUFR"))
}

func TestWhatIsAuthorisedIsNeverLessThanWhatThereIs(t *testing.T) {
	m := newMarket(t, quick{}, "0") // 5,000 of 1,000,000 issued
	authorised := func(quantity int) object {
		return object{"instrument": "ACME", "authorised": strconv.Itoa(quantity), "resolution": someHash}
	}
	m.refused("forbidden/role", "ACME-SA", "instrument:authorise", authorised(5000))
	wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "instrument:authorise", authorised(5000)), "forbidden/role")
	wantOutcome(t, m.act("BANCO1", "CUSTODIA1", "instrument:authorise", changed(authorised(5), "instrument", "MXN.BANCO1")), "invalid/instrument")
	wantOutcome(t, m.act("ACME-SA", "CUSTODIA1", "instrument:authorise", authorised(4999)), "insufficient/authorised")
	m.mustAct("CUSTODIA1", "ACME-SA", "instrument:authorise", authorised(5000))
	wantOutcome(t, m.act("ACME-SA", "CUSTODIA1", "instrument:issue", object{"instrument": "ACME", "account": m.acme, "quantity": "1", "resolution": someHash}), "insufficient/authorised")
	m.mustAct("ACME-SA", "CUSTODIA1", "instrument:authorise", authorised(5001))
	m.issue("ACME", "ACME-SA", m.acme, "1")
}

func TestTheIssuerPublishesItsDocuments(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	good := object{"instrument": "ACME", "kind": "bylaws", "hash": m.ledger, "supersedes": ""}
	m.refused("not_found/instrument", "ACME-SA", "document:publish", changed(good, "instrument", "NONE"))
	m.refused("forbidden/owner", "CUSTODIA1", "document:publish", good)
	m.refused("invalid/kind", "ACME-SA", "document:publish", changed(good, "kind", "letter"))
	m.refused("invalid/supersedes", "ACME-SA", "document:publish", changed(good, "supersedes", "ALICE:"+m.id()))
	keys := m.classes()
	first := m.must("ACME-SA", "document:publish", good)
	outcome := m.do("ACME-SA", "document:publish", changed(good, "supersedes", first))
	wantOutcome(t, outcome, "done")
	if f, ok := outcome.Facts[0].(DocumentPublished); !ok || f.Hash != m.ledger || f.Issuer != "ACME-SA" || f.Supersedes != first {
		t.Errorf("%+v", outcome.Facts)
	}
	for class, count := range m.classes() {
		if class != "command" && count != keys[class] {
			t.Errorf("%d more records of %s", count-keys[class], class)
		}
	}
}

// setTerms in a story: what BETA is restricted to stays, since the auditor looks at the end of a batch.
func (s *story) setTerms() string {
	if s.one(2) {
		return s.propose(pick(s, "ACME-SA", "ACME-SA", "CUSTODIA1"), "instrument:authorise", object{"instrument": pick(s, "ACME", "BETA"),
			"authorised": strconv.Itoa(1000 + s.IntN(1_000_000)), "resolution": s.ledger})
	}
	code := pick(s, "ACME", "BETA")
	version := get[Instrument](s.world, instrumentKey(code)).Terms + 1
	if s.one(8) {
		version += int64(s.IntN(2))
	}
	args := changed(ordinary(code, strconv.FormatInt(version, 10)), "votes", s.small(4))
	if code == "BETA" {
		args["investor_types"], args["jurisdictions"] = []any{"retail", "qualified"}, []any{"MX", "CO"}
	}
	return s.propose(pick(s, "ACME-SA", "ACME-SA", "CUSTODIA1"), "instrument:define", args)
}

func (s *story) inform() string {
	if s.one(3) {
		return s.command(pick(s, "OPERATOR", "OPERATOR", "CUSTODIA1"), "instrument:identify", object{"instrument": s.instrument(), "isin": "US0378331005", "cfi": "ESVUFR"})
	}
	return s.command(pick(s, "ACME-SA", "ACME-SA", "ALICE"), "document:publish", object{"instrument": s.instrument(),
		"kind": pick(s, "bylaws", "prospectus"), "hash": s.ledger, "supersedes": pick(s, "", "", "ACME-SA:"+someID, "ALICE:"+someID)})
}
