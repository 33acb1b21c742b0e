# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tested API: sends one request at a time, and describes responses without the values in them."""

from __future__ import annotations

import contextlib
import email.utils
import re
import time
import typing as t
from datetime import datetime, timezone
from urllib.parse import quote

import pytest
import requests

from .interrupts import Interrupts
from .settings import Settings

# Seconds for one response.
TIMEOUT = 30

# How often a request is sent that the API answers with 429, and for how many seconds the suite waits at most.
ATTEMPTS = 5
MAX_WAIT = 60

Json = dict[str, t.Any]


class Answer:
    """A response. body: the JSON object in it, empty if there is none."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.next_link = "next" in response.links
        parsed: t.Any = None
        with contextlib.suppress(ValueError):
            parsed = response.json()
        self.body: Json = parsed if isinstance(parsed, dict) else {}
        if parsed is not None:
            self._content = describe(parsed)
        elif not response.content:
            self._content = "without a body"
        else:
            self._content = "with HTML" if "html" in response.headers.get("Content-Type", "") else "with another text"

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500

    def matches(self, status: int, **fields: t.Any) -> bool:
        """Whether the response has this status, and these fields in its body: with a value, or of a type."""
        return self.status == status and self.has(**fields)

    def has(self, **fields: t.Any) -> bool:
        return all(
            _is_a(self.body.get(name), wanted) if isinstance(wanted, type) else self.body.get(name) == wanted
            for name, wanted in fields.items()
        )

    def __str__(self) -> str:
        """Describe the response without its values, because the report must not contain private data."""
        return f"{self.status} {self._content}"

    __repr__ = __str__


def describe(value: t.Any) -> str:
    """Describe a JSON value by its types. Only booleans, and error codes such as NO_AUTH_USER, are shown."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_field(name)}: {_code(name, item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return f"list of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "text" if isinstance(value, str) else "number"


def _is_a(value: t.Any, kind: type) -> bool:
    # In Python, a bool is also an int.
    return isinstance(value, kind) and not isinstance(value, bool)


def _field(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]{1,30}", name) else "other field"


def _code(name: str, value: t.Any) -> str:
    is_code = name in ("code", "error_code") and isinstance(value, str) and re.fullmatch("[A-Z_]{1,40}", value)
    return str(value) if is_code else describe(value)


class _Bearer(requests.auth.AuthBase):
    """Sets the token. With a plain header, requests would prefer the credentials of ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Nothing(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Server:
    def __init__(self, settings: Settings, interrupts: Interrupts) -> None:
        self.settings = settings
        self.interrupts = interrupts
        self.token = settings.access_token
        self.first_login: Answer | None = None
        self._session = requests.Session()
        # When the API allows the next request, in seconds of the monotonic clock.
        self._not_before = 0.0
        # The logins to revoke at the end: their token IDs.
        self._logins: list[str] = []

    def send(
        self, method: str, path: str, *ids: str, body: Json | None = None, query: Json | None = None, token: str = ""
    ) -> Answer:
        """Send a request. `{}` in the path stands for an ID. Waits after a 429, and skips the test if it stays one."""
        url = self.settings.api_url + path.format(*(quote(id, safe="") for id in ids))
        auth = _Nothing() if path == "/user/login" else _Bearer(token or self.token)
        for attempt in range(ATTEMPTS):
            wait = self._not_before - time.monotonic()
            if wait > MAX_WAIT:
                pytest.skip(f"the API limits the rate of requests, and asks to wait for {wait:.0f} seconds")
            time.sleep(max(0, wait))
            with self.interrupts.request():
                response = self._session.request(
                    method,
                    url,
                    json=body,
                    params=query,
                    auth=auth,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                    verify=self.settings.ca_path or None,
                )
            if response.status_code != 429:
                return Answer(response)
            self._not_before = time.monotonic() + _retry_after(response, default=2**attempt)
        return pytest.skip(f"the API limits the rate of requests: {ATTEMPTS} times 429")

    def log_in(self, password: str = "") -> Answer:
        """Log in. Skips the test without the credentials for it."""
        if not self.settings.can_log_in:
            pytest.skip("needs FLASHBACK_EMAIL and FLASHBACK_PASSWORD")
        credentials = {"email": self.settings.email, "password": password or self.settings.password}
        answer = self.send("POST", "/user/login", body=credentials)
        if answer.has(tokenId=str):
            self._logins.append(answer.body["tokenId"])
        return answer

    def revoke(self, token_id: str, token: str = "") -> Answer:
        answer = self.send("DELETE", "/token/{}", token_id, token=token)
        if token_id in self._logins and (answer.ok or answer.status == 404):
            self._logins.remove(token_id)
        return answer

    def list(self, workspace_id: str | None = None) -> Answer:
        return self.send("GET", "/ai/llm", query={"workspaceId": workspace_id} if workspace_id else None)

    def close(self) -> None:
        """Revoke the logins that are still open."""
        self.interrupts.begin_cleanup()
        for token_id in list(self._logins):
            with contextlib.suppress(requests.RequestException, pytest.skip.Exception):
                self.revoke(token_id)
        self._session.close()


def _retry_after(response: requests.Response, default: float) -> float:
    """Return the seconds to wait that the response asks for."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    with contextlib.suppress(TypeError, ValueError):
        return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds())
    return default
