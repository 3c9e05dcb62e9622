package ledger

// Instrument is what can be held: an equity, a bond, or a currency, which is a
// claim on the bank that issues it.
type Instrument struct {
	AttestedAsOf  string   `json:"attested_as_of"`        // "" before the first attestation; currencies only
	AttestedMinor int64    `json:"attested_minor,string"` // the balance that its bank says stands behind it; currencies only
	Authorised    string   `json:"authorised"`            // most that may be issued; "" without cap (currencies only)
	CFI           string   `json:"cfi"`                   // ISO 10962; "" until it is identified
	Class         string   `json:"class"`                 // ordinary, preferred, non_voting; fixed, zero; "" until its terms are defined
	Currency      string   `json:"currency"`              // the instrument it is paid in; "" for a currency
	FeeAccount    string   `json:"fee_account"`
	FeeBps        int64    `json:"fee_bps,string"`
	Instrument    string   `json:"instrument"`
	InvestorTypes []string `json:"investor_types"` // who may acquire it; empty: everybody
	ISIN          string   `json:"isin"`
	Issued        int64    `json:"issued,string"`
	Issuer        string   `json:"issuer"`
	Jurisdictions []string `json:"jurisdictions"` // from where; empty: from everywhere
	Kind          string   `json:"kind"`          // equity, bond, currency
	Lot           int64    `json:"lot,string"`
	MinorDigits   string   `json:"minor_digits"`
	Offered       int64    `json:"offered,string"` // set aside by offerings that are not over
	Status        string   `json:"status"`         // active, suspended
	Terms         int64    `json:"terms,string"`   // version of its terms; 0 without
	TickMinor     int64    `json:"tick_minor,string"`
	Version       string   `json:"version"`
}

// Book is what an instrument's market must remember: the sequence of its last
// order, which is time priority, and the number of its last execution.
type Book struct {
	Instrument    string `json:"instrument"`
	LastExecution int64  `json:"last_execution,string"`
	LastOrder     int64  `json:"last_order,string"`
	Version       string `json:"version"`
}

func (i Instrument) isCurrency() bool { return i.Kind == "currency" }

func findInstrument(tx *Tx, instrument, field string) (Instrument, error) {
	i, found, err := load[Instrument](tx, instrumentKey(instrument))
	if err == nil && !found {
		err = refuse(NotFound, field, "There is no instrument %s.", instrument)
	}
	return i, err
}

// activeInstrument refuses a suspended one too.
func activeInstrument(tx *Tx, instrument, field string) (Instrument, error) {
	i, err := findInstrument(tx, instrument, field)
	if err == nil && i.Status != "active" {
		err = refuse(WrongStatus, field, "The instrument %s is suspended.", instrument)
	}
	return i, err
}

// withIssued is the instrument after more of it came into being, never past its cap and what offerings set aside of it.
func (i Instrument) withIssued(more int64) (Instrument, error) {
	if !i.hasRoom(more) {
		return i, refuse(Insufficient, "authorised", "%s: %d issued, %d offered and %d more exceed what is authorised.", i.Instrument, i.Issued, i.Offered, more)
	}
	i.Issued += more
	return i, nil
}

// withOffered is the instrument after an offering set more of it aside.
func (i Instrument) withOffered(more int64) (Instrument, error) {
	if !i.hasRoom(more) {
		return i, refuse(Insufficient, "authorised", "%s: %d issued, %d offered and %d more exceed what is authorised.", i.Instrument, i.Issued, i.Offered, more)
	}
	i.Offered += more
	return i, nil
}

// withPlaced is the instrument after some of what was set aside came into being.
func (i Instrument) withPlaced(quantity int64) (Instrument, error) {
	left, ok := subtract(i.Offered, quantity)
	if !ok {
		return i, refuse(Internal, "offered", "%s: %d offered, %d to be issued.", i.Instrument, i.Offered, quantity)
	}
	i.Offered = left
	return i.withIssued(quantity)
}

func (i Instrument) hasRoom(more int64) bool {
	taken, ok := add(i.Issued, i.Offered)
	total, fits := add(taken, more)
	authorised, capped := parseInteger(i.Authorised)
	return ok && fits && (!capped || total <= authorised)
}

type registerArgs struct {
	instrument, kind, issuer, currency, isin, authorised, feeAccount, minorDigits string
	lot, tickMinor, feeBps                                                        int64
}

func parseRegister(f *fields) registerArgs {
	a := registerArgs{
		instrument:  f.code("instrument"),
		kind:        f.oneOf("kind", "equity", "bond", "currency"),
		issuer:      f.code("issuer"),
		currency:    f.optional("currency", isCode, "a currency's code"),
		isin:        f.optional("isin", isISIN, "an ISIN with the right check digit"),
		authorised:  f.optional("authorised", isKeyNumber, "an integer from 1 to 2^63-1"),
		lot:         f.integer("lot", 1),
		tickMinor:   f.integer("tick_minor", 1),
		feeBps:      f.integer("fee_bps", 0),
		feeAccount:  f.optional("fee_account", isPair, "a reference PARTY:uuid"),
		minorDigits: f.oneOf("minor_digits", "0", "1", "2", "3", "4"),
	}
	if f.refusal == nil {
		f.within(a.consistent())
	}
	return a
}

// consistent refuses fields that do not go together.
func (a registerArgs) consistent() *Error {
	currency := a.kind == "currency"
	switch {
	case currency && !isCurrencyOf(a.instrument, a.issuer):
		return refuse(Invalid, "instrument", "A currency of %s is called CCC.%s, not %s.", a.issuer, a.issuer, a.instrument)
	case currency != (a.currency == ""):
		return refuse(Invalid, "currency", "The kind %s does not go with the currency %s.", a.kind, quoted(a.currency))
	case !currency && a.authorised == "":
		return refuse(Invalid, "authorised", "Only a currency may have no authorised cap.")
	case a.feeBps > 10_000 || currency && a.feeBps != 0:
		return refuse(Invalid, "fee_bps", "The fee %d is not possible for the kind %s.", a.feeBps, a.kind)
	case a.feeBps != 0 && a.feeAccount == "":
		return refuse(Invalid, "fee_account", "A fee needs an account to go to.")
	case !currency && a.minorDigits != "0":
		return refuse(Invalid, "minor_digits", "Only a currency has minor digits of its own, not %s.", a.minorDigits)
	}
	return nil
}

// isCurrencyOf: three letters, a dot, the bank that issues it.
func isCurrencyOf(code, bank string) bool {
	return len(code) == 4+len(bank) && only(code[:3], isUpper) && code[3] == '.' && code[4:] == bank
}

func registerKeys(_ string, a registerArgs) []string {
	keys := []string{instrumentKey(a.instrument), partyKey(a.issuer)}
	if a.currency != "" {
		keys = append(keys, instrumentKey(a.currency))
	}
	if a.feeAccount != "" {
		keys = append(keys, accountKey(a.feeAccount))
	}
	return keys
}

// registerInstrument makes an instrument known and opens its book; nothing of it exists yet.
func registerInstrument(tx *Tx, _ Call, a registerArgs) error {
	if _, found, err := load[Instrument](tx, instrumentKey(a.instrument)); err != nil {
		return err
	} else if found {
		return refuse(Duplicate, "instrument", "There is an instrument %s already.", a.instrument)
	}
	if err := mayIssue(tx, a); err != nil {
		return err
	}
	if a.feeAccount != "" {
		if _, err := openAccountAt(tx, a.feeAccount, "fee_account"); err != nil {
			return err
		}
	}
	if a.kind != "currency" {
		if err := isPaidIn(tx, a.currency); err != nil {
			return err
		}
		if err := tx.put(bookKey(a.instrument), Book{Instrument: a.instrument, Version: "1"}); err != nil {
			return err
		}
	}
	i := Instrument{Authorised: a.authorised, Currency: a.currency, FeeAccount: a.feeAccount, FeeBps: a.feeBps,
		Instrument: a.instrument, InvestorTypes: []string{}, ISIN: a.isin, Issuer: a.issuer, Jurisdictions: []string{}, Kind: a.kind, Lot: a.lot,
		MinorDigits: a.minorDigits, Status: "active", TickMinor: a.tickMinor, Version: "1"}
	tx.emit(InstrumentRegistered{Instrument: i.Instrument, Kind: i.Kind, Issuer: i.Issuer, Currency: i.Currency,
		ISIN: i.ISIN, Authorised: i.Authorised, Lot: i.Lot, TickMinor: i.TickMinor, FeeBps: i.FeeBps,
		FeeAccount: i.FeeAccount, MinorDigits: i.MinorDigits})
	return tx.put(instrumentKey(a.instrument), i)
}

func mayIssue(tx *Tx, a registerArgs) error {
	issuer, err := activeParty(tx, a.issuer, "issuer")
	if err != nil {
		return err
	}
	role := "issuer"
	if a.kind == "currency" {
		role = "bank"
	}
	if !issuer.has(role) {
		return refuse(Invalid, "issuer", "%s has not the role %s.", a.issuer, role)
	}
	return nil
}

func isPaidIn(tx *Tx, currency string) error {
	i, err := activeInstrument(tx, currency, "currency")
	if err == nil && !i.isCurrency() {
		err = refuse(Invalid, "currency", "%s is not a currency.", currency)
	}
	return err
}

type issueArgs struct {
	instrument, account, resolution string
	quantity                        int64
}

func parseIssue(f *fields) issueArgs {
	return issueArgs{
		instrument: f.code("instrument"),
		account:    f.pair("account"),
		quantity:   f.integer("quantity", 1),
		resolution: f.hash("resolution"),
	}
}

func issueKeys(_ string, a issueArgs) []string {
	return []string{instrumentKey(a.instrument), accountKey(a.account), holdingKey(a.instrument, a.account)}
}

// issuerAndCustodian: who owes the units, and who keeps the account they appear in.
func issuerAndCustodian(tx *Tx, a issueArgs) ([2]side, error) {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return [2]side{}, err
	}
	account, err := findAccount(tx, a.account, "account")
	return [2]side{
		partySide(i.Issuer, "the issuer of "+a.instrument),
		partySide(account.Custodian, "the custodian of "+a.account),
	}, err
}

// issueInstrument brings units into being in an account of the issuer, never more than authorised.
func issueInstrument(tx *Tx, _ Call, a issueArgs) error {
	i, err := activeInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	if i.isCurrency() {
		return refuse(Invalid, "instrument", "The currency %s comes into being by deposit.", a.instrument)
	}
	account, err := creditable(tx, a.account, "account")
	if err != nil {
		return err
	}
	if account.Owner != i.Issuer {
		return refuse(Invalid, "account", "The account %s is not owned by the issuer %s.", a.account, i.Issuer)
	}
	if i, err = i.withIssued(a.quantity); err != nil {
		return err
	}
	if err := credit(tx, a.instrument, a.account, a.quantity); err != nil {
		return err
	}
	tx.emit(InstrumentIssued{Instrument: a.instrument, Account: a.account, Quantity: a.quantity, Issued: i.Issued, Resolution: a.resolution})
	return tx.put(instrumentKey(a.instrument), i)
}

func parseSuspendInstrument(f *fields) suspendArgs { return readSuspend(f, "instrument") }

func suspendInstrumentKeys(_ string, a suspendArgs) []string {
	return []string{instrumentKey(a.name)}
}

// suspendInstrument halts an instrument: nothing of it is ordered, executed,
// transferred, issued, deposited or withdrawn until it is reinstated.
func suspendInstrument(tx *Tx, _ Call, a suspendArgs) error {
	i, err := findInstrument(tx, a.name, "instrument")
	if err != nil {
		return err
	}
	if i.Status == a.status() {
		return refuse(WrongStatus, "instrument", "The instrument %s is %s already.", a.name, i.Status)
	}
	i.Status = a.status()
	if a.suspended {
		tx.emit(InstrumentSuspended{Instrument: a.name, Reason: a.reason})
	} else {
		tx.emit(InstrumentReinstated{Instrument: a.name, Reason: a.reason})
	}
	return tx.put(instrumentKey(a.name), i)
}
