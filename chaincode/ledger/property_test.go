package ledger

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// Random stories keep the invariants: each run is 40 commands from a seed, many
// of them wrong on purpose, in batches of one to five, audited after every batch.
//
//	LONJA_PROPERTY_RUNS=20000 go test ./ledger -run Property
//	LONJA_PROPERTY_SEED=17    begins with that seed

func number(t *testing.T, name string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if os.Getenv(name) == "" {
		return otherwise
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func TestPropertyRandomStoriesKeepTheInvariants(t *testing.T) {
	tell(t, quick{}, number(t, "LONJA_PROPERTY_RUNS", 2000))
}

func TestPropertyWithRealSignatures(t *testing.T) {
	tell(t, es256{newSignatures()}, max(number(t, "LONJA_PROPERTY_RUNS", 2000)/400, 3))
}

const stepsOfAStory = 40

func tell(t *testing.T, s signer, runs int) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // stories leave much behind and little alive
	begin := newStage(t, s)
	seen := map[string]int{}
	first := number(t, "LONJA_PROPERTY_SEED", 1)
	for seed := first; seed < first+runs; seed++ {
		st := begin.story(uint64(seed))
		for st.steps < stepsOfAStory {
			if err := st.next(seen); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, st.steps, err)
			}
		}
	}
	if runs < 500 {
		return
	}
	for name := range table() { // a generator that only makes refusals proves nothing
		if seen[name] == 0 {
			t.Errorf("no %s was ever done", name)
		}
	}
	t.Logf("%d runs: %v", runs, seen)
}

// stage is where every story begins: the market, a second instrument with lot and tick.
type stage struct {
	*market
	omnibus string // account
	audit   *auditor
	hands   map[string]*hand // made once; keys are slow to make
	decoded map[string]any
}

func newStage(t *testing.T, s signer) *stage {
	m := newMarket(t, s, "25")
	m.mustAct("OPERATOR", "CUSTODIA1", "instrument:register",
		changed(changed(equityArgs("BETA", "ACME-SA", "9000", "100", m.alice), "lot", "5"), "tick_minor", "5"))
	m.issue("BETA", "ACME-SA", m.acme, "1000")
	m.give("BETA", "ACME-SA", m.acme, m.alice, "300")
	m.deposit(m.bruno, "50000")
	m.deposit(m.acme, "50000")
	m.attest("MXN.BANCO1", "1100500") // 1,100,000 issued: deposits meet the bound soon
	m.admit("MERCADO", "", "exchange")
	m.admit("BROKER1", "", "broker")
	m.must("OPERATOR", "party:qualify", qualification("ALICE", "MX", "retail", "0", m.in(30*time.Minute)))
	m.must("OPERATOR", "party:qualify", qualification("BRUNO", "MX", "qualified", "150", m.in(time.Hour)))
	m.restrict("BETA", []string{"retail", "qualified"}, []string{"MX", "CO"})
	m.admit("CUSTODIA2", "custodian", "custodian")
	omnibus := m.must("CUSTODIA1", "account:open", object{"owner": "BROKER1", "kind": "omnibus"})
	st := &stage{m, omnibus, newAuditor(m.state), map[string]*hand{}, map[string]any{}}
	warm := st.story(0)
	for warm.steps < 400 {
		if err := warm.next(map[string]int{}); err != nil {
			t.Fatalf("warming up: %v", err)
		}
	}
	for key, record := range warm.warm.decoded {
		if bytes.Equal(warm.state[key], m.state[key]) {
			st.decoded[key] = record
		}
	}
	return st
}

// story is one run.
type story struct {
	*world
	*rand.Rand
	stage    *stage
	venue    string // at which most of its orders are
	omnibus  string // account
	warm     *store // records stay decoded between batches, which halves the time of a story
	auditor  *auditor
	steps    int
	accounts []string
	owners   map[string]string // of accounts
	acts     []object
	pays     []string // withdrawals
	claims   []string
	reported []string // references of executions
	keys     map[string]int
	sent     []string
	numbers  map[string]int // next execution by instrument
	halted   []object       // what is suspended, as the arguments that reinstate it
	locked   []string       // parties that revoked a key
	raises   bool           // a story of offerings above all
	raised   raised
}

func (s *stage) story(seed uint64) *story {
	w := *s.world
	w.state = maps.Clone(s.state)
	w.kid = maps.Clone(s.kid)
	w.hands = s.world.hands
	w.perPage = 2
	warm := newStore()
	warm.decoded = maps.Clone(s.decoded)
	return &story{world: &w, venue: []string{"BOLSA", "MERCADO"}[seed%2], omnibus: s.omnibus, warm: warm, Rand: rand.New(rand.NewPCG(seed, 20261122)), stage: s, auditor: s.audit.clone(),
		raises: seed%4 == 0, raised: raised{proposed: map[string][]object{}},
		accounts: []string{s.acme, s.alice, s.bruno, s.carla, s.fees},
		owners:   map[string]string{s.acme: "ACME-SA", s.alice: "ALICE", s.bruno: "BRUNO", s.carla: "CARLA", s.fees: "OPERATOR"},
		keys:     map[string]int{"ALICE": 1, "BRUNO": 1, "CARLA": 1, "ACME-SA": 1},
		numbers:  map[string]int{"ACME": 1, "BETA": 1}}
}

// next runs one batch and audits it.
func (s *story) next(seen map[string]int) error {
	size := 1
	if s.one(2) {
		size += s.IntN(5)
	}
	s.now = s.now.Add(time.Duration(s.IntN(300))*time.Second + s.later())
	jws := make([]string, size)
	for i := range jws {
		jws[i] = s.something()
		s.sent = append(s.sent, jws[i])
	}
	s.steps += size
	s.warm.loaded = map[string][]byte{}
	writes, event, err := s.fresh().submitOn(s.warm, s.state, "OperatorMSP", s.now, strconv.Itoa(s.batch+1), jws)
	if err != nil {
		return err
	}
	if s.one(12) {
		if err := s.oneByOne(jws, writes); err != nil {
			return err
		}
	}
	s.batch++
	s.state.apply(writes)
	for _, w := range writes {
		delete(s.warm.decoded, w.Key)
	}
	for _, o := range event.Commands {
		s.remember(o)
		s.count(seen, o)
	}
	if len(event.Commands) != size {
		return fmt.Errorf("%d outcomes of %d commands", len(event.Commands), size)
	}
	return s.auditor.audit(writes, event.Commands)
}

// count what was done, and by which code what was not.
func (s *story) count(seen map[string]int, o Outcome) {
	switch {
	case o.Code != "":
		seen[string(o.Code)+"/"+o.Reason]++
	case len(o.Facts) == 0:
		seen["repeated"]++
	default:
		seen[o.Function]++
	}
	for _, f := range o.Facts {
		switch f.(type) {
		case PartyAdmitted:
			seen["party:admit"]++
		case InstrumentIssued:
			seen["instrument:issue"]++
		case OfferingAllotted:
			seen["offering:allot"]++
		case InstrumentRegistered:
			seen["instrument:register"]++
		case InstrumentDefined:
			seen["instrument:define"]++
		case InstrumentAuthorised:
			seen["instrument:authorise"]++
		case AccountMoved:
			seen["account:move"]++
		case ClaimEnforced:
			seen["claim:enforce"]++
		case InstructionSettled:
			seen["instruction:settled"]++
		}
	}
}

// fresh is an engine whose verifier remembers nothing of earlier batches.
func (s *story) fresh() engine {
	e := s.engine
	if _, real := s.signer.(es256); real {
		e.verify = newSignatures()
	}
	return e
}

// oneByOne: a batch does exactly what its commands do one after another, on a cold store.
func (s *story) oneByOne(jws []string, together []Write) error {
	alone := maps.Clone(s.state)
	for i, text := range jws {
		writes, _, err := s.fresh().submit(alone, "OperatorMSP", s.now, strconv.Itoa(s.batch+1+i), []string{text})
		if err != nil {
			return err
		}
		alone.apply(writes)
	}
	for _, w := range together {
		if class, _, _ := SplitKey(w.Key); class != "lane" && !bytes.Equal(alone[w.Key], w.Value) {
			return fmt.Errorf("%s: %s in a batch, %s alone", ShowKey(w.Key), w.Value, alone[w.Key])
		}
	}
	return nil
}

func (s *story) one(of int) bool { return s.IntN(of) == 0 }

func pick[T any](s *story, from ...T) T { return from[s.IntN(len(from))] }

// remember what later steps can refer to.
func (s *story) remember(o Outcome) {
	for _, f := range o.Facts {
		switch f := f.(type) {
		case AccountOpened:
			s.accounts = append(s.accounts, f.Account)
			s.owners[f.Account] = f.Owner
		case ActProposed:
			s.acts = append(s.acts, object{"act": f.Act, "hash": f.Hash})
			if f.Function == "offering:allot" {
				s.raised.signing = s.acts[len(s.acts)-1]
			}
		case OfferingOpened:
			s.raised.offering = f.Offering
		case CashWithdrawn:
			s.pays = append(s.pays, f.Withdrawal)
		case TradeReported:
			s.reported = append(s.reported, f.Reference)
		case ClaimOpened:
			s.claims = append(s.claims, f.Claim)
		case PartySuspended:
			s.halted = append(s.halted, object{"party": f.Party, "suspended": "no", "reason": "Test"})
		case InstrumentSuspended:
			s.halted = append(s.halted, object{"instrument": f.Instrument, "suspended": "no", "reason": "Test"})
		case KeyRevoked:
			s.locked = append(s.locked, f.Party)
		case KeyAdded:
			s.useKey(f.Party, f.Key.N)
		case KeyRotated:
			s.useKey(f.Party, f.Key.N)
		}
	}
	if o.Function == tradeExecute && o.Reason != "number" && o.JWSHash == "" {
		for instrument := range s.numbers {
			s.numbers[instrument] = int(get[Book](s.world, bookKey(instrument)).LastExecution) + 1
		}
	}
}

func (s *story) useKey(party, n string) {
	s.keys[party], _ = strconv.Atoi(n)
	s.kid[party] = party + "." + n
}

// newHand makes a key once for all stories.
func (s *story) newHand(party string) *hand {
	n := strconv.Itoa(s.keys[party] + 1)
	kid := party + "." + n
	if s.stage.hands[kid] == nil {
		s.stage.hands[kid] = newHand(party, n)
	}
	s.hands[kid] = s.stage.hands[kid]
	return s.hands[kid]
}

func (s *story) trader() string  { return pick(s, "ALICE", "BRUNO", "CARLA", "ACME-SA") }
func (s *story) account() string { return pick(s, s.accounts...) }

// accountOf is mostly one of the party's own.
func (s *story) accountOf(party string) string {
	from := s.IntN(len(s.accounts))
	for i := range s.accounts {
		if account := s.accounts[(from+i)%len(s.accounts)]; s.owners[account] == party && !s.one(15) {
			return account
		}
	}
	return s.account()
}

func (s *story) small(most int) string { return strconv.Itoa(s.IntN(most)) }

// something is a signed command, sensible more often than not.
func (s *story) something() string {
	if s.raises && !s.one(3) || s.one(60) {
		return s.raise()
	}
	if s.venue == "MERCADO" && s.one(10) {
		return s.doClaim()
	}
	switch n := s.IntN(100); {
	case n < 5:
		return s.instruct()
	case n < 30:
		return s.placeOrder()
	case n < 50 && (s.venue == "BOLSA") != s.one(6):
		return s.executeTrade()
	case n < 50:
		return s.reportTrade()
	case n < 58:
		return s.listed()
	case n < 63:
		return s.endOrder()
	case n < 67:
		owner := s.trader()
		return s.command(owner, "holding:transfer", object{"instrument": s.instrument(), "from_account": s.accountOf(owner), "to_account": s.account(),
			"quantity": s.small(200), "reason": pick(s, "gift", "own_accounts")})
	case n < 75:
		return s.moveCash()
	case n < 79:
		return s.changeKey()
	case n < 80:
		return s.qualify()
	case n < 82:
		return s.suspend()
	case n < 85:
		return s.changeAccount()
	case n < 94:
		return s.doAct()
	default:
		return s.mischief()
	}
}

func (s *story) instrument() string { return pick(s, "ACME", "ACME", "BETA", "MXN.BANCO1") }

func (s *story) placeOrder() string {
	owner := s.trader()
	unit := 1
	args := s.order("", pick(s, "buy", "sell"), "", "", strconv.Itoa(8+s.IntN(60)))
	if args["instrument"] = pick(s, "ACME", "ACME", "BETA"); args["instrument"] == "BETA" && !s.one(10) {
		unit = 5
	}
	args["account"], args["cash_account"] = s.accountOf(owner), s.accountOf(owner)
	args["quantity"], args["limit_minor"] = strconv.Itoa(unit*(s.IntN(24)+s.IntN(2))), strconv.Itoa(unit*(8+s.IntN(4)))
	args["good_till"] = s.in(time.Duration(s.IntN(14_000)) * time.Second)
	if s.one(30) {
		args[pick(s, "quantity", "limit_minor", "max_fee_minor")] = "9223372036854775807"
	}
	args["venue"] = pick(s, s.venue, s.venue, s.venue, s.venue, "BOLSA", "MERCADO")
	if s.auditor.mandates[mandateKey(owner, "BROKER1")].Status == "active" || s.one(30) {
		return s.command(pick(s, owner, "BROKER1"), "order:place", changed(args, "broker", "BROKER1"))
	}
	return s.command(owner, "order:place", args)
}

// executeTrade takes two orders that cross, at the earlier one's limit; now and then something else.
func (s *story) executeTrade() string {
	orders := s.auditor.openOrders()
	if len(orders) < 2 {
		return s.placeOrder()
	}
	buy, sell := pick(s, orders...), pick(s, orders...)
	if !s.one(8) {
		var found bool
		if buy, sell, found = s.crossing(orders, "BOLSA"); !found {
			return s.placeOrder()
		}
	}
	price, quantity := buy.LimitMinor, min(buy.remaining(), sell.remaining())
	if sell.Sequence < buy.Sequence {
		price = sell.LimitMinor
	}
	if s.one(3) && quantity > 5 {
		quantity = 5
	}
	next := s.numbers[buy.Instrument]
	if s.one(12) {
		next += s.IntN(4) - 1
		price += int64(s.IntN(3) - 1)
		quantity += int64(s.IntN(3) - 1)
	}
	args := execution(next, buy.Order, sell.Order, strconv.FormatInt(quantity, 10), strconv.FormatInt(price, 10))
	args["instrument"] = buy.Instrument
	signer := "BOLSA"
	if s.one(20) {
		signer = "ALICE"
	}
	return s.command(signer, tradeExecute, args)
}

// crossing searches from a random place on.
func (s *story) crossing(orders []Order, venue string) (buy, sell Order, found bool) {
	if len(orders) == 0 {
		return buy, sell, false
	}
	from := s.IntN(len(orders))
	for i := range orders {
		buy = orders[(from+i)%len(orders)]
		for j := range orders {
			sell = orders[(from+j)%len(orders)]
			if buy.isBuy() && !sell.isBuy() && buy.Instrument == sell.Instrument && buy.LimitMinor >= sell.LimitMinor &&
				buy.Owner != sell.Owner && buy.Reserved > 0 && sell.Reserved > 0 && buy.Venue == venue && sell.Venue == venue {
				return buy, sell, true
			}
		}
	}
	return buy, sell, false
}

func (s *story) endOrder() string {
	orders := s.auditor.openOrders()
	if len(orders) == 0 {
		return s.placeOrder()
	}
	o := pick(s, orders...)
	signer := pick(s, o.Owner, o.Owner, o.Owner, s.trader(), "BROKER1")
	return s.command(signer, pick(s, "order:cancel", "order:expire", "order:expire"), object{"order": o.Order})
}

func (s *story) moveCash() string {
	if len(s.pays) > 0 && s.one(2) {
		withdrawal := pick(s, s.pays...)
		if s.one(2) {
			return s.command("BANCO1", "cash:refuse", object{"withdrawal": withdrawal, "reason": "Test"})
		}
		return s.command("BANCO1", "cash:pay", object{"withdrawal": withdrawal, "reference": s.small(5)})
	}
	if s.one(4) {
		return s.attest()
	}
	if s.one(2) {
		return s.command("BANCO1", "cash:deposit", object{"instrument": pick(s, "MXN.BANCO1", "MXN.BANCO1", "MXN.BANCO1", "ACME"),
			"account": s.account(), "amount_minor": s.small(900), "reference": "P" + s.small(40)})
	}
	owner := s.trader()
	return s.command(owner, "cash:withdraw", object{"instrument": "MXN.BANCO1", "account": s.accountOf(owner),
		"amount_minor": s.small(60_000), "destination_hash": s.ledger})
}

// attest a balance near what is issued, now and then too little.
func (s *story) attest() string {
	issued := s.auditor.instruments[instrumentKey("MXN.BANCO1")].Issued
	args := attestation(s.world, pick(s, "MXN.BANCO1", "MXN.BANCO1", "MXN.BANCO1", "ACME"), strconv.FormatInt(issued+int64(s.IntN(1000))-200, 10))
	if s.one(6) {
		args["as_of"] = s.in(time.Duration(s.IntN(20)-10) * time.Second)
	}
	return s.command(pick(s, "BANCO1", "BANCO1", "BANCO1", s.trader()), "cash:attest", args)
}

func (s *story) changeKey() string {
	if n := len(s.locked); n > 0 {
		party := s.locked[n-1]
		s.locked = s.locked[:n-1]
		return s.propose("OPERATOR", "key:add", object{"party": party, "key": s.proven(s.newHand(party))})
	}
	party := pick(s, "ALICE", "BRUNO", "CARLA")
	n := strconv.Itoa(s.keys[party])
	switch s.IntN(4) {
	case 0:
		return s.command(party, "key:rotate", object{"party": party, "n": n, "key": s.proven(s.newHand(party))})
	case 1:
		return s.command(party, "key:add", object{"party": party, "key": s.proven(s.newHand(party))})
	case 2:
		return s.command(party, "key:revoke", object{"party": party, "n": strconv.Itoa(1 + s.IntN(s.keys[party])), "reason": pick(s, "retired", "compromised")})
	}
	return s.propose(pick(s, "OPERATOR", "CUSTODIA1"), "key:add", object{"party": party, "key": s.proven(s.newHand(party))})
}

func (s *story) suspend() string {
	if n := len(s.halted); n > 0 && !s.one(4) {
		args := s.halted[n-1]
		s.halted = s.halted[:n-1]
		if args["party"] != nil {
			return s.command("OPERATOR", "party:suspend", args)
		}
		return s.command("OPERATOR", "instrument:suspend", args)
	}
	yes := pick(s, "yes", "yes", "no")
	if s.one(2) {
		return s.command("OPERATOR", "instrument:suspend", object{"instrument": s.instrument(), "suspended": yes, "reason": "Test"})
	}
	return s.command("OPERATOR", "party:suspend", object{"party": pick(s, s.trader(), s.trader(), "BOLSA"), "suspended": yes, "reason": "Test"})
}

func (s *story) qualify() string {
	return s.command(pick(s, "OPERATOR", "OPERATOR", "OPERATOR", "OPERATOR", "CUSTODIA1"), "party:qualify", qualification(s.trader(),
		pick(s, "MX", "MX", "CO", "US"), pick(s, "retail", "qualified", "institutional"), pick(s, "0", "100", "200"), s.in(time.Duration(s.IntN(14_000))*time.Second)))
}

func (s *story) changeAccount() string {
	if s.one(3) {
		return s.inform()
	}
	if s.one(2) {
		return s.command("CUSTODIA1", "account:open", object{"owner": s.trader(), "kind": "direct"})
	}
	return s.command("CUSTODIA1", "account:close", object{"account": s.account()})
}

func (s *story) propose(party, function string, args object) string {
	return s.command(party, "act:propose", object{"function": function, "args": args, "good_till": s.in(time.Duration(s.IntN(7200)) * time.Second)})
}

// approve the newest act, mostly by who has not proposed it.
func (s *story) approve() string {
	act := s.acts[len(s.acts)-1]
	if s.one(4) {
		act = pick(s, s.acts...)
	}
	other := "CUSTODIA1"
	if partyOf(act["act"].(string)) == "CUSTODIA1" {
		other = pick(s, "OPERATOR", "ACME-SA")
	}
	if s.one(6) {
		other = pick(s, "OPERATOR", "CUSTODIA1", "ACME-SA", "ALICE", "CUSTODIA2", "CUSTODIA2")
	}
	return s.command(other, "act:approve", act)
}

func (s *story) doAct() string {
	if len(s.acts) > 0 && !s.one(3) {
		return s.approve()
	}
	if s.one(4) {
		return s.propose(pick(s, "OPERATOR", "CUSTODIA1"), "instrument:register", equityArgs("I"+s.small(90), "ACME-SA", "50", "0", ""))
	}
	if s.one(4) {
		party := "Q" + s.small(90)
		return s.propose(pick(s, "OPERATOR", "CUSTODIA1"), "party:admit", object{"party": party, "organisation": "", "roles": []any{"investor"},
			"key": s.proven(s.newHand(party))})
	}
	if s.one(3) {
		return s.setTerms()
	}
	if s.one(4) {
		account := s.account()
		next := pick(s, "CUSTODIA1", "CUSTODIA2", "CUSTODIA2")
		return s.propose(pick(s, s.owners[account], s.owners[account], next), "account:move", object{"account": account, "custodian": next})
	}
	return s.propose(pick(s, "ACME-SA", "CUSTODIA1"), "instrument:issue", object{"instrument": pick(s, "ACME", "BETA"),
		"account": pick(s, s.stage.acme, s.stage.acme, s.account()), "quantity": s.small(6000), "resolution": s.ledger})
}

// mischief: replays, forgeries, foreign ledgers, reused ids.
func (s *story) mischief() string {
	if len(s.sent) == 0 {
		return "x"
	}
	old := pick(s, s.sent...)
	switch s.IntN(6) {
	case 0:
		if len(old) > 40 {
			return old[:len(old)-40] + "A" + old[len(old)-39:]
		}
		return old
	case 1:
		return s.sign(changed(s.body("ALICE", s.id(), "order:expire", object{"order": "ALICE:" + someID}), "ledger", someHash))
	case 2:
		s.ids--
		return s.command(s.trader(), "account:open", object{"owner": "ALICE", "kind": "own"})
	default:
		return old
	}
}

const someHash = "0000000000000000000000000000000000000000000000000000000000000000"
