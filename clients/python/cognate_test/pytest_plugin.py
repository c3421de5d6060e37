"""Fixtures for pytest. pytest loads them if the package is installed."""

from __future__ import annotations

import os
from typing import Callable, Iterator, Union

import pytest

from . import Cognate, Fork, Seed, attach, start


@pytest.fixture(scope="session")
def cognate_seed() -> Union[str, Seed, None]:
    """The seed of the server. Override it in conftest.py, with scope="session"."""
    return None


@pytest.fixture(scope="session")
def cognate(cognate_seed: Union[str, Seed, None]) -> Iterator[Cognate]:
    """A server for all tests.

    If COGNATE_ENDPOINT is set, it is that server, and the pools of the seed that do not exist there are created.
    """
    if os.environ.get("COGNATE_ENDPOINT"):
        server = attach()
        if cognate_seed is not None:
            server.seed(cognate_seed)
        yield server
        return
    with start(seed=cognate_seed) as server:
        yield server


@pytest.fixture
def cognate_fork(cognate: Cognate) -> Iterator[Callable[[str], Fork]]:
    """Copies a pool for this test: ``fork = cognate_fork("us-east-1_Example1")``. The copy is deleted after the test."""
    forks = []

    def copy(pool: str) -> Fork:
        forks.append(cognate.fork(pool))
        return forks[-1]

    yield copy
    for fork in forks:
        cognate.delete_pool(fork.pool)
