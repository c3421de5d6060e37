# Runs an AWS CLI that is a Python script (the first argument) again and again. Each run is a fork after the imports,
# because imports take 80 percent of the run time.
# Each line of stdin is a run: {"args": […], "env": {…}, "stdout": path, "stderr": path}. The response is a line on
# stdout: the exit status.
import gc
import importlib
import json
import os
import runpy
import sys
import time


def preload():
    for name in ("clidriver", "handlers", "autoprompt.core", "formatter", "argprocess", "botocore.client"):
        importlib.import_module("awscli." + name)
    try:
        import distro
        distro.major_version()  # runs another program
    except ImportError:
        pass


def run(script, request, imported):
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ.update(imported)
    time.tzset()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for fd, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), fd)
    sys.argv = [script] + request["args"]
    status = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        status = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # without cleanup, which takes half of the run time


before = dict(os.environ)
preload()
gc.freeze()  # a garbage collection would copy the memory shared with forks
set_by_imports = {k: v for k, v in os.environ.items() if before.get(k) != v}
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run(sys.argv[1], json.loads(line), set_by_imports)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(status, flush=True)
