package scenario

import (
	"strings"

	"lonja/chaincode/signer"
)

// The verbs of what an instrument promises: its terms, its number, how much of it there may be, its documents.

// promises are the terms of a class unless a line says otherwise.
var promises = map[string]map[string]string{
	"ordinary": {"votes": "1"}, "preferred": {"rate": "600"}, "non_voting": {},
	"fixed": {"face": "100.00", "rate": "925", "frequency": "2", "day_count": "30/360", "matures": "2099-11-30"},
	"zero":  {"face": "100.00", "matures": "2099-11-30"},
}

func (s *statement) promise(name, otherwise string) string {
	if usual, known := promises[s.words[2]][name]; known {
		otherwise = usual
	}
	return s.option(name, otherwise)
}

// split is a list written with commas; empty is none.
func split(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, ",")
}

func (w *world) describeTerms(s *statement) (draft, error) {
	i, err := w.instrument(s.words[0])
	if err != nil {
		return draft{}, err
	}
	face, err := w.money(i, s.promise("face", "0.00"))
	return draft{"instrument:define", map[string]any{
		"instrument": i.code, "version": s.words[1], "class": s.words[2], "votes": s.promise("votes", "0"), "face_minor": face,
		"rate_bps": s.promise("rate", "0"), "frequency": s.promise("frequency", "0"), "day_count": s.promise("day_count", ""),
		"matures_on": s.promise("matures", ""), "investor_types": split(s.option("types", "")),
		"jurisdictions": split(s.option("in", "")), "document": "",
	}, i.issuer, nil}, err
}

func (w *world) describeAuthorisation(s *statement) (draft, error) {
	i, err := w.instrument(s.words[0])
	if err != nil {
		return draft{}, err
	}
	return draft{"instrument:authorise", map[string]any{
		"instrument": i.code, "authorised": s.words[1], "resolution": signer.Hash([]byte(s.text)),
	}, i.issuer, nil}, nil
}

func (w *world) planIdentify(s *statement) (*plan, error) {
	i, err := w.instrument(s.words[0])
	if err != nil {
		return nil, err
	}
	args := map[string]any{"instrument": i.code, "isin": s.words[1], "cfi": s.option("cfi", "ESVUFR")}
	return w.one(s, "operator", "instrument:identify", args, &identity{})
}

func (w *world) planPublish(s *statement) (*plan, error) {
	i, err := w.instrument(s.words[1])
	if err != nil {
		return nil, err
	}
	args := map[string]any{"instrument": i.code, "kind": s.words[2], "hash": signer.Hash([]byte(s.words[0])), "supersedes": ""}
	if before := s.option("supersedes", ""); before != "" {
		id, err := w.known("document", before)
		if err != nil {
			return nil, err
		}
		args["supersedes"] = id.reference()
	}
	return w.one(s, i.issuer, "document:publish", args, w.named("document", s.words[0]))
}

// lookTerms: `terms I VERSION CLASS [isin X] [authorised Q]`.
func (w *world) lookTerms(s *statement) error {
	named, err := s.pairs(3)
	if err != nil {
		return err
	}
	i, err := w.instrument(s.words[0])
	if err != nil {
		return err
	}
	record, err := w.record("instrument/" + i.code)
	if err != nil {
		return err
	}
	named["terms"], named["class"] = s.words[1], strings.TrimPrefix(s.words[2], "none")
	for name, wanted := range named {
		if err := differ(name, record[name], wanted); err != nil {
			return err
		}
	}
	return nil
}
