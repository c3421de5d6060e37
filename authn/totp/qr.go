package totp

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Terminal says on what kind of terminal a QR code is drawn. Scanners need dark modules on a light ground.
type Terminal int

const (
	// Coloured sets black on white by ANSI sequences. It is right on any terminal, but not in a file.
	Coloured Terminal = iota
	// Dark is a terminal with light text on a dark ground; without ANSI sequences.
	Dark
	// Light is a terminal with dark text on a light ground; without ANSI sequences.
	Light
)

const (
	quietZone    = 4 // modules around the code; ISO/IEC 18004 section 5.3.8
	blackOnWhite = "\x1b[38;5;16;48;5;231m"
	plain        = "\x1b[0m"
)

// QR draws text, usually a URI, as lines of half-block characters with a quiet zone, two rows of modules per line. It fails
// if text is longer than a QR code holds (about 2,300 bytes).
func QR(text string, on Terminal) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("totp: draw QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var b strings.Builder
	for y := -quietZone; y < size+quietZone; y += 2 {
		drawLine(&b, code, y, on)
	}
	return b.String(), nil
}

func drawLine(b *strings.Builder, code image.Image, y int, on Terminal) {
	if on == Coloured {
		b.WriteString(blackOnWhite)
	}
	size := code.Bounds().Dx()
	for x := -quietZone; x < size+quietZone; x++ {
		// The text colour draws the dark modules of the code; on a dark terminal it draws the light modules.
		inkAbove := dark(code, x, y) != (on == Dark)
		inkBelow := dark(code, x, y+1) != (on == Dark)
		b.WriteRune(halfBlock(inkAbove, inkBelow))
	}
	if on == Coloured {
		b.WriteString(plain)
	}
	b.WriteByte('\n')
}

// dark reports whether a module is dark. Modules outside the code are light.
func dark(code image.Image, x, y int) bool {
	return image.Pt(x, y).In(code.Bounds()) && color.GrayModel.Convert(code.At(x, y)) == color.Gray{Y: 0}
}

func halfBlock(above, below bool) rune {
	switch {
	case above && below:
		return '█'
	case above:
		return '▀'
	case below:
		return '▄'
	default:
		return ' '
	}
}
