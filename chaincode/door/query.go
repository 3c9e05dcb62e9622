package door

import (
	"encoding/json"

	"lonja/chaincode/ledger"
)

// get answers the records of the keys named, in the order asked.
func get(args [][]byte, s ledger.State) (Answer, error) {
	payload, err := ledger.Get(s, texts(args))
	return Answer{Payload: payload}, err
}

// list answers one page of a class, or of what shares a class's first attributes, in key order.
func list(args [][]byte, s ledger.Lister) (Answer, error) {
	if len(args) != 3 {
		return Answer{}, refuse(ledger.Invalid, "arguments",
			"list takes a prefix, the key to begin after and a limit, not %d arguments.", len(args))
	}
	payload, err := ledger.List(s, string(args[0]), string(args[1]), string(args[2]))
	return Answer{Payload: payload}, err
}

// version reads no state: whoever waits for the network to be ready asks for it.
func (d Door) version() (Answer, error) {
	payload, err := json.Marshal(map[string]string{"version": Version, "ledger": d.genesis})
	return Answer{Payload: payload}, err
}

func texts(args [][]byte) []string {
	all := make([]string, len(args))
	for i, arg := range args {
		all[i] = string(arg)
	}
	return all
}
