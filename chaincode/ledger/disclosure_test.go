package ledger

import (
	"testing"
	"time"
)

func TestACustodianDisclosesItsOmnibusAccountsOnly(t *testing.T) {
	m := newListed(t, "0")
	m.admit("CUSTODIA2", "", "custodian")
	omnibus := m.must("CUSTODIA1", "account:open", object{"owner": "BROKER1", "kind": "omnibus"})
	good := object{"account": omnibus, "instrument": "ACME", "as_of": m.in(0), "root": m.ledger, "total": "0", "clients": "2"}
	for _, c := range []struct {
		want, field string
		value       any
	}{
		{"not_found/account", "account", "CUSTODIA1:" + m.id()},
		{"invalid/account", "account", m.alice},
		{"not_found/instrument", "instrument", "BETA"},
		{"invalid/as_of", "as_of", m.in(time.Second)},
		{"invalid/root", "root", "00"},
		{"invalid/clients", "clients", "0"},
	} {
		m.refused(c.want, "CUSTODIA1", "disclosure:publish", changed(good, c.field, c.value))
	}
	m.refused("forbidden/owner", "CUSTODIA2", "disclosure:publish", good)
	keys := m.classes()
	outcome := m.do("CUSTODIA1", "disclosure:publish", good)
	wantOutcome(t, outcome, "done")
	if f, ok := outcome.Facts[0].(DisclosurePublished); !ok || f.Root != m.ledger || f.Custodian != "CUSTODIA1" {
		t.Errorf("%+v", outcome.Facts)
	}
	for class, count := range m.classes() {
		if class != "command" && count != keys[class] {
			t.Errorf("%d more records of %s", count-keys[class], class)
		}
	}
}
