package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// An allotment says how much each subscriber gets. Issuer and custodian sign its
// root; the parts come afterwards, each with its proof, by whoever carries them.

// Allotted is what one subscriber gets.
type Allotted struct {
	Subscriber string
	Quantity   int64
}

// Step is one neighbour on the way up to a root, and the side it stands on.
type Step struct {
	Hash string
	Side string
}

// hashOf is SHA-256 over texts, each after its length in four bytes.
func hashOf(texts ...string) string {
	var all []byte
	for _, text := range texts {
		all = binary.BigEndian.AppendUint32(all, uint32(len(text)))
		all = append(all, text...)
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

// AllotmentLeaf is the hash of one part of an allotment.
func AllotmentLeaf(offering string, part int64, allotments []Allotted) string {
	texts := []string{"lonja/allotment/leaf/1", offering, strconv.FormatInt(part, 10)}
	for _, a := range allotments {
		texts = append(texts, a.Subscriber, strconv.FormatInt(a.Quantity, 10))
	}
	return hashOf(texts...)
}

// AllotmentRoot is where a leaf and its neighbours lead.
func AllotmentRoot(leaf string, proof []Step) string {
	for _, step := range proof {
		if step.Side == "left" {
			leaf = allotmentNode(step.Hash, leaf)
		} else {
			leaf = allotmentNode(leaf, step.Hash)
		}
	}
	return leaf
}

func allotmentNode(left, right string) string {
	return hashOf("lonja/allotment/node/1", left, right)
}

// AllotmentProofs makes the tree over the leaves of all parts, and answers its root and each part's proof. A level
// with an odd node carries it up unchanged.
func AllotmentProofs(leaves []string) (root string, proofs [][]Step) {
	proofs = make([][]Step, len(leaves))
	level := leaves
	for width := 1; len(level) > 1; width *= 2 {
		for n := range proofs {
			at := n / width
			if neighbour := at ^ 1; neighbour < len(level) {
				proofs[n] = append(proofs[n], Step{level[neighbour], [2]string{"right", "left"}[at&1]})
			}
		}
		level = above(level)
	}
	return level[0], proofs
}

func above(level []string) []string {
	next := make([]string, 0, len(level)/2+1)
	for at := 0; at+1 < len(level); at += 2 {
		next = append(next, allotmentNode(level[at], level[at+1]))
	}
	return append(next, level[len(level)-len(level)%2:]...)
}

type allotArgs struct {
	offering, root         string
	price, allotted, parts int64
}

func parseAllot(f *fields) allotArgs {
	return allotArgs{
		offering: f.pair("offering"),
		price:    f.integer("price_minor", 1),
		allotted: f.integer("allotted", 1),
		parts:    f.integer("parts", 1),
		root:     f.hash("root"),
	}
}

func allotKeys(_ string, a allotArgs) []string { return []string{offeringKey(a.offering)} }

// issuerAndKeeper: who offers, and who keeps the account that is paid.
func issuerAndKeeper(tx *Tx, a allotArgs) ([2]side, error) {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return [2]side{}, err
	}
	if err := tx.want(instrumentKey(o.Instrument), accountKey(o.CashAccount)); err != nil {
		return [2]side{}, err
	}
	account, err := findAccount(tx, o.CashAccount, "cash_account")
	return [2]side{
		partySide(o.Issuer, "the issuer of "+o.Instrument),
		partySide(account.Custodian, "the custodian of "+o.CashAccount),
	}, err
}

// allot fixes price, sum and root of an allotment once the offering is closed. From here its parts settle.
func allot(tx *Tx, _ Call, a allotArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	if err := o.is("allot"); err != nil {
		return err
	}
	if !past(tx, o.ClosesAt) || past(tx, o.AllotBy) {
		return refuse(WrongStatus, "window", "The offering %s is allotted from %s until %s.", a.offering, o.ClosesAt, o.AllotBy)
	}
	i, err := findInstrument(tx, o.Instrument, "instrument")
	if err != nil {
		return err
	}
	if err := a.fits(o, i); err != nil {
		return err
	}
	o.PriceMinor, o.Allotted, o.Parts, o.Root = a.price, a.allotted, a.parts, a.root
	o.Status, _ = nextOfferingStatus(o.Status, "allot")
	tx.emit(OfferingAllotted{Offering: a.offering, PriceMinor: a.price, Allotted: a.allotted, Parts: a.parts, Root: a.root})
	return tx.put(offeringKey(a.offering), o)
}

// fits checks what can be known of an allotment before its parts come.
func (a allotArgs) fits(o Offering, i Instrument) error {
	most := min(o.Maximum, o.Subscribed)
	switch {
	case o.Subscribed < o.Minimum:
		return refuse(Insufficient, "minimum", "%d are subscribed, the minimum is %d.", o.Subscribed, o.Minimum)
	case a.price < o.PriceMinMinor || a.price > o.PriceMaxMinor:
		return refuse(Invalid, "price_minor", "The price %d is not between %d and %d.", a.price, o.PriceMinMinor, o.PriceMaxMinor)
	case a.price%i.TickMinor != 0:
		return refuse(Invalid, "price_minor", "The price %d is no multiple of the tick %d.", a.price, i.TickMinor)
	case a.allotted < o.Minimum || a.allotted > most:
		return refuse(Invalid, "allotted", "%d is not between the minimum %d and %d, the most that can be allotted.", a.allotted, o.Minimum, most)
	case a.allotted%i.Lot != 0:
		return refuse(Invalid, "allotted", "%d is no multiple of the lot %d.", a.allotted, i.Lot)
	case a.parts > min(o.Subscriptions, mostParts):
		return refuse(Invalid, "parts", "%d subscriptions do not make %d parts.", o.Subscriptions, a.parts)
	}
	return nil
}
