# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Apply the changes of a plan, several at the same time, and find the outcome of each."""

from __future__ import annotations

import typing as t

from .._errors import ApiError, RequestError
from .._http.threads import for_each
from .api import CREDENTIALS, AiLlms, Listing
from .plan import Change, Outcome, with_error

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def apply(
    api: AiLlms, changes: Sequence[Change], *, validate: bool = False, workspace_id: str | None = None
) -> list[Outcome]:
    """Apply the changes, and return their outcomes in the same order. Raises no ApiError: each outcome has its error.

    The order is creations and updates, then validations, then removals. If something failed before, nothing is
    removed, because the replacement of a configuration could be missing.

    :param validate: Whether the platform checks each configuration that exists after the creations and updates.
    :param workspace_id: The workspace of all changes, if the task manages a whole workspace.
    """
    work = _Work(api, changes, workspace_id)
    writes = [index for index, change in enumerate(changes) if change.action in ("create", "update")]
    removals = [index for index, change in enumerate(changes) if change.action == "delete"]
    work.each(_write, writes)
    work.settle([index for index in writes if _list_can_settle(work.outcomes[index])])
    if validate:
        work.each(_validate, [index for index, outcome in work.outcomes.items() if _to_validate(outcome)])
    if not any(outcome.error for outcome in work.outcomes.values()):
        work.each(_delete, removals)
    work.settle([index for index, outcome in work.outcomes.items() if _to_look_up(outcome)])
    return [work.outcomes[index] for index in range(len(changes))]


class _Work:
    """The changes, and their outcomes so far, by index."""

    def __init__(self, api: AiLlms, changes: Sequence[Change], workspace_id: str | None) -> None:
        self._api = api
        self._workspace_id = workspace_id
        self.outcomes = {index: _before(change) for index, change in enumerate(changes)}

    def each(self, step: Callable[[AiLlms, Outcome], Outcome], indexes: Sequence[int]) -> None:
        self.outcomes.update(zip(indexes, for_each(lambda index: step(self._api, self.outcomes[index]), indexes)))

    def settle(self, indexes: Sequence[int]) -> None:
        """Find the outcomes with one request for the list (decision 11)."""
        if not indexes:
            return
        # The import takes more than 1 ms, and a task whose writes are all proven does not need it.
        from .settle import settle, settle_without_list

        looked_up = [self.outcomes[index] for index in indexes]
        try:
            listed = self._list(looked_up)
        except ApiError as list_error:
            settled = [settle_without_list(outcome, list_error) for outcome in looked_up]
        else:
            settled = [settle(outcome, listed) for outcome in looked_up]
        self.outcomes.update(zip(indexes, settled))

    def _list(self, outcomes: list[Outcome]) -> Listing:
        """List the configurations with the IDs of the outcomes, or those of the workspace if an ID is not known."""
        if all(outcome.id for outcome in outcomes):
            return self._api.list(self._workspace_id, ids={t.cast("str", outcome.id) for outcome in outcomes})
        return self._api.list(self._workspace_id or outcomes[0].change.fields["workspace_id"])


def _before(change: Change) -> Outcome:
    """Return the outcome if nothing is sent."""
    if change.action != "keep":
        return Outcome(change, "skipped", change.id)
    return Outcome(change, "unchanged" if change.before else "absent", change.id, change.before)


def _write(api: AiLlms, outcome: Outcome) -> Outcome:
    change = outcome.change
    try:
        if change.action == "create":
            return outcome._replace(status="created", id=api.create(change.fields))
        api.update(t.cast("str", change.id), change.fields)
    except ApiError as error:
        return with_error(outcome, error)
    return outcome._replace(status="updated", ai_llm=change.after)


def _to_validate(outcome: Outcome) -> bool:
    return outcome.change.action != "delete" and outcome.id is not None and outcome.error is None


def _validate(api: AiLlms, outcome: Outcome) -> Outcome:
    try:
        validation = api.validate(t.cast("str", outcome.id))
    except ApiError as error:
        return outcome._replace(error=error)
    if validation["valid"]:
        return outcome._replace(validation=validation)
    summary = f"the platform's check found that the configuration does not work: {validation['message']}"
    next_step = "Check ai_type, endpoint, key and secret. What was written stays as it is."
    failed = ApiError("validation_failed", validation["message"], http_status=200, summary=summary, next_step=next_step)
    return outcome._replace(validation=validation, error=failed)


def _delete(api: AiLlms, outcome: Outcome) -> Outcome:
    try:
        api.delete(t.cast("str", outcome.id))
    except ApiError as error:
        if error.code != "not_found":
            return with_error(outcome, error)
        if not error.outcome_unknown or outcome.change.unlisted:
            return outcome._replace(status="absent")
        # An earlier attempt is in doubt, so it is the one that removed the configuration (decision 5).
        return outcome._replace(status="deleted", evidence="does not exist any more")
    return outcome._replace(status="deleted")


def _list_can_settle(outcome: Outcome) -> bool:
    """Whether the list can show the outcome of a creation or update. The list never shows credentials."""
    created_without_id = outcome.status == "created" and outcome.id is None
    shown = not set(CREDENTIALS) & set(outcome.change.fields) or outcome.change.action == "create"
    return created_without_id or (outcome.status == "unknown" and shown)


def _to_look_up(outcome: Outcome) -> bool:
    """Whether the list at the end is needed: for the outcome of a removal, or for the fields of a new configuration."""
    if outcome.change.action == "create":
        return outcome.status == "created" and outcome.ai_llm is None and outcome.id is not None
    if outcome.change.action != "delete" or outcome.error is None:
        return False
    # 403 and 404 have more than one cause (decisions 3 and 4).
    is_ambiguous = isinstance(outcome.error, RequestError) and outcome.error.http_status in (403, 404)
    return outcome.error.outcome_unknown or is_ambiguous
