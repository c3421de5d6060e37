package main

import (
	"fmt"
	"os"

	"cognate/web/login"
)

// loginPages returns the files of the login pages: those in a folder, and those of the program. folder is "" without one.
func loginPages(folder string) (*login.Files, error) {
	if folder == "" {
		return login.ProgramFiles(), nil
	}
	root, err := os.Stat(folder)
	switch {
	case err != nil:
		return nil, fmt.Errorf("login_pages: %w", err)
	case !root.IsDir():
		return nil, fmt.Errorf("login_pages: %s is not a folder", folder)
	}
	files, err := login.LoadFiles(os.DirFS(folder))
	if err != nil {
		var found problems
		found.addEach(err)
		for i, problem := range found.Problems {
			found.Problems[i] = "login_pages: " + problem
		}
		return nil, found.Problems
	}
	return files, nil
}
