# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Why something failed, and what a failed write may have done."""

from __future__ import annotations

import enum
import typing as t

from ._next_steps import CHECK_GATEWAY
from ._text import count

_UNKNOWN = (
    "The module does not know whether the request had an effect. It may also have an effect later. "
    "Run the task again: the task reads what exists, and makes only the missing changes."
)


class Effect(enum.IntEnum):
    """What a failed write may have done. Of several attempts, the highest value counts."""

    # It did nothing, and will do nothing.
    NONE = 0
    # It may have taken effect. If the list does not show the effect, it did not.
    POSSIBLE = 1
    # As POSSIBLE, or it may still take effect, because an attempt got no response of the API itself.
    PENDING = 2


class Origin(enum.Enum):
    """Where a failure comes from."""

    # The API itself: the response has the documented `success: false`.
    API = "api"
    # The login. The request was not sent, or was not sent again.
    LOGIN = "login"
    # The client: it did not send the request, because the API did not recover from the failures of others before it.
    NOT_SENT = "not sent"
    # Anything else: no response, a gateway, a response that proves nothing, or a decision of the module.
    OTHER = "other"


class Failure(t.NamedTuple):
    """Why something failed. It is built once, where it happens, and only extended on the way to the result.

    All texts may contain names and IDs of the API or of the user, so `run()` redacts them before they are shown.
    """

    # One of the documented error codes, such as "in_use".
    code: str
    # The message of the API, or a description of the problem.
    message: str
    # The status of the response; None if there was none.
    http_status: int | None = None
    effect: Effect = Effect.NONE
    origin: Origin = Origin.OTHER
    # What the user can do about it, one or more sentences.
    next_step: str = ""
    # Whether the cause can be that api_url is not the address of the API. Then the next step is to check it.
    suspects_address: bool = False
    # The beginning of the sentence that ends with the message, such as "the API answered 403: ".
    lead: str = ""
    # Sentences that follow the message: what was learned later, for example from the list.
    context: str = ""
    # How often the request was sent, or tried.
    attempts: int = 1
    # Whether the same request may succeed a little later, and the seconds to wait before that if the API asks.
    retryable: bool = False
    retry_after: float = 0
    # The `error_code` of the API.
    api_code: str | None = None
    # Further items of the return value `error`: `reason`, `repositories`.
    details: dict[str, t.Any] | None = None

    @property
    def outcome_unknown(self) -> bool:
        return self.effect > Effect.NONE

    @property
    def summary(self) -> str:
        """The text for the task's message: what happened, how often, and what was learned later."""
        attempts = f" ({count(self.attempts, 'attempt')})" if self.attempts > 1 else ""
        text = f"{self.lead}{self.message}"
        return _sentences(f"{text.rstrip('.')}{attempts}" if attempts else text, self.context)

    def with_context(self, *sentences: str) -> Failure:
        """Return the failure with more sentences after its message."""
        return self._replace(context=_sentences(self.context, *sentences))

    def at_proven_address(self) -> Failure:
        """Return the failure of a task in which another response has shown that api_url is right."""
        return self._replace(next_step=CHECK_GATEWAY, suspects_address=False) if self.suspects_address else self

    def __str__(self) -> str:
        """Return sentences: what happened, what to do next, and whether the outcome is unknown."""
        sentences = [f"{self.summary.rstrip('.')}.", self.next_step, _UNKNOWN if self.outcome_unknown else ""]
        return " ".join(filter(None, sentences))

    def as_dict(self) -> dict[str, t.Any]:
        """The return value `error`."""
        return {
            "code": self.code,
            "http_status": self.http_status,
            "message": _sentences(self.message, self.context),
            "outcome_unknown": self.outcome_unknown,
            **(self.details or {}),
        }


class ApiError(Exception):
    """A request failed, or the task cannot continue with its response."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class OptionError(Exception):
    """The options of the task are not valid. The message names them; the task returns no `error`."""


def _sentences(*texts: str) -> str:
    """Join sentences. Each of them but the last gets exactly one full stop."""
    *others, last = [text for text in texts if text] or [""]
    return "".join(f"{text.rstrip('.')}. " for text in others) + last
