// Package door is the ledger's front: which functions a caller may call, with what bounds, and how a refusal reads.
// It is the same on Fabric (package contract) and in the sandbox (cmd/sandbox); the rules behind it are package ledger's.
package door

import (
	"time"

	"lonja/chaincode/ledger"
)

// Version is what the function `version` answers. A build may give itself another:
// -ldflags "-X lonja/chaincode/door.Version=1.1.0".
var Version = "1.0.0"

// Bounds of one call.
const (
	MaxBytes = 1 << 20          // all arguments of a transaction together
	MaxDrift = 10 * time.Second // between a transaction's timestamp and our own clock, either way
)

// Store is the state as it stood when the transaction began.
type Store interface {
	ledger.State
	ledger.Lister
}

// Call is one invocation: who sent it (the creator's organisation), when by the caller's clock, and what.
type Call struct {
	Function string
	Args     [][]byte
	MSP      string
	At       time.Time
}

// Answer is what a call leaves: writes and the event `facts` of a transaction, or the payload of a query.
type Answer struct {
	Writes  []ledger.Write
	Event   []byte
	Payload []byte
}

// Door answers calls for one ledger, the one whose genesis file has this hash.
type Door struct {
	genesis string
	now     func() time.Time
}

// New makes the door of the ledger with this genesis hash. The clock is used as a veto only, never in a result.
func New(genesisHash string, now func() time.Time) Door {
	return Door{genesis: genesisHash, now: now}
}

// Answer runs a call. A refusal of the whole call is a *ledger.Error and changes nothing;
// a refused command of a batch is in the event, and no error.
func (d Door) Answer(c Call, s Store) (Answer, error) {
	switch c.Function {
	case "genesis", "submit":
		return d.transact(c, s)
	case "get":
		return get(c.Args, s)
	case "list":
		return list(c.Args, s)
	case "version":
		return d.version()
	}
	return Answer{}, refuse(ledger.Invalid, "function", "There is no function %.80q.", c.Function)
}

func (d Door) transact(c Call, s Store) (Answer, error) {
	if err := d.clock(c.At); err != nil {
		return Answer{}, err
	}
	if size := total(c.Args); size > MaxBytes {
		return Answer{}, refuse(ledger.Invalid, "size", "The arguments have %d bytes; at most %d are taken.", size, MaxBytes)
	}
	writes, event, err := d.apply(c, s)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Writes: writes, Event: event.JSON()}, nil
}

func (d Door) apply(c Call, s Store) ([]ledger.Write, ledger.Event, error) {
	if c.Function == "genesis" {
		if len(c.Args) != 1 {
			return nil, ledger.Event{}, refuse(ledger.Invalid, "arguments", "genesis takes one file, not %d.", len(c.Args))
		}
		return ledger.Genesis(c.Args[0], d.genesis, s)
	}
	if len(c.Args) < 2 {
		return nil, ledger.Event{}, refuse(ledger.Invalid, "size", "submit takes a batch number and at least one command.")
	}
	return ledger.Submit(s, c.MSP, c.At, string(c.Args[0]), texts(c.Args[1:]))
}

// clock refuses to endorse what was not made just now: the caller chooses a transaction's timestamp.
func (d Door) clock(at time.Time) error {
	drift := at.Sub(d.now())
	if drift > MaxDrift || drift < -MaxDrift {
		return refuse(ledger.Unavailable, "clock", "The transaction's time %s is %s off this organisation's clock; at most %s is taken.",
			at.UTC().Format(time.RFC3339), drift.Round(time.Second), MaxDrift)
	}
	return nil
}

func total(args [][]byte) int {
	size := 0
	for _, arg := range args {
		size += len(arg)
	}
	return size
}
