package ledger

import (
	"slices"
	"time"
)

// Qualification is what the operator has verified of a party. Who that is stays
// with the operator: the ledger has a salted commitment to what was seen.
type Qualification struct {
	Commitment   string `json:"commitment"`
	GoodTill     string `json:"good_till"`
	InvestorType string `json:"investor_type"`      // retail, qualified, institutional
	Jurisdiction string `json:"jurisdiction"`       // ISO 3166-1, two letters
	LimitMinor   int64  `json:"limit_minor,string"` // most that one acquisition may cost; 0 without
}

// longestQualification is how far away its good_till may be.
const longestQualification = 1100 * 24 * time.Hour

// isJurisdiction: two letters, AA to ZZ.
func isJurisdiction(s string) bool { return len(s) == 2 && only(s, isUpper) }

type qualifyArgs struct {
	party, jurisdiction, investorType, commitment string
	limit                                         int64
	goodTill                                      time.Time
}

func parseQualify(f *fields) qualifyArgs {
	return qualifyArgs{
		party:        f.code("party"),
		jurisdiction: f.text("jurisdiction", isJurisdiction, "a country's two letters"),
		investorType: f.oneOf("investor_type", "retail", "qualified", "institutional"),
		limit:        f.integer("limit_minor", 0),
		commitment:   f.hash("commitment"),
		goodTill:     f.instant("good_till"),
	}
}

func qualifyKeys(_ string, a qualifyArgs) []string { return []string{partyKey(a.party)} }

// qualify writes down what was verified of a party, in the place of what was known before.
func qualify(tx *Tx, _ Call, a qualifyArgs) error {
	p, err := findParty(tx, a.party, "party")
	if err != nil {
		return err
	}
	if !tx.Now.Before(a.goodTill) || a.goodTill.After(tx.Now.Add(longestQualification)) {
		return refuse(Invalid, "good_till", "good_till %s is not within the next 1100 days.", a.goodTill.Format(instantForm))
	}
	q := Qualification{Commitment: a.commitment, GoodTill: a.goodTill.Format(instantForm), InvestorType: a.investorType,
		Jurisdiction: a.jurisdiction, LimitMinor: a.limit}
	p.Qualification = &q
	tx.emit(PartyQualified{Party: a.party, Jurisdiction: q.Jurisdiction, InvestorType: q.InvestorType, LimitMinor: q.LimitMinor,
		Commitment: q.Commitment, GoodTill: q.GoodTill})
	return tx.put(partyKey(a.party), p)
}

// restricted tells whether only some investors may acquire the instrument.
func (i Instrument) restricted() bool { return len(i.InvestorTypes) > 0 || len(i.Jurisdictions) > 0 }

// mayAcquire refuses an owner to whom the instrument is not open, and an amount above the limit that was set
// for him, whatever the instrument: a limit holds until it is set anew, also past the qualification's time.
// The issuer of the instrument may always take back what it issued.
func mayAcquire(tx *Tx, owner Party, i Instrument, amount int64) error {
	if owner.Party == i.Issuer {
		return nil
	}
	q := owner.Qualification
	if i.restricted() {
		if err := i.opensTo(tx, owner.Party, q); err != nil {
			return err
		}
	}
	if q != nil && q.LimitMinor > 0 && amount > q.LimitMinor {
		return refuse(Insufficient, "limit_minor", "%s may acquire for %d at a time, not for %d.", owner.Party, q.LimitMinor, amount)
	}
	return nil
}

// opensTo refuses whoever is not of the kinds that the instrument is for; an empty list is everybody.
func (i Instrument) opensTo(tx *Tx, party string, q *Qualification) error {
	switch {
	case q == nil || past(tx, q.GoodTill):
		return refuse(Forbidden, "qualification", "%s is for qualified parties only, and %s has no qualification that is good.", i.Instrument, party)
	case len(i.InvestorTypes) > 0 && !slices.Contains(i.InvestorTypes, q.InvestorType):
		return refuse(Forbidden, "investor_type", "%s is for %s, and %s is %s.", i.Instrument, joined(i.InvestorTypes), party, q.InvestorType)
	case len(i.Jurisdictions) > 0 && !slices.Contains(i.Jurisdictions, q.Jurisdiction):
		return refuse(Forbidden, "jurisdiction", "%s is for %s, and %s is in %s.", i.Instrument, joined(i.Jurisdictions), party, q.Jurisdiction)
	}
	return nil
}

// mayBuy is mayAcquire for an order of the owner's, its fee left out.
func mayBuy(tx *Tx, owner string, i Instrument, amount int64) error {
	p, err := findParty(tx, owner, "owner")
	if err != nil {
		return err
	}
	return mayAcquire(tx, p, i, amount)
}

// investorType is what the party is qualified as; "" when it is not, or not any more.
func (p Party) investorType(tx *Tx) string {
	if p.Qualification == nil || past(tx, p.Qualification.GoodTill) {
		return ""
	}
	return p.Qualification.InvestorType
}
