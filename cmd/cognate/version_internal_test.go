package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestRecordedBuild(t *testing.T) {
	t.Parallel()
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.time", Value: "2030-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: modified},
		}
	}
	for what, c := range map[string]struct {
		info debug.BuildInfo
		want build
	}{
		"a commit":                 {debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-1-a"}, Settings: vcs("false")}, build{"v0.0.0-1-a", "0123abc", "2030-01-02T03:04:05Z"}},
		"a commit and changes":     {debug.BuildInfo{Main: debug.Module{Version: "v1.0.0+dirty"}, Settings: vcs("true")}, build{"v1.0.0+dirty", "0123abc+dirty", "2030-01-02T03:04:05Z"}},
		"no version":               {debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: vcs("false")}, build{"devel", "0123abc", "2030-01-02T03:04:05Z"}},
		"a release as a module":    {debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, build{version: "v1.2.3"}},
		"a build without a commit": {debug.BuildInfo{}, build{version: "devel"}},
	} {
		if got := recordedBuild(&c.info); got != c.want {
			t.Errorf("recordedBuild(%s) = %+v, want %+v", what, got, c.want)
		}
	}
}

// Programs read the JSON object, so its names and what is absent never change.
func TestJSONVersion(t *testing.T) {
	t.Parallel()
	rest := `"go":"` + runtime.Version() + `","os":"` + runtime.GOOS + `","arch":"` + runtime.GOARCH + `"}`
	for want, b := range map[string]build{
		`{"version":"v1.2.3","commit":"0123abc","date":"2030-01-02T03:04:05Z",` + rest: {"v1.2.3", "0123abc", "2030-01-02T03:04:05Z"},
		`{"version":"devel",` + rest: {version: "devel"},
	} {
		if got, err := json.Marshal(jsonVersion(b)); err != nil || string(got) != want {
			t.Errorf("jsonVersion(%v) = %s, %v, want %s", b, got, err, want)
		}
	}
}
