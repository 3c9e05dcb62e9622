package scenario

import (
	"strings"
	"testing"

	"lonja/chaincode/ledger"
)

// tamper changes the first record under a prefix in which a text is found, behind the rules' back.
func (w *world) tamper(t *testing.T, shown, from, to string) {
	t.Helper()
	prefix, err := ledger.ParsePrefix(shown)
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := w.state.List(prefix, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if changed := strings.Replace(string(item.Value), from, to, 1); changed != string(item.Value) {
			w.state.Apply([]ledger.Write{{Key: item.Key, Value: []byte(changed)}})
			return
		}
	}
	t.Fatalf("no record under %s has %s", shown, from)
}
