# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections as the modules make them: with their headers, without cookies, and one for each thread that is kept."""

from __future__ import annotations

import contextlib
import email.utils
import threading
import time
import typing as t
from datetime import datetime, timezone
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote

import requests
import urllib3

from .errors import NoResponse
from .response import Json, Response
from .settings import GALAXY

if t.TYPE_CHECKING:
    from .measured import Measured
    from .settings import Settings

HEADERS = {"Accept": "application/json", "User-Agent": f"flashback.platform/{GALAXY['version']}"}

# Seconds for one response.
TIMEOUT = 30

LOGIN = "/user/login"

# Before the first byte of a request could be sent.
NO_CONNECTION = (
    *(urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.SSLError),
    *(requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.InvalidURL),
)


class Request(t.NamedTuple):
    """`{}` in the path stands for an ID. token: instead of that of the suite."""

    method: str
    path: str
    ids: tuple[str, ...] = ()
    body: Json | None = None
    query: Json | None = None
    token: str = ""


class _Bearer(requests.auth.AuthBase):
    """Sets the token. With a plain header, requests would prefer the credentials of ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Connections:
    def __init__(self, settings: Settings, measured: Measured) -> None:
        self._settings = settings
        self._measured = measured
        self._local = threading.local()

    def open_new(self) -> None:
        """Let the next request of this thread use a new connection."""
        self._local.session = None

    def send(self, request: Request, token: str) -> Response:
        """Send a request once. token: if the request has none of its own. Raises NoResponse."""
        session = self._local.session = getattr(self._local, "session", None) or _new_session()
        url = self._settings.api_url + request.path.format(*(quote(id, safe="") for id in request.ids))
        auth = _Bearer("" if request.path == LOGIN else request.token or token)
        options: dict[str, t.Any] = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True, "auth": auth}
        options |= {"json": request.body, "params": request.query, "verify": self._settings.ca_path or True}
        begin = time.monotonic()
        try:
            with session.request(request.method, url, **options) as raw:
                content = b""
                for chunk in raw.iter_content(1 << 16):
                    content += chunk
                    if time.monotonic() - begin > TIMEOUT:
                        raise requests.ReadTimeout
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
            self._local.session = None
            reason = getattr(exc.args[0] if exc.args else None, "reason", None)
            is_sent = not isinstance(exc, NO_CONNECTION) and not isinstance(reason, NO_CONNECTION)
            raise NoResponse(f"no response: {type(exc).__name__}", sent=is_sent) from None
        response = Response(raw, content)
        operation = f"{request.method} {request.path.replace('{}', '{id}')}"
        self._measured.response(operation, response, time.monotonic() - begin, raw.raw.version)
        return response


def _new_session() -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(HEADERS)
    return session


def retry_after(response: Response, default: float) -> float:
    """Return the seconds to wait that the response asks for."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    with contextlib.suppress(TypeError, ValueError):
        return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds())
    return default
