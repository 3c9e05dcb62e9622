package ledger

import "encoding/json"

// Bounds of the queries.
const (
	MostKeysGot     = 500
	MostItemsListed = 1000
)

type shownItem struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// Get answers {"items":[{"key","value"}]} for keys in their outside form, each
// shown as it was asked for; the value of an absent key is null.
func Get(s State, shown []string) ([]byte, error) {
	if len(shown) == 0 || len(shown) > MostKeysGot {
		return nil, refuse(Invalid, "size", "Ask for 1 to %d keys, not %d.", MostKeysGot, len(shown))
	}
	keys := make([]string, len(shown))
	for i, text := range shown {
		key, err := ParseKey(text)
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	values, err := s.GetMany(keys)
	if err != nil {
		return nil, refuse(Unavailable, "state", "The state cannot be read: %v.", err)
	}
	items := make([]shownItem, len(keys))
	for i, key := range keys {
		items[i] = shownItem{Key: shown[i], Value: values[key]}
	}
	return encode(map[string][]shownItem{"items": items}), nil
}

// List answers {"items":[{"key","value"}],"next"} for the keys below a prefix
// (class, or class/attribute), after the key `after` ("" = from the first).
func List(l Lister, prefix, after, limit string) ([]byte, error) {
	from, err := ParsePrefix(prefix)
	if err != nil {
		return nil, err
	}
	if after != "" {
		if after, err = ParseKey(after); err != nil {
			return nil, err
		}
	}
	most, ok := parseInteger(limit)
	if !ok || most < 1 || most > MostItemsListed {
		return nil, refuse(Invalid, "limit", "The limit is 1 to %d, not %s.", MostItemsListed, quoted(limit))
	}
	found, next, err := l.List(from, after, int(most))
	if err != nil {
		return nil, refuse(Unavailable, "state", "The state cannot be read: %v.", err)
	}
	items := make([]shownItem, len(found))
	for i, item := range found {
		items[i] = shownItem{Key: ShowKey(item.Key), Value: item.Value}
	}
	if next != "" {
		next = ShowKey(next)
	}
	return encode(struct {
		Items []shownItem `json:"items"`
		Next  string      `json:"next"`
	}{items, next}), nil
}
