package ledger

// Subscriptions that come to nothing: of an offering that was cancelled or failed, or left out of its allotment.

type releaseSubscriptionsArgs struct {
	offering    string
	subscribers []string
}

func parseReleaseSubscriptions(f *fields) releaseSubscriptionsArgs {
	return releaseSubscriptionsArgs{offering: f.pair("offering"), subscribers: f.list("subscribers", 50, isCode, "a list of 1 to 50 different parties")}
}

func releaseSubscriptionsKeys(_ string, a releaseSubscriptionsArgs) []string {
	keys := []string{offeringKey(a.offering)}
	for _, subscriber := range a.subscribers {
		keys = append(keys, subscriptionKey(a.offering, subscriber))
	}
	return keys
}

// releaseSubscriptions frees the cash of subscriptions that come to nothing. What somebody has released before is
// passed over, so that nobody can keep the others waiting; if all of it is, there is nothing to do.
func releaseSubscriptions(tx *Tx, _ Call, a releaseSubscriptionsArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	open, err := a.open(tx, o)
	if err != nil {
		return err
	}
	if o, err = o.failing(tx); err != nil {
		return err
	}
	if len(open) == 0 {
		return refuse(WrongStatus, "subscription", "None of these subscriptions to %s is open.", a.offering)
	}
	for _, s := range open {
		if o, err = o.letGo(tx, s, releasedFor(o.Status)); err != nil {
			return err
		}
	}
	return tx.put(offeringKey(o.Offering), o)
}

// open reads the subscriptions named, and declares their holdings.
func (a releaseSubscriptionsArgs) open(tx *Tx, o Offering) (open []Subscription, err error) {
	keys := []string{instrumentKey(o.Instrument)}
	for _, subscriber := range a.subscribers {
		s, err := findSubscription(tx, a.offering, subscriber)
		if err != nil {
			return nil, err
		}
		if s.Status == "open" {
			open, keys = append(open, s), append(keys, holdingKey(o.Currency, s.CashAccount))
		}
	}
	return open, tx.want(keys...)
}

// failing is the offering once it has come to its end, whatever that is: one that can never be allotted or settled any more fails now.
func (o Offering) failing(tx *Tx) (Offering, error) {
	reason := o.failure(tx)
	switch {
	case o.Status != "open" && o.Status != "allotting":
		return o, nil
	case reason == "":
		return o, refuse(WrongStatus, "offering", "The offering %s is %s, to be allotted by %s.", o.Offering, o.Status, o.AllotBy)
	}
	tx.emit(OfferingFailed{Offering: o.Offering, Reason: reason})
	if err := o.end(tx, "fail"); err != nil {
		return o, err
	}
	o.Status, _ = nextOfferingStatus(o.Status, "fail")
	return o, nil
}

// failure is why an offering can come to nothing more; "" while it can.
func (o Offering) failure(tx *Tx) string {
	settleBy, _ := parseInstant(o.AllotBy)
	switch {
	case o.Status == "open" && past(tx, o.ClosesAt) && o.Subscribed < o.Minimum:
		return "below_minimum"
	case o.Status == "open" && past(tx, o.AllotBy):
		return "not_allotted"
	case o.Status == "allotting" && !tx.Now.Before(settleBy.Add(longestToSettle)):
		return "not_settled"
	}
	return ""
}

func releasedFor(status string) string {
	if status == "settled" { // left out of the allotment
		return "not_allotted"
	}
	return "offering_" + status
}

// letGo releases a subscription of an offering that ended, or that could not settle, and says why.
func (o Offering) letGo(tx *Tx, s Subscription, reason string) (Offering, error) {
	s, err := s.after("release")
	if err != nil {
		return o, err
	}
	released, s, err := s.free(tx, o)
	if err != nil {
		return o, err
	}
	o.Subscribed -= s.Quantity
	o.Subscriptions--
	tx.emit(SubscriptionReleased{Offering: s.Offering, Subscriber: s.Subscriber, Released: released, Reason: reason})
	return o, tx.put(subscriptionKey(s.Offering, s.Subscriber), s)
}
