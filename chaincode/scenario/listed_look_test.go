package scenario

import (
	"fmt"
	"strings"
)

// What can be looked at in the listed market.

// lookMandate: `mandated OWNER AGENT active used AMOUNT`.
func (w *world) lookMandate(s *statement) error {
	named, err := s.pairs(3)
	if err != nil {
		return err
	}
	record, err := w.record("mandate/" + strings.ToUpper(s.words[0]) + "/" + strings.ToUpper(s.words[1]))
	if err != nil || record == nil {
		return fmt.Errorf("%s has given %s no mandate %w", s.words[0], s.words[1], err)
	}
	if err := differ("status", record["status"], s.words[2]); err != nil {
		return err
	}
	if used, asked := named["used"]; asked {
		return differ("used", record["used_minor"], minor(used, 2))
	}
	return nil
}

// comparePending holds the replacement that an order waits for to `none` or Q@P.
func (w *world) comparePending(i *instrument, order map[string]any, wanted string) error {
	terms, waits := order["pending"].(map[string]any)
	if !waits || wanted == "none" {
		return differ("whether a replacement is pending", fmt.Sprint(waits), fmt.Sprint(wanted != "none"))
	}
	quantity, price, err := w.priced(i, wanted)
	if err != nil {
		return err
	}
	return differ("the replacement", fmt.Sprint(terms["quantity"], "@", terms["limit_minor"]), quantity+"@"+price)
}

// lookExecuted: `executed R STATUS [Q@P]`.
func (w *world) lookExecuted(s *statement) error {
	if len(s.words) != 2 && len(s.words) != 3 {
		return fmt.Errorf("executed with %d words", len(s.words))
	}
	id, err := w.known("execution", s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("execution/MERCADO/" + s.words[0])
	if err != nil || record == nil {
		return fmt.Errorf("mercado has executed no %s %w", s.words[0], err)
	}
	if err := differ("status", record["status"], s.words[1]); err != nil || len(s.words) == 2 {
		return err
	}
	quantity, price, err := w.priced(w.instruments[id.instrument], s.words[2])
	if err != nil {
		return err
	}
	return differ("the execution", fmt.Sprint(record["quantity"], "@", record["price_minor"]), quantity+"@"+price)
}
