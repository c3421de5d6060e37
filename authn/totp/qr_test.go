package totp_test

import (
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
	"github.com/google/go-cmp/cmp"

	"cognate/authn/totp"
)

const black, white = '#', '.'

func TestQR(t *testing.T) {
	t.Parallel()
	uri := totp.URI("Example", "alice@example.com", rfcSecret)
	want := expectedModules(t, uri)
	tests := []struct {
		name      string
		on        totp.Terminal
		ink       rune
		ground    rune
		sequences bool
	}{
		{"coloured", totp.Coloured, black, white, true},
		{"dark terminal", totp.Dark, white, black, false},
		{"light terminal", totp.Light, black, white, false},
	}
	for _, tt := range tests {
		got, err := totp.QR(uri, tt.on)
		if err != nil {
			t.Fatalf("QR(%s) = %v", tt.name, err)
		}
		if has := strings.Contains(got, "\x1b["); has != tt.sequences {
			t.Errorf("QR(%s) has ANSI sequences: %t, want %t", tt.name, has, tt.sequences)
		}
		if diff := cmp.Diff(want, seenModules(t, got, tt.ink, tt.ground)[:len(want)]); diff != "" {
			t.Errorf("QR(%s) shows other modules (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestQRTooLong(t *testing.T) {
	t.Parallel()
	if got, err := totp.QR(strings.Repeat("x", 5000), totp.Coloured); err == nil || got != "" {
		t.Errorf("QR(5000 bytes) = %d bytes, %v, want an error", len(got), err)
	}
}

// expectedModules returns the rows of text's code with four light modules around it.
func expectedModules(t *testing.T, text string) []string {
	t.Helper()
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	size := code.Bounds().Dx()
	edge := strings.Repeat(string(white), 4)
	blank := strings.Repeat(string(white), size+8)
	rows := []string{blank, blank, blank, blank}
	for y := range size {
		var row strings.Builder
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				row.WriteRune(black)
			} else {
				row.WriteRune(white)
			}
		}
		rows = append(rows, edge+row.String()+edge)
	}
	return append(rows, blank, blank, blank, blank)
}

// seenModules returns the rows of modules that drawn shows, if its characters have the colour ink on ground.
func seenModules(t *testing.T, drawn string, ink, ground rune) []string {
	t.Helper()
	var rows []string
	for line := range strings.Lines(drawn) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "\x1b[38;5;16;48;5;231m")
		line = strings.TrimSuffix(line, "\x1b[0m")
		above := strings.NewReplacer("█", string(ink), "▀", string(ink), "▄", string(ground), " ", string(ground))
		below := strings.NewReplacer("█", string(ink), "▄", string(ink), "▀", string(ground), " ", string(ground))
		rows = append(rows, above.Replace(line), below.Replace(line))
	}
	return rows
}
