# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small proxy between the contract suite and the mock API, which misbehaves as a rule says."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import typing as t
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[["Call"], "Reply | None"]


class Reply(t.NamedTuple):
    """body: any JSON value, or a text that is not JSON."""

    status: int
    body: t.Any = None
    headers: tuple[tuple[str, str], ...] = ()


class Call(t.NamedTuple):
    """A request. number: how many there were before it."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    target: str
    number: int

    @property
    def name(self) -> str:
        """The operation, such as `DELETE /ai/llm/`: without the ID."""
        return f"{self.method} " + re.sub("^(/ai/llm/|/token/)(?!stats)[^/]+", r"\1", self.path.partition("?")[0])

    @property
    def json(self) -> t.Any:
        return json.loads(self.body or "{}")

    def forward(self) -> Reply:
        request = urllib.request.Request(self.target + self.path, self.body or None, self.headers, method=self.method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request) as response:
                return Reply(response.status, json.loads(response.read() or "null"))
        except urllib.error.HTTPError as exc:
            with exc:
                return Reply(
                    exc.code, json.loads(exc.read()) if "json" in exc.headers["Content-Type"] else "<h1>No</h1>"
                )


class Proxy:
    """rule: returns the reply to a request, or None for that of the server; ConnectionError cuts the connection."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.rule: Rule = lambda call: None
        self.calls: list[Call] = []

    def names(self) -> list[str]:
        return [call.name for call in self.calls]


@contextlib.contextmanager
def running_proxy(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One packet for each response: the second one would wait for 40 ms.
        wbufsize = -1

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                headers = dict(self.headers.items())
                call = Call(self.command, self.path, body, headers, proxy.target, len(proxy.calls))
                proxy.calls.append(call)
            try:
                reply = proxy.rule(call) or call.forward()
            except ConnectionError:
                self.close_connection = True
                return
            content = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
            content = b"" if reply.status == 204 else content
            self.send_response(reply.status)
            kind = "text/html" if isinstance(reply.body, str) else "application/json"
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(content))), *reply.headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
