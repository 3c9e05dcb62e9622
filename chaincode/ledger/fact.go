package ledger

// The facts, in the order in which a market meets them. Their fields are frozen:
// all strings, except where a list or an object is said.

// KeyShown is a party's key as facts show it.
type KeyShown struct {
	N      string   `json:"n"`
	Public string   `json:"public"`
	Scope  []string `json:"scope"`
	Held   string   `json:"held"`
}

// Organisation is one of the organisations that run the ledger.
type Organisation struct {
	ID    string `json:"id"`
	MSPID string `json:"msp_id"`
}

// Leg is one movement of a settlement.
type Leg struct {
	Instrument  string `json:"instrument"`
	FromAccount string `json:"from_account"`
	ToAccount   string `json:"to_account"`
	Quantity    int64  `json:"quantity,string"`
}

type (
	GenesisAccepted struct {
		Ledger        string         `json:"ledger"`
		Name          string         `json:"name"`
		Organisations []Organisation `json:"organisations"`
	}
	PartyAdmitted struct {
		Party        string   `json:"party"`
		Organisation string   `json:"organisation"`
		Roles        []string `json:"roles"`
		Key          KeyShown `json:"key"`
	}
	PartySuspended struct {
		Party  string `json:"party"`
		Reason string `json:"reason"`
	}
	PartyReinstated struct {
		Party  string `json:"party"`
		Reason string `json:"reason"`
	}
	PartyQualified struct {
		Party        string `json:"party"`
		Jurisdiction string `json:"jurisdiction"`
		InvestorType string `json:"investor_type"`
		LimitMinor   int64  `json:"limit_minor,string"`
		Commitment   string `json:"commitment"`
		GoodTill     string `json:"good_till"`
	}
	KeyAdded struct {
		Party string   `json:"party"`
		Key   KeyShown `json:"key"`
	}
	KeyRotated struct {
		Party string   `json:"party"`
		N     string   `json:"n"`
		Key   KeyShown `json:"key"`
	}
	KeyRevoked struct {
		Party  string `json:"party"`
		N      string `json:"n"`
		Status string `json:"status"`
	}
	AccountOpened struct {
		Account   string `json:"account"`
		Owner     string `json:"owner"`
		Custodian string `json:"custodian"`
		Kind      string `json:"kind"`
	}
	AccountClosed struct {
		Account string `json:"account"`
	}
	AccountMoved struct {
		Account   string `json:"account"`
		Owner     string `json:"owner"`
		From      string `json:"from"`
		Custodian string `json:"custodian"`
	}
	InstrumentRegistered struct {
		Instrument  string `json:"instrument"`
		Kind        string `json:"kind"`
		Issuer      string `json:"issuer"`
		Currency    string `json:"currency"`
		ISIN        string `json:"isin"`
		Authorised  string `json:"authorised"`
		Lot         int64  `json:"lot,string"`
		TickMinor   int64  `json:"tick_minor,string"`
		FeeBps      int64  `json:"fee_bps,string"`
		FeeAccount  string `json:"fee_account"`
		MinorDigits string `json:"minor_digits"`
	}
	InstrumentIssued struct {
		Instrument string `json:"instrument"`
		Account    string `json:"account"`
		Quantity   int64  `json:"quantity,string"`
		Issued     int64  `json:"issued,string"`
		Resolution string `json:"resolution"`
	}
	InstrumentSuspended struct {
		Instrument string `json:"instrument"`
		Reason     string `json:"reason"`
	}
	InstrumentReinstated struct {
		Instrument string `json:"instrument"`
		Reason     string `json:"reason"`
	}
	ActProposed struct {
		Act          string         `json:"act"`
		Proposer     string         `json:"proposer"`
		Organisation string         `json:"organisation"`
		Function     string         `json:"function"`
		Args         map[string]any `json:"args"`
		Hash         string         `json:"hash"`
		GoodTill     string         `json:"good_till"`
	}
	ActApproved struct {
		Act      string `json:"act"`
		Approver string `json:"approver"`
	}
	HoldingMoved struct {
		Instrument string `json:"instrument"`
		Account    string `json:"account"`
		Quantity   int64  `json:"quantity,string"`
		Reserved   int64  `json:"reserved,string"`
	}
	HoldingTransferred struct {
		Instrument  string `json:"instrument"`
		FromAccount string `json:"from_account"`
		ToAccount   string `json:"to_account"`
		Quantity    int64  `json:"quantity,string"`
		Reason      string `json:"reason"`
	}
	CashAttested struct {
		Attestation  string `json:"attestation"`
		Instrument   string `json:"instrument"`
		Bank         string `json:"bank"`
		BalanceMinor int64  `json:"balance_minor,string"`
		AsOf         string `json:"as_of"`
		Reference    string `json:"reference"`
		Issued       int64  `json:"issued,string"`
	}
	CashDeposited struct {
		Instrument  string `json:"instrument"`
		Account     string `json:"account"`
		Bank        string `json:"bank"`
		AmountMinor int64  `json:"amount_minor,string"`
		Reference   string `json:"reference"`
		Issued      int64  `json:"issued,string"`
	}
	CashWithdrawn struct {
		Withdrawal      string `json:"withdrawal"`
		Owner           string `json:"owner"`
		Bank            string `json:"bank"`
		Instrument      string `json:"instrument"`
		Account         string `json:"account"`
		AmountMinor     int64  `json:"amount_minor,string"`
		DestinationHash string `json:"destination_hash"`
	}
	CashPaid struct {
		Withdrawal  string `json:"withdrawal"`
		AmountMinor int64  `json:"amount_minor,string"`
		Reference   string `json:"reference"`
		Issued      int64  `json:"issued,string"`
	}
	CashRefused struct {
		Withdrawal string `json:"withdrawal"`
		Reason     string `json:"reason"`
	}
	OrderPlaced struct {
		Order       string `json:"order"`
		Owner       string `json:"owner"`
		Kid         string `json:"kid"`
		Held        string `json:"held"`
		Venue       string `json:"venue"`
		Book        string `json:"book"`
		Broker      string `json:"broker"`
		Account     string `json:"account"`
		CashAccount string `json:"cash_account"`
		Instrument  string `json:"instrument"`
		Side        string `json:"side"`
		Quantity    int64  `json:"quantity,string"`
		LimitMinor  int64  `json:"limit_minor,string"`
		GoodTill    string `json:"good_till"`
		MaxFeeMinor int64  `json:"max_fee_minor,string"`
		Sequence    int64  `json:"sequence,string"`
		Reserved    int64  `json:"reserved,string"`
	}
	OrderCancelled struct {
		Order    string `json:"order"`
		Released int64  `json:"released,string"`
	}
	OrderExpired struct {
		Order    string `json:"order"`
		Released int64  `json:"released,string"`
	}
	OrderCancelRequested struct {
		Order string `json:"order"`
		By    string `json:"by"`
	}
	OrderReplaceRequested struct {
		Order       string `json:"order"`
		By          string `json:"by"`
		Kid         string `json:"kid"`
		Held        string `json:"held"`
		Quantity    int64  `json:"quantity,string"`
		LimitMinor  int64  `json:"limit_minor,string"`
		MaxFeeMinor int64  `json:"max_fee_minor,string"`
		Reserved    int64  `json:"reserved,string"`
	}
	OrderReplaced struct {
		Order       string `json:"order"`
		Kid         string `json:"kid"`
		Held        string `json:"held"`
		Quantity    int64  `json:"quantity,string"`
		LimitMinor  int64  `json:"limit_minor,string"`
		MaxFeeMinor int64  `json:"max_fee_minor,string"`
		Sequence    int64  `json:"sequence,string"`
		Reserved    int64  `json:"reserved,string"`
		Status      string `json:"status"`
	}
	OrderReplaceRefused struct {
		Order    string `json:"order"`
		Reason   string `json:"reason"`
		Reserved int64  `json:"reserved,string"`
		Status   string `json:"status"`
	}
	OrderRejected struct {
		Order    string `json:"order"`
		Released int64  `json:"released,string"`
		Reason   string `json:"reason"`
	}
	TradeReported struct {
		Trade          string `json:"trade"`
		Venue          string `json:"venue"`
		Reference      string `json:"reference"`
		Instrument     string `json:"instrument"`
		Buy            string `json:"buy"`
		Sell           string `json:"sell"`
		Buyer          string `json:"buyer"`
		Seller         string `json:"seller"`
		BuyerAccount   string `json:"buyer_account"`
		SellerAccount  string `json:"seller_account"`
		Quantity       int64  `json:"quantity,string"`
		PriceMinor     int64  `json:"price_minor,string"`
		AmountMinor    int64  `json:"amount_minor,string"`
		BuyerFeeMinor  int64  `json:"buyer_fee_minor,string"`
		SellerFeeMinor int64  `json:"seller_fee_minor,string"`
		BuyStatus      string `json:"buy_status"`
		BuyFilled      int64  `json:"buy_filled,string"`
		BuyReserved    int64  `json:"buy_reserved,string"`
		SellStatus     string `json:"sell_status"`
		SellFilled     int64  `json:"sell_filled,string"`
		SellReserved   int64  `json:"sell_reserved,string"`
		ReleasedMinor  int64  `json:"released_minor,string"`
	}
	ClaimOpened struct {
		Claim      string `json:"claim"`
		Venue      string `json:"venue"`
		Reference  string `json:"reference"`
		Trade      string `json:"trade"`
		Kind       string `json:"kind"`
		Quantity   int64  `json:"quantity,string"`
		PriceMinor int64  `json:"price_minor,string"`
		Notice     string `json:"notice"`
		Buyer      string `json:"buyer"`
		Seller     string `json:"seller"`
	}
	ClaimAccepted struct {
		Claim string `json:"claim"`
		Party string `json:"party"`
	}
	ClaimRefused struct {
		Claim  string `json:"claim"`
		Party  string `json:"party"`
		Reason string `json:"reason"`
	}
	ClaimEnforced struct {
		Claim  string `json:"claim"`
		Reason string `json:"reason"`
	}
	ClaimSettled struct {
		Claim      string `json:"claim"`
		Trade      string `json:"trade"`
		Venue      string `json:"venue"`
		Reference  string `json:"reference"`
		Kind       string `json:"kind"`
		Quantity   int64  `json:"quantity,string"`
		PriceMinor int64  `json:"price_minor,string"`
	}
	MandateGranted struct {
		Owner       string `json:"owner"`
		Agent       string `json:"agent"`
		Kid         string `json:"kid"`
		Affirmation string `json:"affirmation"`
		OrderMinor  int64  `json:"order_minor,string"`
		TotalMinor  int64  `json:"total_minor,string"`
		GoodTill    string `json:"good_till"`
	}
	MandateRevoked struct {
		Owner string `json:"owner"`
		Agent string `json:"agent"`
	}
	DisclosurePublished struct {
		Disclosure string `json:"disclosure"`
		Custodian  string `json:"custodian"`
		Account    string `json:"account"`
		Instrument string `json:"instrument"`
		AsOf       string `json:"as_of"`
		Root       string `json:"root"`
		Total      int64  `json:"total,string"`
		Clients    int64  `json:"clients,string"`
	}
	TradeExecuted struct {
		Trade          string `json:"trade"`
		Number         int64  `json:"number,string"`
		After          int64  `json:"after,string"`
		Instrument     string `json:"instrument"`
		Buy            string `json:"buy"`
		Sell           string `json:"sell"`
		Buyer          string `json:"buyer"`
		Seller         string `json:"seller"`
		BuyerAccount   string `json:"buyer_account"`
		SellerAccount  string `json:"seller_account"`
		Quantity       int64  `json:"quantity,string"`
		PriceMinor     int64  `json:"price_minor,string"`
		AmountMinor    int64  `json:"amount_minor,string"`
		BuyerFeeMinor  int64  `json:"buyer_fee_minor,string"`
		SellerFeeMinor int64  `json:"seller_fee_minor,string"`
		BuyStatus      string `json:"buy_status"`
		BuyFilled      int64  `json:"buy_filled,string"`
		BuyReserved    int64  `json:"buy_reserved,string"`
		SellStatus     string `json:"sell_status"`
		SellFilled     int64  `json:"sell_filled,string"`
		SellReserved   int64  `json:"sell_reserved,string"`
		ReleasedMinor  int64  `json:"released_minor,string"`
	}
	SettlementSettled struct {
		Settlement string `json:"settlement"`
		Trade      string `json:"trade"`
		Legs       []Leg  `json:"legs"`
	}
)

func (GenesisAccepted) fact()       {}
func (PartyAdmitted) fact()         {}
func (PartySuspended) fact()        {}
func (PartyReinstated) fact()       {}
func (PartyQualified) fact()        {}
func (KeyAdded) fact()              {}
func (KeyRotated) fact()            {}
func (KeyRevoked) fact()            {}
func (AccountOpened) fact()         {}
func (AccountClosed) fact()         {}
func (AccountMoved) fact()          {}
func (InstrumentRegistered) fact()  {}
func (InstrumentIssued) fact()      {}
func (InstrumentSuspended) fact()   {}
func (InstrumentReinstated) fact()  {}
func (ActProposed) fact()           {}
func (ActApproved) fact()           {}
func (HoldingMoved) fact()          {}
func (HoldingTransferred) fact()    {}
func (CashAttested) fact()          {}
func (CashDeposited) fact()         {}
func (CashWithdrawn) fact()         {}
func (CashPaid) fact()              {}
func (CashRefused) fact()           {}
func (OrderPlaced) fact()           {}
func (OrderCancelled) fact()        {}
func (OrderExpired) fact()          {}
func (TradeExecuted) fact()         {}
func (SettlementSettled) fact()     {}
func (OrderCancelRequested) fact()  {}
func (OrderReplaceRequested) fact() {}
func (OrderReplaced) fact()         {}
func (OrderReplaceRefused) fact()   {}
func (OrderRejected) fact()         {}
func (TradeReported) fact()         {}
func (ClaimOpened) fact()           {}
func (ClaimAccepted) fact()         {}
func (ClaimRefused) fact()          {}
func (ClaimEnforced) fact()         {}
func (ClaimSettled) fact()          {}
func (MandateGranted) fact()        {}
func (MandateRevoked) fact()        {}
func (DisclosurePublished) fact()   {}
