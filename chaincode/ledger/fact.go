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

func (GenesisAccepted) fact()      {}
func (PartyAdmitted) fact()        {}
func (PartySuspended) fact()       {}
func (PartyReinstated) fact()      {}
func (KeyAdded) fact()             {}
func (KeyRotated) fact()           {}
func (KeyRevoked) fact()           {}
func (AccountOpened) fact()        {}
func (AccountClosed) fact()        {}
func (InstrumentRegistered) fact() {}
func (InstrumentIssued) fact()     {}
func (InstrumentSuspended) fact()  {}
func (InstrumentReinstated) fact() {}
func (ActProposed) fact()          {}
func (ActApproved) fact()          {}
func (HoldingMoved) fact()         {}
func (HoldingTransferred) fact()   {}
func (CashDeposited) fact()        {}
func (CashWithdrawn) fact()        {}
func (CashPaid) fact()             {}
func (CashRefused) fact()          {}
func (OrderPlaced) fact()          {}
func (OrderCancelled) fact()       {}
func (OrderExpired) fact()         {}
func (TradeExecuted) fact()        {}
func (SettlementSettled) fact()    {}
