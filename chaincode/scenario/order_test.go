package scenario

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

func (w *world) planPlace(s *statement) (*plan, error) {
	owner, err := w.party(s.words[1])
	if err != nil {
		return nil, err
	}
	id := w.named("order", s.words[0])
	args, err := w.orderArgs(s, owner, id)
	if err != nil {
		return nil, err
	}
	id.instrument, id.owner = s.words[3], owner.alias
	return w.one(s, owner.alias, "order:place", args, id)
}

func (w *world) orderArgs(s *statement, owner *party, id *identity) (map[string]any, error) {
	securities, err := w.account(s.option("account", owner.alias))
	if err != nil {
		return nil, err
	}
	cash, err := w.account(s.option("cash", securities.alias))
	if err != nil {
		return nil, err
	}
	i, err := w.instrument(s.words[3])
	if err != nil {
		return nil, err
	}
	quantity, price, err := w.priced(i, s.words[4])
	if err != nil {
		return nil, err
	}
	most, err := w.money(i, s.option("fee", ""))
	if err != nil {
		return nil, err
	}
	if most == "" {
		most = fee(quantity, price, i.feeBps)
	}
	till, err := w.till(id, s.option("till", "+24h"))
	if err != nil {
		return nil, err
	}
	args := map[string]any{
		"venue": "", "broker": "", "account": securities.reference, "cash_account": cash.reference, "instrument": i.code,
		"side": s.words[2], "quantity": quantity, "limit_minor": price, "good_till": till, "max_fee_minor": most,
	}
	for name, otherwise := range map[string]string{"venue": "bolsa", "broker": ""} {
		if alias := s.option(name, otherwise); alias != "" {
			p, err := w.party(alias)
			if err != nil {
				return nil, err
			}
			args[name] = p.code
		}
	}
	return args, nil
}

// planOrderEnd cancels in the name of whose order it is, or expires in the venue's.
func (w *world) planOrderEnd(s *statement) (*plan, error) {
	id, err := w.known("order", s.words[0])
	if err != nil {
		return nil, err
	}
	by := "bolsa"
	if s.verb == "cancel" {
		by = id.owner
	}
	return w.one(s, by, "order:"+s.verb, map[string]any{"order": id.reference()}, &identity{})
}

func (w *world) planExecute(s *statement) (*plan, error) {
	buy, err := w.known("order", s.words[1])
	if err != nil {
		return nil, err
	}
	sell, err := w.known("order", s.words[2])
	if err != nil {
		return nil, err
	}
	i, err := w.instrument(buy.instrument)
	if err != nil {
		return nil, err
	}
	quantity, price, err := w.priced(i, s.words[3])
	if err != nil {
		return nil, err
	}
	id := w.named("trade", s.words[0])
	if id.number == "" {
		if id.number, err = w.nextNumber(s, i.code); err != nil {
			return nil, err
		}
	}
	return w.executes(s, id, i.code, buy.reference(), sell.reference(), quantity, price)
}

func (w *world) nextNumber(s *statement, code string) (string, error) {
	if number := s.option("number", ""); number != "" {
		return number, nil
	}
	last := 0
	book, err := w.record("book/" + code)
	if err == nil && book != nil {
		last, err = strconv.Atoi(book["last_execution"].(string))
	}
	w.queued[code]++
	return strconv.Itoa(last + w.queued[code]), err
}

func (w *world) executes(s *statement, id *identity, instrument, buy, sell, quantity, price string) (*plan, error) {
	s.option("number", "")
	id.id = executionID(instrument, id.number, buy, sell)
	return w.one(s, "bolsa", "trade:execute", map[string]any{
		"instrument": instrument, "number": id.number, "after": s.option("after", "1"), "buy": buy, "sell": sell,
		"quantity": quantity, "price_minor": price,
	}, id)
}

// executionID derives a trade's id, a UUIDv8, from what is traded.
func executionID(instrument, number, buy, sell string) string {
	h := sha256.New()
	h.Write([]byte("lonja/trade/1"))
	for _, part := range []string{instrument, number, buy, sell} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	id := h.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	t := hex.EncodeToString(id)
	return t[:8] + "-" + t[8:12] + "-" + t[12:16] + "-" + t[16:20] + "-" + t[20:]
}
