# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The page of a plan, and the page of what `apply` did, as Markdown for reviewers."""

from __future__ import annotations

import json
import re
import shlex
import typing as t
from collections import Counter

from ..module_utils._text import count
from ._shown_text import MAX_MESSAGE, code, endpoint, is_plain

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Values = Mapping[str, t.Any]

# The playbooks replace only files that begin with one of these lines.
FIRST_LINES = {
    name: f"<!-- Written by the playbook flashback.platform.{name}, which replaces this file. -->"
    for name in ("plan", "apply")
}

# GitHub refuses comments with more than 65,536 characters.
MAX_TABLE = 60000
MAX_USERS = 3

_VERBS = {"deleted": "remove", "updated": "update", "created": "create"}
_NOT_DONE = ("failed", "unknown", "skipped")
_SENT = "(sent with the change)"


def plan_page(result: Values, workspace: Values, path: str) -> str:
    """Return the page of a plan.

    :param result: The result of the module `ai_llms` in check mode.
    :param workspace: What the lookup `workspace_file` returned for the same file.
    :param path: The path of this file, for the command.
    """
    changes = [item for item in result["outcomes"] if "before" in item]
    where = f"workspace {code(workspace['workspace_id'])}"
    if changes:
        noun = "configuration" if list(_counts(changes).values())[-1] == 1 else "configurations"
        done = _join([f"{verb}s {number}" for verb, number in _counts(changes).items()])
        title = f"## This plan {done} {noun} in {where}"
    else:
        title = f"## This plan changes nothing in {where}"
    return _page("plan", title, _facts(result, workspace, path), *_plan(result, changes, path))


def apply_page(result: Values, workspace: Values, path: str) -> str:
    """Return the page of what the playbook `apply` did. The parameters are those of `plan_page`."""
    outcomes = result.get("outcomes", [])
    error = result.get("error", {})
    where = f"workspace {code(workspace['workspace_id'])}"
    facts = _facts(result, workspace, path)
    if error.get("code") == "plan_changed":
        changes = [item for item in outcomes if "before" in item]
        title = f"## Nothing was applied, because the plan for {where} is not the approved one"
        return _page("apply", title, facts, "This is the plan now:", *_plan(result, changes, path))
    if not outcomes:
        unchanged = "" if result.get("changed") or error.get("outcome_unknown") else "Nothing was changed. "
        reason = f"{unchanged}The reason: {code(str(result.get('msg', 'unknown')), limit=MAX_MESSAGE)}"
        return _page("apply", f"## The plan for {where} was not applied", facts, reason)
    rest = {status: sum(item["outcome"] == status for item in outcomes) for status in _NOT_DONE}
    parts = [f"{verb}d {number}" for verb, number in _counts(outcomes).items()]
    parts += [f"{number} {status}" for status, number in rest.items() if number]
    failed = bool(result.get("failed"))
    lead = "The plan was not applied completely" if failed else "The plan was applied"
    title = f"## {lead} in {where}: {_join(parts) or 'nothing was left to do'}"
    order = [*_NOT_DONE, *_VERBS]
    items = [item for status in order for item in outcomes if item["outcome"] == status]
    items += [item for item in outcomes if item["outcome"] not in order and "error" in item]
    rows = [f"| {item['outcome']} | {_name(item, named_twice=True)} | {_reason(item)} |" for item in items]
    next_step = "What is left to do is another plan: solve the problems, and run the playbook plan again."
    table = _table(("result", "configuration", "reason"), rows)
    return _page("apply", title, facts, *table, *([next_step] if failed else []))


def _plan(result: Values, changes: Sequence[Values], path: str) -> Iterable[str]:
    """Yield the blocks that show a plan, and how to apply it."""
    if not changes:
        yield f"The workspace is as its file describes it. The ID of this plan is `{result['plan_id']}`."
        return
    used = sum("repositories" in item for item in changes)
    if used:
        them = "this configuration" if used == 1 else "these configurations"
        yield (
            f"> **Warning:** The platform would refuse {used} of the removals now, because repositories use {them}. Unlink"
            " the repositories before you apply the plan."
        )
    names = Counter(item["name"] for item in changes)
    rows = [
        f"| {verb} | {_name(item, named_twice=names[item['name']] > 1)} | {_change(item)} | {_users(item)} |"
        for outcome, verb in _VERBS.items()
        for item in changes
        if item["outcome"] == outcome
    ]
    yield from _table(("action", "configuration", "change", "used by"), rows)
    options = [f"plan_id={result['plan_id']}", *_workspace_option(path)]
    arguments = " \\\n".join(
        ["ansible-playbook flashback.platform.apply", *(f"  --extra-vars {item}" for item in options)]
    )
    yield "To apply this plan and nothing else, run:"
    yield f"```sh\n{arguments}\n```"
    yield (
        "If the workspace or its file changes before that, this command changes nothing, fails, and shows the new plan. It"
        " makes these changes or fewer: if one fails, it names this change, and does not undo the others."
    )


def _facts(result: Values, workspace: Values, path: str) -> str:
    """Return a list of what the plan depends on, besides the changes."""
    facts = [f"API: {endpoint(result['api_url'])}"] if "api_url" in result else []
    facts.append(f"Workspace file: {code(path)}")
    if "outcomes" in result:
        same = sum(item["outcome"] in ("unchanged", "absent") for item in result["outcomes"])
        others = "" if workspace["prune"] else ", and those that the file does not name"
        facts.append(f"Not changed: {count(same, 'configuration')} of the file{others}")
    validated = "after the changes, with a call to each provider" if workspace["validate"] else "no"
    facts.append(f"Validation by the platform: {validated}")
    return "\n".join(f"- {fact}" for fact in facts)


def _change(item: Values) -> str:
    before, after = item["before"], item["after"]
    parts = []
    for field, show in (("ai_type", code), ("endpoint", endpoint)):
        old, new = before.get(field), after.get(field)
        shown = [
            show(str(value), None if other is None else str(other))
            for value, other in ((old, new), (new, old))
            if value is not None
        ]
        parts += [f"{field} {' → '.join(shown)}"] if shown else []
    for field in ("key", "secret"):
        if field in after:
            parts.append(f"{field} is sent" if after[field] == _SENT else f"{field} from {code(str(after[field]))}")
    return ", ".join(parts)


def _name(item: Values, *, named_twice: bool) -> str:
    """Return the name, and the ID if the name alone does not show which configuration it is."""
    name = item["name"] if isinstance(item["name"], str) else ""
    same = named_twice or not name or not is_plain(name)
    return f"{code(name)}, ID {code(item['id'])}" if same and item.get("id") else code(name)


def _users(item: Values) -> str:
    used = item.get("repositories", [])
    names = [code(str(repository.get("name") or repository.get("id"))) for repository in used[:MAX_USERS]]
    return ", ".join(names) + (f", and {len(used) - MAX_USERS} more" if len(used) > MAX_USERS else "")


def _reason(item: Values) -> str:
    error = item.get("error")
    if error:
        return f"{code(error['code'])}: {code(str(error['message']), limit=MAX_MESSAGE)}"
    return "because something failed before" if item["outcome"] == "skipped" else ""


def _table(titles: Sequence[str], rows: Sequence[str]) -> Iterable[str]:
    """Yield a table, after a warning if the page has no space for all rows."""
    shown, size = 0, 0
    while shown < len(rows) and size + len(rows[shown]) < MAX_TABLE:
        size += len(rows[shown]) + 1
        shown += 1
    if shown < len(rows):
        yield (
            f"> **Warning:** This page has no space for {len(rows) - shown:,} of the {len(rows):,} changes. The output of the"
            " playbook shows all of them."
        )
    if rows:
        yield "\n".join([f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}", *rows[:shown]])


def _counts(items: Sequence[Values]) -> dict[str, int]:
    counts = Counter(item["outcome"] for item in items)
    return {verb: counts[outcome] for outcome, verb in _VERBS.items() if counts[outcome]}


def _workspace_option(path: str) -> list[str]:
    if path == "workspace.yml":
        return []
    option = f"workspace={path}" if re.fullmatch(r"[\w./+-]+", path, re.ASCII) else json.dumps({"workspace": path})
    return [shlex.quote(option)]


def _join(parts: Sequence[str]) -> str:
    return (
        ", ".join([*parts[:-2], " and ".join(parts[-2:])])
        if len(parts) < 3
        else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    )


def _page(name: str, *blocks: str) -> str:
    return "\n\n".join([FIRST_LINES[name], *blocks]) + "\n"
