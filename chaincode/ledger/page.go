package ledger

// Page keeps for ever what became of a party's commands whose ids begin alike: a
// UUIDv7 begins with its time, and a page spans a quarter of a second of it. So
// what a party sends in one go costs one key, not one key a command.
type Page struct {
	Commands []Record `json:"commands"` // in the order in which they ran
	Version  string   `json:"version"`
}

// Record is the outcome of one command.
type Record struct {
	Code    Code   `json:"code"`
	Hash    string `json:"hash"`
	ID      string `json:"id"`
	Message string `json:"message"`
	Reason  string `json:"reason"`
}

// fullPage bounds a page; ids minted by the clock do not reach it.
const fullPage = 1000

// pageOf is the part of a command's id that names its page: ten hexadecimal digits.
func pageOf(id string) string { return id[:8] + id[9:11] }

func isPage(s string) bool { return len(s) == 10 && only(s, isHexDigit) }

func (p Page) full() bool { return len(p.Commands) >= fullPage }

func (p Page) find(id string) (Record, bool) {
	for i := range p.Commands {
		if p.Commands[i].ID == id {
			return p.Commands[i], true
		}
	}
	return Record{}, false
}

// with is the page with one more record. Pages that grew from the same one may
// share its memory; only the newest of them is ever in use, since undoing goes back in order.
func (p Page) with(c Call, o Outcome) Page {
	record := Record{Code: o.Code, Hash: c.Hash, ID: c.ID, Message: o.Message, Reason: o.Reason}
	return Page{Commands: append(p.Commands, record), Version: "1"}
}
