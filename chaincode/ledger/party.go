package ledger

import (
	"slices"
	"strings"
)

// Party is a person on the ledger, with its roles and keys.
type Party struct {
	Keys          []Key          `json:"keys"`
	Organisation  string         `json:"organisation"` // that it belongs to, or ""
	Party         string         `json:"party"`
	Qualification *Qualification `json:"qualification"` // null until the operator has verified the party; never changed in place
	Roles         []string       `json:"roles"`
	Status        string         `json:"status"` // active, suspended
	Version       string         `json:"version"`
}

func (p Party) has(role string) bool { return slices.Contains(p.Roles, role) }

func (p Party) suspended() bool { return p.Status != "active" }

func isRole(s string) bool {
	switch s {
	case "issuer", "investor", "broker", "custodian", "venue", "exchange", "bank", "operator", "regulator":
		return true
	}
	return false
}

func joined(words []string) string { return strings.Join(words, ", ") }

// findParty reads the party that the named field refers to.
func findParty(tx *Tx, party, field string) (Party, error) {
	p, found, err := load[Party](tx, partyKey(party))
	if err == nil && !found {
		err = refuse(NotFound, field, "There is no party %s.", party)
	}
	return p, err
}

// activeParty refuses a suspended one too.
func activeParty(tx *Tx, party, field string) (Party, error) {
	p, err := findParty(tx, party, field)
	if err == nil && p.suspended() {
		err = refuse(WrongStatus, field, "The party %s is suspended.", party)
	}
	return p, err
}

type admitArgs struct {
	party, organisation string
	roles               []string
	key                 newKey
}

func parseAdmit(f *fields) admitArgs {
	a := admitArgs{
		party:        f.code("party"),
		organisation: f.optional("organisation", isOrganisation, "an organisation's id"),
		roles:        readRoles(f),
		key:          readKey(f, true),
	}
	if f.refusal == nil && a.key.N != "1" {
		f.within(refuse(Invalid, "n", "The first key of a party is number 1, not %s.", a.key.N))
	}
	return a
}

func readRoles(f *fields) []string {
	return f.list("roles", 9, isRole, "a list of different roles")
}

func admitKeys(_ string, a admitArgs) []string { return []string{partyKey(a.party)} }

// admit makes a party known, with its first key. Two organisations sign it.
func admit(tx *Tx, _ Call, a admitArgs) error {
	if _, found, err := load[Party](tx, partyKey(a.party)); err != nil {
		return err
	} else if found {
		return refuse(Duplicate, "party", "There is a party %s already.", a.party)
	}
	if a.organisation != "" {
		if err := knownOrganisation(tx, a.organisation); err != nil {
			return err
		}
	}
	if err := a.key.proven(tx, a.party); err != nil {
		return err
	}
	p := Party{Keys: []Key{a.key.Key}, Organisation: a.organisation, Party: a.party, Roles: a.roles, Status: "active", Version: "1"}
	tx.emit(PartyAdmitted{Party: p.Party, Organisation: p.Organisation, Roles: p.Roles, Key: a.key.shown()})
	return tx.put(partyKey(a.party), p)
}

type suspendArgs struct {
	name      string // of the party or instrument
	suspended bool
	reason    string
}

func parseSuspendParty(f *fields) suspendArgs { return readSuspend(f, "party") }

func readSuspend(f *fields, noun string) suspendArgs {
	return suspendArgs{
		name:      f.code(noun),
		suspended: f.oneOf("suspended", "yes", "no") == "yes",
		reason:    f.remark("reason"),
	}
}

// status is the one to reach; a second time is refused.
func (a suspendArgs) status() string {
	if a.suspended {
		return "suspended"
	}
	return "active"
}

func suspendPartyKeys(_ string, a suspendArgs) []string { return []string{partyKey(a.name)} }

func operatorOnOther(_ *Tx, c Call, a suspendArgs) error {
	if err := c.needs("operator"); err != nil {
		return err
	}
	if a.name == c.Party {
		return refuse(Forbidden, "self", "%s cannot suspend or reinstate itself.", c.Party)
	}
	return nil
}

// suspendParty stops a party, or lets it act again. A suspended party signs
// nothing, none of its orders executes, and nothing new is credited to it.
func suspendParty(tx *Tx, _ Call, a suspendArgs) error {
	p, err := findParty(tx, a.name, "party")
	if err != nil {
		return err
	}
	if p.Status == a.status() {
		return refuse(WrongStatus, "party", "The party %s is %s already.", a.name, p.Status)
	}
	p.Status = a.status()
	if a.suspended {
		tx.emit(PartySuspended{Party: a.name, Reason: a.reason})
	} else {
		tx.emit(PartyReinstated{Party: a.name, Reason: a.reason})
	}
	return tx.put(partyKey(a.name), p)
}
