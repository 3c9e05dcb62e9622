package ledger

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// What random stories do with offerings, from opening to the last part or the last release.

// raised is what a story remembers of its offerings.
type raised struct {
	offering string              // the newest
	proposed map[string][]object // parts of allotments that were proposed, by root
	signing  object              // an allotment that waits for its second signature
	invited  string              // the offering to which it has invited
	opened   int                 // the batch in which it opened one last
}

func (s *story) raise() string {
	o, known := s.auditor.offerings[offeringKey(s.raised.offering)]
	switch {
	case !known || s.one(40):
		return s.openOffering()
	case o.Status == "open" && !past(&Tx{Context: Context{Now: s.now}}, o.ClosesAt):
		return s.fillOffering(o)
	case o.Status == "open" && (o.Subscriptions > 0 || s.one(10)):
		return s.allotOffering(o)
	case o.Status == "allotting":
		return s.settleOffering(o)
	case o.Subscriptions > 0 || s.one(20):
		return s.releaseSome(o)
	}
	return s.openOffering()
}

func (s *story) openOffering() string {
	if s.raised.opened == s.batch {
		return s.placeOrder()
	}
	s.raised.opened = s.batch
	unit := int64(1)
	args := object{"instrument": pick(s, "ACME", "ACME", "BETA"), "kind": pick(s, "public", "public", "private"), "document": "", "tiers": []any{}}
	if args["instrument"] == "BETA" {
		unit = 5
		args["tiers"] = []any{object{"investor_type": "retail", "quantity": "5"}}
	}
	price, least := unit*int64(8+s.IntN(3)), unit*int64(1+s.IntN(20))
	args["price_min_minor"], args["price_max_minor"] = text(price), text(price+unit*int64(s.IntN(3)))
	args["minimum"], args["maximum"] = text(least), text(least+unit*int64(s.IntN(40)))
	args["ticket_minimum"], args["ticket_maximum"] = text(unit), text(unit*40*int64(s.IntN(2)))
	args["cash_account"] = pick(s, s.stage.acme, s.stage.acme, s.stage.acme, s.account())
	closes := time.Duration(200+s.IntN(700)) * time.Second
	args["opens_at"], args["closes_at"] = s.in(-time.Duration(s.IntN(3))*time.Second), s.in(closes)
	args["allot_by"] = s.in(closes + time.Duration(1+s.IntN(6000))*time.Second)
	if s.one(20) {
		args["maximum"] = "999000"
	}
	return s.command("ACME-SA", "offering:open", args)
}

// fillOffering subscribes mostly; now and then it invites, withdraws or cancels.
func (s *story) fillOffering(o Offering) string {
	if o.Kind == "private" && s.raised.invited != o.Offering && !s.one(6) {
		s.raised.invited = o.Offering
		return s.invite(o)
	}
	switch s.IntN(12) {
	case 0:
		return s.command(s.trader(), "offering:withdraw", object{"offering": o.Offering})
	case 1:
		return s.invite(o)
	case 2:
		if s.one(3) {
			return s.command("ACME-SA", "offering:cancel", object{"offering": o.Offering, "reason": "Test"})
		}
	}
	owner := pick(s, "ALICE", "BRUNO", "BRUNO", "CARLA", s.trader())
	account := map[string]string{"ALICE": s.stage.alice, "BRUNO": s.stage.bruno}[owner]
	if account == "" || s.one(8) {
		account = s.accountOf(owner)
	}
	unit := s.auditor.instruments[instrumentKey(o.Instrument)].Lot
	salt := ""
	if o.Kind == "private" && !s.one(10) {
		salt = someHash
	}
	args := object{"offering": o.Offering, "account": s.accountOf(owner), "cash_account": account, "invitation": salt,
		"quantity": text(unit * int64(1+s.IntN(45))), "limit_minor": text(o.PriceMinMinor + unit*int64(s.IntN(int((o.PriceMaxMinor-o.PriceMinMinor)/unit)+1)))}
	if s.one(30) {
		args[pick(s, "quantity", "limit_minor")] = pick(s, "9223372036854775807", "1", "13")
	}
	return s.command(owner, "offering:subscribe", args)
}

func (s *story) invite(o Offering) string {
	return s.command(pick(s, "ACME-SA", "ACME-SA", "ACME-SA", "ALICE"), "offering:invite", object{"offering": o.Offering, "invitations": []any{
		InvitationHash(o.Offering, "ALICE", someHash), InvitationHash(o.Offering, "BRUNO", someHash)}})
}

// openTo is everybody whose subscription to an offering is open, in order.
func (s *story) openTo(o Offering) (list []Subscription) {
	for _, one := range s.auditor.subscriptions {
		if one.Offering == o.Offering && one.Status == "open" {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b Subscription) int { return strings.Compare(a.Subscriber, b.Subscriber) })
	return list
}

// allotOffering proposes what fits, or not quite, and has it approved.
func (s *story) allotOffering(o Offering) string {
	open := s.openTo(o)
	if s.raised.signing != nil && !s.one(8) {
		act := s.raised.signing
		s.raised.signing = nil
		return s.command("CUSTODIA1", "act:approve", act)
	}
	if len(open) == 0 || s.one(8) {
		return s.releaseSome(o)
	}
	price, left, parts := open[s.IntN(len(open))].LimitMinor, o.Maximum, [][]Allotted{}
	if s.one(3) {
		price = o.PriceMinMinor
	}
	allotted := int64(0)
	for _, one := range open {
		quantity := min(one.Quantity, left)
		if one.LimitMinor < price && !s.one(10) {
			quantity = 0
		}
		if s.one(20) {
			continue // left out
		}
		left, allotted = left-quantity, allotted+quantity
		if len(parts) == 0 || s.one(2) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], Allotted{one.Subscriber, quantity})
	}
	if len(parts) == 0 {
		return s.releaseSome(o)
	}
	if s.one(12) {
		allotted += int64(s.IntN(3)) - 1
	}
	root, settle := provenParts(o.Offering, parts...)
	s.raised.proposed[root] = settle
	return s.propose(pick(s, "ACME-SA", "ACME-SA", "CUSTODIA1"), "offering:allot", allotment(o.Offering, text(price), text(max(0, allotted)), strconv.Itoa(len(parts)), root))
}

func (s *story) settleOffering(o Offering) string {
	parts := s.raised.proposed[o.Root]
	n := int(o.Part)
	if s.one(6) {
		n = s.IntN(len(parts))
	}
	if n >= len(parts) || s.one(12) {
		return s.releaseSome(o)
	}
	args := parts[n]
	if s.one(12) {
		args = changed(args, "part", s.small(len(parts)+1))
	}
	return s.command(pick(s, "OPERATOR", s.trader()), "offering:settle", args)
}

func (s *story) releaseSome(o Offering) string {
	list := []any{}
	for _, one := range s.openTo(o) {
		list = append(list, one.Subscriber)
	}
	if len(list) == 0 || s.one(20) {
		list = []any{pick(s, "ALICE", "BRUNO", "CARLA")}
	}
	return s.command(pick(s, "OPERATOR", s.trader()), "offering:release", object{"offering": o.Offering, "subscribers": list})
}

// later lets time jump past every bound, when an allotment is under way.
func (s *story) later() time.Duration {
	if o := s.auditor.offerings[offeringKey(s.raised.offering)]; o.Status == "allotting" && s.one(40) {
		return 8 * 24 * time.Hour
	}
	return 0
}
