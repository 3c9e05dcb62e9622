package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// settings is the environment, read and checked once.
type settings struct {
	id, address, genesis         string
	key, certificate, clientRoot []byte
}

var genesisHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// readSettings names everything that is missing or wrong at once.
func readSettings(getenv func(string) string) (settings, error) {
	var wrong []error
	read := func(name, path string) []byte {
		content, err := os.ReadFile(path)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
		return content
	}
	text := func(name string) string {
		value := getenv(name)
		if path := getenv(name + "_FILE"); value == "" && path != "" {
			return strings.TrimSpace(string(read(name+"_FILE", path)))
		}
		if value == "" {
			wrong = append(wrong, fmt.Errorf("%s is not set", name))
		}
		return value
	}
	file := func(name string) []byte {
		path := text(name)
		if path == "" {
			return nil
		}
		return read(name, path)
	}
	s := settings{
		id: text("CHAINCODE_ID"), address: text("CHAINCODE_SERVER_ADDRESS"), genesis: text("LONJA_GENESIS_HASH"),
		key: file("CHAINCODE_TLS_KEY"), certificate: file("CHAINCODE_TLS_CERT"), clientRoot: file("CHAINCODE_TLS_CLIENT_CA"),
	}
	if s.genesis != "" && !genesisHash.MatchString(s.genesis) {
		wrong = append(wrong, fmt.Errorf("LONJA_GENESIS_HASH %q is not a SHA-256 in lower-case hex", s.genesis))
	}
	return s, errors.Join(wrong...)
}
