# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loopback server that sends the exact bytes of a script. Mocks of `requests` cannot simulate broken connections."""

from __future__ import annotations

import contextlib
import enum
import json
import socket
import ssl
import struct
import threading
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Seconds. The maximum time that a test waits for an event.
MAX_WAIT = 20.0


class Act(enum.Enum):
    """An action of the server other than sending bytes."""

    CLOSE = enum.auto()
    HANG = enum.auto()
    RESET = enum.auto()


# A response is a sequence of steps: bytes are sent, a float is a pause in seconds, a context starts TLS. The connection
# stays open for the next request, unless an `Act` ends it.
Step = t.Union[bytes, float, Act, ssl.SSLContext]
Response = tuple[Step, ...]


class Request(t.NamedTuple):
    """A request as it arrived. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"

    @property
    def id(self) -> str:
        """The last segment of the path."""
        return self.target.partition("?")[0].rpartition("/")[2]


def response(status: int, body: t.Any = b"", headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a Content-Length. body: bytes and texts are sent unchanged, other values as JSON."""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = json.dumps(body).encode()
    fields = {"Content-Length": str(len(body)), **(headers or {})}
    return (head(status, fields) + body,)


def head(status: int, headers: Mapping[str, str] | None = None) -> bytes:
    """The status line and the headers of a response."""
    lines = [f"HTTP/1.1 {status} Reason", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def trickle(data: bytes, pause: float = 0.05) -> Response:
    """The data, byte by byte."""
    return tuple(step for i in range(len(data)) for step in (data[i : i + 1], pause))


class Responder:
    """Chooses responses by request line, else by the ID at the end of the path, else by method.

    :param responses: For each of these keys one response to all requests, or a list of responses in their order, the
        last of which is repeated. A response is a tuple of steps, or an object that has it as `steps`.
    :param default: The response to all other requests.

    `given` records the method of each request and what it was answered with.
    """

    def __init__(self, responses: Mapping[str, t.Any], default: Response | None = None) -> None:
        self._responses = {key: [*value] if isinstance(value, list) else [value] for key, value in responses.items()}
        self._default = default
        self.given: list[tuple[str, t.Any]] = []

    def __call__(self, request: Request) -> Response:
        keys = (request.line, request.id, request.method)
        left = next((self._responses[key] for key in keys if key in self._responses), [self._default])
        chosen = left.pop(0) if len(left) > 1 else left[0]
        if chosen is None:
            raise LookupError(f"no response to {request.line}")
        self.given.append((request.method, chosen))
        return t.cast("Response", getattr(chosen, "steps", chosen))


class ScriptedServer:
    """Expects requests in an order, and sends a response to each. It can act as a proxy, because it ignores the host.

    verify() reports requests that are missing, unexpected or different.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, listening: bool = True) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        # If this is set, it answers every request instead of the script.
        self.respond: Callable[[Request], Response] | None = None
        self._tls = tls
        self._script: list[tuple[str, Response]] = []
        self._problems: list[str] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        if listening:
            self.listen()

    @property
    def lines(self) -> list[str]:
        """Method and target of all requests, in the order of their arrival."""
        return [request.line for request in self.requests]

    @property
    def sent_bodies(self) -> list[t.Any]:
        """The JSON of all requests that have a body."""
        return [json.loads(request.body) for request in self.requests if request.body]

    def listen(self) -> None:
        """Accept connections. Until then, they are refused."""
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def expect(self, line: str, *responses: Response) -> None:
        """Expect a request, given as method and target, once for each of the responses.

        `connect` is a connection that is answered before anything of a request is read.
        """
        self._script += [(line, steps) for steps in responses]

    def verify(self) -> None:
        """Assert that all expected requests came, and no others."""
        missing = [f"expected, but not requested: {line}" for line, _steps in self._script]
        assert not self._problems + missing

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            for sock in (self._listener, *self._open):
                _shut(sock)

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(MAX_WAIT)
        keep: socket.socket | None = self._track(connection)
        try:
            if self._script and self._script[0][0] == "connect":
                keep = self._perform(connection, self._script.pop(0)[1])
            if keep and self._tls:
                keep = self._start_tls(keep, self._tls)
            while keep:
                request = _receive(keep)
                if request is None:
                    break
                keep = self._perform(keep, self._response_to(request))
        except OSError:
            # The client closed the connection, or does not trust the certificate. Tests look at the client's side.
            pass
        finally:
            for sock in (connection, keep):
                if sock is not None:
                    _shut(sock)

    def _response_to(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
            if self.respond is not None:
                try:
                    return self.respond(request)
                except Exception as error:  # pylint: disable=broad-exception-caught  # or the test sees only a closed connection
                    self._problems.append(repr(error))
            elif not self._script:
                self._problems.append(f"requested, but not expected: {request.line}")
            elif self._script[0][0] != request.line:
                self._problems.append(f"requested: {request.line}; expected: {self._script[0][0]}")
            else:
                return self._script.pop(0)[1]
        return (Act.CLOSE,)

    def _perform(self, connection: socket.socket, steps: Response) -> socket.socket | None:
        """Send the steps. Returns the connection if it stays open."""
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, float):
                self._closing.wait(step)
            elif isinstance(step, ssl.SSLContext):
                connection = self._start_tls(connection, step)
            else:
                if step is Act.HANG:
                    self._closing.wait(MAX_WAIT)
                if step is Act.RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                else:
                    _shut(connection)
                return None
            if self._closing.is_set():
                return None
        return connection

    def _start_tls(self, connection: socket.socket, context: ssl.SSLContext) -> socket.socket:
        return self._track(context.wrap_socket(connection, server_side=True))

    def _track(self, connection: socket.socket) -> socket.socket:
        with self._lock:
            self._open.add(connection)
        return connection


def _receive(connection: socket.socket) -> Request | None:
    """The next request, None when the client has closed the connection."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        data = connection.recv(1 << 16)
        if not data:
            return None
        raw += data
    lines, _end, body = raw.partition(b"\r\n\r\n")
    first, *fields = lines.decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _colon, value in (field.partition(":") for field in fields)}
    while len(body) < int(headers.get("content-length", "0")):
        data = connection.recv(1 << 16)
        if not data:
            return None
        raw += data
        body += data
    return Request(method, target, headers, body, raw)


def _shut(sock: socket.socket) -> None:
    """Close a socket, and wake the threads that wait for it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
