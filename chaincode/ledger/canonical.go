package ledger

import (
	"slices"
	"unicode/utf16"
)

// appendCanonical writes a value made of strings, lists and objects in RFC 8785
// form: names sorted by UTF-16, nothing escaped that need not be. The tests hold
// it against the JCS library.
func appendCanonical(out []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(out, v)
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendCanonical(out, item)
		}
		return append(out, ']')
	case map[string]any:
		out = append(out, '{')
		for i, name := range sortedNames(v) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendString(out, name), ':')
			out = appendCanonical(out, v[name])
		}
		return append(out, '}')
	}
	panic("a payload has only strings, lists and objects")
}

func sortedNames(object map[string]any) []string {
	names := make([]string, 0, len(object))
	plain := true
	for name := range object {
		names = append(names, name)
		plain = plain && only(name, func(c byte) bool { return c < 0x80 })
	}
	if plain { // bytes and UTF-16 sort the same
		slices.Sort(names)
		return names
	}
	slices.SortFunc(names, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	return names
}

func appendString(out []byte, s string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= 0x20:
			out = append(out, c)
		case c >= '\b' && c <= '\r' && c != '\v':
			out = append(out, '\\', "btn?fr"[c-'\b'])
		default:
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(out, '"')
}
