package ledger

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestAGenesisIsAcceptedOnceAndOnlyAsExpected(t *testing.T) {
	file := castGenesis()
	state := memory{}
	_, _, err := Genesis(file, strings.Repeat("0", 64), state)
	wantWhole(t, err, "invalid/genesis")
	writes, event, err := Genesis(file, LedgerHash(file), state)
	if err != nil {
		t.Fatal(err)
	}
	if got := event.Commands[0]; got.Function != "genesis" || got.Hash != LedgerHash(file) || len(got.Facts) != 5 {
		t.Errorf("%+v", got)
	}
	state.apply(writes)
	_, _, err = Genesis(file, LedgerHash(file), state)
	wantWhole(t, err, "duplicate/genesis")
}

func TestAFaultyGenesisIsRefused(t *testing.T) {
	var good object
	if err := json.Unmarshal(castGenesis(), &good); err != nil {
		t.Fatal(err)
	}
	party := func(name string, value any) object {
		return changed(good, "parties", []any{changed(good["parties"].([]any)[0].(object), name, value)})
	}
	twice := func(name string) object {
		list := good[name].([]any)
		return changed(good, name, append([]any{list[0]}, list...))
	}
	key := good["parties"].([]any)[0].(object)["key"].(object)
	for name, body := range map[string]object{
		"version":              changed(good, "version", "2"),
		"name":                 changed(good, "name", ""),
		"no organisations":     changed(good, "organisations", []any{}),
		"no parties":           changed(good, "parties", []any{}),
		"a field too many":     changed(good, "extra", ""),
		"an organisation":      changed(good, "organisations", []any{object{"id": "UPPER", "msp_id": "X"}}),
		"organisations twice":  twice("organisations"),
		"parties twice":        twice("parties"),
		"unknown organisation": party("organisation", "nowhere"),
		"role":                 party("roles", []any{"king"}),
		"roles twice":          party("roles", []any{"venue", "venue"}),
		"key number":           party("key", changed(key, "n", "2")),
		"key off the curve":    party("key", changed(key, "public", strings.Repeat("B", 87))),
		"key as a list":        party("key", []any{}),
		"a party as text":      changed(good, "parties", []any{"X"}),
	} {
		file := encode(body)
		if _, _, err := Genesis(file, LedgerHash(file), memory{}); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantWhole(t, err, "invalid/genesis")
		}
	}
	for _, text := range []string{"", "{", "[]", `{"a":1,"a":2}`, strings.Replace(string(castGenesis()), `"version"`, `"version":"1","version"`, 1)} {
		_, _, err := Genesis([]byte(text), LedgerHash([]byte(text)), memory{})
		wantWhole(t, err, "invalid/genesis")
	}
	pretty, _ := json.MarshalIndent(good, "", "  ")
	if _, _, err := Genesis(pretty, LedgerHash(pretty), memory{}); err != nil {
		t.Errorf("a readable file is as good: %v", err)
	}
}

func TestSubmitAndVersionAreTheRealDoor(t *testing.T) {
	m := newMarket(t, es256{newSignatures()}, "0")
	jws := m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	_, event, err := Submit(m.state, "OperatorMSP", m.now.Add(time.Second), "9999", []string{jws})
	wantWhole(t, err, "wrong_status/batch")
	if _, event, err = Submit(m.state, "CustodianMSP", m.now, "1", []string{jws}); err != nil || event.Lane != "custodian" {
		t.Fatal(err)
	}
	wantOutcome(t, event.Commands[0], "done")
	if !json.Valid(event.JSON()) {
		t.Error("the event is no JSON")
	}
}
