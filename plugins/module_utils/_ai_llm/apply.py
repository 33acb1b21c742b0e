# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Apply the changes of a plan, several at the same time, and find the outcome of each."""

from __future__ import annotations

import functools
import typing as t

from .._errors import ApiError, Failure, Origin
from .._http.threads import for_each
from .._next_steps import NOT_VALID
from .api import CREDENTIALS, AiLlms, Listing
from .outcome import Change, Outcome, not_sent

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def apply(
    api: AiLlms, changes: Sequence[Change], *, validate: bool = False, workspace_id: str | None = None
) -> list[Outcome]:
    """Apply the changes, and return their outcomes in the same order. Raises no ApiError: each outcome has its failure.

    The order is creations and updates, one list that shows what they did, validations, then removals. If something
    failed before, nothing is removed, because the replacement of a configuration could be missing.

    :param validate: Whether the platform checks each configuration that exists after the creations and updates.
    :param workspace_id: The workspace to list; None if all changes have an ID, and may be in different workspaces.
    """
    outcomes = dict(enumerate(map(not_sent, changes)))

    def each(step: Callable[[Outcome], Outcome], indexes: Sequence[int]) -> None:
        if indexes:
            outcomes.update(zip(indexes, for_each(step, [outcomes[index] for index in indexes])))

    def look_up(indexes: Sequence[int]) -> Listing | Failure | None:
        """Find what one list shows of these outcomes (decision 11). Returns the list, or why it cannot be read."""
        if not indexes:
            return None
        # A removal that is proven does not need this file, and the import takes 3 ms.
        from .settle import settle

        listed = _list(api, [outcomes[index] for index in indexes], workspace_id)
        for index in indexes:
            outcomes[index] = settle(outcomes[index], listed)
        return listed

    writes = [index for index, change in enumerate(changes) if change.action in ("create", "update")]
    removals = [index for index, change in enumerate(changes) if change.action == "delete"]
    each(functools.partial(_write, api), writes)
    listed = look_up([index for index in writes if _list_shows_write(outcomes[index])])
    if validate:
        each(functools.partial(_validate, api), [index for index in outcomes if _to_validate(outcomes[index])])
    if any(outcome.failure for outcome in outcomes.values()):
        return [*outcomes.values()]
    if listed is not None and removals:
        from .settle import recheck

        outcomes.update({index: recheck(outcomes[index], listed) for index in removals})
        removals = [index for index in removals if outcomes[index] == not_sent(changes[index])]
    each(functools.partial(_delete, api), removals)
    look_up([index for index in removals if _list_shows_removal(outcomes[index])])
    return [*outcomes.values()]


def _list(api: AiLlms, outcomes: Sequence[Outcome], workspace_id: str | None) -> Listing | Failure:
    ids = None if workspace_id is not None else {t.cast("str", outcome.id) for outcome in outcomes}
    try:
        return api.list(workspace_id, ids=ids)
    except ApiError as error:
        return error.failure


def _write(api: AiLlms, outcome: Outcome) -> Outcome:
    change = outcome.change
    try:
        if change.action == "create":
            return outcome.done(id=api.create(change.fields))
        api.update(t.cast("str", change.id), change.fields)
    except ApiError as error:
        return outcome.failed(error.failure)
    return outcome.done(ai_llm=change.after)


def _to_validate(outcome: Outcome) -> bool:
    return outcome.change.action != "delete" and outcome.id is not None and outcome.failure is None


def _validate(api: AiLlms, outcome: Outcome) -> Outcome:
    try:
        validation = api.validate(t.cast("str", outcome.id))
    except ApiError as error:
        return outcome._replace(failure=error.failure)
    failure = None if validation["valid"] else _not_valid(validation["message"])
    return outcome._replace(validation=validation, failure=failure)


def _not_valid(message: str) -> Failure:
    lead = "the platform's check found that the configuration does not work: "
    return Failure("validation_failed", message, http_status=200, next_step=NOT_VALID, lead=lead)


def _delete(api: AiLlms, outcome: Outcome) -> Outcome:
    try:
        api.delete(t.cast("str", outcome.id))
    except ApiError as error:
        failure = error.failure
        if failure.code != "not_found":
            return outcome.failed(failure)
        if not failure.outcome_unknown or outcome.change.unlisted:
            return outcome._replace(status="absent")
        # An earlier attempt is in doubt, so it is the one that removed the configuration (decision 5).
        return outcome.done("does not exist any more")
    return outcome.done()


def _list_shows_write(outcome: Outcome) -> bool:
    """Whether the list can show more of a creation or an update than its response. It never shows credentials."""
    change, failure = outcome.change, outcome.failure
    sends_credentials = bool(set(CREDENTIALS) & set(change.fields))
    if failure is None:
        return change.action == "create" or bool(set(change.fields) - set(CREDENTIALS))
    if change.action == "create":
        return failure.outcome_unknown
    # A 404 that is not the API's own says nothing about the configuration (decision 3).
    is_foreign_404 = failure.http_status == 404 and failure.code != "not_found" and failure.origin is not Origin.LOGIN
    return not sends_credentials and (failure.outcome_unknown or is_foreign_404)


def _list_shows_removal(outcome: Outcome) -> bool:
    """Whether the list can show what became of a removal that failed."""
    failure = outcome.failure
    if failure is None:
        return False
    # 403 and 404 have more than one cause (decisions 3 and 4). Those of a login say nothing about the removal.
    return failure.outcome_unknown or (failure.http_status in (403, 404) and failure.origin is not Origin.LOGIN)
