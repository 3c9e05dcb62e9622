package scenario

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"lonja/chaincode/ledger"
	"lonja/chaincode/signer"
)

// The verbs of offerings, from opening to the last part or the last release.

// planOffer: `offer OF I MINIMUM MAXIMUM@PRICE`.
func (w *world) planOffer(s *statement) (*plan, error) {
	i, err := w.instrument(s.words[1])
	if err != nil {
		return nil, err
	}
	cash, err := w.account(s.option("cash", i.issuer))
	if err != nil {
		return nil, err
	}
	maximum, price, err := w.priced(i, s.words[3])
	if err != nil {
		return nil, err
	}
	highest := price
	if to := s.option("to", ""); to != "" {
		if highest, err = w.money(i, to); err != nil {
			return nil, err
		}
	}
	args := map[string]any{"instrument": i.code, "cash_account": cash.reference, "kind": s.option("kind", "public"), "price_min_minor": price,
		"price_max_minor": highest, "minimum": s.words[2], "maximum": maximum, "ticket_minimum": s.option("ticket", "1"),
		"ticket_maximum": s.option("most", "0"), "tiers": tiers(s.option("tiers", "")), "document": ""}
	id := w.named("offering", s.words[0])
	id.instrument = i.alias
	for _, at := range [][3]string{{"opens", "opens_at", "+0s"}, {"closes", "closes_at", "+1h"}, {"allot_by", "allot_by", "+48h"}} {
		if args[at[1]], err = w.till(id, s.option(at[0], at[2])); err != nil {
			return nil, err
		}
	}
	return w.one(s, i.issuer, "offering:open", args, id)
}

// tiers reads `retail:100,qualified:50`.
func tiers(text string) []any {
	list := []any{}
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		kind, quantity, _ := strings.Cut(one, ":")
		list = append(list, map[string]any{"investor_type": kind, "quantity": quantity})
	}
	return list
}

// salt is the secret of an invitation, as every runner makes it of names.
func salt(offering, party string) string {
	return signer.Hash([]byte("salt " + offering + " " + party))
}

func (w *world) planInvite(s *statement) (*plan, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return nil, err
	}
	hashes := []any{}
	for _, alias := range strings.Split(s.words[1], ",") {
		p, err := w.party(alias)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, ledger.InvitationHash(id.reference(), p.code, salt(s.words[0], alias)))
		w.invited[s.words[0]+" "+alias] = true
	}
	return w.one(s, w.instruments[id.instrument].issuer, "offering:invite", map[string]any{"offering": id.reference(), "invitations": hashes}, &identity{})
}

// planSubscribe: `subscribe OF PARTY Q@P`, with the invitation that he has.
func (w *world) planSubscribe(s *statement) (*plan, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return nil, err
	}
	account, err := w.account(s.option("account", s.words[1]))
	if err != nil {
		return nil, err
	}
	cash, err := w.account(s.option("cash", account.alias))
	if err != nil {
		return nil, err
	}
	quantity, limit, err := w.priced(w.instruments[id.instrument], s.words[2])
	if err != nil {
		return nil, err
	}
	invitation := ""
	if alias := s.option("invitation", s.words[1]); w.invited[s.words[0]+" "+alias] {
		invitation = salt(s.words[0], alias)
	}
	return w.one(s, s.words[1], "offering:subscribe", map[string]any{"offering": id.reference(), "account": account.reference,
		"cash_account": cash.reference, "quantity": quantity, "limit_minor": limit, "invitation": invitation}, &identity{})
}

func (w *world) planUnsubscribe(s *statement) (*plan, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return nil, err
	}
	return w.one(s, s.words[1], "offering:withdraw", map[string]any{"offering": id.reference()}, &identity{})
}

func (w *world) planCallOff(s *statement) (*plan, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return nil, err
	}
	args := map[string]any{"offering": id.reference(), "reason": "as the scenario says"}
	return w.one(s, w.instruments[id.instrument].issuer, "offering:cancel", args, &identity{})
}

// describeAllot: `allot OF PRICE`, by the rule in the README.
func (w *world) describeAllot(s *statement) (draft, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return draft{}, err
	}
	i := w.instruments[id.instrument]
	price, err := w.money(i, s.words[1])
	if err != nil {
		return draft{}, err
	}
	offering, err := w.record("offering/" + id.reference())
	if err != nil {
		return draft{}, err
	}
	b := w.book(offering, s.words[0])
	quantity := min(number(offering, "maximum"), b.demand(price))
	if said := s.option("allotted", ""); said != "" {
		if quantity, err = strconv.ParseInt(said, 10, 64); err != nil {
			return draft{}, err
		}
	}
	root, parts := b.shared(price, quantity)
	w.parts[s.words[0]] = parts
	return draft{"offering:allot", map[string]any{"offering": id.reference(), "price_minor": price, "allotted": strconv.FormatInt(quantity, 10),
		"parts": strconv.Itoa(len(parts)), "root": root}, i.issuer, nil}, nil
}

// planSettle carries all parts that are left, or the one of `part=N`.
func (w *world) planSettle(s *statement) (*plan, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return nil, err
	}
	offering, err := w.record("offering/" + id.reference())
	if err != nil {
		return nil, err
	}
	first, parts := int(number(offering, "part")), w.parts[s.words[0]]
	last := max(first+1, len(parts))
	if n := s.option("part", ""); n != "" {
		if first, err = strconv.Atoi(n); err != nil {
			return nil, err
		}
		last = first + 1
	}
	p := &plan{statement: s}
	for n := first; n < last; n++ {
		if n >= len(parts) {
			return nil, fmt.Errorf("%s has no part %d", s.words[0], n)
		}
		c, err := w.sign(s, "operator", "offering:settle", parts[n], &identity{})
		if err != nil {
			return nil, err
		}
		p.commands = append(p.commands, c)
	}
	return p, nil
}

// planRefund releases all open subscriptions, or those of the parties named.
func (w *world) planRefund(s *statement) (*plan, error) {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return nil, err
	}
	subscribers := []any{}
	for _, alias := range s.words[1:] {
		p, err := w.party(alias)
		if err != nil {
			return nil, err
		}
		subscribers = append(subscribers, p.code)
	}
	if len(subscribers) == 0 {
		for _, one := range w.subscriptions(id.reference()) {
			subscribers = append(subscribers, one["subscriber"])
		}
	}
	return w.one(s, "operator", "offering:release", map[string]any{"offering": id.reference(), "subscribers": subscribers}, &identity{})
}

// subscriptions are those of an offering that are open, by subscriber.
func (w *world) subscriptions(offering string) (open []map[string]any) {
	all, err := w.records("subscription/" + strings.Replace(offering, ":", "/", 1))
	if err != nil {
		panic(err)
	}
	for _, one := range all {
		if one["status"] == "open" {
			open = append(open, one)
		}
	}
	slices.SortFunc(open, func(a, b map[string]any) int {
		return strings.Compare(a["subscriber"].(string), b["subscriber"].(string))
	})
	return open
}

// book is what was subscribed, and by which terms it is shared.
type book struct {
	offering map[string]any
	wishes   []*wish
	lot      int64
}

type wish struct {
	subscriber, kind string
	limit, open, got int64
}

func (w *world) book(offering map[string]any, alias string) *book {
	b := &book{offering: offering, lot: 1}
	if i, err := w.record("instrument/" + fmt.Sprint(offering["instrument"])); err == nil && i != nil {
		b.lot = number(i, "lot")
	}
	if id, err := w.known("offering", alias); err == nil {
		for _, one := range w.subscriptions(id.reference()) {
			b.wishes = append(b.wishes, &wish{subscriber: one["subscriber"].(string), kind: one["investor_type"].(string),
				limit: number(one, "limit_minor"), open: number(one, "quantity") / b.lot})
		}
	}
	return b
}

func (b *book) demand(price string) (sum int64) {
	at, _ := strconv.ParseInt(price, 10, 64)
	for _, one := range b.wishes {
		if one.limit >= at {
			sum += one.open * b.lot
		}
	}
	return sum
}

// shared gives a quantity away at a price: each tier among its own kind first, then the rest among everybody.
func (b *book) shared(price string, quantity int64) (root string, settle []map[string]any) {
	at, _ := strconv.ParseInt(price, 10, 64)
	bidders := slices.DeleteFunc(slices.Clone(b.wishes), func(one *wish) bool { return one.limit < at })
	left := quantity / b.lot
	for _, tier := range b.offering["tiers"].([]any) {
		tier := tier.(map[string]any)
		members := slices.DeleteFunc(slices.Clone(bidders), func(one *wish) bool { return one.kind != tier["investor_type"] })
		left -= share(members, min(left, number(tier, "quantity")/b.lot))
	}
	share(bidders, left)
	return b.inParts()
}

// share gives lots in proportion to what is open, what is left over by largest remainder, ties by name.
func share(wishes []*wish, lots int64) int64 {
	weight := int64(0)
	for _, one := range wishes {
		weight += one.open
	}
	lots = min(lots, weight)
	if lots <= 0 {
		return 0
	}
	left, remainders := lots, map[*wish]int64{}
	for _, one := range wishes {
		whole, rest := new(big.Int).DivMod(new(big.Int).Mul(big.NewInt(lots), big.NewInt(one.open)), big.NewInt(weight), new(big.Int))
		remainders[one] = rest.Int64()
		one.give(whole.Int64())
		left -= whole.Int64()
	}
	slices.SortStableFunc(wishes, func(a, b *wish) int { return int(min(1, max(-1, remainders[b]-remainders[a]))) })
	for _, one := range wishes[:left] {
		one.give(1)
	}
	return lots
}

func (one *wish) give(lots int64) { one.open, one.got = one.open-lots, one.got+lots }

// inParts is the allotment as it settles, 25 subscribers at a time.
func (b *book) inParts() (root string, settle []map[string]any) {
	reference, leaves := b.offering["offering"].(string), []string{}
	for n := 0; n*25 < len(b.wishes); n++ {
		allotted, listed := []ledger.Allotted{}, []any{}
		for _, one := range b.wishes[n*25 : min(len(b.wishes), n*25+25)] {
			allotted = append(allotted, ledger.Allotted{Subscriber: one.subscriber, Quantity: one.got * b.lot})
			listed = append(listed, map[string]any{"subscriber": one.subscriber, "quantity": strconv.FormatInt(one.got*b.lot, 10)})
		}
		leaves = append(leaves, ledger.AllotmentLeaf(reference, int64(n), allotted))
		settle = append(settle, map[string]any{"offering": reference, "part": strconv.Itoa(n), "allotments": listed})
	}
	if len(leaves) == 0 {
		return strings.Repeat("0", 64), nil
	}
	root, proofs := ledger.AllotmentProofs(leaves)
	for n := range settle {
		steps := []any{}
		for _, step := range proofs[n] {
			steps = append(steps, map[string]any{"hash": step.Hash, "side": step.Side})
		}
		settle[n]["proof"] = steps
	}
	return root, settle
}

// lookOffering: `offering OF STATUS [subscribed Q] [issued Q]`.
func (w *world) lookOffering(s *statement) error {
	named, err := s.pairs(2)
	if err != nil {
		return err
	}
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("offering/" + id.reference())
	if err != nil || record == nil {
		return fmt.Errorf("the ledger has no offering %s %w", s.words[0], err)
	}
	named["status"] = s.words[1]
	for name, wanted := range named {
		if err := differ(name, record[name], wanted); err != nil {
			return err
		}
	}
	return nil
}

// lookSubscription: `subscription OF PARTY STATUS [allotted Q] [reserved AMOUNT]`.
func (w *world) lookSubscription(s *statement) error {
	named, err := s.pairs(3)
	if err != nil {
		return err
	}
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("subscription/" + id.reference() + "/" + w.parties[s.words[1]].code)
	if err != nil || record == nil {
		return fmt.Errorf("%s has not subscribed to %s %w", s.words[1], s.words[0], err)
	}
	if reserved, asked := named["reserved"]; asked {
		if named["reserved"], err = w.money(w.instruments[id.instrument], reserved); err != nil {
			return err
		}
	}
	named["status"] = s.words[2]
	for name, wanted := range named {
		if err := differ(name, record[name], wanted); err != nil {
			return err
		}
	}
	return nil
}

// waitForClose moves the clock to where an offering closes.
func (w *world) waitForClose(s *statement) error {
	id, err := w.known("offering", s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("offering/" + id.reference())
	if err != nil || record == nil {
		return fmt.Errorf("the ledger has no offering %s %w", s.words[0], err)
	}
	at, err := time.Parse(time.RFC3339, record["closes_at"].(string))
	if at.After(w.now) {
		w.now = at
	}
	return err
}
