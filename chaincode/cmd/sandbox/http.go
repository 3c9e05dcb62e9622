package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"lonja/chaincode/door"
	"lonja/chaincode/ledger"
)

const (
	maxBody    = 4 << 20 // a full batch, with the escapes JSON may need
	maxBlocks  = 200     // of one answer
	maxWaiting = 60      // seconds of one long poll
)

// service answers a driver over loopback HTTP.
type service struct {
	chain *Chain
	msp   string // who submits when the request names no organisation
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /submit", s.submit)
	mux.HandleFunc("POST /query", s.query)
	mux.HandleFunc("GET /blocks", s.blocks)
	mux.HandleFunc("GET /healthz", s.healthz)
	return mux
}

func (s *service) submit(w http.ResponseWriter, r *http.Request) {
	var request struct {
		MSP       string   `json:"msp"`
		Batch     string   `json:"batch"`
		Commands  []string `json:"commands"`
		Timestamp string   `json:"timestamp"`
	}
	if !read(w, r, &request) {
		return
	}
	at := time.Now()
	if request.Timestamp != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, request.Timestamp); err != nil {
			answer(w, http.StatusBadRequest, refusal("timestamp", err.Error()))
			return
		}
	}
	if request.MSP == "" {
		request.MSP = s.msp
	}
	args := bytesOf(append([]string{request.Batch}, request.Commands...))
	block, err := s.chain.transact(door.Call{Function: "submit", Args: args, MSP: request.MSP, At: at}, time.Now)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"transaction_id": block.Transactions[0].ID, "block": block.Number})
}

func (s *service) query(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Function string   `json:"function"`
		Args     []string `json:"args"`
	}
	if !read(w, r, &request) {
		return
	}
	payload, err := s.chain.query(request.Function, bytesOf(request.Args))
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, json.RawMessage(payload))
}

// blocks answers the blocks from a number on; with none yet it waits for the next one, up to `wait` seconds.
func (s *service) blocks(w http.ResponseWriter, r *http.Request) {
	from, err := strconv.ParseUint(r.URL.Query().Get("from"), 10, 64)
	if err != nil {
		answer(w, http.StatusBadRequest, refusal("from", "from is not a block number"))
		return
	}
	seconds, err := strconv.ParseFloat("0"+r.URL.Query().Get("wait"), 64)
	if err != nil || seconds > maxWaiting {
		answer(w, http.StatusBadRequest, refusal("wait", fmt.Sprintf("wait is not a number of seconds up to %d", maxWaiting)))
		return
	}
	found, grown := s.chain.since(from, maxBlocks)
	if len(found) == 0 && seconds > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), time.Duration(seconds*float64(time.Second)))
		defer cancel()
		select {
		case <-grown:
			found, _ = s.chain.since(from, maxBlocks)
		case <-ctx.Done():
		}
	}
	answer(w, http.StatusOK, map[string]any{"blocks": found})
}

func (s *service) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"status": "ok", "ledger": s.chain.genesis, "height": s.chain.height(), "version": door.Version,
	})
}

// read decodes a JSON body of known fields; it has answered when it returns false.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		return true
	}
	status := http.StatusBadRequest
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	answer(w, status, refusal("json", err.Error()))
	return false
}

func refuse(w http.ResponseWriter, err error) {
	if refused := new(ledger.Error); errors.As(err, &refused) {
		answer(w, http.StatusConflict, refused)
		return
	}
	answer(w, http.StatusInternalServerError, &ledger.Error{Code: ledger.Internal, Reason: "sandbox", Message: err.Error()})
}

func refusal(reason, message string) *ledger.Error {
	return &ledger.Error{Code: ledger.Invalid, Reason: reason, Message: message}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(body)) // a caller who has gone needs no answer
}

func bytesOf(texts []string) [][]byte {
	all := make([][]byte, len(texts))
	for i, text := range texts {
		all[i] = []byte(text)
	}
	return all
}
