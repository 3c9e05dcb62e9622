package ledger

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Limits bound what one batch and one command may cost (SAFETY C25).
type limits struct {
	commands     int // in a batch
	batchBytes   int // all JWS of a batch together
	commandBytes int // one JWS
	batchKeys    int // read or written by a batch; what comes after stays unrun
	reads        int // keys read by one command
	writes       int // keys written by one command
}

func standardLimits() limits {
	return limits{commands: 250, batchBytes: 1 << 20, commandBytes: 64 << 10, batchKeys: 10_000, reads: 500, writes: 200}
}

// signal unwinds a command without refusing it.
type signal string

func (s signal) Error() string { return string(s) }

const (
	errMissing signal = "a key is not loaded yet" // the runner fetches it and runs the batch again
	errFull    signal = "the batch touches too many keys"
)

// store is what has been fetched from State so far, shared by all dry runs of a batch.
type store struct {
	loaded  map[string][]byte // nil: known to be absent
	decoded map[string]any    // the same values as records, decoded once
	missing map[string]struct{}
}

func newStore() *store {
	return &store{loaded: map[string][]byte{}, decoded: map[string]any{}, missing: map[string]struct{}{}}
}

// fetch asks State for everything that was missed, in one call.
func (s *store) fetch(from State) error {
	keys := make([]string, 0, len(s.missing))
	for key := range s.missing {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	values, err := from.GetMany(keys)
	if err != nil {
		return refuse(Unavailable, "state", "The state cannot be read: %v.", err)
	}
	for _, key := range keys {
		s.loaded[key] = values[key]
	}
	clear(s.missing)
	return nil
}

// Tx is the one view that rules have of the state: loaded values under the
// writes of this batch. Every command runs on a savepoint of it.
type Tx struct {
	Context
	engine
	ledger  string // hash of the genesis file
	store   *store
	writes  map[string]any // records, later encoded
	undo    []change
	touched map[string]touch
	command int // number of the running command, from 1
	reads   int
	written int
	facts   []Fact
	moved   []string // keys of the holdings this command changed, in order of change
}

type change struct {
	key    string
	record any // nil: was not written before
}

// touch remembers which command last read and wrote a key.
type touch struct{ read, written int }

func newTx(e engine, context Context, s *store) *Tx {
	return &Tx{Context: context, engine: e, store: s, writes: map[string]any{}, touched: map[string]touch{}}
}

// savepoint is a place in the running command to roll back to; 0 is its beginning.
type savepoint int

// begin opens the next command.
func (tx *Tx) begin() {
	tx.command++
	tx.reads, tx.written = 0, 0
	tx.undo, tx.facts, tx.moved = tx.undo[:0], nil, tx.moved[:0]
}

func (tx *Tx) mark() savepoint { return savepoint(len(tx.undo)) }

// rollback undoes all writes since the savepoint, and every fact of the command.
func (tx *Tx) rollback(to savepoint) {
	for i := len(tx.undo) - 1; i >= int(to); i-- {
		if was := tx.undo[i]; was.record == nil {
			delete(tx.writes, was.key)
		} else {
			tx.writes[was.key] = was.record
		}
	}
	tx.undo, tx.facts, tx.moved = tx.undo[:to], nil, tx.moved[:0]
}

// want declares keys that will be needed, so that all of them are fetched together.
func (tx *Tx) want(keys ...string) error {
	var missed error
	for _, key := range keys {
		if err := tx.read(key); err != nil {
			return err
		}
		if !tx.present(key) {
			missed = errMissing
		}
	}
	return missed
}

func (tx *Tx) present(key string) bool {
	if _, ok := tx.writes[key]; ok {
		return true
	}
	if _, ok := tx.store.loaded[key]; ok {
		return true
	}
	tx.store.missing[key] = struct{}{}
	return false
}

func (tx *Tx) read(key string) error {
	t := tx.touched[key]
	if t.read == tx.command && tx.command != 0 {
		return nil
	}
	t.read = tx.command
	tx.touched[key] = t
	if tx.reads++; tx.reads > tx.limits.reads {
		return refuse(Invalid, "size", "A command reads at most %d keys.", tx.limits.reads)
	}
	return tx.full()
}

func (tx *Tx) full() error {
	if len(tx.touched) > tx.limits.batchKeys {
		return errFull
	}
	return nil
}

// load reads one record; found is false when the key has no value.
func load[T any](tx *Tx, key string) (record T, found bool, err error) {
	if err := tx.want(key); err != nil {
		return record, false, err
	}
	if held, ok := tx.writes[key]; ok {
		return held.(T), true, nil
	}
	text := tx.store.loaded[key]
	if text == nil {
		return record, false, nil
	}
	if held, ok := tx.store.decoded[key]; ok {
		return held.(T), true, nil
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return record, false, refuse(Internal, "state", "The record %s cannot be read: %v.", ShowKey(key), err)
	}
	tx.store.decoded[key] = record
	return record, true, nil
}

// put writes one record. The key need not have been read.
func (tx *Tx) put(key string, record any) error {
	t := tx.touched[key]
	if t.written != tx.command || tx.command == 0 {
		t.written = tx.command
		tx.touched[key] = t
		if tx.written++; tx.written > tx.limits.writes {
			return refuse(Invalid, "size", "A command writes at most %d keys.", tx.limits.writes)
		}
	}
	tx.set(key, record)
	return tx.full()
}

func (tx *Tx) set(key string, record any) {
	tx.undo = append(tx.undo, change{key, tx.writes[key]})
	tx.writes[key] = record
}

// keep writes what stays of a command itself, beyond what the command may write.
func (tx *Tx) keep(key string, record any) error {
	if _, known := tx.touched[key]; !known {
		tx.touched[key] = touch{written: tx.command}
	}
	tx.set(key, record)
	return tx.full()
}

func (tx *Tx) emit(f Fact) { tx.facts = append(tx.facts, f) }

// flush is everything written, encoded, in key order.
func (tx *Tx) flush() []Write {
	writes := make([]Write, 0, len(tx.writes))
	out := newEncoder()
	for key, record := range tx.writes {
		out.text.Reset()
		writes = append(writes, Write{Key: key, Value: bytes.Clone(out.value(record).text.Bytes())})
	}
	slices.SortFunc(writes, func(a, b Write) int { return strings.Compare(a.Key, b.Key) })
	return writes
}
