// Package scenario runs tests/scenarios/*.txt over the rules in memory. The grammar is in the README beside the files.
package scenario

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// folder links to tests/scenarios: go test runs again when a file of its own module changes, not when one outside does.
const folder = "testdata"

func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios in %s: %v", folder, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			if err := runFile(path); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func runFile(path string) error {
	f, err := parseFile(path)
	if err != nil {
		return err
	}
	w, err := newWorld()
	if err != nil {
		return err
	}
	var batch []*plan
	collecting := false
	for _, s := range f.statements {
		switch {
		case s.verb == "batch":
			collecting = true
			continue
		case s.verb == "end":
			collecting = false
		default:
			batch, err = w.run(s, batch)
		}
		if err == nil && !collecting {
			err = w.settleAll(batch, f.match)
			batch = nil
		}
		if err != nil {
			return fmt.Errorf("%s:%d `%s`: %w", f.name, s.line, s.text, err)
		}
	}
	if collecting {
		return fmt.Errorf("%s: a batch has no end", f.name)
	}
	return nil
}

// run looks at once, and adds what a command statement plans to the batch.
func (w *world) run(s *statement, batch []*plan) ([]*plan, error) {
	if known, err := w.look(s); known {
		return batch, err
	}
	p, err := w.plan(s)
	if err != nil {
		return batch, err
	}
	w.last = p.commands
	return append(batch, p), nil
}

func (w *world) settleAll(batch []*plan, match bool) error {
	if len(batch) == 0 {
		return nil
	}
	if err := w.settle(batch); err != nil {
		return err
	}
	if match {
		return w.match()
	}
	return nil
}
