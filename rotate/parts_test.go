package rotate

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// homes has, for each type, the files (without .go) that may use its fields. dir.go and
// dir_parts.go may use all fields, because Dir connects the parts.
var homes = map[string][]string{
	"file":        {"file"},
	"writer":      {"writer"},
	"record":      {"record"},
	"spare":       {"spare"},
	"finisher":    {"finisher"},
	"turn":        {"turns"},
	"Turns":       {"turns"},
	"pending":     {"finisher", "finishing"},
	"processor":   {"processor"},
	"run":         {"processor_files"},
	"retention":   {"retention"},
	"listing":     {"retention"},
	"syncer":      {"syncer"},
	"age":         {"age"},
	"closer":      {"closer"},
	"labels":      {"labels"},
	"predecessor": {"settle", "recover"},
	"refusal":     {"step"},
	"progress":    {"step"},
	"task":        {"step"},
	"Trouble":     {"trouble"},
	"Dir":         {},
}

// maxFields is the maximum number of fields; a type with one concern needs no more.
const maxFields = 15

// Each part owns its state: the code of other parts does not use its fields, and no
// part has too many.
func TestFieldsStayAtHome(t *testing.T) {
	fset := token.NewFileSet()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}}
	// Declarations of other packages do not matter here, so those need not exist.
	conf := types.Config{Error: func(error) {}, Importer: importer.Default()}
	pkg, _ := conf.Check("rotate", fset, files, &info)
	owner := map[types.Object]string{}
	for _, name := range pkg.Scope().Names() {
		s, ok := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct)
		if !ok {
			continue
		}
		for i := range s.NumFields() {
			owner[s.Field(i)] = name
		}
		if s.NumFields() > maxFields {
			t.Errorf("%s has %d fields", name, s.NumFields())
		}
	}
	reached := 0
	for expr, sel := range info.Selections {
		name := ""
		if v, ok := sel.Obj().(*types.Var); ok {
			name = owner[v.Origin()]
		}
		allowed, known := homes[name]
		if !known {
			continue
		}
		reached++
		file := strings.TrimSuffix(filepath.Base(fset.Position(expr.Pos()).Filename), ".go")
		if allowed := append([]string{"dir", "dir_parts"}, allowed...); !slices.Contains(allowed, file) {
			t.Errorf("%s: field %s of %s is used here, but only %v may use it", fset.Position(expr.Pos()), sel.Obj().Name(), name, allowed)
		}
	}
	if reached < 300 {
		t.Errorf("found only %d uses of fields", reached)
	}
	for name, files := range homes {
		if pkg.Scope().Lookup(name) == nil {
			t.Errorf("there is no type %s", name)
		}
		for _, file := range files {
			if _, err := os.Stat(file + ".go"); err != nil {
				t.Error(err)
			}
		}
	}
}
