package signer

import "encoding/json"

// Party is one party of a genesis file, with its first key.
type Party struct {
	Code, Organisation string
	Roles              []string
	Key                Key
}

// Genesis writes a genesis file of the organisations operator (OperatorMSP) and custodian (CustodianMSP),
// and returns it with its hash, the name of the ledger.
func Genesis(parties ...Party) (file []byte, hash string) {
	listed := make([]map[string]any, len(parties))
	for i, p := range parties {
		listed[i] = map[string]any{
			"party": p.Code, "organisation": p.Organisation, "roles": p.Roles,
			"key": map[string]any{"n": "1", "public": p.Key.Public(), "scope": []string{"*"}, "held": "own"},
		}
	}
	file, err := json.Marshal(map[string]any{
		"version": "1", "name": "lonja-test",
		"organisations": []map[string]string{
			{"id": "operator", "msp_id": "OperatorMSP"}, {"id": "custodian", "msp_id": "CustodianMSP"},
		},
		"parties": listed,
	})
	if err != nil {
		panic(err)
	}
	return file, Hash(file)
}
