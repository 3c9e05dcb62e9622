package ledger

import "time"

// Offering is an issuer's offer of new units. What it may still bring into being
// is counted as offered in its instrument, so that nothing else uses it up.
type Offering struct {
	AllotBy       string `json:"allot_by"`
	Allotted      int64  `json:"allotted,string"`
	CashAccount   string `json:"cash_account"` // the issuer's, where the money goes
	ClosesAt      string `json:"closes_at"`
	Currency      string `json:"currency"`
	Document      string `json:"document"`     // hash, or ""
	Given         int64  `json:"given,string"` // of what is allotted, by the parts so far
	Instrument    string `json:"instrument"`
	Issued        int64  `json:"issued,string"` // of what is given; the rest could not settle
	Issuer        string `json:"issuer"`
	Kind          string `json:"kind"` // public, private
	Maximum       int64  `json:"maximum,string"`
	Minimum       int64  `json:"minimum,string"`
	Offering      string `json:"offering"`
	OpensAt       string `json:"opens_at"`
	Part          int64  `json:"part,string"` // the next to settle, from 0
	Parts         int64  `json:"parts,string"`
	PriceMaxMinor int64  `json:"price_max_minor,string"`
	PriceMinMinor int64  `json:"price_min_minor,string"`
	PriceMinor    int64  `json:"price_minor,string"` // at which it was allotted
	Root          string `json:"root"`
	Sequence      int64  `json:"sequence,string"`       // of the last subscription
	Status        string `json:"status"`                // open, allotting, settled, cancelled, failed
	Subscribed    int64  `json:"subscribed,string"`     // units of open subscriptions
	Subscriptions int64  `json:"subscriptions,string"`  // how many are open
	TicketMaximum int64  `json:"ticket_maximum,string"` // 0: none
	TicketMinimum int64  `json:"ticket_minimum,string"`
	Tiers         []Tier `json:"tiers"`
	Version       string `json:"version"`
}

// nextOfferingStatus is the life of an offering.
func nextOfferingStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"open", "subscribe"}:
		return "open", true
	case [2]string{"open", "cancel"}:
		return "cancelled", true
	case [2]string{"open", "fail"}, [2]string{"allotting", "fail"}:
		return "failed", true
	case [2]string{"open", "allot"}, [2]string{"allotting", "settle"}:
		return "allotting", true
	case [2]string{"allotting", "complete"}:
		return "settled", true
	}
	return "", false
}

const (
	longestOffering = 400 * 24 * time.Hour // how far away allot_by may be
	longestToSettle = 7 * 24 * time.Hour   // after allot_by; what is not settled by then is released
	mostParts       = 1 << 20              // a proof has 20 steps
)

func findOffering(tx *Tx, offering string) (Offering, error) {
	o, found, err := load[Offering](tx, offeringKey(offering))
	if err == nil && !found {
		err = refuse(NotFound, "offering", "There is no offering %s.", offering)
	}
	return o, err
}

// is refuses what the offering's status does not allow.
func (o Offering) is(event string) error {
	if _, ok := nextOfferingStatus(o.Status, event); !ok {
		return refuse(WrongStatus, "offering", "The offering %s is %s.", o.Offering, o.Status)
	}
	return nil
}

// within refuses an instant outside the window in which investors subscribe.
func (o Offering) within(tx *Tx) error {
	if !past(tx, o.OpensAt) || past(tx, o.ClosesAt) {
		return refuse(WrongStatus, "window", "The offering %s is open from %s until %s.", o.Offering, o.OpensAt, o.ClosesAt)
	}
	return nil
}

type offerArgs struct {
	instrument, cashAccount, kind, document string
	priceMin, priceMax, minimum, maximum    int64
	ticketMinimum, ticketMaximum            int64
	opensAt, closesAt, allotBy              time.Time
	tiers                                   []Tier
}

func parseOffer(f *fields) offerArgs {
	a := offerArgs{
		instrument:    f.code("instrument"),
		cashAccount:   f.pair("cash_account"),
		kind:          f.oneOf("kind", "public", "private"),
		priceMin:      f.integer("price_min_minor", 1),
		priceMax:      f.integer("price_max_minor", 1),
		minimum:       f.integer("minimum", 1),
		maximum:       f.integer("maximum", 1),
		ticketMinimum: f.integer("ticket_minimum", 1),
		ticketMaximum: f.integer("ticket_maximum", 0),
		opensAt:       f.instant("opens_at"),
		closesAt:      f.instant("closes_at"),
		allotBy:       f.instant("allot_by"),
		tiers:         readTiers(f),
		document:      f.optional("document", isHash, "64 lower-case hexadecimal digits"),
	}
	if f.refusal == nil {
		f.within(a.consistent())
	}
	return a
}

// consistent refuses fields that do not go together.
func (a offerArgs) consistent() *Error {
	_, fits := multiply(a.maximum, a.priceMax)
	switch {
	case a.priceMax < a.priceMin:
		return refuse(Invalid, "price_max_minor", "The highest price %d is below the lowest, %d.", a.priceMax, a.priceMin)
	case a.maximum < a.minimum:
		return refuse(Invalid, "maximum", "The maximum %d is below the minimum %d.", a.maximum, a.minimum)
	case !fits:
		return refuse(Invalid, "maximum", "%d at %d exceed 2^63-1.", a.maximum, a.priceMax)
	case a.ticketMinimum > a.maximum:
		return refuse(Invalid, "ticket_minimum", "The smallest ticket %d is above the maximum %d.", a.ticketMinimum, a.maximum)
	case a.ticketMaximum != 0 && a.ticketMaximum < a.ticketMinimum:
		return refuse(Invalid, "ticket_maximum", "The largest ticket %d is below the smallest, %d.", a.ticketMaximum, a.ticketMinimum)
	case !a.opensAt.Before(a.closesAt):
		return refuse(Invalid, "closes_at", "The offering would close before it opens, at %s.", a.closesAt.Format(instantForm))
	case !a.closesAt.Before(a.allotBy):
		return refuse(Invalid, "allot_by", "It has to close before it is allotted, by %s.", a.allotBy.Format(instantForm))
	}
	return a.tiered()
}

func offerKeys(_ string, a offerArgs) []string {
	return []string{instrumentKey(a.instrument), accountKey(a.cashAccount)}
}

// mayOffer: who owes the units, paid into an account of his own.
func mayOffer(tx *Tx, c Call, a offerArgs) error {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	if i.Issuer != c.Party {
		return refuse(Forbidden, "owner", "%s is not issued by %s.", a.instrument, c.Party)
	}
	_, err = ownedBy(tx, c, a.cashAccount, "cash_account")
	return err
}

// offer opens an offering, once all that it may bring into being is set aside of what is authorised.
func offer(tx *Tx, c Call, a offerArgs) error {
	i, err := tradable(tx, a.instrument)
	if err != nil {
		return err
	}
	if _, err := openAccountAt(tx, a.cashAccount, "cash_account"); err != nil {
		return err
	}
	if err := a.stepped(i); err != nil {
		return err
	}
	if err := a.timely(tx); err != nil {
		return err
	}
	if i, err = i.withOffered(a.maximum); err != nil {
		return err
	}
	o := Offering{AllotBy: a.allotBy.Format(instantForm), CashAccount: a.cashAccount, ClosesAt: a.closesAt.Format(instantForm), Currency: i.Currency,
		Document: a.document, Instrument: a.instrument, Issuer: c.Party, Kind: a.kind, Maximum: a.maximum, Minimum: a.minimum, Offering: c.made(),
		OpensAt: a.opensAt.Format(instantForm), PriceMaxMinor: a.priceMax, PriceMinMinor: a.priceMin, Status: "open",
		TicketMaximum: a.ticketMaximum, TicketMinimum: a.ticketMinimum, Tiers: a.tiers, Version: "1"}
	tx.emit(o.opened())
	if err := tx.put(instrumentKey(a.instrument), i); err != nil {
		return err
	}
	return tx.put(offeringKey(o.Offering), o) // written unread: its id is the command's, which is new
}

func (o Offering) opened() OfferingOpened {
	return OfferingOpened{Offering: o.Offering, Issuer: o.Issuer, Instrument: o.Instrument, Currency: o.Currency, CashAccount: o.CashAccount, Kind: o.Kind,
		PriceMinMinor: o.PriceMinMinor, PriceMaxMinor: o.PriceMaxMinor, Minimum: o.Minimum, Maximum: o.Maximum,
		TicketMinimum: o.TicketMinimum, TicketMaximum: o.TicketMaximum, OpensAt: o.OpensAt, ClosesAt: o.ClosesAt, AllotBy: o.AllotBy,
		Tiers: o.Tiers, Document: o.Document}
}

// stepped: prices in ticks, quantities in lots.
func (a offerArgs) stepped(i Instrument) error {
	for _, one := range []struct {
		field        string
		number, step int64
		name         string
	}{
		{"price_min_minor", a.priceMin, i.TickMinor, "tick"}, {"price_max_minor", a.priceMax, i.TickMinor, "tick"},
		{"minimum", a.minimum, i.Lot, "lot"}, {"maximum", a.maximum, i.Lot, "lot"},
		{"ticket_minimum", a.ticketMinimum, i.Lot, "lot"}, {"ticket_maximum", a.ticketMaximum, i.Lot, "lot"},
	} {
		if one.number%one.step != 0 {
			return refuse(Invalid, one.field, "%s %d is no multiple of the %s %d.", one.field, one.number, one.name, one.step)
		}
	}
	for _, tier := range a.tiers {
		if tier.Quantity%i.Lot != 0 {
			return refuse(Invalid, "tiers", "The tier of %d for %s is no multiple of the lot %d.", tier.Quantity, tier.InvestorType, i.Lot)
		}
	}
	return nil
}

// timely: it closes in time to come, and is allotted within 400 days.
func (a offerArgs) timely(tx *Tx) error {
	if !tx.Now.Before(a.closesAt) {
		return refuse(Invalid, "closes_at", "closes_at %s has come already.", a.closesAt.Format(instantForm))
	}
	if a.allotBy.After(tx.Now.Add(longestOffering)) {
		return refuse(Invalid, "allot_by", "allot_by %s is not within the next 400 days.", a.allotBy.Format(instantForm))
	}
	return nil
}

type cancelOfferingArgs struct{ offering, reason string }

func parseCancelOffering(f *fields) cancelOfferingArgs {
	return cancelOfferingArgs{offering: f.pair("offering"), reason: f.remark("reason")}
}

func cancelOfferingKeys(_ string, a cancelOfferingArgs) []string {
	return []string{offeringKey(a.offering)}
}

func mayCancelOffering(tx *Tx, c Call, a cancelOfferingArgs) error {
	return ofIssuer(tx, c, a.offering)
}

// ofIssuer refuses a signer whose offering it is not.
func ofIssuer(tx *Tx, c Call, offering string) error {
	o, err := findOffering(tx, offering)
	if err == nil && o.Issuer != c.Party {
		err = refuse(Forbidden, "owner", "The offering %s is not of %s.", offering, c.Party)
	}
	return err
}

// cancelOffering takes back an offering that is not allotted. Its subscriptions are released by offering:release.
func cancelOffering(tx *Tx, _ Call, a cancelOfferingArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	if err := o.is("cancel"); err != nil {
		return err
	}
	tx.emit(OfferingCancelled{Offering: a.offering, Reason: a.reason})
	return o.end(tx, "cancel")
}

// end closes an offering and frees what it still had set aside of what is authorised.
func (o Offering) end(tx *Tx, event string) error {
	i, err := findInstrument(tx, o.Instrument, "instrument")
	if err != nil {
		return err
	}
	left, ok := subtract(i.Offered, o.Maximum-o.Issued)
	if !ok {
		return refuse(Internal, "offered", "%s: %d offered, %d to be freed.", o.Instrument, i.Offered, o.Maximum-o.Issued)
	}
	i.Offered = left
	o.Status, _ = nextOfferingStatus(o.Status, event)
	if err := tx.put(instrumentKey(o.Instrument), i); err != nil {
		return err
	}
	return tx.put(offeringKey(o.Offering), o)
}
