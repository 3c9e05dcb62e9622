package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The vectors in tests/vectors fix the formats for every language. This file
// makes them (go test ./ledger -run Vectors -update) and proves that they still hold.

var update = flag.Bool("update", false, "write the vectors anew")

type (
	keyVector struct {
		Kid     string `json:"kid"`
		Private string `json:"private"` // the scalar, base64url of 32 bytes
		Public  string `json:"public"`
	}
	payloadVector struct {
		Name    string `json:"name"`
		Body    object `json:"body"`
		Payload string `json:"payload"`
		Hash    string `json:"hash"`
	}
	jwsVector struct {
		Name   string `json:"name"`
		JWS    string `json:"jws"`
		Code   Code   `json:"code"` // "" = accepted by the first four checks
		Reason string `json:"reason"`
	}
	canonicalVector struct {
		Name     string `json:"name"`
		Text     string `json:"text"`
		Accepted bool   `json:"accepted"` // as the payload of a command: canonical, an object, all scalars strings
	}
	tradeVector struct {
		Instrument string `json:"instrument"`
		Number     string `json:"number"`
		Buy        string `json:"buy"`
		Sell       string `json:"sell"`
		ID         string `json:"id"`
	}
	invitationVector struct {
		Offering string `json:"offering"`
		Party    string `json:"party"`
		Salt     string `json:"salt"`
		Hash     string `json:"hash"`
	}
	partVector struct {
		Allotments []any  `json:"allotments"`
		Leaf       string `json:"leaf"`
		Proof      []any  `json:"proof"`
	}
	allotmentVector struct {
		Offering string       `json:"offering"`
		Parts    []partVector `json:"parts"`
		Root     string       `json:"root"`
	}
	formatVector struct {
		Format  string   `json:"format"`
		Valid   []string `json:"valid"`
		Invalid []string `json:"invalid"`
	}
)

func vector(t *testing.T, name string, made any) {
	t.Helper()
	text, err := json.MarshalIndent(made, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	path := filepath.Join("..", "..", "tests", "vectors", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, text) {
		t.Errorf("%s is not what this code makes of its inputs: a frozen format has changed", name)
	}
}

func vectorWorld(t *testing.T) *world { return newWorld(t, es256{newSignatures()}) }

func placeBody(w *world) object {
	return w.body("ALICE", "01936d5c-1c2a-7b3c-8d4e-5f6071829304", "order:place", object{
		"venue": "BOLSA", "broker": "", "account": "CUSTODIA1:01936d5c-0000-7000-8000-000000000001",
		"cash_account": "CUSTODIA1:01936d5c-0000-7000-8000-000000000001", "instrument": "ACME", "side": "buy", "quantity": "40",
		"limit_minor": "2500", "good_till": "2026-11-23T00:00:00Z", "max_fee_minor": "250"})
}

func TestVectorsOfKeys(t *testing.T) {
	list := []keyVector{}
	for _, name := range []string{"OPERATOR", "CUSTODIA1", "BOLSA", "BANCO1", "ALICE", "BRUNO"} {
		h := newHand(name, "1")
		private, err := h.private.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, keyVector{name + ".1", b64.EncodeToString(private), h.public})
	}
	vector(t, "keys.json", list)
}

func TestVectorsOfTheGenesis(t *testing.T) {
	file := castGenesis()
	vector(t, "genesis.json", object{"file": string(file), "ledger": LedgerHash(file)})
}

func TestVectorsOfPayloads(t *testing.T) {
	w := vectorWorld(t)
	list := []payloadVector{}
	add := func(name string, body object) {
		payload := encode(body)
		command, refusal := parseCommand(newHand(body["party"].(string), "1").jws(w.signer, payload), 1<<16)
		if refusal != nil {
			t.Fatalf("%s: %v", name, refusal)
		}
		list = append(list, payloadVector{name, body, string(payload), command.Hash})
	}
	add("an order", placeBody(w))
	add("no arguments", w.body("ALICE", "01936d5c-1c2a-7b3c-8d4e-5f6071829305", "order:expire", object{}))
	add("an execution", w.body("BOLSA", ExecutionID("ACME", "1", "ALICE:01936d5c-1c2a-7b3c-8d4e-5f6071829304",
		"BRUNO:01936d5c-1c2a-7b3c-8d4e-5f6071829306"), "trade:execute", object{"instrument": "ACME", "number": "1", "after": "17",
		"buy": "ALICE:01936d5c-1c2a-7b3c-8d4e-5f6071829304", "sell": "BRUNO:01936d5c-1c2a-7b3c-8d4e-5f6071829306",
		"quantity": "40", "price_minor": "2500"}))
	add("nested arguments", w.body("OPERATOR", "01936d5c-1c2a-7b3c-8d4e-5f6071829307", "act:propose", object{"function": "party:admit",
		"good_till": "2026-11-30T00:00:00Z", "args": object{"party": "ALICE", "organisation": "", "roles": []any{"investor"},
			"key": w.proven(newHand("ALICE", "1"))}}))
	add("a text beyond ASCII", w.body("OPERATOR", "01936d5c-1c2a-7b3c-8d4e-5f6071829308", "party:suspend", object{"party": "ALICE",
		"suspended": "yes", "reason": "Señal <de> riesgo & «revisión» \u20ac 😀 \"\\"}))
	vector(t, "payloads.json", list)
}

// rawJWS signs any header and payload by Alice's key.
func rawJWS(s signer, h *hand, header, payload string) string {
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	return input + "." + b64.EncodeToString(s.sign(h, input))
}

func TestVectorsOfSignedCommands(t *testing.T) {
	w := vectorWorld(t)
	w.admit("ALICE", "", "investor")
	w.admit("BRUNO", "", "investor")
	vector(t, "jws.json", object{"now": w.now.Format(instantForm), "ledger": w.ledger, "commands": jwsVectors(w)})
	for _, v := range jwsVectors(w) {
		p := w.prepare(v.JWS)
		outcome := w.one(v.JWS)
		if v.Code != "" {
			wantOutcome(t, outcome, string(v.Code)+"/"+v.Reason)
			if outcome.JWSHash == "" || outcome.Party != "" {
				t.Errorf("%s: what is not verified names nobody: %+v", v.Name, outcome)
			}
		} else if outcome.JWSHash != "" || p.refusal != nil {
			t.Errorf("%s: refused: %s", v.Name, outcome.Message)
		}
	}
}

func jwsVectors(w *world) []jwsVector {
	alice, bruno := newHand("ALICE", "1"), newHand("BRUNO", "1")
	body := placeBody(w)
	payload := string(encode(body))
	good := alice.jws(w.signer, []byte(payload))
	part := strings.Split(good, ".")
	header := `{"alg":"ES256","kid":"ALICE.1"}`
	with := func(name string, value any) string {
		changed := object{}
		for k, v := range body {
			changed[k] = v
		}
		changed[name] = value
		return alice.jws(w.signer, encode(changed))
	}
	signed := func(header, payload string) string { return rawJWS(w.signer, alice, header, payload) }
	flipped := "A"
	if part[2][0] == 'A' {
		flipped = "B"
	}
	highS := flipS(part[2])
	return []jwsVector{
		{"valid", good, "", ""},
		{"valid, the other S of the same signature", part[0] + "." + part[1] + "." + highS, "", ""},
		{"one bit of the signature", part[0] + "." + part[1] + "." + flipped + part[2][1:], "unauthenticated", "signature"},
		{"signature too short", part[0] + "." + part[1] + "." + part[2][:80], "unauthenticated", "signature"},
		{"signature of zeros", part[0] + "." + part[1] + "." + strings.Repeat("A", 86), "unauthenticated", "signature"},
		{"no signature", part[0] + "." + part[1] + ".", "unauthenticated", "signature"},
		{"signed by another's key", signedAs(w, bruno, part[0]+"."+part[1]), "unauthenticated", "signature"},
		{"an argument changed after signing", part[0] + "." + b64.EncodeToString([]byte(strings.Replace(payload, `"quantity":"40"`, `"quantity":"41"`, 1))) + "." + part[2], "unauthenticated", "signature"},
		{"kid of another party", bruno.jws(w.signer, []byte(payload)), "unauthenticated", "key"},
		{"an unknown key number", signed(`{"alg":"ES256","kid":"ALICE.2"}`, payload), "unauthenticated", "key"},
		{"an unknown party", newHand("NOBODY", "1").jws(w.signer, encode(w.body("NOBODY", "01936d5c-1c2a-7b3c-8d4e-5f6071829304", "order:expire", object{}))), "unauthenticated", "key"},
		{"another ledger", with("ledger", strings.Repeat("0", 64)), "invalid", "ledger"},
		{"algorithm none", b64.EncodeToString([]byte(`{"alg":"none","kid":"ALICE.1"}`)) + "." + part[1] + ".", "invalid", "envelope"},
		{"algorithm HS256", signed(`{"alg":"HS256","kid":"ALICE.1"}`, payload), "invalid", "envelope"},
		{"header in another order", signed(`{"kid":"ALICE.1","alg":"ES256"}`, payload), "invalid", "envelope"},
		{"header with a space", signed(`{"alg":"ES256", "kid":"ALICE.1"}`, payload), "invalid", "envelope"},
		{"header with one more name", signed(`{"alg":"ES256","kid":"ALICE.1","crit":[]}`, payload), "invalid", "envelope"},
		{"key number with a zero in front", signed(`{"alg":"ES256","kid":"ALICE.01"}`, payload), "invalid", "envelope"},
		{"key number 0", signed(`{"alg":"ES256","kid":"ALICE.0"}`, payload), "invalid", "envelope"},
		{"kid without a number", signed(`{"alg":"ES256","kid":"ALICE"}`, payload), "invalid", "envelope"},
		{"payload with a space", signed(header, strings.Replace(payload, `:`, `: `, 1)), "invalid", "envelope"},
		{"payload with a line feed at its end", signed(header, payload+"\n"), "invalid", "envelope"},
		{"payload in another order", signed(header, `{"version":"1",`+strings.TrimSuffix(payload[1:], `,"version":"1"}`)+`}`), "invalid", "envelope"},
		{"a name doubled", signed(header, strings.Replace(payload, `"quantity":"40"`, `"quantity":"40","quantity":"41"`, 1)), "invalid", "envelope"},
		{"a name once more in other case", signed(header, strings.Replace(payload, `"party":"ALICE"`, `"PARTY":"ALICE","party":"ALICE"`, 1)), "invalid", "envelope"},
		{"a name in other case", signed(header, `{"Args":`+strings.TrimPrefix(payload, `{"args":`)), "invalid", "envelope"},
		{"a number for a string", signed(header, strings.Replace(payload, `"quantity":"40"`, `"quantity":40`, 1)), "invalid", "envelope"},
		{"null for a string", signed(header, strings.Replace(payload, `"broker":""`, `"broker":null`, 1)), "invalid", "envelope"},
		{"true for a string", signed(header, strings.Replace(payload, `"broker":""`, `"broker":true`, 1)), "invalid", "envelope"},
		{"a name too many", with("extra", ""), "invalid", "envelope"},
		{"an unknown version", with("version", "2"), "invalid", "envelope"},
		{"a list as payload", signed(header, `[]`), "invalid", "envelope"},
		{"an empty payload", signed(header, ``), "invalid", "envelope"},
		{"an id in upper case", with("id", "01936D5C-1C2A-7B3C-8D4E-5F6071829304"), "invalid", "envelope"},
		{"a UUIDv4", with("id", "01936d5c-1c2a-4b3c-8d4e-5f6071829304"), "invalid", "envelope"},
		{"a derived id for an order", with("id", "01936d5c-1c2a-8b3c-8d4e-5f6071829304"), "invalid", "envelope"},
		{"expires_at with a fraction", with("expires_at", "2026-11-22T19:00:00.5Z"), "invalid", "envelope"},
		{"expires_at with an offset", with("expires_at", "2026-11-22T19:00:00+00:00"), "invalid", "envelope"},
		{"expires_at on a day that is not", with("expires_at", "2026-02-30T19:00:00Z"), "invalid", "envelope"},
		{"a function without a verb", with("function", "order"), "invalid", "envelope"},
		{"padding", good + "=", "invalid", "envelope"},
		{"a line feed", good + "\n", "invalid", "envelope"},
		{"four parts", good + ".AAAA", "invalid", "envelope"},
		{"two parts", part[0] + "." + part[1], "invalid", "envelope"},
		{"nothing", "", "invalid", "envelope"},
	}
}

func signedAs(w *world, h *hand, input string) string {
	return input + "." + b64.EncodeToString(w.signer.sign(h, input))
}

func TestVectorsOfCanonicalJSON(t *testing.T) {
	list := []canonicalVector{
		{"empty object", `{}`, true},
		{"sorted names", `{"a":"1","b":"2"}`, true},
		{"unsorted names", `{"b":"2","a":"1"}`, false},
		{"names sorted by UTF-16: U+1F600 before U+FB33", "{\"\U0001F600\":\"\",\"\uFB33\":\"\"}", true},
		{"names sorted by code point instead", "{\"\uFB33\":\"\",\"\U0001F600\":\"\"}", false},
		{"a doubled name", `{"a":"1","a":"1"}`, false},
		{"a space", `{"a": "1"}`, false},
		{"a list of strings", `{"a":["x","y"]}`, true},
		{"an empty list", `{"a":[]}`, true},
		{"letters as they are", `{"a":"ñ€😀"}`, true},
		{"letters escaped", `{"a":"\u00f1"}`, false},
		{"control characters escaped short", `{"a":"\b\t\n\f\r"}`, true},
		{"control characters escaped long", `{"a":"\u000a"}`, false},
		{"other control characters in lower case", `{"a":"\u001f"}`, true},
		{"other control characters in upper case", `{"a":"\u001F"}`, false},
		{"a slash as it is", `{"a":"/"}`, true},
		{"a slash escaped", `{"a":"\/"}`, false},
		{"less than, greater than and ampersand as they are", `{"a":"<>&"}`, true},
		{"line separators as they are", "{\"a\":\"\u2028\u2029\"}", true},
		{"delete as it is", "{\"a\":\"\x7f\"}", true},
		{"half of a pair", `{"a":"\ud83d"}`, false},
		{"a number", `{"a":1}`, false},
		{"null", `{"a":null}`, false},
		{"true", `{"a":true}`, false},
		{"a string alone", `"a"`, false},
		{"a list alone", `[]`, false},
		{"text after the object", `{}{}`, false},
		{"an open end", `{"a":"1"`, false},
		{"nine levels", `{"a":[[[[[[[["x"]]]]]]]]}`, false},
	}
	for _, v := range list {
		if _, refusal := parseCanonical([]byte(v.Text)); (refusal == nil) != v.Accepted {
			t.Errorf("%s: %v", v.Name, refusal)
		}
	}
	vector(t, "canonical.json", list)
}

func TestVectorsOfExecutionIDs(t *testing.T) {
	buy, sell := "ALICE:01936d5c-1c2a-7b3c-8d4e-5f6071829304", "BRUNO:01936d5c-1c2a-7b3c-8d4e-5f6071829306"
	list := []tradeVector{}
	for _, v := range []tradeVector{
		{"ACME", "1", buy, sell, ""}, {"ACME", "2", buy, sell, ""}, {"ACME", "1", sell, buy, ""},
		{"ACM", "E1", buy, sell, ""}, {"X1", "9223372036854775807", buy, sell, ""},
	} {
		v.ID = ExecutionID(v.Instrument, v.Number, v.Buy, v.Sell)
		if !isDerived(v.ID) {
			t.Errorf("%s is not a UUIDv8", v.ID)
		}
		list = append(list, v)
	}
	vector(t, "execution_ids.json", list)
}

func TestVectorsOfAllotments(t *testing.T) {
	offering := "ACME-SA:01936d5c-1c2a-7b3c-8d4e-5f6071829304"
	invitations := []invitationVector{}
	for _, v := range []invitationVector{{offering, "ALICE", someHash, ""}, {offering, "ALIC", someHash, ""}, {offering, "BRUNO", strings.Repeat("ab", 32), ""}} {
		v.Hash = InvitationHash(v.Offering, v.Party, v.Salt)
		invitations = append(invitations, v)
	}
	list := []allotmentVector{}
	for _, many := range []int{1, 2, 3, 5, 8} {
		list = append(list, vectorOfParts(offering, many))
	}
	vector(t, "allotments.json", object{"invitations": invitations, "allotments": list})
}

// vectorOfParts is an allotment to two subscribers in each part but the last, which has one, who gets nothing.
func vectorOfParts(offering string, many int) allotmentVector {
	made := allotmentVector{Offering: offering}
	leaves := []string{}
	for n := range many {
		part := []Allotted{{"ALICE", int64(n)}, {"BRUNO", 9223372036854775807}}
		if n == many-1 {
			part = []Allotted{{"CARLA", 0}}
		}
		leaves = append(leaves, AllotmentLeaf(offering, int64(n), part))
		made.Parts = append(made.Parts, partVector{Allotments: partArgs(offering, n, part, nil)["allotments"].([]any), Leaf: leaves[n]})
	}
	root, proofs := AllotmentProofs(leaves)
	for n := range made.Parts {
		made.Parts[n].Proof = partArgs(offering, n, nil, proofs[n])["proof"].([]any)
	}
	made.Root = root
	return made
}

func TestVectorsOfFormats(t *testing.T) {
	list := []formatVector{
		{"code", []string{"AB", "MXN.BANCO1", "1A", "A-1", strings.Repeat("A", 32)},
			[]string{"", "A", "ab", ".AB", "-AB", "A B", "ACMÉ", "A_B", "A:B", "A/B", "AB\x00", strings.Repeat("A", 33)}},
		{"reference", []string{"REF-1", "a", strings.Repeat("9", 35)}, []string{"", "a b", "a.b", "a/b", "ñ", strings.Repeat("9", 36)}},
		{"pair", []string{"ALICE:01936d5c-1c2a-7b3c-8d4e-5f6071829304"},
			[]string{"", "ALICE", "ALICE:", ":01936d5c-1c2a-7b3c-8d4e-5f6071829304", "ALICE:01936d5c-1c2a-4b3c-8d4e-5f6071829304", "ALICE:01936d5c-1c2a-8b3c-8d4e-5f6071829304",
				"alice:01936d5c-1c2a-7b3c-8d4e-5f6071829304", "ALICE:01936d5c-1c2a-7b3c-8d4e-5f607182930", "ALICE:01936D5C-1c2a-7b3c-8d4e-5f6071829304"}},
		{"integer", []string{"0", "1", "9223372036854775807"},
			[]string{"", "-1", "+1", "01", "1.0", "1e3", " 1", "1 ", "9223372036854775808", "10000000000000000000", "٣", "１"}},
		{"instant", []string{"2026-11-22T18:00:00Z", "2024-02-29T00:00:00Z"},
			[]string{"", "2026-11-22", "2026-11-22T18:00:00", "2026-11-22T18:00:00z", "2026-11-22 18:00:00Z", "2026-11-22T18:00:00.0Z",
				"2026-11-22T18:00:00+00:00", "2026-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T18:00:60Z"}},
		{"isin", []string{"US0378331005", "MX01AC100006", "GB0002634946"},
			[]string{"", "US0378331006", "US037833100", "us0378331005", "U10378331005", "US03783310055", "US037833100A"}},
		{"hash", []string{hex.EncodeToString(make([]byte, 32))}, []string{"", "0", strings.Repeat("A", 64), strings.Repeat("g", 64), strings.Repeat("0", 63)}},
		{"remark", []string{"Market halted", "Revisión n.º 3", "😀"},
			[]string{"", " a", "a ", "a\nb", "a\x00b", "e\u0301", "a\u200bb", strings.Repeat("x", 141)}},
	}
	checks := map[string]func(string) bool{"code": isCode, "reference": isReference, "pair": isPair, "isin": isISIN, "hash": isHash, "remark": isText,
		"integer": func(s string) bool { _, ok := parseInteger(s); return ok },
		"instant": func(s string) bool { _, ok := parseInstant(s); return ok }}
	for _, v := range list {
		for _, s := range v.Valid {
			if !checks[v.Format](s) {
				t.Errorf("%s: %q is refused", v.Format, s)
			}
		}
		for _, s := range v.Invalid {
			if checks[v.Format](s) {
				t.Errorf("%s: %q is accepted", v.Format, s)
			}
		}
	}
	vector(t, "formats.json", list)
}

// flipS answers (r, n-s), which verifies as well as (r, s) and names the same command.
func flipS(signature string) string {
	raw, err := b64.DecodeString(signature)
	if err != nil {
		panic(err)
	}
	order := newHand("ALICE", "1").private.Params().N
	s := new(big.Int).SetBytes(raw[32:])
	return b64.EncodeToString(append(raw[:32:32], s.Sub(order, s).FillBytes(make([]byte, 32))...))
}
