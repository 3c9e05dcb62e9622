package ledger

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Event is what one transaction tells the world: every command it reached, its
// outcome and its facts, in the order in which they ran.
type Event struct {
	Version  string    `json:"version"`
	Lane     string    `json:"lane"`
	Batch    string    `json:"batch"`
	Commands []Outcome `json:"commands"`
}

// Outcome is what became of one command. Code "" means done. A command whose
// envelope or signature did not verify has only JWSHash, Code, Reason and Message.
type Outcome struct {
	JWSHash  string
	Party    string
	ID       string
	Hash     string
	Kid      string
	Function string
	Code     Code
	Reason   string
	Message  string
	Facts    []Fact
}

// Fact is something that happened; fact.go has the closed list of types. The
// name of a fact is the name of its type.
type Fact interface{ fact() }

// JSON is the event as it stands in the block. Its bytes follow from its content alone.
func (e Event) JSON() []byte { return encode(e) }

// MarshalJSON writes the short form for what did not verify, else the full one.
func (o Outcome) MarshalJSON() ([]byte, error) {
	if o.JWSHash != "" {
		return encode(struct {
			JWSHash string `json:"jws_hash"`
			Code    Code   `json:"code"`
			Reason  string `json:"reason"`
			Message string `json:"message"`
		}{o.JWSHash, o.Code, o.Reason, o.Message}), nil
	}
	facts := make([]json.RawMessage, 0, len(o.Facts))
	for _, f := range o.Facts {
		facts = append(facts, encodeFact(f))
	}
	return encode(struct {
		Party    string            `json:"party"`
		ID       string            `json:"id"`
		Hash     string            `json:"hash"`
		Kid      string            `json:"kid"`
		Function string            `json:"function"`
		Code     Code              `json:"code"`
		Reason   string            `json:"reason"`
		Message  string            `json:"message"`
		Facts    []json.RawMessage `json:"facts"`
	}{o.Party, o.ID, o.Hash, o.Kid, o.Function, o.Code, o.Reason, o.Message, facts}), nil
}

func encodeFact(f Fact) []byte {
	body := encode(f)
	name := `{"fact":"` + reflect.TypeOf(f).Name() + `",`
	return append([]byte(name), body[1:]...)
}

// encode is the one JSON encoder: fixed field order, nothing omitted, no HTML escapes.
func encode(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // every type we encode is made of strings, lists and structs
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
