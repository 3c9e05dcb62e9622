// Command chaincode serves the ledger's rules to one organisation's peer: chaincode as a service, mutual TLS.
//
// Its environment, all of it required:
//
//	CHAINCODE_ID               package id the peer knows it by
//	CHAINCODE_SERVER_ADDRESS   host:port to listen on
//	LONJA_GENESIS_HASH         SHA-256, lower-case hex, of the one genesis file this process accepts
//	                           (either may be in a file, which CHAINCODE_ID_FILE or LONJA_GENESIS_HASH_FILE names:
//	                           a container is described before its package is made)
//	CHAINCODE_TLS_KEY, CHAINCODE_TLS_CERT, CHAINCODE_TLS_CLIENT_CA   PEM files: ours, and the root of the peer's certificate
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"lonja/chaincode/contract"
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	settings, err := readSettings(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(2)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	ended := make(chan error, 1)
	go func() { ended <- serve(settings) }()
	select {
	case received := <-stop:
		log.Printf("%s: stopped", received)
	case err := <-ended:
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(1)
	}
}

func serve(s settings) error {
	log.Printf("serving %s on %s for ledger %s", s.id, s.address, s.genesis)
	server := &shim.ChaincodeServer{
		CCID:     s.id,
		Address:  s.address,
		CC:       contract.New(s.genesis, time.Now),
		TLSProps: shim.TLSProperties{Key: s.key, Cert: s.certificate, ClientCACerts: s.clientRoot},
	}
	return server.Start()
}
