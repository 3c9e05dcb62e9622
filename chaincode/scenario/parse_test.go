package scenario

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// file is one scenario as written; the grammar is in tests/scenarios/README.md.
type file struct {
	name       string
	match      bool
	statements []*statement
}

// statement is one line that does or looks at something.
type statement struct {
	line    int
	text    string
	verb    string
	words   []string
	options map[string]string
	used    map[string]bool
	expect  expectation
}

// expectation is what stands behind the arrow; ok is true when there is none, or a word for success.
type expectation struct {
	ok           bool
	code, reason string
}

var option = regexp.MustCompile(`^([a-z_]+)=(.*)$`)

// ends are the words that verbs say for success.
var ends = map[string]string{
	"place": "new", "cancel": "cancelled", "expire": "expired", "execute": "settled", "report": "settled", "replace": "replaced",
}

func parseFile(path string) (*file, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &file{name: filepath.Base(path)}
	for i, text := range strings.Split(string(content), "\n") {
		if err := f.parseLine(i+1, text); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", f.name, i+1, err)
		}
	}
	return f, nil
}

func (f *file) parseLine(number int, text string) error {
	words := strings.Fields(withoutComment(text))
	line := strings.Join(words, " ")
	switch {
	case len(words) == 0, line == "only rules":
		return nil
	case line == "match":
		f.match = true
		return nil
	}
	s := &statement{line: number, text: line, verb: words[0], options: map[string]string{}, used: map[string]bool{}}
	s.expect.ok = true
	for i, word := range words[1:] {
		if word == "->" {
			f.statements = append(f.statements, s)
			return s.parseExpectation(words[i+2:])
		}
		if found := option.FindStringSubmatch(word); found != nil {
			s.options[found[1]] = found[2]
			continue
		}
		s.words = append(s.words, word)
	}
	f.statements = append(f.statements, s)
	return nil
}

func withoutComment(text string) string {
	if strings.HasPrefix(text, "#") {
		return ""
	}
	before, _, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " #")
	return before
}

// parseExpectation reads `done`, the verb's own word, or CODE [REASON], up to the `/` behind which REST's stands.
func (s *statement) parseExpectation(words []string) error {
	for i, word := range words {
		if word == "/" {
			words = words[:i]
			break
		}
	}
	switch {
	case len(words) == 0 || len(words) > 2:
		return fmt.Errorf("an expectation is one or two words")
	case len(words) == 1 && s.succeeds(words[0]):
		return nil
	}
	s.expect = expectation{code: words[0]}
	if len(words) == 2 {
		s.expect.reason = words[1]
	}
	return nil
}

// succeeds says whether a word means success for this verb; `again` may say it as any of them does.
func (s *statement) succeeds(word string) bool {
	if s.verb == "again" {
		return slices.Contains(slices.Collect(maps.Values(ends)), word) || word == "done"
	}
	return word == "done" || word == ends[s.verb]
}

// option returns a named option or its default, and remembers that somebody asked for it.
func (s *statement) option(name, otherwise string) string {
	s.used[name] = true
	if value, given := s.options[name]; given {
		return value
	}
	return otherwise
}

// unknown names an option that no verb asked for.
func (s *statement) unknown() error {
	for name := range s.options {
		if !s.used[name] {
			return fmt.Errorf("%s does not know the option %q", s.verb, name)
		}
	}
	return nil
}
