# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback that follows a script to the byte: what goes wrong on a wire is invisible to mocks."""

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

# No test waits longer than this for anything.
PATIENCE = 20.0


class Act(enum.Enum):
    """What a server may do besides sending bytes."""

    CLOSE = enum.auto()
    HANG = enum.auto()
    RESET = enum.auto()


# An answer is a sequence of steps: bytes are sent, a float is a pause in seconds, a context turns to TLS. Unless an act
# ends the connection, it is kept for the next request.
Step = t.Union[bytes, float, Act, ssl.SSLContext]
Answer = tuple[Step, ...]


class Request(t.NamedTuple):
    """A request as it came in. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


def answer(status: int, body: t.Any = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with its length. body: bytes and texts are sent as they are, all else as JSON."""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = json.dumps(body).encode()
    fields = {"Content-Length": str(len(body)), **(headers or {})}
    return (head(status, fields) + body,)


def head(status: int, headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def trickle(data: bytes, pause: float = 0.05) -> Answer:
    """The data, byte by byte."""
    return tuple(step for i in range(len(data)) for step in (data[i : i + 1], pause))


class ScriptedServer:
    """Expects requests in an order, and gives each its answer. It serves as a proxy too, since it reads no target.

    A request that is missing, too many or another than expected is a problem that verify() reports.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, listening: bool = True) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        # Answers whatever comes, in place of the script.
        self.respond: Callable[[Request], Answer] | None = None
        self._tls = tls
        self._script: list[tuple[str, Answer]] = []
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

    def listen(self) -> None:
        """Until then, connections are refused."""
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def expect(self, line: str, *answers: Answer) -> None:
        """Expect a request, given as method and target, once for each of the answers.

        C(connect) is a connection that is answered before anything of a request is read.
        """
        self._script += [(line, steps) for steps in answers]

    def verify(self) -> None:
        """Nothing else was asked than expected, and all that was."""
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
        connection.settimeout(PATIENCE)
        keep: socket.socket | None = self._track(connection)
        try:
            if self._script and self._script[0][0] == "connect":
                keep = self._perform(connection, self._script.pop(0)[1])
            if keep and self._tls:
                keep = self._turn_to_tls(keep, self._tls)
            while keep:
                request = _receive(keep)
                if request is None:
                    break
                keep = self._perform(keep, self._answer_to(request))
        except OSError:
            # The client has gone away, or does not trust the certificate: its own side of it is what tests look at.
            pass
        finally:
            for sock in (connection, keep):
                if sock is not None:
                    _shut(sock)

    def _answer_to(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            if self.respond is not None:
                return self.respond(request)
            if not self._script:
                self._problems.append(f"requested, but not expected: {request.line}")
            elif self._script[0][0] != request.line:
                self._problems.append(f"requested: {request.line}; expected: {self._script[0][0]}")
            else:
                return self._script.pop(0)[1]
        return (Act.CLOSE,)

    def _perform(self, connection: socket.socket, steps: Answer) -> socket.socket | None:
        """Returns the connection if it is kept."""
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, float):
                self._closing.wait(step)
            elif isinstance(step, ssl.SSLContext):
                connection = self._turn_to_tls(connection, step)
            else:
                if step is Act.HANG:
                    self._closing.wait(PATIENCE)
                elif step is Act.RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                return None
            if self._closing.is_set():
                return None
        return connection

    def _turn_to_tls(self, connection: socket.socket, context: ssl.SSLContext) -> socket.socket:
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
    """Close a socket, and wake whoever waits for it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
