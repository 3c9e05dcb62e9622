package scenario

import "lonja/chaincode/signer"

// planQualify is what the operator writes down of a party: `qualify P TYPE [in=MX] [limit=AMOUNT] [till=+24h]`.
func (w *world) planQualify(s *statement) (*plan, error) {
	party, err := w.party(s.words[0])
	if err != nil {
		return nil, err
	}
	till, err := w.instant(s.option("till", "+24h"))
	if err != nil {
		return nil, err
	}
	limit, err := w.amount("EUR", s.option("limit", "0.00"))
	if err != nil {
		return nil, err
	}
	return w.one(s, "operator", "party:qualify", map[string]any{
		"party": party.code, "jurisdiction": s.option("in", "MX"), "investor_type": s.words[1], "limit_minor": limit,
		"commitment": signer.Hash([]byte("what was seen of " + party.code)), "good_till": till,
	}, &identity{})
}
