// Command sandbox is the ledger without Fabric: the same rules, over memory, in one process, behind loopback HTTP.
// It endorses, orders and signs nothing. It is for fast tests and for work on pages, never for anything of value.
//
//	sandbox -listen 127.0.0.1:7090 -genesis genesis.json [-msp OperatorMSP] [-journal blocks.jsonl]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	listen := flag.String("listen", "127.0.0.1:7090", "loopback address to listen on")
	genesis := flag.String("genesis", "", "genesis file (required)")
	msp := flag.String("msp", "OperatorMSP", "organisation that submits when a request names none")
	journal := flag.String("journal", "", "file that keeps the blocks for the next start; empty: they end with the process")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *listen, *genesis, *msp, *journal); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, genesis, msp, journal string) error {
	listener, err := listenLoopback(listen)
	if err != nil {
		return err
	}
	chain, err := open(genesis, msp, journal)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: (&service{chain: chain, msp: msp}).handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // long polls would wait for their time; nothing here needs draining
	}()
	log.Printf("sandbox of ledger %s on http://%s, %d blocks", chain.genesis, listener.Addr(), chain.height())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func open(genesis, msp, journal string) (*Chain, error) {
	if genesis == "" {
		return nil, errors.New("-genesis names no file")
	}
	file, err := os.ReadFile(genesis)
	if err != nil {
		return nil, err
	}
	if journal == "" {
		return newChain(file, msp, time.Now)
	}
	return openJournal(journal, file, msp, time.Now)
}

// listenLoopback refuses every address that other machines could reach: there is no authentication here.
func listenLoopback(address string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("-listen %s is not a loopback address", address)
	}
	return net.ListenTCP("tcp", resolved)
}
