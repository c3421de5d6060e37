package notify

import (
	"html"
	"strings"
)

// placeholders are the values of the placeholders in a text, by name: "ip-address" for {ip-address}.
type placeholders map[string]string

// fill returns a text with the values, replaced in one pass, so that a value that looks like a placeholder stays as it is.
func (p placeholders) fill(text string) string {
	return p.fillWith(text, func(value string) string { return value })
}

// fillHTML is fill for an HTML text. Values are no markup.
func (p placeholders) fillHTML(text string) string { return p.fillWith(text, html.EscapeString) }

// toHTML returns a text without markup as HTML, with the values. A value that is a link can be clicked.
func (p placeholders) toHTML(text string) string {
	body := p.fillWith(html.EscapeString(text), func(value string) string {
		escaped := html.EscapeString(value)
		if strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://") {
			return `<a href="` + escaped + `">` + escaped + `</a>`
		}
		return escaped
	})
	return strings.ReplaceAll(body, "\n", "<br>\n")
}

func (p placeholders) fillWith(text string, write func(value string) string) string {
	pairs := make([]string, 0, 2*len(p))
	for name, value := range p {
		pairs = append(pairs, "{"+name+"}", write(value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
