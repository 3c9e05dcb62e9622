package ledger

// An exchange is a venue whose book is not on this ledger. An order that names
// one is reserved like any other; from then on only the exchange says what became of it.

type releaseArgs struct{ order, status, reason string }

func parseRelease(f *fields) releaseArgs {
	return releaseArgs{
		order:  f.pair("order"),
		status: f.oneOf("status", "cancelled", "expired", "rejected"),
		reason: f.optional("reason", isText, "a text of 1 to 140 printable characters"),
	}
}

func releaseKeys(_ string, a releaseArgs) []string { return []string{orderKey(a.order)} }

func mayRelease(tx *Tx, c Call, a releaseArgs) error { return ofExchange(tx, c, a.order) }

// ofExchange refuses everybody but the exchange at which the order is.
func ofExchange(tx *Tx, c Call, order string) error {
	if err := c.needs("exchange"); err != nil {
		return err
	}
	o, err := findOrder(tx, order, "order")
	if err == nil && o.Venue != c.Party {
		err = refuse(Forbidden, "venue", "The order %s is for the venue %s.", order, o.Venue)
	}
	return err
}

// releaseOrder ends an order as its exchange has ended it, and frees all that it still reserves.
func releaseOrder(tx *Tx, _ Call, a releaseArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err != nil {
		return err
	}
	if !o.atExchange() {
		return refuse(WrongStatus, "book", "The order %s is on the ledger's book.", a.order)
	}
	events := map[string]string{"cancelled": "cancel", "expired": "expire", "rejected": "reject"}
	status, _ := nextOrderStatus(o.Status, events[a.status])
	released, err := o.end(tx, events[a.status])
	if err != nil {
		return err
	}
	switch status {
	case "expired":
		tx.emit(OrderExpired{Order: a.order, Released: released})
	case "rejected":
		tx.emit(OrderRejected{Order: a.order, Released: released, Reason: a.reason})
	default:
		tx.emit(OrderCancelled{Order: a.order, Released: released})
	}
	return nil
}

type amendArgs struct{ order, outcome, reason string }

func parseAmend(f *fields) amendArgs {
	return amendArgs{
		order:   f.pair("order"),
		outcome: f.oneOf("outcome", "replaced", "refused"),
		reason:  f.optional("reason", isText, "a text of 1 to 140 printable characters"),
	}
}

func amendKeys(_ string, a amendArgs) []string { return []string{orderKey(a.order)} }

func mayAmend(tx *Tx, c Call, a amendArgs) error { return ofExchange(tx, c, a.order) }

// amend is the exchange's answer to a replacement: the order has the new terms, or keeps the old ones.
func amend(tx *Tx, _ Call, a amendArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err != nil {
		return err
	}
	if o.Pending == nil {
		return refuse(WrongStatus, "pending", "The order %s has no replacement to be answered.", a.order)
	}
	if a.outcome == "replaced" {
		if o.Filled > o.Pending.Quantity {
			return refuse(Invalid, "quantity", "%d of the order %s are filled, more than the %d it would become.", o.Filled, a.order, o.Pending.Quantity)
		}
		return o.become(tx, *o.Pending)
	}
	before := o.Reserved
	o.Pending = nil
	if o.remaining() == 0 {
		o.Status, _ = nextOrderStatus(o.Status, "complete")
	}
	if err := o.rereserve(tx, before); err != nil {
		return err
	}
	o.Reserved = o.need()
	tx.emit(OrderReplaceRefused{Order: a.order, Reason: a.reason, Reserved: o.Reserved, Status: o.Status})
	return tx.put(orderKey(a.order), o)
}
