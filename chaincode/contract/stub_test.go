package contract

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// channel is the committed state that stubs of one test share.
type channel map[string][]byte

// stub is one transaction as a peer offers it: committed state, nothing of one's own writes, and a note of every call.
// What it does not implement panics, as a nil interface does.
type stub struct {
	shim.ChaincodeStubInterface
	channel  channel
	args     [][]byte
	creator  []byte
	at       time.Time
	failure  error
	panics   bool
	reads    []string
	writes   []string
	written  channel
	events   map[string][]byte
	batching bool
}

// transaction begins a call of an organisation at a time.
func (c channel) transaction(mspID string, at time.Time, args ...string) *stub {
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: []byte("certificate")})
	if err != nil {
		panic(err)
	}
	s := &stub{channel: c, creator: creator, at: at, written: channel{}, events: map[string][]byte{}}
	for _, arg := range args {
		s.args = append(s.args, []byte(arg))
	}
	return s
}

// commit makes the writes of a transaction visible to the next ones.
func (s *stub) commit() {
	for key, value := range s.written {
		s.channel[key] = value
	}
}

func (s *stub) GetTxID() string             { return "transaction" }
func (s *stub) GetArgs() [][]byte           { return s.args }
func (s *stub) GetCreator() ([]byte, error) { return s.creator, nil }
func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return timestamppb.New(s.at), nil
}

func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	if s.panics {
		panic("a defect")
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		s.reads = append(s.reads, key)
		values[i] = s.channel[key]
	}
	return values, s.failure
}

func (s *stub) StartWriteBatch() { s.batching = true }

func (s *stub) PutState(key string, value []byte) error {
	if !s.batching {
		return fmt.Errorf("%q is written outside the batch", key)
	}
	s.writes = append(s.writes, key)
	s.written[key] = value
	return nil
}

func (s *stub) FinishWriteBatch() error {
	s.batching = false
	return nil
}

func (s *stub) SetEvent(name string, payload []byte) error {
	if len(s.events) > 0 {
		return fmt.Errorf("a second event")
	}
	s.events[name] = payload
	return nil
}

func (s *stub) SplitCompositeKey(key string) (string, []string, error) {
	parts := strings.Split(strings.Trim(key, "\x00"), "\x00")
	return parts[0], parts[1:], nil
}

// GetStateByPartialCompositeKeyWithPagination does as a peer with LevelDB: the bookmark is the first key of the page.
func (s *stub) GetStateByPartialCompositeKeyWithPagination(class string, attributes []string, size int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	prefix, err := shim.CreateCompositeKey(class, attributes)
	if err != nil {
		return nil, nil, err
	}
	var keys []string
	for key := range s.channel {
		if strings.HasPrefix(key, prefix) && key >= bookmark {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	next := ""
	if len(keys) > int(size) {
		next, keys = keys[size], keys[:size]
	}
	return &page{s.channel, slices.Clone(keys)}, &peer.QueryResponseMetadata{Bookmark: next}, s.failure
}

// page iterates over the keys of one page.
type page struct {
	channel channel
	keys    []string
}

func (p *page) HasNext() bool { return len(p.keys) > 0 }
func (p *page) Close() error  { return nil }
func (p *page) Next() (*queryresult.KV, error) {
	key := p.keys[0]
	p.keys = p.keys[1:]
	return &queryresult.KV{Key: key, Value: p.channel[key]}, nil
}
