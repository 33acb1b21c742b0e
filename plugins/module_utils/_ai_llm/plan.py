# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The plan: compare the wanted with the listed configurations, and return the changes. Pure functions, no I/O.

Check mode returns the plan, and a real run applies the same plan.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from .._errors import ApiError, OptionError
from .._text import count, join_limited
from .api import CREDENTIALS, AiLlm, Listing, serialize_ai_llm

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    Action = t.Literal["create", "update", "delete", "keep"]
    Status = t.Literal["created", "updated", "unchanged", "deleted", "absent", "failed", "skipped", "unknown"]

# The fields that a creation requires, in addition to the workspace.
_NEEDED = ("name", "ai_type", "endpoint", "secret")


# What can prevent a plan, in the order of importance: by the error code, the message and the next step.
_PROBLEMS = {
    "workspace_mismatch": ("not in {workspace}", "Check the IDs and workspace_id."),
    "not_found": (
        "no configuration with this ID is listed",
        "Check the ID. To create a configuration, give name and workspace_id instead.",
    ),
    "ambiguous_name": (
        "more than one configuration in {workspace} has this name",
        "Use the id of one of them to rename or remove it with the module ai_llm.",
    ),
    "invalid_response": (
        "the API lists configurations without a name, so prune cannot compare them with the task",
        "Remove them by their id, or run without prune.",
    ),
    "prune_limit_exceeded": (
        "{number} to prune, but prune_limit is {limit}",
        "Check the list of the task, or increase prune_limit.",
    ),
}


class Wanted(t.NamedTuple):
    """A configuration as the task describes it.

    id, name: the plan finds the configuration by its ID if it is set, else by its name in the workspace of the rules.
    present: whether it must exist. fields: the options that are set for it, including credentials.
    """

    id: str | None
    name: str | None
    present: bool
    fields: dict[str, t.Any]

    @property
    def label(self) -> str:
        return t.cast("str", self.name if self.id is None else self.id)


class Rules(t.NamedTuple):
    """Rules for all configurations of the task.

    workspace_id: the workspace to which all must belong. rotate: whether to send credentials with updates.
    prune: whether to remove the configurations that the task does not name, up to prune_limit configurations.
    """

    workspace_id: str | None = None
    rotate: bool = False
    prune: bool = False
    prune_limit: int | None = None


class Change(t.NamedTuple):
    """One step of the plan.

    action: "keep" if there is nothing to do. label: the configuration in messages.
    id: None before a creation. before: the listed configuration, None if it is not listed, or if no list was read.
    fields: the fields that a creation or update sends. unlisted: the list was read, and does not have it.
    """

    action: Action
    label: str
    id: str | None
    before: AiLlm | None
    fields: dict[str, t.Any]
    unlisted: bool = False

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
    """The outcome of a change.

    status: as `outcomes` returns it. id: the ID of the configuration, if it is known.
    ai_llm: the configuration, if it exists and is known.
    error: why the change or the validation failed. evidence: what shows the change if no response confirmed it, such as
    "is listed now"; else "".
    """

    change: Change
    status: Status
    id: str | None = None
    ai_llm: AiLlm | None = None
    error: ApiError | None = None
    validation: dict[str, t.Any] | None = None
    evidence: str = ""

    @property
    def changed(self) -> bool:
        return self.status in ("created", "updated", "deleted")


def with_error(outcome: Outcome, error: ApiError) -> Outcome:
    return outcome._replace(status="unknown" if error.outcome_unknown else "failed", error=error)


def predict(change: Change) -> Outcome:
    """Return the expected outcome of a change, for check mode."""
    statuses: dict[Action, Status] = {
        "create": "created",
        "update": "updated",
        "delete": "deleted",
        "keep": "unchanged",
    }
    exists = change.before is not None or change.action == "create"
    return Outcome(change, statuses[change.action] if exists else "absent", change.id, change.after)


def plan(wanted: Sequence[Wanted], listed: Listing | None, rules: Rules) -> list[Change]:
    """Return the changes for the wanted configurations in their order, then those to prune, sorted by name and ID.

    :param listed: None if nothing was read. Then only removals by ID can be planned.
    :raises ApiError: `workspace_mismatch`, `not_found`, `ambiguous_name`, `invalid_response`, `prune_limit_exceeded`.
    :raises OptionError: Options that a creation needs are missing.

    Each error names all affected configurations, because nothing is written while there is a problem.
    """
    lookup = _Lookup(listed or [], rules)
    changes = [_change(item, lookup, listed is not None, rules) for item in wanted]
    pruned = lookup.others({item.name for item in wanted}) if rules.prune else []
    lookup.raise_problems(pruned)
    return changes + [Change("delete", lookup.label(item), item["id"], item, {}) for item in pruned]


class _Lookup:
    """Finds wanted configurations in the list, and collects the problems."""

    def __init__(self, listed: Listing, rules: Rules) -> None:
        self._rules = rules
        self._by_id = {item["id"]: item for item in listed}
        self._by_name: dict[str | None, Listing] = defaultdict(list)
        for item in listed:
            if item["workspace_id"] == rules.workspace_id:
                self._by_name[item["name"]].append(item)
        # What has a problem, by the error code.
        self._problems: dict[str, list[str]] = {code: [] for code in _PROBLEMS}
        self._incomplete: list[str] = []

    def find(self, wanted: Wanted) -> AiLlm | None:
        """Return the listed configuration, if any. What prevents the plan is remembered for `raise_problems()`."""
        if wanted.id is None:
            same_name = self._by_name[wanted.name]
            if len(same_name) > 1:
                ids = join_limited([item["id"] for item in same_name])
                self._problems["ambiguous_name"].append(f"'{wanted.name}' ({ids})")
            return same_name[0] if same_name else None
        found = self._by_id.get(wanted.id)
        if found and self._rules.workspace_id not in (None, found["workspace_id"]):
            self._problems["workspace_mismatch"].append(f"'{wanted.id}' (in workspace '{found['workspace_id']}')")
        if not found and wanted.present:
            self._problems["not_found"].append(f"'{wanted.id}'")
        return found

    def label(self, item: AiLlm) -> str:
        is_unique = item["name"] and len(self._by_name[item["name"]]) == 1
        return t.cast("str", item["name"]) if is_unique else f"{item['name'] or 'unnamed'} ({item['id']})"

    def need(self, wanted: Wanted) -> None:
        """Check that all fields for a creation are set, and collect the missing ones."""
        missing = [field for field in _NEEDED if field not in wanted.fields]
        if missing:
            self._incomplete.append(f"'{wanted.label}' needs {', '.join(missing)}")

    def others(self, names: set[str | None]) -> Listing:
        """Return the configurations of the workspace whose name is not in `names`."""
        others = [item for name, items in self._by_name.items() if name not in names for item in items]
        return sorted(others, key=lambda item: (item["name"] or "", item["id"]))

    def raise_problems(self, pruned: Listing) -> None:
        """Raise one error for all problems. It has the error code of the first one."""
        limit = self._rules.prune_limit
        self._problems["invalid_response"] = [item["id"] for item in pruned if item["name"] is None]
        if limit is not None and len(pruned) > limit:
            self._problems["prune_limit_exceeded"] = [self.label(item) for item in pruned]
        workspace = f"workspace '{self._rules.workspace_id}'"
        errors: list[Exception] = []
        for code, (message, next_step) in _PROBLEMS.items():
            about = self._problems[code]
            if about:
                said = message.format(workspace=workspace, number=count(len(about), "configuration"), limit=limit)
                errors.append(ApiError(code, f"{said}: {join_limited(about)}", next_step=next_step))
        if self._incomplete:
            text = "; ".join(self._incomplete)
            errors.append(OptionError(f"Options are missing to create what does not exist in {workspace}: {text}."))
        if errors:
            raise _combined(errors)


def _combined(errors: list[Exception]) -> Exception:
    first = errors[0]
    if len(errors) == 1 or not isinstance(first, ApiError):
        return first
    return first.restated(" ".join(str(error) for error in errors[1:]))


def _change(wanted: Wanted, lookup: _Lookup, is_listed: bool, rules: Rules) -> Change:
    found = lookup.find(wanted)
    if not wanted.present:
        # Without a workspace, the list may not contain every configuration that the user can remove.
        if found is None and (wanted.id is None or (is_listed and rules.workspace_id is not None)):
            return Change("keep", wanted.label, wanted.id, None, {})
        unlisted = is_listed and found is None
        return Change("delete", wanted.label, found["id"] if found else wanted.id, found, {}, unlisted)
    if found is None:
        if wanted.id is None:
            lookup.need(wanted)
        return Change("create", wanted.label, None, None, {**wanted.fields, "workspace_id": rules.workspace_id})
    fields = {
        field: value
        for field, value in wanted.fields.items()
        if (rules.rotate if field in CREDENTIALS else value != found[field])
    }
    return Change("update" if fields else "keep", wanted.label, found["id"], found, fields)
