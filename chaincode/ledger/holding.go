package ledger

import (
	"slices"
	"sort"
)

// Holding is the quantity of one instrument in one account. What is reserved
// is part of the quantity. This file is the only one that changes a holding.
type Holding struct {
	Account    string `json:"account"`
	Instrument string `json:"instrument"`
	Quantity   int64  `json:"quantity,string"`
	Reserved   int64  `json:"reserved,string"`
	Version    string `json:"version"`
}

func (h Holding) available() int64 { return h.Quantity - h.Reserved }

// findHolding reads a holding; one that was never written is empty.
func findHolding(tx *Tx, instrument, account string) (Holding, error) {
	h, found, err := load[Holding](tx, holdingKey(instrument, account))
	if err == nil && !found {
		h = Holding{Account: account, Instrument: instrument, Version: "1"}
	}
	return h, err
}

// credit adds units to an open account.
func credit(tx *Tx, instrument, account string, quantity int64) error {
	return changeHolding(tx, instrument, account, func(h *Holding) error {
		total, ok := add(h.Quantity, quantity)
		if !ok {
			return refuse(Invalid, "quantity", "%s in %s cannot grow by %d past 2^63-1.", instrument, account, quantity)
		}
		h.Quantity = total
		return nil
	})
}

// debit takes units that are available.
func debit(tx *Tx, instrument, account string, quantity int64) error {
	return changeHolding(tx, instrument, account, func(h *Holding) error {
		if quantity > h.available() {
			return short(*h, quantity)
		}
		h.Quantity -= quantity
		return nil
	})
}

// reserve sets available units aside.
func reserve(tx *Tx, instrument, account string, quantity int64) error {
	return changeHolding(tx, instrument, account, func(h *Holding) error {
		if quantity > h.available() {
			return short(*h, quantity)
		}
		h.Reserved += quantity
		return nil
	})
}

// release makes reserved units available again.
func release(tx *Tx, instrument, account string, quantity int64) error {
	return changeHolding(tx, instrument, account, func(h *Holding) error {
		if quantity > h.Reserved {
			return broken(*h, quantity)
		}
		h.Reserved -= quantity
		return nil
	})
}

// spend takes units that are reserved.
func spend(tx *Tx, instrument, account string, quantity int64) error {
	return changeHolding(tx, instrument, account, func(h *Holding) error {
		if quantity > h.Reserved {
			return broken(*h, quantity)
		}
		h.Reserved -= quantity
		h.Quantity -= quantity
		return nil
	})
}

func short(h Holding, quantity int64) error {
	return refuse(Insufficient, "available", "%s in %s: %d available, %d needed.", h.Instrument, h.Account, h.available(), quantity)
}

// broken: less is reserved than a reservation says, which no rule can bring about.
func broken(h Holding, quantity int64) error {
	return refuse(Internal, "reserved", "%s in %s: %d reserved, %d expected.", h.Instrument, h.Account, h.Reserved, quantity)
}

// changeHolding is the one way to a new holding: it keeps 0 ≤ reserved ≤ quantity
// and the account's count of holdings that are not zero.
func changeHolding(tx *Tx, instrument, account string, change func(*Holding) error) error {
	before, err := findHolding(tx, instrument, account)
	if err != nil {
		return err
	}
	after := before
	if err := change(&after); err != nil || after == before {
		return err
	}
	if after.Reserved < 0 || after.Reserved > after.Quantity {
		return broken(after, 0)
	}
	if (before.Quantity == 0) != (after.Quantity == 0) {
		if err := countHolding(tx, account, after.Quantity != 0); err != nil {
			return err
		}
	}
	key := holdingKey(instrument, account)
	if !slices.Contains(tx.moved, key) {
		tx.moved = append(tx.moved, key)
	}
	return tx.put(key, after)
}

func countHolding(tx *Tx, account string, more bool) error {
	a, err := findAccount(tx, account, "account")
	if err != nil {
		return err
	}
	if !more {
		a.Holdings--
		return tx.put(accountKey(account), a)
	}
	if a.closed() {
		return refuse(WrongStatus, "account", "The account %s is closed.", account)
	}
	a.Holdings++
	return tx.put(accountKey(account), a)
}

// emitMoved tells the result for every holding the command changed, in key order.
func emitMoved(tx *Tx) error {
	sort.Strings(tx.moved)
	for _, key := range tx.moved {
		h, _, err := load[Holding](tx, key)
		if err != nil {
			return err
		}
		tx.emit(HoldingMoved{Instrument: h.Instrument, Account: h.Account, Quantity: h.Quantity, Reserved: h.Reserved})
	}
	return nil
}

type transferArgs struct {
	instrument, from, to, reason string
	quantity                     int64
}

func parseTransfer(f *fields) transferArgs {
	a := transferArgs{
		instrument: f.code("instrument"),
		from:       f.pair("from_account"),
		to:         f.pair("to_account"),
		quantity:   f.integer("quantity", 1),
		reason:     f.oneOf("reason", "gift", "inheritance", "own_accounts", "correction", "other"),
	}
	if f.refusal == nil && a.from == a.to {
		f.within(refuse(Invalid, "to_account", "A transfer from %s to itself moves nothing.", a.from))
	}
	return a
}

func transferKeys(_ string, a transferArgs) []string {
	return []string{instrumentKey(a.instrument), accountKey(a.from), accountKey(a.to),
		holdingKey(a.instrument, a.from), holdingKey(a.instrument, a.to)}
}

func mayTransfer(tx *Tx, c Call, a transferArgs) error {
	_, err := ownedBy(tx, c, a.from, "from_account")
	return err
}

// transfer moves available units to another account, free of payment.
func transfer(tx *Tx, c Call, a transferArgs) error {
	i, err := activeInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	if _, err := openAccountAt(tx, a.from, "from_account"); err != nil {
		return err
	}
	to, err := creditable(tx, a.to, "to_account")
	if err != nil {
		return err
	}
	if a.reason == "own_accounts" && to.Owner != c.Party {
		return refuse(Invalid, "reason", "%s is no account of %s's own.", a.to, c.Party)
	}
	if a.reason != "inheritance" && a.reason != "own_accounts" {
		receiver, err := findParty(tx, to.Owner, "owner")
		if err != nil {
			return err
		}
		if err := mayAcquire(tx, receiver, i, 0); err != nil {
			return err
		}
	}
	if err := debit(tx, a.instrument, a.from, a.quantity); err != nil {
		return err
	}
	if err := credit(tx, a.instrument, a.to, a.quantity); err != nil {
		return err
	}
	tx.emit(HoldingTransferred{Instrument: a.instrument, FromAccount: a.from, ToAccount: a.to, Quantity: a.quantity, Reason: a.reason})
	return nil
}
