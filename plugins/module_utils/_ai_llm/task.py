# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The flow of a task that manages AI LLM configurations: read, plan, predict or apply."""

from __future__ import annotations

import typing as t

from .._errors import ApiError, LoginError
from .._workspace import Workspaces
from .api import AiLlms
from .apply import apply
from .plan import Outcome, Rules, Wanted, plan, predict

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._http.auth import Session
    from .api import Listing
    from .report import Mode


def carry_out(
    session: Session,
    wanted: Sequence[Wanted],
    rules: Rules,
    mode: Mode,
    *,
    validate: bool = False,
    whole_workspace: bool = False,
) -> tuple[list[Outcome], tuple[str, ...]]:
    """The outcomes for the wanted configurations, in their order, and warnings. In check mode they are predicted.

    :param whole_workspace: All changes are in the workspace of the rules, and so is what is read.
    :raises ApiError: Reading or planning failed. Nothing was written.
    :raises OptionError: Options that a creation needs are missing. Nothing was written.
    """
    api = AiLlms(session)
    by_name = whole_workspace or any(item.id is None for item in wanted)
    listed = api.list(rules.workspace_id) if by_name else _read_by_id(api, wanted, rules, mode)
    changes = plan(wanted, listed, rules)
    warnings: tuple[str, ...] = ()
    if by_name and not listed and all(change.action == "keep" for change in changes):
        warnings = _check_workspace(session, rules.workspace_id)
    if mode.check:
        return [predict(change) for change in changes], warnings
    if changes:
        session.open()
    outcomes = apply(api, changes, validate=validate, workspace_id=rules.workspace_id if whole_workspace else None)
    login_error = _only_login_error(outcomes)
    if login_error:
        raise login_error
    return outcomes, warnings


def _only_login_error(outcomes: Sequence[Outcome]) -> LoginError | None:
    """The error of a login because of which nothing was written: all that needed a request failed for it."""
    tried = [
        outcome
        for outcome in outcomes
        if outcome.error or (outcome.change.action != "keep" and outcome.status != "skipped")
    ]
    errors = [outcome.error for outcome in tried if isinstance(outcome.error, LoginError) and not outcome.changed]
    return errors[0] if errors and len(errors) == len(tried) else None


def _read_by_id(api: AiLlms, wanted: Sequence[Wanted], rules: Rules, mode: Mode) -> Listing | None:
    """The listed configurations. None if the task is a removal by ID, for which the API needs no more than the ID."""
    must_read = mode.check or mode.diff or rules.workspace_id is not None or any(item.present for item in wanted)
    return api.list(ids=frozenset(item.id for item in wanted if item.id)) if wanted and must_read else None


def _check_workspace(session: Session, workspace_id: str | None) -> tuple[str, ...]:
    """Return a warning if an empty workspace is not known: with a mistyped ID, the task would always succeed."""
    try:
        known = [workspace["id"] for workspace in Workspaces(session).list()]
    except ApiError as error:
        return (
            f"Workspace '{workspace_id}' has no configuration. The check whether this workspace exists failed: {error}",
        )
    if workspace_id in known:
        return ()
    return (
        f"Workspace '{workspace_id}' has no configuration, and is not among the workspaces that the user can reach."
        " Check workspace_id: the module workspace_info lists the IDs.",
    )
