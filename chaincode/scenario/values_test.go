package scenario

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

var decimal = regexp.MustCompile(`^([0-9]+)(?:\.([0-9]+))?$`)

// minor turns 25.00 into 2500 with two digits. What is not such a number is passed on as it stands.
func minor(text string, digits int) string {
	found := decimal.FindStringSubmatch(text)
	if found == nil || len(found[2]) > digits {
		return text
	}
	number := strings.TrimLeft(found[1]+found[2]+strings.Repeat("0", digits-len(found[2])), "0")
	if number == "" {
		return "0"
	}
	return number
}

// amount is a quantity of an instrument as commands carry it: minor units of a currency, units of a security.
func (w *world) amount(alias, text string) (string, error) {
	i, err := w.instrument(alias)
	if err != nil {
		return "", err
	}
	return minor(text, i.digits), nil
}

// money is an amount of the currency that an instrument trades in, or is.
func (w *world) money(i *instrument, text string) (string, error) {
	if i.kind == "currency" {
		return minor(text, i.digits), nil
	}
	currency, err := w.instrument(i.currency)
	if err != nil {
		return "", err
	}
	return minor(text, currency.digits), nil
}

// priced splits Q@P.
func (w *world) priced(i *instrument, text string) (quantity, price string, err error) {
	quantity, at, found := strings.Cut(text, "@")
	if !found {
		return "", "", fmt.Errorf("%q is not a quantity at a price", text)
	}
	price, err = w.money(i, at)
	return quantity, price, err
}

// fee is floor(quantity x price x bps / 10000); 0 for what is not a number, which the ledger refuses anyway.
func fee(quantity, price, bps string) string {
	product := big.NewInt(1)
	for _, factor := range []string{quantity, price, bps} {
		n, ok := new(big.Int).SetString(factor, 10)
		if !ok || n.Sign() < 0 {
			return "0"
		}
		product.Mul(product, n)
	}
	return product.Div(product, big.NewInt(10000)).String()
}
