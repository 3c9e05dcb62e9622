package scenario

// The verbs of the listed market: mandates, replacements, an exchange's words about its orders.

func (w *world) planMandate(s *statement) (*plan, error) {
	agent, err := w.party(s.words[1])
	if err != nil {
		return nil, err
	}
	till, err := w.instant(s.option("till", "+24h"))
	if err != nil {
		return nil, err
	}
	args := map[string]any{"agent": agent.code, "affirmation": s.words[2], "good_till": till}
	for name, otherwise := range map[string]string{"order": "1000000.00", "total": "1000000.00"} {
		if args[name+"_minor"], err = w.amount("EUR", s.option(name, otherwise)); err != nil {
			return nil, err
		}
	}
	return w.one(s, s.words[0], "mandate:grant", args, &identity{})
}

func (w *world) planUnmandate(s *statement) (*plan, error) {
	agent, err := w.party(s.words[1])
	if err != nil {
		return nil, err
	}
	return w.one(s, s.words[0], "mandate:revoke", map[string]any{"agent": agent.code}, &identity{})
}

// planReplace is signed by whose order it is unless the line says `by=`.
func (w *world) planReplace(s *statement) (*plan, error) {
	id, err := w.known("order", s.words[0])
	if err != nil {
		return nil, err
	}
	i, err := w.instrument(id.instrument)
	if err != nil {
		return nil, err
	}
	quantity, price, err := w.priced(i, s.words[1])
	if err != nil {
		return nil, err
	}
	most, err := w.money(i, s.option("fee", ""))
	if err != nil {
		return nil, err
	}
	if most == "" {
		most = fee(quantity, price, i.feeBps)
	}
	return w.one(s, id.owner, "order:replace", map[string]any{
		"order": id.reference(), "quantity": quantity, "limit_minor": price, "max_fee_minor": most,
	}, &identity{})
}

// planAnswer is the exchange's word about an order: how it ended, or what became of a replacement.
func (w *world) planAnswer(s *statement) (*plan, error) {
	id, err := w.known("order", s.words[0])
	if err != nil {
		return nil, err
	}
	field := map[string]string{"release": "status", "amend": "outcome"}[s.verb]
	return w.one(s, "mercado", "order:"+s.verb, map[string]any{"order": id.reference(), field: s.words[1], "reason": ""}, &identity{})
}

func (w *world) planReport(s *statement) (*plan, error) {
	buy, err := w.known("order", s.words[1])
	if err != nil {
		return nil, err
	}
	sell, err := w.known("order", s.words[2])
	if err != nil {
		return nil, err
	}
	i, err := w.instrument(buy.instrument)
	if err != nil {
		return nil, err
	}
	quantity, price, err := w.priced(i, s.words[3])
	if err != nil {
		return nil, err
	}
	w.named("execution", s.words[0]).instrument = buy.instrument
	return w.one(s, "mercado", "trade:report", map[string]any{
		"instrument": i.code, "buy": buy.reference(), "sell": sell.reference(), "quantity": quantity, "price_minor": price,
		"reference": s.words[0],
	}, &identity{})
}

// planClaim opens a claim on the execution R: `claim C R bust`, `claim C R correct Q@P`.
func (w *world) planClaim(s *statement) (*plan, error) {
	args := map[string]any{"execution": s.words[1], "kind": s.words[2], "quantity": "0", "price_minor": "0", "notice": s.words[0]}
	if len(s.words) == 4 {
		executed, err := w.known("execution", s.words[1])
		if err != nil {
			return nil, err
		}
		i, err := w.instrument(executed.instrument)
		if err != nil {
			return nil, err
		}
		if args["quantity"], args["price_minor"], err = w.priced(i, s.words[3]); err != nil {
			return nil, err
		}
	}
	return w.one(s, "mercado", "claim:open", args, w.named("claim", s.words[0]))
}

// planConsent is one owner's yes or no to a claim.
func (w *world) planConsent(s *statement) (*plan, error) {
	id, err := w.known("claim", s.words[0])
	if err != nil {
		return nil, err
	}
	if s.verb == "accept" {
		return w.one(s, s.words[1], "claim:accept", map[string]any{"claim": id.reference()}, &identity{})
	}
	return w.one(s, s.words[1], "claim:refuse", map[string]any{"claim": id.reference(), "reason": "as the scenario says"}, &identity{})
}

func (w *world) describeEnforce(s *statement) (draft, error) {
	id, err := w.known("claim", s.words[0])
	if err != nil {
		return draft{}, err
	}
	return draft{"claim:enforce", map[string]any{"claim": id.reference(), "reason": "as the scenario says"}, "operator", nil}, nil
}
