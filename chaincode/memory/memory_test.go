package memory

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"lonja/chaincode/ledger"
)

func filled(t *testing.T, keys ...string) *State {
	t.Helper()
	s := New()
	for _, key := range keys {
		s.Apply([]ledger.Write{{Key: key, Value: []byte("value of " + key)}})
	}
	return s
}

func keysOf(items []ledger.Item) (keys []string) {
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	return keys
}

func TestAnAbsentKeyIsNotInTheAnswer(t *testing.T) {
	found, err := filled(t, "a").GetMany([]string{"a", "b"})
	if err != nil || len(found) != 1 || string(found["a"]) != "value of a" {
		t.Fatalf("found %q, error %v", found, err)
	}
}

func TestNobodyHoldsTheStoresOwnBytes(t *testing.T) {
	value := []byte("one")
	s := New()
	s.Apply([]ledger.Write{{Key: "a", Value: value}})
	value[0] = 'X'
	found, _ := s.GetMany([]string{"a"})
	found["a"][1] = 'X'
	again, _ := s.GetMany([]string{"a"})
	if !bytes.Equal(again["a"], []byte("one")) {
		t.Fatalf("the record became %q", again["a"])
	}
}

func TestListWalksAPrefixPageByPageInKeyOrder(t *testing.T) {
	s := filled(t, "b2", "a", "b1", "c", "b3")
	first, next, _ := s.List("b", "", 2)
	if !slices.Equal(keysOf(first), []string{"b1", "b2"}) || next != "b2" {
		t.Fatalf("first page %q, next %q", keysOf(first), next)
	}
	s.Apply([]ledger.Write{{Key: "b25", Value: []byte("new")}})
	second, next, _ := s.List("b", next, 2)
	if !slices.Equal(keysOf(second), []string{"b25", "b3"}) || next != "" {
		t.Fatalf("second page %q, next %q", keysOf(second), next)
	}
}

func TestAKeyOutsideThePrefixListsNothingElse(t *testing.T) {
	s := filled(t, "a", "b1", "c")
	for after, wanted := range map[string][]string{"a": {"b1"}, "b1": nil, "c": nil} {
		items, next, _ := s.List("b", after, 10)
		if !slices.Equal(keysOf(items), wanted) || next != "" {
			t.Errorf("after %q: %q, next %q", after, keysOf(items), next)
		}
	}
}

func BenchmarkApplyAndList(b *testing.B) {
	s := New()
	for i := 0; b.Loop(); i++ {
		s.Apply([]ledger.Write{{Key: fmt.Sprint(i), Value: []byte("x")}})
	}
	_, _, _ = s.List("", "", 10)
}
