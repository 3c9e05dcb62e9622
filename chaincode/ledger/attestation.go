package ledger

import "time"

type attestArgs struct {
	instrument, reference string
	balance               int64
	asOf                  time.Time
}

func parseAttest(f *fields) attestArgs {
	return attestArgs{
		instrument: f.code("instrument"),
		balance:    f.integer("balance_minor", 0),
		asOf:       f.instant("as_of"),
		reference:  f.text("reference", isReference, "1 to 35 of A-Z a-z 0-9 -"),
	}
}

func attestKeys(_ string, a attestArgs) []string { return []string{instrumentKey(a.instrument)} }

func mayAttest(tx *Tx, c Call, a attestArgs) error {
	return mayDeposit(tx, c, depositArgs{instrument: a.instrument}) // the bank that issues it
}

// attest states the balance that stands behind a currency. No more of it can be
// issued than that, and a bank cannot attest less than what it owes already.
func attest(tx *Tx, c Call, a attestArgs) error {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	asOf := a.asOf.Format(instantForm)
	switch {
	case !i.isCurrency():
		return refuse(Invalid, "instrument", "%s is not a currency.", a.instrument)
	case a.asOf.After(tx.Now):
		return refuse(Invalid, "as_of", "as_of %s has not come yet.", asOf)
	case asOf < i.AttestedAsOf:
		return refuse(WrongStatus, "as_of", "The balance of %s is attested as of %s already; %s is before that.", a.instrument, i.AttestedAsOf, asOf)
	case a.balance < i.Issued:
		return refuse(Insufficient, "issued", "%s: a balance of %d does not cover the %d issued.", a.instrument, a.balance, i.Issued)
	}
	i.AttestedMinor, i.AttestedAsOf = a.balance, asOf
	tx.emit(CashAttested{Attestation: c.made(), Instrument: a.instrument, Bank: c.Party, BalanceMinor: a.balance, AsOf: asOf,
		Reference: a.reference, Issued: i.Issued})
	return tx.put(instrumentKey(a.instrument), i)
}

// withDeposited is a currency after a deposit: within its cap, and within the balance its bank has attested.
func (i Instrument) withDeposited(amount int64) (Instrument, error) {
	i, err := i.withIssued(amount)
	if err == nil && i.Issued > i.AttestedMinor {
		err = refuse(Insufficient, "attested", "%s: %d issued with this deposit, but a balance of %d attested.", i.Instrument, i.Issued, i.AttestedMinor)
	}
	return i, err
}
