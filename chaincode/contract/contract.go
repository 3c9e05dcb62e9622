// Package contract is the only package that knows Fabric: it opens package door on a chaincode stub.
package contract

import (
	"fmt"
	"log"
	"runtime/debug"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"lonja/chaincode/door"
	"lonja/chaincode/ledger"
)

// eventName is the one event of a transaction; Fabric keeps only the last one set.
const eventName = "facts"

// Contract is the chaincode `lonja`.
type Contract struct{ door door.Door }

// New makes the chaincode of the ledger with this genesis hash; now is the organisation's own clock.
func New(genesisHash string, now func() time.Time) *Contract {
	return &Contract{door: door.New(genesisHash, now)}
}

// Init does nothing: the ledger begins with the function `genesis`.
func (c *Contract) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke answers one call. A refusal has status 500 and door.Refusal as message, so no peer endorses it.
// A panic is answered too: with the plain shim it would end the process and every transaction in it.
func (c *Contract) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			log.Printf("panic in transaction %s: %v\n%s", stub.GetTxID(), cause, debug.Stack())
			response = shim.Error(door.Refusal(&ledger.Error{
				Code: ledger.Internal, Reason: "panic", Message: "The rules stopped on a defect; this organisation's log has the trace.",
			}))
		}
	}()
	payload, err := c.answer(stub)
	if err != nil {
		return shim.Error(door.Refusal(err))
	}
	return shim.Success(payload)
}

func (c *Contract) answer(stub shim.ChaincodeStubInterface) ([]byte, error) {
	call, err := readCall(stub)
	if err != nil {
		return nil, err
	}
	answer, err := c.door.Answer(call, state{stub})
	if err != nil {
		return nil, err
	}
	if answer.Event != nil {
		if err := stub.SetEvent(eventName, answer.Event); err != nil {
			return nil, err
		}
	}
	return answer.Payload, flush(stub, answer.Writes)
}

func readCall(stub shim.ChaincodeStubInterface) (door.Call, error) {
	args := stub.GetArgs()
	if len(args) == 0 {
		return door.Call{}, &ledger.Error{Code: ledger.Invalid, Reason: "function", Message: "The call names no function."}
	}
	mspID, err := creator(stub)
	if err != nil {
		return door.Call{}, err
	}
	timestamp, err := stub.GetTxTimestamp()
	if err != nil {
		return door.Call{}, err
	}
	return door.Call{Function: string(args[0]), Args: args[1:], MSP: mspID, At: timestamp.AsTime()}, nil
}

// creator is the organisation whose certificate signed the transaction; the peer has verified it.
// Nothing else of the certificate is read: any CA can write any attribute into one.
func creator(stub shim.ChaincodeStubInterface) (string, error) {
	serialized, err := stub.GetCreator()
	if err != nil {
		return "", err
	}
	identity := &msp.SerializedIdentity{}
	if err := proto.Unmarshal(serialized, identity); err != nil {
		return "", fmt.Errorf("the creator is not an identity: %w", err)
	}
	return identity.Mspid, nil
}
