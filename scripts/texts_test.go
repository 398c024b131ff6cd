package scripts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// This file finds the texts that the programs can print: it collects the strings in
// the source and assembles them as far as the source shows how, as in
// "unable to open {path}: {err}".

var (
	// programTrees are the trees that contain the programs' packages.
	programTrees = []string{"cmd", "pipeline", "rotate", "ioring", "tai64n", "internal", "fleet"}
	// testOnly matches files in these trees that only tests use.
	testOnly = regexp.MustCompile(`^internal/test/|^fleet/store/simstore/`)
	// forShells matches files whose texts are programs for shells.
	forShells = regexp.MustCompile(`^internal/cmdline/complete\.go$`)
)

// words matches a text with two words, or with one word and an insertion.
var words = regexp.MustCompile(`[A-Za-z,:;]['")]? ["'(]?[A-Za-z{]|[}] [a-z]`)

// A text is a string that the source assembles.
type text struct {
	file string
	text string
}

// texts collects the texts.
type texts struct {
	consts map[string]string // string constants, by "directory/name"
	dir    string            // of the current file
	file   string            // the current file
	found  []text
}

// collect returns all texts that the programs can print.
func collect(t *testing.T) []text {
	c := &texts{consts: map[string]string{}}
	files := map[string]*ast.File{}
	for _, root := range programTrees {
		err := filepath.WalkDir("../"+root, func(path string, d fs.DirEntry, err error) error {
			path = strings.TrimPrefix(path, "../")
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || testOnly.MatchString(path) || forShells.MatchString(path) {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), "../"+path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			files[path] = file
			c.readConsts(filepath.Dir(path), file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, file := range files {
		c.file, c.dir = path, filepath.Dir(path)
		ast.Walk(c.within(""), file)
	}
	return c.found
}

func (c *texts) readConsts(dir string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != len(spec.Names) {
			return true
		}
		for i, v := range spec.Values {
			if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				c.consts[dir+"/"+spec.Names[i].Name], _ = strconv.Unquote(lit.Value)
			}
		}
		return true
	})
}

// visitor visits part of a file. place is the name of the function of which that part
// is an argument, or of the field or variable of which it is the value.
type visitor struct {
	*texts
	place string
}

func (c *texts) within(place string) visitor { return visitor{c, place} }

// frames maps a place to the message into which the code there puts a string, for which
// % stands; see rotate/trouble.go. The frame is empty where no string is a message.
var frames = map[string]string{
	"What":        "unable to %: {reason}",
	"rotate/what": "unable to %: {reason}",
	"trouble":     "unable to %, pausing: {reason}",
	"Failed":      "unable to %, pausing: {reason}",
	"syscall":     "unable to {what}: %", // the words for an errno

	"Help":  "", // parts of --help, which TestAnswers looks at
	"Head":  "",
	"Forms": "",
	"About": "",
	"Notes": "",

	"name":          "", // the names of steps are for readers of the source
	"closeStep":     "",
	"removeStep":    "",
	"rewriteStep":   "",
	"measureStep":   "",
	"giveBackStep":  "",
	"modeStep":      "",
	"syncNamesStep": "",

	"Getenv":     "",
	"HasPrefix":  "",
	"LoadZone":   "",
	"TrimPrefix": "",
}

func (v visitor) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return nil
	case *ast.Field: // without its tag, which is no text
		ast.Walk(v, n.Type)
		return nil
	case *ast.KeyValueExpr:
		switch key := n.Key.(type) {
		case *ast.Ident:
			return v.within(key.Name)
		case *ast.SelectorExpr:
			return v.within(v.expression(key.X))
		}
	case *ast.AssignStmt:
		if len(n.Lhs) != 1 {
			break
		}
		switch to := n.Lhs[0].(type) {
		case *ast.Ident:
			return v.within(v.dir + "/" + to.Name)
		case *ast.SelectorExpr:
			if to.Sel.Name == "trouble" {
				return v.within(to.Sel.Name)
			}
		}
	case *ast.CallExpr:
		v.call(n)
		return nil
	case *ast.BinaryExpr:
		if s, ok := v.render(n); ok && n.Op == token.ADD {
			v.add(s)
			v.callsIn(n)
			return nil
		}
	case *ast.BasicLit:
		if s, ok := v.render(n); ok {
			v.add(s)
		}
	}
	return v
}

// call visits a call of a function.
func (v visitor) call(call *ast.CallExpr) {
	name := called(call)
	args := v.within(name)
	rest := call.Args
	switch format := formatOf(name); {
	case format >= 0 && format < len(rest):
		v.add(v.formatted(call, format))
		rest, args = rest[format+1:], v
	case name == "troubleWith" && len(rest) == 3:
		verb, _ := v.render(rest[0])
		file, _ := v.render(rest[1])
		end, _ := v.render(rest[2])
		v.within("trouble").add(verb + "{directory}/" + file + end)
		return
	case name == "pendingTrouble" && len(rest) == 2:
		verb, _ := v.render(rest[0])
		end, _ := v.render(rest[1])
		v.within("trouble").add(verb + "{directory}/@LABEL.u" + end)
		return
	}
	for _, arg := range rest {
		ast.Walk(args, arg)
	}
	ast.Walk(v, call.Fun)
}

// callsIn visits the calls in a sum. The sum's literals are in its text already.
func (v visitor) callsIn(sum ast.Expr) {
	ast.Inspect(sum, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			v.call(call)
			return false
		}
		return true
	})
}

// add adds the text s, in the frame of its place.
func (v visitor) add(s string) {
	if frame, ok := frames[v.place]; ok {
		s = strings.ReplaceAll(frame, "%", s)
	}
	if words.MatchString(s) {
		v.found = append(v.found, text{v.file, s})
	}
}

// called returns the name of the function that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	case *ast.IndexExpr: // a generic function with its type
		return called(&ast.CallExpr{Fun: f.X})
	}
	return ""
}

// formatOf returns the index of the argument that is the format, or -1 if the function
// is none like those of package fmt.
func formatOf(name string) int {
	switch name {
	case "Errorf", "Sprintf", "Printf":
		return 0
	case "Fprintf", "Appendf":
		return 1
	}
	return -1
}

// verb matches a verb of package fmt.
var verb = regexp.MustCompile(`%[-+# 0]*[0-9*]*(\.[0-9*]+)?[a-zA-Z%]`)

// formatted returns a format with its arguments inserted.
func (v visitor) formatted(call *ast.CallExpr, format int) string {
	s, _ := v.render(call.Args[format])
	args := call.Args[format+1:]
	return verb.ReplaceAllStringFunc(s, func(verb string) string {
		if verb == "%%" || len(args) == 0 {
			return verb
		}
		arg := args[0]
		args = args[1:]
		s, _ := v.render(arg)
		return s
	})
}

// render returns a string expression as text. literal reports whether any part of it is
// a literal.
func (v visitor) render(e ast.Expr) (s string, literal bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			x, xl := v.render(e.X)
			y, yl := v.render(e.Y)
			return x + y, xl || yl
		}
	case *ast.ParenExpr:
		return v.render(e.X)
	case *ast.Ident:
		if s, ok := v.consts[v.dir+"/"+e.Name]; ok {
			return s, true
		}
	}
	return "{" + v.expression(e) + "}", false
}

// expression returns an inserted expression as the source has it.
func (v visitor) expression(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		if s, ok := v.consts[v.dir+"/"+e.Name]; ok {
			return s
		}
		return e.Name
	case *ast.SelectorExpr:
		return v.expression(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		var args []string
		for _, arg := range e.Args {
			args = append(args, v.expression(arg))
		}
		return v.expression(e.Fun) + "(" + strings.Join(args, ", ") + ")"
	case *ast.BasicLit:
		return e.Value
	case *ast.IndexExpr:
		return v.expression(e.X) + "[" + v.expression(e.Index) + "]"
	case *ast.BinaryExpr:
		return v.expression(e.X) + " " + e.Op.String() + " " + v.expression(e.Y)
	}
	return "..."
}
