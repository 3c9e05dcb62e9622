package ledger

// Account is an owner's safekeeping account at a custodian.
type Account struct {
	Account   string `json:"account"`
	Custodian string `json:"custodian"`
	Holdings  int64  `json:"holdings,string"` // how many of its holdings are not zero
	Kind      string `json:"kind"`            // own, omnibus, individual, direct
	Owner     string `json:"owner"`
	Status    string `json:"status"` // open, closed
	Version   string `json:"version"`
}

func (a Account) closed() bool { return a.Status != "open" }

// findAccount reads the account that the named field refers to.
func findAccount(tx *Tx, account, field string) (Account, error) {
	a, found, err := load[Account](tx, accountKey(account))
	if err == nil && !found {
		err = refuse(NotFound, field, "There is no account %s.", account)
	}
	return a, err
}

// openAccountAt refuses a closed one too.
func openAccountAt(tx *Tx, account, field string) (Account, error) {
	a, err := findAccount(tx, account, field)
	if err == nil && a.closed() {
		err = refuse(WrongStatus, field, "The account %s is closed.", account)
	}
	return a, err
}

// creditable is an account that may be given something: open, its owner active.
func creditable(tx *Tx, account, field string) (Account, error) {
	a, err := openAccountAt(tx, account, field)
	if err != nil {
		return a, err
	}
	_, err = activeParty(tx, a.Owner, "owner")
	return a, err
}

// ownedBy reads an account and refuses unless the signer owns it.
func ownedBy(tx *Tx, c Call, account, field string) (Account, error) {
	a, err := findAccount(tx, account, field)
	if err == nil && a.Owner != c.Party {
		err = refuse(Forbidden, "owner", "%s does not own the account %s.", c.Party, account)
	}
	return a, err
}

type openArgs struct{ owner, kind string }

func parseOpen(f *fields) openArgs {
	return openArgs{owner: f.code("owner"), kind: f.oneOf("kind", "own", "omnibus", "individual", "direct")}
}

func openKeys(_ string, a openArgs) []string { return []string{partyKey(a.owner)} }

// openAccount opens an account at the custodian who signs; its id is the command's.
func openAccount(tx *Tx, c Call, a openArgs) error {
	if _, err := activeParty(tx, a.owner, "owner"); err != nil {
		return err
	}
	account := Account{Account: c.made(), Custodian: c.Party, Kind: a.kind, Owner: a.owner, Status: "open", Version: "1"}
	tx.emit(AccountOpened{Account: account.Account, Owner: a.owner, Custodian: c.Party, Kind: a.kind})
	return tx.put(accountKey(account.Account), account)
}

type closeArgs struct{ account string }

func parseClose(f *fields) closeArgs { return closeArgs{account: f.pair("account")} }

func closeKeys(_ string, a closeArgs) []string { return []string{accountKey(a.account)} }

func mayClose(tx *Tx, c Call, a closeArgs) error {
	if err := c.needs("custodian"); err != nil {
		return err
	}
	account, err := findAccount(tx, a.account, "account")
	if err == nil && account.Custodian != c.Party {
		err = refuse(Forbidden, "owner", "The account %s is not kept by %s.", a.account, c.Party)
	}
	return err
}

// closeAccount closes an account that holds nothing. An order that would have
// delivered to it cannot execute any more; its owner may still cancel it.
func closeAccount(tx *Tx, _ Call, a closeArgs) error {
	account, err := openAccountAt(tx, a.account, "account")
	if err != nil {
		return err
	}
	if account.Holdings != 0 {
		return refuse(WrongStatus, "holdings", "The account %s still has %d holdings.", a.account, account.Holdings)
	}
	account.Status = "closed"
	tx.emit(AccountClosed{Account: a.account})
	return tx.put(accountKey(a.account), account)
}

type moveArgs struct{ account, custodian string }

func parseMove(f *fields) moveArgs {
	return moveArgs{account: f.pair("account"), custodian: f.code("custodian")}
}

func moveKeys(_ string, a moveArgs) []string {
	return []string{accountKey(a.account), partyKey(a.custodian)}
}

// ownerAndNextCustodian: whose account it is, and who will keep it. Whoever keeps it now is not asked:
// an owner can leave a custodian who is away or does not answer.
func ownerAndNextCustodian(tx *Tx, a moveArgs) ([2]side, error) {
	account, err := findAccount(tx, a.account, "account")
	if err != nil {
		return [2]side{}, err
	}
	next, err := activeParty(tx, a.custodian, "custodian")
	if err == nil && !next.has("custodian") {
		err = refuse(Invalid, "custodian", "The party %s is no custodian.", a.custodian)
	}
	return [2]side{
		partySide(account.Owner, "the owner of "+a.account),
		partySide(a.custodian, "the next custodian "+a.custodian),
	}, err
}

// moveAccount has another custodian keep an account. Its number, what it holds, what is
// reserved and every order stay as they are.
func moveAccount(tx *Tx, _ Call, a moveArgs) error {
	account, err := openAccountAt(tx, a.account, "account")
	if err != nil {
		return err
	}
	if account.Custodian == a.custodian {
		return refuse(WrongStatus, "custodian", "The account %s is kept by %s already.", a.account, a.custodian)
	}
	tx.emit(AccountMoved{Account: a.account, Owner: account.Owner, From: account.Custodian, Custodian: a.custodian})
	account.Custodian = a.custodian
	return tx.put(accountKey(a.account), account)
}
