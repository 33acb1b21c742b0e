# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""One API call: its attempts, the waits between them, and its error. It depends on no resource and no login."""

from __future__ import annotations

import random
import time
import typing as t
from urllib.parse import quote

from .._errors import ApiError, Effect, Failure, Origin
from .._text import check_path_segment
from .response import Reader, Response, proves_success
from .threads import Breaker, Throttle

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .._redact import Redactor
    from .transport import Transport

SAFE_METHODS = frozenset({"GET"})

# Seconds. The waits between attempts double. No wait is longer than the maximum, even if a Retry-After asks for it.
BACKOFF_BASE = 0.5
BACKOFF_MAX = 60.0

# After so many requests in a row that failed in all their attempts, nothing more is written.
FAILED_REQUESTS = 3


class CheckModeViolation(RuntimeError):
    """The code tried to send a request that writes in check mode. This is a bug of the collection."""


class Client:
    """Calls the API.

    :param api_url: The base URL, without a slash at its end.
    :param retries: How often a request is repeated after a transient failure.
    :param check_mode: Whether to refuse every request that writes, except the requests in `allowed`.
    :param allowed: Pairs of method and path template.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        api_url: str,
        retries: int,
        check_mode: bool,
        redactor: Redactor,
        allowed: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._transport = transport
        self._api_url = api_url
        self._retries = retries
        self._check_mode = check_mode
        self._allowed = allowed
        self._throttle = Throttle()
        self._breaker = Breaker(FAILED_REQUESTS * (retries + 1))
        self._reader = Reader(redactor)

    @property
    def address_proven(self) -> bool:
        """Whether a response has shown that `api_url` is the address of this API."""
        return self._reader.address_proven

    def call(
        self,
        method: str,
        path: str,
        *segments: str,
        token: str | None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, t.Any] | None = None,
        proof: Callable[[Response], bool] = proves_success,
        repeatable: bool | None = None,
        effect: Effect = Effect.NONE,
    ) -> Response:
        """Send a request, and repeat it after transient failures. Returns the response that proves success.

        :param path: A template such as `/ai/llm/{}`. Each of the segments is percent-encoded into it.
        :param proof: Returns whether a 2xx proves that the request succeeded.
        :param repeatable: Whether to repeat the request after an attempt that may have taken effect. By default, every
            method except POST is repeatable (decision 6).
        :param effect: What an earlier call with the same request may have done.
        :raises ApiError: No attempt succeeded. `effect`: what all attempts together may have done; NONE for a read.
            If the origin is NOT_SENT, it was not sent, because requests before it failed in all their attempts.
        """
        url = self._url(method, path, segments)
        writes = method not in SAFE_METHODS
        repeatable = method != "POST" if repeatable is None else repeatable
        failure: Failure | None = None
        attempts = 0
        while True:
            attempts += 1
            with self._throttle:
                cause = self._breaker.cause if writes else None
                if cause:
                    raise ApiError(failure or _not_sent(cause, effect))
                result = self._attempt(method, url, token, query, body, proof)
            if isinstance(result, Response) or not result.retryable:
                self._throttle.speed_up()
                self._breaker.succeed()
            if isinstance(result, Response):
                return result
            effect = max(effect, result.effect) if writes else Effect.NONE
            failure = result._replace(effect=effect, attempts=attempts)
            may_repeat = result.retryable and (repeatable or effect is Effect.NONE)
            if attempts > self._retries or not may_repeat:
                if result.retryable:
                    self._breaker.fail(failure)
                raise ApiError(failure)
            delay = backoff(attempts, result.retry_after)
            if result.code == "rate_limited":
                self._throttle.slow_down(delay)
            else:
                time.sleep(delay)

    def send_once(
        self,
        method: str,
        path: str,
        *segments: str,
        token: str | None,
        timeout: float,
        body: Mapping[str, t.Any] | None = None,
    ) -> Response | None:
        """Send a request once, without waiting for the throttle. Returns the response, None if no response came.

        :param timeout: Seconds for the response.
        """
        url = self._url(method, path, segments)
        try:
            return self._reader.read(self._transport.send(method, url, token=token, body=body, timeout=timeout))
        except ApiError:
            return None

    def _url(self, method: str, path: str, segments: tuple[str, ...]) -> str:
        """Return the URL of a request. Raises CheckModeViolation if check mode does not allow the request."""
        if self._check_mode and method not in SAFE_METHODS and (method, path) not in self._allowed:
            raise CheckModeViolation(f"{method} {path}")
        return self._api_url + path.format(*(quote(check_path_segment(segment), safe="") for segment in segments))

    def _attempt(
        self,
        method: str,
        url: str,
        token: str | None,
        query: Mapping[str, str] | None,
        body: Mapping[str, t.Any] | None,
        proof: Callable[[Response], bool],
    ) -> Response | Failure:
        try:
            received = self._transport.send(method, url, token=token, query=query, body=body)
        except ApiError as error:
            return error.failure
        response = self._reader.read(received)
        if response.ok and proof(response):
            self._reader.address_proven = True
            return response
        return self._reader.failure(response, received)


def _not_sent(cause: Failure, effect: Effect) -> Failure:
    """The failure of a request that was not sent.

    :param effect: What an earlier call with the same request may have done.
    """
    return cause._replace(
        message=f"the request was not sent, because several requests before it failed: {cause.lead}{cause.message}",
        lead="",
        http_status=None,
        effect=effect,
        origin=Origin.OTHER if effect else Origin.NOT_SENT,
    )


def backoff(attempts: int, retry_after: float = 0) -> float:
    """Return the seconds to wait after this many attempts: exponential backoff with jitter, or more if the API asks."""
    seconds = BACKOFF_BASE * 2 ** min(attempts - 1, 10) * random.uniform(1, 1.25)
    return min(max(seconds, retry_after), BACKOFF_MAX)
