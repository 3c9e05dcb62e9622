package ledger

import (
	"strings"
	"time"
)

// Mandate is what an owner lets an agent do: enter orders for him, or sign
// them too. There is one for each owner and agent; a new one replaces it.
type Mandate struct {
	Affirmation string `json:"affirmation"` // each: the owner signs every order; none: the agent's signature is enough
	Agent       string `json:"agent"`
	GoodTill    string `json:"good_till"`
	OrderMinor  int64  `json:"order_minor,string"` // quantity × limit and the highest fee of one order, at most
	Owner       string `json:"owner"`
	Status      string `json:"status"`             // active, revoked
	TotalMinor  int64  `json:"total_minor,string"` // of all orders that the agent signs, together
	UsedMinor   int64  `json:"used_minor,string"`
	Version     string `json:"version"`
}

type grantArgs struct {
	agent, affirmation     string
	orderMinor, totalMinor int64
	goodTill               time.Time
}

func parseGrant(f *fields) grantArgs {
	a := grantArgs{
		agent:       f.code("agent"),
		affirmation: f.oneOf("affirmation", "each", "none"),
		orderMinor:  f.integer("order_minor", 1),
		totalMinor:  f.integer("total_minor", 1),
		goodTill:    f.instant("good_till"),
	}
	if f.refusal == nil && a.totalMinor < a.orderMinor {
		f.within(refuse(Invalid, "total_minor", "total_minor %d is less than order_minor %d.", a.totalMinor, a.orderMinor))
	}
	return a
}

func grantKeys(party string, a grantArgs) []string {
	return []string{partyKey(a.agent), mandateKey(party, a.agent)}
}

// grant gives a mandate, in the place of an earlier one to the same agent; nothing of it is used yet.
func grant(tx *Tx, c Call, a grantArgs) error {
	if a.agent == c.Party {
		return refuse(Invalid, "agent", "%s needs no mandate of its own.", c.Party)
	}
	if _, err := activeParty(tx, a.agent, "agent"); err != nil {
		return err
	}
	if err := goodTill(tx, a.goodTill); err != nil {
		return err
	}
	m := Mandate{Affirmation: a.affirmation, Agent: a.agent, GoodTill: a.goodTill.Format(instantForm), OrderMinor: a.orderMinor,
		Owner: c.Party, Status: "active", TotalMinor: a.totalMinor, Version: "1"}
	tx.emit(MandateGranted{Owner: m.Owner, Agent: m.Agent, Kid: c.Kid, Affirmation: m.Affirmation,
		OrderMinor: m.OrderMinor, TotalMinor: m.TotalMinor, GoodTill: m.GoodTill})
	return tx.put(mandateKey(m.Owner, m.Agent), m)
}

type revokeMandateArgs struct{ agent string }

func parseRevokeMandate(f *fields) revokeMandateArgs {
	return revokeMandateArgs{agent: f.code("agent")}
}

func revokeMandateKeys(party string, a revokeMandateArgs) []string {
	return []string{mandateKey(party, a.agent)}
}

// revokeMandate ends a mandate. Orders that the agent has signed stay: they were the owner's will.
func revokeMandate(tx *Tx, c Call, a revokeMandateArgs) error {
	m, found, err := load[Mandate](tx, mandateKey(c.Party, a.agent))
	if err != nil {
		return err
	}
	if !found {
		return refuse(NotFound, "mandate", "%s has given %s no mandate.", c.Party, a.agent)
	}
	if m.Status != "active" {
		return refuse(WrongStatus, "mandate", "The mandate of %s to %s is %s already.", c.Party, a.agent, m.Status)
	}
	m.Status = "revoked"
	tx.emit(MandateRevoked{Owner: c.Party, Agent: a.agent})
	return tx.put(mandateKey(c.Party, a.agent), m)
}

// maySign refuses a signer who is neither the owner of the account nor an agent that may sign for him.
func maySign(tx *Tx, c Call, account Account) error {
	if account.Owner == c.Party {
		return c.needs("investor", "issuer")
	}
	m, found, err := load[Mandate](tx, mandateKey(account.Owner, c.Party))
	if err != nil {
		return err
	}
	if !found {
		return refuse(Forbidden, "owner", "%s does not own the account %s.", c.Party, account.Account)
	}
	if m.Status != "active" || past(tx, m.GoodTill) {
		return refuse(WrongStatus, "mandate", "The mandate of %s to %s is %s, good till %s.", m.Owner, m.Agent, m.Status, m.GoodTill)
	}
	if m.Affirmation != "none" {
		return refuse(Forbidden, "affirmation", "%s signs each order that %s enters.", m.Owner, m.Agent)
	}
	owner, err := activeParty(tx, m.Owner, "owner")
	if err == nil && !owner.has("investor") && !owner.has("issuer") {
		err = refuse(Forbidden, "role", "%s has not the role that %s needs: investor, issuer.", m.Owner, c.Function)
	}
	return err
}

// use takes what an order may cost, its highest fee included, out of the mandate under which it is signed; more is what
// it adds to what was taken for it before. Without the fee, an agent could reserve an owner's cash without bound.
func use(tx *Tx, c Call, owner string, cost, more int64) error {
	if owner == c.Party {
		return nil
	}
	key := mandateKey(owner, c.Party)
	m, _, err := load[Mandate](tx, key)
	if err != nil {
		return err
	}
	if cost > m.OrderMinor {
		return refuse(Insufficient, "order_minor", "An order that may cost %d is more than the %d that %s allows %s.", cost, m.OrderMinor, owner, c.Party)
	}
	if more > m.TotalMinor-m.UsedMinor {
		return refuse(Insufficient, "total_minor", "%d of the %d that %s allows %s are left, %d needed.", m.TotalMinor-m.UsedMinor, m.TotalMinor, owner, c.Party, more)
	}
	m.UsedMinor += more
	return tx.put(key, m)
}

// partyOfKid is the party in a checked key id.
func partyOfKid(kid string) string { return kid[:strings.LastIndexByte(kid, '.')] }
