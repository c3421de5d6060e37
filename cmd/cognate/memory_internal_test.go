package main

import (
	"math"
	"runtime/debug"
	"testing"
	"testing/fstest"
)

// folderOf returns a root folder with the files of control groups.
func folderOf(files map[string]string) fstest.MapFS {
	folder := make(fstest.MapFS)
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func TestContainerMemory(t *testing.T) {
	t.Parallel()
	const (
		groups  = "proc/self/cgroup"
		version = "sys/fs/cgroup/"
		none    = "9223372036854771712\n" // no limit in version 1
	)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"version 2, in a container", map[string]string{groups: "0::/\n", version + "memory.max": "536870912\n"}, 512 << 20},
		{"version 2, without a limit", map[string]string{groups: "0::/\n", version + "memory.max": "max\n"}, 0},
		{"version 2, a systemd unit", map[string]string{
			groups: "0::/system.slice/cognate.service\n", version + "system.slice/memory.max": "max\n",
			version + "system.slice/cognate.service/memory.max": "268435456\n",
		}, 256 << 20},
		{"version 2, a lower limit above", map[string]string{
			groups: "0::/kubepods/pod1/server\n", version + "kubepods/memory.max": "1073741824\n",
			version + "kubepods/pod1/memory.max": "134217728\n", version + "kubepods/pod1/server/memory.max": "536870912\n",
		}, 128 << 20},
		{"version 2, a limit above only", map[string]string{
			groups: "0::/pod1/server\n", version + "pod1/memory.max": "134217728\n", version + "pod1/server/memory.max": "max\n",
		}, 128 << 20},
		{"version 2, a group outside the container", map[string]string{groups: "0::/../other\n", version + "memory.max": "134217728\n"}, 128 << 20},
		{"version 1, in a container", map[string]string{
			groups: "5:cpu:/docker/1\n4:memory:/docker/1\n", version + "memory/memory.limit_in_bytes": "268435456\n",
		}, 256 << 20},
		{"version 1, without a limit", map[string]string{groups: "4:memory:/\n", version + "memory/memory.limit_in_bytes": none}, 0},
		{"version 1, a group with other controllers", map[string]string{
			groups: "4:cpu,memory:/server\n0::/\n", version + "memory/memory.limit_in_bytes": none,
			version + "memory/server/memory.limit_in_bytes": "268435456\n",
		}, 256 << 20},
		{"a named group", map[string]string{groups: "9:name=memory:/\n", version + "memory/memory.limit_in_bytes": "268435456\n"}, 0},
		{"no control groups", map[string]string{version + "memory.max": "536870912\n"}, 0},
		{"an unknown form", map[string]string{groups: "memory\n", version + "memory.max": "536870912\n"}, 0},
	} {
		if got := containerMemory(folderOf(c.files)); got != c.want {
			t.Errorf("%s: containerMemory() = %d, want %d", c.name, got, c.want)
		}
	}
}

// The collector gets nine tenths of the container's memory, without the caches of SQLite, unless the operator has set a limit.
func TestLimitMemory(t *testing.T) { // not parallel: the limit is that of the process
	container := folderOf(map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"})
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for _, c := range []struct {
		name, setting string
		system        fstest.MapFS
		caches, want  int64
	}{
		{"a container", "", container, 16 << 20, 1<<30*9/10 - 16<<20},
		{"caches that are larger than the container", "", container, 2 << 30, math.MaxInt64},
		{"no container", "", nil, 16 << 20, math.MaxInt64},
		{"a limit of the operator", "2GiB", container, 16 << 20, math.MaxInt64},
	} {
		t.Setenv("GOMEMLIMIT", c.setting)
		debug.SetMemoryLimit(math.MaxInt64) // none
		limitMemory(c.system, c.caches)
		if got := debug.SetMemoryLimit(-1); got != c.want {
			t.Errorf("%s: the limit is %d, want %d", c.name, got, c.want)
		}
	}
}
