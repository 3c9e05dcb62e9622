// Package ledger holds the rules of the market, pure: no Fabric, no clock, no
// randomness. It reads through State, answers with writes and one event.
package ledger

import "time"

// State is what the rules read: many keys at once, in one round trip where the
// peer can. A key that has no value is absent from the answer.
type State interface {
	GetMany(keys []string) (map[string][]byte, error)
}

// Lister walks the keys below a prefix in key order, for queries only: no
// command ever scans. The walk starts after the key `after` ("" = at the
// beginning); `next` is the last key returned when there is more, else "".
type Lister interface {
	List(prefix, after string, limit int) (items []Item, next string, err error)
}

// Item is one key with its value.
type Item struct {
	Key   string
	Value []byte
}

// Write is one key to be stored with its new value. Nothing is ever deleted.
type Write struct {
	Key   string
	Value []byte
}

// Context is what a transaction brings besides its commands: its timestamp, and
// the organisation (by the genesis) of whoever sent it.
type Context struct {
	Now          time.Time
	Organisation string
}
