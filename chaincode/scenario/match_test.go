package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// matchRounds bounds how often one statement's orders can lead to further trades.
const matchRounds = 100

// resting is an open order as the matcher sees it.
type resting struct {
	id, owner, instrument string
	buy                   bool
	limit, left, sequence int64
}

// match executes what is due until nothing is. It is written from the README's paragraph, not from middleware/market.
func (w *world) match() error {
	for range matchRounds {
		due, err := w.due()
		if err != nil || len(due) == 0 {
			return err
		}
		if err := w.settle(due); err != nil {
			return fmt.Errorf("matching: %w", err)
		}
	}
	return fmt.Errorf("matching did not come to an end")
}

func (w *world) due() ([]*plan, error) {
	orders, err := w.standing()
	if err != nil {
		return nil, err
	}
	var due []*plan
	for at, order := range orders {
		for order.left > 0 {
			other := best(order, orders[:at])
			if other == nil {
				break
			}
			p, err := w.planMatch(order, other)
			if err != nil {
				return nil, err
			}
			due = append(due, p)
		}
	}
	return due, nil
}

// best is whom an order meets first among those before it: better price, then earlier.
func best(order *resting, before []*resting) *resting {
	var found *resting
	for _, o := range before {
		if o.instrument != order.instrument || o.buy == order.buy || o.owner == order.owner || o.left == 0 {
			continue
		}
		crosses := order.buy && o.limit <= order.limit || !order.buy && o.limit >= order.limit
		better := found == nil || order.buy && o.limit < found.limit || !order.buy && o.limit > found.limit
		if crosses && better {
			found = o
		}
	}
	return found
}

func (w *world) planMatch(order, waiting *resting) (*plan, error) {
	quantity := min(order.left, waiting.left)
	order.left -= quantity
	waiting.left -= quantity
	buy, sell := order, waiting
	if !order.buy {
		buy, sell = waiting, order
	}
	s := &statement{verb: "execute", text: "match", options: map[string]string{}, used: map[string]bool{}, expect: expectation{ok: true}}
	number, err := w.nextNumber(s, order.instrument)
	if err != nil {
		return nil, err
	}
	id := &identity{number: number}
	p, err := w.executes(s, id, order.instrument, buy.id, sell.id, strconv.FormatInt(quantity, 10), strconv.FormatInt(waiting.limit, 10))
	return p, err
}

// standing is every order that can trade now, in the order in which the ledger placed them.
func (w *world) standing() ([]*resting, error) {
	records, err := w.records("order")
	if err != nil {
		return nil, err
	}
	var orders []*resting
	now, _ := w.instant("0s")
	for _, r := range records {
		left := number(r, "quantity") - number(r, "filled")
		open := r["status"] == "new" || r["status"] == "partially_filled"
		if !open || left == 0 || r["book"] == "exchange" || r["good_till"].(string) <= now {
			continue
		}
		able, err := w.able(r)
		if err != nil {
			return nil, err
		}
		if able {
			orders = append(orders, &resting{
				id: r["order"].(string), owner: r["owner"].(string), instrument: r["instrument"].(string),
				buy: r["side"] == "buy", limit: number(r, "limit_minor"), left: left, sequence: number(r, "sequence"),
			})
		}
	}
	slices.SortFunc(orders, func(a, b *resting) int { return int(a.sequence - b.sequence) })
	return orders, nil
}

// compromised says whether a key is; an agent may have signed the order, so it need not be the owner's.
func (w *world) compromised(kid string) (bool, error) {
	dot := strings.LastIndexByte(kid, '.')
	signer, err := w.record("party/" + kid[:dot])
	if err != nil {
		return false, err
	}
	for _, k := range signer["keys"].([]any) {
		if k := k.(map[string]any); k["n"] == kid[dot+1:] {
			return k["status"] == "compromised", nil
		}
	}
	return false, nil
}

// able says whether an order's owner, key and instrument let it trade.
func (w *world) able(order map[string]any) (bool, error) {
	owner, err := w.record("party/" + order["owner"].(string))
	if err != nil {
		return false, err
	}
	i, err := w.record("instrument/" + order["instrument"].(string))
	if err != nil {
		return false, err
	}
	compromised, err := w.compromised(order["kid"].(string))
	return owner["status"] == "active" && i["status"] == "active" && !compromised, err
}
