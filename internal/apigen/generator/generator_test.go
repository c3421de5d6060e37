package generator_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/apigen/description"
	"cognate/internal/apigen/generator"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden generates code for a small description that has every kind of shape and operation.
func TestGolden(t *testing.T) {
	files := generate(t, "testdata/description.json")
	for name, got := range files {
		golden := filepath.Join("testdata/golden", strings.TrimSuffix(filepath.Base(name), ".go")+".golden")
		if *update {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(read(t, golden), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestCommitted fails if the description or the generator changed and go generate was not run.
func TestCommitted(t *testing.T) {
	t.Parallel()
	const dir = "../../../api"
	files := generate(t, filepath.Join(dir, "description/cognito-idp.json"))
	for name, want := range files {
		if got := read(t, filepath.Join(dir, name)); got != string(want) {
			t.Errorf("api/%s is not what the generator writes: run go generate ./api", name)
		}
	}
	committed, err := filepath.Glob(filepath.Join(dir, "*_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range committed {
		if name := filepath.Base(path); files[name] == nil {
			t.Errorf("api/%s is not a file of the generator: delete it", name)
		}
	}
}

func TestGenerateTwice(t *testing.T) {
	t.Parallel()
	first, second := generate(t, "testdata/description.json"), generate(t, "testdata/description.json")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same description gave two results:\n%s", diff)
	}
}

func TestGenerateErrors(t *testing.T) {
	t.Parallel()
	d := parse(t, "testdata/description.json")
	d.Shapes["CodeType"].Pattern = "("
	if files, err := generator.Generate(d); err == nil || files != nil || !strings.Contains(err.Error(), "pattern of CodeType") {
		t.Errorf("Generate(bad pattern) = %d files, %v", len(files), err)
	}
	d = parse(t, "testdata/description.json")
	d.Shapes["ThingType"].Members = slices.Repeat(d.Shapes["ThingType"].Members, 60)
	if files, err := generator.Generate(d); err == nil || files != nil || !strings.Contains(err.Error(), "more than 64 members") {
		t.Errorf("Generate(huge structure) = %d files, %v", len(files), err)
	}
}

func generate(t *testing.T, path string) map[string][]byte {
	t.Helper()
	files, err := generator.Generate(parse(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func parse(t *testing.T, path string) *description.Description {
	t.Helper()
	d, err := description.Parse([]byte(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
