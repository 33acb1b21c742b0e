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
from .._next_steps import DISAPPEARED, PLAN_AGAIN, REFUSED_REMOVAL, WITHOUT_ID
from .._text import join_limited
from .api import AiLlm, Listing, repositories_of, repository_names
from .outcome import Outcome


class _Seen(enum.Enum):
    """What the list shows of a change."""

    DONE = "done"
    NOT_DONE = "not done"
    # As NOT_DONE, because the configuration to update does not exist any more.
    GONE = "gone"
    UNCLEAR = "cannot tell"


class _Look(t.NamedTuple):
    seen: _Seen
    # A sentence about it for the user; for DONE, the evidence that completes "The configuration ...".
    text: str
    # The configuration, if it is listed.
    item: AiLlm | None = None


def settle(outcome: Outcome, listed: Listing | Failure) -> Outcome:
    """Return the outcome of a change with what the list shows.

    :param listed: The failure, if the list cannot be read.
    """
    failure = outcome.failure
    if failure is None:
        return _complete(outcome, listed)
    # A login can be refused with 403, too. That says nothing about the removal.
    is_refused = failure.http_status == 403 and failure.origin is not Origin.LOGIN
    if is_refused and outcome.change.action == "delete":
        return _settle_refusal(outcome, failure, [] if isinstance(listed, Failure) else listed)
    if isinstance(listed, Failure):
        text = f"The request for the list, which could show the outcome, failed too: {listed.summary}"
        return outcome.failed(failure.with_context(text))
    return _settle_failure(outcome, failure, _LOOKS[outcome.change.action](outcome, listed))


def _settle_failure(outcome: Outcome, failure: Failure, look: _Look) -> Outcome:
    """Return the outcome of a failed write that the list shows. Only a PENDING effect survives "not done"."""
    if look.seen is _Seen.DONE:
        if failure.effect is Effect.NONE and outcome.change.action == "delete":
            # A 404 that is not the API's, and the list confirms it (decision 3).
            return outcome._replace(status="absent", failure=None)
        known = {"id": look.item["id"], "ai_llm": look.item} if look.item else {}
        return outcome.done(look.text, **known)
    if look.seen is _Seen.GONE:
        failure = failure._replace(code="not_found", next_step=DISAPPEARED)
    if look.seen is not _Seen.UNCLEAR and failure.effect is not Effect.PENDING:
        failure = failure._replace(effect=Effect.NONE)
    return outcome.failed(failure.with_context(look.text))


def _look_for_creation(outcome: Outcome, listed: Listing) -> _Look:
    change = outcome.change
    found = [item for item in listed if item["name"] == change.fields["name"]]
    if not found:
        return _Look(_Seen.NOT_DONE, "The list does not show the configuration")
    # Otherwise somebody else has created one of them. A field that is not listed says nothing.
    is_as_sent = all(found[0].get(field) in (None, value) for field, value in change.fields.items())
    if len(found) == 1 and is_as_sent:
        return _Look(_Seen.DONE, "is listed now", found[0])
    values = "with other values" if len(found) == 1 else "more than once"
    ids = join_limited([item["id"] for item in found])
    return _Look(_Seen.UNCLEAR, f"The list has this name, but {values}: {ids}")


def _look_for_update(outcome: Outcome, listed: Listing) -> _Look:
    change, item = outcome.change, _find(outcome, listed)
    if item is None:
        return _Look(_Seen.GONE, "The configuration is not listed any more")
    if all(item[field] == value for field, value in change.fields.items()):
        return _Look(_Seen.DONE, "is listed with its new values now", item)
    if change.before and all(item[field] == change.before[field] for field in change.fields):
        return _Look(_Seen.NOT_DONE, "The list does not show the update")
    return _Look(_Seen.UNCLEAR, "The list shows neither the old nor the new values")


def _look_for_removal(outcome: Outcome, listed: Listing) -> _Look:
    if _find(outcome, listed):
        return _Look(_Seen.NOT_DONE, "The configuration is still listed")
    if outcome.change.unlisted and outcome.status == "unknown":
        return _Look(_Seen.UNCLEAR, "The configuration was not listed before the removal, either")
    return _Look(_Seen.DONE, "is not listed any more")


_LOOKS = {"create": _look_for_creation, "update": _look_for_update, "delete": _look_for_removal}


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


def _complete(outcome: Outcome, listed: Listing | Failure) -> Outcome:
    """Return the outcome of a confirmed creation or update with what is stored, and the ID if none came."""
    if outcome.id is not None:
        item = None if isinstance(listed, Failure) else _find(outcome, listed)
        return outcome._replace(ai_llm=item or {**t.cast("AiLlm", outcome.change.after), "id": outcome.id})
    if isinstance(listed, Failure):
        why = f"the request for the list failed: {listed.summary}"
    else:
        found = [item for item in listed if item["name"] == outcome.change.fields["name"]]
        if len(found) == 1:
            return outcome._replace(id=found[0]["id"], ai_llm=found[0])
        why = "lists more than one configuration with this name" if found else "does not list it"
    message = f"the API created the configuration, but did not return its ID, and {why}"
    failure = Failure("invalid_response", message, next_step=WITHOUT_ID)
    return outcome._replace(ai_llm=outcome.change.after, failure=failure)


def recheck(outcome: Outcome, listed: Listing | Failure) -> Outcome:
    """Return the outcome of a removal that does not begin, because the list is not as planned; else the same outcome.

    :param listed: The list that was read after the creations and updates.
    """
    if isinstance(listed, Failure):
        message = "The configuration was not removed, because the task could not check that it is still as planned"
        return outcome._replace(failure=listed.with_context(message))
    before, item = t.cast("AiLlm", outcome.change.before), _find(outcome, listed)
    if item is None:
        return outcome._replace(status="absent")
    changed = [field for field in ("name", "ai_type", "endpoint") if item[field] != before[field]]
    if not changed:
        return outcome
    message = f"somebody changed {' and '.join(changed)} while the task ran, so the configuration was not removed"
    return outcome._replace(failure=Failure("plan_changed", message, next_step=PLAN_AGAIN))


def _find(outcome: Outcome, listed: Listing) -> AiLlm | None:
    return next((item for item in listed if item["id"] == outcome.id), None)
