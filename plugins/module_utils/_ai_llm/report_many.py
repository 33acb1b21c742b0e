# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Build the result of a task for many configurations from their outcomes."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._errors import Failure
from .._result import Result
from .._text import count, join_limited
from .api import repositories_of
from .plan_id import values_of
from .report import VERBS

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .api import AiLlm
    from .outcome import Outcome, Status
    from .wanted import Mode, Rules

_WHAT = "AI LLM configuration"
_OTHER_STATUSES: tuple[Status, ...] = ("unchanged", "absent", "failed", "skipped", "unknown")
_APPROVE_AGAIN = "What is left to do is another plan: make it, approve it, and use its plan_id."


def report_removals(outcomes: Sequence[Outcome], mode: Mode, warnings: tuple[str, ...] = ()) -> Result:
    """The result for the removal of many configurations by ID."""
    deleted = [outcome for outcome in outcomes if outcome.status == "deleted"]
    absent = sum(outcome.status == "absent" for outcome in outcomes)
    used = sum(outcome.change.removes_used for outcome in deleted) if mode.check else 0
    parts = [f"{'Would remove' if mode.check else 'Removed'} {len(deleted)} of {count(len(outcomes), _WHAT)}"]
    if used:
        parts.append(f"{used} of them {'is' if used == 1 else 'are'} in use and would be refused now")
    if absent:
        parts.append(f"{absent} already absent")
    msg = f"{'; '.join(parts)}.{_inferred(outcomes)}"
    values: dict[str, t.Any] = {"changed": bool(deleted), "msg": msg, "outcomes": []}
    for outcome in outcomes:
        name = outcome.change.before["name"] if outcome.change.before else None
        values["outcomes"].append({"id": outcome.id, "name": name, **_details(outcome, mode)})
    if mode.diff:
        before = {outcome.id: _one_line(outcome.change.before, "name", "ai_type", "endpoint") for outcome in deleted}
        values["diff"] = {"before": before, "after": {}}
    return Result(values, warnings, _partial_failure(outcomes, "could not be removed", msg))


def report_workspace(
    outcomes: Sequence[Outcome],
    mode: Mode,
    rules: Rules,
    *,
    declared: int,
    plan_id: str,
    refused: Failure | None = None,
    warnings: tuple[str, ...] = (),
) -> Result:
    """The result for the configurations of a whole workspace.

    :param declared: The number of items in the task's list. Their outcomes come first, then those of the pruning.
    :param refused: Why the plan must not be applied. The outcomes are predicted then.
    """
    msg = _counts(outcomes, mode) + _inferred(outcomes)
    changed = not refused and any(outcome.changed for outcome in outcomes)
    values: dict[str, t.Any] = {"changed": changed, "msg": msg, "outcomes": [], "api_url": rules.api_url}
    for outcome in outcomes:
        change = outcome.change
        name = change.before["name"] if change.before else change.label
        item = {"name": name, "id": outcome.id, **_details(outcome, mode)}
        if mode.check and outcome.changed:
            item["before"], item["after"] = values_of(change)
        values["outcomes"].append({**item, "validation": outcome.validation} if outcome.validation else item)
    values["ai_llms"] = list(filter(None, map(_existing_after, outcomes[:declared])))
    if mode.diff:
        values["diff"] = _diff_of_plan(outcomes)
    failure = refused or _partial_failure(outcomes, "failed", msg, _APPROVE_AGAIN if rules.plan_id else "")
    return Result(values, warnings, failure, {"plan_id": plan_id})


def _existing_after(outcome: Outcome) -> AiLlm | None:
    """Return the configuration that exists after the task, if it is known. A failed change leaves it as it was."""
    was_gone = outcome.failure is not None and outcome.failure.code == "not_found"
    may_be_gone = outcome.change.action == "delete" and outcome.status not in ("failed", "skipped")
    return None if was_gone or may_be_gone else outcome.ai_llm or outcome.change.before


def _inferred(outcomes: Sequence[Outcome]) -> str:
    """Return sentences about the changes that no response confirmed, or ""."""
    text = ""
    for evidence, number in Counter(outcome.evidence for outcome in outcomes if outcome.evidence).items():
        which = "this configuration" if number == 1 else "each of these configurations"
        text += f" No response confirmed {count(number, 'change')}, but {which} {evidence}."
    return text


def _counts(outcomes: Sequence[Outcome], mode: Mode) -> str:
    """Return a text such as "Created 2, updated 1; 14 unchanged." or "Would create 2, update 1; 14 unchanged."."""
    counts = Counter(outcome.status for outcome in outcomes)
    changed = {verb: counts[status] for status, verb in VERBS.items() if counts[status]}
    if mode.check:
        done = f"Would {', '.join(f'{verb} {number}' for verb, number in changed.items()) or 'change nothing'}"
    else:
        done = (", ".join(f"{verb}d {number}" for verb, number in changed.items()) or "changed nothing").capitalize()
    rest = ", ".join(f"{counts[status]} {status}" for status in _OTHER_STATUSES if counts[status])
    return f"{done}; {rest}." if rest else f"{done}."


def _diff_of_plan(outcomes: Sequence[Outcome]) -> dict[str, t.Any]:
    """Return only the changes, by label. Check mode and the real run return the same diff, so it has no new IDs."""
    diff: dict[str, t.Any] = {"before": {}, "after": {}}
    for outcome in outcomes:
        change = outcome.change
        if outcome.changed and change.action == "delete":
            diff["before"][change.label] = _one_line(change.before, "ai_type", "endpoint")
        elif outcome.changed:
            before, diff["after"][change.label] = values_of(change)
            if change.before:
                diff["before"][change.label] = before
    return diff


def _details(outcome: Outcome, mode: Mode) -> dict[str, t.Any]:
    """Return the fields of an item of `outcomes` that all tasks have in common."""
    details: dict[str, t.Any] = {"outcome": outcome.status}
    if outcome.failure:
        details["error"] = outcome.failure.as_dict()
    if mode.check and outcome.change.removes_used:
        details["repositories"] = repositories_of(t.cast("AiLlm", outcome.change.before))
    return details


def _partial_failure(outcomes: Sequence[Outcome], what: str, msg: str, next_step: str = "") -> Failure | None:
    failed = [(outcome, outcome.failure) for outcome in outcomes if outcome.failure]
    if not failed:
        return None
    names = join_limited([f"{outcome.change.label} ({failure.code})" for outcome, failure in failed])
    _outcome, only = failed[0]
    cause = f"The cause: {only.summary.rstrip('.')}. {only.next_step} " if len(failed) == 1 else ""
    return Failure(
        "partial_failure",
        f"{len(failed)} of {count(len(outcomes), 'configuration')} {what}: {names}",
        effect=max(failure.effect for _outcome, failure in failed),
        next_step=f"{cause}See the return value outcomes for the error of each. {msg} {next_step}".rstrip(),
    )


def _one_line(ai_llm: AiLlm | None, *fields: str) -> str:
    values = [(ai_llm or {}).get(field) for field in fields]
    return ", ".join(value for value in values if value)
