package ledger

import (
	"slices"
	"strconv"
	"time"
)

type (
	InstrumentDefined struct {
		Instrument    string   `json:"instrument"`
		Version       int64    `json:"version,string"`
		Class         string   `json:"class"`
		Votes         int64    `json:"votes,string"`
		FaceMinor     int64    `json:"face_minor,string"`
		RateBps       int64    `json:"rate_bps,string"`
		Frequency     string   `json:"frequency"`
		DayCount      string   `json:"day_count"`
		MaturesOn     string   `json:"matures_on"`
		InvestorTypes []string `json:"investor_types"`
		Jurisdictions []string `json:"jurisdictions"`
		Document      string   `json:"document"`
	}
	InstrumentIdentified struct {
		Instrument string `json:"instrument"`
		ISIN       string `json:"isin"`
		CFI        string `json:"cfi"`
	}
	InstrumentAuthorised struct {
		Instrument string `json:"instrument"`
		Authorised string `json:"authorised"`
		Resolution string `json:"resolution"`
	}
)

func (InstrumentDefined) fact()    {}
func (InstrumentIdentified) fact() {}
func (InstrumentAuthorised) fact() {}

// classes are what an instrument of a kind can be: what its holders are promised.
var classes = map[string][]string{
	"equity": {"ordinary", "preferred", "non_voting"},
	"bond":   {"fixed", "zero"},
}

// mostRateBps bounds a yearly rate: a hundred percent.
const mostRateBps = 10_000

type defineArgs struct {
	instrument, class, frequency, dayCount, maturesOn, document string
	version, votes, faceMinor, rateBps                          int64
	investorTypes, jurisdictions                                []string
}

func parseDefine(f *fields) defineArgs {
	a := defineArgs{
		instrument:    f.code("instrument"),
		version:       f.integer("version", 1),
		class:         f.oneOf("class", "ordinary", "preferred", "non_voting", "fixed", "zero"),
		votes:         f.integer("votes", 0),
		faceMinor:     f.integer("face_minor", 0),
		rateBps:       f.integer("rate_bps", 0),
		frequency:     f.oneOf("frequency", "0", "1", "2", "4"),
		dayCount:      f.oneOf("day_count", "", "30/360", "ACT/360", "ACT/365"),
		maturesOn:     f.optional("matures_on", isDate, "a day like 2031-11-30"),
		investorTypes: f.some("investor_types", 3, isInvestorType, "a list of retail, qualified, institutional"),
		jurisdictions: f.some("jurisdictions", 100, isJurisdiction, "a list of countries' two letters"),
		document:      f.optional("document", isHash, "64 lower-case hexadecimal digits"),
	}
	if f.refusal == nil {
		f.within(a.consistent())
	}
	return a
}

// isDate: a day of the calendar, YYYY-MM-DD.
func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func isInvestorType(s string) bool {
	return slices.Contains([]string{"retail", "qualified", "institutional"}, s)
}

func (a defineArgs) isBond() bool { return slices.Contains(classes["bond"], a.class) }

// consistent refuses what the class cannot promise.
func (a defineArgs) consistent() *Error {
	fixed := a.class == "fixed"
	switch {
	case (a.class == "ordinary") && a.votes == 0 || a.votes != 0 && (a.isBond() || a.class == "non_voting"):
		return refuse(Invalid, "votes", "A unit of the class %s cannot have %d votes.", a.class, a.votes)
	case a.isBond() && a.faceMinor == 0:
		return refuse(Invalid, "face_minor", "A bond needs a face value: what is paid back for each unit.")
	case fixed != (a.rateBps != 0) && a.class != "preferred" || a.rateBps > mostRateBps:
		return refuse(Invalid, "rate_bps", "The class %s cannot have a rate of %d.", a.class, a.rateBps)
	case fixed == (a.frequency == "0"):
		return refuse(Invalid, "frequency", "The class %s cannot pay %s times a year.", a.class, a.frequency)
	case fixed == (a.dayCount == ""):
		return refuse(Invalid, "day_count", "The class %s does not go with the day count %s.", a.class, quoted(a.dayCount))
	case a.isBond() == (a.maturesOn == ""):
		return refuse(Invalid, "matures_on", "The class %s does not go with a maturity on %s.", a.class, quoted(a.maturesOn))
	}
	return nil
}

func defineKeys(_ string, a defineArgs) []string { return []string{instrumentKey(a.instrument)} }

// issuerAndAnyCustodian: who owes what an instrument promises, and one who keeps such for others.
func issuerAndAnyCustodian(tx *Tx, instrument string) ([2]side, error) {
	i, err := findInstrument(tx, instrument, "instrument")
	return [2]side{partySide(i.Issuer, "the issuer of "+instrument), roleSide("custodian")}, err
}

func whoDefine(tx *Tx, a defineArgs) ([2]side, error) { return issuerAndAnyCustodian(tx, a.instrument) }

// defineInstrument says what an instrument promises and to whom it is open, in the place of the version before.
// What class it is stays as it is once somebody holds it.
func defineInstrument(tx *Tx, _ Call, a defineArgs) error {
	i, err := findSecurity(tx, a.instrument)
	if err != nil {
		return err
	}
	switch {
	case !slices.Contains(classes[i.Kind], a.class):
		return refuse(Invalid, "class", "The %s %s is one of %s, not %s.", i.Kind, i.Instrument, joined(classes[i.Kind]), a.class)
	case i.Terms+1 != a.version:
		return refuse(WrongStatus, "version", "The next version of the terms of %s is %d, not %d.", i.Instrument, i.Terms+1, a.version)
	case i.Class != "" && i.Class != a.class && i.Issued > 0:
		return refuse(WrongStatus, "class", "%s is %s and held already.", i.Instrument, i.Class)
	case a.maturesOn != "" && a.maturesOn <= tx.Now.Format(time.DateOnly):
		return refuse(Invalid, "matures_on", "The day %s has come already.", a.maturesOn)
	}
	i.Class, i.Terms, i.InvestorTypes, i.Jurisdictions = a.class, a.version, a.investorTypes, a.jurisdictions
	tx.emit(InstrumentDefined{Instrument: a.instrument, Version: a.version, Class: a.class, Votes: a.votes, FaceMinor: a.faceMinor,
		RateBps: a.rateBps, Frequency: a.frequency, DayCount: a.dayCount, MaturesOn: a.maturesOn,
		InvestorTypes: a.investorTypes, Jurisdictions: a.jurisdictions, Document: a.document})
	return tx.put(instrumentKey(a.instrument), i)
}

// findSecurity refuses a currency: what it promises is the bank's money and nothing else.
func findSecurity(tx *Tx, instrument string) (Instrument, error) {
	i, err := findInstrument(tx, instrument, "instrument")
	if err == nil && i.isCurrency() {
		err = refuse(Invalid, "instrument", "%s is a currency.", instrument)
	}
	return i, err
}

type identifyArgs struct{ instrument, isin, cfi string }

func parseIdentify(f *fields) identifyArgs {
	return identifyArgs{
		instrument: f.code("instrument"),
		isin:       f.text("isin", isISIN, "an ISIN with the right check digit"),
		cfi:        f.text("cfi", isCFI, "six capital letters that begin with E or D"),
	}
}

// isCFI: ISO 10962 for what is traded here, an equity or a debt instrument.
func isCFI(s string) bool {
	return len(s) == 6 && only(s, isUpper) && (s[0] == 'E' || s[0] == 'D')
}

func identifyKeys(_ string, a identifyArgs) []string { return []string{instrumentKey(a.instrument)} }

// identify gives an instrument the number by which the world knows it; ours stays its code here.
func identify(tx *Tx, _ Call, a identifyArgs) error {
	i, err := findSecurity(tx, a.instrument)
	if err != nil {
		return err
	}
	if (a.cfi[0] == 'E') != (i.Kind == "equity") {
		return refuse(Invalid, "cfi", "The classification %s is not of kind %s.", a.cfi, i.Kind)
	}
	i.ISIN, i.CFI = a.isin, a.cfi
	tx.emit(InstrumentIdentified{Instrument: a.instrument, ISIN: a.isin, CFI: a.cfi})
	return tx.put(instrumentKey(a.instrument), i)
}

type authoriseArgs struct {
	instrument, resolution string
	authorised             int64
}

func parseAuthorise(f *fields) authoriseArgs {
	return authoriseArgs{
		instrument: f.code("instrument"),
		authorised: f.integer("authorised", 1),
		resolution: f.hash("resolution"),
	}
}

func authoriseKeys(_ string, a authoriseArgs) []string { return []string{instrumentKey(a.instrument)} }

func whoAuthorise(tx *Tx, a authoriseArgs) ([2]side, error) {
	return issuerAndAnyCustodian(tx, a.instrument)
}

// authorise changes how much may ever be issued, never to less than there is or is offered.
func authorise(tx *Tx, _ Call, a authoriseArgs) error {
	i, err := findSecurity(tx, a.instrument)
	if err != nil {
		return err
	}
	i.Authorised = strconv.FormatInt(a.authorised, 10)
	if !i.hasRoom(0) {
		return refuse(Insufficient, "authorised", "%d of %s are issued and %d offered already, more than %d.", i.Issued, i.Instrument, i.Offered, a.authorised)
	}
	tx.emit(InstrumentAuthorised{Instrument: a.instrument, Authorised: i.Authorised, Resolution: a.resolution})
	return tx.put(instrumentKey(a.instrument), i)
}
