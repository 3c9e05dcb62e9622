package scenario

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"lonja/chaincode/door"
	"lonja/chaincode/ledger"
	"lonja/chaincode/memory"
	"lonja/chaincode/signer"
)

// start is when every scenario begins.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// world is one scenario's ledger and what its names stand for.
type world struct {
	ledger      string
	door        door.Door
	state       *memory.State
	now         time.Time
	batch       int
	minted      int
	parties     map[string]*party
	accounts    map[string]*account
	instruments map[string]*instrument
	sent        map[string]*identity
	acts        map[string]*act
	trades      map[string][]map[string]any
	invited     map[string]bool             // OF PARTY
	parts       map[string][]map[string]any // of allotments, as offering:settle takes them
	firsts      map[string]string           // who entered an instruction first
	queued      map[string]int              // executions waiting in the batch, by instrument code
	last        []command                   // of the statement before: what `again` repeats
}

type party struct {
	alias, code string
	keys        []*key
}

// key is one of a party's keys: known says that the ledger took it, implied that its party signs with it
// unless a line names another.
type key struct {
	signer.Key
	n       string
	scope   []string
	known   bool
	implied bool
}

type account struct{ alias, reference, owner, custodian string }

type instrument struct {
	alias, code, kind, issuer, currency string
	digits                              int
	feeBps                              string
}

// identity is what a repeated line repeats.
type identity struct {
	party, id, expires string
	number, instrument string // of an execution; of an order, as the file names it
	owner              string // of an order
	till               map[string]string
}

func (i *identity) reference() string { return i.party + ":" + i.id }

type act struct {
	*identity
	hash string
}

// command is a signed command, ready to send.
type command struct{ jws, hash string }

// outcome is what the event says became of a command.
type outcome struct {
	Party, ID, Hash, Function, Code, Reason, Message string
	Facts                                            []map[string]any
}

func (o outcome) String() string { return o.Code + "/" + o.Reason + ": " + o.Message }

// institutions are the parties that the genesis admits.
var institutions = []struct{ alias, organisation, role string }{
	{"operator", "operator", "operator"}, {"custodian", "custodian", "custodian"},
	{"bolsa", "operator", "venue"}, {"banco", "", "bank"},
}

func newWorld() (*world, error) {
	w := &world{
		state: memory.New(), now: start,
		parties: map[string]*party{}, accounts: map[string]*account{}, instruments: map[string]*instrument{},
		sent: map[string]*identity{}, acts: map[string]*act{}, trades: map[string][]map[string]any{}, queued: map[string]int{}, firsts: map[string]string{},
		invited: map[string]bool{}, parts: map[string][]map[string]any{},
	}
	var admitted []signer.Party
	for _, i := range institutions {
		p := w.newParty(i.alias, []string{"*"})
		admitted = append(admitted, signer.Party{Code: p.code, Organisation: i.organisation, Roles: []string{i.role}, Key: p.keys[0].Key})
	}
	var file []byte
	file, w.ledger = signer.Genesis(admitted...)
	w.door = door.New(w.ledger, func() time.Time { return w.now })
	_, err := w.call("genesis", file)
	return w, err
}

func (w *world) call(function string, args ...[]byte) ([]outcome, error) {
	call := door.Call{Function: function, Args: args, MSP: "OperatorMSP", At: w.now}
	answer, err := w.door.Answer(call, w.state)
	if err != nil {
		return nil, err
	}
	w.state.Apply(answer.Writes)
	var event struct{ Commands []outcome }
	if err := json.Unmarshal(answer.Event, &event); err != nil {
		return nil, err
	}
	w.remember(event.Commands)
	return event.Commands, w.check()
}

// submit sends commands as one batch of the operator's lane.
func (w *world) submit(commands []command) ([]outcome, error) {
	args := [][]byte{[]byte(strconv.Itoa(w.batch + 1))}
	for _, c := range commands {
		args = append(args, []byte(c.jws))
	}
	outcomes, err := w.call("submit", args...)
	if err != nil {
		return nil, err
	}
	w.batch++
	clear(w.queued)
	if len(outcomes) != len(commands) {
		return nil, fmt.Errorf("%d commands had %d outcomes", len(commands), len(outcomes))
	}
	return outcomes, nil
}

func (w *world) remember(outcomes []outcome) {
	for _, o := range outcomes {
		for _, fact := range o.Facts {
			if fact["fact"] == "TradeExecuted" {
				code := fact["instrument"].(string)
				w.trades[code] = append(w.trades[code], fact)
			}
		}
	}
}

// record reads one record of the state by its outside key; nil when there is none.
func (w *world) record(shown string) (map[string]any, error) {
	composite, err := ledger.ParseKey(shown)
	if err != nil {
		return nil, err
	}
	found, err := w.state.GetMany([]string{composite})
	if err != nil || found[composite] == nil {
		return nil, err
	}
	var fields map[string]any
	return fields, json.Unmarshal(found[composite], &fields)
}

// records reads every record of a class.
func (w *world) records(class string) ([]map[string]any, error) {
	prefix, err := ledger.ParsePrefix(class)
	if err != nil {
		return nil, err
	}
	items, _, err := w.state.List(prefix, "", 1<<20)
	if err != nil {
		return nil, err
	}
	all := make([]map[string]any, len(items))
	for i, item := range items {
		if err := json.Unmarshal(item.Value, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (w *world) instant(duration string) (string, error) {
	d, err := time.ParseDuration(duration)
	return w.now.Add(d).Format("2006-01-02T15:04:05Z"), err
}

// till is an instant of a command that may be repeated: what is named the same way is the same instant.
func (w *world) till(id *identity, duration string) (string, error) {
	if id.till == nil {
		id.till = map[string]string{}
	}
	if id.till[duration] == "" {
		at, err := w.instant(duration)
		if err != nil {
			return "", err
		}
		id.till[duration] = at
	}
	return id.till[duration], nil
}

func (w *world) mint() string {
	w.minted++
	return signer.ID(w.minted)
}
