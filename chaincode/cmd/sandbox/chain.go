package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"lonja/chaincode/door"
	"lonja/chaincode/ledger"
	"lonja/chaincode/memory"
)

// timeFormat has the microseconds that Python's datetime keeps.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// Chain is a ledger of one process: the rules over memory, a block a transaction.
type Chain struct {
	mutex     sync.Mutex
	genesis   string
	endorsers []string
	state     *memory.State
	blocks    []Block
	grown     chan struct{} // closed when a block is added
	journal   io.Writer     // nil: the chain ends with the process
}

// newChain begins a chain with the genesis file as block 1.
func newChain(file []byte, msp string, now func() time.Time) (*Chain, error) {
	c, err := emptyChain(file)
	if err != nil {
		return nil, err
	}
	_, err = c.transact(door.Call{Function: "genesis", Args: [][]byte{file}, MSP: msp, At: now()}, now)
	return c, err
}

func emptyChain(file []byte) (*Chain, error) {
	hash, endorsers, err := readGenesis(file)
	if err != nil {
		return nil, err
	}
	return &Chain{
		genesis: hash, endorsers: endorsers, state: memory.New(), blocks: []Block{first()}, grown: make(chan struct{}),
	}, nil
}

// readGenesis returns the ledger's name, the file's hash, and the organisations that endorse everything here.
func readGenesis(file []byte) (hash string, endorsers []string, err error) {
	var content struct {
		Organisations []struct {
			MSP string `json:"msp_id"`
		} `json:"organisations"`
	}
	if err := json.Unmarshal(file, &content); err != nil {
		return "", nil, fmt.Errorf("genesis: %w", err)
	}
	for _, o := range content.Organisations {
		endorsers = append(endorsers, o.MSP)
	}
	return sha256Hex(file), endorsers, nil
}

// transact runs a call and commits what it wrote in a block of its own. A refused call leaves no block.
func (c *Chain) transact(call door.Call, now func() time.Time) (Block, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	call.At = call.At.UTC().Truncate(time.Microsecond)
	answer, err := door.New(c.genesis, now).Answer(call, c.state)
	if err != nil {
		return Block{}, err
	}
	last := c.blocks[len(c.blocks)-1]
	block := last.next(c.transaction(call, answer, last))
	if err := c.record(block); err != nil {
		return Block{}, err
	}
	c.append(block, answer.Writes)
	return block, nil
}

func (c *Chain) transaction(call door.Call, answer door.Answer, last Block) Transaction {
	args := make([]string, len(call.Args))
	for i, arg := range call.Args {
		args[i] = string(arg)
	}
	return Transaction{
		ID:   digest("lonja/sandbox/transaction/1", strconv.FormatUint(last.Number+1, 10), last.Hash, call.MSP),
		Code: "VALID", At: call.At.Format(timeFormat), MSP: call.MSP, Function: call.Function, Args: args,
		Event: answer.Event, Endorsers: c.endorsers,
	}
}

func (c *Chain) append(block Block, writes []ledger.Write) {
	c.state.Apply(writes)
	c.blocks = append(c.blocks, block)
	close(c.grown)
	c.grown = make(chan struct{})
}

// query answers without changing anything.
func (c *Chain) query(function string, args [][]byte) ([]byte, error) {
	if function == "genesis" || function == "submit" {
		return nil, &ledger.Error{Code: ledger.Invalid, Reason: "function", Message: fmt.Sprintf("%.80q is not a query.", function)}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	answer, err := door.New(c.genesis, time.Now).Answer(door.Call{Function: function, Args: args}, c.state)
	return answer.Payload, err
}

// since returns up to limit blocks from a number on, and what to wait for when there is none.
func (c *Chain) since(number uint64, limit int) ([]Block, <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if number >= uint64(len(c.blocks)) {
		return []Block{}, c.grown
	}
	blocks := c.blocks[number:]
	return blocks[:min(limit, len(blocks))], c.grown
}

func (c *Chain) height() uint64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return uint64(len(c.blocks))
}

func (c *Chain) record(block Block) error {
	if c.journal == nil {
		return nil
	}
	if _, err := c.journal.Write(encode(block)); err != nil {
		return errors.Join(errJournal, err)
	}
	return nil
}
