package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// The verbs of what two parties agree between themselves.

// terms is the hash that a name in the file stands for, whoever of the two enters it.
func (w *world) terms(alias string) string {
	sum := sha256.Sum256([]byte("terms " + alias))
	return hex.EncodeToString(sum[:])
}

// planInstruct: `instruct N PARTY deliver|receive COUNTERPARTY I QUANTITY AMOUNT`.
func (w *world) planInstruct(s *statement) (*plan, error) {
	counterparty, err := w.party(s.words[3])
	if err != nil {
		return nil, err
	}
	i, err := w.instrument(s.words[4])
	if err != nil {
		return nil, err
	}
	a, err := w.account(s.option("account", s.words[1]))
	if err != nil {
		return nil, err
	}
	cash, err := w.account(s.option("cash", s.words[1]))
	if err != nil {
		return nil, err
	}
	amount, err := w.money(i, s.words[6])
	if err != nil {
		return nil, err
	}
	till, err := w.instant(s.option("till", "+24h"))
	if err != nil {
		return nil, err
	}
	p, err := w.one(s, s.words[1], "instruction:enter", map[string]any{
		"side": s.words[2], "account": a.reference, "cash_account": cash.reference, "counterparty": counterparty.code, "instrument": i.code,
		"quantity": s.words[5], "amount_minor": amount, "terms": w.terms(s.words[0]), "good_till": till,
	}, &identity{})
	if err == nil && w.firsts[s.words[0]] == "" {
		p.then = func() { w.firsts[s.words[0]] = s.words[1] }
	}
	return p, err
}

// planRetract is the first side's second thought; planLapse is anyone's.
func (w *world) planRetract(s *statement) (*plan, error) {
	first, known := w.firsts[s.words[0]]
	if !known {
		return nil, fmt.Errorf("no line before entered %s", s.words[0])
	}
	return w.one(s, first, "instruction:cancel", map[string]any{"terms": w.terms(s.words[0])}, &identity{})
}

func (w *world) planLapse(s *statement) (*plan, error) {
	return w.one(s, "bolsa", "instruction:expire", map[string]any{"terms": w.terms(s.words[0])}, &identity{})
}

// lookInstruction: `instruction N alleged|settled|cancelled|expired`.
func (w *world) lookInstruction(s *statement) error {
	if len(s.words) != 2 {
		return fmt.Errorf("instruction with %d words", len(s.words))
	}
	record, err := w.record("instruction/" + w.terms(s.words[0]))
	if err != nil || record == nil {
		return fmt.Errorf("nobody entered %s %w", s.words[0], err)
	}
	return differ("status", record["status"], s.words[1])
}
