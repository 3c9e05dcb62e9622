package ledger

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A world is a founded ledger in memory with the cast of the project, and hands to sign for them.

var b64 = base64.RawURLEncoding

// hand is a private key with its name.
type hand struct {
	party, n string
	private  *ecdsa.PrivateKey
	public   string
}

// newHand makes the same key for the same name in every run.
func newHand(party, n string) *hand {
	seed := sha256.Sum256([]byte("lonja/test/" + party + "." + n))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		panic(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return &hand{party, n, private, b64.EncodeToString(point)}
}

// signer signs a JWS's signing input.
type signer interface {
	sign(h *hand, input string) []byte
	Verifier
}

// es256 signs for real.
type es256 struct{ *signatures }

func (es256) sign(h *hand, input string) []byte {
	digest := sha256.Sum256([]byte(input))
	der, err := h.private.Sign(nil, digest[:], crypto.SHA256) // without a source of randomness: RFC 6979, the same every time
	if err != nil {
		panic(err)
	}
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &signature); err != nil {
		panic(err)
	}
	return append(signature.R.FillBytes(make([]byte, 32)), signature.S.FillBytes(make([]byte, 32))...)
}

// quick stands for a signature where not signatures are tested but rules, a hundred times faster.
type quick struct{}

func quickTag(public, input string) []byte {
	sum := sha256.Sum256([]byte(public + input))
	return append(sum[:], sum[:]...)
}

func (quick) sign(h *hand, input string) []byte { return quickTag(h.public, input) }

func (quick) Verify(public, jws string) bool {
	dot := strings.LastIndexByte(jws, '.')
	return jws[dot+1:] == b64.EncodeToString(quickTag(public, jws[:dot]))
}

func (h *hand) jws(s signer, payload []byte) string {
	input := b64.EncodeToString([]byte(headerBegin+h.party+"."+h.n+headerEnd)) + "." + b64.EncodeToString(payload)
	return input + "." + b64.EncodeToString(s.sign(h, input))
}

type memory map[string][]byte

func (m memory) GetMany(keys []string) (map[string][]byte, error) {
	found := make(map[string][]byte, len(keys))
	for _, key := range keys {
		if value, ok := m[key]; ok {
			found[key] = value
		}
	}
	return found, nil
}

func (m memory) apply(writes []Write) {
	for _, w := range writes {
		m[w.Key] = w.Value
	}
}

type world struct {
	t       testing.TB
	state   memory
	hands   map[string]*hand // by kid
	kid     map[string]string
	signer  signer
	ledger  string
	now     time.Time
	batch   int
	ids     int
	perPage int
	engine
}

type object = map[string]any

func keyObject(h *hand, scope ...string) object {
	if len(scope) == 0 {
		scope = []string{"*"}
	}
	list := []any{}
	for _, s := range scope {
		list = append(list, s)
	}
	return object{"n": h.n, "public": h.public, "scope": list, "held": "platform"}
}

func castGenesis() []byte {
	party := func(name, organisation, role string) object {
		return object{"party": name, "organisation": organisation, "roles": []any{role}, "key": keyObject(newHand(name, "1"))}
	}
	return encode(object{
		"version": "1", "name": "lonja-test",
		"organisations": []any{object{"id": "operator", "msp_id": "OperatorMSP"}, object{"id": "custodian", "msp_id": "CustodianMSP"}},
		"parties": []any{party("OPERATOR", "operator", "operator"), party("CUSTODIA1", "custodian", "custodian"),
			party("BOLSA", "operator", "venue"), party("BANCO1", "", "bank")},
	})
}

// found makes a ledger with the parties of the genesis only.
func newWorld(t testing.TB, s signer) *world {
	file := castGenesis()
	w := &world{t: t, state: memory{}, hands: map[string]*hand{}, kid: map[string]string{}, signer: s,
		ledger: LedgerHash(file), now: time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC), engine: engine{standardLimits(), table(), s}, perPage: 8}
	writes, _, err := Genesis(file, w.ledger, w.state)
	if err != nil {
		t.Fatal(err)
	}
	w.state.apply(writes)
	for _, name := range []string{"OPERATOR", "CUSTODIA1", "BOLSA", "BANCO1"} {
		w.hand(name, "1")
	}
	return w
}

// hand registers a key that the test signs with; the newest of a party is its current one.
func (w *world) hand(party, n string) *hand {
	h := newHand(party, n)
	w.hands[party+"."+n] = h
	w.kid[party] = party + "." + n
	return h
}

// id mints command ids in order, eight to a page, or more where a burst is meant.
func (w *world) id() string {
	w.ids++
	digits := fmt.Sprintf("%012x", 0x01936d000000+w.ids/w.perPage*256)
	return fmt.Sprintf("%s-%s-7000-8000-%012x", digits[:8], digits[8:], w.ids)
}

func (w *world) body(party, id, function string, args object) object {
	return object{"args": args, "expires_at": w.now.Add(time.Hour).Format(instantForm), "function": function,
		"id": id, "ledger": w.ledger, "party": party, "version": "1"}
}

// sign makes the JWS of a body by the party's current key.
func (w *world) sign(body object) string {
	return w.hands[w.kid[body["party"].(string)]].jws(w.signer, appendCanonical(nil, body))
}

func (w *world) command(party, function string, args object) string {
	id := ""
	if function == tradeExecute {
		id = ExecutionID(args["instrument"].(string), args["number"].(string), args["buy"].(string), args["sell"].(string))
	} else {
		id = w.id()
	}
	return w.sign(w.body(party, id, function, args))
}

// submit runs a batch and applies it.
func (w *world) submit(jws ...string) ([]Outcome, error) {
	writes, event, err := w.engine.submit(w.state, "OperatorMSP", w.now, strconv.Itoa(w.batch+1), jws)
	if err == nil {
		w.batch++
		w.state.apply(writes)
	}
	return event.Commands, err
}

// do runs one command and answers its outcome.
func (w *world) do(party, function string, args object) Outcome {
	w.t.Helper()
	return w.one(w.command(party, function, args))
}

func (w *world) one(jws string) Outcome {
	w.t.Helper()
	outcomes, err := w.submit(jws)
	if err != nil {
		w.t.Fatalf("batch refused: %v", err)
	}
	if len(outcomes) != 1 {
		w.t.Fatalf("%d outcomes for one command", len(outcomes))
	}
	return outcomes[0]
}

// must runs one command that has to be done, and answers the reference to what it made.
func (w *world) must(party, function string, args object) string {
	w.t.Helper()
	outcome := w.do(party, function, args)
	if outcome.Code != "" {
		w.t.Fatalf("%s by %s: %s/%s: %s", function, party, outcome.Code, outcome.Reason, outcome.Message)
	}
	return outcome.Party + ":" + outcome.ID
}

// refused runs one command that has to be refused with code/reason.
func (w *world) refused(want, party, function string, args object) Outcome {
	w.t.Helper()
	outcome := w.do(party, function, args)
	wantOutcome(w.t, outcome, want)
	return outcome
}

func wantOutcome(t testing.TB, outcome Outcome, want string) {
	t.Helper()
	got := string(outcome.Code) + "/" + outcome.Reason
	if outcome.Code == "" {
		got = "done"
	}
	if got != want {
		t.Fatalf("%s: got %s (%s), want %s", outcome.Function, got, outcome.Message, want)
	}
	if outcome.Code != "" && len(outcome.Facts) != 0 {
		t.Fatalf("%s: refused, yet with facts", outcome.Function)
	}
}

// act proposes and approves.
func (w *world) act(proposer, approver, function string, args object) Outcome {
	w.t.Helper()
	jws := w.command(proposer, "act:propose", object{"function": function, "args": args, "good_till": w.in(24 * time.Hour)})
	proposal := w.one(jws)
	if proposal.Code != "" {
		return proposal
	}
	return w.do(approver, "act:approve", object{"act": proposal.Party + ":" + proposal.ID, "hash": proposal.Hash})
}

func (w *world) mustAct(proposer, approver, function string, args object) {
	w.t.Helper()
	wantOutcome(w.t, w.act(proposer, approver, function, args), "done")
}

func (w *world) in(d time.Duration) string { return w.now.Add(d).Format(instantForm) }

// proven is a key with its proof.
func (w *world) proven(h *hand, scope ...string) object {
	k := keyObject(h, scope...)
	k["proof"] = h.jws(w.signer, encode(object{"ledger": w.ledger, "n": h.n, "party": h.party, "public": h.public}))
	return k
}

func (w *world) admit(party, organisation string, roles ...any) {
	w.t.Helper()
	w.mustAct("OPERATOR", "CUSTODIA1", "party:admit",
		object{"party": party, "organisation": organisation, "roles": roles, "key": w.proven(w.hand(party, "1"))})
}

func (w *world) account(owner string) string {
	w.t.Helper()
	return w.must("CUSTODIA1", "account:open", object{"owner": owner, "kind": "direct"})
}

func (w *world) currency() {
	w.t.Helper()
	w.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", object{"instrument": "MXN.BANCO1", "kind": "currency", "issuer": "BANCO1",
		"currency": "", "isin": "", "authorised": "", "lot": "1", "tick_minor": "1", "fee_bps": "0", "fee_account": "", "minor_digits": "2"})
	w.attest("MXN.BANCO1", "9223372036854775807")
}

// attest makes the bank say that so much stands behind its currency.
func (w *world) attest(currency, balance string) {
	w.t.Helper()
	w.must("BANCO1", "cash:attest", attestation(w, currency, balance))
}

func attestation(w *world, currency, balance string) object {
	return object{"instrument": currency, "balance_minor": balance, "as_of": w.in(0), "reference": "STATEMENT-1"}
}

func (w *world) equity(instrument, issuer, authorised, feeBps, feeAccount string) {
	w.t.Helper()
	w.mustAct("OPERATOR", "CUSTODIA1", "instrument:register", equityArgs(instrument, issuer, authorised, feeBps, feeAccount))
}

func equityArgs(instrument, issuer, authorised, feeBps, feeAccount string) object {
	return object{"instrument": instrument, "kind": "equity", "issuer": issuer, "currency": "MXN.BANCO1", "isin": "",
		"authorised": authorised, "lot": "1", "tick_minor": "1", "fee_bps": feeBps, "fee_account": feeAccount, "minor_digits": "0"}
}

func (w *world) deposit(account, amount string) {
	w.t.Helper()
	w.must("BANCO1", "cash:deposit", object{"instrument": "MXN.BANCO1", "account": account, "amount_minor": amount,
		"reference": "REF-" + strconv.Itoa(w.ids)})
}

func (w *world) issue(instrument, issuer, account, quantity string) {
	w.t.Helper()
	w.mustAct(issuer, "CUSTODIA1", "instrument:issue", object{"instrument": instrument, "account": account,
		"quantity": quantity, "resolution": strings.Repeat("a", 64)})
}

func (w *world) give(instrument, owner, from, to, quantity string) {
	w.t.Helper()
	w.must(owner, "holding:transfer", object{"instrument": instrument, "from_account": from, "to_account": to,
		"quantity": quantity, "reason": "gift"})
}

func (w *world) order(account, side, quantity, limit, maxFee string) object {
	return object{"venue": "BOLSA", "broker": "", "account": account, "cash_account": account, "instrument": "ACME", "side": side,
		"quantity": quantity, "limit_minor": limit, "good_till": w.in(48 * time.Hour), "max_fee_minor": maxFee}
}

func execution(number int, buy, sell, quantity, price string) object {
	return object{"instrument": "ACME", "number": strconv.Itoa(number), "after": "7", "buy": buy, "sell": sell,
		"quantity": quantity, "price_minor": price}
}

func get[T any](w *world, key string) T {
	w.t.Helper()
	var record T
	if err := json.Unmarshal(w.state[key], &record); err != nil {
		w.t.Fatalf("%s: %v", ShowKey(key), err)
	}
	return record
}

// holds checks a holding: quantity and reserved.
func (w *world) holds(instrument, account string, quantity, reserved int64) {
	w.t.Helper()
	h := get[Holding](w, holdingKey(instrument, account))
	if h.Quantity != quantity || h.Reserved != reserved {
		w.t.Fatalf("%s in %s: %d with %d reserved, want %d with %d", instrument, account, h.Quantity, h.Reserved, quantity, reserved)
	}
}

// market is the cast with something to trade: ACME has 1,000 in Bruno's account,
// Alice has 10,000.00 in hers, the fee is 25 bps.
type market struct {
	*world
	acme, alice, bruno, carla, fees string // accounts
}

func newMarket(t testing.TB, s signer, feeBps string) *market {
	w := newWorld(t, s)
	for _, name := range []string{"ALICE", "BRUNO", "CARLA"} {
		w.admit(name, "", "investor")
	}
	w.admit("ACME-SA", "", "issuer")
	w.currency()
	m := &market{world: w}
	m.acme, m.alice, m.bruno, m.carla, m.fees = w.account("ACME-SA"), w.account("ALICE"), w.account("BRUNO"), w.account("CARLA"), w.account("OPERATOR")
	w.equity("ACME", "ACME-SA", "1000000", feeBps, m.fees)
	w.issue("ACME", "ACME-SA", m.acme, "5000")
	w.give("ACME", "ACME-SA", m.acme, m.bruno, "1000")
	w.deposit(m.alice, "1000000")
	return m
}

// unchanged runs f and checks that only lane and command records changed.
func (w *world) unchanged(f func()) {
	w.t.Helper()
	before := map[string][]byte{}
	for key, value := range w.state {
		before[key] = value
	}
	f()
	for key, value := range w.state {
		class, _, _ := SplitKey(key)
		if class != "lane" && class != "command" && !bytes.Equal(before[key], value) {
			w.t.Fatalf("%s changed: %s", ShowKey(key), value)
		}
	}
}
