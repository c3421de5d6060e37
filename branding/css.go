package branding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"cognate/api"
)

// maxCSS is the maximum length of the CSS of the hosted UI, in bytes. Source: docs/behaviour.md §5.8.
const maxCSS = 3 << 10

// states has the classes that CSS may style, each with the pseudo-classes of its element. Source: docs/behaviour.md §5.8.
var states = map[string][]string{
	"background-customizable":             nil,
	"banner-customizable":                 nil,
	"errorMessage-customizable":           nil,
	"idpButton-customizable":              {"hover"},
	"idpDescription-customizable":         nil,
	"inputField-customizable":             {"focus"},
	"label-customizable":                  nil,
	"legalText-customizable":              nil,
	"logo-customizable":                   nil,
	"passwordCheck-notValid-customizable": nil,
	"passwordCheck-valid-customizable":    nil,
	"redirect-customizable":               nil,
	"socialButton-customizable":           nil,
	"submitButton-customizable":           {"hover"},
	"textDescription-customizable":        nil,
}

// properties are the CSS properties that a page accepts. They change how an element looks. They cannot move it over another
// one, add text, or load anything.
// Assumed: CSS of the hosted UI may set the properties of colours, borders, fonts, sizes, margins, padding and alignment.
var properties = sync.OnceValue(func() map[string]bool {
	all := make(map[string]bool)
	for name := range strings.FieldsSeq(`background background-color border border-collapse border-color border-radius
		border-style border-width box-shadow box-sizing color display font font-family font-size font-style font-variant
		font-weight height letter-spacing line-height margin max-height max-width min-height min-width opacity outline
		outline-color outline-offset outline-style outline-width padding text-align text-decoration text-decoration-color
		text-decoration-line text-decoration-style text-indent text-shadow text-transform vertical-align visibility
		white-space width word-break word-spacing`) {
		all[name] = true
	}
	for _, side := range []string{"top", "right", "bottom", "left"} {
		for _, name := range []string{"margin-%s", "padding-%s", "border-%s", "border-%s-color", "border-%s-style", "border-%s-width"} {
			all[fmt.Sprintf(name, side)] = true
		}
	}
	for _, corner := range []string{"top-left", "top-right", "bottom-left", "bottom-right"} {
		all["border-"+corner+"-radius"] = true
	}
	return all
})

// functions are the CSS functions that a value may have. None of them loads anything.
var functions = []string{"rgb(", "rgba(", "hsl(", "hsla(", "calc(", "linear-gradient(", "radial-gradient("}

// valueTokens are the tokens that a value may have, apart from functions and strings.
var valueTokens = []css.TokenType{
	css.IdentToken, css.HashToken, css.DelimToken, css.NumberToken, css.PercentageToken, css.DimensionToken,
	css.CommaToken, css.LeftParenthesisToken, css.RightParenthesisToken, css.WhitespaceToken,
}

// CleanCSS checks the CSS of the hosted UI. It returns the same rules written anew, without comments, so that a page contains
// only what was understood. Errors: InvalidParameterException.
// Assumed: the texts of all refusals of CSS.
func CleanCSS(text string) (string, error) {
	if len(text) > maxCSS {
		return "", api.InvalidParameterException("The CSS must not be larger than 3 KB.")
	}
	clean, err := cleanRules(text)
	if err != nil {
		return "", api.InvalidParameterException("Invalid CSS: " + err.Error())
	}
	return clean, nil
}

// refused are characters that no accepted rule needs. A backslash can hide a name from a check, and "<" can end the element
// that holds the rules.
const refused = "\\<\x00"

var errUnparsable = errors.New("it cannot be parsed")

func cleanRules(text string) (string, error) {
	if i := strings.IndexAny(text, refused); i >= 0 {
		return "", fmt.Errorf("the character %q is not allowed", text[i])
	}
	p := css.NewParser(parse.NewInputString(text), false)
	var out strings.Builder
	inRule := false
	for {
		grammar, _, data := p.Next()
		if p.HasParseError() {
			return "", errUnparsable
		}
		switch grammar {
		case css.ErrorGrammar:
			if !errors.Is(p.Err(), io.EOF) {
				return "", errUnparsable
			}
			return out.String(), nil
		case css.CommentGrammar:
		case css.BeginRulesetGrammar:
			if inRule {
				return "", errors.New("a rule is in another rule")
			}
			selectors, err := cleanSelectors(p.Values())
			if err != nil {
				return "", err
			}
			inRule = true
			out.WriteString(selectors + "{")
		case css.DeclarationGrammar:
			declaration, err := cleanDeclaration(string(data), p.Values())
			if err != nil {
				return "", err
			}
			out.WriteString(declaration)
		case css.EndRulesetGrammar:
			inRule = false
			out.WriteString("}\n")
		case css.AtRuleGrammar, css.BeginAtRuleGrammar:
			return "", fmt.Errorf("%s is not allowed", data)
		default:
			return "", errors.New("only rules for classes are allowed")
		}
	}
}

// cleanSelectors returns a list of selectors. Each is one class of states, with or without one of its pseudo-classes.
func cleanSelectors(tokens []css.Token) (string, error) {
	var text bytes.Buffer
	for _, t := range tokens {
		text.Write(t.Data)
	}
	var list []string
	for selector := range strings.SplitSeq(text.String(), ",") {
		selector = strings.TrimSpace(selector)
		class, pseudo, hasPseudo := strings.Cut(selector, ":")
		name, isClass := strings.CutPrefix(class, ".")
		pseudos, known := states[name]
		if !isClass || !known || hasPseudo && !slices.Contains(pseudos, pseudo) {
			return "", fmt.Errorf("the selector %s is not allowed", selector)
		}
		list = append(list, selector)
	}
	return strings.Join(list, ","), nil
}

func cleanDeclaration(property string, values []css.Token) (string, error) {
	property = strings.ToLower(property)
	if !properties()[property] {
		return "", fmt.Errorf("the property %s is not allowed", property)
	}
	var value strings.Builder
	open := 0
	for _, t := range values {
		switch t.TokenType {
		case css.CommentToken:
			continue
		case css.FunctionToken:
			if !slices.Contains(functions, strings.ToLower(string(t.Data))) {
				return "", fmt.Errorf("the function %s) is not allowed", t.Data)
			}
			open++
		case css.StringToken:
			if n := len(t.Data); n < len(`""`) || t.Data[n-1] != t.Data[0] { // the text ends in the string
				return "", errUnparsable
			}
		case css.LeftParenthesisToken:
			open++
		case css.RightParenthesisToken:
			open--
		default:
			if !slices.Contains(valueTokens, t.TokenType) {
				return "", fmt.Errorf("the value of %s is not allowed", property)
			}
		}
		value.Write(t.Data)
	}
	if open != 0 || strings.TrimSpace(value.String()) == "" {
		return "", fmt.Errorf("the value of %s is not allowed", property)
	}
	return property + ":" + strings.TrimSpace(value.String()) + ";", nil
}
