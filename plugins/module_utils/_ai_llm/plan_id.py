# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The ID of a plan, with which somebody approves exactly this plan. Pure functions, no I/O."""

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
    from .plan import Rules

# Increase it if the same plan gets another ID. An ID that was approved before then counts as another plan.
_FORMAT = 1

# What is compared, besides the name, which identifies a configuration.
_COMPARED = ("ai_type", "endpoint")

APPROVE_AGAIN = "What is left to do is another plan: make it, approve it, and use its plan_id."


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

    Credentials and values that are null are not among them.
    """
    before = {field: value for field, value in (change.before or {}).items() if field in _COMPARED}
    after = {field: value for field, value in change.fields.items() if field in _COMPARED}
    if change.action != "delete":
        before = {field: value for field, value in before.items() if field in after}
    return {field: value for field, value in before.items() if value is not None}, after


def credentials_of(change: Change) -> list[str]:
    """Return the names of the credentials that the change sends."""
    return [field for field in CREDENTIALS if field in change.fields]


def plan_id(changes: Sequence[Change], workspace_id: str | None) -> str:
    """Return the ID of a plan. Two plans have the same ID if and only if they do the same in the same workspace.

    It is the same in check mode and in a real run, and on each machine. It does not depend on the values of
    credentials, because people and logs see it.
    """
    steps = [_canonical(_step(change)) for change in changes if change.action != "keep"]
    text = _canonical({"format": _FORMAT, "workspace": workspace_id, "changes": sorted(steps)})
    return f"plan-{hashlib.sha256(text.encode('ascii')).hexdigest()[:32]}"


def refusal(changes: Sequence[Change], rules: Rules) -> Failure | None:
    """Return why the plan must not be applied: it is not the approved one. An empty plan needs no approval."""
    if rules.plan_id is None or all(change.action == "keep" for change in changes):
        return None
    now = plan_id(changes, rules.workspace_id)
    if now == rules.plan_id:
        return None
    return Failure(
        "plan_changed",
        f"the approved plan is {rules.plan_id}, but the plan is {now} now, so nothing was written. The workspace or the"
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
        "after": after,
        "credentials": credentials_of(change),
    }


def _canonical(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
