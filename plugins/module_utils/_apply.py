# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Apply the changes of a plan, several at the same time, and find the outcome of each."""

from __future__ import annotations

import typing as t

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm import CREDENTIALS, AiLlms, Listing
from ansible_collections.flashback.platform.plugins.module_utils._concurrency import for_each
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, RequestError
from ansible_collections.flashback.platform.plugins.module_utils._plan import Change, Outcome
from ansible_collections.flashback.platform.plugins.module_utils._text import count, join_limited

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ansible_collections.flashback.platform.plugins.module_utils._serialize import AiLlm

_FORBIDDEN = (
    "The user of the token may lack the permission, or a repository that this user cannot see uses the configuration."
)


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
    first = [index for index, change in enumerate(changes) if change.action != "delete"]
    removals = [index for index, change in enumerate(changes) if change.action == "delete"]
    work.each(_write, first)
    work.settle([index for index in first if _in_doubt(work.outcomes[index])])
    if validate:
        work.each(_validate, [index for index in first if work.outcomes[index].id and not work.outcomes[index].error])
    if any(work.outcomes[index].error for index in first):
        work.outcomes.update({index: Outcome(changes[index], "skipped", changes[index].id) for index in removals})
    else:
        work.each(_delete, removals)
    work.settle([index for index, outcome in work.outcomes.items() if _to_look_up(outcome)])
    return [work.outcomes[index] for index in range(len(changes))]


class _Work:
    """The changes, and their outcomes so far, by index."""

    def __init__(self, api: AiLlms, changes: Sequence[Change], workspace_id: str | None) -> None:
        self._api = api
        self._workspace_id = workspace_id
        self.outcomes = {index: Outcome(change, "skipped", change.id) for index, change in enumerate(changes)}

    def each(self, step: Callable[[AiLlms, Outcome], Outcome], indexes: Sequence[int]) -> None:
        self.outcomes.update(zip(indexes, for_each(lambda index: step(self._api, self.outcomes[index]), indexes)))

    def settle(self, indexes: Sequence[int]) -> None:
        """Find the outcomes with one request for the list (decision 11)."""
        if not indexes:
            return
        looked_up = [self.outcomes[index] for index in indexes]
        try:
            listed = self._list(looked_up)
        except ApiError as list_error:
            settled = [_settle_without_list(outcome, list_error) for outcome in looked_up]
        else:
            settled = [_settle(outcome, listed) for outcome in looked_up]
        self.outcomes.update(zip(indexes, settled))

    def _list(self, outcomes: list[Outcome]) -> Listing:
        """List the configurations with the IDs of the outcomes, or those of the workspace if an ID is not known."""
        if all(outcome.id for outcome in outcomes):
            return self._api.list(self._workspace_id, ids={t.cast("str", outcome.id) for outcome in outcomes})
        return self._api.list(self._workspace_id or outcomes[0].change.fields["workspace_id"])


def _write(api: AiLlms, outcome: Outcome) -> Outcome:
    change = outcome.change
    try:
        if change.action == "create":
            return outcome._replace(status="created", id=api.create(change.fields))
        if change.action == "update":
            api.update(t.cast("str", change.id), change.fields)
            return outcome._replace(status="updated", ai_llm=change.after)
    except ApiError as error:
        return _failed(outcome, error)
    return outcome._replace(status="unchanged" if change.before else "absent", ai_llm=change.before)


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
        removed = api.delete(t.cast("str", outcome.id))
    except ApiError as error:
        return _failed(outcome, error)
    return outcome._replace(status="deleted" if removed else "absent")


def _failed(outcome: Outcome, error: ApiError) -> Outcome:
    return outcome._replace(status="unknown" if error.outcome_unknown else "failed", error=error)


def _in_doubt(outcome: Outcome) -> bool:
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
    has_causes = isinstance(outcome.error, RequestError) and outcome.error.http_status in (403, 404)
    return outcome.error.outcome_unknown or has_causes


def _settle(outcome: Outcome, listed: Listing) -> Outcome:
    if outcome.change.action == "create":
        return _settle_creation(outcome, listed)
    item = next((item for item in listed if item["id"] == outcome.id), None)
    if outcome.change.action == "delete":
        return _settle_removal(outcome, item)
    if item and all(item[field] == value for field, value in outcome.change.fields.items()):
        return outcome._replace(status="updated", ai_llm=item, error=None, inferred=True)
    return _without_effect(outcome, "The list does not show the update")


def _settle_creation(outcome: Outcome, listed: Listing) -> Outcome:
    change = outcome.change
    if outcome.id is not None:
        item = next((item for item in listed if item["id"] == outcome.id), None)
        return outcome._replace(ai_llm=item or _known(outcome))
    found = [item for item in listed if item["name"] == change.fields["name"]]
    if len(found) == 1:
        inferred = outcome.status != "created"
        return Outcome(change, "created", found[0]["id"], found[0], inferred=inferred)
    if outcome.status == "created":
        return outcome._replace(ai_llm=_known(outcome), error=_created_without_id())
    if found:
        ids = join_limited([item["id"] for item in found])
        error = t.cast("ApiError", outcome.error)
        addition = f"More than one configuration with this name is listed now: {ids}"
        return _failed(outcome, error.restated(addition, outcome_unknown=True))
    return _without_effect(outcome, "The list does not show the configuration")


def _settle_removal(outcome: Outcome, item: AiLlm | None) -> Outcome:
    error = t.cast("ApiError", outcome.error)
    if error.http_status == 403:
        return _settle_refusal(outcome, error, item)
    if item:
        return _without_effect(outcome, "The configuration is still listed")
    # The configuration is not listed: an attempt whose outcome is unknown removed it, or it did not exist before.
    status = "deleted" if error.outcome_unknown else "absent"
    return outcome._replace(status=status, error=None, inferred=error.outcome_unknown)


def _settle_refusal(outcome: Outcome, error: ApiError, item: AiLlm | None) -> Outcome:
    """Find the cause of a 403 from the listed repositories, never from the text of the message (decision 4)."""
    if item and item["repos"]:
        next_step = f"It is used by {repository_names(item)}. Unlink it there first."
        repositories = [{"id": repo["id"], "name": repo["name"]} for repo in item["repos"]]
        return _failed(outcome, error.restated(code="in_use", next_step=next_step, repositories=repositories))
    unknown = error.outcome_unknown and not (item and t.cast("RequestError", error).from_api)
    return _failed(outcome, error.restated(next_step=_FORBIDDEN, outcome_unknown=unknown))


def _without_effect(outcome: Outcome, observation: str) -> Outcome:
    """Return the outcome of a write that the list does not show.

    The write may still take effect, unless the last response came from the API itself (decision 11).
    """
    error = t.cast("ApiError", outcome.error)
    unknown = error.outcome_unknown and not (isinstance(error, RequestError) and error.from_api)
    return _failed(outcome, error.restated(observation, outcome_unknown=unknown))


def _settle_without_list(outcome: Outcome, list_error: ApiError) -> Outcome:
    if outcome.status == "created":
        error = None if outcome.id is not None else _created_without_id()
        return outcome._replace(ai_llm=_known(outcome), error=error)
    error = t.cast("ApiError", outcome.error)
    if error.http_status == 403:
        return _failed(outcome, error.restated(next_step=_FORBIDDEN, outcome_unknown=error.outcome_unknown))
    addition = f"To list the configurations, to find out, failed too: {list_error.summary}"
    return _failed(outcome, error.restated(addition, outcome_unknown=error.outcome_unknown))


def _known(outcome: Outcome) -> AiLlm:
    return {**t.cast("AiLlm", outcome.change.after), "id": outcome.id}


def _created_without_id() -> ApiError:
    message = "the API created the configuration, but neither returned its ID nor lists it"
    return ApiError("invalid_response", message, next_step="Run the task again to find it.")


def repository_names(ai_llm: AiLlm) -> str:
    """Return the repositories that use a configuration, such as "2 repositories: docs (repo-1), shop (repo-2)"."""
    names = [f"{repo['name'] or 'unnamed'} ({repo['id']})" for repo in ai_llm["repos"]]
    return f"{count(len(names), 'repository', 'repositories')}: {join_limited(names)}"
