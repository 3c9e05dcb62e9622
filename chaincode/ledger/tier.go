package ledger

import "slices"

// Tier sets a part of an offering aside for one type of investors. The allotment keeps it; the ledger tells it.
type Tier struct {
	InvestorType string `json:"investor_type"`
	Quantity     int64  `json:"quantity,string"`
}

func readTiers(f *fields) []Tier {
	objects := f.objectsUpTo("tiers", 8)
	tiers := make([]Tier, 0, len(objects))
	for _, object := range objects {
		inner := readFields(object)
		tiers = append(tiers, Tier{
			InvestorType: inner.oneOf("investor_type", "retail", "qualified", "institutional"),
			Quantity:     inner.integer("quantity", 1),
		})
		f.within(inner.done())
	}
	return tiers
}

// tiered: every type once, all of them together within the maximum.
func (a offerArgs) tiered() *Error {
	left := a.maximum
	for n, tier := range a.tiers {
		same := func(t Tier) bool { return t.InvestorType == tier.InvestorType }
		if slices.IndexFunc(a.tiers, same) != n || tier.Quantity > left {
			return refuse(Invalid, "tiers", "The tier of %d for %s is a second one, or more than is left of %d.", tier.Quantity, tier.InvestorType, a.maximum)
		}
		left -= tier.Quantity
	}
	return nil
}
