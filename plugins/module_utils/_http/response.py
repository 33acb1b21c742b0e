# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read a response: its message, whether it proves success, and whether it comes from the API itself."""

from __future__ import annotations

import json
import typing as t
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from .._errors import Effect, Failure, Origin
from .._next_steps import BY_CODE, CHECK_ADDRESS
from .._text import excerpt, html_text, one_line

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .._redact import Redactor
    from .transport import HttpResponse

# The fields of a response that have a token.
_TOKENS = ("accessToken", "refreshToken")

# The number of characters to redact. A server can send much more.
_MAX_TEXT = 1 << 16
# A longer text is no token.
_MAX_TOKEN = 1 << 13

_CODES = {401: "unauthorized", 403: "forbidden", 429: "rate_limited"}

# A 501 is not among these: the server cannot do what is asked.
_RETRYABLE = frozenset({408, 425, 429, *range(500, 1000)} - {501})

# What a write may have done if a gateway answers, or the API without its `success: false`: nothing, because
_REFUSED_BEFORE = frozenset({
    # the server asks for the same request at another address. Any other redirect can follow after the work.
    307, 308,
    # the first server that reads the request refuses its form: syntax, method, missing length, size, URL, media type,
    # expectation, protocol, missing condition, headers.
    400, 405, 411, 413, 414, 415, 417, 426, 428, 431,
    # who sends it, from where, or how often is checked before the work (decisions 4, 6 and 13).
    401, 402, 403, 407, 429, 451,
    # the server does not have the resource (decision 3), is not the one for this host, or does not trust early data.
    404, 421, 425,
})  # fmt: skip
# Perhaps something, but nothing more: the response is complete, and who sent it looked at the content or the state,
# perhaps after an earlier attempt, or could not represent the result of the work. Other statuses, known or not, can be
# those of a gateway that gave up while the API is still working, such as 408 and 499.
_COMPLETE = frozenset({406, 409, 410, 412, 416, 422, 423, 424, *range(300, 400)})


class Response(t.NamedTuple):
    status: int
    # The body as JSON; None if it is not JSON.
    body: t.Any
    # Their names are compared without case.
    headers: Mapping[str, str] = MappingProxyType({})
    # The API's message, shortened and without secrets, so that it can be shown; "" if there is none.
    message: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def fields(self) -> dict[str, t.Any]:
        """The fields of a JSON object; empty if the body is something else."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def success(self) -> bool | None:
        """The field `success`; None if it is missing or not a boolean."""
        success = self.fields.get("success")
        return success if isinstance(success, bool) else None


def proves_success(response: Response) -> bool:
    """Whether a 2xx proves that the request took effect (decision 1). Any gateway can send the status alone."""
    return response.success is True or (response.status == 204 and response.body is None)


def text_or_none(value: t.Any) -> str | None:
    """Return the value if it is a text that UTF-8 can encode, else None. JSON can contain lone surrogates."""
    try:
        value.encode("utf-8")
    except (AttributeError, UnicodeEncodeError):
        return None
    return t.cast("str", value)


def texts(item: t.Any, fields: dict[str, str]) -> dict[str, t.Any]:
    values = item if isinstance(item, dict) else {}
    return {name: text_or_none(values.get(api_name)) for name, api_name in fields.items()}


def error_text(response: Response) -> str:
    """Return the message in a response, followed by the error code in parentheses; "" if there is neither.

    Other fields are never quoted, because objects of this API contain keys. The pages of the API's documentation use
    different names for the field of the message.
    """
    names = ("message", "error_message", "error", "error_code")
    *messages, code = [text.strip() if isinstance(text, str) else "" for text in map(response.fields.get, names)]
    message = next(filter(None, messages), "")
    return f"{message} ({code})" if message and code else message or code


class Reader:
    """Reads the responses of one API. It removes secrets from everything that it quotes.

    address_proven: whether a response has shown that `api_url` is the address of this API.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.address_proven = False

    def read(self, received: HttpResponse) -> Response:
        try:
            body = json.loads(received.body or b"")
        except (ValueError, RecursionError):
            body = None
        response = Response(received.status, body, received.headers)
        # Every text that could be a token is a secret, before anything else is done with the response.
        tokens = [response.fields[name] for name in _TOKENS if isinstance(response.fields.get(name), str)]
        self._redactor.add(*(token for token in tokens if len(token) <= _MAX_TOKEN))
        # Only this API answers with a boolean "success".
        self.address_proven = self.address_proven or response.success is not None
        return response._replace(message=excerpt(self._redacted(error_text(response))))

    def _redacted(self, text: str) -> str:
        # The ellipsis shows the redactor that a secret before it may be cut.
        return self._redactor.redact(text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…")

    def failure(self, response: Response, received: HttpResponse) -> Failure:
        """Return the failure for a response that does not prove success."""
        status = response.status
        from_api = response.success is False
        api_code = response.fields.get("error_code") if from_api else None
        if status >= 500 or (response.ok and from_api):
            code = "server_error"
        elif status < 400 or (status == 404 and not from_api):
            code = "invalid_response"
        else:
            code = "not_found" if status == 404 else _CODES.get(status, "rejected")
        advice = "server_error" if code == "rejected" and status in _RETRYABLE else code
        return Failure(
            code,
            self._message(response, received),
            http_status=status,
            effect=_effect(response),
            origin=Origin.API if from_api else Origin.OTHER,
            next_step=CHECK_ADDRESS if code == "invalid_response" else BY_CODE[advice],
            suspects_address=code == "invalid_response",
            lead=f"the API answered {status}: ",
            retryable=status in _RETRYABLE,
            retry_after=received.retry_after,
            api_code=excerpt(self._redactor.redact(api_code)) if isinstance(api_code, str) else None,
        )

    def _message(self, response: Response, received: HttpResponse) -> str:
        if 300 <= response.status < 400:
            return f"a redirect{self._target(received)}, which is never followed"
        if received.body is None:
            return "a body whose compression is broken"
        if not received.body.strip():
            return "an empty body"
        # The redactor reads a byte that is not UTF-8 as a character of ISO 8859-1. Messages are without it.
        text = received.body.decode("utf-8-sig", "surrogateescape")
        start = one_line(text[:_MAX_TEXT])
        if response.body is not None or start.startswith(("{", "[", '"')):
            return response.message or "JSON without a message"
        text = self._redacted(text)
        if start.startswith("<") or "html" in received.content_type.lower():
            # Redact again: html_text() has decoded the entities of HTML.
            text = self._redactor.redact(html_text(text))
            text = text and f"an HTML page: {text}"
        return excerpt(text) or "a body that is not text"

    def _target(self, received: HttpResponse) -> str:
        """Return the target of a redirect, such as " to https://host/path"; "" if there is none.

        The other parts of it can contain credentials that nobody knows.
        """
        # HTTP libraries decode headers as ISO 8859-1. Redact before the parts are separated.
        location = received.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")
        try:
            target = urlsplit(urljoin(received.url, self._redacted(location)))
        except ValueError:
            return ""
        host, path = target.netloc.rpartition("@")[2], target.path.partition(";")[0]
        return f" to {excerpt(f'{target.scheme}://{host}{path}')}" if location and host else ""


def _effect(response: Response) -> Effect:
    """What a write may have done if this is the response, which does not prove success (decision 11)."""
    if response.success is False:
        return Effect.NONE if response.status < 500 else Effect.POSSIBLE
    if response.status in _REFUSED_BEFORE:
        return Effect.NONE
    return Effect.POSSIBLE if response.status in _COMPLETE else Effect.PENDING
