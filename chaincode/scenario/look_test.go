package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// look runs a statement that changes nothing on the ledger; known is false when it is no such verb.
func (w *world) look(s *statement) (known bool, err error) {
	looks := map[string]func(*statement) error{
		"holding": w.lookHolding, "order": w.lookOrder, "trade": w.lookTrade, "trades": w.lookTrades,
		"issued": w.lookIssued, "withdrawal": w.lookWithdrawal, "attested": w.lookAttested, "clock": w.moveClock,
		"mandated": w.lookMandate, "executed": w.lookExecuted, "instruction": w.lookInstruction,
		"offering": w.lookOffering, "subscription": w.lookSubscription, "closed": w.waitForClose,
		"terms": w.lookTerms,
	}
	look, known := looks[s.verb]
	if !known {
		return false, nil
	}
	if !s.expect.ok {
		return true, fmt.Errorf("%s has no expectation", s.verb)
	}
	if err := look(s); err != nil {
		return true, err
	}
	return true, s.unknown()
}

// pairs reads `name value name value` behind the first words.
func (s *statement) pairs(first int) (map[string]string, error) {
	if len(s.words) < first || (len(s.words)-first)%2 != 0 {
		return nil, fmt.Errorf("%s with %d words", s.verb, len(s.words))
	}
	named := map[string]string{}
	for i := first; i < len(s.words); i += 2 {
		named[s.words[i]] = s.words[i+1]
	}
	return named, nil
}

func differ(what string, found any, wanted string) error {
	if found == wanted {
		return nil
	}
	return fmt.Errorf("%s is %v, not %s", what, found, wanted)
}

func (w *world) lookHolding(s *statement) error {
	named, err := s.pairs(2)
	if err != nil {
		return err
	}
	a, err := w.account(s.words[0])
	if err != nil {
		return err
	}
	i, err := w.instrument(s.words[1])
	if err != nil {
		return err
	}
	record, err := w.record("holding/" + i.code + "/" + a.reference)
	if err != nil {
		return err
	}
	quantity, reserved := number(record, "quantity"), number(record, "reserved")
	if err := differ("available", strconv.FormatInt(quantity-reserved, 10), minor(named["available"], i.digits)); err != nil {
		return err
	}
	return differ("reserved", strconv.FormatInt(reserved, 10), minor(named["reserved"], i.digits))
}

func (w *world) lookOrder(s *statement) error {
	named, err := s.pairs(2)
	if err != nil {
		return err
	}
	id, err := w.known("order", s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("order/" + id.reference())
	if err != nil || record == nil {
		return fmt.Errorf("the ledger has no order %s %w", s.words[0], err)
	}
	if err := differ("status", record["status"], s.words[1]); err != nil {
		return err
	}
	if reserved, asked := named["reserved"]; asked && record["side"] == "buy" {
		if named["reserved"], err = w.money(w.instruments[id.instrument], reserved); err != nil {
			return err
		}
	}
	if pending, asked := named["pending"]; asked {
		if err := w.comparePending(w.instruments[id.instrument], record, pending); err != nil {
			return err
		}
		delete(named, "pending")
	}
	for name, wanted := range named {
		if err := differ(name, record[name], wanted); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) lookTrade(s *statement) error {
	if len(s.words) != 5 && (len(s.words) != 8 || s.words[5] != "fees") {
		return fmt.Errorf("trade with %d words", len(s.words))
	}
	i, err := w.instrument(s.words[0])
	if err != nil {
		return err
	}
	for _, fact := range w.trades[i.code] {
		if fact["number"] == s.words[1] {
			return w.compareTrade(s, i, fact)
		}
	}
	return fmt.Errorf("%s has no trade %s", i.alias, s.words[1])
}

func (w *world) compareTrade(s *statement, i *instrument, fact map[string]any) error {
	quantity, price, err := w.priced(i, s.words[4])
	if err != nil {
		return err
	}
	wanted := map[string]string{"quantity": quantity, "price_minor": price}
	for at, side := range []string{"buy", "sell"} {
		id, err := w.known("order", s.words[2+at])
		if err != nil {
			return err
		}
		wanted[side] = id.reference()
		if len(s.words) == 8 {
			if wanted[side+"er_fee_minor"], err = w.money(i, s.words[6+at]); err != nil {
				return err
			}
		}
	}
	for name, value := range wanted {
		if err := differ(name, fact[name], value); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) lookTrades(s *statement) error {
	if len(s.words) != 2 {
		return fmt.Errorf("trades with %d words", len(s.words))
	}
	i, err := w.instrument(s.words[0])
	if err != nil {
		return err
	}
	return differ("the number of trades", strconv.Itoa(len(w.trades[i.code])), s.words[1])
}

func (w *world) lookIssued(s *statement) error {
	if len(s.words) != 2 {
		return fmt.Errorf("issued with %d words", len(s.words))
	}
	i, err := w.instrument(s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("instrument/" + i.code)
	if err != nil {
		return err
	}
	return differ("issued", record["issued"], minor(s.words[1], i.digits))
}

func (w *world) lookWithdrawal(s *statement) error {
	if len(s.words) != 2 {
		return fmt.Errorf("withdrawal with %d words", len(s.words))
	}
	id, err := w.known("withdrawal", s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("withdrawal/" + id.reference())
	if err != nil {
		return err
	}
	if s.words[1] == "pending" { // REST's word for what the ledger calls requested
		s.words[1] = "requested"
	}
	return differ("status", record["status"], s.words[1])
}

func (w *world) moveClock(s *statement) error {
	if len(s.words) != 1 {
		return fmt.Errorf("clock with %d words", len(s.words))
	}
	duration, err := time.ParseDuration(strings.TrimPrefix(s.words[0], "+"))
	w.now = w.now.Add(duration)
	return err
}
