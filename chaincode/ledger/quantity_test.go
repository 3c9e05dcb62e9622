package ledger

import (
	"math"
	"math/big"
	"testing"
)

const most = math.MaxInt64

func TestSumsAndProductsKnowTheirEnd(t *testing.T) {
	edges := []int64{0, 1, 2, 3, 1 << 31, 1 << 32, 3037000499, 3037000500, most/2 - 1, most / 2, most/2 + 1, most - 1, most}
	for _, a := range edges {
		for _, b := range edges {
			wantNumber(t, "add", a, b, add, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
			wantNumber(t, "subtract", a, b, subtract, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
			wantNumber(t, "multiply", a, b, multiply, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
		}
	}
	for _, f := range []func(a, b int64) (int64, bool){add, subtract, multiply} {
		if _, ok := f(-1, 1); ok {
			t.Error("a negative number passed")
		}
	}
}

func wantNumber(t *testing.T, name string, a, b int64, f func(a, b int64) (int64, bool), want *big.Int) {
	t.Helper()
	got, ok := f(a, b)
	fits := want.Sign() >= 0 && want.IsInt64()
	if ok != fits || ok && got != want.Int64() {
		t.Errorf("%s(%d, %d) = %d, %v; want %s", name, a, b, got, ok, want)
	}
}

func TestAFeeIsRoundedDown(t *testing.T) {
	for _, amount := range []int64{0, 1, 39, 40, 399, 400, 401, 99999, most - 1, most} {
		for _, bps := range []int64{0, 1, 25, 9999, 10000} {
			want := new(big.Int).Mul(big.NewInt(amount), big.NewInt(bps))
			want.Quo(want, big.NewInt(10000))
			if got := feeOf(amount, bps); got != want.Int64() {
				t.Errorf("%d bps of %d: %d, want %s", bps, amount, got, want)
			}
		}
	}
}
