package ledger

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
)

// Command is a signed act as its envelope says it; nothing here is verified yet.
type Command struct {
	Kid       string
	N         string // the key's number, after the last dot of the kid
	Hash      string // body hash: SHA-256 of the payload bytes, hexadecimal
	Ledger    string
	Party     string
	ID        string
	Function  string
	ExpiresAt time.Time
	Args      map[string]any
}

const (
	headerBegin = `{"alg":"ES256","kid":"`
	headerEnd   = `"}`
	deepest     = 8 // nesting of a payload
)

// parseCommand reads an envelope. Only the exact header and the exact canonical
// payload pass, so what one program reads every other reads too.
func parseCommand(jws string, most int) (Command, *Error) {
	if len(jws) > most {
		return Command{}, envelope("The command has %d bytes, at most %d are allowed.", len(jws), most)
	}
	kid, payload, refusal := parseJWS(jws)
	if refusal != nil {
		return Command{}, refusal
	}
	body, refusal := parseCanonical(payload)
	if refusal != nil {
		return Command{}, refusal
	}
	command, refusal := parseBody(body)
	if refusal != nil {
		return Command{}, refusal
	}
	sum := sha256.Sum256(payload)
	command.Kid, command.Hash = kid, hex.EncodeToString(sum[:])
	command.N = kid[strings.LastIndexByte(kid, '.')+1:]
	return command, nil
}

func envelope(format string, values ...any) *Error {
	return refuse(Invalid, "envelope", format, values...)
}

// parseJWS takes a compact JWS apart and answers its kid and payload.
func parseJWS(jws string) (kid string, payload []byte, refusal *Error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 || !only(jws, isJWSByte) {
		return "", nil, envelope("The command is not a compact JWS.")
	}
	header, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil {
		return "", nil, envelope("The header is not base64url.")
	}
	kid, ok := strings.CutPrefix(string(header), headerBegin)
	if kid, ok = cutSuffix(kid, headerEnd, ok); !ok || !isKid(kid) {
		return "", nil, envelope("The header is not exactly {\"alg\":\"ES256\",\"kid\":\"PARTY.n\"}: %s.", quoted(string(header)))
	}
	payload, err = base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return "", nil, envelope("The payload is not base64url.")
	}
	return kid, payload, nil
}

func cutSuffix(s, suffix string, before bool) (string, bool) {
	s, found := strings.CutSuffix(s, suffix)
	return s, before && found
}

func isJWSByte(c byte) bool {
	return isUpper(c) || isLower(c) || isDigit(c) || c == '-' || c == '_' || c == '.'
}

func isKid(kid string) bool {
	dot := strings.LastIndexByte(kid, '.')
	return dot > 0 && isCode(kid[:dot]) && isKeyNumber(kid[dot+1:])
}

func isKeyNumber(n string) bool {
	value, ok := parseInteger(n)
	return ok && value > 0
}

// parseCanonical reads an object whose scalars are all strings, writes it again in RFC 8785
// form and refuses any difference: so doubled names, other escapes and half characters too.
func parseCanonical(payload []byte) (map[string]any, *Error) {
	if !utf8.Valid(payload) {
		return nil, envelope("The payload is not UTF-8.")
	}
	var body map[string]any
	if err := json.Unmarshal(payload, &body); err != nil {
		return nil, envelope("The payload is not a JSON object: %s.", quoted(err.Error()))
	}
	if !onlyStrings(body, deepest) {
		return nil, envelope("The payload has a value that is no string, or more than %d levels.", deepest)
	}
	if !bytes.Equal(appendCanonical(make([]byte, 0, len(payload)), body), payload) {
		return nil, envelope("The payload is not in canonical form (RFC 8785).")
	}
	return body, nil
}

func onlyStrings(value any, levels int) bool {
	switch v := value.(type) {
	case string:
		return true
	case []any:
		for _, item := range v {
			if levels == 0 || !onlyStrings(item, levels-1) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, item := range v {
			if levels == 0 || !onlyStrings(item, levels-1) {
				return false
			}
		}
		return v != nil
	}
	return false
}

func parseBody(body map[string]any) (Command, *Error) {
	f := readFields(body)
	command := Command{
		Args:      f.object("args"),
		ExpiresAt: f.instant("expires_at"),
		Function:  f.text("function", isFunctionName, "noun:verb"),
		ID:        f.text("id", func(string) bool { return true }, "a UUID"),
		Ledger:    f.text("ledger", isHash, "the hash of a genesis file"),
		Party:     f.code("party"),
	}
	f.oneOf("version", "1")
	if refusal := f.done(); refusal != nil {
		return Command{}, envelope("%s", refusal.Message)
	}
	if !isIDOf(command.Function, command.ID) {
		return Command{}, envelope("The id %s is not as a command %s has it.", quoted(command.ID), command.Function)
	}
	return command, nil
}

// isIDOf: an execution's id is derived from what is traded, every other is minted by its client.
func isIDOf(function, id string) bool {
	if function == tradeExecute {
		return isDerived(id)
	}
	return isMinted(id)
}

func isFunctionName(s string) bool {
	noun, verb, found := strings.Cut(s, ":")
	return found && len(s) <= 64 && noun != "" && verb != "" && only(noun, isLower) && only(verb, isLower)
}

// Verifier tells whether a compact JWS is signed by the key with this public point.
type Verifier interface {
	Verify(public, jws string) bool
}

// signatures verifies ES256 and remembers its answers: dry runs repeat, checks do not.
type signatures struct {
	keys    map[string]*ecdsa.PublicKey
	answers map[[2]string]bool
}

func newSignatures() *signatures {
	return &signatures{keys: map[string]*ecdsa.PublicKey{}, answers: map[[2]string]bool{}}
}

func (s *signatures) Verify(public, jws string) bool {
	asked := [2]string{public, jws}
	if answer, known := s.answers[asked]; known {
		return answer
	}
	key, known := s.keys[public]
	if !known {
		key = parsePublic(public)
		s.keys[public] = key
	}
	s.answers[asked] = key != nil && verifyES256(key, jws)
	return s.answers[asked]
}

func verifyES256(key *ecdsa.PublicKey, jws string) bool {
	if _, err := base64.RawURLEncoding.Strict().DecodeString(jws[strings.LastIndexByte(jws, '.')+1:]); err != nil {
		return false
	}
	signed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return false
	}
	_, err = signed.Verify(key)
	return err == nil
}

// parsePublic reads the base64url of an uncompressed point of P-256; nil when it is none.
func parsePublic(public string) *ecdsa.PublicKey {
	point, err := base64.RawURLEncoding.Strict().DecodeString(public)
	if err != nil || len(point) != 65 || len(public) != 87 {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil
	}
	return key
}

func isPublic(public string) bool { return parsePublic(public) != nil }
