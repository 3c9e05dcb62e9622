package ledger

import (
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// crossing is a market of 40 accounts in which every second order meets the one before.
func crossing(b *testing.B, s signer) (w *world, accounts, owners []string) {
	m := newMarket(b, s, "25")
	for i := range 40 {
		owner := fmt.Sprintf("P%02d", i)
		m.admit(owner, "", "investor")
		account := m.account(owner)
		m.deposit(account, "1000000000000")
		m.give("ACME", "ACME-SA", m.acme, account, "100")
		owners, accounts = append(owners, owner), append(accounts, account)
	}
	return m.world, accounts, owners
}

// BenchmarkBatch measures 250 commands per Submit: 125 crossing orders of 40
// accounts, then the 62 executions they allow; figures are per batch.
func BenchmarkBatch(b *testing.B) {
	for _, kind := range []string{"es256", "unsigned"} {
		b.Run(kind, func(b *testing.B) {
			var s signer = quick{}
			if kind == "es256" {
				s = es256{newSignatures()}
			}
			benchmarkBatch(b, s)
		})
	}
}

func benchmarkBatch(b *testing.B, s signer) {
	w, accounts, owners := crossing(b, s)
	w.perPage = 1 << 20 // what is posted in bulk is minted in one go
	place := []string{}
	orders := []string{}
	for i := range 250 {
		side := [2]string{"sell", "buy"}[i%2]
		who := (i*7 + i%2) % 40
		jws := w.command(owners[who], "order:place", w.order(accounts[who], side, "1", "1000", "10"))
		place = append(place, jws)
		orders = append(orders, owners[who]+":"+w.lastID())
	}
	fresh := func() Verifier {
		if _, real := s.(es256); real {
			return newSignatures()
		}
		return s
	}
	b.Run("place", func(b *testing.B) { measure(b, w, place, fresh) })
	if outcomes, err := w.submit(place...); err != nil || outcomes[249].Code != "" {
		b.Fatal(err, outcomes[249])
	}
	execute := []string{}
	for i := 0; i < 250; i += 2 {
		execute = append(execute, w.command("BOLSA", "trade:execute", execution(i/2+1, orders[i+1], orders[i], "1", "1000")))
	}
	mixed := append([]string{}, execute...)
	for i := range 125 {
		side := [2]string{"sell", "buy"}[i%2]
		mixed = append(mixed, w.command(owners[i%40], "order:place", w.order(accounts[i%40], side, "1", "1000", "10")))
	}
	b.Run("execute", func(b *testing.B) { measure(b, w, execute, fresh) })
	b.Run("mixed", func(b *testing.B) { measure(b, w, mixed, fresh) })
}

type counted struct {
	memory
	calls, keys int
}

func (c *counted) GetMany(keys []string) (map[string][]byte, error) {
	c.calls++
	c.keys += len(keys)
	return c.memory.GetMany(keys)
}

func measure(b *testing.B, w *world, jws []string, verify func() Verifier) {
	b.ReportAllocs()
	began, runs := cpu(), 0
	for b.Loop() {
		state := &counted{memory: w.state}
		writes, event, err := engine{w.limits, w.rules, verify()}.submit(state, "OperatorMSP", w.now, strconv.Itoa(w.batch+1), jws)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range event.Commands {
			if o.Code != "" {
				b.Fatal(o)
			}
		}
		runs++
		bytes := 0
		for _, write := range writes {
			bytes += len(write.Value)
		}
		b.ReportMetric(float64(state.calls), "reads")
		b.ReportMetric(float64(state.keys), "keys-read")
		b.ReportMetric(float64(len(writes)), "keys-written")
		b.ReportMetric(float64(bytes), "bytes-written")
		b.ReportMetric(float64(len(event.JSON())), "event-bytes")
	}
	b.ReportMetric(float64((cpu()-began).Microseconds())/float64(runs)/1000, "cpu-ms")
}

// cpu is what this process has used: the machine may be busy with others.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
