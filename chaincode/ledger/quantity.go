package ledger

import (
	"math"
	"math/bits"
	"strconv"
)

// Quantities are units, amounts minor units: int64, never negative, never past
// 2^63-1. Every sum and product here says when it does not fit.

// parseInteger reads 0|[1-9][0-9]{0,18} up to 2^63-1.
func parseInteger(s string) (int64, bool) {
	if s == "" || len(s) > 19 || !only(s, isDigit) || s[0] == '0' && s != "0" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func add(a, b int64) (int64, bool) {
	if a < 0 || b < 0 || a > math.MaxInt64-b {
		return 0, false
	}
	return a + b, true
}

// subtract answers only when the result is not negative.
func subtract(a, b int64) (int64, bool) {
	if a < 0 || b < 0 || b > a {
		return 0, false
	}
	return a - b, true
}

// multiply goes through 128 bits.
func multiply(a, b int64) (int64, bool) {
	if a < 0 || b < 0 {
		return 0, false
	}
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high != 0 || low > math.MaxInt64 {
		return 0, false
	}
	return int64(low), true
}

// feeOf is floor(amount × bps / 10,000): the rounding rule of fees, per fill.
// bps is at most 10,000, so the result never exceeds the amount.
func feeOf(amount, bps int64) int64 {
	high, low := bits.Mul64(uint64(amount), uint64(bps))
	fee, _ := bits.Div64(high, low, 10_000)
	return int64(fee)
}
