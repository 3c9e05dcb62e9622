package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

type executeArgs struct {
	instrument, buy, sell          string
	number, after, quantity, price int64
}

func parseExecute(f *fields) executeArgs {
	return executeArgs{
		instrument: f.code("instrument"),
		number:     f.integer("number", 1),
		after:      f.integer("after", 0),
		buy:        f.pair("buy"),
		sell:       f.pair("sell"),
		quantity:   f.integer("quantity", 1),
		price:      f.integer("price_minor", 1),
	}
}

func executeKeys(_ string, a executeArgs) []string {
	return []string{bookKey(a.instrument), instrumentKey(a.instrument), orderKey(a.buy), orderKey(a.sell),
		partyKey(partyOf(a.buy)), partyKey(partyOf(a.sell))}
}

// ExecutionID derives the id of an execution from what is traded: a UUIDv8 of
// SHA-256 over "lonja/trade/1" and, each after its length in four bytes, the
// instrument, the number, the buy and the sell order. Every matcher proposes the same one.
func ExecutionID(instrument, number, buy, sell string) string {
	text := []byte("lonja/trade/1")
	for _, part := range []string{instrument, number, buy, sell} {
		text = binary.BigEndian.AppendUint32(text, uint32(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	digits := hex.EncodeToString(sum[:16])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// takeNumber keeps an execution from happening twice, in place of the record
// that other commands leave: a venue's execution with the next number of its
// instrument uses that number up, whatever becomes of it.
func takeNumber(tx *Tx, signer Party, a executeArgs) error {
	if !signer.has("venue") {
		return nil // refused for its role, now and always
	}
	book, found, err := load[Book](tx, bookKey(a.instrument))
	if err != nil || !found {
		return err // without a book, refused when it runs
	}
	if a.number <= book.LastExecution {
		return refuse(Duplicate, "number", "The last execution in %s was number %d, %d is used.", a.instrument, book.LastExecution, a.number)
	}
	if a.number != book.LastExecution+1 {
		return refuse(WrongStatus, "number", "The last execution in %s was number %d, %d is not next.", a.instrument, book.LastExecution, a.number)
	}
	book.LastExecution = a.number
	return tx.put(bookKey(a.instrument), book)
}

// execute lets two orders trade and settles them in the same state change: units
// against cash out of both reservations, fees, and what the buyer saved is free again.
func execute(tx *Tx, c Call, a executeArgs) error {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	if id := ExecutionID(a.instrument, strconv.FormatInt(a.number, 10), a.buy, a.sell); id != c.ID {
		return refuse(Invalid, "id", "The id of this execution is %s, not %s.", id, c.ID)
	}
	buy, err := findOrder(tx, a.buy, "buy_order")
	if err != nil {
		return err
	}
	sell, err := findOrder(tx, a.sell, "sell_order")
	if err != nil {
		return err
	}
	if err := wantSides(tx, i, buy, sell); err != nil {
		return err
	}
	if err := executable(tx, c, buy, "buy", a.instrument); err != nil {
		return err
	}
	if err := executable(tx, c, sell, "sell", a.instrument); err != nil {
		return err
	}
	if _, err := tradable(tx, a.instrument); err != nil {
		return err
	}
	if err := a.agrees(i, buy, sell); err != nil {
		return err
	}
	return a.trade(tx, c, i, buy, sell)
}

// wantSides declares what only the orders and the instrument tell.
func wantSides(tx *Tx, i Instrument, buy, sell Order) error {
	keys := []string{partyKey(buy.Owner), partyKey(sell.Owner)}
	for _, o := range []Order{buy, sell} {
		keys = append(keys, accountKey(o.Account), accountKey(o.CashAccount),
			holdingKey(o.Instrument, o.Account), holdingKey(o.Currency, o.CashAccount), instrumentKey(o.Currency))
	}
	if i.FeeBps != 0 {
		keys = append(keys, accountKey(i.FeeAccount), holdingKey(i.Currency, i.FeeAccount))
	}
	return tx.want(keys...)
}

// executable checks one side. Its reasons say which.
func executable(tx *Tx, c Call, o Order, side, instrument string) error {
	if o.Side != side {
		return refuse(Invalid, side+"_side", "The order %s is a %s.", o.Order, o.Side)
	}
	if o.Instrument != instrument {
		return refuse(Invalid, side+"_instrument", "The order %s is for %s.", o.Order, o.Instrument)
	}
	if o.Venue != c.Party {
		return refuse(Forbidden, side+"_venue", "The order %s is for the venue %s.", o.Order, o.Venue)
	}
	if _, open := nextOrderStatus(o.Status, "fill"); !open {
		return refuse(WrongStatus, side+"_status", "The order %s is %s.", o.Order, o.Status)
	}
	if past(tx, o.GoodTill) {
		return refuse(WrongStatus, side+"_expired", "The order %s was good till %s.", o.Order, o.GoodTill)
	}
	owner, err := findParty(tx, o.Owner, side+"_owner")
	if err != nil {
		return err
	}
	if owner.compromised(o.Kid) {
		return refuse(WrongStatus, side+"_key", "The key %s that signed the order %s is compromised.", o.Kid, o.Order)
	}
	if owner.suspended() {
		return refuse(WrongStatus, side+"_suspended", "The owner %s of the order %s is suspended.", o.Owner, o.Order)
	}
	if _, err := openAccountAt(tx, o.Account, side+"_account"); err != nil {
		return err
	}
	_, err = openAccountAt(tx, o.CashAccount, side+"_cash_account")
	return err
}

// agrees checks that both orders let this quantity trade at this price.
func (a executeArgs) agrees(i Instrument, buy, sell Order) error {
	earlier := buy
	if sell.Sequence < buy.Sequence {
		earlier = sell
	}
	switch {
	case buy.Owner == sell.Owner:
		return refuse(Invalid, "same_owner", "Both orders are of %s.", buy.Owner)
	case a.quantity%i.Lot != 0:
		return refuse(Invalid, "quantity", "The quantity %d is no multiple of the lot %d.", a.quantity, i.Lot)
	case a.quantity > buy.remaining():
		return refuse(Insufficient, "buy_quantity", "The order %s has %d left, not %d.", a.buy, buy.remaining(), a.quantity)
	case a.quantity > sell.remaining():
		return refuse(Insufficient, "sell_quantity", "The order %s has %d left, not %d.", a.sell, sell.remaining(), a.quantity)
	case a.price%i.TickMinor != 0:
		return refuse(Invalid, "price_minor", "The price %d is no multiple of the tick %d.", a.price, i.TickMinor)
	case a.price > buy.LimitMinor:
		return refuse(Invalid, "buy_limit", "The order %s pays at most %d, not %d.", a.buy, buy.LimitMinor, a.price)
	case a.price < sell.LimitMinor:
		return refuse(Invalid, "sell_limit", "The order %s takes at least %d, not %d.", a.sell, sell.LimitMinor, a.price)
	case a.price != earlier.LimitMinor:
		return refuse(Invalid, "price_minor", "The earlier order %s has the limit %d, not %d.", earlier.Order, earlier.LimitMinor, a.price)
	}
	return nil
}

// filledBy is the order after one more fill; its status follows from what is left.
func (o Order) filledBy(quantity, fee int64) (Order, error) {
	o.Filled += quantity
	o.FeesMinor += fee
	event := "fill"
	if o.remaining() == 0 {
		event = "complete"
	}
	next, ok := nextOrderStatus(o.Status, event)
	if !ok {
		return o, refuse(Internal, "order", "The order %s is %s.", o.Order, o.Status)
	}
	o.Status = next
	return o, nil
}

// fee is the instrument's on this fill, never past what the order signed for.
func (o Order) fee(amount int64, i Instrument) int64 {
	return min(feeOf(amount, i.FeeBps), o.MaxFeeMinor-o.FeesMinor)
}

func (a executeArgs) trade(tx *Tx, c Call, i Instrument, buy, sell Order) error {
	amount, ok := multiply(a.quantity, a.price)
	if !ok {
		return refuse(Internal, "amount", "%d at %d exceed 2^63-1.", a.quantity, a.price)
	}
	buyerFee, sellerFee := buy.fee(amount, i), sell.fee(amount, i)
	if i.FeeBps != 0 {
		if _, err := openAccountAt(tx, i.FeeAccount, "fee_account"); err != nil {
			return err
		}
	}
	bought, err := buy.filledBy(a.quantity, buyerFee)
	if err != nil {
		return err
	}
	sold, err := sell.filledBy(a.quantity, sellerFee)
	if err != nil {
		return err
	}
	sold.Reserved -= a.quantity
	bought.Reserved = 0
	if left := bought.remaining(); left > 0 { // fits: it is less than what the order reserved at first
		bought.Reserved = left*bought.LimitMinor + bought.MaxFeeMinor - bought.FeesMinor
	}
	released := buy.Reserved - amount - buyerFee - bought.Reserved
	a.emitTrade(tx, c, bought, sold, amount, buyerFee, sellerFee, released)
	if err := settle(tx, c.made(), legs(a, i, buy, sell, amount, buyerFee, sellerFee)); err != nil {
		return err
	}
	if err := release(tx, i.Currency, buy.CashAccount, released); err != nil {
		return err
	}
	if err := tx.put(orderKey(a.buy), bought); err != nil {
		return err
	}
	return tx.put(orderKey(a.sell), sold)
}

// legs: units, their price, both fees. The seller's fee comes out of what the cash leg brought him.
func legs(a executeArgs, i Instrument, buy, sell Order, amount, buyerFee, sellerFee int64) []movement {
	return []movement{
		{Leg{a.instrument, sell.Account, buy.Account, a.quantity}, true},
		{Leg{i.Currency, buy.CashAccount, sell.CashAccount, amount}, true},
		{Leg{i.Currency, buy.CashAccount, i.FeeAccount, buyerFee}, true},
		{Leg{i.Currency, sell.CashAccount, i.FeeAccount, sellerFee}, false},
	}
}

func (a executeArgs) emitTrade(tx *Tx, c Call, buy, sell Order, amount, buyerFee, sellerFee, released int64) {
	tx.emit(TradeExecuted{Trade: c.made(), Number: a.number, After: a.after, Instrument: a.instrument,
		Buy: a.buy, Sell: a.sell, Buyer: buy.Owner, Seller: sell.Owner,
		BuyerAccount: buy.Account, SellerAccount: sell.Account,
		Quantity: a.quantity, PriceMinor: a.price, AmountMinor: amount,
		BuyerFeeMinor: buyerFee, SellerFeeMinor: sellerFee,
		BuyStatus: buy.Status, BuyFilled: buy.Filled, BuyReserved: buy.Reserved,
		SellStatus: sell.Status, SellFilled: sell.Filled, SellReserved: sell.Reserved,
		ReleasedMinor: released})
}
