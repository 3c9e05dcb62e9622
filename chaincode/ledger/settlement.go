package ledger

// A settlement moves all its legs in one state change, or none (delivery
// versus payment). It has no record of its own: the fact in the block proves it.

// movement is a leg together with what it takes from: a reservation, or what is available.
type movement struct {
	Leg
	reserved bool
}

// nextSettlementStatus is the life of a settlement. Nothing leads away from
// settled, so a settled one never changes.
func nextSettlementStatus(status, event string) (string, bool) {
	switch [2]string{status, event} {
	case [2]string{"pending", "settle"}:
		return "settled", true
	}
	return "", false
}

// settle moves the legs in their order; those of no quantity do not exist. A leg from no account brings units into
// being, which its rule counts as issued.
func settle(tx *Tx, settlement, trade string, movements []movement) error {
	if _, ok := nextSettlementStatus("pending", "settle"); !ok {
		return refuse(Internal, "settlement", "The settlement %s cannot settle.", settlement)
	}
	legs := make([]Leg, 0, len(movements))
	for _, m := range movements {
		if m.Quantity == 0 {
			continue
		}
		if err := m.take(tx); err != nil {
			return err
		}
		if err := credit(tx, m.Instrument, m.ToAccount, m.Quantity); err != nil {
			return err
		}
		legs = append(legs, m.Leg)
	}
	tx.emit(SettlementSettled{Settlement: settlement, Trade: trade, Legs: legs})
	return nil
}

// take takes a leg's quantity from where it comes.
func (m movement) take(tx *Tx) error {
	switch {
	case m.FromAccount == "":
		return nil
	case m.reserved:
		return spend(tx, m.Instrument, m.FromAccount, m.Quantity)
	}
	return debit(tx, m.Instrument, m.FromAccount, m.Quantity)
}
