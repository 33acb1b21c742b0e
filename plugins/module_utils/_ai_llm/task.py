# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.
"""The flow of a task that manages AI LLM configurations: read, plan, predict or apply, report."""

from __future__ import annotations

import typing as t

from .._errors import ApiError, Origin
from .api import AiLlms
from .apply import apply
from .outcome import predict
from .plan import plan
from .report import report_one

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .._http.auth import AuthenticatedClient
    from .._result import Result
    from .api import Listing
    from .outcome import Change, Outcome
    from .wanted import Mode, Rules, Wanted

# All of these raise ApiError if reading or planning fails, or if a login fails before anything is written, and
# OptionError if options that a creation needs are missing. Then nothing was written.


def manage_one(
    client: AuthenticatedClient,
    wanted: Wanted,
    rules: Rules,
    mode: Mode,
    *,
    subject: str,
    has_credentials: bool = False,
) -> Result:
    """Ensure that a configuration is present or absent.

    :param subject: The name of the configuration in messages.
    :param has_credentials: Whether the task has credentials.
    """
    api = AiLlms(client)
    workspace_id = rules.workspace_id if wanted.id is None else None
    listed = api.list(workspace_id) if workspace_id is not None else _list_by_id(api, [wanted], rules, mode)
    outcomes = _outcomes(api, plan([wanted], listed, rules), rules, mode, workspace_id)
    warnings = _warnings(client, [wanted], rules, mode, listed, outcomes)
    return report_one(outcomes[0], subject, mode, has_credentials=has_credentials, warnings=warnings)


def remove_many(client: AuthenticatedClient, wanted: Sequence[Wanted], rules: Rules, mode: Mode) -> Result:
    """Remove many configurations by ID."""
    # The import takes 5 ms, and most tasks do not need it.
    from .report_many import report_removals

    api = AiLlms(client)
    listed = _list_by_id(api, wanted, rules, mode)
    outcomes = _outcomes(api, plan(wanted, listed, rules), rules, mode, None)
    return report_removals(outcomes, mode, _warnings(client, wanted, rules, mode, listed, outcomes))


def manage_workspace(
    client: AuthenticatedClient,
    wanted: Sequence[Wanted],
    rules: Rules,
    mode: Mode,
    *,
    secrets: Sequence[tuple[str, str]],
) -> Result:
    """Ensure the configurations of a whole workspace.

    :param secrets: Pairs of what a message calls a credential of the task, and its value.
    """
    from .plan_id import plan_id, refusal
    from .readable import check_readable
    from .report_many import report_workspace

    api = AiLlms(client)
    listed = api.list(rules.workspace_id)
    changes = plan(wanted, listed, rules)
    if mode.check or mode.diff or rules.plan_id is not None:
        check_readable(changes, len(wanted), rules.workspace_id, secrets)
    new_id = plan_id(changes, rules)
    refused = refusal(changes, rules.plan_id, new_id)
    if refused:
        # The result shows the new plan.
        mode = mode._replace(check=True)
    outcomes = _outcomes(api, changes, rules, mode, rules.workspace_id)
    warnings = _warnings(client, wanted, rules, mode, listed, outcomes)
    return report_workspace(
        outcomes, mode, rules, declared=len(wanted), plan_id=new_id, refused=refused, warnings=warnings
    )


def _list_by_id(api: AiLlms, wanted: Sequence[Wanted], rules: Rules, mode: Mode) -> Listing | None:
    """The listed configurations. None if the task is a removal by ID, for which the API needs no more than the ID."""
    must_read = mode.check or mode.diff or rules.workspace_id is not None or any(item.present for item in wanted)
    if not wanted or not must_read:
        return None
    return api.list(ids={t.cast("str", item.id) for item in wanted}, names=[item.name for item in wanted if item.name])


def _warnings(
    client: AuthenticatedClient,
    wanted: Sequence[Wanted],
    rules: Rules,
    mode: Mode,
    listed: Listing | None,
    outcomes: Sequence[Outcome],
) -> tuple[str, ...]:
    if listed is None:
        return ()
    # The import takes 5 ms, and a removal by ID does not need it.
    from .warn import warnings_of

    return warnings_of(client, wanted, rules, mode, listed, outcomes)


def _outcomes(
    api: AiLlms, changes: Sequence[Change], rules: Rules, mode: Mode, workspace_id: str | None
) -> list[Outcome]:
    """Predict the outcomes in check mode, else apply the changes."""
    if mode.check:
        return [predict(change) for change in changes]
    outcomes = apply(api, changes, validate=rules.validate, workspace_id=workspace_id)
    if not any(outcome.failure for outcome in outcomes):
        return outcomes
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    # If each change that was tried failed because of a login, the task has one failure, not many.
    done = any(
        outcome.changed or (outcome.status, outcome.change.action) == ("absent", "delete") for outcome in outcomes
    )
    if not done and all(failure.origin is Origin.LOGIN for failure in failures):
        raise ApiError(failures[0])
    if api.client.address_proven:
        return [
            outcome._replace(failure=outcome.failure.at_proven_address()) if outcome.failure else outcome
            for outcome in outcomes
        ]
    return outcomes
