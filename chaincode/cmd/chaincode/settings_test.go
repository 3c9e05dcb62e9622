package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func complete(t *testing.T) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pem")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"CHAINCODE_ID": "lonja:1", "CHAINCODE_SERVER_ADDRESS": "127.0.0.1:1", "LONJA_GENESIS_HASH": strings.Repeat("0a", 32),
		"CHAINCODE_TLS_KEY": file, "CHAINCODE_TLS_CERT": file, "CHAINCODE_TLS_CLIENT_CA": file,
	}
}

func TestACompleteEnvironmentIsTaken(t *testing.T) {
	env := complete(t)
	s, err := readSettings(func(name string) string { return env[name] })
	if err != nil || s.id != "lonja:1" || string(s.clientRoot) != "x" {
		t.Fatalf("settings %+v, error %v", s, err)
	}
}

func TestWhatIsKnownOnlyLaterIsReadFromAFile(t *testing.T) {
	env := complete(t)
	delete(env, "CHAINCODE_ID")
	env["CHAINCODE_ID_FILE"] = filepath.Join(t.TempDir(), "id")
	get := func(name string) string { return env[name] }
	if _, err := readSettings(get); err == nil || !strings.Contains(err.Error(), "CHAINCODE_ID_FILE") {
		t.Fatal(err)
	}
	if err := os.WriteFile(env["CHAINCODE_ID_FILE"], []byte("lonja:2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := readSettings(get); err != nil || s.id != "lonja:2" {
		t.Fatalf("settings %+v, error %v", s, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	for name := range complete(t) {
		env := complete(t)
		delete(env, name)
		_, err := readSettings(func(name string) string { return env[name] })
		if err == nil || err.Error() != name+" is not set" {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestAnUnreadableFileAndABadHashAreNamed(t *testing.T) {
	env := complete(t)
	env["CHAINCODE_TLS_CERT"] = "/nowhere/cert.pem"
	env["LONJA_GENESIS_HASH"] = strings.Repeat("0A", 32)
	_, err := readSettings(func(name string) string { return env[name] })
	if err == nil || !strings.Contains(err.Error(), "CHAINCODE_TLS_CERT") || !strings.Contains(err.Error(), "LONJA_GENESIS_HASH") {
		t.Fatal(err)
	}
}
