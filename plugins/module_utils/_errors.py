# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The result and the errors of a task, and the errors of a single request."""

from __future__ import annotations

import typing as t

_UNKNOWN = (
    "The module does not know whether the request had an effect. It may also have an effect later. "
    "Run the task again: the task reads what exists, and makes only the missing changes."
)


class Result(t.NamedTuple):
    """The return values of a task, its warnings, and the error if it fails.

    secrets: secret return values. They are returned without redaction.
    """

    values: dict[str, t.Any]
    warnings: tuple[str, ...] = ()
    error: ApiError | None = None
    secrets: dict[str, str | None] | None = None


class OptionError(Exception):
    """The options of the task are not valid. The message names them; the task returns no `error`."""


class ApiError(Exception):
    """The API request failed, or the task cannot continue with its response.

    :param code: One of the documented error codes, such as `in_use`.
    :param message: The error message of the API, or a description of the problem. May contain names and IDs of the
        API or of the user, so `run()` redacts it before it is shown.
    :param http_status: The status of the API's response; None if there was none.
    :param outcome_unknown: Whether a write may have taken effect, or may still do so, although no response says so.
    :param next_step: What the user can do about it, one or more sentences.
    :param summary: The text for the task's message. The default is the HTTP status and the message.
    :param details: Further items of the return value `error`: `reason`, `repositories`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        http_status: int | None = None,
        outcome_unknown: bool = False,
        next_step: str = "",
        summary: str | None = None,
        **details: t.Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.outcome_unknown = outcome_unknown
        self.next_step = next_step
        self.details = details
        if summary is None:
            summary = message if http_status is None else f"the API answered {http_status}: {message}"
        self.summary = summary

    def __str__(self) -> str:
        """Return sentences: what happened, what to do next, and whether the outcome is unknown."""
        sentences = [f"{self.summary.rstrip('.')}.", self.next_step, _UNKNOWN if self.outcome_unknown else ""]
        return " ".join(filter(None, sentences))

    def restated(
        self,
        addition: str = "",
        *,
        code: str | None = None,
        outcome_unknown: bool | None = None,
        next_step: str | None = None,
        **details: t.Any,
    ) -> ApiError:
        """Return the error with more information, for example from the list of configurations.

        It has the class ApiError, because it is not only about one request any more. What is not given stays the same.

        :param addition: A sentence to add to the message.
        """
        message, summary = (
            f"{text.rstrip('.')}. {addition}" if addition else text for text in (self.message, self.summary)
        )
        return ApiError(
            code or self.code,
            message,
            http_status=self.http_status,
            outcome_unknown=self.outcome_unknown if outcome_unknown is None else outcome_unknown,
            next_step=self.next_step if next_step is None else next_step,
            summary=summary,
            **self.details,
            **details,
        )

    def as_dict(self) -> dict[str, t.Any]:
        """The return value `error`."""
        return {
            "code": self.code,
            "http_status": self.http_status,
            "message": self.message,
            "outcome_unknown": self.outcome_unknown,
            **self.details,
        }


class RequestError(ApiError):
    """One request failed after all attempts.

    :param from_api: Whether the last response comes from the API itself: it has the documented `success: false`.
    :param lost: Whether an attempt that may have taken effect got no response of the API itself.
    :param api_code: The `error_code` of that body.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        from_api: bool,
        lost: bool = False,
        api_code: str | None = None,
        **options: t.Any,
    ) -> None:
        super().__init__(code, message, **options)
        self.from_api = from_api
        self.lost = lost
        self.api_code = api_code


class LoginError(ApiError):
    """The login failed, so the request was not sent, or not sent again."""


class TransportError(Exception):
    """No complete response was received.

    :param code: `unreachable`, `timeout`, `tls` or `invalid_response`.
    :param sent: Whether the API may have received the request.
    :param next_step: What the user can do about it.
    :param retryable: Whether the same request may succeed a little later.
    """

    def __init__(self, code: str, message: str, *, sent: bool, next_step: str, retryable: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.sent = sent
        self.next_step = next_step
        self.retryable = retryable
