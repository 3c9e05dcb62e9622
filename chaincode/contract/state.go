package contract

import (
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"lonja/chaincode/ledger"
)

// state reads the channel's state. The shim's batch calls need a peer of 3.1 or later; on older ones
// GetMultipleStates asks for one key after the other and the write batch puts one key after the other.
type state struct{ stub shim.ChaincodeStubInterface }

// GetMany returns the records found. Fabric does not tell an absent record from an empty one; ours are never empty.
func (s state) GetMany(keys []string) (map[string][]byte, error) {
	values, err := s.stub.GetMultipleStates(keys...)
	if err != nil {
		return nil, err
	}
	if len(values) != len(keys) {
		return nil, fmt.Errorf("the peer answered %d values for %d keys", len(values), len(keys))
	}
	found := make(map[string][]byte, len(keys))
	for i, value := range values {
		if len(value) > 0 {
			found[keys[i]] = value
		}
	}
	return found, nil
}

// List returns a page of records. It is for queries: a page is not checked again at commit,
// and peers refuse it in a transaction that writes.
func (s state) List(prefix, after string, limit int) (items []ledger.Item, next string, err error) {
	class, attributes, err := s.stub.SplitCompositeKey(prefix)
	if err != nil {
		return nil, "", err
	}
	bookmark, any := firstKey(prefix, after)
	if !any {
		return nil, "", nil
	}
	page, metadata, err := s.stub.GetStateByPartialCompositeKeyWithPagination(class, attributes, int32(limit), bookmark)
	if err != nil {
		return nil, "", err
	}
	defer page.Close() //nolint:errcheck // nothing to do about it: the transaction ends with us
	for page.HasNext() {
		record, err := page.Next()
		if err != nil {
			return nil, "", err
		}
		items = append(items, ledger.Item{Key: record.Key, Value: record.Value})
	}
	if metadata.GetBookmark() != "" && len(items) > 0 {
		next = items[len(items)-1].Key
	}
	return items, next, nil
}

// firstKey is where a page begins: Fabric's bookmark is the first key itself, so the one right behind `after`.
// A key before the prefix leaves the prefix to begin with; behind the last one there is no page.
func firstKey(prefix, after string) (bookmark string, any bool) {
	switch {
	case after < prefix:
		return "", true
	case strings.HasPrefix(after, prefix):
		return after + "\x00", true
	}
	return "", false
}

// flush writes everything at once where the peer can take it so; the rules have sorted it.
func flush(stub shim.ChaincodeStubInterface, writes []ledger.Write) error {
	stub.StartWriteBatch()
	for _, w := range writes {
		if err := stub.PutState(w.Key, w.Value); err != nil {
			return err
		}
	}
	return stub.FinishWriteBatch()
}
