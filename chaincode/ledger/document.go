package ledger

// DocumentPublished is an issuer's word that a text is about its instrument.
type DocumentPublished struct {
	Document   string `json:"document"`
	Issuer     string `json:"issuer"`
	Instrument string `json:"instrument"`
	Kind       string `json:"kind"`
	Hash       string `json:"hash"`
	Supersedes string `json:"supersedes"`
}

func (DocumentPublished) fact() {}

type publishDocumentArgs struct{ instrument, kind, hash, supersedes string }

func parsePublishDocument(f *fields) publishDocumentArgs {
	return publishDocumentArgs{
		instrument: f.code("instrument"),
		kind:       f.oneOf("kind", "prospectus", "bylaws", "resolution", "terms", "report", "other"),
		hash:       f.hash("hash"),
		supersedes: f.optional("supersedes", isPair, "a reference PARTY:uuid"),
	}
}

func publishDocumentKeys(_ string, a publishDocumentArgs) []string {
	return []string{instrumentKey(a.instrument)}
}

// mayPublishDocument: the issuer of the instrument, about that instrument, in the place of its own papers only.
func mayPublishDocument(tx *Tx, c Call, a publishDocumentArgs) error {
	i, err := findInstrument(tx, a.instrument, "instrument")
	if err != nil {
		return err
	}
	if i.Issuer != c.Party {
		return refuse(Forbidden, "owner", "%s is issued by %s, not by %s.", a.instrument, i.Issuer, c.Party)
	}
	return nil
}

// publishDocument binds the issuer to a text by its hash. The fact in the block is all there is of it;
// whoever has the text can compare.
func publishDocument(tx *Tx, c Call, a publishDocumentArgs) error {
	if a.supersedes != "" && partyOf(a.supersedes) != c.Party {
		return refuse(Invalid, "supersedes", "%s was not published by %s.", a.supersedes, c.Party)
	}
	tx.emit(DocumentPublished{Document: c.made(), Issuer: c.Party, Instrument: a.instrument, Kind: a.kind, Hash: a.hash,
		Supersedes: a.supersedes})
	return nil
}
