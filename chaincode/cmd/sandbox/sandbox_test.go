package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lonja/chaincode/signer"
)

// bench is a sandbox under test, and what it takes to sign for its custodian.
type bench struct {
	*testing.T
	chain  *Chain
	server *httptest.Server
	key    signer.Key
	file   []byte
	minted int
}

func newBench(t *testing.T, open func(file []byte) (*Chain, error)) *bench {
	t.Helper()
	b := &bench{T: t, key: signer.New()}
	b.file, _ = signer.Genesis(
		signer.Party{Code: "OPERATOR", Organisation: "operator", Roles: []string{"operator"}, Key: signer.New()},
		signer.Party{Code: "CUSTODIA1", Organisation: "custodian", Roles: []string{"custodian"}, Key: b.key},
	)
	b.serve(open)
	return b
}

func inMemory(file []byte) (*Chain, error) { return newChain(file, "OperatorMSP", time.Now) }

func (b *bench) serve(open func(file []byte) (*Chain, error)) {
	b.Helper()
	chain, err := open(b.file)
	if err != nil {
		b.Fatal(err)
	}
	b.chain = chain
	b.server = httptest.NewServer((&service{chain: chain, msp: "OperatorMSP"}).handler())
	b.Cleanup(b.server.Close)
}

func (b *bench) command() string {
	b.minted++
	return b.key.Sign("CUSTODIA1.1", signer.Canonical(map[string]any{
		"version": "1", "ledger": b.chain.genesis, "party": "CUSTODIA1", "id": signer.ID(b.minted), "function": "account:open",
		"args": map[string]string{"owner": "OPERATOR", "kind": "own"}, "expires_at": time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z"),
	}))
}

func (b *bench) post(path string, body any) (int, map[string]any) {
	b.Helper()
	encoded, ok := body.(string)
	if !ok {
		encoded = string(encode(body))
	}
	response, err := http.Post(b.server.URL+path, "application/json", strings.NewReader(encoded))
	return b.answer(response, err)
}

func (b *bench) get(path string) (int, map[string]any) {
	b.Helper()
	response, err := http.Get(b.server.URL + path)
	return b.answer(response, err)
}

func (b *bench) answer(response *http.Response, err error) (int, map[string]any) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		b.Fatal(err)
	}
	return response.StatusCode, answer
}

func (b *bench) submit(batch string, commands ...string) (int, map[string]any) {
	b.Helper()
	return b.post("/submit", map[string]any{"msp": "", "batch": batch, "commands": commands, "timestamp": ""})
}

func TestABatchMakesABlockThatChainsToTheOneBefore(t *testing.T) {
	b := newBench(t, inMemory)
	status, answer := b.submit("1", b.command(), b.command())
	if status != 200 || answer["block"] != 2.0 {
		t.Fatalf("%d %v", status, answer)
	}
	_, all := b.get("/blocks?from=0")
	blocks := all["blocks"].([]any)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for i := 1; i < 3; i++ {
		if blocks[i].(map[string]any)["previous_hash"] != blocks[i-1].(map[string]any)["hash"] {
			t.Errorf("block %d does not chain", i)
		}
	}
	transaction := blocks[2].(map[string]any)["transactions"].([]any)[0].(map[string]any)
	event := transaction["event"].(map[string]any)
	if transaction["id"] != answer["transaction_id"] || transaction["code"] != "VALID" || transaction["function"] != "submit" ||
		len(transaction["args"].([]any)) != 3 || len(transaction["endorsers"].([]any)) != 2 || len(event["commands"].([]any)) != 2 {
		t.Errorf("%v", transaction)
	}
}

func TestARefusedBatchMakesNoBlock(t *testing.T) {
	b := newBench(t, inMemory)
	late := time.Now().Add(-11 * time.Second).UTC().Format(time.RFC3339)
	for name, body := range map[string]map[string]any{
		"batch":        {"batch": "2", "commands": []string{b.command()}},
		"organisation": {"msp": "ForeignMSP", "batch": "1", "commands": []string{b.command()}},
		"clock":        {"batch": "1", "commands": []string{b.command()}, "timestamp": late},
		"size":         {"batch": "1", "commands": []string{}},
	} {
		if status, answer := b.post("/submit", body); status != http.StatusConflict || answer["reason"] != name || answer["message"] == "" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if height := b.chain.height(); height != 2 {
		t.Errorf("%d blocks", height)
	}
}

func TestBadRequestsAreNamed(t *testing.T) {
	b := newBench(t, inMemory)
	for body, wanted := range map[string]int{
		"{": 400, `{"batch":1}`: 400, `{"nonsense":""}`: 400, `{"timestamp":"noon"}`: 400,
		`{"batch":"` + strings.Repeat("x", maxBody) + `"}`: 413,
	} {
		if status, answer := b.post("/submit", body); status != wanted || answer["code"] != "invalid" {
			t.Errorf("%.30s: %d %v", body, status, answer)
		}
	}
	for path, wanted := range map[string]int{"/blocks?from=x": 400, "/blocks": 400, "/blocks?from=0&wait=61": 400, "/blocks?from=0&wait=-1": 400} {
		if status, _ := b.get(path); status != wanted {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestAQueryAnswersRecordsAndChangesNothing(t *testing.T) {
	b := newBench(t, inMemory)
	status, answer := b.post("/query", map[string]any{"function": "get", "args": []string{"party/OPERATOR"}})
	if status != 200 || len(answer["items"].([]any)) != 1 {
		t.Errorf("%d %v", status, answer)
	}
	for _, function := range []string{"submit", "genesis", "nonsense", ""} {
		if status, answer := b.post("/query", map[string]any{"function": function, "args": []string{"1"}}); status != http.StatusConflict {
			t.Errorf("%s: %d %v", function, status, answer)
		}
	}
	if status, health := b.get("/healthz"); status != 200 || health["height"] != 2.0 || health["ledger"] != b.chain.genesis {
		t.Errorf("%d %v", status, health)
	}
}

func TestALongPollEndsWithTheNextBlockOrItsTime(t *testing.T) {
	b := newBench(t, inMemory)
	start := time.Now()
	if _, answer := b.get("/blocks?from=2&wait=0.05"); len(answer["blocks"].([]any)) != 0 || time.Since(start) < 50*time.Millisecond {
		t.Errorf("%v after %v", answer, time.Since(start))
	}
	found := make(chan int)
	go func() {
		_, answer := b.get("/blocks?from=2&wait=20")
		found <- len(answer["blocks"].([]any))
	}()
	b.submit("1", b.command())
	if n := <-found; n != 1 || time.Since(start) > 10*time.Second {
		t.Errorf("%d blocks after %v", n, time.Since(start))
	}
}

func TestAJournalBringsTheSameChainBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blocks.jsonl")
	reopen := func(file []byte) (*Chain, error) { return openJournal(path, file, "OperatorMSP", time.Now) }
	b := newBench(t, reopen)
	first := b.command()
	b.submit("1", first, b.command())
	b.submit("2", b.command())
	before := b.chain.blocks
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(kept, `{"number":4,"trans`...), 0o600); err != nil { // a crash cut the last line
		t.Fatal(err)
	}
	b.serve(reopen)
	if !bytes.Equal(encode(b.chain.blocks), encode(before)) {
		t.Fatal("the blocks are not the same")
	}
	if status, answer := b.submit("3", first); status != 200 || answer["block"] != 4.0 {
		t.Errorf("%d %v", status, answer)
	}
	b.serve(reopen)
	if b.chain.height() != 5 {
		t.Errorf("%d blocks", b.chain.height())
	}
}

func TestAJournalOfAnotherLedgerOrAChangedOneIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blocks.jsonl")
	reopen := func(file []byte) (*Chain, error) { return openJournal(path, file, "OperatorMSP", time.Now) }
	b := newBench(t, reopen)
	b.submit("1", b.command())
	if _, err := reopen([]byte(strings.Replace(string(b.file), "lonja-test", "lonja-other", 1))); err == nil {
		t.Error("another genesis opened it")
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(kept), `"kind":"own"`, `"kind":"direct"`, 1)
	if err := os.WriteFile(path, []byte(strings.Replace(changed, `"hash":"`, `"hash":"0`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := reopen(b.file); err == nil {
		t.Error("a changed journal opened")
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "nonsense"} {
		if listener, err := listenLoopback(address); err == nil {
			listener.Close()
			t.Errorf("%s was taken", address)
		}
	}
	listener, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
}
