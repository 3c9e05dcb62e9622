package scenario

import (
	"fmt"
	"strings"
)

// plan turns a statement that sends commands into them.
func (w *world) plan(s *statement) (*plan, error) {
	planners := map[string]struct {
		words int
		plan  func(*statement) (*plan, error)
	}{
		"party": {2, w.planTwice}, "instrument": {1, w.planInstrument}, "issue": {3, w.planTwice},
		"define": {3, w.planTwice}, "authorise": {2, w.planTwice}, "identify": {2, w.planIdentify}, "publish": {3, w.planPublish},
		"key": {2, w.planKey}, "rotate": {3, w.planKey}, "revoke": {3, w.planKey},
		"propose": {-3, w.planPropose}, "approve": {2, w.planApprove},
		"account": {2, w.planAccount}, "close": {1, w.planClose}, "move": {2, w.planMove}, "credit": {3, w.planCredit}, "transfer": {4, w.planTransfer},
		"attest": {2, w.planAttest}, "deposit": {4, w.planDeposit}, "withdraw": {4, w.planWithdraw}, "pay": {1, w.planPay}, "refuse": {1, w.planRefuse},
		"place": {5, w.planPlace}, "cancel": {1, w.planOrderEnd}, "expire": {1, w.planOrderEnd}, "execute": {4, w.planExecute},
		"mandate": {3, w.planMandate}, "unmandate": {2, w.planUnmandate}, "replace": {2, w.planReplace},
		"release": {2, w.planAnswer}, "amend": {2, w.planAnswer}, "report": {4, w.planReport},
		"claim": {-3, w.planClaim}, "accept": {2, w.planConsent}, "decline": {2, w.planConsent}, "enforce": {1, w.planTwice},
		"instruct": {7, w.planInstruct}, "retract": {1, w.planRetract}, "lapse": {1, w.planLapse},
		"offer": {4, w.planOffer}, "invite": {2, w.planInvite}, "subscribe": {3, w.planSubscribe}, "unsubscribe": {2, w.planUnsubscribe},
		"calloff": {1, w.planCallOff}, "allot": {2, w.planTwice}, "settle": {1, w.planSettle}, "refund": {-1, w.planRefund},
		"qualify": {2, w.planQualify},
		"suspend": {1, w.planSuspension}, "reinstate": {1, w.planSuspension}, "again": {0, w.planAgain},
	}
	planner, known := planners[s.verb]
	if !known {
		return nil, fmt.Errorf("there is no verb %q", s.verb)
	}
	if planner.words != len(s.words) && (planner.words > 0 || len(s.words) < -planner.words) {
		return nil, fmt.Errorf("%s with %d words", s.verb, len(s.words))
	}
	p, err := planner.plan(s)
	if err != nil {
		return nil, err
	}
	p.statement = s
	return p, s.unknown()
}

func (w *world) planTwice(s *statement) (*plan, error) {
	d, err := w.describe(s)
	if err != nil {
		return nil, err
	}
	return w.twice(s, d)
}

// planKey is a change of keys that the party signs itself.
func (w *world) planKey(s *statement) (*plan, error) {
	d, err := w.describe(s)
	if err != nil {
		return nil, err
	}
	p, err := w.one(s, d.proposer, d.function, d.args, &identity{})
	if err == nil {
		p.then = d.then
	}
	return p, err
}

func (w *world) planPropose(s *statement) (*plan, error) {
	inner := &statement{line: s.line, text: s.text, verb: s.words[2], words: s.words[3:], options: s.options, used: s.used}
	d, err := w.describe(inner)
	if err != nil {
		return nil, err
	}
	id := w.named("act", s.words[0])
	till, err := w.till(id, s.option("till", "+24h"))
	if err != nil {
		return nil, err
	}
	args := map[string]any{"function": d.function, "args": d.args, "good_till": till}
	p, err := w.one(s, s.words[1], "act:propose", args, id)
	if err == nil {
		w.acts[s.words[0]] = &act{id, p.commands[0].hash}
		if inner.verb == "instrument" {
			p.then = d.then // what it names can be mentioned; whether it exists, the ledger knows
		}
	}
	return p, err
}

func (w *world) planApprove(s *statement) (*plan, error) {
	a, known := w.acts[s.words[0]]
	if !known {
		return nil, fmt.Errorf("no line before proposed %s", s.words[0])
	}
	hash := a.hash
	if s.option("hash", "") == "other" {
		hash = strings.Repeat("0", 64)
	}
	return w.one(s, s.words[1], "act:approve", map[string]any{"act": a.reference(), "hash": hash}, &identity{})
}

func (w *world) planAccount(s *statement) (*plan, error) {
	owner, err := w.party(s.words[1])
	if err != nil {
		return nil, err
	}
	custodian, err := w.party(s.option("custodian", "custodian"))
	if err != nil {
		return nil, err
	}
	id := &identity{}
	p, err := w.one(s, custodian.alias, "account:open", map[string]any{"owner": owner.code, "kind": s.option("kind", "direct")}, id)
	if err == nil {
		a := &account{s.words[0], id.reference(), owner.alias, custodian.alias}
		p.then = func() { w.accounts[a.alias] = a }
	}
	return p, err
}

func (w *world) planClose(s *statement) (*plan, error) {
	a, err := w.account(s.words[0])
	if err != nil {
		return nil, err
	}
	return w.one(s, a.custodian, "account:close", map[string]any{"account": a.reference}, &identity{})
}

func (w *world) planMove(s *statement) (*plan, error) {
	d, err := w.describe(s)
	if err != nil {
		return nil, err
	}
	return w.signed(s, d, s.words[1])
}

// planSuspension tells a party from an instrument by its case.
func (w *world) planSuspension(s *statement) (*plan, error) {
	args := map[string]any{"suspended": map[string]string{"suspend": "yes", "reinstate": "no"}[s.verb], "reason": "as the scenario says"}
	function := "party:suspend"
	if s.words[0] == strings.ToUpper(s.words[0]) {
		i, err := w.instrument(s.words[0])
		if err != nil {
			return nil, err
		}
		function, args["instrument"] = "instrument:suspend", i.code
	} else {
		p, err := w.party(s.words[0])
		if err != nil {
			return nil, err
		}
		args["party"] = p.code
	}
	return w.one(s, "operator", function, args, &identity{})
}

func (w *world) planAgain(*statement) (*plan, error) {
	if len(w.last) != 1 {
		return nil, fmt.Errorf("the line before did not send one command")
	}
	return &plan{commands: w.last}, nil
}
