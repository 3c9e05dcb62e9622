package ledger

import (
	"strings"
	"time"
	"unicode"
)

// Formats of what commands carry. Each check refuses; none repairs.

func only(s string, allowed func(c byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !allowed(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isHexDigit(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f'
}

// isCode: parties and instruments, [A-Z0-9][A-Z0-9.-]{1,31}.
func isCode(s string) bool {
	return len(s) >= 2 && len(s) <= 32 && s[0] != '.' && s[0] != '-' &&
		only(s, func(c byte) bool { return isUpper(c) || isDigit(c) || c == '.' || c == '-' })
}

// isOrganisation: [a-z][a-z0-9-]{1,31}.
func isOrganisation(s string) bool {
	return len(s) >= 2 && len(s) <= 32 && isLower(s[0]) &&
		only(s, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' })
}

// isReference: a bank's reference, [A-Za-z0-9-]{1,35}.
func isReference(s string) bool {
	return len(s) >= 1 && len(s) <= 35 &&
		only(s, func(c byte) bool { return isUpper(c) || isLower(c) || isDigit(c) || c == '-' })
}

// isHash: 64 lower-case hexadecimal digits.
func isHash(s string) bool { return len(s) == 64 && only(s, isHexDigit) }

// isMinted: a UUIDv7 as a client mints it for a command.
func isMinted(s string) bool { return isUUIDVersion(s, '7') }

// isDerived: a UUIDv8, the id of an execution.
func isDerived(s string) bool { return isUUIDVersion(s, '8') }

// isUUIDVersion: lower case, the variant of RFC 9562.
func isUUIDVersion(s string, version byte) bool {
	if len(s) != 36 || s[14] != version || strings.IndexByte("89ab", s[19]) < 0 {
		return false
	}
	for i := 0; i < len(s); i++ {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !isHexDigit(s[i]) {
			return false
		}
	}
	return true
}

// isPair: PARTY:uuid, the reference to what a command made.
func isPair(s string) bool {
	party, id, found := strings.Cut(s, ":")
	return found && isCode(party) && isMinted(id)
}

// isText: a remark of 1 to 140 printable characters. Combining marks are
// refused, so text that is not in composed (NFC) form does not get in.
func isText(s string) bool {
	if s == "" || len(s) > 560 || strings.TrimSpace(s) != s {
		return false
	}
	count := 0
	for _, r := range s {
		count++
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) || unicode.IsMark(r) {
			return false
		}
	}
	return count <= 140
}

const instantForm = "2006-01-02T15:04:05Z"

// parseInstant reads an RFC 3339 instant in UTC with whole seconds and Z.
func parseInstant(s string) (time.Time, bool) {
	at, err := time.Parse(instantForm, s)
	return at, err == nil && at.Format(instantForm) == s
}

// isISIN checks form and check digit (ISO 6166: Luhn over letters as two digits).
func isISIN(s string) bool {
	if len(s) != 12 || !isUpper(s[0]) || !isUpper(s[1]) || !isDigit(s[11]) ||
		!only(s, func(c byte) bool { return isUpper(c) || isDigit(c) }) {
		return false
	}
	sum, double := 0, false
	digit := func(d int) {
		if double {
			d *= 2
		}
		sum += d/10 + d%10
		double = !double
	}
	for i := len(s) - 1; i >= 0; i-- {
		if isDigit(s[i]) {
			digit(int(s[i] - '0'))
			continue
		}
		letter := int(s[i]-'A') + 10
		digit(letter % 10)
		digit(letter / 10)
	}
	return sum%10 == 0
}
