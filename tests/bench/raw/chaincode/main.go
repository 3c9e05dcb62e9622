// Command chaincode is the yardstick's ledger: one delivery-versus-payment a transaction, four balances
// moved, no signatures, no reservations, no trade record. It exists only to be measured (R1).
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// bench keeps one balance per key.
type bench struct{}

func (bench) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke answers `version`, `open BALANCE KEY...` and `dvp UNITS CASH SELLER_UNITS BUYER_UNITS BUYER_CASH SELLER_CASH`.
func (bench) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, args := stub.GetFunctionAndParameters()
	var err error
	switch {
	case function == "version": // whoever waits for the network to be ready asks for it
		return shim.Success([]byte("bench"))
	case function == "open" && len(args) > 1:
		err = open(stub, args[0], args[1:])
	case function == "dvp" && len(args) == 6:
		err = dvp(stub, args)
	default:
		err = fmt.Errorf("unknown call %q with %d arguments", function, len(args))
	}
	if err != nil {
		return shim.Error("bench " + err.Error())
	}
	return shim.Success(nil)
}

func open(stub shim.ChaincodeStubInterface, balance string, keys []string) error {
	stub.StartWriteBatch()
	for _, key := range keys {
		if err := stub.PutState(key, []byte(balance)); err != nil {
			return err
		}
	}
	return stub.FinishWriteBatch()
}

func dvp(stub shim.ChaincodeStubInterface, args []string) error {
	units, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	cash, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	keys := args[2:]
	values, err := stub.GetMultipleStates(keys...)
	if err != nil {
		return err
	}
	stub.StartWriteBatch()
	for i, change := range []int64{-units, units, -cash, cash} {
		balance, err := strconv.ParseInt(string(values[i]), 10, 64)
		if err != nil {
			return err
		}
		if balance+change < 0 {
			return fmt.Errorf("insufficient %s", keys[i])
		}
		if err := stub.PutState(keys[i], strconv.AppendInt(nil, balance+change, 10)); err != nil {
			return err
		}
	}
	return stub.FinishWriteBatch()
}

// file reads one PEM file named by an environment variable.
func file(variable string) []byte {
	content, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		log.Fatalf("%s: %v", variable, err)
	}
	return content
}

func main() {
	server := &shim.ChaincodeServer{
		CCID:    os.Getenv("CHAINCODE_ID"),
		Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:      bench{},
		TLSProps: shim.TLSProperties{
			Key: file("CHAINCODE_TLS_KEY"), Cert: file("CHAINCODE_TLS_CERT"), ClientCACerts: file("CHAINCODE_TLS_CLIENT_CA"),
		},
	}
	log.Fatal(server.Start())
}
