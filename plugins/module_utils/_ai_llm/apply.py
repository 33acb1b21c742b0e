# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Apply the changes of a plan, several at the same time, and find the outcome of each."""

from __future__ import annotations

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

    The order is creations and updates, then validations, then removals. If something failed before, nothing is
    removed, because the replacement of a configuration could be missing.

    :param validate: Whether the platform checks each configuration that exists after the creations and updates.
    :param workspace_id: The workspace of all changes, if the task manages a whole workspace.
    """
    work = _Work(api, changes, workspace_id)
    writes = [index for index, change in enumerate(changes) if change.action in ("create", "update")]
    removals = [index for index, change in enumerate(changes) if change.action == "delete"]
    work.each(_write, writes)
    work.look_up([index for index in writes if _list_can_settle(work.outcomes[index])])
    if validate:
        work.each(_validate, [index for index, outcome in work.outcomes.items() if _to_validate(outcome)])
    if not any(outcome.failure for outcome in work.outcomes.values()):
        work.each(_delete, removals)
    work.look_up([index for index, outcome in work.outcomes.items() if _list_can_complete(outcome)])
    return [work.outcomes[index] for index in range(len(changes))]


class _Work:
    """The changes, and their outcomes so far, by index."""

    def __init__(self, api: AiLlms, changes: Sequence[Change], workspace_id: str | None) -> None:
        self._api = api
        self._workspace_id = workspace_id
        self.outcomes = {index: not_sent(change) for index, change in enumerate(changes)}

    def each(self, step: Callable[[AiLlms, Outcome], Outcome], indexes: Sequence[int]) -> None:
        self.outcomes.update(zip(indexes, for_each(lambda index: step(self._api, self.outcomes[index]), indexes)))

    def look_up(self, indexes: Sequence[int]) -> None:
        """Find the outcomes with one request for the list (decision 11)."""
        if not indexes:
            return
        # The import takes more than 1 ms, and a task whose writes are all proven does not need it.
        from .settle import complete_creation, settle, settle_without_list

        looked_up = [self.outcomes[index] for index in indexes]
        listed: Listing | Failure
        try:
            listed = self._list(looked_up)
        except ApiError as error:
            listed = error.failure
        for index, outcome in zip(indexes, looked_up):
            if outcome.status == "created":
                self.outcomes[index] = complete_creation(outcome, listed)
            elif isinstance(listed, Failure):
                self.outcomes[index] = settle_without_list(outcome, listed)
            else:
                self.outcomes[index] = settle(outcome, listed)

    def _list(self, outcomes: list[Outcome]) -> Listing:
        """List the configurations with the IDs of the outcomes, or those of the workspace if an ID is not known."""
        if all(outcome.id for outcome in outcomes):
            return self._api.list(self._workspace_id, ids={t.cast("str", outcome.id) for outcome in outcomes})
        return self._api.list(self._workspace_id or outcomes[0].change.fields["workspace_id"])


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


def _list_can_settle(outcome: Outcome) -> bool:
    """Whether the list can show the outcome of a creation or update. The list never shows credentials."""
    created_without_id = outcome.status == "created" and outcome.id is None
    shown = not set(CREDENTIALS) & set(outcome.change.fields) or outcome.change.action == "create"
    return created_without_id or (outcome.status == "unknown" and shown)


def _list_can_complete(outcome: Outcome) -> bool:
    """Whether the list can show the outcome of a removal, or the fields of a new configuration."""
    failure = outcome.failure
    if outcome.change.action == "create":
        return outcome.status == "created" and outcome.ai_llm is None and outcome.id is not None
    if outcome.change.action != "delete" or failure is None:
        return False
    # 403 and 404 have more than one cause (decisions 3 and 4). Those of a login say nothing about the removal.
    has_causes = failure.http_status in (403, 404) and failure.origin is not Origin.LOGIN
    return failure.outcome_unknown or has_causes
