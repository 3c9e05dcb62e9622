package ledger

import (
	"strings"
	"testing"
)

func TestAnInstrumentIsRegisteredByTwo(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	good := equityArgs("BETA", "ACME-SA", "1000", "25", m.fees)
	currency := object{"instrument": "USD.BANCO1", "kind": "currency", "issuer": "BANCO1", "currency": "", "isin": "",
		"authorised": "", "lot": "1", "tick_minor": "1", "fee_bps": "0", "fee_account": "", "minor_digits": "2"}
	m.refused("forbidden/role", "OPERATOR", "instrument:register", good)
	for _, c := range []struct {
		want, field string
		value       any
		of          object
	}{
		{"duplicate/instrument", "instrument", "ACME", good},
		{"not_found/issuer", "issuer", "NOBODY", good},
		{"invalid/issuer", "issuer", "ALICE", good},
		{"not_found/currency", "currency", "EUR.BANCO1", good},
		{"invalid/currency", "currency", "ACME", good},
		{"invalid/currency", "currency", "", good},
		{"invalid/isin", "isin", "US0378331006", good},
		{"invalid/authorised", "authorised", "", good},
		{"invalid/authorised", "authorised", "0", good},
		{"invalid/lot", "lot", "0", good},
		{"invalid/tick_minor", "tick_minor", "0", good},
		{"invalid/fee_bps", "fee_bps", "10001", good},
		{"invalid/fee_account", "fee_account", "", good},
		{"not_found/fee_account", "fee_account", "CUSTODIA1:" + m.id(), good},
		{"invalid/minor_digits", "minor_digits", "2", good},
		{"invalid/kind", "kind", "option", good},
		{"invalid/instrument", "instrument", "USD.BANCO2", currency},
		{"invalid/instrument", "instrument", "USDBANCO1", currency},
		{"invalid/currency", "currency", "MXN.BANCO1", currency},
		{"invalid/fee_bps", "fee_bps", "1", currency},
		{"invalid/minor_digits", "minor_digits", "5", currency},
		{"invalid/instrument", "issuer", "ACME-SA", currency},
	} {
		wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "instrument:register", changed(c.of, c.field, c.value)), c.want)
	}
	notABank := changed(changed(currency, "issuer", "ACME-SA"), "instrument", "USD.ACME-SA")
	wantOutcome(t, m.act("OPERATOR", "CUSTODIA1", "instrument:register", notABank), "invalid/issuer")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", changed(good, "isin", "US0378331005"))
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", currency)
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", changed(changed(currency, "instrument", "EUR.BANCO1"), "authorised", "5"))
	m.attest("EUR.BANCO1", "9")
	m.refusedDeposit("insufficient/authorised", "EUR.BANCO1", "6")
	m.must("BANCO1", "cash:deposit", object{"instrument": "EUR.BANCO1", "account": m.alice, "amount_minor": "5", "reference": "OK"})
	m.refusedDeposit("insufficient/authorised", "EUR.BANCO1", "1")
}

func (m *market) refusedDeposit(want, instrument, amount string) {
	m.t.Helper()
	m.refused(want, "BANCO1", "cash:deposit", object{"instrument": instrument, "account": m.alice, "amount_minor": amount, "reference": "R" + amount})
}

func TestIssuanceStaysWithinWhatIsAuthorised(t *testing.T) {
	m := newMarket(t, quick{}, "0") // 5,000 of 1,000,000 issued
	m.admit("ISS2", "", "issuer")
	args := func(quantity string) object {
		return object{"instrument": "ACME", "account": m.acme, "quantity": quantity, "resolution": strings.Repeat("a", 64)}
	}
	m.refused("forbidden/role", "ACME-SA", "instrument:issue", args("1"))
	issue := func(a, b string, args object) Outcome { return m.act(a, b, "instrument:issue", args) }
	wantOutcome(t, issue("ISS2", "CUSTODIA1", args("1")), "forbidden/role")
	wantOutcome(t, issue("OPERATOR", "CUSTODIA1", args("1")), "forbidden/role")
	wantOutcome(t, issue("ACME-SA", "OPERATOR", args("1")), "forbidden/role")
	wantOutcome(t, issue("ACME-SA", "CUSTODIA1", changed(args("1"), "account", m.alice)), "invalid/account")
	wantOutcome(t, issue("ACME-SA", "CUSTODIA1", changed(args("1"), "account", "CUSTODIA1:"+m.id())), "not_found/account")
	wantOutcome(t, issue("ACME-SA", "CUSTODIA1", changed(args("1"), "instrument", "BETA")), "not_found/instrument")
	wantOutcome(t, issue("BANCO1", "CUSTODIA1", changed(args("1"), "instrument", "MXN.BANCO1")), "invalid/instrument")
	wantOutcome(t, issue("ACME-SA", "CUSTODIA1", args("995001")), "insufficient/authorised")
	wantOutcome(t, issue("ACME-SA", "CUSTODIA1", args("9223372036854775807")), "insufficient/authorised")
	wantOutcome(t, issue("CUSTODIA1", "ACME-SA", args("995000")), "done") // up to the last one
	wantOutcome(t, issue("ACME-SA", "CUSTODIA1", args("1")), "insufficient/authorised")
	m.holds("ACME", m.acme, 999000, 0)
}

// TestASuspendedInstrumentStandsStill: every way in goes through the same guard.
func TestASuspendedInstrumentStandsStill(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	withdrawal := m.must("ALICE", "cash:withdraw", object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "5", "destination_hash": m.ledger})
	suspend := func(instrument, yes string) object {
		return object{"instrument": instrument, "suspended": yes, "reason": "News pending"}
	}
	m.refused("forbidden/role", "BOLSA", "instrument:suspend", suspend("ACME", "yes"))
	m.refused("not_found/instrument", "OPERATOR", "instrument:suspend", suspend("BETA", "yes"))
	m.refused("wrong_status/instrument", "OPERATOR", "instrument:suspend", suspend("ACME", "no"))
	m.must("OPERATOR", "instrument:suspend", suspend("ACME", "yes"))
	m.refused("wrong_status/instrument", "OPERATOR", "instrument:suspend", suspend("ACME", "yes"))
	transfer := object{"instrument": "ACME", "from_account": m.bruno, "to_account": m.alice, "quantity": "1", "reason": "gift"}
	m.refused("wrong_status/instrument", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.refused("wrong_status/instrument", "BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
	m.refused("wrong_status/instrument", "BRUNO", "holding:transfer", transfer)
	wantOutcome(t, m.act("ACME-SA", "CUSTODIA1", "instrument:issue", object{"instrument": "ACME", "account": m.acme, "quantity": "1", "resolution": strings.Repeat("a", 64)}), "wrong_status/instrument")
	m.must("OPERATOR", "instrument:suspend", suspend("ACME", "no"))
	m.must("BRUNO", "holding:transfer", transfer)

	m.must("OPERATOR", "instrument:suspend", suspend("MXN.BANCO1", "yes"))
	m.refused("wrong_status/currency", "ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	m.refused("wrong_status/currency", "BOLSA", "trade:execute", execution(2, buy, sell, "1", "1"))
	m.refusedDeposit("wrong_status/instrument", "MXN.BANCO1", "1")
	m.refused("wrong_status/instrument", "ALICE", "cash:withdraw", object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "5", "destination_hash": m.ledger})
	m.must("BANCO1", "cash:pay", object{"withdrawal": withdrawal, "reference": "OUT"}) // what was asked for before is still paid
	m.must("ALICE", "order:cancel", object{"order": buy})                              // and orders can be taken back
	m.must("OPERATOR", "instrument:suspend", suspend("MXN.BANCO1", "no"))
	m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
}
