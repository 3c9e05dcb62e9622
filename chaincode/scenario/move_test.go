package scenario

import (
	"fmt"

	"lonja/chaincode/signer"
)

// planCredit makes an account hold more: cash is paid in, a security issued and handed over.
func (w *world) planCredit(s *statement) (*plan, error) {
	i, err := w.instrument(s.words[1])
	if err != nil {
		return nil, err
	}
	if i.kind == "currency" {
		w.minted++
		reference := fmt.Sprintf("credit-%d", w.minted)
		return w.deposit(s, reference, s.words[0], s.words[1], s.words[2])
	}
	issue, err := w.describeIssue(&statement{verb: "issue", text: s.text, words: []string{i.alias, i.issuer, s.words[2]}})
	if err != nil {
		return nil, err
	}
	p, err := w.twice(s, issue)
	if err != nil || s.words[0] == i.issuer {
		return p, err
	}
	handOver, err := w.transfer(s, i.issuer, s.words[0], i.alias, s.words[2], "other")
	if err != nil {
		return nil, err
	}
	p.commands = append(p.commands, handOver.commands...)
	return p, nil
}

func (w *world) planTransfer(s *statement) (*plan, error) {
	return w.transfer(s, s.words[0], s.words[1], s.words[2], s.words[3], s.option("reason", "gift"))
}

func (w *world) transfer(s *statement, from, to, instrument, quantity, reason string) (*plan, error) {
	giver, err := w.account(from)
	if err != nil {
		return nil, err
	}
	taker, err := w.account(to)
	if err != nil {
		return nil, err
	}
	units, err := w.amount(instrument, quantity)
	if err != nil {
		return nil, err
	}
	return w.one(s, giver.owner, "holding:transfer", map[string]any{
		"instrument": w.instruments[instrument].code, "from_account": giver.reference, "to_account": taker.reference,
		"quantity": units, "reason": reason,
	}, &identity{})
}

func (w *world) planDeposit(s *statement) (*plan, error) {
	return w.deposit(s, s.words[0], s.words[1], s.words[2], s.words[3])
}

func (w *world) deposit(s *statement, reference, account, currency, amount string) (*plan, error) {
	a, err := w.account(account)
	if err != nil {
		return nil, err
	}
	minor, err := w.amount(currency, amount)
	if err != nil {
		return nil, err
	}
	i := w.instruments[currency]
	return w.one(s, i.issuer, "cash:deposit", map[string]any{
		"instrument": i.code, "account": a.reference, "amount_minor": minor, "reference": reference,
	}, &identity{})
}

func (w *world) planWithdraw(s *statement) (*plan, error) {
	a, err := w.account(s.words[1])
	if err != nil {
		return nil, err
	}
	minor, err := w.amount(s.words[2], s.words[3])
	if err != nil {
		return nil, err
	}
	return w.one(s, a.owner, "cash:withdraw", map[string]any{
		"instrument": w.instruments[s.words[2]].code, "account": a.reference, "amount_minor": minor,
		"destination_hash": signer.Hash([]byte("destination")),
	}, w.named("withdrawal", s.words[0]))
}

func (w *world) planPay(s *statement) (*plan, error) {
	id, err := w.known("withdrawal", s.words[0])
	if err != nil {
		return nil, err
	}
	args := map[string]any{"withdrawal": id.reference(), "reference": s.option("reference", "paid-"+s.words[0])}
	return w.one(s, "banco", "cash:pay", args, &identity{})
}

func (w *world) planRefuse(s *statement) (*plan, error) {
	id, err := w.known("withdrawal", s.words[0])
	if err != nil {
		return nil, err
	}
	return w.one(s, "banco", "cash:refuse", map[string]any{"withdrawal": id.reference(), "reason": "as the scenario says"}, &identity{})
}
