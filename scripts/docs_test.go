package scripts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// source holds the names that the tree's Go files declare, and the strings in them.
type source struct{ names, strings map[string]bool }

// readSource reads all Go files of the tree but tests.
func readSource(t *testing.T) source {
	s := source{map[string]bool{}, map[string]bool{}}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.names[file.Name.Name] = true
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				s.names[n.Name.Name] = true
			case *ast.TypeSpec:
				s.names[n.Name.Name] = true
			case *ast.ValueSpec:
				for _, name := range n.Names {
					s.names[name.Name] = true
				}
			case *ast.Field: // a field, or a method of an interface
				for _, name := range n.Names {
					s.names[name.Name] = true
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					s.strings[text] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// contains reports whether text is a string in the source, or two such strings put
// together.
func (s source) contains(text string) bool {
	for i := 1; i < len(text); i++ {
		if s.strings[text[:i]] && s.strings[text[i:]] {
			return true
		}
	}
	return s.strings[text]
}

// onDisk holds other names in ARCHITECTURE.md: those of files in a log directory, and
// words of scripts.
var onDisk = map[string]bool{"code": true, "=file": true, "n": true, "c": true, "k": true, "y": true, "@LABEL.u": true, "@LABEL.s": true, ".golangci.yml": true}

// Every name in backquotes in ARCHITECTURE.md is in the source: as a declared name, or
// as a string, as the names of files and steps are.
func TestArchitectureNames(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	s := readSource(t)
	quoted := regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1)
	if len(quoted) < 50 {
		t.Fatalf("only %d names", len(quoted))
	}
	for _, q := range quoted {
		name := q[1]
		if onDisk[name] || s.contains(name) || strings.HasPrefix(name, "go test ") {
			continue // TestDocumentedCommands checks commands
		}
		for part := range strings.SplitSeq(name, ".") {
			if !s.names[part] {
				t.Errorf("ARCHITECTURE.md: %s is not in the source", name)
			}
		}
	}
}

func TestLinks(t *testing.T) { checkLinks(t, "..") }

// checkLinks checks that every file and heading exists to which a document below root
// links. What is installed has fewer files than the source.
func checkLinks(t *testing.T, root string) {
	t.Helper()
	var docs []string
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("documents %s: %v, %v", pattern, found, err)
		}
		docs = append(docs, found...)
	}
	links := 0
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			links++
			target := doc
			if link[1] != "" {
				target = filepath.Join(filepath.Dir(doc), link[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", doc, err)
				continue
			}
			if link[2] != "" && !hasHeading(t, target, link[2][1:]) {
				t.Errorf("%s: %s has no heading %s", doc, target, link[2])
			}
		}
	}
	if links < 30 {
		t.Errorf("only %d links", links)
	}
}

// hasHeading reports whether a document has a heading that is linked to by this name.
func hasHeading(t *testing.T, doc, name string) bool {
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		plain := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		if strings.ReplaceAll(plain, " ", "-") == name {
			return true
		}
	}
	return false
}

// testCommand matches the beginning of a command that runs the tests of a package, or those
// whose names begin with something.
var testCommand = regexp.MustCompile(`go test (?:-short )?(\./[a-z/]+)(?:[^\n` + "`" + `]*?-(?:run|fuzz) '?\^?((?:Test|Fuzz)\w*))?`)

// The commands in documents name tests and targets that exist.
func TestDocumentedCommands(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{"../CONTRIBUTING.md", "../ARCHITECTURE.md"} {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		commands := testCommand.FindAllStringSubmatch(string(text), -1)
		if len(commands) < 10 {
			t.Errorf("only %d commands in %s run tests", len(commands), doc)
		}
		for _, m := range commands {
			if !declaresTest(t, "../"+m[1], m[2]) {
				t.Errorf("%s: %s has no test that begins with %s", doc, m[1], m[2])
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^    make ([a-z]+)`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+": ") {
				t.Errorf("%s: there is no target %s", doc, m[1])
			}
		}
	}
}

// declaresTest reports whether the package in dir has a test whose name begins with name.
func declaresTest(t *testing.T, dir, name string) bool {
	files, err := filepath.Glob(dir + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+name) {
			return true
		}
	}
	return false
}
