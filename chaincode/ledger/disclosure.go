package ledger

import "time"

type publishArgs struct {
	account, instrument, root string
	asOf                      time.Time
	total, clients            int64
}

func parsePublish(f *fields) publishArgs {
	return publishArgs{
		account:    f.pair("account"),
		instrument: f.code("instrument"),
		asOf:       f.instant("as_of"),
		root:       f.hash("root"),
		total:      f.integer("total", 0),
		clients:    f.integer("clients", 1),
	}
}

func publishKeys(_ string, a publishArgs) []string {
	return []string{accountKey(a.account), instrumentKey(a.instrument)}
}

func mayPublish(tx *Tx, c Call, a publishArgs) error {
	return mayClose(tx, c, closeArgs{account: a.account}) // the custodian who keeps it
}

// publish states for whom an omnibus account holds: a commitment to the split by
// client, which stays with the custodian. The fact in the block is all there is of it.
func publish(tx *Tx, c Call, a publishArgs) error {
	account, err := findAccount(tx, a.account, "account")
	if err != nil {
		return err
	}
	if account.Kind != "omnibus" {
		return refuse(Invalid, "account", "The account %s is not omnibus but %s.", a.account, account.Kind)
	}
	if _, err := findInstrument(tx, a.instrument, "instrument"); err != nil {
		return err
	}
	if a.asOf.After(tx.Now) {
		return refuse(Invalid, "as_of", "as_of %s has not come yet.", a.asOf.Format(instantForm))
	}
	tx.emit(DisclosurePublished{Disclosure: c.made(), Custodian: c.Party, Account: a.account, Instrument: a.instrument,
		AsOf: a.asOf.Format(instantForm), Root: a.root, Total: a.total, Clients: a.clients})
	return nil
}
