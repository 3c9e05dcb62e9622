package ledger

import "time"

// Instruction is one side's order to deliver or receive, against payment, as both have agreed elsewhere.
// The first side's waits under the salted hash of the terms, with what it may cost reserved; the
// other side's meets it and both legs settle at once. Nothing of the talk before is here.
type Instruction struct {
	Account      string `json:"account"`
	AmountMinor  int64  `json:"amount_minor,string"` // in all, not for each unit
	CashAccount  string `json:"cash_account"`
	Counterparty string `json:"counterparty"`
	Currency     string `json:"currency"`
	GoodTill     string `json:"good_till"`
	Held         string `json:"held"`
	Instrument   string `json:"instrument"`
	Kid          string `json:"kid"`
	Owner        string `json:"owner"`
	Quantity     int64  `json:"quantity,string"`
	Reserved     int64  `json:"reserved,string"` // units of a delivery, minor units of cash of a receipt
	Side         string `json:"side"`            // deliver, receive
	Status       string `json:"status"`          // alleged, settled, cancelled, expired
	Terms        string `json:"terms"`
	Version      string `json:"version"`
}

// nextInstructionStatus is the life of an instruction.
func nextInstructionStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"alleged", "settle"}:
		return "settled", true
	case [2]string{"alleged", "cancel"}:
		return "cancelled", true
	case [2]string{"alleged", "expire"}:
		return "expired", true
	}
	return "", false
}

// reservation is where the waiting side's reservation is held.
func (n Instruction) reservation() (instrument, account string) {
	if n.Side == "receive" {
		return n.Currency, n.CashAccount
	}
	return n.Instrument, n.Account
}

type enterArgs struct {
	side, account, cashAccount, counterparty, instrument, terms string
	quantity, amount                                            int64
	goodTill                                                    time.Time
}

func parseEnter(f *fields) enterArgs {
	return enterArgs{
		side:         f.oneOf("side", "deliver", "receive"),
		account:      f.pair("account"),
		cashAccount:  f.pair("cash_account"),
		counterparty: f.code("counterparty"),
		instrument:   f.code("instrument"),
		quantity:     f.integer("quantity", 1),
		amount:       f.integer("amount_minor", 0),
		terms:        f.hash("terms"),
		goodTill:     f.instant("good_till"),
	}
}

func enterKeys(_ string, a enterArgs) []string {
	keys := []string{instructionKey(a.terms), accountKey(a.account), accountKey(a.cashAccount), partyKey(a.counterparty), instrumentKey(a.instrument)}
	if a.side == "deliver" {
		keys = append(keys, holdingKey(a.instrument, a.account))
	}
	return keys
}

// mayEnter: the owner of both accounts.
func mayEnter(tx *Tx, c Call, a enterArgs) error {
	if _, err := ownedBy(tx, c, a.account, "account"); err != nil {
		return err
	}
	_, err := ownedBy(tx, c, a.cashAccount, "cash_account")
	return err
}

// enterInstruction is one side's signature: the first reserves and waits, the second settles.
func enterInstruction(tx *Tx, c Call, a enterArgs) error {
	if a.counterparty == c.Party {
		return refuse(Invalid, "counterparty", "%s cannot settle with itself.", c.Party)
	}
	i, err := tradable(tx, a.instrument)
	if err != nil {
		return err
	}
	if _, err := openAccountAt(tx, a.account, "account"); err != nil {
		return err
	}
	if _, err := openAccountAt(tx, a.cashAccount, "cash_account"); err != nil {
		return err
	}
	if err := goodTill(tx, a.goodTill); err != nil {
		return err
	}
	other, err := activeParty(tx, a.counterparty, "counterparty")
	if err != nil {
		return err
	}
	first, found, err := load[Instruction](tx, instructionKey(a.terms))
	if err != nil {
		return err
	}
	if !found {
		return a.allege(tx, c, i)
	}
	if err := first.meets(tx, c, a, other); err != nil {
		return err
	}
	return first.settleWith(tx, c, a, i, other)
}

// instruction is what this side has entered.
func (a enterArgs) instruction(c Call, i Instrument) Instruction {
	n := Instruction{Account: a.account, AmountMinor: a.amount, CashAccount: a.cashAccount, Counterparty: a.counterparty,
		Currency: i.Currency, GoodTill: a.goodTill.Format(instantForm), Held: c.Key.Held, Instrument: a.instrument, Kid: c.Kid,
		Owner: c.Party, Quantity: a.quantity, Reserved: a.quantity, Side: a.side, Status: "alleged", Terms: a.terms, Version: "1"}
	if a.side == "receive" {
		n.Reserved = a.amount
	}
	return n
}

// allege reserves what the first side owes; from now on the other side is told.
func (a enterArgs) allege(tx *Tx, c Call, i Instrument) error {
	if a.side == "receive" {
		if err := mayAcquire(tx, c.Signer, i, a.amount); err != nil {
			return err
		}
	}
	n := a.instruction(c, i)
	instrument, account := n.reservation()
	if err := reserve(tx, instrument, account, n.Reserved); err != nil {
		return err
	}
	tx.emit(InstructionEntered{Terms: n.Terms, Owner: n.Owner, Kid: n.Kid, Held: n.Held, Side: n.Side, Account: n.Account,
		CashAccount: n.CashAccount, Counterparty: n.Counterparty, Instrument: n.Instrument, Currency: n.Currency,
		Quantity: n.Quantity, AmountMinor: n.AmountMinor, GoodTill: n.GoodTill, Reserved: n.Reserved})
	return tx.put(instructionKey(n.Terms), n)
}

// meets refuses a second signature that is not the named counterparty's to the same terms, or comes when
// the first no longer stands. ISO 20022 has a word for what does not match, which the sentence begins with.
func (n Instruction) meets(tx *Tx, c Call, a enterArgs, owner Party) error {
	switch {
	case n.Owner == c.Party:
		return refuse(Duplicate, "terms", "%s has entered the terms %s before.", c.Party, a.terms)
	case n.Counterparty != c.Party:
		return refuse(Forbidden, "counterparty", "The terms %s are not between %s and %s.", a.terms, n.Owner, c.Party)
	case n.Status != "alleged":
		return refuse(WrongStatus, "instruction", "The instruction %s is %s.", a.terms, n.Status)
	case past(tx, n.GoodTill):
		return refuse(WrongStatus, "good_till", "The instruction %s was good till %s.", a.terms, n.GoodTill)
	case n.Owner != a.counterparty:
		return refuse(Invalid, "counterparty", "The terms %s are with %s, not %s.", a.terms, n.Owner, a.counterparty)
	case owner.compromised(n.Kid):
		return refuse(WrongStatus, "key", "The key %s that signed for %s is compromised.", n.Kid, n.Owner)
	}
	if err := n.matches(a); err != nil {
		return err
	}
	if _, err := openAccountAt(tx, n.Account, "counterparty_account"); err != nil {
		return err
	}
	_, err := openAccountAt(tx, n.CashAccount, "counterparty_cash_account")
	return err
}

// matches holds the economic fields of both sides to each other.
func (n Instruction) matches(a enterArgs) error {
	switch {
	case n.Side == a.side:
		return refuse(Invalid, "side", "DELN: both sides %s.", a.side)
	case n.Instrument != a.instrument:
		return refuse(Invalid, "instrument", "DSEC: %s here, %s there.", a.instrument, n.Instrument)
	case n.Quantity != a.quantity:
		return refuse(Invalid, "quantity", "DQUA: %d here, %d there.", a.quantity, n.Quantity)
	case n.AmountMinor != a.amount:
		return refuse(Invalid, "amount_minor", "DMON: %d here, %d there.", a.amount, n.AmountMinor)
	}
	return nil
}

// settleWith carries both instructions out: units against cash in one state change, out of the first side's
// reservation and of what the second has available. Nobody pays a fee.
func (n Instruction) settleWith(tx *Tx, c Call, a enterArgs, i Instrument, owner Party) error {
	delivery, receipt, receiver := n, a.instruction(c, i), c.Signer
	if n.Side == "receive" {
		delivery, receipt, receiver = receipt, delivery, owner
	}
	if err := mayAcquire(tx, receiver, i, a.amount); err != nil {
		return err
	}
	tx.emit(InstructionSettled{Terms: n.Terms, Settlement: c.made(), By: c.Party, Kid: c.Kid, Held: c.Key.Held,
		Deliverer: delivery.Owner, Receiver: receipt.Owner, DelivererAccount: delivery.Account, DelivererCashAccount: delivery.CashAccount,
		ReceiverAccount: receipt.Account, ReceiverCashAccount: receipt.CashAccount, Instrument: n.Instrument, Currency: n.Currency,
		Quantity: n.Quantity, AmountMinor: n.AmountMinor})
	legs := []movement{
		{Leg{n.Instrument, delivery.Account, receipt.Account, n.Quantity}, n.Side == "deliver"},
		{Leg{n.Currency, receipt.CashAccount, delivery.CashAccount, n.AmountMinor}, n.Side == "receive"},
	}
	if err := settle(tx, c.made(), "", legs); err != nil {
		return err
	}
	n.Status, _ = nextInstructionStatus(n.Status, "settle")
	n.Reserved = 0
	return tx.put(instructionKey(n.Terms), n)
}

type instructionArgs struct{ terms string }

func parseInstruction(f *fields) instructionArgs { return instructionArgs{terms: f.hash("terms")} }

func instructionKeys(_ string, a instructionArgs) []string { return []string{instructionKey(a.terms)} }

func findInstruction(tx *Tx, terms string) (Instruction, error) {
	n, found, err := load[Instruction](tx, instructionKey(terms))
	if err == nil && !found {
		err = refuse(NotFound, "instruction", "There is no instruction %s.", terms)
	}
	return n, err
}

// mayCancelInstruction: the side that waits.
func mayCancelInstruction(tx *Tx, c Call, a instructionArgs) error {
	n, err := findInstruction(tx, a.terms)
	if err == nil && n.Owner != c.Party {
		err = refuse(Forbidden, "owner", "The instruction %s is not of %s.", a.terms, c.Party)
	}
	return err
}

// cancelInstruction takes back what the other side has not met, and releases what was reserved.
func cancelInstruction(tx *Tx, _ Call, a instructionArgs) error {
	n, err := findInstruction(tx, a.terms)
	if err != nil {
		return err
	}
	released, err := n.end(tx, "cancel")
	if err == nil {
		tx.emit(InstructionCancelled{Terms: a.terms, Released: released})
	}
	return err
}

// expireInstruction releases what can never settle as it stands: past its time, signed
// by a compromised key, or of a suspended owner.
func expireInstruction(tx *Tx, _ Call, a instructionArgs) error {
	n, err := findInstruction(tx, a.terms)
	if err != nil {
		return err
	}
	if _, open := nextInstructionStatus(n.Status, "expire"); !open {
		return n.over()
	}
	owner, err := findParty(tx, n.Owner, "owner")
	if err != nil {
		return err
	}
	if !past(tx, n.GoodTill) && !owner.suspended() && !owner.compromised(n.Kid) {
		return refuse(WrongStatus, "good_till", "The instruction %s is good till %s.", a.terms, n.GoodTill)
	}
	released, err := n.end(tx, "expire")
	if err == nil {
		tx.emit(InstructionExpired{Terms: a.terms, Released: released})
	}
	return err
}

func (n Instruction) over() error {
	return refuse(WrongStatus, "instruction", "The instruction %s is %s already.", n.Terms, n.Status)
}

// end closes a waiting instruction and answers what it released.
func (n Instruction) end(tx *Tx, event string) (released int64, err error) {
	next, open := nextInstructionStatus(n.Status, event)
	if !open {
		return 0, n.over()
	}
	instrument, account := n.reservation()
	if err := release(tx, instrument, account, n.Reserved); err != nil {
		return 0, err
	}
	released, n.Reserved, n.Status = n.Reserved, 0, next
	return released, tx.put(instructionKey(n.Terms), n)
}
