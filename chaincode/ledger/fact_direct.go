package ledger

// The facts of the direct market: what issuers offer, and what two parties agree between themselves.

type (
	OfferingOpened struct {
		Offering      string `json:"offering"`
		Issuer        string `json:"issuer"`
		Instrument    string `json:"instrument"`
		Currency      string `json:"currency"`
		CashAccount   string `json:"cash_account"`
		Kind          string `json:"kind"`
		PriceMinMinor int64  `json:"price_min_minor,string"`
		PriceMaxMinor int64  `json:"price_max_minor,string"`
		Minimum       int64  `json:"minimum,string"`
		Maximum       int64  `json:"maximum,string"`
		TicketMinimum int64  `json:"ticket_minimum,string"`
		TicketMaximum int64  `json:"ticket_maximum,string"`
		OpensAt       string `json:"opens_at"`
		ClosesAt      string `json:"closes_at"`
		AllotBy       string `json:"allot_by"`
		Tiers         []Tier `json:"tiers"`
		Document      string `json:"document"`
	}
	OfferingInvited struct {
		Offering    string `json:"offering"`
		Invitations int64  `json:"invitations,string"`
	}
	OfferingSubscribed struct {
		Offering     string `json:"offering"`
		Subscriber   string `json:"subscriber"`
		Kid          string `json:"kid"`
		Held         string `json:"held"`
		Account      string `json:"account"`
		CashAccount  string `json:"cash_account"`
		Quantity     int64  `json:"quantity,string"`
		LimitMinor   int64  `json:"limit_minor,string"`
		InvestorType string `json:"investor_type"`
		Reserved     int64  `json:"reserved,string"`
		Sequence     int64  `json:"sequence,string"`
	}
	OfferingWithdrawn struct {
		Offering   string `json:"offering"`
		Subscriber string `json:"subscriber"`
		Released   int64  `json:"released,string"`
	}
	OfferingCancelled struct {
		Offering string `json:"offering"`
		Reason   string `json:"reason"`
	}
	OfferingFailed struct {
		Offering string `json:"offering"`
		Reason   string `json:"reason"`
	}
	OfferingAllotted struct {
		Offering   string `json:"offering"`
		PriceMinor int64  `json:"price_minor,string"`
		Allotted   int64  `json:"allotted,string"`
		Parts      int64  `json:"parts,string"`
		Root       string `json:"root"`
	}
	OfferingSettled struct {
		Offering    string `json:"offering"`
		Part        int64  `json:"part,string"`
		Status      string `json:"status"`
		Quantity    int64  `json:"quantity,string"`
		AmountMinor int64  `json:"amount_minor,string"`
		Issued      int64  `json:"issued,string"`
	}
	SubscriptionSettled struct {
		Offering      string `json:"offering"`
		Subscriber    string `json:"subscriber"`
		Account       string `json:"account"`
		CashAccount   string `json:"cash_account"`
		Instrument    string `json:"instrument"`
		Quantity      int64  `json:"quantity,string"`
		PriceMinor    int64  `json:"price_minor,string"`
		AmountMinor   int64  `json:"amount_minor,string"`
		ReleasedMinor int64  `json:"released_minor,string"`
	}
	SubscriptionReleased struct {
		Offering   string `json:"offering"`
		Subscriber string `json:"subscriber"`
		Released   int64  `json:"released,string"`
		Reason     string `json:"reason"`
	}
	InstructionEntered struct {
		Terms        string `json:"terms"`
		Owner        string `json:"owner"`
		Kid          string `json:"kid"`
		Held         string `json:"held"`
		Side         string `json:"side"`
		Account      string `json:"account"`
		CashAccount  string `json:"cash_account"`
		Counterparty string `json:"counterparty"`
		Instrument   string `json:"instrument"`
		Currency     string `json:"currency"`
		Quantity     int64  `json:"quantity,string"`
		AmountMinor  int64  `json:"amount_minor,string"`
		GoodTill     string `json:"good_till"`
		Reserved     int64  `json:"reserved,string"`
	}
	InstructionSettled struct {
		Terms                string `json:"terms"`
		Settlement           string `json:"settlement"`
		By                   string `json:"by"` // the second side
		Kid                  string `json:"kid"`
		Held                 string `json:"held"`
		Deliverer            string `json:"deliverer"`
		Receiver             string `json:"receiver"`
		DelivererAccount     string `json:"deliverer_account"`
		DelivererCashAccount string `json:"deliverer_cash_account"`
		ReceiverAccount      string `json:"receiver_account"`
		ReceiverCashAccount  string `json:"receiver_cash_account"`
		Instrument           string `json:"instrument"`
		Currency             string `json:"currency"`
		Quantity             int64  `json:"quantity,string"`
		AmountMinor          int64  `json:"amount_minor,string"`
	}
	InstructionCancelled struct {
		Terms    string `json:"terms"`
		Released int64  `json:"released,string"`
	}
	InstructionExpired struct {
		Terms    string `json:"terms"`
		Released int64  `json:"released,string"`
	}
)

func (OfferingOpened) fact()       {}
func (OfferingInvited) fact()      {}
func (OfferingSubscribed) fact()   {}
func (OfferingWithdrawn) fact()    {}
func (OfferingCancelled) fact()    {}
func (OfferingFailed) fact()       {}
func (OfferingAllotted) fact()     {}
func (OfferingSettled) fact()      {}
func (SubscriptionSettled) fact()  {}
func (SubscriptionReleased) fact() {}
func (InstructionEntered) fact()   {}
func (InstructionSettled) fact()   {}
func (InstructionCancelled) fact() {}
func (InstructionExpired) fact()   {}
