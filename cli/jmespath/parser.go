// Package jmespath owns the query language of --query: its parser and its evaluation on ordered documents. The order of
// members in a result is that of the expression, which implementations on Go maps do not preserve. It does not read or
// print documents.
//
// Source: jmespath.org, "JMESPath Specification". Strings can also be ordered, as in the AWS CLI.
package jmespath

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Query is a compiled expression.
type Query struct{ root node }

// Compile parses an expression. Errors: *SyntaxError.
func Compile(expression string) (*Query, error) {
	if expression == "" {
		return nil, &SyntaxError{"Invalid JMESPath expression: cannot be empty."}
	}
	tokens, err := lex(expression)
	if err != nil {
		return nil, err
	}
	p := &parser{expression: expression, tokens: tokens}
	root, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	if p.peek() != end {
		t := p.tokens[p.index]
		return nil, p.wrong(t, "Unexpected token: "+t.text)
	}
	return &Query{root}, nil
}

// Search evaluates the query on a document value. The result may share values with it.
// Errors: *FunctionError.
func (q *Query) Search(value any) (any, error) { return q.root.eval(value) }

// Binding powers: an operand contains the operators that bind more strongly.
var bindingPower = map[kind]int{
	pipe: 1, or: 2, and: 3,
	equal: 5, unequal: 5, less: 5, lessEqual: 5, greater: 5, greaterEqual: 5,
	flatten: 9, star: 20, filter: 21, dot: 40, not: 45, leftBrace: 50, leftBracket: 55, leftParen: 60,
}

// endsProjection: a token with a lower power ends the expression that a projection applies to.
const endsProjection = 10

// maxDepth is the largest nesting depth of expressions.
const maxDepth = 500

type parser struct {
	expression string
	tokens     []token
	index      int
	depth      int
}

func (p *parser) peek() kind { return p.tokens[p.index].kind }

func (p *parser) peekSecond() kind {
	return p.tokens[min(p.index+1, len(p.tokens)-1)].kind
}

func (p *parser) advance() token {
	t := p.tokens[p.index]
	if t.kind != end {
		p.index++
	}
	return t
}

func (p *parser) expect(k kind) (token, error) {
	if t := p.tokens[p.index]; t.kind != k {
		return token{}, p.wrong(t, fmt.Sprintf("Expecting: %s, got: %s", kindNames[k], kindNames[t.kind]))
	}
	return p.advance(), nil
}

// expecting returns the error for an unexpected token.
func (p *parser) expecting(t token, expected ...kind) error {
	names := make([]string, len(expected))
	for i, k := range expected {
		names[i] = "'" + kindNames[k] + "'"
	}
	reason := fmt.Sprintf("Expecting: [%s], got: %s", strings.Join(names, ", "), kindNames[t.kind])
	return &SyntaxError{p.parseError(t, reason)}
}

func (p *parser) parseError(t token, reason string) string {
	return fmt.Sprintf("%s: Parse error at column %d, token \"%s\" (%s), for expression:\n\"%s\"\n%s",
		reason, t.start, t.text, strings.ToUpper(kindNames[t.kind]), p.expression, caret(t.start+1))
}

func (p *parser) unexpected(t token) error { return p.wrong(t, "invalid token") }

func (p *parser) wrong(t token, reason string) error {
	if t.kind == end {
		return &SyntaxError{fmt.Sprintf("Invalid jmespath expression: Incomplete expression:\n\"%s\"\n%s",
			p.expression, caret(t.start+1))}
	}
	return &SyntaxError{p.parseError(t, reason)}
}

// kindNames has the names of tokens in messages.
var kindNames = map[kind]string{
	end: "eof", name: "unquoted_identifier", quotedName: "quoted_identifier", literal: "literal", number: "number", dot: "dot",
	star: "star", flatten: "flatten", filter: "filter", leftBracket: "lbracket", rightBracket: "rbracket",
	leftBrace: "lbrace", rightBrace: "rbrace", leftParen: "lparen", rightParen: "rparen", comma: "comma", colon: "colon",
	pipe: "pipe", or: "or", and: "and", not: "not", current: "current", expref: "expref", equal: "eq", unequal: "ne",
	less: "lt", lessEqual: "lte", greater: "gt", greaterEqual: "gte",
}

func (p *parser) parse(least int) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, lexError(p.expression, "Nested too deeply", p.tokens[p.index].start)
	}
	defer func() { p.depth-- }()
	left, err := p.prefix(p.advance())
	for err == nil && least < bindingPower[p.peek()] {
		left, err = p.infix(p.advance(), left)
	}
	return left, err
}

// prefix parses the start of an expression.
func (p *parser) prefix(t token) (node, error) {
	switch t.kind {
	case literal:
		return constant{t.value}, nil
	case name:
		return field(t.text), nil
	case quotedName:
		if p.peek() == leftParen {
			return nil, p.unexpected(p.tokens[p.index])
		}
		return field(t.text), nil
	case star:
		return p.project(identity{}, valuesOf)
	case filter:
		return p.filter(identity{})
	case leftBrace:
		return p.multiHash()
	case leftParen:
		return p.group()
	case flatten:
		return p.project(flat{identity{}}, itself)
	case not:
		inner, err := p.parse(bindingPower[not])
		return negation{inner}, err
	case leftBracket:
		return p.bracket()
	case current:
		return identity{}, nil
	case expref:
		inner, err := p.parse(0)
		return reference{inner}, err
	}
	return nil, p.unexpected(t)
}

func (p *parser) group() (node, error) {
	inner, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	_, err = p.expect(rightParen)
	return inner, err
}

// bracket parses the part after a "[" at the start of an expression.
func (p *parser) bracket() (node, error) {
	switch {
	case p.peek() == number || p.peek() == colon:
		return p.indexed(identity{})
	case p.peek() == star && p.peekSecond() == rightBracket:
		p.index += 2
		return p.project(identity{}, itself)
	}
	return p.multiList()
}

// infix parses the part after an expression.
func (p *parser) infix(t token, left node) (node, error) {
	switch t.kind {
	case dot:
		if p.peek() == star {
			p.advance()
			return p.project(left, valuesOf)
		}
		right, err := p.afterDot(bindingPower[dot])
		return chain{left, right}, err
	case pipe:
		right, err := p.parse(bindingPower[pipe])
		return chain{left, right}, err
	case or:
		right, err := p.parse(bindingPower[or])
		return either{left, right}, err
	case and:
		right, err := p.parse(bindingPower[and])
		return both{left, right}, err
	case leftParen:
		return p.call(t, left)
	case filter:
		return p.filter(left)
	case flatten:
		return p.project(flat{left}, itself)
	case leftBracket:
		if p.peek() == star {
			p.advance()
			if _, err := p.expect(rightBracket); err != nil {
				return nil, err
			}
			return p.project(left, itself)
		}
		if k := p.peek(); k != number && k != colon {
			_, err := p.expect(star)
			return nil, err
		}
		return p.indexed(left)
	}
	if t.kind >= equal {
		right, err := p.parse(bindingPower[t.kind])
		return comparison{t.kind, left, right}, err
	}
	return nil, p.unexpected(t)
}

func (p *parser) call(t token, left node) (node, error) {
	called, ok := left.(field)
	if !ok || p.tokens[p.index-2].kind != name {
		return nil, p.unexpected(t)
	}
	var args []node
	for p.peek() != rightParen {
		arg, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		if p.peek() == comma {
			p.advance()
		} else if p.peek() != rightParen {
			return nil, p.unexpected(p.tokens[p.index])
		}
	}
	p.advance()
	return function{string(called), args}, nil
}

// indexed parses the inside of [n] and [a:b:c] and the closing bracket.
func (p *parser) indexed(left node) (node, error) {
	var parts [3]*int64
	colons := 0
	for p.peek() != rightBracket {
		switch t := p.advance(); t.kind {
		case colon:
			if colons++; colons == len(parts) {
				return nil, p.wrong(t, "syntax error")
			}
		case number:
			n := clamped(t.value)
			parts[colons] = &n
			if k := p.peek(); k != rightBracket && k != colon {
				_, err := p.expect(rightBracket)
				return nil, err
			}
		default:
			return nil, p.unexpected(t)
		}
	}
	t, err := p.expect(rightBracket)
	if err != nil {
		return nil, err
	}
	if colons > 0 {
		return p.project(slicing{left, parts}, itself)
	}
	if parts[0] == nil {
		return nil, p.unexpected(t)
	}
	return entry{left, *parts[0]}, nil
}

// clamped returns an integer as int64. An integer outside int64 becomes the nearest int64, which is beyond the end of
// every list.
func clamped(value any) int64 {
	switch n := value.(type) {
	case int64:
		return min(max(n, -math.MaxInt32), math.MaxInt32)
	case *big.Int:
		return int64(n.Sign()) * math.MaxInt32
	}
	return math.MaxInt32
}

func (p *parser) filter(left node) (node, error) {
	condition, err := p.parse(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.expect(rightBracket); err != nil {
		return nil, err
	}
	right := node(identity{})
	if p.peek() != flatten {
		if right, err = p.projected(bindingPower[filter]); err != nil {
			return nil, err
		}
	}
	return projection{left, right, itself, condition}, nil
}

// project returns a projection: it applies the following expression to each value that entries finds in left.
func (p *parser) project(left node, entries func(any) ([]any, bool)) (node, error) {
	right, err := p.projected(bindingPower[star])
	return projection{left, right, entries, nil}, err
}

// projected parses the expression that a projection applies to each entry.
func (p *parser) projected(least int) (node, error) {
	switch k := p.peek(); {
	case bindingPower[k] < endsProjection:
		return identity{}, nil
	case k == leftBracket || k == filter:
		return p.parse(least)
	case k == dot:
		p.advance()
		return p.afterDot(least)
	}
	return nil, p.unexpected(p.tokens[p.index])
}

func (p *parser) afterDot(least int) (node, error) {
	switch p.peek() {
	case name, quotedName, star:
		return p.parse(least)
	case leftBracket:
		p.advance()
		return p.multiList()
	case leftBrace:
		p.advance()
		return p.multiHash()
	}
	return nil, p.expecting(p.tokens[p.index], quotedName, name, leftBracket, leftBrace)
}

func (p *parser) multiList() (node, error) {
	var list multiList
	for {
		item, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		if p.peek() == rightBracket {
			p.advance()
			return list, nil
		}
		if _, err := p.expect(comma); err != nil {
			return nil, err
		}
	}
}

func (p *parser) multiHash() (node, error) {
	var hash multiHash
	for {
		key := p.advance()
		if key.kind != name && key.kind != quotedName {
			return nil, p.expecting(key, quotedName, name)
		}
		if _, err := p.expect(colon); err != nil {
			return nil, err
		}
		value, err := p.parse(0)
		if err != nil {
			return nil, err
		}
		hash = append(hash, pair{key.text, value})
		if p.peek() == rightBrace {
			p.advance()
			return hash, nil
		}
		if _, err := p.expect(comma); err != nil {
			return nil, err
		}
	}
}
