package main

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// flow says where values go in the code of the server. A node is an ssa.Value, a result of a function, or a *types.Var for a
// field of a structure: the field of all values of that type is one node. So a value that is stored in a user pool and read in
// another request has a path.
type flow struct {
	module   string // import path of the module
	packages map[string]*types.Package
	edges    map[any][]any
	read     map[*types.Var]bool                 // fields that are read
	used     map[any]bool                        // nodes that decide something: conditions, and arguments of code that is not followed
	methods  map[string][]*ssa.Function          // of the module, by name
	nouns    map[*types.Struct]bool              // structures of the API that are a part of a noun
	boxed    []*ssa.MakeInterface                // values that become interfaces
	dynamic  map[ssa.Value][]ssa.CallInstruction // calls of functions that are values
}

// result is a result of a function.
type result struct {
	function *ssa.Function
	index    int
}

// loadFlow follows the values in the functions below root that run for requests.
func loadFlow(root string) (*flow, error) {
	config := &packages.Config{Mode: packages.LoadSyntax | packages.NeedModule, Dir: root}
	loaded, err := packages.Load(config, "./...")
	if err != nil {
		return nil, fmt.Errorf("load packages: %w", err)
	}
	f := &flow{
		packages: make(map[string]*types.Package), edges: make(map[any][]any), read: make(map[*types.Var]bool),
		used: make(map[any]bool), nouns: make(map[*types.Struct]bool), dynamic: make(map[ssa.Value][]ssa.CallInstruction), methods: make(map[string][]*ssa.Function),
	}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("load %s: %w", p.PkgPath, p.Errors[0])
		}
		f.module = p.Module.Path
		f.packages[p.PkgPath] = p.Types
	}
	program, _ := ssautil.Packages(loaded, ssa.InstantiateGenerics)
	program.Build()
	var starts []*ssa.Function
	for function := range ssautil.AllFunctions(program) {
		if function.Signature.Recv() != nil && function.TypeParams() == nil && f.folder(function) != "" {
			f.methods[function.Name()] = append(f.methods[function.Name()], function)
		}
		if f.follows(function) && within(f.folder(function), "ops", "oauth", "server") {
			starts = append(starts, function)
		}
	}
	for function := range f.reachable(starts) {
		for _, block := range function.Blocks {
			for _, i := range block.Instrs {
				f.instruction(function, i)
			}
		}
	}
	f.linkDynamic()
	f.useWholes()
	scope := f.packages[f.module].Scope()
	for _, name := range scope.Names() {
		if noun, ok := scope.Lookup(name).(*types.TypeName); ok {
			f.partsOf(structOf(noun.Type()))
		}
	}
	return f, nil
}

// partsOf adds the structures of the API that are the types of the members.
func (f *flow) partsOf(s *types.Struct) {
	if s == nil {
		return
	}
	for field := range s.Fields() {
		inner := structOf(field.Type())
		if inner != nil && inner.NumFields() > 0 && inner.Field(0).Pkg().Path() == f.module+"/api" && !f.nouns[inner] {
			f.nouns[inner] = true
			f.partsOf(inner)
		}
	}
}

// folder returns the folder of a function in the module: "." for the root, "" if the function is not in the module.
func (f *flow) folder(function *ssa.Function) string {
	path := packageOf(function)
	if path == f.module {
		return "."
	}
	folder, inside := strings.CutPrefix(path, f.module+"/")
	if !inside {
		return ""
	}
	return folder
}

// packageOf returns the import path of a function's package; "" if it has none.
func packageOf(function *ssa.Function) string {
	for function.Parent() != nil {
		function = function.Parent()
	}
	if origin := function.Origin(); origin != nil {
		function = origin
	}
	switch {
	case function.Pkg != nil:
		return function.Pkg.Pkg.Path()
	case function.Object() != nil && function.Object().Pkg() != nil:
		return function.Object().Pkg().Path()
	}
	return ""
}

// within reports whether a folder is one of the folders or below one.
func within(folder string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return folder == f || strings.HasPrefix(folder, f+"/") })
}

// follows reports whether the values in a function are followed. It is not true for functions that cannot make a setting act:
// those of the store, which has no rules; the checks of nouns; the log; and what is not a part of `cognate serve`.
func (f *flow) follows(function *ssa.Function) bool {
	folder := f.folder(function)
	return folder != "" && function.Blocks != nil && !isCheck(folder, function) &&
		!within(folder, "store", "audit", "cli", "cmd", "devapi", "cognatetest", "internal")
}

// isCheck reports whether a function is the check of a noun before it is saved.
func isCheck(folder string, function *ssa.Function) bool {
	return folder == "." && (function.Name() == "Check" || function.Name() == "CheckChange")
}

// reachable returns the functions, and all functions that they name or can call.
func (f *flow) reachable(functions []*ssa.Function) map[*ssa.Function]bool {
	found := make(map[*ssa.Function]bool)
	for len(functions) > 0 {
		function := functions[len(functions)-1]
		functions = functions[:len(functions)-1]
		if found[function] || !f.follows(function) {
			continue
		}
		found[function] = true
		for _, block := range function.Blocks {
			for _, i := range block.Instrs {
				if call, ok := i.(ssa.CallInstruction); ok && call.Common().IsInvoke() {
					functions = append(functions, f.implementations(call.Common())...)
				}
				for _, operand := range i.Operands(nil) {
					if named, ok := (*operand).(*ssa.Function); ok {
						functions = append(functions, named)
					}
				}
			}
		}
	}
	return found
}

// implementations returns the methods of the module that a call of an interface can run.
func (f *flow) implementations(call *ssa.CallCommon) []*ssa.Function {
	target, ok := call.Value.Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var found []*ssa.Function
	for _, m := range f.methods[call.Method.Name()] {
		if types.Implements(m.Signature.Recv().Type(), target) {
			found = append(found, m)
		}
	}
	return found
}

func (f *flow) edge(from, to any) { f.edges[from] = append(f.edges[from], to) }

// instruction adds the edges of one instruction.
func (f *flow) instruction(function *ssa.Function, i ssa.Instruction) {
	operands := i.Operands(nil)
	switch i := i.(type) {
	case *ssa.Store:
		f.store(i)
	case *ssa.MapUpdate:
		f.edge(i.Key, i.Map)
		f.edge(i.Value, i.Map)
	case *ssa.FieldAddr:
		field := fieldOf(i.X.Type(), i.Field)
		f.edge(field, i)
		f.read[field] = f.read[field] || isRead(i)
	case *ssa.Field:
		field := fieldOf(i.X.Type(), i.Field)
		f.edge(field, i)
		f.read[field] = true
	case *ssa.If:
		if !isPresence(i.Cond) {
			f.used[i.Cond] = true
		}
	case *ssa.Return:
		for n, r := range i.Results {
			f.edge(r, result{function, n})
		}
	case *ssa.MakeClosure:
		closure := functionOf(i)
		for n, b := range i.Bindings {
			f.edge(b, closure.FreeVars[n])
		}
	case ssa.CallInstruction:
		f.call(i)
	case *ssa.Extract:
		f.extract(i)
	case ssa.Value: // all others compute a value from their operands
		for _, operand := range operands {
			f.edge(*operand, i)
		}
		switch i := i.(type) {
		case *ssa.UnOp:
			f.load(i)
		case *ssa.ChangeType:
			f.convert(i)
		case *ssa.MakeInterface:
			f.boxed = append(f.boxed, i)
		}
	}
}

func (f *flow) store(i *ssa.Store) {
	switch to := i.Addr.(type) {
	case *ssa.FieldAddr:
		f.edge(i.Val, fieldOf(to.X.Type(), to.Field))
	case *ssa.IndexAddr:
		f.edge(i.Val, to.X)
	default:
		f.edge(i.Val, to)
	}
}

// load connects a map with the field from which it is read, because what is put into the map is then in the field.
func (f *flow) load(i *ssa.UnOp) {
	if address, ok := i.X.(*ssa.FieldAddr); ok && isMap(i) {
		f.edge(i, fieldOf(address.X.Type(), address.Field))
	}
}

// convert connects the fields of two structures of which one is converted to the other.
func (f *flow) convert(i *ssa.ChangeType) {
	from, to := structOf(i.X.Type()), structOf(i.Type())
	if from == nil || to == nil {
		return
	}
	for n := range from.NumFields() {
		if from.Field(n) != to.Field(n) {
			f.edge(from.Field(n), to.Field(n))
			f.read[from.Field(n)] = true
		}
	}
}

func (f *flow) extract(i *ssa.Extract) {
	switch from := i.Tuple.(type) {
	case *ssa.Call:
		for _, callee := range f.callees(from.Common()) {
			f.edge(result{callee, i.Index}, i)
		}
		f.edge(from, i)
	case *ssa.Next:
		if i.Index > 0 { // 0 says whether there is an entry
			f.edge(from, i)
		}
	case *ssa.Lookup:
		f.edge(from.Index, i)
		if i.Index == 0 {
			f.edge(from.X, i)
		}
	default:
		if i.Index == 0 { // 1 says whether the value is there
			f.edge(from, i)
		}
	}
}

// callees returns the functions that a call can run, as far as they are known.
func (f *flow) callees(call *ssa.CallCommon) []*ssa.Function {
	if call.IsInvoke() {
		return f.implementations(call)
	}
	if callee := call.StaticCallee(); callee != nil {
		return []*ssa.Function{callee}
	}
	return nil
}

// transparent are the packages whose functions compute a value and do nothing else.
var transparent = []string{
	"bytes", "cmp", "context", "encoding", "errors", "fmt", "iter", "log", "maps", "net/url", "path", "regexp", "slices", "strconv", "strings",
	"sync", "time", "unicode",
}

func (f *flow) call(i ssa.CallInstruction) {
	call, value := i.Common(), i.Value()
	if builtin, ok := call.Value.(*ssa.Builtin); ok {
		f.builtin(builtin.Name(), call.Args, value)
		return
	}
	callees := f.callees(call)
	for _, callee := range callees {
		if folder := f.folder(callee); isCheck(folder, callee) || within(folder, "audit") {
			continue
		}
		if !f.follows(callee) || computes(callee) {
			f.unfollowed(call, value, f.follows(callee) || within(packageOf(callee), transparent...))
			continue
		}
		f.pass(call, value, callee)
	}
	switch {
	case callees != nil:
	case call.IsInvoke():
		f.unfollowed(call, value, false)
	default:
		f.dynamic[call.Value] = append(f.dynamic[call.Value], i)
	}
}

// pass adds a call of a function that is followed.
func (f *flow) pass(call *ssa.CallCommon, value *ssa.Call, callee *ssa.Function) {
	params := callee.Params[len(callee.Params)-len(call.Args):] // a call of an interface has no receiver in its arguments
	for n, arg := range call.Args {
		f.edge(arg, params[n])
		if isMap(arg) { // the function can put something into the map
			f.edge(params[n], arg)
		}
	}
	if value != nil {
		f.edge(result{callee, 0}, value)
	}
}

// computes reports whether a function only computes its result from its arguments. Each call of it has its own edges. Otherwise
// the arguments of all calls of a helper would come to the results of all calls.
func computes(function *ssa.Function) bool {
	if function.Signature.Results().Len() != 1 || function.Signature.Recv() != nil {
		return false
	}
	for _, block := range function.Blocks {
		for _, i := range block.Instrs {
			switch i := i.(type) {
			case *ssa.FieldAddr, *ssa.Field, *ssa.MapUpdate, *ssa.Send, *ssa.MakeClosure, *ssa.Go, *ssa.Defer, *ssa.MakeInterface:
				return false
			case *ssa.Call:
				_, builtin := i.Call.Value.(*ssa.Builtin)
				callee := i.Call.StaticCallee()
				if !builtin && (callee == nil || !within(packageOf(callee), transparent...)) {
					return false
				}
			}
		}
	}
	return true
}

func isMap(v ssa.Value) bool {
	_, ok := v.Type().Underlying().(*types.Map)
	return ok
}

// link is a call of a function that is a value, and a function that the value can be.
type link struct {
	call     ssa.CallInstruction
	function *ssa.Function
}

// linkDynamic connects the calls of functions that are values with the functions that come to them. A connection can let
// further functions come to other calls, so it repeats until there are no new ones.
func (f *flow) linkDynamic() {
	links, linked := make(map[link]bool), make(map[ssa.CallInstruction]bool)
	for before := -1; before != len(links); {
		before = len(links)
		for _, node := range slices.Collect(maps.Keys(f.edges)) {
			if value, ok := node.(ssa.Value); ok && functionOf(value) != nil && f.follows(functionOf(value)) {
				f.linkCalls(value, links)
			}
		}
	}
	for l := range links {
		linked[l.call] = true
	}
	for _, calls := range f.dynamic {
		for _, i := range calls {
			if !linked[i] {
				f.unfollowed(i.Common(), i.Value(), false)
			}
		}
	}
}

// linkCalls connects a function with the calls to which it comes, and adds the new connections to links.
func (f *flow) linkCalls(value ssa.Value, links map[link]bool) {
	function := functionOf(value)
	f.reaches(value, func(node any) bool {
		called, _ := node.(ssa.Value)
		for _, i := range f.dynamic[called] {
			l := link{i, function}
			if !links[l] && len(function.Params) == len(i.Common().Args) {
				links[l] = true
				f.pass(i.Common(), i.Value(), function)
			}
		}
		return false
	})
}

// unfollowed adds a call of code that is not followed. Its arguments, and the results of functions among them, can come to its
// value and to its first argument, for example a map or a hash. They decide something, unless the code only computes.
func (f *flow) unfollowed(call *ssa.CallCommon, value *ssa.Call, computes bool) {
	args := call.Args
	if call.IsInvoke() {
		args = append([]ssa.Value{call.Value}, args...)
	}
	for n, arg := range args {
		from := []any{arg}
		if function := functionOf(arg); function != nil {
			from = append(from, result{function, 0})
		}
		for _, node := range from {
			if value != nil {
				f.edge(node, value)
			}
			if n > 0 {
				f.edge(node, unboxed(args[0]))
			}
			if !computes {
				f.used[node] = true
			}
		}
	}
}

// unboxed returns the value that an interface was made from, if that is known.
func unboxed(v ssa.Value) ssa.Value {
	switch i := v.(type) {
	case *ssa.MakeInterface:
		return unboxed(i.X)
	case *ssa.ChangeInterface:
		return unboxed(i.X)
	}
	return v
}

// functionOf returns the function that a value is; nil if it is none or unknown.
func functionOf(v ssa.Value) *ssa.Function {
	switch v := v.(type) {
	case *ssa.Function:
		return v
	case *ssa.MakeClosure:
		return functionOf(v.Fn)
	}
	return nil
}

func (f *flow) builtin(name string, args []ssa.Value, value *ssa.Call) {
	switch name {
	case "append", "min", "max":
		for _, arg := range args {
			f.edge(arg, value)
		}
	case "copy":
		f.edge(args[1], args[0])
	}
}

// isRead reports whether the address of a field is used for something else than to set the field.
func isRead(address *ssa.FieldAddr) bool {
	return slices.ContainsFunc(*address.Referrers(), func(i ssa.Instruction) bool {
		store, ok := i.(*ssa.Store)
		return !ok || store.Addr != address
	})
}

// isPresence reports whether a condition only says whether a value is set.
func isPresence(condition ssa.Value) bool {
	switch c := condition.(type) {
	case *ssa.UnOp:
		return c.Op == token.NOT && isPresence(c.X)
	case *ssa.BinOp:
		return (c.Op == token.EQL || c.Op == token.NEQ) && (isZero(c.X) || isZero(c.Y))
	}
	return false
}

func isZero(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	if !ok {
		return false
	}
	if c.Value == nil {
		return true
	}
	switch c.Value.Kind() {
	case constant.String:
		return constant.StringVal(c.Value) == ""
	case constant.Int:
		return constant.Sign(c.Value) == 0
	}
	return false
}

func fieldOf(structure types.Type, n int) *types.Var {
	return structOf(structure).Field(n)
}

// structOf returns the structure that a type is, points to, or has as elements; nil if there is none.
func structOf(t types.Type) *types.Struct {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return u
	case *types.Pointer:
		return structOf(u.Elem())
	case *types.Slice:
		return structOf(u.Elem())
	case *types.Map:
		return structOf(u.Elem())
	}
	return nil
}

// useWholes marks the members of the structures that are used as a whole, for example because a trigger gets them as JSON. It
// does not look into inputs, outputs and nouns.
func (f *flow) useWholes() {
	for before := -1; before != len(f.used); { // a member that is used can let further values decide something
		before = len(f.used)
		for _, node := range slices.Collect(maps.Keys(f.used)) {
			if value, ok := node.(ssa.Value); ok {
				f.useMembers(value.Type())
			}
		}
		for _, i := range f.boxed {
			if f.acts(i) {
				f.useMembers(i.X.Type())
			}
		}
	}
}

func (f *flow) useMembers(t types.Type) {
	s := structOf(t)
	name := strings.TrimLeft(types.TypeString(t, nil), "*")
	if s == nil || strings.HasSuffix(name, "Input") || strings.HasSuffix(name, "Output") {
		return
	}
	for field := range s.Fields() {
		if !f.used[field] && strings.HasPrefix(field.Pkg().Path(), f.module+"/") {
			f.used[field] = true
			f.useMembers(field.Type())
		}
	}
}

// acts reports whether a value decides something.
func (f *flow) acts(node any) bool {
	return f.reaches(node, func(node any) bool { return f.used[node] })
}

// reaches reports whether a value can come to a node.
func (f *flow) reaches(from any, is func(any) bool) bool {
	seen := map[any]bool{from: true}
	for todo := []any{from}; len(todo) > 0; {
		node := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if is(node) {
			return true
		}
		for _, next := range f.edges[node] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return false
}
