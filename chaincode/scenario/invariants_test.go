package scenario

import (
	"fmt"
	"strconv"
)

// place is where something is held.
type place struct{ instrument, account string }

// check holds the state to the invariants of SAFETY.md, from the records alone:
// I1 and I2 what is held is what is issued, I3 nothing negative or reserved twice, I4 every reservation belongs to an
// open order or withdrawal, I5 no order filled beyond its quantity, I9 no supply beyond what is authorised, or of a currency attested.
func (w *world) check() error {
	held, reserved, err := w.checkHoldings()
	if err != nil {
		return err
	}
	if err := w.checkSupply(held); err != nil {
		return err
	}
	owed, err := w.reservations()
	if err != nil {
		return err
	}
	for at, quantity := range reserved {
		if owed[at] != quantity {
			return fmt.Errorf("I4: %s has %d %s reserved, its orders and withdrawals ask for %d", at.account, quantity, at.instrument, owed[at])
		}
		delete(owed, at)
	}
	for at, quantity := range owed {
		if quantity != 0 {
			return fmt.Errorf("I4: %s has no %s, yet %d are reserved", at.account, at.instrument, quantity)
		}
	}
	return nil
}

func (w *world) checkHoldings() (held map[string]int64, reserved map[place]int64, err error) {
	records, err := w.records("holding")
	held, reserved = map[string]int64{}, map[place]int64{}
	for _, r := range records {
		at := place{r["instrument"].(string), r["account"].(string)}
		quantity := number(r, "quantity")
		reserved[at] = number(r, "reserved")
		held[at.instrument] += quantity
		if reserved[at] < 0 || reserved[at] > quantity {
			return nil, nil, fmt.Errorf("I3: %s holds %d %s with %d reserved", at.account, quantity, at.instrument, reserved[at])
		}
	}
	return held, reserved, err
}

func (w *world) checkSupply(held map[string]int64) error {
	records, err := w.records("instrument")
	for _, r := range records {
		code, issued := r["instrument"].(string), number(r, "issued")
		if held[code] != issued {
			return fmt.Errorf("I1, I2: %d %s are issued, %d held", issued, code, held[code])
		}
		if authorised := r["authorised"].(string); authorised != "" && number(r, "authorised") < issued+number(r, "offered") {
			return fmt.Errorf("I9: %d %s are issued, %s authorised", issued, code, authorised)
		}
		if attested := number(r, "attested_minor"); r["kind"] == "currency" && attested < issued {
			return fmt.Errorf("%d %s are issued, a balance of %d attested", issued, code, attested)
		}
		delete(held, code)
	}
	if len(held) > 0 {
		return fmt.Errorf("I1: %v is held and not registered", held)
	}
	return err
}

// reservations is what open orders and withdrawals say is set aside, by place.
func (w *world) reservations() (map[place]int64, error) {
	owed := map[place]int64{}
	orders, err := w.records("order")
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		at, err := w.reservedAt(o)
		if err != nil {
			return nil, err
		}
		owed[at] += number(o, "reserved")
		if number(o, "filled") > number(o, "quantity") {
			return nil, fmt.Errorf("I5: %s is filled beyond its quantity", o["order"])
		}
		if open := o["status"] == "new" || o["status"] == "partially_filled"; !open && number(o, "reserved") != 0 {
			return nil, fmt.Errorf("I4: %s is %s and still has %s reserved", o["order"], o["status"], o["reserved"])
		}
	}
	instructions, err := w.records("instruction")
	for _, r := range instructions {
		at := place{r["instrument"].(string), r["account"].(string)}
		if r["side"] == "receive" {
			at = place{r["currency"].(string), r["cash_account"].(string)}
		}
		owed[at] += number(r, "reserved")
	}
	if err != nil {
		return nil, err
	}
	subscriptions, err := w.records("subscription")
	if err != nil {
		return nil, err
	}
	for _, s := range subscriptions {
		o, err := w.record("offering/" + s["offering"].(string))
		if err != nil {
			return nil, err
		}
		owed[place{o["currency"].(string), s["cash_account"].(string)}] += number(s, "reserved")
		if open := s["status"] == "open"; open != (number(s, "reserved") != 0) {
			return nil, fmt.Errorf("I4: the subscription of %s is %s with %s reserved", s["subscriber"], s["status"], s["reserved"])
		}
	}
	withdrawals, err := w.records("withdrawal")
	for _, r := range withdrawals {
		if r["status"] != "paid" && r["status"] != "refused" {
			owed[place{r["instrument"].(string), r["account"].(string)}] += number(r, "amount_minor")
		}
	}
	return owed, err
}

func (w *world) reservedAt(order map[string]any) (place, error) {
	code := order["instrument"].(string)
	if order["side"] == "sell" {
		return place{code, order["account"].(string)}, nil
	}
	i, err := w.record("instrument/" + code)
	if err != nil {
		return place{}, err
	}
	return place{i["currency"].(string), order["cash_account"].(string)}, nil
}

// number reads an integer field of a record; nothing held is 0.
func number(record map[string]any, field string) int64 {
	text, _ := record[field].(string)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && text != "" {
		panic(fmt.Sprintf("%s is %q in %v", field, text, record))
	}
	return n
}
