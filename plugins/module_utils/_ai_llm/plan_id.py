# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The ID of a plan, with which somebody approves this plan and no other. Pure functions, no I/O."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from .._errors import Failure
from .api import CREDENTIALS

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .outcome import Change
    from .wanted import Rules

# Increase it if the same plan gets another ID. An ID that was approved before then counts as another plan.
_FORMAT = 2

# What is compared, besides the name, which identifies a configuration.
_COMPARED = ("ai_type", "endpoint")


def check_plan_id(text: str) -> str:
    """Return the ID. Raises ValueError if no plan can have it, for example because an approval got lost."""
    if not re.fullmatch("plan-[0-9a-f]{32}", text):
        raise ValueError(
            "must be the plan_id that the plan returned: 'plan-' and 32 hexadecimal digits. An empty value does not"
            " approve any plan: check that the variable with the ID is set"
        )
    return text


def values_of(change: Change) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the values before and after a change: those that differ, and all of a creation or a removal.

    A text replaces each credential that is sent: where it comes from, if the task says so. Null values are left out.
    """
    before = {field: value for field, value in (change.before or {}).items() if field in _COMPARED}
    after = {field: value for field, value in change.fields.items() if field in _COMPARED}
    if change.action != "delete":
        before = {field: value for field, value in before.items() if field in after}
    credentials = {
        field: change.sources.get(field, "(sent with the change)") for field in CREDENTIALS if field in change.fields
    }
    return {field: value for field, value in before.items() if value is not None}, {**after, **credentials}


def plan_id(changes: Sequence[Change], rules: Rules) -> str:
    """Return the ID of a plan. Two plans have the same ID if and only if they do the same in the same workspace.

    It is the same in check mode and in a real run, and on each machine. It does not depend on the values of
    credentials, because people and logs see it.
    """
    steps = [_canonical(_step(change)) for change in changes if change.action != "keep"]
    plan = {
        "format": _FORMAT,
        "api_url": rules.api_url.rstrip("/"),
        "workspace": rules.workspace_id,
        "validate": rules.validate,
        "changes": sorted(steps),
    }
    return f"plan-{hashlib.sha256(_canonical(plan).encode('ascii')).hexdigest()[:32]}"


def refusal(changes: Sequence[Change], approved: str | None, now: str) -> Failure | None:
    """Return why the plan must not be applied: it is not the approved one. An empty plan needs no approval.

    :param now: The ID of the plan.
    """
    if approved in (None, now) or all(change.action == "keep" for change in changes):
        return None
    return Failure(
        "plan_changed",
        f"the approved plan is {approved}, but the plan is {now} now, so nothing was written. The workspace or the"
        " options of the task changed after the approval",
        next_step=f"Look at the new plan. If it is right, approve it, and run the task with plan_id={now}.",
    )


def _step(change: Change) -> dict[str, t.Any]:
    before, after = values_of(change)
    return {
        "action": change.action,
        "name": change.before["name"] if change.before else change.label,
        "id": change.id,
        "before": before,
        # With the names of the credentials that are sent, and where their values come from.
        "after": after,
    }


def _canonical(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
