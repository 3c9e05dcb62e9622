package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"

	"github.com/gowebpki/jcs"
)

// Founding is what the ledger keeps of its genesis file.
type Founding struct {
	Ledger        string         `json:"ledger"` // hash of the file
	Name          string         `json:"name"`
	Organisations []Organisation `json:"organisations"`
	Version       string         `json:"version"`
}

// Lane counts the batches of one organisation.
type Lane struct {
	Batch   int64  `json:"batch,string"`
	Version string `json:"version"`
}

// LedgerHash is the ledger's name in every command: SHA-256 of the genesis file's bytes.
func LedgerHash(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

// organisation finds who runs the MSP.
func (f Founding) organisation(msp string) (string, bool) {
	for _, o := range f.Organisations {
		if o.MSPID == msp {
			return o.ID, true
		}
	}
	return "", false
}

func knownOrganisation(tx *Tx, id string) error {
	founding, _, err := load[Founding](tx, genesisKey())
	if err != nil {
		return err
	}
	for _, o := range founding.Organisations {
		if o.ID == id {
			return nil
		}
	}
	return refuse(NotFound, "organisation", "There is no organisation %s.", quoted(id))
}

// Genesis founds the ledger from the genesis file: once, and only from the file
// whose hash the process was started with. An error is always *Error.
func Genesis(file []byte, expected string, s State) ([]Write, Event, error) {
	hash := LedgerHash(file)
	if hash != expected {
		return nil, Event{}, refuse(Invalid, "genesis", "The file has the hash %s, this process expects %s.", hash, quoted(expected))
	}
	key := genesisKey()
	known, err := s.GetMany([]string{key})
	if err != nil {
		return nil, Event{}, refuse(Unavailable, "state", "The state cannot be read: %v.", err)
	}
	if known[key] != nil {
		return nil, Event{}, refuse(Duplicate, "genesis", "The ledger is founded already.")
	}
	founding, parties, refusal := parseGenesis(file)
	if refusal != nil {
		return nil, Event{}, refusal
	}
	founding.Ledger = hash
	return found(founding, parties)
}

func found(founding Founding, parties []Party) ([]Write, Event, error) {
	writes := []Write{{Key: genesisKey(), Value: encode(founding)}}
	facts := []Fact{GenesisAccepted{Ledger: founding.Ledger, Name: founding.Name, Organisations: founding.Organisations}}
	for _, p := range parties {
		writes = append(writes, Write{Key: partyKey(p.Party), Value: encode(p)})
		facts = append(facts, PartyAdmitted{Party: p.Party, Organisation: p.Organisation, Roles: p.Roles, Key: p.Keys[0].shown()})
	}
	sort.Slice(writes, func(i, j int) bool { return writes[i].Key < writes[j].Key })
	outcome := Outcome{Hash: founding.Ledger, Function: "genesis", Facts: facts}
	return writes, Event{Version: "1", Batch: "0", Commands: []Outcome{outcome}}, nil
}

// parseGenesis reads the file. It need not be canonical, but must be plain JSON
// without doubled names, and its scalars strings.
func parseGenesis(file []byte) (Founding, []Party, *Error) {
	canonical, err := jcs.Transform(file)
	if err != nil {
		return Founding{}, nil, refuse(Invalid, "genesis", "The genesis file is not JSON: %v.", err)
	}
	body, refusal := parseCanonical(canonical)
	if refusal != nil {
		return Founding{}, nil, inGenesis(refusal)
	}
	f := readFields(body)
	f.oneOf("version", "1")
	founding := Founding{Name: f.remark("name"), Organisations: readOrganisations(f), Version: "1"}
	parties := readParties(f, founding)
	if refusal := f.done(); refusal != nil {
		return Founding{}, nil, inGenesis(refusal)
	}
	return founding, parties, nil
}

func inGenesis(refusal *Error) *Error {
	return refuse(Invalid, "genesis", "The genesis file: %s", refusal.Message)
}

func readOrganisations(f *fields) []Organisation {
	list := []Organisation{}
	seen := map[string]bool{}
	for _, object := range f.objects("organisations", 50) {
		inner := readFields(object)
		o := Organisation{
			ID:    inner.text("id", isOrganisation, "an organisation's id"),
			MSPID: inner.text("msp_id", isMSP, "the name of an MSP"),
		}
		if seen["id "+o.ID] || seen["msp "+o.MSPID] {
			inner.within(refuse(Invalid, "organisations", "The organisation %s is there twice.", o.ID))
		}
		seen["id "+o.ID], seen["msp "+o.MSPID] = true, true
		f.within(inner.done())
		list = append(list, o)
	}
	return list
}

func isMSP(s string) bool {
	return len(s) >= 1 && len(s) <= 64 &&
		only(s, func(c byte) bool { return isUpper(c) || isLower(c) || isDigit(c) || c == '-' || c == '.' || c == '_' })
}

func readParties(f *fields, founding Founding) []Party {
	list := []Party{}
	seen := map[string]bool{"": true}
	for _, o := range founding.Organisations {
		seen["organisation "+o.ID] = true
	}
	for _, object := range f.objects("parties", 200) {
		inner := readFields(object)
		p := Party{
			Party:        inner.code("party"),
			Organisation: inner.optional("organisation", isOrganisation, "an organisation's id"),
			Roles:        readRoles(inner),
			Status:       "active",
			Version:      "1",
		}
		key := readKey(inner, false)
		p.Keys = []Key{key.Key}
		switch {
		case seen["party "+p.Party]:
			inner.within(refuse(Invalid, "parties", "The party %s is there twice.", p.Party))
		case p.Organisation != "" && !seen["organisation "+p.Organisation]:
			inner.within(refuse(Invalid, "parties", "There is no organisation %s.", p.Organisation))
		case key.N != "1":
			inner.within(refuse(Invalid, "parties", "The first key of %s is number 1.", p.Party))
		}
		seen["party "+p.Party] = true
		f.within(inner.done())
		list = append(list, p)
	}
	return list
}
