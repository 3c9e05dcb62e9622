package ledger

import "time"

// Genesis founds the ledger from the genesis file, once, and only from the file
// whose hash the process was started with.
func Genesis(file []byte, expected string, s State) ([]Write, Event, error) {
	return nil, Event{}, refuse(Unavailable, "genesis", "The ledger cannot be founded yet.")
}

// Submit runs a batch of signed commands and answers with what to write, sorted
// by key, and what happened. An error is always *Error and refuses the whole batch.
func Submit(s State, msp string, now time.Time, batch string, jws []string) ([]Write, Event, error) {
	return nil, Event{}, refuse(Unavailable, "genesis", "There is no ledger yet.")
}
