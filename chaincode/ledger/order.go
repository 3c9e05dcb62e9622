package ledger

import "time"

// Terms are what a replacement would make of an order.
type Terms struct {
	Held        string `json:"held"`
	Kid         string `json:"kid"`
	LimitMinor  int64  `json:"limit_minor,string"`
	MaxFeeMinor int64  `json:"max_fee_minor,string"`
	Quantity    int64  `json:"quantity,string"`
}

// Order is an offer to buy or sell, with its reservation in it.
type Order struct {
	Account     string `json:"account"`
	Book        string `json:"book"` // ledger: matched here; exchange: its venue matches elsewhere, and it alone frees the order
	Broker      string `json:"broker"`
	CashAccount string `json:"cash_account"`
	Currency    string `json:"currency"`
	FeesMinor   int64  `json:"fees_minor,string"` // paid so far
	Filled      int64  `json:"filled,string"`
	GoodTill    string `json:"good_till"`
	Held        string `json:"held"` // who held the key that signed: own, platform
	Instrument  string `json:"instrument"`
	Kid         string `json:"kid"`
	LimitMinor  int64  `json:"limit_minor,string"`
	MaxFeeMinor int64  `json:"max_fee_minor,string"`
	Order       string `json:"order"`
	Owner       string `json:"owner"`
	Pending     *Terms `json:"pending"` // a replacement that the exchange has not answered; never changed in place
	Quantity    int64  `json:"quantity,string"`
	Reserved    int64  `json:"reserved,string"` // units for a sell, minor units of cash for a buy
	Sequence    int64  `json:"sequence,string"` // time priority in its instrument
	Side        string `json:"side"`            // buy, sell
	Status      string `json:"status"`
	Venue       string `json:"venue"`
	Version     string `json:"version"`
}

// nextOrderStatus is the life of an order; what is not here is refused.
func nextOrderStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"new", "fill"}:
		return "partially_filled", true
	case [2]string{"new", "complete"}:
		return "filled", true
	case [2]string{"new", "cancel"}:
		return "cancelled", true
	case [2]string{"new", "expire"}:
		return "expired", true
	case [2]string{"new", "reject"}: // by its exchange, after it was reserved
		return "rejected", true
	case [2]string{"partially_filled", "fill"}:
		return "partially_filled", true
	case [2]string{"partially_filled", "complete"}:
		return "filled", true
	case [2]string{"partially_filled", "cancel"}: // what was filled stays filled
		return "cancelled", true
	case [2]string{"partially_filled", "expire"}:
		return "expired", true
	case [2]string{"partially_filled", "reject"}:
		return "cancelled", true
	}
	return "", false
}

// longestOrder is how far away good_till may be.
const longestOrder = 400 * 24 * time.Hour

func (o Order) remaining() int64 { return o.Quantity - o.Filled }

func (o Order) isBuy() bool { return o.Side == "buy" }

// atExchange tells orders apart that are matched elsewhere. One from before there were exchanges has no book, and is on ours.
func (o Order) atExchange() bool { return o.Book == "exchange" }

// reservation is where the order's reservation is held.
func (o Order) reservation() (instrument, account string) {
	if o.isBuy() {
		return o.Currency, o.CashAccount
	}
	return o.Instrument, o.Account
}

// past tells whether an instant that bounds something has come.
func past(tx *Tx, instant string) bool {
	at, ok := parseInstant(instant)
	return !ok || !tx.Now.Before(at)
}

// goodTill refuses an instant that has come or is too far away.
func goodTill(tx *Tx, at time.Time) error {
	if !tx.Now.Before(at) || at.After(tx.Now.Add(longestOrder)) {
		return refuse(Invalid, "good_till", "good_till %s is not within the next 400 days.", at.Format(instantForm))
	}
	return nil
}

type placeArgs struct {
	venue, broker, account, cashAccount, instrument, side string
	quantity, limit, maxFee                               int64
	goodTill                                              time.Time
}

func parsePlace(f *fields) placeArgs {
	return placeArgs{
		venue:       f.code("venue"),
		broker:      f.optional("broker", isCode, "a party's code"),
		account:     f.pair("account"),
		cashAccount: f.pair("cash_account"),
		instrument:  f.code("instrument"),
		side:        f.oneOf("side", "buy", "sell"),
		quantity:    f.integer("quantity", 1),
		limit:       f.integer("limit_minor", 1),
		goodTill:    f.instant("good_till"),
		maxFee:      f.integer("max_fee_minor", 0),
	}
}

func placeKeys(_ string, a placeArgs) []string {
	keys := []string{partyKey(a.venue), accountKey(a.account), accountKey(a.cashAccount),
		instrumentKey(a.instrument), bookKey(a.instrument)}
	if a.broker != "" {
		keys = append(keys, partyKey(a.broker))
	}
	if a.side == "sell" {
		keys = append(keys, holdingKey(a.instrument, a.account))
	}
	return keys
}

// mayPlace: the owner of both accounts, or an agent whose mandate lets it sign.
func mayPlace(tx *Tx, c Call, a placeArgs) error {
	if err := c.needs("investor", "issuer", "broker"); err != nil {
		return err
	}
	account, err := findAccount(tx, a.account, "account")
	if err != nil {
		return err
	}
	if err := maySign(tx, c, account); err != nil {
		return err
	}
	cash, err := findAccount(tx, a.cashAccount, "cash_account")
	if err == nil && cash.Owner != account.Owner {
		err = refuse(Forbidden, "owner", "%s does not own the account %s.", account.Owner, a.cashAccount)
	}
	return err
}

// place admits an order once all it may cost is reserved: cash at the limit
// and the highest fee for a buy, units for a sell.
func place(tx *Tx, c Call, a placeArgs) error {
	if err := a.wantCash(tx); err != nil {
		return err
	}
	i, err := tradable(tx, a.instrument)
	if err != nil {
		return err
	}
	o, err := placeable(tx, a)
	if err != nil {
		return err
	}
	cost, err := a.fits(tx, i)
	if err != nil {
		return err
	}
	if a.side == "buy" {
		if err := mayBuy(tx, o.Owner, i, cost-a.maxFee); err != nil {
			return err
		}
	}
	if err := use(tx, c, o.Owner, cost, cost); err != nil {
		return err
	}
	book, err := findBook(tx, a.instrument)
	if err != nil {
		return err
	}
	sequence, ok := add(book.LastOrder, 1)
	if !ok {
		return refuse(Internal, "sequence", "The book of %s is full.", a.instrument)
	}
	book.LastOrder = sequence
	o = a.order(o, c, i, cost, sequence)
	instrument, account := o.reservation()
	if err := reserve(tx, instrument, account, o.Reserved); err != nil {
		return err
	}
	if err := tx.put(bookKey(a.instrument), book); err != nil {
		return err
	}
	tx.emit(o.placed())
	return tx.put(orderKey(o.Order), o) // written unread: its id is the command's, which is new
}

// wantCash declares what only the instrument's record tells: the currency and what of it is held.
func (a placeArgs) wantCash(tx *Tx) error {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil || i.isCurrency() {
		return err
	}
	keys := []string{instrumentKey(i.Currency)}
	if a.side == "buy" {
		keys = append(keys, holdingKey(i.Currency, a.cashAccount))
	}
	return tx.want(keys...)
}

// tradable reads an instrument that can be ordered or executed: no currency,
// and neither it nor its currency suspended.
func tradable(tx *Tx, instrument string) (Instrument, error) {
	i, err := activeInstrument(tx, instrument, "instrument")
	if err != nil {
		return i, err
	}
	if i.isCurrency() {
		return i, refuse(Invalid, "instrument", "The currency %s cannot be ordered.", instrument)
	}
	_, err = activeInstrument(tx, i.Currency, "currency")
	return i, err
}

// placeable checks what the order names, venue, broker, accounts, and answers whose order it is and on whose book.
func placeable(tx *Tx, a placeArgs) (o Order, err error) {
	if o.Book, err = bookOf(tx, a.venue); err != nil {
		return o, err
	}
	if a.broker != "" {
		if err := inRole(tx, a.broker, "broker"); err != nil {
			return o, err
		}
	}
	account, err := openAccountAt(tx, a.account, "account")
	if err != nil {
		return o, err
	}
	o.Owner = account.Owner
	_, err = openAccountAt(tx, a.cashAccount, "cash_account")
	return o, err
}

// bookOf tells on whose book an order for this venue rests.
func bookOf(tx *Tx, venue string) (string, error) {
	p, err := activeParty(tx, venue, "venue")
	switch {
	case err != nil:
		return "", err
	case p.has("venue"):
		return "ledger", nil
	case p.has("exchange"):
		return "exchange", nil
	}
	return "", refuse(Invalid, "venue", "%s is no venue.", venue)
}

// inRole checks that the party in a field of the same name as its role is active in it.
func inRole(tx *Tx, party, role string) error {
	p, err := activeParty(tx, party, role)
	if err == nil && !p.has(role) {
		err = refuse(Invalid, role, "%s is no %s.", party, role)
	}
	return err
}

// fits checks what a new order says, and answers what it costs at most in cash.
func (a placeArgs) fits(tx *Tx, i Instrument) (cost int64, err error) {
	if err := a.stepped(i); err != nil {
		return 0, err
	}
	if err := goodTill(tx, a.goodTill); err != nil {
		return 0, err
	}
	return a.priced(i)
}

// costs is the same for terms whose time is settled.
func (a placeArgs) costs(i Instrument) (int64, error) {
	if err := a.stepped(i); err != nil {
		return 0, err
	}
	return a.priced(i)
}

func (a placeArgs) stepped(i Instrument) error {
	if a.quantity%i.Lot != 0 {
		return refuse(Invalid, "quantity", "The quantity %d is no multiple of the lot %d.", a.quantity, i.Lot)
	}
	if a.limit%i.TickMinor != 0 {
		return refuse(Invalid, "limit_minor", "The limit %d is no multiple of the tick %d.", a.limit, i.TickMinor)
	}
	return nil
}

func (a placeArgs) priced(i Instrument) (cost int64, err error) {
	amount, ok := multiply(a.quantity, a.limit)
	cost, fits := add(amount, a.maxFee)
	if !ok || !fits {
		return 0, refuse(Invalid, "amount", "%d at %d and a fee of %d exceed 2^63-1.", a.quantity, a.limit, a.maxFee)
	}
	if least := feeOf(amount, i.FeeBps); a.maxFee < least {
		return 0, refuse(Invalid, "max_fee_minor", "The fee may be %d, more than max_fee_minor %d allows.", least, a.maxFee)
	}
	return cost, nil
}

func (a placeArgs) order(o Order, c Call, i Instrument, cost, sequence int64) Order {
	reserved := a.quantity
	if a.side == "buy" {
		reserved = cost
	}
	return Order{Account: a.account, Book: o.Book, Broker: a.broker, CashAccount: a.cashAccount, Currency: i.Currency,
		GoodTill: a.goodTill.Format(instantForm), Held: c.Key.Held, Instrument: a.instrument, Kid: c.Kid,
		LimitMinor: a.limit, MaxFeeMinor: a.maxFee, Order: c.made(), Owner: o.Owner, Quantity: a.quantity,
		Reserved: reserved, Sequence: sequence, Side: a.side, Status: "new", Venue: a.venue, Version: "1"}
}

func (o Order) placed() OrderPlaced {
	return OrderPlaced{Order: o.Order, Owner: o.Owner, Kid: o.Kid, Held: o.Held, Venue: o.Venue, Book: o.Book, Broker: o.Broker,
		Account: o.Account, CashAccount: o.CashAccount, Instrument: o.Instrument, Side: o.Side, Quantity: o.Quantity,
		LimitMinor: o.LimitMinor, GoodTill: o.GoodTill, MaxFeeMinor: o.MaxFeeMinor, Sequence: o.Sequence, Reserved: o.Reserved}
}

func findBook(tx *Tx, instrument string) (Book, error) {
	b, found, err := load[Book](tx, bookKey(instrument))
	if err == nil && !found {
		err = refuse(NotFound, "instrument", "%s has no book.", instrument)
	}
	return b, err
}

type orderArgs struct{ order string }

func parseOrder(f *fields) orderArgs { return orderArgs{order: f.pair("order")} }

// orderArgsKeys: whose order it is stands in its reference.
func orderArgsKeys(_ string, a orderArgs) []string {
	return []string{orderKey(a.order), partyKey(partyOf(a.order))}
}

func findOrder(tx *Tx, order, field string) (Order, error) {
	o, found, err := load[Order](tx, orderKey(order))
	if err == nil && !found {
		err = refuse(NotFound, field, "There is no order %s.", order)
	}
	return o, err
}

// mayCancel: its owner, the broker it names, or whoever signed it.
func mayCancel(tx *Tx, c Call, a orderArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err == nil && o.Owner != c.Party && o.Broker != c.Party && partyOfKid(o.Kid) != c.Party {
		err = refuse(Forbidden, "owner", "The order %s is not of %s.", a.order, c.Party)
	}
	return err
}

// cancel takes an order off the book and releases its reservation. At an
// exchange it only says that somebody wants that: the exchange may have
// executed it meanwhile, and frees it by order:release.
func cancel(tx *Tx, c Call, a orderArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err != nil {
		return err
	}
	if o.atExchange() {
		if _, open := nextOrderStatus(o.Status, "cancel"); !open {
			return ended(o)
		}
		tx.emit(OrderCancelRequested{Order: a.order, By: c.Party})
		return nil
	}
	released, err := o.end(tx, "cancel")
	if err == nil {
		tx.emit(OrderCancelled{Order: a.order, Released: released})
	}
	return err
}

// expire takes an order off the book that can never execute again as it
// stands: past its time, signed by a compromised key, or of a suspended owner.
func expire(tx *Tx, _ Call, a orderArgs) error {
	o, err := findOrder(tx, a.order, "order")
	if err != nil {
		return err
	}
	if _, open := nextOrderStatus(o.Status, "expire"); !open {
		return ended(o)
	}
	if o.atExchange() {
		return refuse(WrongStatus, "book", "The order %s is at %s, which alone can free it.", o.Order, o.Venue)
	}
	owner, err := findParty(tx, o.Owner, "owner")
	if err != nil {
		return err
	}
	signer, err := findParty(tx, partyOfKid(o.Kid), "signer")
	if err != nil {
		return err
	}
	if !past(tx, o.GoodTill) && !owner.suspended() && !signer.compromised(o.Kid) {
		return refuse(WrongStatus, "good_till", "The order %s is good till %s.", a.order, o.GoodTill)
	}
	released, err := o.end(tx, "expire")
	if err == nil {
		tx.emit(OrderExpired{Order: a.order, Released: released})
	}
	return err
}

func ended(o Order) error {
	return refuse(WrongStatus, "order", "The order %s is %s already.", o.Order, o.Status)
}

// end closes an open order and answers what it released.
func (o Order) end(tx *Tx, event string) (released int64, err error) {
	next, open := nextOrderStatus(o.Status, event)
	if !open {
		return 0, ended(o)
	}
	instrument, account := o.reservation()
	if err := release(tx, instrument, account, o.Reserved); err != nil {
		return 0, err
	}
	released, o.Reserved, o.Status, o.Pending = o.Reserved, 0, next, nil
	return released, tx.put(orderKey(o.Order), o)
}
