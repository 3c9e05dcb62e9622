package ledger

type replaceArgs struct {
	order                   string
	quantity, limit, maxFee int64
}

func parseReplace(f *fields) replaceArgs {
	return replaceArgs{
		order:    f.pair("order"),
		quantity: f.integer("quantity", 1),
		limit:    f.integer("limit_minor", 1),
		maxFee:   f.integer("max_fee_minor", 0),
	}
}

func replaceKeys(_ string, a replaceArgs) []string { return []string{orderKey(a.order)} }

// mayReplace: its owner, or an agent whose mandate lets it sign for him.
func mayReplace(tx *Tx, c Call, a replaceArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err != nil {
		return err
	}
	account, err := findAccount(tx, o.Account, "account")
	if err != nil {
		return err
	}
	return maySign(tx, c, account)
}

// replace gives an open order other terms. On our book they hold at once, and
// what the order may cost is reserved anew. At an exchange the increase is reserved now,
// and the terms wait for the exchange's answer; what they save is free after it.
func replace(tx *Tx, c Call, a replaceArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err != nil {
		return err
	}
	if _, open := nextOrderStatus(o.Status, "cancel"); !open {
		return ended(o)
	}
	if o.Pending != nil {
		return refuse(WrongStatus, "pending", "The order %s has a replacement that %s has not answered yet.", o.Order, o.Venue)
	}
	i, err := tradable(tx, o.Instrument)
	if err != nil {
		return err
	}
	if a.quantity <= o.Filled {
		return refuse(Invalid, "quantity", "%d of the order %s are filled already, so it cannot become %d.", o.Filled, o.Order, a.quantity)
	}
	cost, err := placeArgs{quantity: a.quantity, limit: a.limit, maxFee: a.maxFee}.costs(i)
	if err != nil {
		return err
	}
	if a.maxFee < o.FeesMinor {
		return refuse(Invalid, "max_fee_minor", "%d of fees are paid already, more than max_fee_minor %d.", o.FeesMinor, a.maxFee)
	}
	if o.isBuy() {
		if err := mayBuy(tx, o.Owner, i, cost-a.maxFee); err != nil {
			return err
		}
	}
	was := o.Quantity*o.LimitMinor + o.MaxFeeMinor
	if err := use(tx, c, o.Owner, cost, max(0, cost-was)); err != nil {
		return err
	}
	terms := Terms{Held: c.Key.Held, Kid: c.Kid, LimitMinor: a.limit, MaxFeeMinor: a.maxFee, Quantity: a.quantity}
	if o.atExchange() {
		return o.requestReplace(tx, c, terms)
	}
	return o.become(tx, terms)
}

// requestReplace reserves what the new terms may cost more, and keeps them until the exchange answers.
func (o Order) requestReplace(tx *Tx, c Call, terms Terms) error {
	before := o.Reserved
	o.Pending = &terms
	if !o.needFits() {
		return refuse(Invalid, "amount", "The old terms and the new ones together exceed 2^63-1.")
	}
	o.Reserved = o.need()
	instrument, account := o.reservation()
	if err := reserve(tx, instrument, account, o.Reserved-before); err != nil {
		return err
	}
	tx.emit(OrderReplaceRequested{Order: o.Order, By: c.Party, Kid: terms.Kid, Held: terms.Held, Quantity: terms.Quantity,
		LimitMinor: terms.LimitMinor, MaxFeeMinor: terms.MaxFeeMinor, Reserved: o.Reserved})
	return tx.put(orderKey(o.Order), o)
}

// needFits tells whether need stays within 2^63-1: old and new terms may add up.
func (o Order) needFits() bool {
	left, more := o.remaining(), max(0, o.Pending.Quantity-o.Filled)
	old, _ := multiply(left, o.LimitMinor) // fit when they were signed
	extra, _ := multiply(max(0, more-left), o.Pending.LimitMinor)
	replaced, _ := multiply(more, o.Pending.LimitMinor)
	both, ok := add(old, extra)
	_, fits := add(max(both, replaced), max(o.MaxFeeMinor, o.Pending.MaxFeeMinor))
	return ok && fits
}

// become gives the order its new terms and the reservation that they need. Time
// priority is lost by another limit or a greater quantity, not by a smaller one.
func (o Order) become(tx *Tx, terms Terms) error {
	if !o.atExchange() && (terms.LimitMinor != o.LimitMinor || terms.Quantity > o.Quantity) {
		book, err := findBook(tx, o.Instrument)
		if err != nil {
			return err
		}
		next, ok := add(book.LastOrder, 1)
		if !ok {
			return refuse(Internal, "sequence", "The book of %s is full.", o.Instrument)
		}
		book.LastOrder, o.Sequence = next, next
		if err := tx.put(bookKey(o.Instrument), book); err != nil {
			return err
		}
	}
	before := o.Reserved
	o.Held, o.Kid, o.LimitMinor, o.Quantity, o.Pending = terms.Held, terms.Kid, terms.LimitMinor, terms.Quantity, nil
	o.MaxFeeMinor = max(terms.MaxFeeMinor, o.FeesMinor) // what was paid meanwhile, under the old terms, was signed too
	if o.remaining() == 0 {
		o.Status, _ = nextOrderStatus(o.Status, "complete")
	}
	if err := o.rereserve(tx, before); err != nil {
		return err
	}
	o.Reserved = o.need()
	tx.emit(OrderReplaced{Order: o.Order, Kid: o.Kid, Held: o.Held, Quantity: o.Quantity, LimitMinor: o.LimitMinor,
		MaxFeeMinor: o.MaxFeeMinor, Sequence: o.Sequence, Reserved: o.Reserved, Status: o.Status})
	return tx.put(orderKey(o.Order), o)
}

// rereserve moves the holding's reservation from what it was to what the order needs now.
func (o Order) rereserve(tx *Tx, before int64) error {
	instrument, account := o.reservation()
	if need := o.need(); need > before {
		return reserve(tx, instrument, account, need-before)
	} else if need < before {
		return release(tx, instrument, account, before-need)
	}
	return nil
}
