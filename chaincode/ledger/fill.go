package ledger

// fill is one execution on its way into two orders, whoever found it: a venue's
// book here or an exchange. The orders are those before it, and after settle those after it.
type fill struct {
	trade               string
	instrument          Instrument
	buy, sell           Order
	quantity, price     int64
	amount              int64
	buyerFee, sellerFee int64
	released            int64 // of the buyer's reservation: what he saved
}

// settle carries the execution out: both orders, the units against cash out of both
// reservations, fees, and what the buyer saved is free again. tell emits its
// fact, before those of the settlement.
func (f fill) settle(tx *Tx, tell func(fill) error) error {
	i := f.instrument
	amount, ok := multiply(f.quantity, f.price)
	if !ok {
		return refuse(Internal, "amount", "%d at %d exceed 2^63-1.", f.quantity, f.price)
	}
	f.amount, f.buyerFee, f.sellerFee = amount, f.buy.fee(amount, i), f.sell.fee(amount, i)
	if i.FeeBps != 0 {
		if _, err := openAccountAt(tx, i.FeeAccount, "fee_account"); err != nil {
			return err
		}
	}
	before := f.buy.Reserved
	var err error
	if f.buy, err = f.buy.filledBy(f.quantity, f.buyerFee); err != nil {
		return err
	}
	if f.sell, err = f.sell.filledBy(f.quantity, f.sellerFee); err != nil {
		return err
	}
	f.released = before - amount - f.buyerFee - f.buy.Reserved
	if err := tell(f); err != nil {
		return err
	}
	if err := settle(tx, f.trade, f.trade, f.legs()); err != nil {
		return err
	}
	if err := release(tx, i.Currency, f.buy.CashAccount, f.released); err != nil {
		return err
	}
	if err := tx.put(orderKey(f.buy.Order), f.buy); err != nil {
		return err
	}
	return tx.put(orderKey(f.sell.Order), f.sell)
}

// legs: units, their price, both fees. The seller's fee comes out of what the cash leg brought him.
func (f fill) legs() []movement {
	i := f.instrument
	return []movement{
		{Leg{i.Instrument, f.sell.Account, f.buy.Account, f.quantity}, true},
		{Leg{i.Currency, f.buy.CashAccount, f.sell.CashAccount, f.amount}, true},
		{Leg{i.Currency, f.buy.CashAccount, i.FeeAccount, f.buyerFee}, true},
		{Leg{i.Currency, f.sell.CashAccount, i.FeeAccount, f.sellerFee}, false},
	}
}

// fee is the instrument's on this fill, never past what the order signed for.
func (o Order) fee(amount int64, i Instrument) int64 {
	return min(feeOf(amount, i.FeeBps), o.MaxFeeMinor-o.FeesMinor)
}

// filledBy is the order after one more fill; its status follows from what is
// left. One with a replacement on its way stays open: the exchange may say that there is more.
func (o Order) filledBy(quantity, fee int64) (Order, error) {
	o.Filled += quantity
	o.FeesMinor += fee
	event := "fill"
	if o.remaining() == 0 && o.Pending == nil {
		event = "complete"
	}
	next, ok := nextOrderStatus(o.Status, event)
	if !ok {
		return o, refuse(Internal, "order", "The order %s is %s.", o.Order, o.Status)
	}
	o.Status, o.Reserved = next, o.need()
	return o, nil
}

// need is what an open order must have reserved: units for a sell; for a buy
// what is left at its limit and what is left of its fee. While a replacement is
// pending, it is the most that any order of fills under the old terms and then the new could cost.
func (o Order) need() int64 {
	left, fee := o.remaining(), o.MaxFeeMinor
	if !o.isBuy() {
		if o.Pending != nil {
			return max(left, o.Pending.Quantity-o.Filled)
		}
		return left
	}
	most := left * o.LimitMinor
	if p := o.Pending; p != nil {
		more := max(0, p.Quantity-o.Filled)
		most = max(more*p.LimitMinor, most+max(0, more-left)*p.LimitMinor)
		fee = max(fee, p.MaxFeeMinor)
	}
	if most == 0 {
		return 0
	}
	return most + fee - o.FeesMinor
}
