# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The flow of a task that manages AI LLM configurations: read, plan, predict or apply."""

from __future__ import annotations

import typing as t

from .._errors import ApiError, Failure, Origin
from .._text import count
from .api import AiLlms
from .apply import apply
from .outcome import Outcome, not_sent, predict
from .plan import Rules, Wanted, plan

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._http.auth import AuthenticatedClient
    from .api import Listing
    from .outcome import Change
    from .report import Mode


def carry_out(
    client: AuthenticatedClient,
    wanted: Sequence[Wanted],
    rules: Rules,
    mode: Mode,
    *,
    validate: bool = False,
    whole_workspace: bool = False,
) -> tuple[list[Outcome], tuple[str, ...]]:
    """The outcomes for the wanted configurations, in their order, and warnings.

    In check mode they are predicted, and also if the plan is not the approved one.

    :param whole_workspace: All changes are in the workspace of the rules, and so is what is read.
    :raises ApiError: Reading or planning failed, or the login failed before anything was written.
    :raises OptionError: Options that a creation needs are missing. Nothing was written.
    """
    api = AiLlms(client)
    by_name = whole_workspace or any(item.id is None for item in wanted)
    listed = api.list(rules.workspace_id) if by_name else _read_by_id(api, wanted, rules, mode)
    changes = plan(wanted, listed, rules)
    warnings: tuple[str, ...] = ()
    if by_name and not listed and all(change.action == "keep" for change in changes):
        warnings = _check_workspace(client, rules.workspace_id)
    if mode.check or not _is_approved(changes, rules):
        pruned = len(changes) - len(wanted)
        if listed and pruned == len(listed) and rules.prune_limit is None:
            warnings += (_prunes_everything(pruned, rules.workspace_id),)
        return [predict(change) for change in changes], warnings
    outcomes = apply(api, changes, validate=validate, workspace_id=rules.workspace_id if whole_workspace else None)
    if client.address_proven:
        outcomes = [
            outcome._replace(failure=outcome.failure.at_proven_address()) if outcome.failure else outcome
            for outcome in outcomes
        ]
    login_failure = _common_login_failure(outcomes)
    if login_failure:
        raise ApiError(login_failure)
    return outcomes, warnings


def _is_approved(changes: Sequence[Change], rules: Rules) -> bool:
    if rules.plan_id is None:
        return True
    # Imported here, because few tasks need it.
    from .plan_id import refusal

    return refusal(changes, rules) is None


def _common_login_failure(outcomes: Sequence[Outcome]) -> Failure | None:
    """Return the failure of a login if it is the reason why nothing was written; else None.

    That is the case if each change that was tried failed because of a login. Then the task has one failure, not many.
    """
    tried = [outcome for outcome in outcomes if outcome.failure or not_sent(outcome.change).status != outcome.status]
    failures = [outcome.failure for outcome in tried if outcome.failure and not outcome.changed]
    if failures and len(failures) == len(tried) and all(failure.origin is Origin.LOGIN for failure in failures):
        return failures[0]
    return None


def _read_by_id(api: AiLlms, wanted: Sequence[Wanted], rules: Rules, mode: Mode) -> Listing | None:
    """The listed configurations. None if the task is a removal by ID, for which the API needs no more than the ID."""
    must_read = mode.check or mode.diff or rules.workspace_id is not None or any(item.present for item in wanted)
    return api.list(ids=frozenset(item.id for item in wanted if item.id)) if wanted and must_read else None


def _prunes_everything(number: int, workspace_id: str | None) -> str:
    return (
        f"prune would remove everything in workspace '{workspace_id}': {count(number, 'configuration')}. Check that"
        " the list of the task is complete, or set prune_limit, so that such a run fails."
    )


def _check_workspace(client: AuthenticatedClient, workspace_id: str | None) -> tuple[str, ...]:
    """Return a warning if an empty workspace is not known: with a mistyped ID, the task would always succeed."""
    # Imported here, because only an empty workspace needs it.
    from .._workspace import list_workspaces

    try:
        known = [workspace["id"] for workspace in list_workspaces(client)]
    except ApiError as error:
        failure = error.failure
        return (
            f"Workspace '{workspace_id}' has no configuration. The check whether this workspace exists failed:"
            f" {failure}",
        )
    if workspace_id in known:
        return ()
    return (
        f"Workspace '{workspace_id}' has no configuration, and is not among the workspaces that the user can reach."
        " Check workspace_id: the module workspace_info lists the IDs.",
    )
