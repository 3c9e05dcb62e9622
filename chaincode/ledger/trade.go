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
	for _, one := range []struct {
		order Order
		side  string
	}{{buy, "buy"}, {sell, "sell"}} {
		if err := executable(tx, c, one.order, one.side, a.instrument); err != nil {
			return err
		}
	}
	if _, err := tradable(tx, a.instrument); err != nil {
		return err
	}
	if err := a.agrees(i, buy, sell); err != nil {
		return err
	}
	f := fill{trade: c.made(), instrument: i, buy: buy, sell: sell, quantity: a.quantity, price: a.price}
	return f.settle(tx, func(f fill) error {
		tx.emit(f.executed(a))
		return nil
	})
}

// wantSides declares what only the orders and the instrument tell.
func wantSides(tx *Tx, i Instrument, buy, sell Order) error {
	keys := []string{partyKey(buy.Owner), partyKey(sell.Owner)}
	for _, o := range []Order{buy, sell} {
		keys = append(keys, partyKey(partyOfKid(o.Kid)), accountKey(o.Account), accountKey(o.CashAccount),
			holdingKey(o.Instrument, o.Account), holdingKey(o.Currency, o.CashAccount), instrumentKey(o.Currency))
		if o.Pending != nil {
			keys = append(keys, partyKey(partyOfKid(o.Pending.Kid)))
		}
	}
	if i.FeeBps != 0 {
		keys = append(keys, accountKey(i.FeeAccount), holdingKey(i.Currency, i.FeeAccount))
	}
	return tx.want(keys...)
}

// trusted refuses terms of an order whose signing key is compromised.
func trusted(tx *Tx, o Order, kid string) error {
	signer, err := findParty(tx, partyOfKid(kid), o.Side+"_key")
	if err == nil && signer.compromised(kid) {
		err = refuse(WrongStatus, o.Side+"_key", "The key %s that signed the order %s is compromised.", kid, o.Order)
	}
	return err
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
	if !o.atExchange() && past(tx, o.GoodTill) { // an exchange may have executed it before, until it releases it
		return refuse(WrongStatus, side+"_expired", "The order %s was good till %s.", o.Order, o.GoodTill)
	}
	owner, err := findParty(tx, o.Owner, side+"_owner")
	if err != nil {
		return err
	}
	if err := trusted(tx, o, o.Kid); err != nil {
		return err
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

// executed is what a venue's execution tells.
func (f fill) executed(a executeArgs) TradeExecuted {
	return TradeExecuted{Trade: f.trade, Number: a.number, After: a.after, Instrument: f.instrument.Instrument,
		Buy: f.buy.Order, Sell: f.sell.Order, Buyer: f.buy.Owner, Seller: f.sell.Owner,
		BuyerAccount: f.buy.Account, SellerAccount: f.sell.Account,
		Quantity: f.quantity, PriceMinor: f.price, AmountMinor: f.amount,
		BuyerFeeMinor: f.buyerFee, SellerFeeMinor: f.sellerFee,
		BuyStatus: f.buy.Status, BuyFilled: f.buy.Filled, BuyReserved: f.buy.Reserved,
		SellStatus: f.sell.Status, SellFilled: f.sell.Filled, SellReserved: f.sell.Reserved,
		ReleasedMinor: f.released}
}
