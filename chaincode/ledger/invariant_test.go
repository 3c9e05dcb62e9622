package ledger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// An auditor keeps its own books from facts and writes, and checks the
// invariants of SAFETY.md after every batch.
type auditor struct {
	holdings    map[string]Holding
	orders      map[string]Order
	accounts    map[string]Account
	instruments map[string]Instrument
	withdrawals map[string]Withdrawal
	mandates    map[string]Mandate
	executions  map[string]Execution
	claims      map[string]Claim
	qualified   map[string]PartyQualified // by party, by the facts
	agreed      map[string]Instruction

	offerings     map[string]Offering
	subscriptions map[string]Subscription

	folded  map[string]HoldingMoved // holdings as the facts alone tell them
	issued  map[string]int64        // what came into being less what was paid out, by the facts
	filled  map[string]int64        // executed quantity by order, by the facts
	effects map[string]Outcome      // first outcome by party and id
	trades  map[string]bool
}

func newAuditor(state memory) *auditor {
	a := &auditor{map[string]Holding{}, map[string]Order{}, map[string]Account{}, map[string]Instrument{}, map[string]Withdrawal{},
		map[string]Mandate{}, map[string]Execution{}, map[string]Claim{}, map[string]PartyQualified{}, map[string]Instruction{}, map[string]Offering{}, map[string]Subscription{},
		map[string]HoldingMoved{}, map[string]int64{}, map[string]int64{}, map[string]Outcome{}, map[string]bool{}}
	for key, value := range state {
		a.learn(Write{key, value})
	}
	for key, h := range a.holdings {
		a.folded[key] = HoldingMoved{h.Instrument, h.Account, h.Quantity, h.Reserved}
	}
	for _, i := range a.instruments {
		a.issued[i.Instrument] = i.Issued
	}
	for _, p := range a.parties(state) {
		if q := p.Qualification; q != nil {
			a.qualified[p.Party] = PartyQualified{p.Party, q.Jurisdiction, q.InvestorType, q.LimitMinor, q.Commitment, q.GoodTill}
		}
	}
	return a
}

func (*auditor) parties(state memory) map[string]Party {
	parties := map[string]Party{}
	for key, value := range state {
		if class, _, _ := SplitKey(key); class == "party" {
			learn(parties, Write{key, value})
		}
	}
	return parties
}

// clone starts anew from what is known; the maps are not shared.
func (a *auditor) clone() *auditor {
	return &auditor{maps.Clone(a.holdings), maps.Clone(a.orders), maps.Clone(a.accounts), maps.Clone(a.instruments), maps.Clone(a.withdrawals),
		maps.Clone(a.mandates), maps.Clone(a.executions), maps.Clone(a.claims), maps.Clone(a.qualified), maps.Clone(a.agreed), maps.Clone(a.offerings), maps.Clone(a.subscriptions),
		maps.Clone(a.folded), maps.Clone(a.issued), maps.Clone(a.filled), maps.Clone(a.effects), maps.Clone(a.trades)}
}

func learn[T any](into map[string]T, w Write) {
	var record T
	if err := json.Unmarshal(w.Value, &record); err != nil {
		panic(err)
	}
	into[w.Key] = record
}

func (a *auditor) learn(w Write) {
	switch class, _, _ := SplitKey(w.Key); class {
	case "holding":
		learn(a.holdings, w)
	case "order":
		learn(a.orders, w)
	case "account":
		learn(a.accounts, w)
	case "instrument":
		learn(a.instruments, w)
	case "withdrawal":
		learn(a.withdrawals, w)
	case "mandate":
		learn(a.mandates, w)
	case "execution":
		learn(a.executions, w)
	case "claim":
		learn(a.claims, w)
	case "offering":
		learn(a.offerings, w)
	case "subscription":
		learn(a.subscriptions, w)
	case "instruction":
		learn(a.agreed, w)
	}
}

// audit takes one batch in and answers the first invariant that does not hold.
func (a *auditor) audit(writes []Write, outcomes []Outcome) error {
	for _, w := range writes {
		if key, err := ParseKey(ShowKey(w.Key)); err != nil || key != w.Key {
			return fmt.Errorf("I11: the key %q is of no class", w.Key)
		}
		a.learn(w)
	}
	if len(outcomes) == 1 && len(outcomes[0].Facts) == 0 {
		for _, w := range writes {
			if class, _, _ := SplitKey(w.Key); class != "lane" && class != "command" && !(class == "book" && outcomes[0].Function == tradeExecute) {
				return fmt.Errorf("%s/%s changed %s", outcomes[0].Code, outcomes[0].Reason, ShowKey(w.Key))
			}
		}
	}
	for _, o := range outcomes {
		if err := a.outcome(o); err != nil {
			return fmt.Errorf("%s %s:%s %s/%s: %w", o.Function, o.Party, o.ID, o.Code, o.Reason, err)
		}
	}
	for _, check := range []func() error{a.supply, a.reservations, a.lives, a.listing, a.raising, a.mirror} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// outcome: one id, one effect; what is refused has none; and the books by the facts.
func (a *auditor) outcome(o Outcome) error {
	if o.Code == Internal {
		return fmt.Errorf("the rules contradict themselves: %s", o.Message)
	}
	if o.Code != "" && len(o.Facts) > 0 {
		return fmt.Errorf("refused with facts")
	}
	if o.JWSHash != "" {
		return nil
	}
	name := o.Party + ":" + o.ID
	first, known := a.effects[name]
	numbered := o.Function == tradeExecute
	switch {
	case known && len(o.Facts) > 0 && (!numbered || first.Code == ""):
		return fmt.Errorf("I12: a second effect")
	case known && !numbered && first.Hash == o.Hash && (first.Code != o.Code || first.Message != o.Message):
		return fmt.Errorf("I12: another outcome than the first, %s", first.Code)
	case known && !numbered && first.Hash != o.Hash && o.Reason != "id":
		return fmt.Errorf("I12: an id used for two commands")
	}
	if !known || numbered && o.Code == "" {
		a.effects[name] = o
	}
	for i, f := range o.Facts {
		if err := a.fact(f, o.Facts[i+1:]); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) fact(f Fact, rest []Fact) error {
	switch f := f.(type) {
	case PartyQualified:
		a.qualified[f.Party] = f
	case OrderPlaced:
		return a.eligible(f)
	case OfferingSubscribed:
		i := a.offerings[offeringKey(f.Offering)].Instrument
		return a.eligible(OrderPlaced{Owner: f.Subscriber, Instrument: i, Side: "buy", Quantity: f.Quantity, LimitMinor: f.LimitMinor})
	case HoldingMoved:
		a.folded[holdingKey(f.Instrument, f.Account)] = f
	case InstrumentIssued:
		a.issued[f.Instrument] += f.Quantity
	case InstrumentRegistered:
		a.issued[f.Instrument] = 0
	case CashDeposited:
		a.issued[f.Instrument] += f.AmountMinor
	case CashPaid:
		a.issued[a.withdrawals[withdrawalKey(f.Withdrawal)].Instrument] -= f.AmountMinor
	case TradeExecuted:
		return a.trade(f, rest)
	case TradeReported:
		return a.trade(TradeExecuted{Trade: f.Trade, Instrument: f.Instrument, Buy: f.Buy, Sell: f.Sell, Buyer: f.Buyer, Seller: f.Seller,
			BuyerAccount: f.BuyerAccount, SellerAccount: f.SellerAccount, Quantity: f.Quantity, PriceMinor: f.PriceMinor,
			AmountMinor: f.AmountMinor, ReleasedMinor: f.ReleasedMinor}, rest)
	case ClaimSettled:
		return a.claimed(f, rest)
	case SubscriptionSettled:
		return a.placed(f, rest)
	case InstructionSettled:
		return a.exchanged(f, rest)
	}
	return nil
}

// trade: both legs in one command, cash = quantity × price, fees as signed, every settlement once.
func (a *auditor) trade(f TradeExecuted, rest []Fact) error {
	s, ok := rest[0].(SettlementSettled)
	if !ok || s.Trade != f.Trade || len(s.Legs) < 2 {
		return fmt.Errorf("I6: a trade without its settlement")
	}
	if a.trades[f.Trade] {
		return fmt.Errorf("I8: settled twice")
	}
	a.trades[f.Trade] = true
	a.filled[f.Buy] += f.Quantity
	a.filled[f.Sell] += f.Quantity
	units, cash := s.Legs[0], s.Legs[1]
	if units != (Leg{f.Instrument, f.SellerAccount, f.BuyerAccount, f.Quantity}) ||
		cash.Quantity != f.Quantity*f.PriceMinor || cash.Quantity != f.AmountMinor || f.ReleasedMinor < 0 || f.Buyer == f.Seller {
		return fmt.Errorf("I6: legs %+v of %+v", s.Legs, f)
	}
	return nil
}

// claimed: a claim settles once, by legs of its own under its own name.
func (a *auditor) claimed(f ClaimSettled, rest []Fact) error {
	s, ok := rest[0].(SettlementSettled)
	if !ok || s.Settlement != f.Claim || s.Trade != f.Trade {
		return fmt.Errorf("I6: a claim without its settlement")
	}
	if a.trades[f.Claim] {
		return fmt.Errorf("I8: claimed twice")
	}
	a.trades[f.Claim] = true
	return nil
}

// placed: units against cash in one command, for each subscription once and never above its limit.
func (a *auditor) placed(f SubscriptionSettled, rest []Fact) error {
	o, sub := a.offerings[offeringKey(f.Offering)], a.subscriptions[subscriptionKey(f.Offering, f.Subscriber)]
	s, ok := rest[0].(SettlementSettled)
	if !ok || len(s.Legs) != 2 || s.Legs[0] != (Leg{f.Instrument, "", f.Account, f.Quantity}) ||
		s.Legs[1] != (Leg{o.Currency, f.CashAccount, o.CashAccount, f.Quantity * f.PriceMinor}) {
		return fmt.Errorf("I6: %+v of %+v", rest[0], f)
	}
	if a.trades[s.Settlement] {
		return fmt.Errorf("I8: issued twice")
	}
	a.trades[s.Settlement] = true
	a.issued[f.Instrument] += f.Quantity
	if f.PriceMinor > sub.LimitMinor || f.Quantity > sub.Quantity || f.AmountMinor+f.ReleasedMinor != sub.Quantity*sub.LimitMinor {
		return fmt.Errorf("I6: %+v of %+v", f, sub)
	}
	return nil
}

// exchanged: an instruction settles once, with the second signature, in exactly the two legs both have signed.
func (a *auditor) exchanged(f InstructionSettled, rest []Fact) error {
	s, ok := rest[0].(SettlementSettled)
	if !ok || s.Settlement != f.Settlement || s.Trade != "" {
		return fmt.Errorf("I6: an instruction without its settlement")
	}
	if a.trades[f.Terms] || f.Deliverer == f.Receiver || f.By != f.Deliverer && f.By != f.Receiver {
		return fmt.Errorf("I8: %+v", f)
	}
	a.trades[f.Terms] = true
	legs := []Leg{{f.Instrument, f.DelivererAccount, f.ReceiverAccount, f.Quantity}}
	if f.AmountMinor > 0 {
		legs = append(legs, Leg{f.Currency, f.ReceiverCashAccount, f.DelivererCashAccount, f.AmountMinor})
	}
	if !slices.Equal(s.Legs, legs) {
		return fmt.Errorf("I6: legs %+v of %+v", s.Legs, f)
	}
	return nil
}

// supply: I1, I2, I9, no currency beyond what its bank attested, and the count of holdings in each account.
func (a *auditor) supply() error {
	sums, counts := map[string]int64{}, map[string]int64{}
	for key, h := range a.holdings {
		sums[h.Instrument] += h.Quantity
		if h.Quantity != 0 {
			counts[h.Account]++
		}
		if h.Reserved < 0 || h.Reserved > h.Quantity {
			return fmt.Errorf("I3: %s: %+v", ShowKey(key), h)
		}
	}
	for _, i := range a.instruments {
		if sums[i.Instrument] != i.Issued || a.issued[i.Instrument] != i.Issued {
			return fmt.Errorf("I1: %s: %d held, %d issued, %d by the facts", i.Instrument, sums[i.Instrument], i.Issued, a.issued[i.Instrument])
		}
		if i.isCurrency() && i.Issued > i.AttestedMinor {
			return fmt.Errorf("%s: %d issued, only %d attested", i.Instrument, i.Issued, i.AttestedMinor)
		}
		if authorised, capped := parseInteger(i.Authorised); capped && i.Issued+i.Offered > authorised {
			return fmt.Errorf("I9: %s: %d of %d", i.Instrument, i.Issued, authorised)
		}
	}
	for _, account := range a.accounts {
		if account.Holdings != counts[account.Account] || account.closed() && account.Holdings != 0 {
			return fmt.Errorf("%s counts %d holdings of %d", account.Account, account.Holdings, counts[account.Account])
		}
	}
	return nil
}

// reservations: I4.
func (a *auditor) reservations() error {
	open := map[string]int64{}
	for _, o := range a.orders {
		instrument, account := o.reservation()
		open[holdingKey(instrument, account)] += o.Reserved
	}
	for _, w := range a.withdrawals {
		if w.Status == "requested" {
			open[holdingKey(w.Instrument, w.Account)] += w.AmountMinor
		}
	}
	for _, s := range a.subscriptions {
		open[holdingKey(a.offerings[offeringKey(s.Offering)].Currency, s.CashAccount)] += s.Reserved
	}
	for _, n := range a.agreed {
		instrument, account := n.reservation()
		open[holdingKey(instrument, account)] += n.Reserved
	}
	for key, h := range a.holdings {
		if h.Reserved != open[key] {
			return fmt.Errorf("I4: %s: %d reserved, %d by what is open", ShowKey(key), h.Reserved, open[key])
		}
	}
	return nil
}

// lives: I5, and what an open order still reserves.
func (a *auditor) lives() error {
	for _, o := range a.orders {
		want := int64(0)
		if o.Status == "new" || o.Status == "partially_filled" {
			want = mostNeeded(o)
		}
		left := o.remaining() > 0 || o.Pending != nil
		status := o.Status == "new" && o.Filled == 0 || o.Status == "partially_filled" && o.Filled > 0 && left ||
			o.Status == "filled" && o.remaining() == 0 || o.Status == "cancelled" || o.Status == "expired" || o.Status == "rejected" && o.Filled == 0
		if o.Pending != nil && (!o.atExchange() || want == 0 && o.remaining() > 0) {
			return fmt.Errorf("I5: a replacement is pending for %+v", o)
		}
		if o.Reserved != want || !status || o.Filled != a.filled[o.Order] || o.FeesMinor > o.MaxFeeMinor {
			return fmt.Errorf("I5: %+v, executed %d, should reserve %d", o, a.filled[o.Order], want)
		}
	}
	return nil
}

// mostNeeded is what an open order must reserve, found by trying: however many
// units fill under the old terms before the pending ones take their place.
func mostNeeded(o Order) int64 {
	most, fee := o.remaining(), o.MaxFeeMinor
	if o.isBuy() {
		most *= o.LimitMinor
	}
	if p := o.Pending; p != nil {
		fee = max(fee, p.MaxFeeMinor)
		for first := range o.remaining() + 1 {
			cost := first + max(0, p.Quantity-o.Filled-first)
			if o.isBuy() {
				cost = first*o.LimitMinor + max(0, p.Quantity-o.Filled-first)*p.LimitMinor
			}
			most = max(most, cost)
		}
	}
	if most == 0 || !o.isBuy() {
		return most
	}
	return most + fee - o.FeesMinor
}

// listing: mandates are kept, claims and executions point at each other.
func (a *auditor) listing() error {
	for _, m := range a.mandates {
		if m.UsedMinor < 0 || m.UsedMinor > m.TotalMinor {
			return fmt.Errorf("a mandate is overdrawn: %+v", m)
		}
	}
	for key, n := range a.agreed {
		want := map[string]int64{"deliver": n.Quantity, "receive": n.AmountMinor}[n.Side]
		if n.Status != "alleged" {
			want = 0
		}
		if n.Reserved != want || (n.Status == "settled") != a.trades[n.Terms] || n.Owner == n.Counterparty {
			return fmt.Errorf("I4: %s: %+v", ShowKey(key), n)
		}
	}
	for key, e := range a.executions {
		if e.Claim != "" && (a.claims[claimKey(e.Claim)].Status == "settled" || e.Status == "reversed") ||
			e.AmountMinor != e.Quantity*e.PriceMinor || (e.Status == "reversed") != (e.Quantity == 0) {
			return fmt.Errorf("%s: %+v", ShowKey(key), e)
		}
	}
	return nil
}

// raising: an offering counts what is open and issued of it, and an instrument what its offerings set aside.
func (a *auditor) raising() error {
	type sums struct{ open, quantity, allotted int64 }
	of, offered := map[string]sums{}, map[string]int64{}
	for _, s := range a.subscriptions {
		want, sum := int64(0), of[s.Offering]
		if s.Status == "open" {
			want = s.Quantity * s.LimitMinor
			sum.open, sum.quantity = sum.open+1, sum.quantity+s.Quantity
		}
		sum.allotted += s.Allotted
		of[s.Offering] = sum
		if s.Reserved != want || (s.Status == "settled") != (s.Allotted > 0) {
			return fmt.Errorf("I5: %+v should reserve %d", s, want)
		}
	}
	for _, o := range a.offerings {
		if o.Status == "open" || o.Status == "allotting" {
			offered[o.Instrument] += o.Maximum - o.Issued
		}
		if (sums{o.Subscriptions, o.Subscribed, o.Issued}) != of[o.Offering] || o.Issued > o.Given || o.Given > o.Allotted || o.Allotted > o.Maximum ||
			o.Status == "settled" && o.Given != o.Allotted {
			return fmt.Errorf("%+v: %+v", o, of[o.Offering])
		}
	}
	for _, i := range a.instruments {
		if i.Offered != offered[i.Instrument] {
			return fmt.Errorf("I9: %s: %d offered, %d by its offerings", i.Instrument, i.Offered, offered[i.Instrument])
		}
	}
	return nil
}

// mirror: the holdings that the facts tell are the holdings of the state.
func (a *auditor) mirror() error {
	for key, h := range a.holdings {
		if f := a.folded[key]; f.Quantity != h.Quantity || f.Reserved != h.Reserved {
			return fmt.Errorf("I13: %s: %+v by the facts", ShowKey(key), f)
		}
	}
	if len(a.folded) != len(a.holdings) {
		return fmt.Errorf("I13: %d holdings, %d by the facts", len(a.holdings), len(a.folded))
	}
	return nil
}

// openOrders in a steady order, so that a seed always tells the same story.
func (a *auditor) openOrders() []Order {
	list := make([]Order, 0, len(a.orders))
	for _, o := range a.orders {
		list = append(list, o)
	}
	slices.SortFunc(list, func(x, y Order) int {
		if x.Order < y.Order {
			return -1
		}
		return 1
	})
	return list
}

// eligible: nobody orders what is not for him, or for more than the limit that was set for him.
func (a *auditor) eligible(f OrderPlaced) error {
	i, q := a.instruments[instrumentKey(f.Instrument)], a.qualified[f.Owner]
	if f.Side != "buy" || f.Owner == i.Issuer {
		return nil
	}
	if len(i.InvestorTypes) > 0 && !slices.Contains(i.InvestorTypes, q.InvestorType) ||
		len(i.Jurisdictions) > 0 && !slices.Contains(i.Jurisdictions, q.Jurisdiction) {
		return fmt.Errorf("%s ordered %s, which is not for it: %+v", f.Owner, f.Instrument, q)
	}
	if q.LimitMinor > 0 && f.Quantity*f.LimitMinor > q.LimitMinor {
		return fmt.Errorf("%s ordered for more than its limit of %d", f.Owner, q.LimitMinor)
	}
	return nil
}
