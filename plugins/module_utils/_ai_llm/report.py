# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Build the result of a task from its outcome: the message and the diff."""

from __future__ import annotations

import typing as t

from .._result import Result
from .api import CREDENTIALS

if t.TYPE_CHECKING:
    from .api import AiLlm
    from .outcome import Change, Outcome, Status
    from .wanted import Mode

VERBS: dict[Status, str] = {"created": "create", "updated": "update", "deleted": "remove"}
_NOUNS: dict[Status, str] = {"created": "creation", "updated": "update", "deleted": "removal"}

_NOT_COMPARED = (
    "Credentials (key, secret) are not compared, because the API never returns them. To send them, set"
    " update_credentials to always."
)


def report_one(
    outcome: Outcome, subject: str, mode: Mode, *, has_credentials: bool = False, warnings: tuple[str, ...] = ()
) -> Result:
    """The result for one configuration.

    :param subject: The name of the configuration in messages.
    :param has_credentials: Whether the task has credentials. The message then says that they are not compared.
    """
    changed = outcome.status in VERBS
    values: dict[str, t.Any] = {"changed": changed, "msg": _message(outcome, changed, subject, mode, has_credentials)}
    ai_llm = outcome.change.before if outcome.status == "deleted" else outcome.ai_llm
    if ai_llm:
        values["ai_llm"] = ai_llm
    if outcome.validation:
        values["validation"] = outcome.validation
    if mode.diff:
        before, after = _diff(outcome.change, "would be sent" if mode.check else "sent") if changed else ({}, {})
        values["diff"] = {"before": before, "after": after}
    return Result(values, warnings, outcome.failure)


def _message(outcome: Outcome, changed: bool, subject: str, mode: Mode, has_credentials: bool) -> str:
    change = outcome.change
    if not changed:
        if outcome.status == "absent":
            return f"{subject} does not exist."
        return f"{subject} needs no change.{f' {_NOT_COMPARED}' if has_credentials else ''}"
    if outcome.evidence:
        return f"No response confirmed the {_NOUNS[outcome.status]}, but {subject} {outcome.evidence}."
    verb = VERBS[outcome.status]
    rotated = change.action == "update" and set(CREDENTIALS) & set(change.fields)
    if mode.check:
        return f"Would {verb} {subject}{', and send its credentials' if rotated else ''}."
    return f"{verb.capitalize()}d {subject}.{' Its credentials were sent.' if rotated else ''}"


def _diff(change: Change, sent: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the values before and after a change.

    A removal shows all fields, a creation the given fields, and an update the fields that differ.

    :param sent: The text to show instead of a credential.
    """
    if change.action == "delete":
        return _without_null(change.before or {"id": change.id}), {}
    after = {field: sent if field in CREDENTIALS else value for field, value in change.fields.items()}
    before = {field: change.before[field] for field in after if field not in CREDENTIALS} if change.before else {}
    return _without_null(before), after


def _without_null(ai_llm: AiLlm) -> AiLlm:
    return {field: value for field, value in ai_llm.items() if value is not None}
