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
func (e Event) JSON() []byte {
	out := newEncoder()
	out.raw(`{"version":`).value(e.Version).raw(`,"lane":`).value(e.Lane).raw(`,"batch":`).value(e.Batch)
	out.raw(`,"commands":[`)
	for i := range e.Commands {
		if i > 0 {
			out.raw(",")
		}
		e.Commands[i].write(out)
	}
	out.raw("]}")
	return out.text.Bytes()
}

// write is the short form for what did not verify, else the full one.
func (o *Outcome) write(out *encoder) {
	if o.JWSHash != "" {
		out.raw(`{"jws_hash":`).value(o.JWSHash).raw(",")
		o.writeVerdict(out)
		out.raw("}")
		return
	}
	out.raw(`{"party":`).value(o.Party).raw(`,"id":`).value(o.ID).raw(`,"hash":`).value(o.Hash)
	out.raw(`,"kid":`).value(o.Kid).raw(`,"function":`).value(o.Function).raw(",")
	o.writeVerdict(out)
	out.raw(`,"facts":[`)
	for i, f := range o.Facts {
		if i > 0 {
			out.raw(",")
		}
		out.fact(f)
	}
	out.raw("]}")
}

func (o *Outcome) writeVerdict(out *encoder) {
	out.raw(`"code":`).value(o.Code).raw(`,"reason":`).value(o.Reason).raw(`,"message":`).value(o.Message)
}

// encoder is the one way to JSON: fixed field order, nothing omitted, no HTML escapes.
type encoder struct {
	text bytes.Buffer
	json *json.Encoder
}

func newEncoder() *encoder {
	e := &encoder{}
	e.json = json.NewEncoder(&e.text)
	e.json.SetEscapeHTML(false)
	return e
}

func (e *encoder) raw(text string) *encoder {
	e.text.WriteString(text)
	return e
}

func (e *encoder) value(v any) *encoder {
	if err := e.json.Encode(v); err != nil {
		panic(err) // every type we encode is made of strings, numbers, lists and structs
	}
	e.text.Truncate(e.text.Len() - 1) // the encoder's line feed
	return e
}

// fact is a fact's own fields after its name.
func (e *encoder) fact(f Fact) {
	e.raw(`{"fact":"`).raw(reflect.TypeOf(f).Name()).raw(`"`)
	begin := e.text.Len()
	e.value(f)
	e.text.Bytes()[begin] = ',' // its opening brace: every fact has a field
}

func encode(v any) []byte { return newEncoder().value(v).text.Bytes() }
