package scenario

import (
	"fmt"
	"strings"

	"lonja/chaincode/signer"
)

// describe says what a statement of a function that may take two signatures would do, signing nothing.
func (w *world) describe(s *statement) (draft, error) {
	describers := map[string]struct {
		words    int
		describe func(*statement) (draft, error)
	}{
		"party": {2, w.describeParty}, "instrument": {1, w.describeInstrument}, "issue": {3, w.describeIssue},
		"key": {2, w.describeKey}, "rotate": {3, w.describeRotate}, "revoke": {3, w.describeRevoke},
		"enforce": {1, w.describeEnforce}, "allot": {2, w.describeAllot},
		"move":   {2, w.describeMove},
		"define": {3, w.describeTerms}, "authorise": {2, w.describeAuthorisation},
	}
	d, known := describers[s.verb]
	if !known || len(s.words) != d.words {
		return draft{}, fmt.Errorf("%q with %d words is nothing to sign", s.verb, len(s.words))
	}
	return d.describe(s)
}

func (w *world) describeParty(s *statement) (draft, error) {
	alias, scope := s.words[0], strings.Split(s.option("scope", "*"), ",")
	p := w.parties[alias]
	if p == nil {
		p = w.newParty(alias, scope)
	}
	return draft{"party:admit", map[string]any{
		"party": p.code, "organisation": s.option("organisation", ""), "roles": strings.Split(s.words[1], ","),
		"key": w.keyArgs(p, p.keys[0], s),
	}, "operator", nil}, nil
}

// keyArgs is a key as party:admit, key:add and key:rotate carry it, with its proof.
func (w *world) keyArgs(p *party, k *key, s *statement) map[string]any {
	prover := k.Key
	proof := prover.Proof(w.ledger, p.code, k.n)
	if s.option("proof", "own") == "other" {
		other := signer.New()
		proof = other.Sign(p.code+"."+k.n, signer.Canonical(map[string]string{
			"ledger": w.ledger, "n": k.n, "party": p.code, "public": k.Public(),
		}))
	}
	return map[string]any{
		"n": k.n, "public": k.Public(), "scope": k.scope, "held": s.option("held", "own"), "proof": proof,
	}
}

func (w *world) describeInstrument(s *statement) (draft, error) {
	alias, kind := s.words[0], s.option("kind", "equity")
	issuer, err := w.party(s.option("issuer", map[bool]string{true: "banco", false: "acme"}[kind == "currency"]))
	if err != nil {
		return draft{}, err
	}
	i := &instrument{alias: alias, code: alias, kind: kind, issuer: issuer.alias, feeBps: s.option("fee_bps", "0")}
	args := map[string]any{
		"kind": kind, "issuer": issuer.code, "isin": s.option("isin", ""), "lot": s.option("lot", "1"), "fee_bps": i.feeBps,
		"currency": "", "authorised": "", "tick_minor": "1", "minor_digits": "0", "fee_account": "",
	}
	if kind == "currency" {
		i.code = alias + "." + issuer.code
		args["minor_digits"] = s.option("digits", "2")
		_, err = fmt.Sscan(args["minor_digits"].(string), &i.digits)
	} else {
		err = w.describeSecurity(s, i, args)
	}
	args["instrument"] = i.code
	return draft{"instrument:register", args, "operator", func() { w.instruments[alias] = i }}, err
}

func (w *world) describeSecurity(s *statement, i *instrument, args map[string]any) error {
	i.currency = s.option("currency", "EUR")
	currency, err := w.instrument(i.currency)
	if err != nil {
		return err
	}
	args["currency"], args["authorised"] = currency.code, s.option("authorised", "1000000")
	if args["tick_minor"], err = w.money(i, s.option("tick", "0.01")); err != nil {
		return err
	}
	if alias := s.option("fee_account", ""); alias != "" {
		a, err := w.account(alias)
		if err != nil {
			return err
		}
		args["fee_account"] = a.reference
	}
	return nil
}

func (w *world) describeIssue(s *statement) (draft, error) {
	i, err := w.instrument(s.words[0])
	if err != nil {
		return draft{}, err
	}
	a, err := w.account(s.words[1])
	if err != nil {
		return draft{}, err
	}
	quantity, err := w.amount(s.words[0], s.words[2])
	return draft{"instrument:issue", map[string]any{
		"instrument": i.code, "account": a.reference, "quantity": quantity, "resolution": signer.Hash([]byte(s.text)),
	}, i.issuer, nil}, err
}

func (w *world) describeMove(s *statement) (draft, error) {
	a, err := w.account(s.words[0])
	if err != nil {
		return draft{}, err
	}
	custodian, err := w.party(s.words[1])
	if err != nil {
		return draft{}, err
	}
	args := map[string]any{"account": a.reference, "custodian": custodian.code}
	return draft{"account:move", args, a.owner, func() { a.custodian = custodian.alias }}, nil
}

func (w *world) describeKey(s *statement) (draft, error) {
	p, err := w.party(s.words[0])
	if err != nil {
		return draft{}, err
	}
	k := p.newKey(s.words[1], strings.Split(s.option("scope", "*"), ","))
	args := map[string]any{"party": p.code, "key": w.keyArgs(p, k, s)}
	return draft{"key:add", args, p.alias, func() { k.known, k.implied = true, true }}, nil
}

func (w *world) describeRotate(s *statement) (draft, error) {
	p, err := w.party(s.words[0])
	if err != nil {
		return draft{}, err
	}
	k := p.newKey(s.words[2], strings.Split(s.option("scope", "*"), ","))
	args := map[string]any{"party": p.code, "n": s.words[1], "key": w.keyArgs(p, k, s)}
	return draft{"key:rotate", args, p.alias, func() {
		k.known, k.implied = true, true
		p.retire(s.words[1])
	}}, nil
}

func (w *world) describeRevoke(s *statement) (draft, error) {
	p, err := w.party(s.words[0])
	if err != nil {
		return draft{}, err
	}
	args := map[string]any{"party": p.code, "n": s.words[1], "reason": s.words[2]}
	return draft{"key:revoke", args, p.alias, func() { p.retire(s.words[1]) }}, nil
}
