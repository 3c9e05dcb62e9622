package ledger

// Invitation lets one party subscribe to a private offering. Its hash is all the
// ledger knows until the invited one subscribes: whom it is for stays between issuer and invited.
type Invitation struct {
	Hash     string `json:"hash"`
	Offering string `json:"offering"`
	Version  string `json:"version"`
}

// InvitationHash binds an invitation to its offering, its party and a salt that makes it unguessable.
func InvitationHash(offering, party, salt string) string {
	return hashOf("lonja/invitation/1", offering, party, salt)
}

type inviteArgs struct {
	offering    string
	invitations []string
}

func parseInvite(f *fields) inviteArgs {
	return inviteArgs{offering: f.pair("offering"), invitations: f.list("invitations", 100, isHash, "a list of 1 to 100 different hashes")}
}

func inviteKeys(_ string, a inviteArgs) []string { return []string{offeringKey(a.offering)} }

func mayInvite(tx *Tx, c Call, a inviteArgs) error { return ofIssuer(tx, c, a.offering) }

// invite adds invitations to a private offering until it closes. One that is there already stays as it is.
func invite(tx *Tx, _ Call, a inviteArgs) error {
	o, err := findOffering(tx, a.offering)
	if err != nil {
		return err
	}
	if err := o.is("subscribe"); err != nil {
		return err
	}
	if o.Kind != "private" {
		return refuse(Invalid, "offering", "The offering %s is public: nobody needs an invitation.", a.offering)
	}
	if past(tx, o.ClosesAt) {
		return refuse(WrongStatus, "window", "The offering %s closed at %s.", a.offering, o.ClosesAt)
	}
	for _, hash := range a.invitations {
		if err := tx.put(invitationKey(a.offering, hash), Invitation{Hash: hash, Offering: a.offering, Version: "1"}); err != nil {
			return err
		}
	}
	tx.emit(OfferingInvited{Offering: a.offering, Invitations: int64(len(a.invitations))})
	return nil
}

// invited refuses who may not subscribe to an offering: to a private one without its invitation, to a public one with any.
func (o Offering) invited(tx *Tx, party, salt string) error {
	if o.Kind == "public" {
		if salt != "" {
			return refuse(Invalid, "invitation", "The offering %s is public: it takes no invitation.", o.Offering)
		}
		return nil
	}
	_, found, err := load[Invitation](tx, invitationKey(o.Offering, InvitationHash(o.Offering, party, salt)))
	if err == nil && !found {
		err = refuse(Forbidden, "invitation", "%s has no invitation to the offering %s.", party, o.Offering)
	}
	return err
}
