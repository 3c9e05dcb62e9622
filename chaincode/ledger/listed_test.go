package ledger

import (
	"strconv"
	"time"
)

// What random stories do with mandates, replacements, an exchange's orders and its claims.

func (s *story) listed() string {
	switch n := s.IntN(20); {
	case n < 3:
		return s.mandates()
	case n < 9:
		return s.replaceOrder()
	case n < 12:
		return s.answerExchange()
	case n < 19:
		return s.doClaim()
	default:
		return s.command("CUSTODIA1", "disclosure:publish", object{"account": pick(s, s.omnibus, s.omnibus, s.account()), "instrument": s.instrument(),
			"as_of": s.in(0), "root": s.ledger, "total": s.small(9), "clients": "1"})
	}
}

func (s *story) mandates() string {
	if s.one(3) {
		owner := s.trader()
		for _, one := range []string{"ALICE", "BRUNO", "CARLA", "ACME-SA"} {
			if s.auditor.mandates[mandateKey(one, "BROKER1")].Status == "active" && s.one(2) {
				owner = one
			}
		}
		return s.command(owner, "mandate:revoke", object{"agent": "BROKER1"})
	}
	return s.command(s.trader(), "mandate:grant", object{"agent": "BROKER1", "affirmation": pick(s, "each", "none", "none", "none"),
		"order_minor": strconv.Itoa(50 + s.IntN(600)), "total_minor": strconv.Itoa(500 + s.IntN(2000)), "good_till": s.in(time.Duration(1+s.IntN(14_000)) * time.Second)})
}

func (s *story) replaceOrder() string {
	orders := s.auditor.openOrders()
	if len(orders) == 0 {
		return s.placeOrder()
	}
	o := pick(s, orders...)
	for range 6 {
		if o.Reserved == 0 {
			o = pick(s, orders...)
		}
	}
	unit := int64(1)
	if o.Instrument == "BETA" {
		unit = 5
	}
	args := terms(o.Order, text(max(0, o.Quantity+unit*int64(s.IntN(9)-4))), text(max(0, o.LimitMinor+unit*int64(s.IntN(3)-1))),
		text(max(0, o.MaxFeeMinor+int64(s.IntN(5)-2))))
	if s.one(30) {
		args[pick(s, "quantity", "limit_minor", "max_fee_minor")] = "9223372036854775807"
	}
	return s.command(pick(s, o.Owner, o.Owner, o.Owner, "BROKER1", s.trader()), "order:replace", args)
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// atExchange is one of the orders there, mostly one that the exchange owes an answer.
func (s *story) atExchange() (Order, bool) {
	var there, pending []Order
	for _, o := range s.auditor.openOrders() {
		if o.atExchange() {
			there = append(there, o)
		}
		if o.Pending != nil {
			pending = append(pending, o)
		}
	}
	if len(pending) > 0 && !s.one(4) {
		there = pending
	}
	if len(there) == 0 {
		return Order{}, false
	}
	return pick(s, there...), true
}

func (s *story) answerExchange() string {
	o, found := s.atExchange()
	if !found {
		return s.placeOrder()
	}
	exchange := pick(s, "MERCADO", "MERCADO", "MERCADO", "MERCADO", "MERCADO", "BOLSA")
	if o.Pending != nil && !s.one(5) {
		return s.command(exchange, "order:amend", answer(o.Order, pick(s, "replaced", "replaced", "refused")))
	}
	if !s.one(3) {
		return s.reportTrade()
	}
	if s.one(3) {
		return s.command(exchange, "order:amend", answer(o.Order, "replaced"))
	}
	return s.command(exchange, "order:release", released(o.Order, pick(s, "cancelled", "expired", "rejected")))
}

// reportTrade: two orders at the exchange that cross, at a price between their limits; now and then something else.
func (s *story) reportTrade() string {
	buy, sell, found := s.crossing(s.auditor.openOrders(), "MERCADO")
	if !found {
		return s.placeOrder()
	}
	quantity, price := min(buy.remaining(), sell.remaining()), sell.LimitMinor+int64(s.IntN(int(min(4, buy.LimitMinor-sell.LimitMinor+1))))
	if s.one(2) && quantity > 3 {
		quantity = 3
	}
	if s.one(3) {
		price += int64(s.IntN(3) - 1)
		quantity += int64(s.IntN(5) - 2)
	}
	args := reported("X"+s.small(400), buy.Order, sell.Order, text(max(0, quantity)), text(max(0, price)))
	args["instrument"] = buy.Instrument
	return s.command(pick(s, "MERCADO", "MERCADO", "MERCADO", "MERCADO", "BOLSA"), "trade:report", args)
}

func (s *story) doClaim() string {
	if len(s.claims) > 0 && !s.one(4) {
		return s.answerClaim(s.claims[len(s.claims)-1])
	}
	if len(s.reported) == 0 {
		return s.reportTrade()
	}
	reference := pick(s, s.reported...)
	e := s.auditor.executions[executionKey("MERCADO", reference)]
	args := object{"execution": reference, "kind": "bust", "quantity": "0", "price_minor": "0", "notice": "N"}
	if s.one(2) && e.Quantity > 0 {
		args["kind"], args["quantity"] = "correct", text(1+s.Int64N(e.Quantity))
		args["price_minor"] = text(e.PriceMinor + int64(s.IntN(3)-1))
	}
	return s.command("MERCADO", "claim:open", args)
}

func (s *story) answerClaim(claim string) string {
	c := s.auditor.claims[claimKey(claim)]
	reasoned := object{"claim": claim, "reason": "Test"}
	switch n := s.IntN(14); {
	case n < 3 && len(s.acts) > 0: // mostly the one of the line below
		return s.approve()
	case n < 5 || c.Status == "refused":
		return s.propose(pick(s, "OPERATOR", "CUSTODIA1"), "claim:enforce", reasoned)
	case n < 8:
		return s.command(pick(s, c.Buyer, c.Seller, s.trader()), "claim:refuse", reasoned)
	}
	return s.command(pick(s, c.Buyer, c.Seller), "claim:accept", object{"claim": claim})
}
