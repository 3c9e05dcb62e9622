package ledger

import (
	"strings"
	"testing"
	"time"
)

func qualification(party, jurisdiction, investorType, limit, goodTill string) object {
	return object{"party": party, "jurisdiction": jurisdiction, "investor_type": investorType, "limit_minor": limit,
		"commitment": strings.Repeat("c", 64), "good_till": goodTill}
}

func (w *world) qualify(party, jurisdiction, investorType, limit string) {
	w.t.Helper()
	w.must("OPERATOR", "party:qualify", qualification(party, jurisdiction, investorType, limit, w.in(time.Hour)))
}

// restrict says who may acquire an instrument.
func (w *world) restrict(instrument string, investorTypes, jurisdictions []string) {
	w.t.Helper()
	i := get[Instrument](w, instrumentKey(instrument))
	i.InvestorTypes, i.Jurisdictions = investorTypes, jurisdictions
	w.state[instrumentKey(instrument)] = encode(i)
}

func TestTheOperatorQualifiesAParty(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	good := qualification("ALICE", "MX", "retail", "500", m.in(time.Hour))
	if p := get[Party](m.world, partyKey("ALICE")); p.Qualification != nil {
		t.Errorf("qualified from the beginning: %+v", p.Qualification)
	}
	for _, c := range []struct{ want, field, value string }{
		{"not_found/party", "party", "NOBODY"},
		{"invalid/jurisdiction", "jurisdiction", "mx"},
		{"invalid/jurisdiction", "jurisdiction", "MEX"},
		{"invalid/investor_type", "investor_type", "rich"},
		{"invalid/limit_minor", "limit_minor", "-1"},
		{"invalid/commitment", "commitment", "c"},
		{"invalid/good_till", "good_till", m.in(0)},
		{"invalid/good_till", "good_till", m.in(1100*24*time.Hour + time.Second)},
	} {
		m.refused(c.want, "OPERATOR", "party:qualify", changed(good, c.field, c.value))
	}
	m.refused("forbidden/role", "CUSTODIA1", "party:qualify", good)
	m.refused("forbidden/role", "ALICE", "party:qualify", good)
	m.must("OPERATOR", "party:qualify", changed(good, "good_till", m.in(1100*24*time.Hour)))
	m.must("OPERATOR", "party:qualify", changed(good, "investor_type", "qualified")) // the next one takes its place
	q := get[Party](m.world, partyKey("ALICE")).Qualification
	if *q != (Qualification{strings.Repeat("c", 64), m.in(time.Hour), "qualified", "MX", 500}) {
		t.Errorf("%+v", q)
	}
}

func TestARestrictedInstrumentIsForWhomItSays(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.order(m.alice, "buy", "1", "100", "0")
	m.restrict("ACME", []string{"qualified", "institutional"}, []string{"MX", "CO"})
	m.refused("forbidden/qualification", "ALICE", "order:place", buy)
	m.qualify("ALICE", "US", "retail", "0")
	m.refused("forbidden/investor_type", "ALICE", "order:place", buy)
	m.qualify("ALICE", "US", "qualified", "0")
	m.refused("forbidden/jurisdiction", "ALICE", "order:place", buy)
	m.qualify("ALICE", "CO", "qualified", "0")
	order := m.must("ALICE", "order:place", buy)
	m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "100", "0")) // to sell, nothing is asked
	m.now = m.now.Add(time.Hour)
	m.refused("forbidden/qualification", "ALICE", "order:place", buy)
	m.refused("forbidden/qualification", "ALICE", "order:replace", terms(order, "2", "100", "0"))
	m.must("ALICE", "order:cancel", object{"order": order}) // out, always
	m.restrict("ACME", []string{}, []string{"MX"})
	m.qualify("ALICE", "MX", "retail", "0")
	m.must("ALICE", "order:place", buy)
	m.restrict("ACME", []string{"institutional"}, []string{})
	m.refused("forbidden/investor_type", "ALICE", "order:place", buy)
	m.deposit(m.acme, "100")
	m.must("ACME-SA", "order:place", m.order(m.acme, "buy", "1", "100", "0")) // its issuer
}

func TestALimitBoundsEveryPurchaseUntilItIsSetAnew(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	m.qualify("ALICE", "MX", "retail", "1000")
	order := m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "100", "5")) // the fee does not count
	m.refused("insufficient/limit_minor", "ALICE", "order:place", m.order(m.alice, "buy", "10", "101", "5"))
	m.refused("insufficient/limit_minor", "ALICE", "order:replace", terms(order, "11", "100", "5"))
	m.must("ALICE", "order:replace", terms(order, "9", "100", "5"))
	m.now = m.now.Add(time.Hour)
	m.refused("insufficient/limit_minor", "ALICE", "order:place", m.order(m.alice, "buy", "10", "101", "5"))
	m.qualify("ALICE", "MX", "retail", "0")
	m.must("ALICE", "order:place", m.order(m.alice, "buy", "10", "101", "5"))
}

func TestAnAgentBuysWhatItsOwnerMayAcquire(t *testing.T) {
	m := newListed(t, "0")
	m.restrict("ACME", []string{"retail"}, []string{})
	m.must("ALICE", "mandate:grant", m.mandate("none", "1000", "3000"))
	m.qualify("BROKER1", "MX", "retail", "0")
	m.refused("forbidden/qualification", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "100", "0"))
	m.qualify("ALICE", "MX", "retail", "50")
	m.refused("insufficient/limit_minor", "BROKER1", "order:place", m.order(m.alice, "buy", "1", "100", "0"))
	m.qualify("ALICE", "MX", "retail", "100")
	m.must("BROKER1", "order:place", m.order(m.alice, "buy", "1", "100", "0"))
}

func TestOnlyAnInheritanceReachesWhomAnInstrumentIsNotFor(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.restrict("ACME", []string{"qualified"}, []string{})
	give := object{"instrument": "ACME", "from_account": m.bruno, "to_account": m.alice, "quantity": "1", "reason": "gift"}
	for _, reason := range []string{"gift", "correction", "other"} {
		m.refused("forbidden/qualification", "BRUNO", "holding:transfer", changed(give, "reason", reason))
	}
	m.must("BRUNO", "holding:transfer", changed(give, "reason", "inheritance"))
	m.must("BRUNO", "holding:transfer", changed(changed(give, "to_account", m.account("BRUNO")), "reason", "own_accounts"))
	m.must("BRUNO", "holding:transfer", changed(give, "to_account", m.acme)) // back to its issuer
	m.qualify("ALICE", "MX", "qualified", "1")
	m.must("BRUNO", "holding:transfer", give) // nothing is paid, so no limit counts
}

func TestOnlyWhoMayAcquireSubscribes(t *testing.T) {
	r := newRaising(t)
	offering := r.open()
	wish := r.wish(offering, r.alice, "10", "100")
	r.restrict("ACME", []string{"qualified"}, []string{"MX"})
	r.refused("forbidden/qualification", "ALICE", "offering:subscribe", wish)
	r.qualify("ALICE", "MX", "retail", "1000")
	r.refused("forbidden/investor_type", "ALICE", "offering:subscribe", wish)
	r.qualify("ALICE", "CO", "qualified", "1000")
	r.refused("forbidden/jurisdiction", "ALICE", "offering:subscribe", wish)
	r.qualify("ALICE", "MX", "qualified", "1000")
	r.refused("insufficient/limit_minor", "ALICE", "offering:subscribe", changed(wish, "limit_minor", "101"))
	outcome := r.do("ALICE", "offering:subscribe", wish)
	wantOutcome(t, outcome, "done")
	if f := outcome.Facts[0].(OfferingSubscribed); f.InvestorType != "qualified" {
		t.Errorf("%+v", f)
	}
}
