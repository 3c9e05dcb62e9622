package ledger

import (
	"encoding/json"
	"strings"
	"testing"
)

const someID = "01936d00-0000-7000-8000-000000000001"

func TestKeysAreShownAndReadBack(t *testing.T) {
	pair := "CUSTODIA1:" + someID
	for shown, key := range map[string]string{
		"genesis":                                         genesisKey(),
		"party/ALICE":                                     partyKey("ALICE"),
		"instrument/MXN.BANCO1":                           instrumentKey("MXN.BANCO1"),
		"book/ACME":                                       bookKey("ACME"),
		"lane/operator":                                   laneKey("operator"),
		"account/CUSTODIA1/" + someID:                     accountKey(pair),
		"order/CUSTODIA1/" + someID:                       orderKey(pair),
		"act/CUSTODIA1/" + someID:                         actKey(pair),
		"withdrawal/CUSTODIA1/" + someID:                  withdrawalKey(pair),
		"offering/CUSTODIA1/" + someID:                    offeringKey(pair),
		"subscription/CUSTODIA1/" + someID + "/ALICE":     subscriptionKey(pair, "ALICE"),
		"invitation/CUSTODIA1/" + someID + "/" + someHash: invitationKey(pair, someHash),
		"command/ALICE/01936d0000":                        commandKey("ALICE", someID),
		"deposit/BANCO1/REF-1":                            depositKey("BANCO1", "REF-1"),
		"holding/ACME/CUSTODIA1/" + someID:                holdingKey("ACME", pair),
		"instruction/" + someHash:                         instructionKey(someHash),
	} {
		if got, err := ParseKey(shown); err != nil || got != key {
			t.Errorf("%s: %q, %v", shown, got, err)
		}
		if ShowKey(key) != shown {
			t.Errorf("%q is shown as %s", key, ShowKey(key))
		}
		if key[0] != 0 || !strings.HasSuffix(key, "\x00") {
			t.Errorf("%q is no composite key", key)
		}
	}
	if got, err := ParseKey("holding/ACME/" + pair); err != nil || got != holdingKey("ACME", pair) {
		t.Errorf("a reference may stand for its two attributes: %v", err)
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	for _, shown := range []string{"", "nothing", "party", "party/", "party/alice", "party/ALICE/", "party/ALICE/X", "order/ALICE", "\x00party\x00ALICE\x00",
		"party/A\x00B", "party/\U0010FFFF\U0010FFFF", "account/CUSTODIA1/" + strings.ToUpper(someID), "genesis/x", "lane/OPERATOR", "Party/ALICE"} {
		if key, err := ParseKey(shown); err == nil {
			t.Errorf("%q was read as %q", shown, key)
		}
	}
	for _, prefix := range []string{"", "hold", "holding/", "holding/ACME/CUST/IA", "holding/acme", "party/ALICE/X"} {
		if key, err := ParsePrefix(prefix); err == nil {
			t.Errorf("the prefix %q was read as %q", prefix, key)
		}
	}
	for _, key := range []string{"", "x", "\x00x", "x\x00", "\x00"} {
		if _, _, err := SplitKey(key); err == nil || ShowKey(key) != "" {
			t.Errorf("%q was taken apart", key)
		}
	}
}

func TestQueriesAreBounded(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	if _, err := Get(m.state, nil); err == nil {
		t.Error("nothing was asked")
	}
	if _, err := Get(m.state, make([]string, MostKeysGot+1)); err == nil {
		t.Error("too much was asked")
	}
	if _, err := Get(m.state, []string{"party/alice"}); err == nil {
		t.Error("a malformed key was asked")
	}
	if _, err := Get(deaf{}, []string{"party/ALICE"}); err == nil {
		t.Error("the state was unreadable")
	}
	text, err := Get(m.state, []string{"party/NOBODY", "holding/ACME/" + m.bruno})
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Items []shownItem }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if string(got.Items[0].Value) != "null" || got.Items[1].Key != "holding/ACME/"+m.bruno || !strings.Contains(string(got.Items[1].Value), `"quantity":"1000"`) {
		t.Errorf("%s", text)
	}
	for _, limit := range []string{"0", "1001", "-1", "x", ""} {
		if _, err := List(deaf{}, "party", "", limit); err == nil {
			t.Errorf("limit %q passed", limit)
		}
	}
	if _, err := List(deaf{}, "party", "party/alice", "1"); err == nil {
		t.Error("a malformed start passed")
	}
	if _, err := List(deaf{}, "party", "", "1"); err == nil {
		t.Error("the state was unreadable")
	}
	text, err = List(one{}, "party", "party/ALICE", "1")
	if err != nil || string(text) != `{"items":[{"key":"party/BRUNO","value":{}}],"next":"party/BRUNO"}` {
		t.Errorf("%s, %v", text, err)
	}
}

type one struct{}

func (one) List(prefix, after string, limit int) ([]Item, string, error) {
	if prefix != "\x00party\x00" || after != partyKey("ALICE") || limit != 1 {
		panic("asked otherwise")
	}
	return []Item{{partyKey("BRUNO"), []byte("{}")}}, partyKey("BRUNO"), nil
}
