// Command apigen generates package api from the API description. It does not fetch anything from AWS.
//
//	apigen                       write api/*_gen.go from api/description/cognito-idp.json
//	apigen import FACTS [DATE]   write api/description/cognito-idp.json from a facts file
//
// DATE is the day on which the facts were collected (2006-01-02). The default is the modification date of FACTS.
// Run it in the root of the repository or in api. go generate runs it in api.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cognate/internal/apigen/description"
	"cognate/internal/apigen/generator"
	"cognate/internal/apigen/importer"
)

const descriptionFile = "description/cognito-idp.json"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	dir, err := apiDir()
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return generate(dir)
	case args[0] == "import" && len(args) == 2:
		return importFacts(dir, args[1], "")
	case args[0] == "import" && len(args) == 3:
		return importFacts(dir, args[1], args[2])
	}
	return errors.New("usage: apigen [import FACTS [DATE]]")
}

// apiDir returns the directory of package api, relative to the working directory.
func apiDir() (string, error) {
	for _, dir := range []string{".", "api"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.Dir(descriptionFile))); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("run apigen in the root of the repository or in api: no %s here", filepath.Dir(descriptionFile))
}

func generate(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, descriptionFile))
	if err != nil {
		return err
	}
	d, err := description.Parse(data)
	if err != nil {
		return err
	}
	files, err := generator.Generate(d)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func importFacts(dir, path, date string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	date = cmp.Or(date, info.ModTime().UTC().Format(time.DateOnly))
	d, err := importer.Import(data, date)
	if err != nil {
		return err
	}
	out, err := d.Format()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, descriptionFile), out, 0o644)
}
