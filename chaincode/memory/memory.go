// Package memory keeps the ledger's state in a sorted map: for the sandbox, scenarios and fuzzing.
package memory

import (
	"slices"
	"sort"
	"strings"

	"lonja/chaincode/ledger"
)

// State holds records by composite key. It is not safe for concurrent use: whoever shares it locks it.
// Its zero value is not ready; New makes one.
type State struct {
	values map[string][]byte
	keys   []string // sorted unless stale
	stale  bool
}

// New returns an empty state.
func New() *State { return &State{values: map[string][]byte{}} }

// GetMany returns the records found; absent keys are not in the map.
func (s *State) GetMany(keys []string) (map[string][]byte, error) {
	found := make(map[string][]byte, len(keys))
	for _, key := range keys {
		if value, ok := s.values[key]; ok {
			found[key] = slices.Clone(value)
		}
	}
	return found, nil
}

// List returns up to limit records whose key begins with prefix and sorts behind after, in key order.
// next is the last key returned when more follow, else "".
func (s *State) List(prefix, after string, limit int) (items []ledger.Item, next string, err error) {
	s.sort()
	start := sort.SearchStrings(s.keys, max(prefix, after))
	for _, key := range s.keys[start:] {
		if key == after {
			continue
		}
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if len(items) == limit {
			return items, items[limit-1].Key, nil
		}
		items = append(items, ledger.Item{Key: key, Value: slices.Clone(s.values[key])})
	}
	return items, "", nil
}

// Apply commits writes: the whole transaction or, by not calling it, nothing.
func (s *State) Apply(writes []ledger.Write) {
	for _, w := range writes {
		if _, known := s.values[w.Key]; !known {
			s.keys = append(s.keys, w.Key)
			s.stale = true
		}
		s.values[w.Key] = slices.Clone(w.Value)
	}
}

func (s *State) sort() {
	if s.stale {
		slices.Sort(s.keys)
		s.stale = false
	}
}
