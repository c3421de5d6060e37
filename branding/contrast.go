package branding

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cognate/internal/lazyregexp"
)

// minContrast is the least contrast between a text and its background. Source: WCAG 2.2, success criterion 1.4.3.
const minContrast = 4.5

// rgb is a color: red, green and blue from 0 to 1.
type rgb [3]float64

// over returns the color of 8 hex digits, the last two of which are the opacity, on a background.
func over(hex string, background rgb) rgb {
	const opaque, digits, bits = 255, 8, 64
	n, err := strconv.ParseUint(hex, 16, bits)
	if err != nil || len(hex) != digits {
		return background
	}
	alpha := float64(n&opaque) / opaque
	var c rgb
	for i, shift := range []int{24, 16, 8} {
		c[i] = float64(n>>shift&opaque)/opaque*alpha + background[i]*(1-alpha)
	}
	return c
}

// luminance returns the relative luminance of a color. Source: WCAG 2.2, "relative luminance".
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast returns the contrast ratio of two colors. Source: WCAG 2.2, "contrast ratio".
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// readable are the texts of pages, each with its background, which is on the form; "" for the form itself.
var readable = []struct{ text, background string }{
	{"components.pageText.*.headingColor", ""},
	{"components.pageText.*.bodyColor", ""},
	{"components.pageText.*.bodyColor", "components.alert.*.error.backgroundColor"},
	{"components.pageText.*.bodyColor", "componentClasses.statusIndicator.*.success.backgroundColor"},
	{"components.pageText.*.bodyColor", "componentClasses.input.*.defaults.backgroundColor"},
	{"components.pageText.*.descriptionColor", ""},
	{"componentClasses.inputLabel.*.textColor", ""},
	{"componentClasses.inputDescription.*.textColor", ""},
	{"componentClasses.link.*.defaults.textColor", ""},
	{"componentClasses.link.*.hover.textColor", ""},
	{"components.primaryButton.*.defaults.textColor", "components.primaryButton.*.defaults.backgroundColor"},
	{"components.primaryButton.*.hover.textColor", "components.primaryButton.*.hover.backgroundColor"},
	{"components.primaryButton.*.active.textColor", "components.primaryButton.*.active.backgroundColor"},
	{"components.secondaryButton.*.defaults.textColor", "components.secondaryButton.*.defaults.backgroundColor"},
	{"components.secondaryButton.*.hover.textColor", "components.secondaryButton.*.hover.backgroundColor"},
	{"components.secondaryButton.*.active.textColor", "components.secondaryButton.*.active.backgroundColor"},
}

// canvases are the colors of a browser under a page.
var canvases = map[Mode]rgb{Light: {1, 1, 1}, Dark: {0, 0, 0}}

// LowContrast returns the colors of a login style for texts that are hard to read on their background, each with its ratio:
// "components.primaryButton.lightMode.defaults.textColor 1.7".
func (s *Style) LowContrast() (low []string) {
	for _, mode := range s.modes() {
		form := canvases[mode]
		for _, layer := range []string{"components.pageBackground.*.color", "components.form.*.backgroundColor"} {
			form = over(s.Color(layer, mode), form)
		}
		for _, r := range readable {
			background := form
			if r.background != "" {
				background = over(s.Color(r.background, mode), form)
			}
			if ratio := contrast(over(s.Color(r.text, mode), background), background); ratio < minContrast {
				low = append(low, fmt.Sprintf("%s %.1f", strings.Replace(r.text, modeSign, string(mode), 1), ratio))
			}
		}
	}
	return low
}

// modes returns the modes that pages can have.
func (s *Style) modes() []Mode {
	switch s.Word("categories.global.colorSchemeMode") {
	case "LIGHT":
		return []Mode{Light}
	case "DARK":
		return []Mode{Dark}
	default:
		return []Mode{Light, Dark}
	}
}

// A rule of clean CSS with its selectors, and colors in hex digits.
var (
	cssRule       = lazyregexp.New(`([^{}]+)\{([^{}]*)\}`)
	cssColor      = lazyregexp.New(`(?:^|;)color:#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b`)
	cssBackground = lazyregexp.New(`(?:^|;)background(?:-color)?:#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b`)
)

// LowContrast returns the rules of CSS from CleanCSS that set a text and its background in hex digits, and are hard to read, each
// with its ratio.
func LowContrast(clean string) (low []string) {
	for _, rule := range cssRule.FindAllStringSubmatch(clean, -1) {
		text, background := cssColor.FindStringSubmatch(rule[2]), cssBackground.FindStringSubmatch(rule[2])
		if text == nil || background == nil {
			continue
		}
		if ratio := contrast(over(eightDigits(text[1]), rgb{}), over(eightDigits(background[1]), rgb{})); ratio < minContrast {
			low = append(low, fmt.Sprintf("%s %.1f", strings.TrimSpace(rule[1]), ratio))
		}
	}
	return low
}

func eightDigits(hex string) string {
	const short = 3
	if len(hex) == short {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	return hex + "ff"
}
