package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"lonja/chaincode/door"
	"lonja/chaincode/ledger"
	"lonja/chaincode/memory"
	"lonja/chaincode/signer"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// organisation is a chaincode process with a channel behind it, and keys to sign with.
type organisation struct {
	contract *Contract
	channel  channel
	file     string
	hash     string
	keys     map[string]signer.Key
	minted   int
}

func newOrganisation() *organisation {
	o := &organisation{channel: channel{}, keys: map[string]signer.Key{}}
	var parties []signer.Party
	for code, role := range map[string]string{"OPERATOR": "operator", "CUSTODIA1": "custodian", "BANCO1": "bank"} {
		o.keys[code] = signer.New()
		home := map[string]string{"operator": "operator", "custodian": "custodian"}[role]
		parties = append(parties, signer.Party{Code: code, Organisation: home, Roles: []string{role}, Key: o.keys[code]})
	}
	file, hash := signer.Genesis(parties...)
	o.file, o.hash = string(file), hash
	o.contract = New(hash, func() time.Time { return noon })
	return o
}

// founded has accepted its genesis.
func founded(t *testing.T) *organisation {
	t.Helper()
	o := newOrganisation()
	s := o.channel.transaction("OperatorMSP", noon, "genesis", o.file)
	succeeds(t, o.contract.Invoke(s))
	s.commit()
	return o
}

func (o *organisation) command(party, function string, args map[string]any) string {
	o.minted++
	return o.keys[party].Sign(party+".1", signer.Canonical(map[string]any{
		"version": "1", "ledger": o.hash, "party": party, "id": signer.ID(o.minted), "function": function, "args": args,
		"expires_at": noon.Add(time.Hour).Format("2006-01-02T15:04:05Z"),
	}))
}

func (o *organisation) openAccount() string {
	return o.command("CUSTODIA1", "account:open", map[string]any{"owner": "BANCO1", "kind": "direct"})
}

func succeeds(t *testing.T, r *peer.Response) {
	t.Helper()
	if r.Status != 200 {
		t.Fatalf("status %d, %s", r.Status, r.Message)
	}
}

// refused holds a response to the form and the content of a refusal, and the transaction to having left nothing.
func refused(t *testing.T, s *stub, r *peer.Response, code ledger.Code, reason string) {
	t.Helper()
	var refusal ledger.Error
	text, ours := strings.CutPrefix(r.Message, "lonja ")
	if err := json.Unmarshal([]byte(text), &refusal); err != nil || !ours || r.Status != 500 {
		t.Fatalf("status %d, message %q", r.Status, r.Message)
	}
	if refusal.Code != code || refusal.Reason != reason || refusal.Message == "" {
		t.Errorf("refused with %+v, not %s/%s", refusal, code, reason)
	}
	if len(s.writes) != 0 || len(s.events) != 0 || len(r.Payload) != 0 {
		t.Errorf("a refusal left %d writes, %d events, payload %q", len(s.writes), len(s.events), r.Payload)
	}
}

func TestATransactionSetsOneEventAndNoPayload(t *testing.T) {
	o := founded(t)
	mirror := memory.New()
	for key, value := range o.channel {
		mirror.Apply([]ledger.Write{{Key: key, Value: value}})
	}
	jws := o.openAccount()
	s := o.channel.transaction("OperatorMSP", noon, "submit", "1", jws)
	r := o.contract.Invoke(s)
	succeeds(t, r)
	wanted, err := door.New(o.hash, func() time.Time { return noon }).Answer(
		door.Call{Function: "submit", Args: [][]byte{[]byte("1"), []byte(jws)}, MSP: "OperatorMSP", At: noon}, mirror)
	if err != nil || len(s.events) != 1 || string(s.events["facts"]) != string(wanted.Event) || len(r.Payload) != 0 {
		t.Fatalf("events %q, payload %q, error %v", s.events, r.Payload, err)
	}
}

func TestEveryKeyIsReadOnceAndWrittenOnceInOrder(t *testing.T) {
	o := founded(t)
	args := []string{"submit", "1"}
	for range 20 {
		args = append(args, o.openAccount())
	}
	args = append(args, args[2]) // one of them twice
	s := o.channel.transaction("OperatorMSP", noon, args...)
	succeeds(t, o.contract.Invoke(s))
	if once := slices.Compact(slices.Sorted(slices.Values(s.reads))); len(once) != len(s.reads) {
		t.Errorf("%d reads of %d keys", len(s.reads), len(once))
	}
	if once := slices.Compact(slices.Sorted(slices.Values(s.writes))); !slices.Equal(once, s.writes) {
		t.Errorf("writes are not sorted and single: %q", s.writes)
	}
	if len(s.writes) != 22 { // 20 accounts, the page of the commands, the lane
		t.Errorf("%d keys written", len(s.writes))
	}
}

func TestACreatorOutsideTheGenesisIsRefused(t *testing.T) {
	o := founded(t)
	s := o.channel.transaction("ForeignMSP", noon, "submit", "1", o.openAccount())
	refused(t, s, o.contract.Invoke(s), ledger.Forbidden, "organisation")
}

func TestACreatorThatIsNoIdentityIsRefused(t *testing.T) {
	o := founded(t)
	s := o.channel.transaction("OperatorMSP", noon, "submit", "1", o.openAccount())
	s.creator = []byte{0xff}
	refused(t, s, o.contract.Invoke(s), ledger.Unavailable, "state")
}

func TestATransactionElevenSecondsOffIsNotEndorsed(t *testing.T) {
	o := founded(t)
	for _, off := range []time.Duration{-11 * time.Second, 11 * time.Second, -time.Hour, 1000 * time.Hour} {
		s := o.channel.transaction("OperatorMSP", noon.Add(off), "submit", "1", o.openAccount())
		refused(t, s, o.contract.Invoke(s), ledger.Unavailable, "clock")
	}
	for _, off := range []time.Duration{-10 * time.Second, 0, 10 * time.Second} {
		s := o.channel.transaction("OperatorMSP", noon.Add(off), "submit", "1", o.openAccount())
		succeeds(t, o.contract.Invoke(s))
	}
}

func TestTheGenesisIsTakenOnceAndOnlyTheOneExpected(t *testing.T) {
	o := newOrganisation()
	s := o.channel.transaction("OperatorMSP", noon, "submit", "1", o.openAccount())
	refused(t, s, o.contract.Invoke(s), ledger.Unavailable, "genesis")
	s = o.channel.transaction("OperatorMSP", noon, "genesis", o.file+" ")
	if r := o.contract.Invoke(s); r.Status != 500 || len(s.writes) != 0 {
		t.Fatalf("another genesis was taken: %v", r)
	}
	s = o.channel.transaction("OperatorMSP", noon.Add(-11*time.Second), "genesis", o.file)
	refused(t, s, o.contract.Invoke(s), ledger.Unavailable, "clock")
	s = o.channel.transaction("OperatorMSP", noon, "genesis", o.file)
	succeeds(t, o.contract.Invoke(s))
	s.commit()
	s = o.channel.transaction("OperatorMSP", noon, "genesis", o.file)
	refused(t, s, o.contract.Invoke(s), ledger.Duplicate, "genesis")
}

func TestABatchNumberIsUsedOnceAndInOrder(t *testing.T) {
	o := founded(t)
	s := o.channel.transaction("OperatorMSP", noon, "submit", "1", o.openAccount())
	succeeds(t, o.contract.Invoke(s))
	s.commit()
	for _, batch := range []string{"1", "3", "0", "", "-1", "02", "x"} {
		s := o.channel.transaction("OperatorMSP", noon, "submit", batch, o.openAccount())
		if r := o.contract.Invoke(s); r.Status != 500 || len(s.writes) != 0 {
			t.Errorf("batch %q was taken", batch)
		}
	}
	s = o.channel.transaction("CustodianMSP", noon, "submit", "1", o.openAccount())
	succeeds(t, o.contract.Invoke(s)) // a lane of its own
}

func TestAPanicIsAnsweredAndTheProcessGoesOn(t *testing.T) {
	o := founded(t)
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	s := o.channel.transaction("OperatorMSP", noon, "submit", "1", o.openAccount())
	s.panics = true
	refused(t, s, o.contract.Invoke(s), ledger.Internal, "panic")
	s = o.channel.transaction("OperatorMSP", noon, "submit", "1", o.openAccount())
	succeeds(t, o.contract.Invoke(s))
}

func TestAStateThatCannotBeReadIsUnavailable(t *testing.T) {
	o := founded(t)
	for _, args := range [][]string{{"submit", "1", o.openAccount()}, {"get", "genesis"}, {"list", "party", "", "10"}} {
		s := o.channel.transaction("OperatorMSP", noon, args...)
		s.failure = errors.New("the peer is closing")
		refused(t, s, o.contract.Invoke(s), ledger.Unavailable, "state")
	}
}

func TestWhatIsNoCallIsRefused(t *testing.T) {
	o := founded(t)
	large := strings.Repeat("x", door.MaxBytes)
	for _, call := range []struct {
		reason string
		args   []string
	}{
		{"function", nil},
		{"function", []string{"nonsense"}},
		{"size", []string{"submit"}},
		{"size", []string{"submit", "1"}},
		{"size", []string{"submit", "1", large}},
		{"arguments", []string{"genesis"}},
		{"arguments", []string{"genesis", "a", "b"}},
		{"arguments", []string{"list", "party"}},
		{"limit", []string{"list", "party", "", "1001"}},
		{"limit", []string{"list", "party", "", "0"}},
		{"key", []string{"get", "\x00lane\x00operator\x00"}},
	} {
		s := o.channel.transaction("OperatorMSP", noon, call.args...)
		refused(t, s, o.contract.Invoke(s), ledger.Invalid, call.reason)
	}
	s := o.channel.transaction("OperatorMSP", noon, append([]string{"get"}, make([]string, ledger.MostKeysGot+1)...)...)
	refused(t, s, o.contract.Invoke(s), ledger.Invalid, "size")
}

func TestVersionReadsNothing(t *testing.T) {
	o := newOrganisation()
	s := o.channel.transaction("ForeignMSP", noon, "version")
	r := o.contract.Invoke(s)
	succeeds(t, r)
	if wanted := fmt.Sprintf(`{"ledger":%q,"version":"1.0.0"}`, o.hash); string(r.Payload) != wanted || len(s.reads) != 0 {
		t.Fatalf("%s after %d reads", r.Payload, len(s.reads))
	}
}

type answered struct {
	Items []struct {
		Key   string
		Value map[string]any
	}
	Next string
}

func (o *organisation) query(t *testing.T, args ...string) answered {
	t.Helper()
	r := o.contract.Invoke(o.channel.transaction("OperatorMSP", noon, args...))
	succeeds(t, r)
	var a answered
	if err := json.Unmarshal(r.Payload, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestGetShowsRecordsAndWhatIsAbsent(t *testing.T) {
	a := founded(t).query(t, "get", "party/BANCO1", "party/NOBODY")
	if len(a.Items) != 2 || a.Items[0].Value["party"] != "BANCO1" || a.Items[1].Key != "party/NOBODY" || a.Items[1].Value != nil {
		t.Fatalf("%+v", a)
	}
}

func TestListWalksPageByPage(t *testing.T) {
	o := founded(t)
	args := []string{"submit", "1"}
	for range 7 {
		args = append(args, o.openAccount())
	}
	s := o.channel.transaction("OperatorMSP", noon, args...)
	succeeds(t, o.contract.Invoke(s))
	s.commit()
	var seen []string
	after, pages := "", 0
	for {
		a := o.query(t, "list", "account/CUSTODIA1", after, "3")
		for _, item := range a.Items {
			seen = append(seen, item.Key)
		}
		pages++
		if after = a.Next; after == "" {
			break
		}
	}
	if len(seen) != 7 || pages != 3 || !slices.IsSorted(seen) || len(slices.Compact(seen)) != 7 {
		t.Fatalf("%d pages: %q", pages, seen)
	}
	if a := o.query(t, "list", "account/OTHER", "", "3"); len(a.Items) != 0 || a.Next != "" {
		t.Errorf("another custodian's page: %+v", a)
	}
	if a := o.query(t, "list", "account", "party/BANCO1", "3"); len(a.Items) != 0 || a.Next != "" {
		t.Errorf("a page behind the class: %+v", a)
	}
	if a := o.query(t, "list", "party", "account/CUSTODIA1/"+signer.ID(1), strconv.Itoa(ledger.MostItemsListed)); len(a.Items) != 3 {
		t.Errorf("a page from before the class: %+v", a)
	}
}
