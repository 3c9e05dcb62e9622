package ledger

import "strings"

// Keys of the state are Fabric composite keys, built and taken apart in this file only:
// "\x00class\x00attribute\x00…". Outside they are shown as class/attribute/….
const separator = "\x00"

// formats lists the key classes (DESIGN 6) and what each attribute must look like.
// No attribute can be empty, so a partial key always matches whole attributes.
func formats(class string) ([]func(string) bool, bool) {
	switch class {
	case "genesis":
		return nil, true
	case "party", "instrument", "book":
		return []func(string) bool{isCode}, true
	case "lane":
		return []func(string) bool{isOrganisation}, true
	case "command":
		return []func(string) bool{isCode, isPage}, true
	case "mandate":
		return []func(string) bool{isCode, isCode}, true
	case "account", "order", "withdrawal", "act", "claim", "offering":
		return []func(string) bool{isCode, isMinted}, true
	case "subscription":
		return []func(string) bool{isCode, isMinted, isCode}, true
	case "invitation":
		return []func(string) bool{isCode, isMinted, isHash}, true
	case "holding":
		return []func(string) bool{isCode, isCode, isMinted}, true
	case "instruction":
		return []func(string) bool{isHash}, true
	case "deposit", "execution":
		return []func(string) bool{isCode, isReference}, true
	}
	return nil, false
}

func composite(class string, attributes ...string) string {
	return separator + class + separator + strings.Join(append(attributes, ""), separator)
}

func genesisKey() string                 { return "\x00genesis\x00" }
func laneKey(organisation string) string { return "\x00lane\x00" + organisation + separator }
func partyKey(party string) string       { return "\x00party\x00" + party + separator }
func instrumentKey(code string) string   { return "\x00instrument\x00" + code + separator }
func bookKey(instrument string) string   { return "\x00book\x00" + instrument + separator }
func commandKey(party, id string) string {
	return "\x00command\x00" + party + separator + pageOf(id) + separator
}
func depositKey(bank, reference string) string {
	return "\x00deposit\x00" + bank + separator + reference + separator
}

func mandateKey(owner, agent string) string {
	return "\x00mandate\x00" + owner + separator + agent + separator
}
func executionKey(venue, reference string) string {
	return "\x00execution\x00" + venue + separator + reference + separator
}

// What a command made is referred to as PARTY:uuid, and kept under both as attributes.
func accountKey(account string) string       { return "\x00account\x00" + attributes(account) }
func orderKey(order string) string           { return "\x00order\x00" + attributes(order) }
func actKey(act string) string               { return "\x00act\x00" + attributes(act) }
func withdrawalKey(withdrawal string) string { return "\x00withdrawal\x00" + attributes(withdrawal) }
func claimKey(claim string) string           { return "\x00claim\x00" + attributes(claim) }
func offeringKey(offering string) string     { return "\x00offering\x00" + attributes(offering) }
func subscriptionKey(offering, subscriber string) string {
	return "\x00subscription\x00" + attributes(offering) + subscriber + separator
}
func invitationKey(offering, hash string) string {
	return "\x00invitation\x00" + attributes(offering) + hash + separator
}
func instructionKey(terms string) string { return "\x00instruction\x00" + terms + separator }
func holdingKey(instrument, account string) string {
	return "\x00holding\x00" + instrument + separator + attributes(account)
}

func attributes(reference string) string {
	party, id, _ := strings.Cut(reference, ":")
	return party + separator + id + separator
}

// partyOf is the party in a checked reference.
func partyOf(reference string) string {
	party, _, _ := strings.Cut(reference, ":")
	return party
}

// SplitKey takes a composite key apart into its class and attributes.
func SplitKey(key string) (class string, attributes []string, err error) {
	parts := strings.Split(key, separator)
	if len(parts) < 3 || parts[0] != "" || parts[len(parts)-1] != "" {
		return "", nil, refuse(Invalid, "key", "%s is not a composite key.", quoted(key))
	}
	return parts[1], parts[2 : len(parts)-1], nil
}

// ShowKey turns a composite key into the form that people and programs outside see.
func ShowKey(key string) string {
	class, attributes, err := SplitKey(key)
	if err != nil {
		return ""
	}
	return strings.Join(append([]string{class}, attributes...), "/")
}

// ParseKey turns the outside form of a complete key (order/ALICE/0192…, or
// order/ALICE:0192…) into the composite one; anything else is invalid.
func ParseKey(shown string) (string, error) {
	class, attributes, wanted, err := parseShown(shown)
	if err != nil {
		return "", err
	}
	if len(attributes) != wanted {
		return "", refuse(Invalid, "key", "%s is not a complete key.", quoted(shown))
	}
	return composite(class, attributes...), nil
}

// ParsePrefix turns class or class/attribute/… into a composite prefix; it ends
// where an attribute ends.
func ParsePrefix(shown string) (string, error) {
	class, attributes, _, err := parseShown(shown)
	if err != nil {
		return "", err
	}
	return composite(class, attributes...), nil
}

func parseShown(shown string) (class string, attributes []string, wanted int, err error) {
	parts := strings.Split(strings.ReplaceAll(shown, ":", "/"), "/")
	class, attributes = parts[0], parts[1:]
	checks, known := formats(class)
	if !known || len(attributes) > len(checks) {
		return "", nil, 0, refuse(Invalid, "key", "%s is not a key of this ledger.", quoted(shown))
	}
	for i, attribute := range attributes {
		if !checks[i](attribute) {
			return "", nil, 0, refuse(Invalid, "key", "%s in the key %s is malformed.", quoted(attribute), quoted(shown))
		}
	}
	return class, attributes, len(checks), nil
}
