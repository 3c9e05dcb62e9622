package ledger

import "slices"

// Claim is an exchange's bust or correction of an execution that has settled.
// What has settled never changes: a claim moves the net difference back, in a
// settlement of its own, once both owners have accepted it or operator and custodian order it.
type Claim struct {
	Accepted   []string `json:"accepted"` // owners
	Buyer      string   `json:"buyer"`
	Claim      string   `json:"claim"`
	Execution  string   `json:"execution"` // reference
	Kind       string   `json:"kind"`      // bust, correct
	PriceMinor int64    `json:"price_minor,string"`
	Quantity   int64    `json:"quantity,string"` // what was really executed; 0 of a bust
	Seller     string   `json:"seller"`
	Status     string   `json:"status"` // open, refused, settled
	Venue      string   `json:"venue"`
	Version    string   `json:"version"`
}

// nextClaimStatus is the life of a claim. A refused one is settled by order only.
func nextClaimStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"open", "settle"}, [2]string{"refused", "enforce"}, [2]string{"open", "enforce"}:
		return "settled", true
	case [2]string{"open", "refuse"}:
		return "refused", true
	case [2]string{"open", "accept"}:
		return "open", true
	}
	return "", false
}

type openClaimArgs struct {
	execution, kind, notice string
	quantity, price         int64
}

func parseOpenClaim(f *fields) openClaimArgs {
	a := openClaimArgs{
		execution: f.text("execution", isReference, "a reference of 1 to 35 letters, digits or -"),
		kind:      f.oneOf("kind", "bust", "correct"),
		quantity:  f.integer("quantity", 0),
		price:     f.integer("price_minor", 0),
		notice:    f.text("notice", isReference, "a reference of 1 to 35 letters, digits or -"),
	}
	if f.refusal == nil && (a.kind == "bust") != (a.quantity == 0) {
		f.within(refuse(Invalid, "quantity", "A bust leaves a quantity of 0, a correction more: not %d.", a.quantity))
	}
	if f.refusal == nil && (a.kind == "bust") != (a.price == 0) {
		f.within(refuse(Invalid, "price_minor", "A bust leaves a price of 0, a correction more: not %d.", a.price))
	}
	return a
}

func openClaimKeys(party string, a openClaimArgs) []string {
	return []string{executionKey(party, a.execution)}
}

// openClaim writes down what the exchange says of an earlier execution. Nothing moves.
func openClaim(tx *Tx, c Call, a openClaimArgs) error {
	e, found, err := load[Execution](tx, executionKey(c.Party, a.execution))
	if err != nil {
		return err
	}
	if !found {
		return refuse(NotFound, "execution", "%s has reported no execution %s.", c.Party, a.execution)
	}
	if e.Status == "reversed" || e.Claim != "" {
		return refuse(WrongStatus, "execution", "The execution %s is %s, claim %s.", a.execution, e.Status, quoted(e.Claim))
	}
	buy, err := findOrder(tx, e.Buy, "buy_order")
	if err != nil {
		return err
	}
	sell, err := findOrder(tx, e.Sell, "sell_order")
	if err != nil {
		return err
	}
	if err := a.corrects(e, buy, sell); err != nil {
		return err
	}
	claim := Claim{Accepted: []string{}, Buyer: buy.Owner, Claim: c.made(), Execution: a.execution, Kind: a.kind,
		PriceMinor: a.price, Quantity: a.quantity, Seller: sell.Owner, Status: "open", Venue: c.Party, Version: "1"}
	e.Claim = claim.Claim
	tx.emit(ClaimOpened{Claim: claim.Claim, Venue: c.Party, Reference: a.execution, Trade: e.Trade, Kind: a.kind,
		Quantity: a.quantity, PriceMinor: a.price, Notice: a.notice, Buyer: claim.Buyer, Seller: claim.Seller})
	if err := tx.put(executionKey(c.Party, a.execution), e); err != nil {
		return err
	}
	return tx.put(claimKey(claim.Claim), claim)
}

// corrects refuses a correction that is none, is of more than was executed, or breaks a limit that was signed.
func (a openClaimArgs) corrects(e Execution, buy, sell Order) error {
	if a.kind == "bust" {
		return nil
	}
	switch {
	case a.quantity == e.Quantity && a.price == e.PriceMinor:
		return refuse(Invalid, "quantity", "%d at %d is what was executed already.", a.quantity, a.price)
	case a.quantity > e.Quantity:
		return refuse(Invalid, "quantity", "%d were executed, a correction cannot make them %d.", e.Quantity, a.quantity)
	case a.price > buy.LimitMinor:
		return refuse(Invalid, "buy_limit", "The order %s pays at most %d, not %d.", buy.Order, buy.LimitMinor, a.price)
	case a.price < sell.LimitMinor:
		return refuse(Invalid, "sell_limit", "The order %s takes at least %d, not %d.", sell.Order, sell.LimitMinor, a.price)
	}
	return nil
}

type claimArgs struct{ claim, reason string }

func parseAcceptClaim(f *fields) claimArgs { return claimArgs{claim: f.pair("claim")} }

func parseReasonedClaim(f *fields) claimArgs {
	return claimArgs{claim: f.pair("claim"), reason: f.remark("reason")}
}

func claimKeys(_ string, a claimArgs) []string { return []string{claimKey(a.claim)} }

func findClaim(tx *Tx, claim string) (Claim, error) {
	found, ok, err := load[Claim](tx, claimKey(claim))
	if err == nil && !ok {
		err = refuse(NotFound, "claim", "There is no claim %s.", claim)
	}
	return found, err
}

// mayAnswerClaim: whoever bought or sold what the claim is about.
func mayAnswerClaim(tx *Tx, c Call, a claimArgs) error {
	claim, err := findClaim(tx, a.claim)
	if err == nil && claim.Buyer != c.Party && claim.Seller != c.Party {
		err = refuse(Forbidden, "owner", "The claim %s is not about an order of %s.", a.claim, c.Party)
	}
	return err
}

func (claim Claim) is(event string) error {
	if _, ok := nextClaimStatus(claim.Status, event); !ok {
		return refuse(WrongStatus, "claim", "The claim %s is %s.", claim.Claim, claim.Status)
	}
	return nil
}

// acceptClaim is one owner's consent; with the second one it settles.
func acceptClaim(tx *Tx, c Call, a claimArgs) error {
	claim, err := findClaim(tx, a.claim)
	if err != nil {
		return err
	}
	if err := claim.is("accept"); err != nil {
		return err
	}
	if slices.Contains(claim.Accepted, c.Party) {
		return refuse(WrongStatus, "accepted", "%s has accepted the claim %s already.", c.Party, a.claim)
	}
	claim.Accepted = append(slices.Clone(claim.Accepted), c.Party)
	tx.emit(ClaimAccepted{Claim: a.claim, Party: c.Party})
	if len(claim.Accepted) < 2 {
		return tx.put(claimKey(a.claim), claim)
	}
	return claim.settle(tx, "settle")
}

// refuseClaim is an owner's no: from now on only an order of operator and custodian settles it.
func refuseClaim(tx *Tx, c Call, a claimArgs) error {
	claim, err := findClaim(tx, a.claim)
	if err != nil {
		return err
	}
	if err := claim.is("refuse"); err != nil {
		return err
	}
	claim.Status = "refused"
	tx.emit(ClaimRefused{Claim: a.claim, Party: c.Party, Reason: a.reason})
	return tx.put(claimKey(a.claim), claim)
}

// enforceClaim settles a claim without its owners' consent. Two organisations sign it.
func enforceClaim(tx *Tx, _ Call, a claimArgs) error {
	claim, err := findClaim(tx, a.claim)
	if err != nil {
		return err
	}
	if err := claim.is("enforce"); err != nil {
		return err
	}
	tx.emit(ClaimEnforced{Claim: a.claim, Reason: a.reason})
	return claim.settle(tx, "enforce")
}

// settle moves the net difference between what was executed and what the claim
// says, out of what is available, and writes down what is true from now on.
func (claim Claim) settle(tx *Tx, event string) error {
	key := executionKey(claim.Venue, claim.Execution)
	e, _, err := load[Execution](tx, key)
	if err != nil {
		return err
	}
	i, err := findInstrument(tx, e.Instrument, "instrument")
	if err != nil {
		return err
	}
	after := e
	amount, ok := multiply(claim.Quantity, claim.PriceMinor)
	if !ok {
		return refuse(Internal, "amount", "%d at %d exceed 2^63-1.", claim.Quantity, claim.PriceMinor)
	}
	after.Quantity, after.PriceMinor, after.AmountMinor = claim.Quantity, claim.PriceMinor, amount
	after.BuyerFeeMinor, after.SellerFeeMinor = min(e.BuyerFeeMinor, feeOf(amount, i.FeeBps)), min(e.SellerFeeMinor, feeOf(amount, i.FeeBps))
	after.Status, after.Claim = "corrected", ""
	if claim.Kind == "bust" {
		after.Status = "reversed"
	}
	claim.Status, _ = nextClaimStatus(claim.Status, event)
	tx.emit(ClaimSettled{Claim: claim.Claim, Trade: e.Trade, Venue: claim.Venue, Reference: claim.Execution, Kind: claim.Kind,
		Quantity: claim.Quantity, PriceMinor: claim.PriceMinor})
	if err := settle(tx, claim.Claim, e.Trade, e.differences(after)); err != nil {
		return err
	}
	if err := tx.put(key, after); err != nil {
		return err
	}
	return tx.put(claimKey(claim.Claim), claim)
}

// differences are the legs from one state of an execution to another: units back to
// the seller, fees back to both, then the difference in price one way or the other.
func (e Execution) differences(after Execution) []movement {
	return []movement{
		{Leg{e.Instrument, e.BuyerAccount, e.SellerAccount, e.Quantity - after.Quantity}, false},
		{Leg{e.Currency, e.FeeAccount, e.BuyerCashAccount, e.BuyerFeeMinor - after.BuyerFeeMinor}, false},
		{Leg{e.Currency, e.FeeAccount, e.SellerCashAccount, e.SellerFeeMinor - after.SellerFeeMinor}, false},
		{Leg{e.Currency, e.SellerCashAccount, e.BuyerCashAccount, max(0, e.AmountMinor-after.AmountMinor)}, false},
		{Leg{e.Currency, e.BuyerCashAccount, e.SellerCashAccount, max(0, after.AmountMinor-e.AmountMinor)}, false},
	}
}
