# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Find the outcome of a write that no response proves, from the list of configurations (decision 11)."""

from __future__ import annotations

import typing as t

from .._errors import ApiError, RequestError
from .._text import join_limited
from .api import (
    Listing,
    repositories_of,
    repository_names,
)
from .plan import Change, Outcome, with_error

if t.TYPE_CHECKING:
    from .api import AiLlm

_FORBIDDEN = (
    "Either the user does not have the permission, or a repository that the user cannot see uses the configuration."
)


def settle(outcome: Outcome, listed: Listing) -> Outcome:
    """Return the outcome that the list shows."""
    if outcome.change.action == "create":
        return _settle_creation(outcome, listed)
    item = next((item for item in listed if item["id"] == outcome.id), None)
    if outcome.change.action == "delete":
        return _settle_removal(outcome, item)
    if item and all(item[field] == value for field, value in outcome.change.fields.items()):
        evidence = "is listed with its new values now"
        return outcome._replace(status="updated", ai_llm=item, error=None, evidence=evidence)
    return _without_effect(outcome, "The list does not show the update")


def _settle_creation(outcome: Outcome, listed: Listing) -> Outcome:
    change = outcome.change
    if outcome.id is not None:
        item = next((item for item in listed if item["id"] == outcome.id), None)
        return outcome._replace(ai_llm=item or _known(outcome))
    found = [item for item in listed if item["name"] == change.fields["name"]]
    if outcome.status == "created":
        if len(found) == 1:
            return outcome._replace(id=found[0]["id"], ai_llm=found[0])
        why = "lists more than one configuration with this name" if found else "does not list it"
        return outcome._replace(ai_llm=_known(outcome), error=_created_without_id(why))
    if not found:
        return _without_effect(outcome, "The list does not show the configuration")
    if len(found) == 1 and _is_as_sent(found[0], change):
        return Outcome(change, "created", found[0]["id"], found[0], evidence="is listed now")
    ids = join_limited([item["id"] for item in found])
    with_values = "with other values" if len(found) == 1 else "more than once"
    error = t.cast("ApiError", outcome.error)
    addition = f"The list has this name, but {with_values}: {ids}"
    return with_error(outcome, error.restated(addition, outcome_unknown=True))


def _is_as_sent(item: AiLlm, change: Change) -> bool:
    """Whether the listed fields are those of the creation. Otherwise somebody else has created the configuration."""
    return all(item.get(field) in (None, value) for field, value in change.fields.items())


def _settle_removal(outcome: Outcome, item: AiLlm | None) -> Outcome:
    error = t.cast("ApiError", outcome.error)
    # A login can be refused with 403, too. That says nothing about the removal.
    if isinstance(error, RequestError) and error.http_status == 403:
        return _settle_refusal(outcome, error, item)
    if item:
        return _without_effect(outcome, "The configuration is still listed")
    # The configuration is not listed: an attempt whose outcome is unknown removed it, or it did not exist before.
    if error.outcome_unknown:
        if outcome.change.unlisted:
            return with_error(outcome, error.restated("The configuration was not listed before the removal, either"))
        return outcome._replace(status="deleted", error=None, evidence="is not listed any more")
    return outcome._replace(status="absent", error=None)


def _settle_refusal(outcome: Outcome, error: RequestError, item: AiLlm | None) -> Outcome:
    """Find the cause of a 403 from the listed repositories, never from the text of the message (decision 4)."""
    if item and item["repos"]:
        next_step = f"On the platform, remove the configuration from {repository_names(item)}. Then run the task again."
        return with_error(
            outcome,
            error.restated(
                code="in_use", outcome_unknown=False, next_step=next_step, repositories=repositories_of(item)
            ),
        )
    unknown = error.outcome_unknown and (error.lost or item is None)
    return with_error(outcome, error.restated(next_step=_FORBIDDEN, outcome_unknown=unknown))


def _without_effect(outcome: Outcome, observation: str) -> Outcome:
    """Return the outcome of a write that the list does not show.

    The write may still take effect, unless the API itself responded to each attempt (decision 11).
    """
    error = t.cast("ApiError", outcome.error)
    unknown = error.outcome_unknown and not (isinstance(error, RequestError) and not error.lost)
    return with_error(outcome, error.restated(observation, outcome_unknown=unknown))


def settle_without_list(outcome: Outcome, list_error: ApiError) -> Outcome:
    """Return the outcome if the list cannot be read."""
    if outcome.status == "created":
        why = f"the request for the list failed: {list_error.summary}"
        # If there is an error, it is that of the validation.
        error = outcome.error if outcome.id is not None else _created_without_id(why)
        return outcome._replace(ai_llm=_known(outcome), error=error)
    error = t.cast("ApiError", outcome.error)
    if isinstance(error, RequestError) and error.http_status == 403:
        return with_error(outcome, error.restated(next_step=_FORBIDDEN))
    addition = f"The request for the list, which could show the outcome, failed too: {list_error.summary}"
    return with_error(outcome, error.restated(addition))


def _known(outcome: Outcome) -> AiLlm:
    return {**t.cast("AiLlm", outcome.change.after), "id": outcome.id}


def _created_without_id(why: str) -> ApiError:
    message = f"the API created the configuration, but did not return its ID, and {why}"
    return ApiError("invalid_response", message, next_step="Run the task again to find it.")
