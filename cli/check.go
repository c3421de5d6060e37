package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cognate/api"
	"cognate/cli/input"
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
			fmt.Fprintf(stderr, "%s: %v\n", file, err)
		}
		for _, p := range problems {
			text := p.Text
			if p.Path != "" {
				text = p.Path + ": " + text
			}
			fmt.Fprintf(stderr, "%s:%d: %s\n", file, p.Line, text)
		}
		if err != nil || len(problems) > 0 {
			result = ErrInvalid
			continue
		}
		if _, err := fmt.Fprintf(stdout, "%s: a valid input of %s\n", file, command); err != nil {
			return err
		}
	}
	return result
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
