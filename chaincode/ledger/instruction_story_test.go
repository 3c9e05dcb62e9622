package ledger

import (
	"maps"
	"slices"
	"time"
)

// What random stories do with instructions: two sides who mean the same, and everything that can go wrong between them.

func (s *story) instruct() string {
	var waiting []Instruction
	for _, key := range slices.Sorted(maps.Keys(s.auditor.agreed)) {
		if n := s.auditor.agreed[key]; n.Status == "alleged" || s.one(20) {
			waiting = append(waiting, n)
		}
	}
	if len(waiting) == 0 || s.one(4) {
		return s.allege()
	}
	n := pick(s, waiting...)
	switch m := s.IntN(8); {
	case m == 0:
		return s.command(pick(s, n.Owner, n.Owner, n.Counterparty), "instruction:cancel", object{"terms": n.Terms})
	case m < 3:
		return s.command(s.trader(), "instruction:expire", object{"terms": n.Terms})
	}
	return s.meet(n)
}

func (s *story) allege() string {
	owner, instrument := s.trader(), pick(s, "ACME", "ACME", "BETA", s.instrument())
	return s.command(owner, "instruction:enter", object{"side": pick(s, "deliver", "receive"), "account": s.accountOf(owner), "cash_account": s.accountOf(owner),
		"counterparty": s.trader(), "instrument": instrument, "quantity": s.small(30), "amount_minor": s.small(300),
		"terms": quickTerms(s.IntN(1 << 20)), "good_till": s.in(time.Duration(60+s.IntN(2_400)) * time.Second)})
}

func quickTerms(n int) string {
	digits := []byte(someHash)
	for i := range 8 {
		digits[i] = "0123456789abcdef"[n>>(4*i)&15]
	}
	return string(digits)
}

// meet is the other side's signature, mostly to the same terms.
func (s *story) meet(n Instruction) string {
	owner := n.Counterparty
	if s.one(12) {
		owner = s.trader()
	}
	args := object{"side": map[string]string{"deliver": "receive", "receive": "deliver"}[n.Side], "account": s.accountOf(owner),
		"cash_account": s.accountOf(owner), "counterparty": n.Owner, "instrument": n.Instrument, "quantity": text(n.Quantity),
		"amount_minor": text(n.AmountMinor), "terms": n.Terms, "good_till": s.in(time.Hour)}
	if s.one(8) {
		field := pick(s, "side", "instrument", "quantity", "amount_minor")
		args[field] = map[string]any{"side": n.Side, "instrument": s.instrument(), "quantity": s.small(30), "amount_minor": s.small(300)}[field]
	}
	return s.command(owner, "instruction:enter", args)
}
