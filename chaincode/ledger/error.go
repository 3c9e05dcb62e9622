package ledger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Code is one of the closed list of kinds an error can have; programs decide by it.
type Code string

// The closed list. Go, JSON and SQL share it.
const (
	Invalid         Code = "invalid"
	Unauthenticated Code = "unauthenticated"
	Forbidden       Code = "forbidden"
	NotFound        Code = "not_found"
	Duplicate       Code = "duplicate"
	WrongStatus     Code = "wrong_status"
	Insufficient    Code = "insufficient"
	Unavailable     Code = "unavailable"
	Internal        Code = "internal"
)

// Error is a refusal: a code for programs, a finer reason in snake_case, and
// one sentence for people that names the offending value.
type Error struct {
	Code    Code   `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (e *Error) Error() string {
	return string(e.Code) + "/" + e.Reason + ": " + e.Message
}

// JSON is {"code","reason","message"}: the form in which a refusal leaves the chaincode.
func (e *Error) JSON() []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // three strings always encode
	}
	return text
}

func refuse(code Code, reason, format string, values ...any) *Error {
	return &Error{Code: code, Reason: reason, Message: fmt.Sprintf(format, values...)}
}

// quoted shows a value that somebody sent, bounded, so that a message stays one short sentence.
func quoted(value string) string {
	const most = 80
	if len(value) > most {
		end := most
		for end > 0 && !utf8.RuneStart(value[end]) {
			end--
		}
		value = value[:end] + "…"
	}
	return strconv.Quote(value)
}
