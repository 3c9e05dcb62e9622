package ledger

// Withdrawal is an owner's request to his bank to pay a claim out. What it asks
// for is reserved until the bank pays or refuses.
type Withdrawal struct {
	Account         string `json:"account"`
	AmountMinor     int64  `json:"amount_minor,string"`
	Bank            string `json:"bank"`
	DestinationHash string `json:"destination_hash"`
	Instrument      string `json:"instrument"`
	Owner           string `json:"owner"`
	Status          string `json:"status"` // requested, paid, refused
	Version         string `json:"version"`
	Withdrawal      string `json:"withdrawal"`
}

// Deposit keeps a bank's reference from being used twice.
type Deposit struct {
	Account     string `json:"account"`
	AmountMinor int64  `json:"amount_minor,string"`
	Command     string `json:"command"`
	Instrument  string `json:"instrument"`
	Version     string `json:"version"`
}

// findCurrency reads an active instrument that must be a currency.
func findCurrency(tx *Tx, instrument string) (Instrument, error) {
	i, err := activeInstrument(tx, instrument, "instrument")
	if err == nil && !i.isCurrency() {
		err = refuse(Invalid, "instrument", "%s is not a currency.", instrument)
	}
	return i, err
}

type depositArgs struct {
	instrument, account, reference string
	amount                         int64
}

func parseDeposit(f *fields) depositArgs {
	return depositArgs{
		instrument: f.code("instrument"),
		account:    f.pair("account"),
		amount:     f.integer("amount_minor", 1),
		reference:  f.text("reference", isReference, "1 to 35 of A-Z a-z 0-9 -"),
	}
}

func depositKeys(bank string, a depositArgs) []string {
	return []string{instrumentKey(a.instrument), accountKey(a.account), holdingKey(a.instrument, a.account), depositKey(bank, a.reference)}
}

func mayDeposit(tx *Tx, c Call, a depositArgs) error {
	if err := c.needs("bank"); err != nil {
		return err
	}
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err == nil && i.Issuer != c.Party {
		err = refuse(Forbidden, "owner", "%s is not issued by %s.", a.instrument, c.Party)
	}
	return err
}

// deposit credits money that the bank has received, once per reference and never beyond what it has attested.
func deposit(tx *Tx, c Call, a depositArgs) error {
	i, err := findCurrency(tx, a.instrument)
	if err != nil {
		return err
	}
	if _, err := creditable(tx, a.account, "account"); err != nil {
		return err
	}
	if _, found, err := load[Deposit](tx, depositKey(c.Party, a.reference)); err != nil {
		return err
	} else if found {
		return refuse(Duplicate, "reference", "%s has deposited with the reference %s before.", c.Party, a.reference)
	}
	if i, err = i.withDeposited(a.amount); err != nil {
		return err
	}
	if err := credit(tx, a.instrument, a.account, a.amount); err != nil {
		return err
	}
	if err := tx.put(instrumentKey(a.instrument), i); err != nil {
		return err
	}
	tx.emit(CashDeposited{Instrument: a.instrument, Account: a.account, Bank: c.Party, AmountMinor: a.amount, Reference: a.reference, Issued: i.Issued})
	return tx.put(depositKey(c.Party, a.reference),
		Deposit{Account: a.account, AmountMinor: a.amount, Command: c.made(), Instrument: a.instrument, Version: "1"})
}

type withdrawArgs struct {
	instrument, account, destination string
	amount                           int64
}

func parseWithdraw(f *fields) withdrawArgs {
	return withdrawArgs{
		instrument:  f.code("instrument"),
		account:     f.pair("account"),
		amount:      f.integer("amount_minor", 1),
		destination: f.hash("destination_hash"),
	}
}

func withdrawKeys(_ string, a withdrawArgs) []string {
	return []string{instrumentKey(a.instrument), accountKey(a.account), holdingKey(a.instrument, a.account)}
}

func mayWithdraw(tx *Tx, c Call, a withdrawArgs) error {
	_, err := ownedBy(tx, c, a.account, "account")
	return err
}

// withdraw reserves what the bank is asked to pay out.
func withdraw(tx *Tx, c Call, a withdrawArgs) error {
	i, err := findCurrency(tx, a.instrument)
	if err != nil {
		return err
	}
	if _, err := openAccountAt(tx, a.account, "account"); err != nil {
		return err
	}
	if err := reserve(tx, a.instrument, a.account, a.amount); err != nil {
		return err
	}
	w := Withdrawal{Account: a.account, AmountMinor: a.amount, Bank: i.Issuer, DestinationHash: a.destination,
		Instrument: a.instrument, Owner: c.Party, Status: "requested", Version: "1", Withdrawal: c.made()}
	tx.emit(CashWithdrawn{Withdrawal: w.Withdrawal, Owner: w.Owner, Bank: w.Bank, Instrument: w.Instrument,
		Account: w.Account, AmountMinor: w.AmountMinor, DestinationHash: w.DestinationHash})
	return tx.put(withdrawalKey(w.Withdrawal), w)
}

type payArgs struct{ withdrawal, reference, reason string }

func parsePay(f *fields) payArgs {
	return payArgs{withdrawal: f.pair("withdrawal"), reference: f.text("reference", isReference, "1 to 35 of A-Z a-z 0-9 -")}
}

func parseRefuse(f *fields) payArgs {
	return payArgs{withdrawal: f.pair("withdrawal"), reason: f.remark("reason")}
}

func payKeys(_ string, a payArgs) []string { return []string{withdrawalKey(a.withdrawal)} }

func findWithdrawal(tx *Tx, withdrawal string) (Withdrawal, error) {
	w, found, err := load[Withdrawal](tx, withdrawalKey(withdrawal))
	if err == nil && !found {
		err = refuse(NotFound, "withdrawal", "There is no withdrawal %s.", withdrawal)
	}
	return w, err
}

func mayPay(tx *Tx, c Call, a payArgs) error {
	if err := c.needs("bank"); err != nil {
		return err
	}
	w, err := findWithdrawal(tx, a.withdrawal)
	if err == nil && w.Bank != c.Party {
		err = refuse(Forbidden, "owner", "The withdrawal %s is not for %s to pay.", a.withdrawal, c.Party)
	}
	return err
}

// nextWithdrawalStatus is the life of a withdrawal.
func nextWithdrawalStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"requested", "pay"}:
		return "paid", true
	case [2]string{"requested", "refuse"}:
		return "refused", true
	}
	return "", false
}

func (w Withdrawal) after(event string) (Withdrawal, error) {
	next, ok := nextWithdrawalStatus(w.Status, event)
	if !ok {
		return w, refuse(WrongStatus, "withdrawal", "The withdrawal %s is %s already.", w.Withdrawal, w.Status)
	}
	w.Status = next
	return w, nil
}

// pay takes the claim away that the bank has paid out. It is not possible while
// the owner is suspended.
func pay(tx *Tx, _ Call, a payArgs) error {
	w, err := findWithdrawal(tx, a.withdrawal)
	if err != nil {
		return err
	}
	if w, err = w.after("pay"); err != nil {
		return err
	}
	if err := tx.want(instrumentKey(w.Instrument), partyKey(w.Owner), holdingKey(w.Instrument, w.Account), accountKey(w.Account)); err != nil {
		return err
	}
	if _, err := activeParty(tx, w.Owner, "owner"); err != nil {
		return err
	}
	i, err := findInstrument(tx, w.Instrument, "instrument")
	if err != nil {
		return err
	}
	left, ok := subtract(i.Issued, w.AmountMinor)
	if !ok {
		return refuse(Internal, "issued", "%s: %d issued, %d to be paid out.", w.Instrument, i.Issued, w.AmountMinor)
	}
	i.Issued = left
	if err := spend(tx, w.Instrument, w.Account, w.AmountMinor); err != nil {
		return err
	}
	if err := tx.put(instrumentKey(w.Instrument), i); err != nil {
		return err
	}
	tx.emit(CashPaid{Withdrawal: w.Withdrawal, AmountMinor: w.AmountMinor, Reference: a.reference, Issued: i.Issued})
	return tx.put(withdrawalKey(w.Withdrawal), w)
}

// refusePayment makes the amount available to its owner again.
func refusePayment(tx *Tx, _ Call, a payArgs) error {
	w, err := findWithdrawal(tx, a.withdrawal)
	if err != nil {
		return err
	}
	if w, err = w.after("refuse"); err != nil {
		return err
	}
	if err := release(tx, w.Instrument, w.Account, w.AmountMinor); err != nil {
		return err
	}
	tx.emit(CashRefused{Withdrawal: w.Withdrawal, Reason: a.reason})
	return tx.put(withdrawalKey(w.Withdrawal), w)
}
