package ledger

// Execution is what an exchange says was traded, once for each of its references.
type Execution struct {
	AmountMinor       int64  `json:"amount_minor,string"`
	Buy               string `json:"buy"`
	BuyerAccount      string `json:"buyer_account"`
	BuyerCashAccount  string `json:"buyer_cash_account"`
	BuyerFeeMinor     int64  `json:"buyer_fee_minor,string"`
	Claim             string `json:"claim"` // the one that is open, or ""
	Currency          string `json:"currency"`
	FeeAccount        string `json:"fee_account"`
	Instrument        string `json:"instrument"`
	PriceMinor        int64  `json:"price_minor,string"`
	Quantity          int64  `json:"quantity,string"`
	Reference         string `json:"reference"`
	Sell              string `json:"sell"`
	SellerAccount     string `json:"seller_account"`
	SellerCashAccount string `json:"seller_cash_account"`
	SellerFeeMinor    int64  `json:"seller_fee_minor,string"`
	Status            string `json:"status"` // settled, corrected, reversed
	Trade             string `json:"trade"`
	Venue             string `json:"venue"`
	Version           string `json:"version"`
}

type reportArgs struct {
	instrument, buy, sell, reference string
	quantity, price                  int64
}

func parseReport(f *fields) reportArgs {
	return reportArgs{
		instrument: f.code("instrument"),
		buy:        f.pair("buy"),
		sell:       f.pair("sell"),
		quantity:   f.integer("quantity", 1),
		price:      f.integer("price_minor", 1),
		reference:  f.text("reference", isReference, "a reference of 1 to 35 letters, digits or -"),
	}
}

func reportKeys(party string, a reportArgs) []string {
	return []string{executionKey(party, a.reference), instrumentKey(a.instrument), orderKey(a.buy), orderKey(a.sell),
		partyKey(partyOf(a.buy)), partyKey(partyOf(a.sell))}
}

// report settles what an exchange has executed between two of its orders:
// within the limits of both, never more than they have left, once for each
// reference. Which orders meet, and when, is the exchange's own rule.
func report(tx *Tx, c Call, a reportArgs) error {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	key := executionKey(c.Party, a.reference)
	if _, found, err := load[Execution](tx, key); err != nil {
		return err
	} else if found {
		return refuse(Duplicate, "reference", "%s has reported %s before.", c.Party, a.reference)
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
	for _, o := range []Order{buy, sell} {
		if !o.atExchange() {
			return refuse(WrongStatus, o.Side+"_book", "The order %s is on the ledger's book, and executed by its number.", o.Order)
		}
	}
	if _, err := tradable(tx, a.instrument); err != nil {
		return err
	}
	if buy.Owner == sell.Owner {
		return refuse(Invalid, "same_owner", "Both orders are of %s.", buy.Owner)
	}
	if buy, err = a.admitted(tx, buy); err != nil {
		return err
	}
	if sell, err = a.admitted(tx, sell); err != nil {
		return err
	}
	f := fill{trade: c.made(), instrument: i, buy: buy, sell: sell, quantity: a.quantity, price: a.price}
	return f.settle(tx, func(f fill) error {
		tx.emit(f.reported(c.Party, a.reference))
		return tx.put(key, f.execution(c.Party, a.reference))
	})
}

// admitted refuses what the order's terms do not let execute. What fits only
// the terms of a pending replacement says that the exchange has made them the order's.
func (a reportArgs) admitted(tx *Tx, o Order) (Order, error) {
	refusal := o.admits(a.quantity, a.price)
	if refusal == nil || o.Pending == nil {
		return o, refusal
	}
	replaced := o
	replaced.LimitMinor, replaced.Quantity = o.Pending.LimitMinor, o.Pending.Quantity
	if o.Filled >= o.Pending.Quantity || replaced.admits(a.quantity, a.price) != nil {
		return o, refusal
	}
	if err := trusted(tx, o, o.Pending.Kid); err != nil {
		return o, err
	}
	if err := o.become(tx, *o.Pending); err != nil {
		return o, err
	}
	return findOrder(tx, o.Order, "order")
}

// admits refuses more than the order has left, and a price outside its limit.
func (o Order) admits(quantity, price int64) error {
	switch {
	case quantity > o.remaining():
		return refuse(Insufficient, o.Side+"_quantity", "The order %s has %d left, not %d.", o.Order, o.remaining(), quantity)
	case o.isBuy() && price > o.LimitMinor:
		return refuse(Invalid, "buy_limit", "The order %s pays at most %d, not %d.", o.Order, o.LimitMinor, price)
	case !o.isBuy() && price < o.LimitMinor:
		return refuse(Invalid, "sell_limit", "The order %s takes at least %d, not %d.", o.Order, o.LimitMinor, price)
	}
	return nil
}

func (f fill) reported(venue, reference string) TradeReported {
	return TradeReported{Trade: f.trade, Venue: venue, Reference: reference, Instrument: f.instrument.Instrument,
		Buy: f.buy.Order, Sell: f.sell.Order, Buyer: f.buy.Owner, Seller: f.sell.Owner,
		BuyerAccount: f.buy.Account, SellerAccount: f.sell.Account,
		Quantity: f.quantity, PriceMinor: f.price, AmountMinor: f.amount,
		BuyerFeeMinor: f.buyerFee, SellerFeeMinor: f.sellerFee,
		BuyStatus: f.buy.Status, BuyFilled: f.buy.Filled, BuyReserved: f.buy.Reserved,
		SellStatus: f.sell.Status, SellFilled: f.sell.Filled, SellReserved: f.sell.Reserved,
		ReleasedMinor: f.released}
}

func (f fill) execution(venue, reference string) Execution {
	return Execution{AmountMinor: f.amount, Buy: f.buy.Order, BuyerAccount: f.buy.Account, BuyerCashAccount: f.buy.CashAccount,
		BuyerFeeMinor: f.buyerFee, Currency: f.instrument.Currency, FeeAccount: f.instrument.FeeAccount,
		Instrument: f.instrument.Instrument, PriceMinor: f.price, Quantity: f.quantity, Reference: reference,
		Sell: f.sell.Order, SellerAccount: f.sell.Account, SellerCashAccount: f.sell.CashAccount,
		SellerFeeMinor: f.sellerFee, Status: "settled", Trade: f.trade, Venue: venue, Version: "1"}
}
