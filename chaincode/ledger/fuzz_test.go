package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// Fuzz targets. Their seeds run with every test; to search on:
//
//	go test ./ledger -fuzz FuzzCanonical -fuzztime 60s

func readVectors[T any](f *testing.F, name string) T {
	f.Helper()
	var v T
	text, err := os.ReadFile(filepath.Join("..", "..", "tests", "vectors", name))
	if err != nil {
		f.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		f.Fatal(err)
	}
	return v
}

// FuzzCanonical: what is accepted is what the JCS library leaves as it is, and
// reads the same for a program that takes the first or the last of two names.
func FuzzCanonical(f *testing.F) {
	for _, v := range readVectors[[]canonicalVector](f, "canonical.json") {
		f.Add([]byte(v.Text))
	}
	for _, v := range readVectors[[]payloadVector](f, "payloads.json") {
		f.Add([]byte(v.Payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		body, refusal := parseCanonical(payload)
		canonical, err := jcs.Transform(payload)
		same := err == nil && bytes.Equal(canonical, payload)
		if refusal == nil && !same {
			t.Fatalf("accepted, though JCS makes %s of it (%v)", canonical, err)
		}
		var any map[string]any
		if refusal != nil && same && utf8.Valid(payload) && json.Unmarshal(payload, &any) == nil && any != nil && onlyStrings(any, deepest) {
			t.Fatalf("refused, though it is canonical: %v", refusal)
		}
		if refusal == nil && !bytes.Equal(appendCanonical(nil, body), payload) {
			t.Fatal("not written back as it was")
		}
	})
}

// FuzzEnvelope: no bytes whatever crash the reader, and what it accepts is unambiguous.
func FuzzEnvelope(f *testing.F) {
	type set struct{ Commands []jwsVector }
	for _, v := range readVectors[set](f, "jws.json").Commands {
		f.Add(v.JWS)
	}
	e := engine{standardLimits(), table(), quick{}}
	f.Fuzz(func(t *testing.T, jws string) {
		p := e.prepare(jws)
		if p.refusal != nil {
			if p.refusal.Code != Invalid || p.refusal.Reason != "envelope" || !utf8.ValidString(p.refusal.Message) {
				t.Fatalf("%+v", p.refusal)
			}
			return
		}
		c := p.command
		if !isCode(c.Party) || !isIDOf(c.Function, c.ID) || !isHash(c.Ledger) || !isKid(c.Kid) || len(c.Hash) != 64 || !isFunctionName(c.Function) {
			t.Fatalf("%+v", c)
		}
		for _, key := range p.keys {
			if back, err := ParseKey(ShowKey(key)); err != nil || back != key {
				t.Fatalf("the key %q is of no class", key)
			}
		}
	})
}

// FuzzSubmit: a batch of two, each command signed anew, so that the arguments
// are reached; nothing crashes and the invariants hold.
func FuzzSubmit(f *testing.F) {
	m := newMarket(f, quick{}, "25")
	audit := newAuditor(m.state)
	for name, args := range samples(m.world) {
		f.Add(name, string(encode(args)), "ALICE")
	}
	f.Add("order:place", string(encode(m.order(m.alice, "buy", "1", "1", "1"))), "ALICE")
	f.Add("cash:deposit", string(encode(object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": "1", "reference": "F"})), "BANCO1")
	f.Fuzz(func(t *testing.T, function, args, party string) {
		var object map[string]any
		if json.Unmarshal([]byte(args), &object) != nil || m.kid[party] == "" || !onlyStrings(object, deepest-1) {
			return
		}
		body := m.body(party, someID, function, object)
		if function == tradeExecute {
			body["id"] = ExecutionID("ACME", "1", party, party)
		}
		jws := m.hands[m.kid[party]].jws(quick{}, appendCanonical(nil, body))
		writes, event, err := m.engine.submit(m.state, "OperatorMSP", m.now, strconv.Itoa(m.batch+1), []string{jws, jws})
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(event.JSON()) {
			t.Fatal("the event is no JSON")
		}
		if err := audit.clone().audit(writes, event.Commands); err != nil {
			t.Fatal(err)
		}
	})
}
