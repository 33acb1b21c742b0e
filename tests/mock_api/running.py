# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mock API that runs in a thread of this process, for the command line and for tests.

with running_mock() as mock:
    requests.get(f"{mock.url}/ai/llm", headers={"Authorization": f"Bearer {mock.token}"})
    mock.faults({"method": "DELETE", "cut": "after"})
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import threading
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import Future

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from .app import create_app
from .control import STOP
from .seed import SEED, parse_seed, read_seed
from .tokens import Limits

if t.TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from .messages import Json

TOKEN = "demo-token"

LOGGER = logging.getLogger(__name__)
# A request that is not HTTP gets a 400. Without this, the traceback of the framework looks like a failure of the mock.
LOGGER.addFilter(lambda record: not isinstance((record.exc_info or [None, None])[1], HttpProcessingError))


class ControlError(Exception):
    """The control interface refused a request. The message gives the reason."""


class Mock:
    """A running mock API, and its control interface (control.py)."""

    def __init__(self, url: str, token: str, users: list[Json], stopped: threading.Event) -> None:
        self.url = url
        self.token = token
        self._users = users
        self._stopped = stopped

    @property
    def user(self) -> Json | None:
        """The first user of the seed who can log in, with `email` and `password`."""
        able = (user for user in self._users if user.get("password") and user.get("active", True))
        return next((user for user in able if not user.get("mfa", False)), None)

    def wait(self) -> None:
        """Wait until a request to the control interface stops the mock."""
        self._stopped.wait()

    def reset(self, seed: Json | None = None) -> None:
        self._control("POST", "reset", *([] if seed is None else [seed]))

    def requests(self) -> list[Json]:
        return t.cast("list[Json]", self._control("GET", "requests"))

    def state(self) -> list[Json]:
        return t.cast("list[Json]", self._control("GET", "state"))

    def sessions(self) -> list[Json]:
        return t.cast("list[Json]", self._control("GET", "sessions"))

    def tokens(self, **limits: t.Any) -> None:
        self._control("PUT", "tokens", limits)

    def faults(self, *faults: Json) -> None:
        self._control("PUT", "faults", faults)

    def repos(self, ai_llm_id: str, repos: list[Json]) -> None:
        self._control("PUT", f"repos/{urllib.parse.quote(ai_llm_id, safe='')}", repos)

    def switches(self, *names: str) -> None:
        self._control("PUT", "switches", names)

    def _control(self, method: str, path: str, *body: t.Any) -> t.Any:
        request = urllib.request.Request(f"{self.url}/_mock/{path}", method=method)
        if body:
            request.data = json.dumps(body[0]).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with _opener().open(request, timeout=600) as response:
                return json.loads(response.read() or "null")
        except urllib.error.HTTPError as exc:
            with exc:
                raise ControlError(exc.read().decode(errors="replace")) from None


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that ignores the proxies of the environment. To make one takes longer than most requests."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextlib.contextmanager
def running_mock(
    *,
    port: int = 0,
    token: str = TOKEN,
    seed: Path | Json = SEED,
    latency: float = 0,
    token_lifetime: float | None = None,
    token_requests: int | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Mock]:
    """Run a mock API until the context ends.

    port: a loopback port, 0 for a free one. token: an access token that needs no login. seed: a YAML file, or its
    content. latency: seconds that each response takes. token_lifetime, token_requests: limits of the tokens of logins
    (tokens.py). tls: serve https; then the control interface of `Mock` does not work. Raises SeedError, and OSError if
    it cannot listen on the port.
    """
    limits = Limits(token_lifetime, token_requests)
    parsed = parse_seed(seed) if isinstance(seed, dict) else read_seed(seed)
    listening: Future[tuple[int, t.Callable[[], None]]] = Future()
    stopped = threading.Event()

    def run() -> None:
        try:
            asyncio.run(
                _serve(lambda: create_app(parsed, token=token, limits=limits, latency=latency), port, tls, listening)
            )
        except Exception as exc:  # pylint: disable=broad-exception-caught  # raised again by listening.result()
            if listening.done():
                raise
            listening.set_exception(exc)
        finally:
            stopped.set()

    thread = threading.Thread(target=run, name="mock API", daemon=True)
    thread.start()
    actual_port, stop = listening.result()
    try:
        yield Mock(f"{'https' if tls else 'http'}://127.0.0.1:{actual_port}", token, parsed.users, stopped)
    finally:
        stop()
        thread.join()


async def _serve(
    make_app: t.Callable[[], web.Application],
    port: int,
    tls: ssl.SSLContext | None,
    listening: Future[tuple[int, t.Callable[[], None]]],
) -> None:
    """Listen until the application stops. When it listens, the future gets the port and a function to stop it."""
    app = make_app()
    # With auto_decompress, a body with a wrong Content-Encoding would end the connection with a traceback.
    options: Json = {"access_log": None, "auto_decompress": False, "handler_cancellation": True, "logger": LOGGER}
    runner = web.AppRunner(app, shutdown_timeout=0.1, **options)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
        loop = asyncio.get_running_loop()

        def stop() -> None:
            # The loop is already closed if the control interface has stopped the server.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(app[STOP].set)

        listening.set_result((runner.addresses[0][1], stop))
        await app[STOP].wait()
    finally:
        await runner.cleanup()
