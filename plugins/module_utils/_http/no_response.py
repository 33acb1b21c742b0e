# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Explain why no response was received."""

from __future__ import annotations

import http.client
import re
import ssl
import typing as t

from .._errors import Effect, Failure
from .._next_steps import CHECK_ADDRESS
from .._text import count, excerpt
from .connection import urllib3

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment of the task"


def _failure(code: str, message: str, *, sent: bool, next_step: str, retryable: bool = True) -> Failure:
    effect = Effect.PENDING if sent else Effect.NONE
    return Failure(code, message, effect=effect, next_step=next_step, retryable=retryable)


def timed_out(timeout: float, *, sent: bool) -> Failure:
    return _failure(
        "timeout",
        f"no complete response within the timeout of {count(timeout, 'second')}",
        sent=sent,
        next_step="If the API needs more time, increase the option timeout.",
    )


def no_thread() -> Failure:
    return _failure(
        "unreachable",
        "the system does not allow another thread",
        sent=False,
        next_step="Increase the number of processes that the user or the container may have on the host of the module.",
    )


def too_long(max_bytes: int) -> Failure:
    return _failure(
        "invalid_response",
        f"the response is longer than {max_bytes >> 20} MB",
        sent=True,
        next_step=CHECK_ADDRESS,
        retryable=False,
    )._replace(suspects_address=True)


def refused_by_proxy(proxy: str | None, status: int) -> Failure:
    """Return the error if a proxy answered instead of the API.

    :param proxy: The URL of the proxy. Only its host and port are shown.
    """
    credentials = " It asks for credentials: add them to the URL of the proxy." if status == 407 else ""
    return _failure(
        "unreachable",
        f"the proxy {_shown(proxy)} refused the request with status {status}",
        sent=False,
        next_step=f"Check {_PROXY_VARIABLES}.{credentials}",
    )


def unreadable_bundle(variable: str) -> Failure:
    return _failure(
        "tls",
        f"the CA bundle that the environment variable {variable} names cannot be read",
        sent=False,
        next_step=f"Correct {variable}, or set the option ca_path.",
        retryable=False,
    )


def explain(exc: BaseException, *, sent: bool, timeout: float, proxy: str | None) -> Failure:
    """Return the error for an exception of requests, urllib3 or the system.

    The texts of the exceptions are not quoted, because they can contain headers and the URLs of proxies.

    :param proxy: The URL of the proxy that the environment sets, if any. Only its host and port are shown.
    """
    causes = list(_causes(exc))
    errors = urllib3.exceptions

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in causes)

    tunnel = next(filter(None, (re.match(r"Tunnel connection failed: (\d{3})", str(item)) for item in causes)), None)
    if tunnel and not sent:
        return refused_by_proxy(proxy, int(tunnel[1]))
    if has(errors.TimeoutError) and not has(errors.NewConnectionError):
        return timed_out(timeout, sent=sent)
    for item in causes:
        # For another host name, urllib3 1.26 raises an exception of its own.
        if isinstance(item, ssl.SSLCertVerificationError) or type(item).__name__ == "CertificateError":
            return _bad_certificate(item, sent)
    if has(ssl.SSLError, errors.SSLError):
        message = f"no secure connection: {_reason(causes)}"
        next_step = (
            "Check whether the server uses TLS on this port. If it serves plain http, begin api_url with http://."
        )
        return _failure("tls", message, sent=sent, next_step=next_step)
    way = f" through the proxy {_shown(proxy)}, which comes from the environment" if proxy else ""
    next_step = f"Check {_PROXY_VARIABLES}." if proxy else "Check api_url, and whether this host can connect to it."
    is_odd = has(http.client.BadStatusLine, http.client.LineTooLong, errors.InvalidHeader) and not has(ConnectionError)
    if is_odd or (sent and isinstance(exc, (AttributeError, ValueError))):
        message = f"the server did not send an HTTP response{way}"
        return _failure("invalid_response", message, sent=sent, next_step=next_step)
    if isinstance(exc, ValueError) or has(errors.LocationParseError, http.client.InvalidURL):
        message = "the address of the API, or of a proxy, is not valid"
        next_step = f"Check api_url, and {_PROXY_VARIABLES}."
        return _failure("unreachable", message, sent=sent, next_step=next_step, retryable=False)
    what = f"the connection broke before the response was complete{way and ','}" if sent else "cannot connect"
    return _failure("unreachable", f"{what}{way}: {_reason(causes)}", sent=sent, next_step=next_step)


def _bad_certificate(certificate: BaseException, sent: bool) -> Failure:
    why = getattr(certificate, "verify_message", None) or "it is for another host name"
    next_step = "Check the options ca_path and validate_certs."
    if "key identifier" in why.lower():
        next_step = (
            "Python 3.13 and newer need this identifier. Let the certificate authority issue its certificates again."
        )
    message = f"the certificate of the server is not valid: {why}"
    return _failure("tls", message, sent=sent, next_step=next_step, retryable=False)


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all its causes. requests and urllib3 also store causes in `reason` and in `args`."""
    seen: set[int] = set()
    left: list[t.Any] = [exc]
    while left:
        item = left.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            left += [getattr(item, "reason", None), *item.args, item.__cause__, item.__context__]


def _reason(causes: list[BaseException]) -> str:
    """Return the system's message for the innermost cause, such as "Connection refused"."""
    return next(
        (str(item.strerror) for item in reversed(causes) if isinstance(item, OSError) and item.strerror),
        type(causes[-1]).__name__,
    )


def _shown(proxy: str | None) -> str:
    """Host and port of a proxy's URL, without its credentials."""
    return excerpt(re.split(r"[/?#]", (proxy or "").rpartition("//")[2].rpartition("@")[2])[0])
