package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// Block is one link of the chain; here every block has one transaction, and block 0 none.
type Block struct {
	Number       uint64        `json:"number"`
	PreviousHash string        `json:"previous_hash"`
	Hash         string        `json:"hash"`
	Transactions []Transaction `json:"transactions"`
}

// Transaction is a call that changed the ledger. Args are what follows the function's name.
type Transaction struct {
	ID        string          `json:"id"`
	Code      string          `json:"code"`
	At        string          `json:"at"`
	MSP       string          `json:"msp"`
	Function  string          `json:"function"`
	Args      []string        `json:"args"`
	Event     json.RawMessage `json:"event"`
	Endorsers []string        `json:"endorsers"`
}

// next links a block with these transactions behind this one.
func (b Block) next(transactions ...Transaction) Block {
	n := Block{Number: b.Number + 1, PreviousHash: b.Hash, Transactions: transactions}
	n.seal()
	return n
}

// first is block 0, which on Fabric carries the channel's configuration.
func first() Block {
	b := Block{Transactions: []Transaction{}}
	b.seal()
	return b
}

func (b *Block) seal() {
	b.Hash = digest("lonja/sandbox/block/1", strconv.FormatUint(b.Number, 10), b.PreviousHash, string(encode(b.Transactions)))
}

// digest is the SHA-256 of length-prefixed parts, the first naming what is hashed.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// encode keeps an event's bytes as the rules made them: no HTML escapes.
func encode(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil { // our own types always encode
		panic(err)
	}
	return out.Bytes()
}
