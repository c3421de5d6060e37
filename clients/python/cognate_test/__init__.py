"""Starts ``cognate dev`` for a test or connects to a running one, and calls its control API under ``/_cognate/``."""

from ._client import (
    Authenticator,
    AuthenticatorEntry,
    ClockState,
    Cognate,
    CognateError,
    Fork,
    Medium,
    Message,
    MessageKind,
    attach,
    start,
)
from ._seed import Seed, SeedClient, SeedMfa, SeedPool, SeedUser

__all__ = [
    "Authenticator",
    "AuthenticatorEntry",
    "ClockState",
    "Cognate",
    "CognateError",
    "Fork",
    "Medium",
    "Message",
    "MessageKind",
    "Seed",
    "SeedClient",
    "SeedMfa",
    "SeedPool",
    "SeedUser",
    "attach",
    "start",
]
