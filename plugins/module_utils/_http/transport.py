# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""One HTTP exchange: send a request, and receive a complete response before the deadline."""

from __future__ import annotations

import http.client
import os
import threading
import time
import types
import typing as t
from concurrent.futures import wait
from urllib.parse import urlsplit

from .._errors import ApiError
from .connection import (
    BearerAuth,
    new_session,
    proxy_of,
    requests,
    this_thread,
    tls_context,
    urllib3,
)
from .threads import start

if t.TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

# A list of a hundred thousand configurations has about 40 MB.
MAX_BODY_BYTES = 128 * 1024 * 1024

_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class HttpResponse(t.NamedTuple):
    status: int
    # Seconds from the header, 0 without it.
    retry_after: float
    content_type: str
    # None if its compression is broken.
    body: bytes | None
    headers: Mapping[str, str]
    # The URL of the request.
    url: str


class Transport:
    """Sends requests. Each thread reuses its connection for its next request.

    :param timeout: Seconds for one complete response: connect, headers and body.
    :param ca_path: A PEM bundle to trust instead of the one that the environment sets.
    :raises ValueError: The bundle of ca_path cannot be read.
    """

    def __init__(self, *, timeout: float, validate_certs: bool, ca_path: str | None) -> None:
        self._timeout = timeout
        self._validate_certs = validate_certs
        self._lock = threading.Lock()
        self._context = None if ca_path is None else tls_context(validate_certs, ca_path)
        # The sessions of requests are not thread-safe.
        self._threads = threading.local()

    def send(
        self,
        method: str,
        url: str,
        *,
        token: str | None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, t.Any] | None = None,
        timeout: float | None = None,
    ) -> HttpResponse:
        """Send a request once. A redirect is returned, not followed (decision 2).

        :param token: The bearer token. None sends no Authorization header.
        :param body: Sent as JSON.
        :param timeout: Seconds, instead of the timeout of the transport.
        :raises ApiError: No complete response was received in time. `effect` is PENDING if the request was sent.

        The exchange runs in a separate thread, because the timeouts of requests do not limit the whole exchange: a
        server can send one byte after the other, and a name server may not answer. After the timeout, the thread is
        abandoned.
        """
        timeout = timeout or self._timeout
        context = self._tls_context() if urlsplit(url).scheme == "https" else None
        session = self._threads.session = getattr(self._threads, "session", None) or new_session(context)
        request = {"method": method, "url": url, "params": query, "json": body, "auth": BearerAuth(token)}
        gate = threading.Lock()
        try:
            exchange = start(_exchange, session, request, timeout, gate)
        except RuntimeError:
            raise ApiError(_no_response().no_thread()) from None
        wait([exchange], timeout)
        if not exchange.done():
            self._threads.session = None
            abandoned = gate.acquire(blocking=False)  # pylint: disable=consider-using-with  # it is never released
            raise ApiError(_no_response().timed_out(timeout, sent=not abandoned))
        try:
            response = exchange.result()
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
            # requests 2.32 and older fail with this for a Content-Type with a charset that has no value.
            AttributeError,
        ) as exc:
            failure = _no_response().explain(exc, sent=gate.locked(), timeout=timeout, proxy=proxy_of(url))
            raise ApiError(failure) from None
        if response.status < 200:
            # The final response may still arrive. The next request must not read it as its own response.
            self._threads.session = None
        if response.status == 407 and (proxy := proxy_of(url)):
            raise ApiError(_no_response().refused_by_proxy(proxy, 407))
        return response

    def _tls_context(self) -> ssl.SSLContext:
        """Return the TLS context that all threads share.

        In requests, a bundle in the environment overrides the bundle of a session (psf/requests#3829). Here, ca_path
        has priority. Without validation of certificates, the bundle in the environment is ignored, as in requests.
        """
        with self._lock:
            if self._context is None:
                variable = next(filter(os.environ.get, _BUNDLE_VARIABLES), "") if self._validate_certs else ""
                try:
                    self._context = tls_context(self._validate_certs, os.environ.get(variable))
                except ValueError:
                    raise ApiError(_no_response().unreadable_bundle(variable)) from None
            return self._context


def _no_response() -> types.ModuleType:
    # Only failures need it, and its import takes 2 ms.
    from . import no_response  # pylint: disable=no-name-in-module  # the folder has no __init__.py

    return no_response


def _exchange(
    session: requests.Session, request: dict[str, t.Any], timeout: float, gate: threading.Lock
) -> HttpResponse:
    this_thread.gate = gate
    deadline = time.monotonic() + timeout
    with session.request(**request, timeout=timeout, allow_redirects=False, stream=True) as response:
        # Otherwise, urllib3 1.26 accepts a body that ends too early as complete.
        response.raw.enforce_content_length = True
        body: bytearray | None = bytearray()
        try:
            for chunk in response.iter_content(1 << 16):
                body += chunk
                if time.monotonic() > deadline:
                    raise ApiError(_no_response().timed_out(timeout, sent=True))
                if len(body) > MAX_BODY_BYTES:
                    raise ApiError(_no_response().too_long(MAX_BODY_BYTES))
        except requests.exceptions.ContentDecodingError:
            body = None
        headers = response.headers
        content = None if body is None else bytes(body)
        return HttpResponse(
            response.status_code,
            _seconds(headers.get("Retry-After")),
            headers.get("Content-Type") or "",
            content,
            headers,
            response.url,
        )


def _seconds(retry_after: str | None) -> float:
    """Return the seconds of a Retry-After header; 0 if it is neither a number nor a date."""
    try:
        return urllib3.Retry().parse_retry_after(retry_after) if retry_after else 0
    except (urllib3.exceptions.InvalidHeader, ValueError, IndexError, OverflowError):
        # The parser of dates in Python 3.9 raises IndexError for some texts.
        return 0
