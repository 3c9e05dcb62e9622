package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// Submit runs a batch of signed commands and answers with what to write, sorted
// by key, and what happened. An error is always *Error and refuses the whole batch.
//
// The batch runs dry on an overlay; whatever it misses is fetched in one call,
// and it runs again until nothing is missing. Only the last run counts.
func Submit(s State, msp string, now time.Time, batch string, jws []string) ([]Write, Event, error) {
	e := engine{standardLimits(), table(), newSignatures()}
	return e.submit(s, msp, now, batch, jws)
}

// engine is what batches run with.
type engine struct {
	limits limits
	rules  map[string]rule
	verify Verifier
}

func (e engine) submit(s State, msp string, now time.Time, batch string, jws []string) ([]Write, Event, error) {
	return e.submitOn(newStore(), s, msp, now, batch, jws)
}

func (e engine) submitOn(fetched *store, s State, msp string, now time.Time, batch string, jws []string) ([]Write, Event, error) {
	number, refusal := checkSize(batch, jws, e.limits)
	if refusal != nil {
		return nil, Event{}, refusal
	}
	prepared := make([]prepared, len(jws))
	for i, text := range jws {
		prepared[i] = e.prepare(text)
	}
	for {
		tx := newTx(e, Context{Now: now}, fetched)
		outcomes, err := run(tx, msp, number, prepared)
		if err != nil {
			return nil, Event{}, err
		}
		if len(fetched.missing) == 0 {
			return tx.flush(), Event{Version: "1", Lane: tx.Organisation, Batch: batch, Commands: outcomes}, nil
		}
		if err := fetched.fetch(s); err != nil {
			return nil, Event{}, err
		}
	}
}

func checkSize(batch string, jws []string, l limits) (int64, *Error) {
	bytes := 0
	for _, text := range jws {
		bytes += len(text)
	}
	if len(jws) < 1 || len(jws) > l.commands || bytes > l.batchBytes {
		return 0, refuse(Invalid, "size", "A batch has 1 to %d commands and %d bytes at most, not %d and %d.",
			l.commands, l.batchBytes, len(jws), bytes)
	}
	number, ok := parseInteger(batch)
	if !ok || number < 1 {
		return 0, refuse(Invalid, "batch", "%s is not the number of a batch.", quoted(batch))
	}
	return number, nil
}

// prepared is a command with all that follows from its bytes alone, found once for all dry runs.
type prepared struct {
	jws      string
	command  Command
	refusal  *Error // of the envelope
	known    bool   // its function
	rule     rule
	args     any
	argsFail *Error
	keys     []string // that it surely needs
}

func (e engine) prepare(jws string) prepared {
	p := prepared{jws: jws}
	if p.command, p.refusal = parseCommand(jws, e.limits.commandBytes); p.refusal != nil {
		return p
	}
	c := p.command
	p.keys = []string{partyKey(c.Party)}
	if c.Function != tradeExecute {
		p.keys = append(p.keys, commandKey(c.Party, c.ID))
	}
	if p.rule, p.known = e.rules[c.Function]; !p.known {
		return p
	}
	if p.args, p.argsFail = p.rule.parse(c.Args); p.argsFail == nil {
		p.keys = append(p.keys, p.rule.keys(c.Party, p.args)...)
	}
	return p
}

// run is one dry run. What it answers counts only when nothing was missing.
func run(tx *Tx, msp string, number int64, commands []prepared) ([]Outcome, error) {
	if err := enter(tx, msp, number); err != nil && !errors.Is(err, errMissing) {
		return nil, err
	}
	outcomes := make([]Outcome, 0, len(commands))
	for i := range commands {
		tx.begin()
		outcome, err := runOne(tx, &commands[i])
		if errors.Is(err, errFull) {
			tx.rollback(0)
			break
		}
		if err != nil { // missing: the batch runs again
			continue
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

// enter checks what refuses the whole batch, and takes its number.
func enter(tx *Tx, msp string, number int64) error {
	founding, found, err := load[Founding](tx, genesisKey())
	if err != nil {
		return err
	}
	if !found {
		return refuse(Unavailable, "genesis", "The ledger is not founded yet.")
	}
	tx.ledger = founding.Ledger
	organisation, known := founding.organisation(msp)
	if !known {
		return refuse(Forbidden, "organisation", "%s is the MSP of no organisation of this ledger.", quoted(msp))
	}
	tx.Organisation = organisation
	lane, _, err := load[Lane](tx, laneKey(organisation))
	if err != nil {
		return err
	}
	if number != lane.Batch+1 {
		return refuse(WrongStatus, "batch", "The last batch of %s was %d, so %d is not next.", organisation, lane.Batch, number)
	}
	return tx.put(laneKey(organisation), Lane{Batch: number, Version: "1"})
}

// runOne takes a command through all checks in their order (README, "Precedence").
// An error unwinds it without an outcome.
func runOne(tx *Tx, p *prepared) (Outcome, error) {
	if p.refusal != nil {
		return unverified(p, p.refusal), nil
	}
	call, err := authenticate(tx, p)
	if err != nil {
		if refusal, ok := refused(err); ok {
			return unverified(p, refusal), nil
		}
		return Outcome{}, err
	}
	if p.command.Function == tradeExecute {
		return runNumbered(tx, p, call)
	}
	return runOnce(tx, p, call)
}

// refused tells a refusal from a signal.
func refused(err error) (*Error, bool) {
	var refusal *Error
	ok := errors.As(err, &refusal)
	return refusal, ok
}

// authenticate finds the party whose registered key signed the command.
func authenticate(tx *Tx, p *prepared) (Call, error) {
	if err := tx.want(p.keys...); err != nil {
		return Call{}, err
	}
	c := p.command
	if c.Ledger != tx.ledger {
		return Call{}, refuse(Invalid, "ledger", "The command is for the ledger %s, this is %s.", c.Ledger, tx.ledger)
	}
	if c.Kid != c.Party+"."+c.N {
		return Call{}, refuse(Unauthenticated, "key", "The key %s is not of the party %s.", c.Kid, c.Party)
	}
	party, found, err := load[Party](tx, partyKey(c.Party))
	if err != nil {
		return Call{}, err
	}
	key, registered := party.key(c.N)
	if !found || !registered || key.Status != "active" {
		return Call{}, refuse(Unauthenticated, "key", "There is no active key %s.", c.Kid)
	}
	if !tx.verify.Verify(key.Public, p.jws) {
		return Call{}, refuse(Unauthenticated, "signature", "The signature is not by the key %s.", c.Kid)
	}
	return Call{Command: c, Signer: party, Key: key}, nil
}

// runOnce runs a command whose id was never seen, and records for ever what
// became of it; a known one gets its first outcome again.
func runOnce(tx *Tx, p *prepared, call Call) (Outcome, error) {
	page, _, err := load[Page](tx, commandKey(call.Party, call.ID))
	if err != nil {
		return settled(tx, p, 0, err)
	}
	first, found := page.find(call.ID)
	switch {
	case found && first.Hash != call.Hash:
		return settled(tx, p, 0, refuse(Duplicate, "id", "%s has used the id %s for another command.", call.Party, call.ID))
	case found:
		outcome := verified(p)
		outcome.Code, outcome.Reason, outcome.Message = first.Code, first.Reason, first.Message
		return outcome, nil
	case page.full():
		return settled(tx, p, 0, refuse(Invalid, "id", "%s has used %d ids of the same quarter second as %s.", call.Party, fullPage, call.ID))
	}
	outcome, err := settled(tx, p, 0, perform(tx, p, call))
	if err != nil {
		return outcome, err
	}
	return outcome, tx.keep(commandKey(call.Party, call.ID), page.with(call, outcome))
}

// runNumbered runs an execution; its number, used up or not, is its record.
func runNumbered(tx *Tx, p *prepared, call Call) (Outcome, error) {
	if p.argsFail == nil {
		if err := takeNumber(tx, call.Signer, p.args.(executeArgs)); err != nil {
			return settled(tx, p, 0, err)
		}
	}
	numbered := tx.mark()
	return settled(tx, p, numbered, perform(tx, p, call))
}

// settled turns what came of a command into its outcome; a refusal undoes
// everything since the savepoint. A signal is handed on.
func settled(tx *Tx, p *prepared, to savepoint, err error) (Outcome, error) {
	outcome := verified(p)
	if err == nil {
		outcome.Facts = tx.facts
		return outcome, nil
	}
	tx.rollback(to) // also before the next dry run: an execution that misses a key keeps its number, so that the next one gets further
	refusal, ok := refused(err)
	if !ok {
		return Outcome{}, err
	}
	outcome.Code, outcome.Reason, outcome.Message = refusal.Code, refusal.Reason, refusal.Message
	return outcome, nil
}

// perform makes the checks that are recorded, then lets the rule act.
func perform(tx *Tx, p *prepared, call Call) error {
	const furthest = 24 * time.Hour
	switch {
	case !tx.Now.Before(call.ExpiresAt):
		return refuse(WrongStatus, "expired", "The command expired at %s.", call.ExpiresAt.Format(instantForm))
	case call.ExpiresAt.After(tx.Now.Add(furthest)):
		return refuse(Invalid, "expires_at", "expires_at %s is more than 24 hours ahead.", call.ExpiresAt.Format(instantForm))
	case call.Signer.suspended():
		return refuse(Forbidden, "suspended", "%s is suspended.", call.Party)
	}
	if err := call.inScope(call.Function); err != nil {
		return err
	}
	if !p.known {
		return refuse(Invalid, "function", "There is no function %s.", quoted(call.Function))
	}
	if p.argsFail != nil {
		return p.argsFail
	}
	if p.rule.alone == nil {
		return refuse(Forbidden, "role", "%s needs two signatures: act:propose and act:approve.", call.Function)
	}
	if err := p.rule.alone(tx, call, p.args); err != nil {
		return err
	}
	if err := p.rule.run(tx, call, p.args); err != nil {
		return err
	}
	return emitMoved(tx)
}

func verified(p *prepared) Outcome {
	c := p.command
	return Outcome{Party: c.Party, ID: c.ID, Hash: c.Hash, Kid: c.Kid, Function: c.Function}
}

// unverified is the outcome of what nobody is known to have signed: it names nobody.
func unverified(p *prepared, refusal *Error) Outcome {
	sum := sha256.Sum256([]byte(p.jws))
	return Outcome{JWSHash: hex.EncodeToString(sum[:]), Code: refusal.Code, Reason: refusal.Reason, Message: refusal.Message}
}
