package ledger

// Issuance: the parts of a signed allotment settle one after the other, units that come into being against reserved cash.

type settlePartArgs struct {
	offering   string
	part       int64
	allotments []Allotted
	proof      []Step
}

func parseSettlePart(f *fields) settlePartArgs {
	a := settlePartArgs{offering: f.pair("offering"), part: f.integer("part", 0), allotments: readAllotments(f), proof: readProof(f)}
	for n := 1; f.refusal == nil && n < len(a.allotments); n++ {
		if a.allotments[n].Subscriber <= a.allotments[n-1].Subscriber {
			f.within(refuse(Invalid, "allotments", "%s does not come after %s.", a.allotments[n].Subscriber, a.allotments[n-1].Subscriber))
		}
	}
	return a
}

func readAllotments(f *fields) []Allotted {
	objects := f.objects("allotments", 25)
	list := make([]Allotted, 0, len(objects))
	for _, object := range objects {
		inner := readFields(object)
		list = append(list, Allotted{Subscriber: inner.code("subscriber"), Quantity: inner.integer("quantity", 0)})
		f.within(inner.done())
	}
	return list
}

func readProof(f *fields) []Step {
	objects := f.objectsUpTo("proof", 20)
	list := make([]Step, 0, len(objects))
	for _, object := range objects {
		inner := readFields(object)
		list = append(list, Step{Hash: inner.hash("hash"), Side: inner.oneOf("side", "left", "right")})
		f.within(inner.done())
	}
	return list
}

func settlePartKeys(_ string, a settlePartArgs) []string {
	keys := []string{offeringKey(a.offering)}
	for _, one := range a.allotments {
		keys = append(keys, subscriptionKey(a.offering, one.Subscriber), partyKey(one.Subscriber))
	}
	return keys
}

// settlePart issues one part of an allotment against payment. Anybody may carry it: the signed root says what is in it.
func settlePart(tx *Tx, _ Call, a settlePartArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	subscriptions, err := a.subscriptions(tx, o)
	if err != nil {
		return err
	}
	if err := a.isNext(o); err != nil {
		return err
	}
	i, err := payable(tx, o)
	if err != nil {
		return err
	}
	if err := a.adds(o, i, subscriptions); err != nil {
		return err
	}
	p := part{offering: o, instrument: i}
	for n, s := range subscriptions {
		if err := p.take(tx, s, a.allotments[n].Quantity); err != nil {
			return err
		}
	}
	return p.close(tx)
}

// subscriptions reads those of a part, and declares all that their settlement will need, so that the parts of a
// batch are fetched together. One that was never made is left to adds, which refuses it.
func (a settlePartArgs) subscriptions(tx *Tx, o Offering) ([]Subscription, error) {
	keys := []string{instrumentKey(o.Instrument), instrumentKey(o.Currency), accountKey(o.CashAccount), holdingKey(o.Currency, o.CashAccount), partyKey(o.Issuer)}
	list := make([]Subscription, 0, len(a.allotments))
	for _, one := range a.allotments {
		s, found, err := load[Subscription](tx, subscriptionKey(a.offering, one.Subscriber))
		if err != nil {
			return nil, err
		}
		if found {
			keys = append(keys, accountKey(s.Account), accountKey(s.CashAccount), holdingKey(o.Instrument, s.Account), holdingKey(o.Currency, s.CashAccount))
		}
		list = append(list, s)
	}
	return list, tx.want(keys...)
}

// isNext: parts settle in their order, each once, and only what was signed.
func (a settlePartArgs) isNext(o Offering) error {
	if o.Parts > 0 && a.part < o.Part {
		return refuse(Duplicate, "part", "The part %d of %s has settled.", a.part, a.offering)
	}
	if err := o.is("settle"); err != nil {
		return err
	}
	if a.part > o.Part {
		return refuse(WrongStatus, "part", "The next part of %s is %d, not %d.", a.offering, o.Part, a.part)
	}
	if root := AllotmentRoot(AllotmentLeaf(a.offering, a.part, a.allotments), a.proof); root != o.Root {
		return refuse(Invalid, "proof", "The part leads to the root %s, not to %s.", root, o.Root)
	}
	return nil
}

// payable: the instrument and its currency can be settled, and the issuer be paid.
func payable(tx *Tx, o Offering) (Instrument, error) {
	i, err := tradable(tx, o.Instrument)
	if err == nil {
		_, err = creditable(tx, o.CashAccount, "cash_account")
	}
	return i, err
}

// adds refuses a part that gives what was not subscribed, at a price above a limit, or not what was allotted in all.
func (a settlePartArgs) adds(o Offering, i Instrument, subscriptions []Subscription) error {
	left := o.Allotted - o.Given
	for n, s := range subscriptions {
		one := a.allotments[n]
		switch {
		case s.Status != "open":
			return refuse(Invalid, "allotments", "%s has no open subscription to %s.", one.Subscriber, a.offering)
		case one.Quantity > s.Quantity || one.Quantity%i.Lot != 0:
			return refuse(Invalid, "allotments", "%s has subscribed to %d in lots of %d, not to %d.", one.Subscriber, s.Quantity, i.Lot, one.Quantity)
		case one.Quantity > 0 && s.LimitMinor < o.PriceMinor:
			return refuse(Invalid, "allotments", "%s pays at most %d, not %d.", one.Subscriber, s.LimitMinor, o.PriceMinor)
		case one.Quantity > left:
			return refuse(Invalid, "allotments", "%d are left of the %d allotted, not %d for %s.", left, o.Allotted, one.Quantity, one.Subscriber)
		}
		left -= one.Quantity
	}
	if last := o.Part+1 == o.Parts; last && left != 0 {
		return refuse(Invalid, "allotments", "The last part leaves %d of the %d allotted.", left, o.Allotted)
	}
	return nil
}

// part is one part on its way: the offering and the instrument as they become.
type part struct {
	offering         Offering
	instrument       Instrument
	quantity, amount int64 // settled in it
}

// take settles one subscription, or releases it when it got nothing or cannot settle: nobody keeps the others waiting.
func (p *part) take(tx *Tx, s Subscription, quantity int64) error {
	p.offering.Given += quantity
	reason, err := s.hindrance(tx)
	if quantity == 0 && reason == "" {
		reason = "not_allotted"
	}
	if err != nil {
		return err
	}
	if reason != "" {
		p.offering, err = p.offering.letGo(tx, s, reason)
		return err
	}
	return p.settle(tx, s, quantity)
}

// hindrance is why a subscription cannot settle; "" when it can.
func (s Subscription) hindrance(tx *Tx) (string, error) {
	owner, err := findParty(tx, s.Subscriber, "subscriber")
	if err != nil {
		return "", err
	}
	account, err := findAccount(tx, s.Account, "account")
	switch {
	case err != nil:
		return "", err
	case owner.suspended():
		return "suspended", nil
	case owner.compromised(s.Kid):
		return "key_compromised", nil
	case account.closed():
		return "account_closed", nil
	}
	return "", nil
}

// settle: units that come into being against cash out of the reservation; the rest of it is free.
func (p *part) settle(tx *Tx, s Subscription, quantity int64) error {
	o := p.offering
	amount, ok := multiply(quantity, o.PriceMinor)
	if !ok || amount > s.Reserved {
		return refuse(Internal, "amount", "%d at %d do not come out of %d.", quantity, o.PriceMinor, s.Reserved)
	}
	s, err := s.after("settle")
	if err != nil {
		return err
	}
	s.Allotted, s.Reserved = quantity, s.Reserved-amount
	released, s, err := s.free(tx, o)
	if err != nil {
		return err
	}
	tx.emit(SubscriptionSettled{Offering: s.Offering, Subscriber: s.Subscriber, Account: s.Account, CashAccount: s.CashAccount,
		Instrument: o.Instrument, Quantity: quantity, PriceMinor: o.PriceMinor, AmountMinor: amount, ReleasedMinor: released})
	if err := settle(tx, s.Offering+"/"+s.Subscriber, "", []movement{
		{Leg{o.Instrument, "", s.Account, quantity}, false},
		{Leg{o.Currency, s.CashAccount, o.CashAccount, amount}, true},
	}); err != nil {
		return err
	}
	p.quantity, p.amount = p.quantity+quantity, p.amount+amount
	p.offering.Subscribed -= s.Quantity
	p.offering.Subscriptions--
	return tx.put(subscriptionKey(s.Offering, s.Subscriber), s)
}

// close counts what was issued; with the last part the offering is settled, and what it did not issue is free again.
func (p *part) close(tx *Tx) (err error) {
	o := p.offering
	if p.instrument, err = p.instrument.withPlaced(p.quantity); err != nil {
		return err
	}
	o.Issued += p.quantity
	o.Part++
	event := "settle"
	if o.Part == o.Parts {
		event = "complete"
	}
	status, _ := nextOfferingStatus(o.Status, event)
	tx.emit(OfferingSettled{Offering: o.Offering, Part: o.Part - 1, Status: status, Quantity: p.quantity, AmountMinor: p.amount, Issued: p.instrument.Issued})
	if err := tx.put(instrumentKey(o.Instrument), p.instrument); err != nil {
		return err
	}
	if event == "complete" {
		return o.end(tx, event)
	}
	return tx.put(offeringKey(o.Offering), o)
}
