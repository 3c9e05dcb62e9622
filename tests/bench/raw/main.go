// Command raw measures R1: trades a second of a raw Go client, one delivery-versus-payment a transaction,
// endorsed by every organisation, ordered, and seen VALID in a block of our own peer.
//
//	raw -connection .state/bench/network/connection.json -chaincode bench -trades 2000 -in-flight 64
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// Report is printed as one JSON line. Retries are endorsements repeated because the peers were a block apart.
type Report struct {
	TradesPerSecond float64 `json:"trades_per_second"`
	P50             float64 `json:"p50_ms"`
	P99             float64 `json:"p99_ms"`
	Trades          int     `json:"trades"`
	InFlight        int     `json:"in_flight"`
	Retries         int64   `json:"retries"`
	Invalid         int64   `json:"invalid"`
	Seconds         float64 `json:"seconds"`
	ClientCPU       float64 `json:"client_cpu_seconds"`
	FabricVersion   string  `json:"fabric_version"`
}

func main() {
	path := flag.String("connection", ".state/bench/network/connection.json", "the network's connection.json")
	chaincode := flag.String("chaincode", "bench", "name of the benchmark chaincode on the channel")
	trades := flag.Int("trades", 2000, "trades to settle")
	inFlight := flag.Int("in-flight", 64, "trades in flight at once")
	warmUp := flag.Int("warm-up", 100, "trades settled before the clock starts")
	timeout := flag.Duration("timeout", 5*time.Minute, "give up after")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	report, err := measure(ctx, *path, *chaincode, *trades, *inFlight, *warmUp)
	if err != nil {
		fmt.Fprintln(os.Stderr, "raw:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		os.Exit(1)
	}
}

func measure(ctx context.Context, path, chaincode string, trades, inFlight, warmUp int) (*Report, error) {
	if trades < 1 || inFlight < 1 || warmUp < 0 {
		return nil, fmt.Errorf("-trades and -in-flight must be positive")
	}
	connection, err := readConnection(path)
	if err != nil {
		return nil, err
	}
	fabric, err := connect(ctx, connection)
	if err != nil {
		return nil, err
	}
	load := &Load{fabric: fabric, chaincode: chaincode, run: fmt.Sprint(time.Now().UnixNano())}
	if err := load.open(ctx, inFlight*pairsPerTrade); err != nil {
		return nil, err
	}
	if _, err := load.settle(ctx, warmUp, inFlight); err != nil {
		return nil, err
	}
	load.repeated.Store(0)
	load.invalid.Store(0)
	start, cpu := time.Now(), cpuSeconds()
	times, err := load.settle(ctx, trades, inFlight)
	if err != nil {
		return nil, err
	}
	seconds := time.Since(start).Seconds()
	slices.Sort(times)
	return &Report{
		TradesPerSecond: float64(trades) / seconds, P50: percentile(times, 50), P99: percentile(times, 99),
		Trades: trades, InFlight: inFlight, Retries: load.repeated.Load(), Invalid: load.invalid.Load(),
		Seconds: seconds, ClientCPU: cpuSeconds() - cpu, FabricVersion: connection.FabricVersion,
	}, nil
}

// percentile reads sorted times in milliseconds.
func percentile(times []time.Duration, percent int) float64 {
	return float64(times[(len(times)-1)*percent/100].Microseconds()) / 1000
}

// cpuSeconds is this client's own user and system time: its share of the machine is reported apart.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
