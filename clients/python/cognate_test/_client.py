"""The server and its control API."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from types import TracebackType
from typing import IO, Any, Deque, Dict, List, Literal, Mapping, Optional, Sequence, Tuple, Type, Union
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from ._seed import Seed

_READY = "cognate: listening on "
_LOG_LINES = 100  # the end of the log, for errors
_STOP_TIMEOUT = 20  # seconds; the server ends running requests for 10 seconds

Medium = Literal["EMAIL", "SMS"]

MessageKind = Literal[
    "SignUp",
    "ResendCode",
    "ForgotPassword",
    "UpdateUserAttribute",
    "VerifyUserAttribute",
    "AdminCreateUser",
    "Authentication",
    "AccountTakeOverNotification",
    "SecurityNotice",
]
"""Why a message was sent."""


class CognateError(Exception):
    """An error response of the server."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status."""


@dataclass(frozen=True)
class ClockState:
    """The clock of the server."""

    now: datetime
    frozen: bool
    offset: float
    """Seconds that ``now`` is ahead of real time."""


@dataclass(frozen=True)
class Message:
    """A sent message."""

    id: int
    """Numbers all messages of the server."""
    pool: str
    """ID of the pool."""
    sub: str
    username: str
    medium: Medium
    destination: str
    """Email address or phone number."""
    kind: MessageKind
    subject: str
    """Empty for an SMS."""
    body: str
    code: str
    """The code or temporary password in the body."""


@dataclass(frozen=True)
class AuthenticatorEntry:
    """A software token in an authenticator app."""

    code: str
    """The current code."""
    next_code: str
    """The next code that the server accepts: ``code``, unless it is already used."""
    secret_code: str
    """The secret, in base32."""
    uri: str
    """The otpauth:// address."""
    name: str


@dataclass(frozen=True)
class Authenticator:
    """What the authenticator app of a user shows."""

    active: Optional[AuthenticatorEntry]
    """The verified software token."""
    pending: Optional[AuthenticatorEntry]
    """A software token that is not verified yet."""
    seconds_left: int
    """Seconds until the next code."""
    spent: bool
    """Whether the current code is used."""
    next_in: int
    """Seconds until the server accepts ``next_code``."""


@dataclass(frozen=True)
class Fork:
    """A copy of a pool."""

    pool: str
    """ID of the copy."""
    clients: Dict[str, str]
    """IDs of its clients, by the client IDs of the original."""


def start(
    *,
    binary: Optional[str] = None,
    seed: Union[str, Seed, None] = None,
    args: Sequence[str] = (),
    start_timeout: float = 30,
) -> Cognate:
    """Starts ``cognate dev`` on a free port of the loopback interface, and returns when the server is ready.

    The server ends with this process, even if this process is killed.

    binary: path of the program. Default: ``$COGNATE_BINARY``, or ``cognate`` in the PATH.
    seed: first pools, clients and users: YAML, or a dictionary with the same structure.
    args: more arguments of ``cognate dev``.
    start_timeout: seconds to wait for the server.

    Raises FileNotFoundError or PermissionError if the program can't be started, and RuntimeError if the server ends before
    it is ready.
    """
    program = binary or os.environ.get("COGNATE_BINARY") or "cognate"
    with tempfile.TemporaryDirectory(prefix="cognate-test-") as folder:
        command = [program, "dev", "--listen", "127.0.0.1:0", "--exit-with-parent", *args]
        if seed is not None:
            path = os.path.join(folder, "seed.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(seed if isinstance(seed, str) else json.dumps(seed))
            command += ["--seed", path]
        server = _Server(command)
        return Cognate(server.wait_until_ready(start_timeout), server)


def attach(url: Optional[str] = None) -> Cognate:
    """Connects to a running ``cognate dev``. Default: ``$COGNATE_ENDPOINT``, or http://127.0.0.1:8229."""
    return Cognate((url or os.environ.get("COGNATE_ENDPOINT") or "http://127.0.0.1:8229").rstrip("/"))


class _Server:
    """The process of a server. Threads read its output to the end, so that it is not blocked by a full pipe."""

    def __init__(self, command: List[str]) -> None:
        try:
            # The server reads standard input to its end, which comes when this process ends.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise _cannot_start(command[0], error) from error
        self._url = ""
        self._log: Deque[str] = deque(maxlen=_LOG_LINES)
        self._ready = threading.Event()
        assert self._process.stdout and self._process.stderr
        self._readers = [
            threading.Thread(target=self._read_output, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_output(self, output: IO[str]) -> None:
        for line in output:
            if line.startswith(_READY):
                self._url = line[len(_READY) :].strip()
                self._ready.set()
        self._ready.set()  # the server has ended

    def _read_log(self, log: IO[str]) -> None:
        self._log.extend(log)

    def wait_until_ready(self, timeout: float) -> str:
        in_time = self._ready.wait(timeout)
        if self._url:
            return self._url
        if not in_time:
            self._process.kill()
        self._end()
        reason = f"ended with status {self._process.returncode}" if in_time else f"not ready after {timeout} seconds"
        raise RuntimeError("\n".join([f"cognate dev: {reason}", "".join(self._log)]).rstrip())

    def stop(self) -> None:
        self._process.terminate()
        self._end()

    def _end(self) -> None:
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()


def _cannot_start(program: str, error: OSError) -> OSError:
    remedy = "Install Cognate, or set COGNATE_BINARY or start(binary=...) to the path of the program."
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(f'The program "{program}" was not found. {remedy}')
    if isinstance(error, PermissionError):
        return PermissionError(f'The program "{program}" can\'t be executed. {remedy}')
    return OSError(f'The program "{program}" can\'t be started: {error}')


class Cognate:
    """A running server. Use start or attach. As a context manager it stops the server that start started."""

    def __init__(self, url: str, server: Optional[_Server] = None) -> None:
        self.url = url
        """Address of the server, without a slash at the end."""
        self._server = server
        self._cursors: Dict[Tuple[str, str, str, str], int] = {}  # filter -> ID of the last message that was returned
        self._opener = build_opener(ProxyHandler({}))

    def __enter__(self) -> Cognate:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()

    @property
    def sdk(self) -> Dict[str, str]:
        """Arguments of boto3: ``boto3.client("cognito-idp", **cognate.sdk)``. The server accepts any access key."""
        return {
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def amplify(self, pool: str, client: str) -> Dict[str, Any]:
        """Configuration for ``Amplify.configure`` in a browser. The client must have no secret."""
        return {"Auth": {"Cognito": {"userPoolId": pool, "userPoolClientId": client, "userPoolEndpoint": self.url}}}

    def jwks(self, pool: str) -> Dict[str, Any]:
        """The public keys that sign the tokens of a pool, as a JSON Web Key Set: ``jwt.PyJWKSet.from_dict`` reads it."""
        keys: Dict[str, Any] = self._send("GET", f"{_quoted(pool)}/.well-known/jwks.json")
        return keys

    def issuer(self, pool: str) -> str:
        """The ``iss`` of the tokens of a pool."""
        return str(self._send("GET", f"{_quoted(pool)}/.well-known/openid-configuration")["issuer"])

    def stop(self) -> None:
        """Stops a server that start started, and waits until it has ended."""
        server, self._server = self._server, None
        if server:
            server.stop()

    def clock(self) -> ClockState:
        """Returns the state of the clock."""
        return self._clock("GET", "")

    def freeze(self) -> ClockState:
        """Stops the clock."""
        return self._clock("POST", "/freeze", {})

    def resume(self) -> ClockState:
        """Returns to real time."""
        return self._clock("POST", "/resume", {})

    def set_clock(self, at: datetime) -> ClockState:
        """Moves the clock to a time. It runs on from there, unless it is frozen. A time without a zone is local time."""
        return self._clock("PUT", "", {"Now": at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")})

    def advance(self, seconds: float) -> ClockState:
        """Moves the clock forward, or back if the number is negative."""
        return self._clock("POST", "/advance", {"Seconds": seconds})

    def _clock(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None) -> ClockState:
        state = self._call(method, f"clock{path}", body)
        return ClockState(now=_time(state["Now"]), frozen=state["Frozen"], offset=state["Offset"])

    def messages(
        self,
        *,
        pool: str = "",
        destination: str = "",
        medium: Optional[Medium] = None,
        kind: Optional[MessageKind] = None,
        after: int = 0,
    ) -> List[Message]:
        """Returns the sent messages, oldest first.

        An argument that is not set selects all messages. destination is in any case. after selects messages with a greater ID.
        """
        found = self._call("GET", "messages", parameters=_filter(pool, destination, medium, kind, after))
        return [_message(m) for m in found["Messages"]]

    def next_message(
        self,
        *,
        pool: str = "",
        destination: str = "",
        medium: Optional[Medium] = None,
        kind: Optional[MessageKind] = None,
        after: Optional[int] = None,
        timeout: float = 10,
    ) -> Message:
        """Waits for the next message that it has not returned for the same arguments.

        With after it waits for the first message with a greater ID. timeout is in seconds, at most 50.
        """
        key = (pool, destination.lower(), medium or "", kind or "")
        parameters = _filter(pool, destination, medium, kind, self._cursors.get(key, 0) if after is None else after)
        message = _message(self._call("GET", "messages/next", parameters={**parameters, "timeout": str(timeout)}))
        self._cursors[key] = message.id
        return message

    def clear_messages(self) -> None:
        """Deletes all messages."""
        self._call("DELETE", "messages")

    def fail_messages(
        self,
        *,
        count: int = 1,
        pool: str = "",
        medium: Optional[Medium] = None,
        destination: str = "",
        text: str = "",
    ) -> None:
        """Makes the next messages fail: the operation returns CodeDeliveryFailureException with this text."""
        self._call(
            "POST",
            "messages/failures",
            {"Count": count, "PoolID": pool, "Medium": medium or "", "Destination": destination, "Text": text},
        )

    def forget_failures(self) -> None:
        """Undoes fail_messages."""
        self._call("DELETE", "messages/failures")

    def authenticator(self, pool: str, username: str) -> Authenticator:
        """Returns what the authenticator app of a user shows now."""
        a = self._call("GET", "authenticator", parameters={"pool": pool, "username": username})
        return Authenticator(
            active=_entry(a.get("Active")),
            pending=_entry(a.get("Pending")),
            seconds_left=a["SecondsLeft"],
            spent=a["Spent"],
            next_in=a["NextIn"],
        )

    def reset(self) -> None:
        """Restores the state after the start: the pools of the seed with their keys, real time, no messages."""
        self._call("POST", "reset", {})

    def reset_pool(self, pool: str) -> None:
        """Deletes the users of a pool and their data, and creates the users of the seed again.

        Settings, clients and keys stay.
        """
        self._call("POST", f"pools/{_quoted(pool)}/reset", {})

    def delete_pool(self, pool: str) -> None:
        """Deletes a pool."""
        self._call("DELETE", f"pools/{_quoted(pool)}")

    def fork(self, pool: str, *, id: str = "") -> Fork:
        """Copies a pool with its settings, clients, keys and users. id is the ID of the copy; the default is a random one."""
        copy = self._call("POST", f"pools/{_quoted(pool)}/fork", {"PoolID": id})
        return Fork(pool=copy["PoolID"], clients=copy["ClientIDs"])

    def snapshot(self) -> str:
        """Copies all pools and the setting of the clock. Returns the ID of the snapshot."""
        return str(self._call("POST", "snapshots", {})["SnapshotID"])

    def snapshots(self) -> List[str]:
        """Returns the IDs of all snapshots."""
        return [s["SnapshotID"] for s in self._call("GET", "snapshots")["Snapshots"]]

    def restore(self, snapshot: str) -> None:
        """Restores the pools and the clock of a snapshot."""
        self._call("POST", f"snapshots/{_quoted(snapshot)}/restore", {})

    def drop_snapshot(self, snapshot: str) -> None:
        """Deletes a snapshot."""
        self._call("DELETE", f"snapshots/{_quoted(snapshot)}")

    def seed(self, seed: Union[str, Seed]) -> None:
        """Creates the pools of a seed that do not exist yet."""
        self._call("POST", "seed", seed)

    def _call(
        self,
        method: str,
        path: str,
        body: Union[str, Mapping[str, Any], None] = None,
        parameters: Optional[Mapping[str, str]] = None,
    ) -> Any:
        given = {name: value for name, value in (parameters or {}).items() if value}
        return self._send(method, f"_cognate/{path}" + (f"?{urlencode(given)}" if given else ""), body)

    def _send(self, method: str, path: str, body: Union[str, Mapping[str, Any], None] = None) -> Any:
        """Sends a request and returns the JSON of the answer."""
        data, headers = None, {}
        if body is not None:
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            headers["Content-Type"] = "application/yaml" if isinstance(body, str) else "application/json"
        request = Request(f"{self.url}/{path}", data=data, headers=headers, method=method)
        try:
            with self._opener.open(request) as response:
                answer = response.read()
        except HTTPError as error:
            with error:
                raise CognateError(error.code, _error_text(error.read()) or error.reason) from None
        except URLError as error:
            raise ConnectionError(f"No answer from cognate dev at {self.url}: {error.reason}") from error
        return json.loads(answer) if answer else None


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _time(text: str) -> datetime:
    """Parses RFC 3339. Python before 3.11 reads neither Z nor nanoseconds."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{seconds}.{(fraction or '0')[:6]:0<6}+00:00")


def _filter(
    pool: str, destination: str, medium: Optional[Medium], kind: Optional[MessageKind], after: int
) -> Dict[str, str]:
    return {
        "pool": pool,
        "destination": destination,
        "medium": medium or "",
        "kind": kind or "",
        "after": str(after) if after else "",
    }


def _message(m: Mapping[str, Any]) -> Message:
    return Message(
        id=m["ID"],
        pool=m["PoolID"],
        sub=m["Sub"],
        username=m["Username"],
        medium=m["Medium"],
        destination=m["Destination"],
        kind=m["Kind"],
        subject=m["Subject"],
        body=m["Body"],
        code=m["Code"],
    )


def _entry(e: Optional[Mapping[str, Any]]) -> Optional[AuthenticatorEntry]:
    if not e:
        return None
    return AuthenticatorEntry(
        code=e["Code"], next_code=e["NextCode"], secret_code=e["SecretCode"], uri=e["URI"], name=e["Name"]
    )


def _error_text(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    return str(answer.get("Message") or answer.get("message") or "") if isinstance(answer, dict) else ""
