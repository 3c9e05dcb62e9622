package ledger

import "time"

// Act is a proposal that waits for its second signature.
type Act struct {
	Act          string         `json:"act"`
	Args         map[string]any `json:"args"`
	Function     string         `json:"function"`
	GoodTill     string         `json:"good_till"`
	Hash         string         `json:"hash"` // the proposal's body hash, which the approver signs
	Kid          string         `json:"kid"`
	Organisation string         `json:"organisation"` // the proposer's
	Proposer     string         `json:"proposer"`
	Status       string         `json:"status"` // proposed, approved
	Version      string         `json:"version"`
}

// nextActStatus is the life of an act. Past good_till it stays proposed, for nothing.
func nextActStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"proposed", "approve"}:
		return "approved", true
	}
	return "", false
}

type proposeArgs struct {
	function string
	args     map[string]any
	goodTill time.Time
}

func parsePropose(f *fields) proposeArgs {
	return proposeArgs{
		function: f.text("function", isFunctionName, "noun:verb"),
		args:     f.object("args"),
		goodTill: f.instant("good_till"),
	}
}

func proposeKeys(string, proposeArgs) []string { return nil }

// twoParty finds the function of an act and reads its arguments by its own rules.
func twoParty(tx *Tx, function string, args map[string]any) (rule, any, error) {
	r, known := tx.rules[function]
	if !known || r.together == nil {
		return r, nil, refuse(Invalid, "function", "%s is not a function that two parties sign.", quoted(function))
	}
	parsed, refusal := r.parse(args)
	if refusal != nil {
		return r, nil, refusal
	}
	return r, parsed, nil
}

// mayPropose: one of the two who sign the function, by a key that may sign it.
func mayPropose(tx *Tx, c Call, a proposeArgs) error {
	r, args, err := twoParty(tx, a.function, a.args)
	if err != nil {
		return err
	}
	if err := tx.want(r.keys(c.Party, args)...); err != nil {
		return err
	}
	sides, err := r.together(tx, args)
	if err != nil {
		return err
	}
	if !sides[0].is(c.Signer) && !sides[1].is(c.Signer) {
		return refuse(Forbidden, "role", "%s is neither %s nor %s, who sign %s.", c.Party, sides[0].name, sides[1].name, a.function)
	}
	return c.inScope(a.function)
}

func (c Call) inScope(function string) error {
	if !c.Key.covers(function) {
		return refuse(Forbidden, "scope", "The key %s may not sign %s.", c.Kid, function)
	}
	return nil
}

// propose keeps an act for the other side to approve. It has no effect yet.
func propose(tx *Tx, c Call, a proposeArgs) error {
	if err := goodTill(tx, a.goodTill); err != nil {
		return err
	}
	act := Act{Act: c.made(), Args: a.args, Function: a.function, GoodTill: a.goodTill.Format(instantForm), Hash: c.Hash,
		Kid: c.Kid, Organisation: c.Signer.Organisation, Proposer: c.Party, Status: "proposed", Version: "1"}
	tx.emit(ActProposed{Act: act.Act, Proposer: act.Proposer, Organisation: act.Organisation,
		Function: act.Function, Args: act.Args, Hash: act.Hash, GoodTill: act.GoodTill})
	return tx.put(actKey(act.Act), act)
}

type approveArgs struct{ act, hash string }

func parseApprove(f *fields) approveArgs {
	return approveArgs{act: f.pair("act"), hash: f.hash("hash")}
}

func approveKeys(_ string, a approveArgs) []string {
	return []string{actKey(a.act), partyKey(partyOf(a.act))}
}

// approve is the second signature: everything is checked again, then the act takes effect.
func approve(tx *Tx, c Call, a approveArgs) error {
	act, found, err := load[Act](tx, actKey(a.act))
	if err != nil {
		return err
	}
	if !found {
		return refuse(NotFound, "act", "There is no act %s.", a.act)
	}
	if act.Status, err = act.approvable(tx, a); err != nil {
		return err
	}
	proposer, err := act.standing(tx)
	if err != nil {
		return err
	}
	if err := twoOrganisations(proposer, c.Signer); err != nil {
		return err
	}
	r, args, err := twoParty(tx, act.Function, act.Args)
	if err != nil {
		return err
	}
	if err := tx.want(r.keys(c.Party, args)...); err != nil {
		return err
	}
	if err := oneOfEach(tx, r, args, proposer, c); err != nil {
		return err
	}
	tx.emit(ActApproved{Act: a.act, Approver: c.Party})
	if err := tx.put(actKey(a.act), act); err != nil {
		return err
	}
	return r.run(tx, c, args)
}

func (act Act) approvable(tx *Tx, a approveArgs) (next string, err error) {
	next, ok := nextActStatus(act.Status, "approve")
	if !ok {
		return "", refuse(WrongStatus, "act", "The act %s is %s already.", a.act, act.Status)
	}
	if past(tx, act.GoodTill) {
		return "", refuse(WrongStatus, "good_till", "The act %s was good till %s.", a.act, act.GoodTill)
	}
	if act.Hash != a.hash {
		return "", refuse(Invalid, "hash", "The hash of the act %s is %s, not %s.", a.act, act.Hash, a.hash)
	}
	return next, nil
}

// standing: the proposer could still sign, and by the key by which he did.
func (act Act) standing(tx *Tx) (Party, error) {
	proposer, err := activeParty(tx, act.Proposer, "proposer")
	if err == nil && proposer.compromised(act.Kid) {
		err = refuse(WrongStatus, "proposer", "The key %s that signed the act %s is compromised.", act.Kid, act.Act)
	}
	return proposer, err
}

// twoOrganisations: different parties of different organisations; two that
// belong to none count as the same.
func twoOrganisations(proposer, approver Party) error {
	if proposer.Party == approver.Party {
		return refuse(Forbidden, "same_party", "%s has proposed this act.", approver.Party)
	}
	if proposer.Organisation == approver.Organisation {
		return refuse(Forbidden, "same_organisation", "%s and %s are of the same organisation.", proposer.Party, approver.Party)
	}
	return nil
}

// oneOfEach: the proposer signs for one side, the approver for the other.
func oneOfEach(tx *Tx, r rule, args any, proposer Party, c Call) error {
	sides, err := r.together(tx, args)
	if err != nil {
		return err
	}
	straight := sides[0].is(proposer) && sides[1].is(c.Signer)
	crossed := sides[1].is(proposer) && sides[0].is(c.Signer)
	if !straight && !crossed {
		return refuse(Forbidden, "role", "%s and %s are not %s and %s, who sign %s.",
			proposer.Party, c.Party, sides[0].name, sides[1].name, r.name)
	}
	return c.inScope(r.name)
}
