# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests within the limits of the plan, log in, and notice when the server fails.

A request is repeated only after a 429, and after a login if the access token has expired.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
import time
import typing as t

from .connection import LOGIN, Connections, Request, retry_after
from .errors import Ended, Failing, NoResponse, NotTried
from .response import Response

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .interrupts import Interrupts
    from .measured import Measured
    from .plan import Plan
    from .settings import Settings

# Seconds for all of the cleanup.
CLEANUP = 300

# How often a request is sent that the API answers with 429, and how many seconds of Retry-After the suite waits.
ATTEMPTS = 5
MAX_WAIT = 60

# How many failures of one kind in a row end the run.
MAX_FAILURES = 4
KINDS = {401: "401, so the access token is not valid", 5: "a 5xx, so the server has a problem", 0: "no response"}

# How many requests the modules send at once.
AT_ONCE = 8


class Client:
    def __init__(
        self, settings: Settings, interrupts: Interrupts, record: Callable[..., None], measured: Measured, plan: Plan
    ) -> None:
        """record: writes logins into a journal."""
        self.settings = settings
        self.interrupts = interrupts
        self.measured = measured
        self.token = settings.access_token
        self._record = record
        self._plan = plan
        self._connections = Connections(settings, measured)
        self._cleans = False
        # When the API allows the next request, and when the run ends, in seconds of the monotonic clock.
        self._not_before = 0.0
        self._deadline = time.monotonic() + settings.minutes * 60
        self.requests = 0
        self._logins = 0
        # The kind of the last failure, how often it happened in a row, and before which request that began.
        self._failures = (1, 0)
        self.failing_since = 0
        # The open logins: their access tokens by their token IDs. And how many have none.
        self.open: dict[str, str] = {}
        self.without_id = 0
        # The configurations of others, which the suite must not change.
        self.protected: set[str] = set()

    def send(self, method: str, path: str, *ids: str, **fields: t.Any) -> Response:
        """Send a request; `fields` are those of `Request`. Raises NoResponse, and Ended if nothing more may be sent."""
        request = Request(method, path, ids, **fields)
        try:
            response = self._exchange(request)
            if response.status == 401 and not request.token and path != LOGIN and self.settings.can_log_in:
                self.log_in_again()
                response = self._exchange(request)
        except NoResponse:
            self._count(0)
            raise
        if not request.token and path != LOGIN:
            self._count(401 if response.status == 401 else 5 if response.status >= 500 else 1)
        return response

    def send_at_once(self, wanted: list[Request], found: list[Response | NoResponse | Ended]) -> None:
        """Send requests, eight at the same time, each on a new connection. Fills `found`, also if it raises Ended."""
        while group := wanted[len(found) :][:AT_ONCE]:
            # Without it, a thread could send two of them, one after the other.
            start = threading.Barrier(len(group))

            def exchange(request: Request, start: threading.Barrier = start) -> Response | NoResponse | Ended:
                start.wait()
                try:
                    return self._exchange(request)
                except (NoResponse, Ended) as exc:
                    return exc

            with concurrent.futures.ThreadPoolExecutor(len(group)) as pool:
                answers = list(pool.map(exchange, group))
            for number, request in enumerate(group):
                # With a 401, nothing happened: the token has expired.
                if getattr(answers[number], "status", 0) == 401:
                    try:
                        answers[number] = self.send(*request[:2], *request.ids, body=request.body)
                    except (NoResponse, Ended) as exc:
                        answers[number] = exc
            found += answers
            for answer in answers:
                if isinstance(answer, Ended):
                    raise answer

    def list(self, workspace_id: str | None = None) -> Response:
        return self.send("GET", "/ai/llm", query={"workspaceId": workspace_id} if workspace_id else None)

    def open_new_connection(self) -> None:
        self._connections.open_new()

    def allow_minutes(self, minutes: float) -> None:
        self._deadline += minutes * 60

    def begin_cleanup(self) -> None:
        """From now on, failures do not end the run, and there is a new deadline."""
        self._cleans, self._deadline = True, time.monotonic() + CLEANUP

    # Logins

    def log_in(self, password: str = "") -> Response:
        if not self.settings.can_log_in:
            raise NotTried("needs FLASHBACK_EMAIL and FLASHBACK_PASSWORD")
        self._logins += 1
        if self._logins > 4 * self._plan.logins and not self._cleans:
            raise Ended(f"it has logged in {4 * self._plan.logins} times")
        body = {"email": self.settings.email, "password": password or self.settings.password}
        response = self.send("POST", LOGIN, body=body)
        if response.has(tokenId=str):
            self.open[response.body["tokenId"]] = str(response.body.get("accessToken"))
            self._record("login", id=response.body["tokenId"])
        self.without_id += response.ok and not response.has(tokenId=str)
        return response

    def log_in_again(self) -> Response:
        """Use the token of a new login from now on. Raises Ended if the API refuses it: it may lock the account."""
        response = self.log_in()
        if not response.has(accessToken=str):
            raise Ended(f"the login gave no access token: {response}. No further login was tried")
        self.token = response.body["accessToken"]
        return response

    def revoke(self, token_id: str, token: str = "") -> Response:
        response = self.send("DELETE", "/token/{}", token_id, token=token)
        if token_id in self.open and (response.ok or response.status == 404):
            del self.open[token_id]
            self._record("revoked", id=token_id)
        return response

    def revoke_all(self) -> None:
        """Revoke the open logins, each with its own token, or else with that of the newest login."""
        for is_own in (True, False):
            for token_id, token in list(self.open.items()):
                with contextlib.suppress(NotTried):
                    self.revoke(token_id, token if is_own else "")

    # One request

    def _exchange(self, request: Request) -> Response:
        """Send a request, and again after a 429. If it raises Ended, the request has had no effect."""
        self._check(request)
        for attempt in range(ATTEMPTS):
            wait = self._not_before - time.monotonic()
            if wait > MAX_WAIT:
                raise self._limited(f"asks to wait for {wait:.0f} seconds")
            self.interrupts.sleep(max(0, wait))
            if time.monotonic() > self._deadline:
                raise Ended("it takes too long" if self._cleans else f"it took {self.settings.minutes} minutes")
            response = self._connections.send(request, self.token)
            if response.status != 429:
                return response
            self._not_before = time.monotonic() + retry_after(response, default=2**attempt)
        raise self._limited(f"answered {ATTEMPTS} times 429 to one request")

    def _limited(self, reason: str) -> Exception:
        text = f"the API limits the rate of requests, and {reason}"
        return NotTried(text) if self._cleans else Ended(text)

    def _check(self, request: Request) -> None:
        self.interrupts.check()
        self.requests += 1
        kind, number = self._failures
        if not self._cleans and number >= MAX_FAILURES and kind in KINDS:
            raise Failing(f"{number} requests in a row got {KINDS[kind]}")
        if not self._cleans and self.requests > self._plan.requests:
            raise Ended(f"it has sent {self._plan.requests} requests, as many as the plan allows")
        used = {self.settings.in_use_id} if request.method == "DELETE" else set()
        if request.method != "GET" and set(request.ids) & self.protected - used:
            raise NotTried("too dangerous: the API gave the ID of a configuration that existed before the run")

    def _count(self, kind: int) -> None:
        """Count the failures of one kind in a row. kind: a key of KINDS, or 1 for no failure."""
        last, number = self._failures
        if kind != last:
            self.failing_since, number = self.requests, 0
        self._failures = (kind, number + 1)
