"""Starts and ends servers with cognate_test."""

import signal
import subprocess
import sys

import pytest

import cognate_test


def test_context_manager_stops_the_server():
    with cognate_test.start() as server:
        server.clock()
    with pytest.raises(ConnectionError, match=f"No answer from cognate dev at {server.url}"):
        server.clock()


def test_missing_program():
    with pytest.raises(FileNotFoundError, match='The program "no-such-cognate" was not found. Install Cognate, or set'):
        cognate_test.start(binary="no-such-cognate")


def test_wrong_seed():
    with pytest.raises(RuntimeError, match="(?s)cognate dev: ended with status 2.*unknown member of CreateUserPool"):
        cognate_test.start(seed={"pools": [{"id": "us-east-1_A", "PoolNmae": "a"}]})


@pytest.mark.parametrize("ends", ["killed", "normal"])
def test_server_ends_with_the_process(ends):
    script = "import cognate_test; s = cognate_test.start(); print(s.url, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        server = cognate_test.attach(process.stdout.readline().strip())
        server.clock()
        if ends == "killed":
            process.send_signal(signal.SIGKILL)
        else:
            process.stdin.write("\n")
            process.stdin.close()
        process.wait()
    with pytest.raises(ConnectionError):
        while True:
            server.clock()
