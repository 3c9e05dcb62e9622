package ledger

// Subscription is an investor's signed wish for units of an offering, with its reservation in it.
type Subscription struct {
	Account      string `json:"account"`
	Allotted     int64  `json:"allotted,string"`
	CashAccount  string `json:"cash_account"`
	Held         string `json:"held"`
	InvestorType string `json:"investor_type"` // as qualified when he subscribed; "" if not
	Kid          string `json:"kid"`
	LimitMinor   int64  `json:"limit_minor,string"`
	Offering     string `json:"offering"`
	Quantity     int64  `json:"quantity,string"`
	Reserved     int64  `json:"reserved,string"`
	Sequence     int64  `json:"sequence,string"`
	Status       string `json:"status"` // open, withdrawn, settled, released
	Subscriber   string `json:"subscriber"`
	Version      string `json:"version"`
}

// nextSubscriptionStatus is the life of a subscription. Withdrawn or released, its party may subscribe anew.
func nextSubscriptionStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"", "subscribe"}, [2]string{"withdrawn", "subscribe"}:
		return "open", true
	case [2]string{"open", "withdraw"}:
		return "withdrawn", true
	case [2]string{"open", "settle"}:
		return "settled", true
	case [2]string{"open", "release"}:
		return "released", true
	}
	return "", false
}

type subscribeArgs struct {
	offering, account, cashAccount, invitation string
	quantity, limit                            int64
}

func parseSubscribe(f *fields) subscribeArgs {
	return subscribeArgs{
		offering:    f.pair("offering"),
		account:     f.pair("account"),
		cashAccount: f.pair("cash_account"),
		quantity:    f.integer("quantity", 1),
		limit:       f.integer("limit_minor", 1),
		invitation:  f.optional("invitation", isHash, "64 lower-case hexadecimal digits"),
	}
}

func subscribeKeys(party string, a subscribeArgs) []string {
	keys := []string{offeringKey(a.offering), accountKey(a.account), accountKey(a.cashAccount), subscriptionKey(a.offering, party)}
	if a.invitation != "" {
		keys = append(keys, invitationKey(a.offering, InvitationHash(a.offering, party, a.invitation)))
	}
	return keys
}

// maySubscribe: an investor or issuer, but not to what it offers itself, with accounts of its own.
func maySubscribe(tx *Tx, c Call, a subscribeArgs) error {
	if err := c.needs("investor", "issuer"); err != nil {
		return err
	}
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	if o.Issuer == c.Party {
		return refuse(Forbidden, "issuer", "%s cannot subscribe to its own offering %s.", c.Party, a.offering)
	}
	if _, err := ownedBy(tx, c, a.account, "account"); err != nil {
		return err
	}
	_, err = ownedBy(tx, c, a.cashAccount, "cash_account")
	return err
}

// subscribe takes an investor's wish, once all it may cost is reserved: cash at his limit.
// More than is offered may be subscribed; the allotment scales it down.
func subscribe(tx *Tx, c Call, a subscribeArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	if err := tx.want(instrumentKey(o.Instrument), instrumentKey(o.Currency), holdingKey(o.Currency, a.cashAccount)); err != nil {
		return err
	}
	i, err := a.subscribable(tx, c, o)
	if err != nil {
		return err
	}
	cost, err := a.fits(o, i)
	if err != nil {
		return err
	}
	if err := mayAcquire(tx, c.Signer, i, cost); err != nil {
		return err
	}
	before, _, err := load[Subscription](tx, subscriptionKey(a.offering, c.Party))
	if err != nil {
		return err
	}
	s, err := before.after("subscribe")
	if err != nil {
		return refuse(Duplicate, "subscription", "%s has subscribed to the offering %s already.", c.Party, a.offering)
	}
	if err := reserve(tx, o.Currency, a.cashAccount, cost); err != nil {
		return err
	}
	o.Sequence++
	s = Subscription{Account: a.account, CashAccount: a.cashAccount, Held: c.Key.Held, InvestorType: c.Signer.investorType(tx), Kid: c.Kid, LimitMinor: a.limit, Offering: a.offering,
		Quantity: a.quantity, Reserved: cost, Sequence: o.Sequence, Status: s.Status, Subscriber: c.Party, Version: "1"}
	tx.emit(s.subscribed())
	return o.count(tx, s, 1)
}

// subscribable checks the offering's state and window, the accounts, and who is invited.
func (a subscribeArgs) subscribable(tx *Tx, c Call, o Offering) (i Instrument, err error) {
	if err := o.is("subscribe"); err != nil {
		return i, err
	}
	if err := o.within(tx); err != nil {
		return i, err
	}
	if i, err = tradable(tx, o.Instrument); err != nil {
		return i, err
	}
	if _, err := openAccountAt(tx, a.account, "account"); err != nil {
		return i, err
	}
	if _, err := openAccountAt(tx, a.cashAccount, "cash_account"); err != nil {
		return i, err
	}
	return i, o.invited(tx, c.Party, a.invitation)
}

// fits checks what a subscription says, and answers what it costs at most.
func (a subscribeArgs) fits(o Offering, i Instrument) (cost int64, err error) {
	switch {
	case a.quantity%i.Lot != 0:
		return 0, refuse(Invalid, "quantity", "The quantity %d is no multiple of the lot %d.", a.quantity, i.Lot)
	case a.quantity < o.TicketMinimum:
		return 0, refuse(Invalid, "quantity", "The quantity %d is below the smallest ticket, %d.", a.quantity, o.TicketMinimum)
	case o.TicketMaximum != 0 && a.quantity > o.TicketMaximum:
		return 0, refuse(Invalid, "quantity", "The quantity %d is above the largest ticket, %d.", a.quantity, o.TicketMaximum)
	case a.limit < o.PriceMinMinor || a.limit > o.PriceMaxMinor:
		return 0, refuse(Invalid, "limit_minor", "The limit %d is not between %d and %d.", a.limit, o.PriceMinMinor, o.PriceMaxMinor)
	case a.limit%i.TickMinor != 0:
		return 0, refuse(Invalid, "limit_minor", "The limit %d is no multiple of the tick %d.", a.limit, i.TickMinor)
	}
	cost, ok := multiply(a.quantity, a.limit)
	if !ok {
		return 0, refuse(Invalid, "amount", "%d at %d exceed 2^63-1.", a.quantity, a.limit)
	}
	return cost, nil
}

func (s Subscription) subscribed() OfferingSubscribed {
	return OfferingSubscribed{Offering: s.Offering, Subscriber: s.Subscriber, Kid: s.Kid, Held: s.Held, Account: s.Account, CashAccount: s.CashAccount,
		Quantity: s.Quantity, LimitMinor: s.LimitMinor, InvestorType: s.InvestorType, Reserved: s.Reserved, Sequence: s.Sequence}
}

// after is the subscription after an event of its life.
func (s Subscription) after(event string) (Subscription, error) {
	next, ok := nextSubscriptionStatus(s.Status, event)
	if !ok {
		return s, refuse(WrongStatus, "subscription", "The subscription of %s to %s is %s.", s.Subscriber, s.Offering, s.Status)
	}
	s.Status = next
	return s, nil
}

// count keeps a subscription that came (1) or went (-1), and what is open of its offering.
func (o Offering) count(tx *Tx, s Subscription, sign int64) error {
	o.Subscribed += sign * s.Quantity // at a limit of 1 or more all of it is reserved cash, so it cannot pass 2^63-1
	o.Subscriptions += sign
	if err := tx.put(subscriptionKey(s.Offering, s.Subscriber), s); err != nil {
		return err
	}
	return tx.put(offeringKey(o.Offering), o)
}

func findSubscription(tx *Tx, offering, subscriber string) (Subscription, error) {
	s, found, err := load[Subscription](tx, subscriptionKey(offering, subscriber))
	if err == nil && !found {
		err = refuse(NotFound, "subscription", "%s has not subscribed to the offering %s.", subscriber, offering)
	}
	return s, err
}

type withdrawSubscriptionArgs struct{ offering string }

func parseWithdrawSubscription(f *fields) withdrawSubscriptionArgs {
	return withdrawSubscriptionArgs{offering: f.pair("offering")}
}

func withdrawSubscriptionKeys(party string, a withdrawSubscriptionArgs) []string {
	return []string{offeringKey(a.offering), subscriptionKey(a.offering, party)}
}

// withdrawSubscription takes a subscription back until the offering closes; its cash is free again.
func withdrawSubscription(tx *Tx, c Call, a withdrawSubscriptionArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	s, err := findSubscription(tx, a.offering, c.Party)
	if err != nil {
		return err
	}
	if err := o.is("subscribe"); err != nil {
		return err
	}
	if err := o.within(tx); err != nil {
		return err
	}
	if s, err = s.after("withdraw"); err != nil {
		return err
	}
	released, s, err := s.free(tx, o)
	if err != nil {
		return err
	}
	tx.emit(OfferingWithdrawn{Offering: a.offering, Subscriber: c.Party, Released: released})
	return o.count(tx, s, -1)
}

// free makes the rest of a subscription's reservation available again.
func (s Subscription) free(tx *Tx, o Offering) (released int64, after Subscription, err error) {
	released, s.Reserved = s.Reserved, 0
	return released, s, release(tx, o.Currency, s.CashAccount, released)
}
