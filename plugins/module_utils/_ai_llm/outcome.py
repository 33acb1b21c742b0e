# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""One step of the plan, and what became of it."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._errors import Origin
from .api import CREDENTIALS, AiLlm, serialize_ai_llm

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .._errors import Failure

    Action = t.Literal["create", "update", "delete", "keep"]
    Status = t.Literal["created", "updated", "unchanged", "deleted", "absent", "failed", "skipped", "unknown"]

_DONE: dict[Action, Status] = {"create": "created", "update": "updated", "delete": "deleted"}


class Change(t.NamedTuple):
    # "keep" if there is nothing to do.
    action: Action
    # The configuration in messages.
    label: str
    # None before a creation.
    id: str | None
    # The listed configuration; None if it is not listed, or if no list was read.
    before: AiLlm | None
    # The fields that a creation or update sends.
    fields: dict[str, t.Any]
    # Where the values of the credentials among them come from, in the words of the task.
    sources: Mapping[str, str] = MappingProxyType({})
    # The list was read, and does not have it.
    unlisted: bool = False

    @property
    def removes_used(self) -> bool:
        """Whether it removes a configuration that repositories use, which the API refuses."""
        return self.action == "delete" and bool(self.before and self.before["repos"])

    @property
    def after(self) -> AiLlm | None:
        """The configuration after the change, with None for unknown fields; None if it does not exist then."""
        if self.action == "delete":
            return None
        if self.action == "keep":
            return self.before
        visible = {field: value for field, value in self.fields.items() if field not in CREDENTIALS}
        return {**(self.before or serialize_ai_llm({})), **visible}


class Outcome(t.NamedTuple):
    change: Change
    # As the return value `outcomes` has it.
    status: Status
    # The ID of the configuration, if it is known.
    id: str | None = None
    # The configuration, if it exists and is known.
    ai_llm: AiLlm | None = None
    # Why the change or the validation failed.
    failure: Failure | None = None
    # What the platform's check found: {valid, message}.
    validation: dict[str, t.Any] | None = None
    # What shows the change if no response confirmed it, such as "is listed now"; else "".
    evidence: str = ""

    @property
    def changed(self) -> bool:
        return self.status in _DONE.values()

    def done(self, evidence: str = "", **known: t.Any) -> Outcome:
        """The outcome if the change took effect. `known`: `id` and `ai_llm`, if they are known now."""
        return self._replace(status=_DONE[self.change.action], failure=None, evidence=evidence, **known)

    def failed(self, failure: Failure) -> Outcome:
        """The outcome of a write that failed, or that was not sent, because others failed before it."""
        not_done: Status = "skipped" if failure.origin is Origin.NOT_SENT else "failed"
        return self._replace(status="unknown" if failure.outcome_unknown else not_done, failure=failure)


def not_sent(change: Change) -> Outcome:
    """Return the outcome of a change for which nothing is sent."""
    if change.action != "keep":
        return Outcome(change, "skipped", change.id)
    return Outcome(change, "unchanged" if change.before else "absent", change.id, change.before)


def predict(change: Change) -> Outcome:
    """Return the expected outcome of a change, for check mode."""
    if change.action == "keep":
        return not_sent(change)
    exists = change.before is not None or change.action == "create"
    return Outcome(change, _DONE[change.action] if exists else "absent", change.id, change.after)
