package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runText runs a scenario written in a test.
func runText(t *testing.T, lines ...string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return runFile(path)
}

func TestAScenarioThatIsNotTrueFails(t *testing.T) {
	before := []string{
		"credit alice EUR 1000.00", "credit bruno ACME 10",
		"place b1 alice buy ACME 4@25.00", "place s1 bruno sell ACME 4@25.00", "execute t1 b1 s1 4@25.00",
		"mandate alice casa none", "place b2 alice buy ACME 1@25.00 venue=mercado by=casa", "place s2 bruno sell ACME 1@25.00 venue=mercado",
		"replace b2 2@25.00", "report R1 b2 s2 1@25.00",
		"offer o1 ACME 1 50@5.00", "subscribe o1 alice 2@5.00", "offer o2 ACME 1 50@5.00",
	}
	if err := runText(t, before...); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{
		"holding alice EUR available 850.00 reserved 25.01",
		"holding alice EUR available 849.99 reserved 25.00",
		"order b2 partially_filled pending none",
		"order b2 partially_filled pending 2@24.00",
		"order s2 filled pending 1@25.00",
		"mandated alice casa active used 25.01",
		"mandated alice casa revoked",
		"mandated bruno casa active",
		"executed R1 reversed",
		"executed R1 settled 1@24.00",
		"executed R2 settled",
		"report R2 b2 s2 1@25.00",
		"mandate alice casa",
		"claim c1 R1",
		"order b1 new",
		"order b1 filled filled 3",
		"order b1 filled reserved 1.00",
		"order b9 filled",
		"trade ACME 1 b1 s1 4@24.00",
		"trade ACME 1 b1 s1 4@25.00 fees 0.01 0.00",
		"trade ACME 2 b1 s1 4@25.00",
		"trades ACME 2",
		"issued ACME 11",
		"transfer bruno alice ACME 7",
		"transfer bruno alice ACME 1 -> insufficient",
		"transfer bruno alice ACME 7 -> invalid",
		"transfer bruno alice ACME 7 -> insufficient cash",
		"transfer bruno alice ACME 1 -> settled",
		"transfer bruno alice ACME 1 colour=red",
		"transfer bruno alice ACME",
		"offering o1 open subscribed 3",
		"offering o1 closed",
		"subscription o1 alice open reserved 10.01",
		"subscription o2 alice open",
		"subscribe o9 alice 2@5.00",
		"settle o1",
		"give bruno alice ACME 1",
		"batch",
		"holding alice EUR available 850.00 reserved 25.00 -> done now please",
	} {
		if runText(t, append(before, wrong)...) == nil {
			t.Errorf("`%s` passed", wrong)
		}
	}
}

func TestTheInvariantsSeeWhatIsWrong(t *testing.T) {
	for name, tamper := range map[string]struct{ class, from, to string }{
		"I1 held":      {"holding/ACME", `"quantity":"6"`, `"quantity":"7"`},
		"I1 owed":      {"instrument/EUR.BANCO", `"issued":"100000"`, `"issued":"99999"`},
		"I3":           {"holding/EUR.BANCO", `"reserved":"11000"`, `"reserved":"200000"`},
		"I4 reserved":  {"holding/EUR.BANCO", `"reserved":"11000"`, `"reserved":"11001"`},
		"I4 order":     {"order", `"reserved":"10000"`, `"reserved":"0"`},
		"I4 cancelled": {"order", `"status":"new"`, `"status":"cancelled"`},
		"I5":           {"order", `"filled":"0"`, `"filled":"5"`},
		"I4 open":      {"subscription", `"reserved":"1000"`, `"reserved":"0"`},
		"I9":           {"instrument/ACME", `"authorised":"1000000"`, `"authorised":"9"`},
		"I9 offered":   {"instrument/ACME", `"authorised":"1000000"`, `"authorised":"59"`},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := newWorld()
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range []string{
				"credit alice EUR 1000.00", "credit bruno ACME 10", "transfer bruno alice ACME 4", "place b1 alice buy ACME 4@25.00",
				"offer o1 ACME 1 50@5.00", "subscribe o1 alice 2@5.00",
			} {
				if err := w.imply(line); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.check(); err != nil {
				t.Fatal(err)
			}
			w.tamper(t, tamper.class, tamper.from, tamper.to)
			if err := w.check(); err == nil || !strings.HasPrefix(err.Error(), name[:2]) {
				t.Errorf("the check said %v", err)
			}
		})
	}
}
