package totp

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Terminal says what a QR code is drawn on. Scanners want dark on light, so the drawing has to know.
type Terminal int

const (
	// Coloured sets black on white itself, by ANSI sequences: right on any terminal, not in a file.
	Coloured Terminal = iota
	// Dark is light text on a dark ground, without ANSI sequences.
	Dark
	// Light is dark text on a light ground, without ANSI sequences.
	Light
)

const (
	quietZone    = 4 // modules around the code; ISO/IEC 18004 section 5.3.8
	blackOnWhite = "\x1b[38;5;16;48;5;231m"
	plain        = "\x1b[0m"
)

// QR draws text, usually a URI, as lines of half-block characters with a quiet zone, two rows of modules to a line.
// It fails if text is longer than a QR code holds (about 2,300 bytes).
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
		// What is written in the text's colour: the code's dark modules, but on a dark terminal its light ones.
		inkAbove := dark(code, x, y) != (on == Dark)
		inkBelow := dark(code, x, y+1) != (on == Dark)
		b.WriteRune(halfBlock(inkAbove, inkBelow))
	}
	if on == Coloured {
		b.WriteString(plain)
	}
	b.WriteByte('\n')
}

// dark tells of a module whether it is dark; those outside of the code are not.
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
