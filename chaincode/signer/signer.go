// Package signer signs commands as a party does. Nothing that runs on a peer imports it: it is for scenarios and tests.
package signer

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"
)

// Key is one P-256 key of a party.
type Key struct {
	private *ecdsa.PrivateKey
	public  *ecdh.PublicKey
}

// New makes a key. It panics when the system has no randomness: no test can go on then.
func New() Key {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	public, err := private.PublicKey.ECDH()
	if err != nil {
		panic(err)
	}
	return Key{private, public}
}

// Public is the key as the ledger registers it: base64url of the uncompressed point.
func (k Key) Public() string { return encode(k.public.Bytes()) }

// Sign makes a compact JWS of a payload, byte for byte.
func (k Key) Sign(kid string, payload []byte) string {
	signed := encode([]byte(`{"alg":"ES256","kid":"`+kid+`"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// Proof shows that whoever names this key in party:admit or key:add holds it.
func (k Key) Proof(ledger, party, n string) string {
	return k.Sign(party+"."+n, Canonical(map[string]string{"ledger": ledger, "n": n, "party": party, "public": k.Public()}))
}

// Canonical is RFC 8785 JSON, the form that is signed.
func Canonical(value any) []byte {
	plain, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	canonical, err := jcs.Transform(plain)
	if err != nil {
		panic(err)
	}
	return canonical
}

// Hash is the body hash: the lower-case hex SHA-256 of a payload.
func Hash(payload []byte) string {
	sum := sha256.Sum256(payload)
	return hex.EncodeToString(sum[:])
}

// ID mints the n-th UUIDv7 of a run, the same in every run.
func ID(n int) string {
	return fmt.Sprintf("019aac00-0000-7000-8000-%012x", n)
}

func encode(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }
