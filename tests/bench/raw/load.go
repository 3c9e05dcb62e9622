package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// pairsPerTrade keeps trades in flight on different accounts, and lets both peers commit before a pair trades again.
const pairsPerTrade = 4

// endorseTries bounds how often a trade is endorsed again when the second peer is a block behind.
const endorseTries = 50

// Load trades a fixed number of times with a fixed number in flight.
type Load struct {
	fabric    *Fabric
	chaincode string
	run       string
	pairs     chan int
	repeated  atomic.Int64
	invalid   atomic.Int64
}

func (l *Load) keys(pair int) []string {
	name := fmt.Sprintf("%s-%04d-", l.run, pair)
	return []string{name + "seller-units", name + "buyer-units", name + "buyer-cash", name + "seller-cash"}
}

// open gives every account enough for the whole run, a hundred pairs a transaction.
func (l *Load) open(ctx context.Context, pairs int) error {
	l.pairs = make(chan int, pairs)
	for start := 0; start < pairs; start += 100 {
		args := []string{"open", "1000000000"}
		for pair := start; pair < min(start+100, pairs); pair++ {
			args = append(args, l.keys(pair)...)
			l.pairs <- pair
		}
		if code, err := l.fabric.call(ctx, l.chaincode, args...); err != nil || code != peer.TxValidationCode_VALID {
			return fmt.Errorf("opening balances: %s: %w", code, err)
		}
	}
	return nil
}

// trade settles one trade and returns how long it took from proposal to block.
func (l *Load) trade(ctx context.Context) (time.Duration, error) {
	pair := <-l.pairs
	defer func() { l.pairs <- pair }()
	args := append([]string{"dvp", "40", "1000"}, l.keys(pair)...)
	start := time.Now()
	for range endorseTries {
		code, err := l.fabric.call(ctx, l.chaincode, args...)
		switch {
		case errors.Is(err, errDiffer):
			l.repeated.Add(1)
			time.Sleep(5 * time.Millisecond)
		case err != nil:
			return 0, err
		case code != peer.TxValidationCode_VALID:
			l.invalid.Add(1)
		default:
			return time.Since(start), nil
		}
	}
	return 0, fmt.Errorf("a trade did not settle in %d tries", endorseTries)
}

// settle trades with inFlight workers and returns each trade's time; the first failure ends the run.
func (l *Load) settle(ctx context.Context, trades, inFlight int) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	times := make([]time.Duration, trades)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(trades) && ctx.Err() == nil; i = next.Add(1) - 1 {
				took, err := l.trade(ctx)
				if err != nil {
					cancel(err)
					return
				}
				times[i] = took
			}
		})
	}
	workers.Wait()
	return times, context.Cause(ctx)
}
