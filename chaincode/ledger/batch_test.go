package ledger

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func wantWhole(t *testing.T, err error, want string) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) || string(refusal.Code)+"/"+refusal.Reason != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestABatchNumberIsUsedOnceAndInOrder(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	jws := []string{m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))}
	try := func(msp, batch string) error {
		_, _, err := m.engine.submit(m.state, msp, m.now, batch, jws)
		return err
	}
	wantWhole(t, try("OperatorMSP", strconv.Itoa(m.batch)), "wrong_status/batch")
	wantWhole(t, try("OperatorMSP", strconv.Itoa(m.batch+2)), "wrong_status/batch")
	wantWhole(t, try("OperatorMSP", "0"), "invalid/batch")
	wantWhole(t, try("OperatorMSP", "01"), "invalid/batch")
	wantWhole(t, try("StrangerMSP", "1"), "forbidden/organisation")
	if err := try("CustodianMSP", "1"); err != nil {
		t.Errorf("each organisation has its own lane: %v", err)
	}
	if err := try("OperatorMSP", strconv.Itoa(m.batch+1)); err != nil {
		t.Error(err)
	}
}

func TestABatchIsBounded(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	try := func(jws ...string) ([]Outcome, error) {
		_, event, err := m.engine.submit(m.state, "OperatorMSP", m.now, strconv.Itoa(m.batch+1), jws)
		return event.Commands, err
	}
	_, err := try()
	wantWhole(t, err, "invalid/size")
	_, err = try(make([]string, 251)...)
	wantWhole(t, err, "invalid/size")
	if outcomes, err := try(make([]string, 250)...); err != nil || len(outcomes) != 250 {
		t.Error(err)
	}
	_, err = try(strings.Repeat("A", 1<<20), "A")
	wantWhole(t, err, "invalid/size")
	outcomes, err := try(strings.Repeat("A", 64<<10+1))
	if err != nil {
		t.Fatal(err)
	}
	wantOutcome(t, outcomes[0], "invalid/envelope")
}

func TestWithoutAGenesisNothingRuns(t *testing.T) {
	w := newWorld(t, quick{})
	w.state = memory{}
	_, err := w.submit(w.command("OPERATOR", "party:suspend", object{"party": "BOLSA", "suspended": "yes", "reason": "Test"}))
	wantWhole(t, err, "unavailable/genesis")
}

func TestWhatComesAfterTheLastKeyStaysUnrun(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	m.ids |= 7 // the next ids share a page
	var jws []string
	for range 5 {
		jws = append(jws, m.command("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0")))
	}
	// genesis, lane; party, page, venue, account, instrument, currency, book, holding; and each order
	m.limits.batchKeys = 2 + 8 + 3
	outcomes, err := m.submit(jws...)
	if err != nil || len(outcomes) != 3 {
		t.Fatalf("%d commands ran: %v", len(outcomes), err)
	}
	m.holds("MXN.BANCO1", m.alice, 1000000, 3)
	m.limits.batchKeys = 2 + 8 + 1 // the first three only repeat
	if outcomes, err = m.submit(jws...); err != nil || len(outcomes) != 4 {
		t.Fatalf("%d commands ran: %v", len(outcomes), err)
	}
	m.limits = standardLimits()
	if outcomes, err = m.submit(jws...); err != nil || len(outcomes) != 5 {
		t.Fatal(err)
	}
	m.holds("MXN.BANCO1", m.alice, 1000000, 5)
}

func TestAnExecutionCutOffByTheLastKeyKeepsItsNumber(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	buy := m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0"))
	sell := m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "1", "0"))
	jws := m.command("BOLSA", "trade:execute", execution(1, buy, sell, "1", "1"))
	m.limits.batchKeys = 10
	if outcomes, err := m.submit(jws); err != nil || len(outcomes) != 0 {
		t.Fatal(outcomes, err)
	}
	m.limits = standardLimits()
	wantOutcome(t, m.one(jws), "done")
}

func TestACommandIsBoundedInKeys(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	place := func() Outcome { return m.do("ALICE", "order:place", m.order(m.alice, "buy", "1", "1", "0")) }
	m.limits.reads = 9 // party, command, venue, account, instrument, book, currency, holding: 8 (and the batch's own two)
	wantOutcome(t, place(), "done")
	m.limits.reads = 7
	wantOutcome(t, place(), "invalid/size")
	m.limits = standardLimits()
	m.limits.writes = 3 // holding, book, order
	wantOutcome(t, place(), "done")
	m.limits.writes = 2
	wantOutcome(t, place(), "invalid/size")
	m.holds("MXN.BANCO1", m.alice, 1000000, 2)
}

func TestARefusedCommandRollsBackAlone(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	outcomes, err := m.submit(
		m.command("ALICE", "order:place", m.order(m.alice, "buy", "100", "5000", "0")),
		m.command("ALICE", "order:place", m.order(m.alice, "buy", "101", "5000", "0")), // 505,000 of 500,000
		m.command("ALICE", "order:place", m.order(m.alice, "buy", "99", "5000", "0")),
	)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"done", "insufficient/available", "done"} {
		wantOutcome(t, outcomes[i], want)
	}
	m.holds("MXN.BANCO1", m.alice, 1000000, 995000)
	if book := get[Book](m.world, bookKey("ACME")); book.LastOrder != 2 {
		t.Errorf("a refused order used up sequence %d", book.LastOrder)
	}
}

// TestARefusalRestoresWhatEarlierCommandsWrote: the act proposed and then approved
// in one batch is still only proposed when what it does is refused.
func TestARefusalRestoresWhatEarlierCommandsWrote(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	propose := m.command("ACME-SA", "act:propose", object{"function": "instrument:issue", "good_till": m.in(time.Hour),
		"args": object{"instrument": "ACME", "account": m.acme, "quantity": "995001", "resolution": m.ledger}})
	id := m.lastID()
	approve := m.command("CUSTODIA1", "act:approve", object{"act": "ACME-SA:" + id, "hash": m.prepare(propose).command.Hash})
	outcomes, err := m.submit(propose, approve)
	if err != nil {
		t.Fatal(err)
	}
	wantOutcome(t, outcomes[0], "done")
	wantOutcome(t, outcomes[1], "insufficient/authorised")
	if act := get[Act](m.world, actKey("ACME-SA:"+id)); act.Status != "proposed" {
		t.Errorf("the act is %s", act.Status)
	}
}

// TestLaterCommandsSeeEarlierOnes: account, order, execution, cancel within one batch.
func TestLaterCommandsSeeEarlierOnes(t *testing.T) {
	m := newMarket(t, quick{}, "0")
	open := m.command("CUSTODIA1", "account:open", object{"owner": "ALICE", "kind": "direct"})
	account := "CUSTODIA1:" + m.lastID()
	fund := m.command("BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": account, "amount_minor": "100", "reference": "A"})
	place := m.command("ALICE", "order:place", m.order(account, "buy", "10", "10", "0"))
	buy := "ALICE:" + m.lastID()
	offer := m.command("BRUNO", "order:place", m.order(m.bruno, "sell", "7", "9", "0"))
	sell := "BRUNO:" + m.lastID()
	execute := m.command("BOLSA", "trade:execute", execution(1, buy, sell, "7", "10"))
	cancel := m.command("ALICE", "order:cancel", object{"order": buy})
	outcomes, err := m.submit(open, fund, place, offer, execute, cancel)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		wantOutcome(t, o, "done")
	}
	m.holds("ACME", account, 7, 0)
	m.holds("MXN.BANCO1", account, 30, 0)
	m.holds("MXN.BANCO1", m.bruno, 70, 0)
}

func (w *world) lastID() string {
	w.ids--
	return w.id()
}

// shuffled answers the same values from a map filled in another order each time.
type shuffled struct {
	memory
	random *rand.Rand
}

func (s shuffled) GetMany(keys []string) (map[string][]byte, error) {
	found := map[string][]byte{}
	for _, i := range s.random.Perm(len(keys)) {
		if value, ok := s.memory[keys[i]]; ok {
			found[keys[i]] = value
		}
	}
	return found, nil
}

func TestTheSameBatchGivesTheSameBytes(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	jws := everything(m)
	var first []byte
	for seed := range uint64(50) {
		state := shuffled{maps.Clone(m.state), rand.New(rand.NewPCG(seed, 1))}
		writes, event, err := m.engine.submit(state, "OperatorMSP", m.now, strconv.Itoa(m.batch+1), jws)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(writes, func(a, b Write) int { return strings.Compare(a.Key, b.Key) }) {
			t.Fatal("writes are not sorted")
		}
		text := event.JSON()
		for _, w := range writes {
			text = append(append(text, w.Key...), w.Value...)
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(first, text) {
			t.Fatalf("seed %d: other bytes", seed)
		}
	}
}

// everything is a batch that touches every kind of record, refusals among it.
func everything(m *market) []string {
	jws := []string{m.command("CUSTODIA1", "account:open", object{"owner": "ALICE", "kind": "direct"})}
	for i := range 30 {
		n := strconv.Itoa(i%7 + 1)
		jws = append(jws,
			m.command("ALICE", "order:place", m.order(m.alice, "buy", n, "100", "10")),
			m.command("BRUNO", "order:place", m.order(m.bruno, "sell", n, "9"+n, "10")),
			m.command("BRUNO", "order:place", m.order(m.bruno, "sell", n, "9"+n, "0")),
			m.command("BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": m.carla, "amount_minor": n, "reference": n}),
			m.command("ALICE", "cash:withdraw", object{"instrument": "MXN.BANCO1", "account": m.alice, "amount_minor": n, "destination_hash": m.ledger}),
			"forged")
	}
	return jws
}

// TestPassesStayFew: a full batch asks the state twice, whatever its commands are.
func TestPassesStayFew(t *testing.T) {
	m := newMarket(t, quick{}, "25")
	jws := everything(m)
	buys, sells := []string{}, []string{}
	for range 5 {
		buys = append(buys, m.must("ALICE", "order:place", m.order(m.alice, "buy", "1", "100", "10")))
		sells = append(sells, m.must("BRUNO", "order:place", m.order(m.bruno, "sell", "1", "100", "10")))
	}
	for i := range buys {
		jws = append(jws, m.command("BOLSA", "trade:execute", execution(i+1, buys[i], sells[i], "1", "100")))
	}
	state := &counted{memory: m.state}
	if _, _, err := m.engine.submit(state, "OperatorMSP", m.now, strconv.Itoa(m.batch+1), jws); err != nil {
		t.Fatal(err)
	}
	if state.calls > 3 {
		t.Errorf("%d calls", state.calls)
	}
}

func TestAStateThatCannotBeReadRefusesTheWhole(t *testing.T) {
	w := newWorld(t, quick{})
	_, _, err := w.engine.submit(deaf{}, "OperatorMSP", w.now, "1", []string{"x"})
	wantWhole(t, err, "unavailable/state")
	_, _, err = Genesis(castGenesis(), LedgerHash(castGenesis()), deaf{})
	wantWhole(t, err, "unavailable/state")
}

type deaf struct{}

func (deaf) GetMany([]string) (map[string][]byte, error) { return nil, errors.New("gone") }
func (deaf) List(string, string, int) ([]Item, string, error) {
	return nil, "", errors.New("gone")
}
