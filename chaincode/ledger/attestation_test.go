package ledger

import (
	"testing"
	"time"
)

func TestABankAttestsTheBalanceBehindItsOwnCurrency(t *testing.T) {
	m := newMarket(t, quick{}, "0") // 1,000,000 issued
	m.admit("BANCO2", "", "bank")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", changed(equityArgs("BETA", "ACME-SA", "10", "0", ""), "kind", "bond"))
	good := attestation(m.world, "MXN.BANCO1", "1000000")
	m.refused("forbidden/role", "ALICE", "cash:attest", good)
	m.refused("forbidden/owner", "BANCO2", "cash:attest", good)
	m.refused("forbidden/owner", "BANCO1", "cash:attest", changed(good, "instrument", "BETA"))
	for _, c := range []struct{ want, field, value string }{
		{"not_found/instrument", "instrument", "EUR.BANCO1"},
		{"invalid/balance_minor", "balance_minor", "-1"},
		{"invalid/as_of", "as_of", m.in(time.Second)},
		{"wrong_status/as_of", "as_of", m.in(-time.Second)}, // the first was as of now
		{"invalid/reference", "reference", ""},
		{"insufficient/issued", "balance_minor", "999999"},
	} {
		m.unchanged(func() { m.refused(c.want, "BANCO1", "cash:attest", changed(good, c.field, c.value)) })
	}
	outcome := m.do("BANCO1", "cash:attest", good)
	wantOutcome(t, outcome, "done")
	if f, ok := outcome.Facts[0].(CashAttested); !ok || f.BalanceMinor != 1000000 || f.Issued != 1000000 || f.Bank != "BANCO1" {
		t.Errorf("%+v", outcome.Facts)
	}
	if i := get[Instrument](m.world, instrumentKey("MXN.BANCO1")); i.AttestedMinor != 1000000 || i.AttestedAsOf != m.in(0) {
		t.Errorf("%+v", i)
	}
}

func TestAnIssuerThatIsABankTooAttestsNothingOfItsShares(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.admit("BANCO3", "", "bank", "issuer")
	m.equity("SHARES", "BANCO3", "10", "0", "")
	m.refused("invalid/instrument", "BANCO3", "cash:attest", attestation(m.world, "SHARES", "5"))
}

func TestNothingIsDepositedAboveWhatIsAttested(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", object{"instrument": "EUR.BANCO1", "kind": "currency", "issuer": "BANCO1",
		"currency": "", "isin": "", "authorised": "", "lot": "1", "tick_minor": "1", "fee_bps": "0", "fee_account": "", "minor_digits": "2"})
	m.unchanged(func() { m.refusedDeposit("insufficient/attested", "EUR.BANCO1", "1") }) // nothing is attested yet
	m.attest("EUR.BANCO1", "100")
	m.refusedDeposit("insufficient/attested", "EUR.BANCO1", "101")
	m.must("BANCO1", "cash:deposit", object{"instrument": "EUR.BANCO1", "account": m.alice, "amount_minor": "100", "reference": "ALL"})
	m.refusedDeposit("insufficient/attested", "EUR.BANCO1", "1")
	m.refused("insufficient/issued", "BANCO1", "cash:attest", attestation(m.world, "EUR.BANCO1", "99"))
	m.attest("EUR.BANCO1", "101")
	m.must("BANCO1", "cash:deposit", object{"instrument": "EUR.BANCO1", "account": m.alice, "amount_minor": "1", "reference": "MORE"})
	m.holds("EUR.BANCO1", m.alice, 101, 0)
}

func TestWhatIsPaidOutMakesRoomUnderTheAttestedBalance(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.attest("MXN.BANCO1", "1000000")
	m.refusedDeposit("insufficient/attested", "MXN.BANCO1", "1")
	args := object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "400", "destination_hash": m.ledger}
	withdrawal := m.must("ALICE", "cash:withdraw", args)
	m.refused("insufficient/attested", "BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "1", "reference": "EARLY"})
	m.must("BANCO1", "cash:pay", object{"withdrawal": withdrawal, "reference": "OUT"})
	m.must("BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": m.bruno, "amount_minor": "400", "reference": "IN"})
}

func TestASuspendedCurrencyCanBeAttested(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.must("OPERATOR", "instrument:suspend", object{"instrument": "MXN.BANCO1", "suspended": "yes", "reason": "Test"})
	m.attest("MXN.BANCO1", "2000000")
	m.refusedDeposit("wrong_status/instrument", "MXN.BANCO1", "1")
}
