# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Find the outcome of a write that no response proves, from the list of configurations (decision 11)."""

from __future__ import annotations

import enum
import typing as t

from .._errors import Effect, Failure, Origin
from .._next_steps import REFUSED_REMOVAL, WITHOUT_ID
from .._text import join_limited
from .api import AiLlm, Listing, repositories_of, repository_names
from .outcome import Change, Outcome


class _Seen(enum.Enum):
    """What the list shows of a change."""

    DONE = "done"
    NOT_DONE = "not done"
    UNCLEAR = "cannot tell"


class _Look(t.NamedTuple):
    seen: _Seen
    # A sentence about it for the user; for DONE, the evidence that completes "The configuration ...".
    text: str
    # The configuration, if it is listed.
    item: AiLlm | None = None


def settle(outcome: Outcome, listed: Listing) -> Outcome:
    """Return the outcome of a failed write that the list shows. Only a PENDING effect survives "not done"."""
    failure = t.cast("Failure", outcome.failure)
    if _is_refused_removal(outcome, failure):
        return _settle_refusal(outcome, failure, listed)
    look = _LOOKS[outcome.change.action](outcome, listed)
    if look.seen is _Seen.DONE:
        if failure.effect is Effect.NONE:
            # A 404 that is not the API's, and the list confirms it (decision 3).
            return outcome._replace(status="absent", failure=None)
        known = {"id": look.item["id"], "ai_llm": look.item} if look.item else {}
        return outcome.done(look.text, **known)
    if look.seen is _Seen.NOT_DONE and failure.effect is not Effect.PENDING:
        failure = failure._replace(effect=Effect.NONE)
    return outcome.failed(failure.with_context(look.text))


def _look_for_creation(outcome: Outcome, listed: Listing) -> _Look:
    change = outcome.change
    found = [item for item in listed if item["name"] == change.fields["name"]]
    if not found:
        return _Look(_Seen.NOT_DONE, "The list does not show the configuration")
    if len(found) == 1 and _is_as_sent(found[0], change):
        return _Look(_Seen.DONE, "is listed now", found[0])
    values = "with other values" if len(found) == 1 else "more than once"
    ids = join_limited([item["id"] for item in found])
    return _Look(_Seen.UNCLEAR, f"The list has this name, but {values}: {ids}")


def _look_for_update(outcome: Outcome, listed: Listing) -> _Look:
    item = _find(outcome, listed)
    if item and all(item[field] == value for field, value in outcome.change.fields.items()):
        return _Look(_Seen.DONE, "is listed with its new values now", item)
    return _Look(_Seen.NOT_DONE, "The list does not show the update")


def _look_for_removal(outcome: Outcome, listed: Listing) -> _Look:
    if _find(outcome, listed):
        return _Look(_Seen.NOT_DONE, "The configuration is still listed")
    failure = t.cast("Failure", outcome.failure)
    if outcome.change.unlisted and failure.outcome_unknown:
        return _Look(_Seen.UNCLEAR, "The configuration was not listed before the removal, either")
    return _Look(_Seen.DONE, "is not listed any more")


_LOOKS = {"create": _look_for_creation, "update": _look_for_update, "delete": _look_for_removal}


def _is_refused_removal(outcome: Outcome, failure: Failure) -> bool:
    # A login can be refused with 403, too. That says nothing about the removal.
    is_refused = failure.http_status == 403 and failure.origin is not Origin.LOGIN
    return is_refused and outcome.change.action == "delete"


def _settle_refusal(outcome: Outcome, failure: Failure, listed: Listing) -> Outcome:
    """Find the cause of a 403 from the listed repositories, never from the text of the message (decision 4)."""
    item = _find(outcome, listed)
    if item and item["repos"]:
        next_step = f"On the platform, remove the configuration from {repository_names(item)}. Then run the task again."
        details = {"repositories": repositories_of(item)}
        return outcome.failed(failure._replace(code="in_use", effect=Effect.NONE, next_step=next_step, details=details))
    if item and failure.effect is Effect.POSSIBLE:
        failure = failure._replace(effect=Effect.NONE)
    return outcome.failed(failure._replace(next_step=REFUSED_REMOVAL))


def settle_without_list(outcome: Outcome, list_failure: Failure) -> Outcome:
    """Return the outcome of a failed write if the list cannot be read."""
    failure = t.cast("Failure", outcome.failure)
    if _is_refused_removal(outcome, failure):
        return outcome.failed(failure._replace(next_step=REFUSED_REMOVAL))
    text = f"The request for the list, which could show the outcome, failed too: {list_failure.summary}"
    return outcome.failed(failure.with_context(text))


def complete_creation(outcome: Outcome, listed: Listing | Failure) -> Outcome:
    """Return the outcome of a confirmed creation with what the list shows: all fields, and the ID if none came.

    :param listed: The failure, if the list cannot be read.
    """
    change = outcome.change
    known = {**t.cast("AiLlm", change.after), "id": outcome.id}
    if outcome.id is not None:
        item = None if isinstance(listed, Failure) else _find(outcome, listed)
        return outcome._replace(ai_llm=item or known)
    if isinstance(listed, Failure):
        why = f"the request for the list failed: {listed.summary}"
    else:
        found = [item for item in listed if item["name"] == change.fields["name"]]
        if len(found) == 1:
            return outcome._replace(id=found[0]["id"], ai_llm=found[0])
        why = "lists more than one configuration with this name" if found else "does not list it"
    message = f"the API created the configuration, but did not return its ID, and {why}"
    failure = Failure("invalid_response", message, next_step=WITHOUT_ID)
    return outcome._replace(ai_llm=known, failure=failure)


def _find(outcome: Outcome, listed: Listing) -> AiLlm | None:
    return next((item for item in listed if item["id"] == outcome.id), None)


def _is_as_sent(item: AiLlm, change: Change) -> bool:
    """Whether the listed fields are those of the creation. Otherwise somebody else has created the configuration."""
    return all(item.get(field) in (None, value) for field, value in change.fields.items())
