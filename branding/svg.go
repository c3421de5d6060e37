package branding

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"cognate/internal/lazyregexp"
)

// svgElements are the elements of SVG that stay. They draw shapes and text. They run nothing, load nothing, and repeat nothing.
var svgElements = set(`circle clipPath defs desc ellipse g line linearGradient mask path polygon polyline radialGradient rect stop
	svg text title tspan`)

// svgAttributes are the attributes of SVG that stay.
var svgAttributes = set(`class clip-path clip-rule color cx cy d display dominant-baseline dx dy fill fill-opacity fill-rule
	font-family font-size font-style font-weight fx fy gradientTransform gradientUnits height id letter-spacing mask
	offset opacity pathLength points preserveAspectRatio r rotate rx ry shape-rendering spreadMethod stop-color stop-opacity
	stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width
	style text-anchor transform version viewBox visibility width x x1 x2 y y1 y2`)

func set(names string) map[string]bool {
	all := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		all[name] = true
	}
	return all
}

const (
	svgNamespace = "http://www.w3.org/2000/svg"
	maxSVGDepth  = 64
)

// localURL matches a reference to another element of the same image.
var localURL = lazyregexp.New(`url\(\s*["']?#[\w.-]+["']?\s*\)`)

var errNoSVG = errors.New("not an SVG image")

// cleanSVG returns an SVG image with only the elements and attributes that are allowed, written anew. An element that is not
// allowed goes with everything in it. It refuses document types and entities.
func cleanSVG(content []byte) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(content))
	d.Entity = nil // only the five entities of XML
	var out bytes.Buffer
	depth, hidden := 0, 0 // hidden is the depth in an element that is not allowed
	ended := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && ended {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, errNoSVG
		}
		switch token := token.(type) {
		case xml.Directive: // a document type
			return nil, errNoSVG
		case xml.StartElement:
			if depth == 0 && (ended || token.Name.Local != "svg" || !isSVGName(token.Name)) || depth == maxSVGDepth {
				return nil, errNoSVG
			}
			depth++
			if hidden > 0 || !isSVGName(token.Name) {
				hidden++
				continue
			}
			writeStart(&out, token, depth == 1)
		case xml.EndElement:
			depth--
			ended = depth == 0
			if hidden > 0 {
				hidden--
				continue
			}
			out.WriteString("</" + token.Name.Local + ">")
		case xml.CharData:
			if hidden == 0 && depth > 0 {
				escape(&out, string(token))
			}
		}
	}
}

func isSVGName(name xml.Name) bool {
	return (name.Space == "" || name.Space == svgNamespace) && svgElements[name.Local]
}

func writeStart(out *bytes.Buffer, element xml.StartElement, root bool) {
	out.WriteString("<" + element.Name.Local)
	if root {
		out.WriteString(` xmlns="` + svgNamespace + `"`)
	}
	for _, a := range element.Attr {
		if a.Name.Space != "" || !svgAttributes[a.Name.Local] || loads(a.Value) {
			continue
		}
		out.WriteString(" " + a.Name.Local + `="`)
		escape(out, a.Value)
		out.WriteString(`"`)
	}
	out.WriteString(">")
}

// loads reports whether the value of an attribute can name something outside of the image, or hide that it does.
func loads(value string) bool {
	value = strings.ToLower(localURL.ReplaceAllString(value, ""))
	return strings.ContainsAny(value, `\@<&`) || strings.Contains(value, "/*") || strings.Contains(value, ":/") ||
		strings.Contains(value, "url") || strings.Contains(value, "image") || strings.Contains(value, "src(") ||
		strings.Contains(value, "script") || strings.Contains(value, "expression")
}

func escape(out *bytes.Buffer, text string) {
	_ = xml.EscapeText(out, []byte(text)) // a buffer takes everything
}
