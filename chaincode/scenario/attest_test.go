package scenario

import (
	"fmt"
	"strconv"
)

// plenty is the balance behind a currency where the scenario does not say: deposits never meet it.
const plenty = "9223372036854775807"

// planInstrument registers an instrument; of a currency its bank then attests the balance.
func (w *world) planInstrument(s *statement) (*plan, error) {
	d, err := w.describe(s)
	if err != nil {
		return nil, err
	}
	p, err := w.twice(s, d)
	if err != nil || d.args["kind"] != "currency" {
		return p, err
	}
	balance := plenty
	if stated := s.option("attested", ""); stated != "" {
		digits, err := strconv.Atoi(d.args["minor_digits"].(string))
		if err != nil {
			return nil, err
		}
		balance = minor(stated, digits)
	}
	i := &instrument{code: d.args["instrument"].(string), issuer: s.option("issuer", "banco")}
	attested, err := w.attest(&statement{line: s.line, text: s.text, verb: "attest", used: map[string]bool{}}, i, balance)
	if err == nil {
		p.commands = append(p.commands, attested.commands...)
	}
	return p, err
}

func (w *world) planAttest(s *statement) (*plan, error) {
	i, err := w.instrument(s.words[0])
	if err != nil {
		return nil, err
	}
	return w.attest(s, i, minor(s.words[1], i.digits))
}

func (w *world) attest(s *statement, i *instrument, balance string) (*plan, error) {
	asOf, err := w.instant(s.option("as_of", "+0s"))
	if err != nil {
		return nil, err
	}
	return w.one(s, i.issuer, "cash:attest", map[string]any{
		"instrument": i.code, "balance_minor": balance, "as_of": asOf, "reference": "statement",
	}, &identity{})
}

func (w *world) lookAttested(s *statement) error {
	if len(s.words) != 2 {
		return fmt.Errorf("attested with %d words", len(s.words))
	}
	i, err := w.instrument(s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("instrument/" + i.code)
	if err != nil {
		return err
	}
	return differ("attested", record["attested_minor"], minor(s.words[1], i.digits))
}
