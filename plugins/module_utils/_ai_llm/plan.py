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

from .._errors import ApiError, Failure, OptionError
from .._next_steps import BAD_LIST
from .._text import count, join_limited
from .alike import look_alikes
from .api import AI_TYPES, CREDENTIALS, AiLlm, Listing
from .outcome import Change

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .outcome import Action
    from .wanted import Rules, Wanted

# The fields that a creation requires, in addition to the workspace.
_NEEDED = ("name", "ai_type", "endpoint", "secret")

# What can prevent a plan, in the order of importance: the error code, the message and the next step.
_PROBLEMS = {
    "no_workspace": (
        "invalid_response",
        "the API lists configurations without their workspace, so the task cannot compare it with workspace_id",
        BAD_LIST,
    ),
    "other_workspace": ("workspace_mismatch", "not in {workspace}", "Check the IDs and workspace_id."),
    "unknown_id": (
        "not_found",
        "no configuration with this ID is listed",
        "Check the ID. To create a configuration, give name and workspace_id instead.",
    ),
    "same_name": (
        "ambiguous_name",
        "more than one configuration in {workspace} has this name",
        "Use the id of one of them to rename or remove it with the module ai_llm.",
    ),
    "taken": (
        "ambiguous_name",
        "another configuration in the same workspace already has the new name",
        "Choose another name, or rename or remove the other configuration first.",
    ),
    "no_name": (
        "invalid_response",
        "the API lists configurations without a name, so prune cannot compare them with the task",
        "Remove them by their id, or run without prune.",
    ),
    "look_alike": (
        "ambiguous_name",
        "the task would create a configuration, and prune one whose name looks the same",
        "If they are the same, copy the listed name into the task, or rename the listed one by its id with the module"
        " ai_llm. If they are not, remove the listed one by its id, or declare it with state=absent.",
    ),
    "too_many": (
        "prune_limit_exceeded",
        "{number} to prune, but prune_limit is {limit}",
        "Check the list of the task, or increase prune_limit.",
    ),
}


def plan(wanted: Sequence[Wanted], listed: Listing | None, rules: Rules) -> list[Change]:
    """Return the changes for the wanted configurations in their order, then those to prune, sorted by name and ID.

    :param listed: None if nothing was read. Then only removals by ID can be planned. A new name by ID needs the
        configurations that have this name, too.
    :raises ApiError: `workspace_mismatch`, `not_found`, `ambiguous_name`, `invalid_response`, `prune_limit_exceeded`.
    :raises OptionError: Options that a creation needs are missing.

    Each error names all affected configurations, because nothing is written while there is a problem.
    """
    planner = _Planner(listed, rules)
    changes = [planner.change(item) for item in wanted]
    if rules.prune:
        changes += planner.prune({item.name for item in wanted}, changes)
    planner.raise_problems()
    return changes


class _Planner:
    """Compares wanted with listed configurations, and collects the problems."""

    def __init__(self, listed: Listing | None, rules: Rules) -> None:
        self._rules = rules
        self._is_listed = listed is not None
        self._by_id = {item["id"]: item for item in listed or []}
        self._by_name: dict[str | None, Listing] = defaultdict(list)
        for item in listed or []:
            if item["workspace_id"] == rules.workspace_id:
                self._by_name[item["name"]].append(item)
        # The configurations that have a problem, by the key of the problem.
        self._problems: dict[str, list[str]] = {key: [] for key in _PROBLEMS}
        # What is wrong with the options, by configuration.
        self._incomplete: list[str] = []
        self._unknown_types: list[str] = []

    def change(self, wanted: Wanted) -> Change:
        label = t.cast("str", wanted.id or wanted.name)
        found = self._find(wanted)
        if not wanted.present:
            # Without a workspace, the list may not contain every configuration that the user can remove.
            if found is None and (wanted.id is None or (self._is_listed and self._rules.workspace_id is not None)):
                return Change("keep", label, wanted.id, None, {})
            unlisted = self._is_listed and found is None
            return Change("delete", label, found["id"] if found else wanted.id, found, {}, unlisted=unlisted)
        if found is None:
            missing = [field for field in _NEEDED if field not in wanted.fields]
            if missing and wanted.id is None:
                self._incomplete.append(f"'{label}' needs {', '.join(missing)}")
            fields = {**wanted.fields, "workspace_id": self._rules.workspace_id}
        else:
            fields = {
                field: value
                for field, value in wanted.fields.items()
                if (self._rules.rotate if field in CREDENTIALS else value != found[field])
            }
        # A listed type that this version does not know can stay.
        if fields.get("ai_type", AI_TYPES[0]) not in AI_TYPES:
            self._unknown_types.append(f"'{label}'")
        action: Action = "create" if found is None else "update" if fields else "keep"
        sources = {field: wanted.sources[field] for field in fields if field in wanted.sources}
        return Change(action, label, found["id"] if found else None, found, fields, sources)

    def prune(self, names: set[str | None], changes: Sequence[Change]) -> list[Change]:
        """Return the removals of the configurations of the workspace whose name is not in `names`."""
        others = [item for name, items in self._by_name.items() if name not in names for item in items]
        others.sort(key=lambda item: (item["name"] or "", item["id"]))
        self._problems["no_name"] = [item["id"] for item in others if item["name"] is None]
        self._problems["look_alike"] = look_alikes([item.label for item in changes if item.action == "create"], others)
        limit = self._rules.prune_limit
        if limit is not None and len(others) > limit:
            self._problems["too_many"] = [self._label(item) for item in others]
        return [Change("delete", self._label(item), item["id"], item, {}) for item in others]

    def raise_problems(self) -> None:
        """Raise one error for all problems. It has the error code of the first one."""
        workspace = f"workspace '{self._rules.workspace_id}'"
        failures = []
        for key, (code, message, next_step) in _PROBLEMS.items():
            about = self._problems[key]
            if about:
                number = count(len(about), "configuration")
                text = message.format(workspace=workspace, number=number, limit=self._rules.prune_limit)
                failures.append(Failure(code, f"{text}: {join_limited(about)}", next_step=next_step))
        options = []
        if self._incomplete:
            items = "; ".join(self._incomplete)
            options.append(f"Options are missing to create what does not exist in {workspace}: {items}.")
        if self._unknown_types:
            known = ", ".join(AI_TYPES)
            options.append(f"ai_type must be one of {known}, or the listed value: {join_limited(self._unknown_types)}.")
        if failures:
            first, *others = failures
            raise ApiError(first.with_context(*map(str, others), *options))
        if options:
            raise OptionError(" ".join(options))

    def _find(self, wanted: Wanted) -> AiLlm | None:
        """Return the listed configuration, if any. A problem with it is remembered for `raise_problems()`."""
        if wanted.id is None:
            same_name = self._by_name[wanted.name] if wanted.name is not None else []
            if len(same_name) > 1:
                ids = join_limited([item["id"] for item in same_name])
                self._problems["same_name"].append(f"'{wanted.name}' ({ids})")
            return same_name[0] if same_name else None
        found = self._by_id.get(wanted.id)
        if not found:
            if wanted.present:
                self._problems["unknown_id"].append(f"'{wanted.id}'")
            return None
        if self._rules.workspace_id not in (None, found["workspace_id"]):
            in_place = f"'{wanted.id}' (in workspace '{found['workspace_id']}')"
            self._problems["other_workspace" if found["workspace_id"] else "no_workspace"].append(in_place)
        if wanted.present and wanted.name not in (None, found["name"]):
            self._problems["taken"] += [
                f"'{wanted.name}' ({item['id']})"
                for item in self._by_id.values()
                if item["name"] == wanted.name and item["workspace_id"] == found["workspace_id"]
            ]
        return found

    def _label(self, item: AiLlm) -> str:
        is_unique = item["name"] and len(self._by_name[item["name"]]) == 1
        return t.cast("str", item["name"]) if is_unique else f"{item['name'] or 'unnamed'} ({item['id']})"
