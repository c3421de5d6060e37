package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cognate/api"
	"cognate/cli/input"
	"cognate/cli/output"
)

// stdinFile is the name that means standard input.
const stdinFile = "-"

// ErrInvalid means that Check found problems and wrote them. It has no text of its own.
var ErrInvalid = errors.New("")

// Check validates input documents without sending them. It writes a line for each problem to stderr, as FILE:LINE: PATH:
// PROBLEM, and a line for each valid document to stdout. command is a command of `cognate cognito-idp`. A file is JSON, or
// YAML if its name ends in .yaml or .yml. The name "-" means stdin, which is YAML if it does not start like JSON.
// Errors: ErrInvalid; an error for an unknown command.
func Check(command string, files []string, stdin io.Reader, stdout, stderr io.Writer) error {
	op, ok := api.LookupCommand(command)
	if !ok {
		return mistyped(command)
	}
	var result error
	for _, file := range files {
		problems, err := checkFile(op, file, stdin)
		if err != nil {
			fmt.Fprintln(stderr, oneLine(fmt.Sprintf("%s: %v", file, err)))
		}
		for _, p := range problems {
			text := p.Text
			if p.Path != "" {
				text = p.Path + ": " + text
			}
			fmt.Fprintln(stderr, oneLine(fmt.Sprintf("%s:%d: %s", file, p.Line, text)))
		}
		if err != nil || len(problems) > 0 {
			result = ErrInvalid
			continue
		}
		if _, err := fmt.Fprintln(stdout, oneLine(file+": a valid input of "+command)); err != nil {
			return err
		}
	}
	return result
}

// oneLine returns text with escapes for line feeds and control characters. Names in a document could otherwise control the
// terminal, or write lines that a CI service takes as commands.
func oneLine(text string) string {
	return output.Printable(strings.ReplaceAll(text, "\n", `\n`))
}

func checkFile(op *api.Operation, file string, stdin io.Reader) ([]input.Problem, error) {
	extension := filepath.Ext(file)
	isYAML := extension == ".yaml" || extension == ".yml"
	var text []byte
	var err error
	if file == stdinFile {
		text, err = io.ReadAll(stdin)
		isYAML = !input.LooksLikeJSON(text)
	} else {
		text, err = os.ReadFile(file)
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	if err != nil {
		return nil, err
	}
	return input.Inspect(text, isYAML, op), nil
}
