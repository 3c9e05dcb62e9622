package scenario

import (
	"fmt"

	"lonja/chaincode/signer"
)

// plan is a statement turned into commands, not sent yet; then is what the scenario learns when they are done.
type plan struct {
	statement *statement
	commands  []command
	then      func()
}

// draft is a function with its arguments, before anybody signed it.
type draft struct {
	function string
	args     map[string]any
	proposer string // of a function that takes two signatures
	then     func()
}

// sign makes the command of a statement: by names who signs unless the statement does.
func (w *world) sign(s *statement, by, function string, args map[string]any, id *identity) (command, error) {
	p, err := w.party(s.option("by", by))
	if err != nil {
		return command{}, err
	}
	k, err := p.key(s.option("key", ""), function)
	if err != nil {
		return command{}, err
	}
	return w.signWith(s, p, k, function, args, id)
}

func (w *world) signWith(s *statement, p *party, k *key, function string, args map[string]any, id *identity) (command, error) {
	expires, err := w.instant(s.option("expires", "+1h"))
	if err != nil {
		return command{}, err
	}
	if id.id == "" {
		id.id = w.mint()
	}
	if id.party == "" {
		id.party, id.expires = p.code, expires
	}
	payload := signer.Canonical(map[string]any{
		"version": "1", "ledger": w.ledger, "party": p.code, "id": id.id, "function": function,
		"args": args, "expires_at": id.expires,
	})
	return command{jws: k.Sign(p.code+"."+k.n, payload), hash: signer.Hash(payload)}, nil
}

// named is the identity of a line that makes something; a repeated line has the first one's.
func (w *world) named(kind, alias string) *identity {
	name := kind + " " + alias
	if w.sent[name] == nil {
		w.sent[name] = &identity{}
	}
	return w.sent[name]
}

// known is what an earlier line made.
func (w *world) known(kind, alias string) (*identity, error) {
	if id := w.sent[kind+" "+alias]; id != nil {
		return id, nil
	}
	return nil, fmt.Errorf("no line before made the %s %s", kind, alias)
}

// one plans a single command.
func (w *world) one(s *statement, by, function string, args map[string]any, id *identity) (*plan, error) {
	c, err := w.sign(s, by, function, args, id)
	return &plan{statement: s, commands: []command{c}}, err
}

// twice plans a function that takes two signatures: proposed, then approved by the custodian.
func (w *world) twice(s *statement, d draft) (*plan, error) { return w.signed(s, d, "custodian") }

// signed is what its proposer and another party sign.
func (w *world) signed(s *statement, d draft, approver string) (*plan, error) {
	till, err := w.instant("+24h")
	if err != nil {
		return nil, err
	}
	id := &identity{}
	propose, err := w.sign(s, d.proposer, "act:propose", map[string]any{"function": d.function, "args": d.args, "good_till": till}, id)
	if err != nil {
		return nil, err
	}
	second, err := w.party(approver)
	if err != nil {
		return nil, err
	}
	k, err := second.key("", "act:approve")
	if err != nil {
		return nil, err
	}
	args := map[string]any{"act": id.reference(), "hash": propose.hash}
	approve, err := w.signWith(s, second, k, "act:approve", args, &identity{})
	return &plan{statement: s, commands: []command{propose, approve}, then: d.then}, err
}

// settle sends the commands of several statements in one transaction and holds each to its expectation.
func (w *world) settle(plans []*plan) error {
	var commands []command
	for _, p := range plans {
		commands = append(commands, p.commands...)
	}
	if len(commands) == 0 {
		return nil
	}
	outcomes, err := w.submit(commands)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if err := p.compare(outcomes[:len(p.commands)]); err != nil {
			return fmt.Errorf("line %d `%s`: %w", p.statement.line, p.statement.text, err)
		}
		outcomes = outcomes[len(p.commands):]
	}
	return nil
}

// compare holds a statement to its first refused command, or to success.
func (p *plan) compare(outcomes []outcome) error {
	wanted := p.statement.expect
	for _, o := range outcomes {
		if o.Code == "" {
			continue
		}
		if wanted.ok || o.Code != wanted.code || wanted.reason != "" && o.Reason != wanted.reason {
			return fmt.Errorf("the ledger said %s", o)
		}
		return nil
	}
	if !wanted.ok {
		return fmt.Errorf("the ledger did it")
	}
	if p.then != nil {
		p.then()
	}
	return nil
}
