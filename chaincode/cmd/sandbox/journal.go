package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"lonja/chaincode/door"
)

var errJournal = errors.New("the journal cannot be written")

// openJournal continues the chain kept in a file, one block a line, or begins one. Every kept transaction is run
// through the rules again and must give the same block. A last line cut short by a crash is dropped.
func openJournal(path string, file []byte, msp string, now func() time.Time) (*Chain, error) {
	journal, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := emptyChain(file)
	if err != nil {
		return nil, err
	}
	whole := content[:bytes.LastIndexByte(content, '\n')+1]
	if err := c.replay(whole); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := journal.Truncate(int64(len(whole))); err != nil {
		return nil, err
	}
	if _, err := journal.Seek(0, 2); err != nil {
		return nil, err
	}
	c.journal = journal
	if len(c.blocks) == 1 {
		_, err = c.transact(door.Call{Function: "genesis", Args: [][]byte{file}, MSP: msp, At: now()}, now)
	}
	return c, err
}

func (c *Chain) replay(lines []byte) error {
	for line := range bytes.Lines(lines) {
		var kept Block
		if err := json.Unmarshal(line, &kept); err != nil {
			return err
		}
		for _, t := range kept.Transactions {
			if err := c.repeat(t); err != nil {
				return fmt.Errorf("block %d: %w", kept.Number, err)
			}
		}
		if again := c.blocks[len(c.blocks)-1]; again.Hash != kept.Hash {
			return fmt.Errorf("block %d does not come out the same: other rules or another genesis made it", kept.Number)
		}
	}
	return nil
}

func (c *Chain) repeat(t Transaction) error {
	at, err := time.Parse(timeFormat, t.At)
	if err != nil {
		return err
	}
	args := make([][]byte, len(t.Args))
	for i, arg := range t.Args {
		args[i] = []byte(arg)
	}
	_, err = c.transact(door.Call{Function: t.Function, Args: args, MSP: t.MSP, At: at}, func() time.Time { return at })
	return err
}

func sha256Hex(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
