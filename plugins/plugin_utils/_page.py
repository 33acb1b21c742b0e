# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The page of a plan, and the page of what the playbook `apply` did, as Markdown for reviewers.

result: what the module `ai_llms` returned. workspace: what the lookup `workspace_file` returned for the file in `path`.
"""

from __future__ import annotations

import json
import re
import shlex
import typing as t
from collections import Counter

from ._shown_text import code, endpoint, escaped

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Values = Mapping[str, t.Any]

# GitHub refuses comments with more than 65,536 characters.
MAX_TABLE = 60000
MAX_MESSAGE = 600
MAX_USERS = 3

_VERBS = {"deleted": "remove", "updated": "update", "created": "create"}
_SENT = "(sent with the change)"


def plan_page(result: Values, workspace: Values, path: str) -> str:
    """Return the page of a plan. The result is that of a run in check mode."""
    counts = Counter(item["outcome"] for item in result["outcomes"])
    changes = ", ".join(f"{verb} {counts[status]}" for status, verb in _VERBS.items() if counts[status])
    title = f"Plan for workspace {code(workspace['workspace_id'])}: {changes or 'nothing to do'}"
    return _page("plan", title, *_facts(result, workspace, path), *_plan(result, path))


def apply_page(result: Values, workspace: Values, path: str) -> str:
    """Return the page of what the playbook `apply` did."""
    facts, where = _facts(result, workspace, path), f"workspace {code(workspace['workspace_id'])}"
    error, outcomes = result.get("error", {}), result.get("outcomes", [])
    if error.get("code") == "plan_changed":
        title = f"Nothing was changed, because the plan for {where} is not the approved one"
        return _page("apply", title, *facts, "This is the plan now:", *_plan(result, path))
    if result.get("failed") and not outcomes:
        unchanged = "" if result.get("changed") or error.get("outcome_unknown") else "Nothing was changed. "
        reason = f"{unchanged}The reason: {code(str(result.get('msg', '')), limit=MAX_MESSAGE)}"
        return _page("apply", f"The plan for {where} was not applied", *facts, reason)
    order = ("failed", "unknown", "skipped", "removed", "updated", "created", "unchanged")
    shown = [{**item, "outcome": item["outcome"].replace("deleted", "removed")} for item in outcomes]
    shown = [item for item in shown if item["outcome"] in order[:-1] or "error" in item]
    shown.sort(key=lambda item: order.index(item["outcome"]) if item["outcome"] in order else 0)
    counts = Counter(item["outcome"] for item in shown)
    done = ", ".join(f"{status} {number}" for status, number in counts.items()) or "nothing was left to do"
    rows = [f"| {item['outcome']} | {_name(item, with_id=True)} | {_reason(item)} |" for item in shown]
    blocks = [*facts, *_table("result | configuration | reason", rows)]
    if not result.get("failed"):
        return _page("apply", f"Plan applied to {where}: {done}", *blocks)
    next_step = "What is left to do is another plan: solve the problems, and run the playbook plan again."
    return _page("apply", f"Plan not completely applied to {where}: {done}", *blocks, next_step)


def _plan(result: Values, path: str) -> Iterator[str]:
    """Yield the blocks that show a plan, and how to apply it."""
    changes = [item for item in result["outcomes"] if "before" in item]
    if not changes:
        yield f"The workspace is as its file describes it. The ID of this plan is `{result['plan_id']}`."
        return
    used = sum("repositories" in item for item in changes)
    if used:
        yield (
            f"> **Warning:** The platform would refuse {used} of the removals now, because repositories use what they"
            " remove. Unlink the repositories before you apply the plan."
        )
    names = Counter(item["name"] for item in changes)
    # Only removals have "repositories", but an update reaches the applications behind them as well.
    users = {item.get("id"): item.get("repos") for item in result.get("ai_llms", [])}
    rows = [
        f"| {verb} | {_name(item, with_id=names[item['name']] > 1)} | {_change(item)} |"
        f" {_users(item.get('repositories') or users.get(item['id']) or [])} |"
        for status, verb in _VERBS.items()
        for item in changes
        if item["outcome"] == status
    ]
    yield from _table("action | configuration | change | used by", rows)
    options = [f"plan_id={result['plan_id']}"]
    if path != "workspace.yml":
        is_word = re.fullmatch(r"[\w./+-]+", path, re.ASCII)
        options.append(shlex.quote(f"workspace={path}" if is_word else json.dumps({"workspace": path})))
    command = " \\\n  --extra-vars ".join(["ansible-playbook flashback.platform.apply", *options])
    yield f"To apply this plan and nothing else, run:\n\n```sh\n{command}\n```"
    yield (
        "If the workspace or its file changes before that, this command changes nothing, fails, and shows the new plan."
        " Otherwise, it makes these changes or fewer: if one fails, it names this change, and does not undo the others."
    )


def _facts(result: Values, workspace: Values, path: str) -> Iterator[str]:
    """Yield a list of what a plan depends on, besides its changes."""
    facts = [f"API: {endpoint(result['api_url'])}"] if "api_url" in result else []
    facts.append(f"Workspace file: {code(path)}")
    if "outcomes" in result:
        same = sum(item["outcome"] in ("unchanged", "absent") for item in result["outcomes"])
        others = "" if workspace["prune"] else ", and those that the file does not name"
        facts.append(f"Configurations that stay as they are: {same} of the file{others}")
    facts.append(f"Validation: {'each configuration, with a call to its provider' if workspace['validate'] else 'no'}")
    yield "\n".join(f"- {fact}" for fact in facts)


def _change(item: Values) -> str:
    parts = []
    for field, show in (("ai_type", code), ("endpoint", endpoint)):
        values = [str(side[field]) for side in (item["before"], item["after"]) if side.get(field) is not None]
        if values:
            parts.append(f"{field} {' → '.join(map(show, values, values[::-1]))}")
    for field in ("key", "secret"):
        source = item["after"].get(field)
        if source:
            parts.append(f"{field} is sent" if source == _SENT else f"{field} from {code(source)}")
    return ", ".join(parts)


def _name(item: Values, *, with_id: bool) -> str:
    """Return the name, and the ID if the name does not show which configuration it is."""
    name = str(item["name"] or "")
    with_id = with_id or not name or escaped(name) != name
    return f"{code(name)}, ID {code(item['id'])}" if with_id and item.get("id") else code(name)


def _users(used: list[Values]) -> str:
    names = ", ".join(code(str(repository["name"] or repository["id"])) for repository in used[:MAX_USERS])
    return f"{names}, and {len(used) - MAX_USERS} more" if len(used) > MAX_USERS else names


def _reason(item: Values) -> str:
    error = item.get("error")
    if not error:
        return "not tried, because something failed before" if item["outcome"] == "skipped" else ""
    used = f", used by {_users(error['repositories'])}" if error.get("repositories") else ""
    return f"{code(error['code'])}: {code(error['message'], limit=MAX_MESSAGE)}{used}"


def _table(titles: str, rows: list[str]) -> Iterator[str]:
    """Yield a table, after a warning if the page has no space for all of its rows."""
    shown, size = 0, 0
    while shown < len(rows) and size + len(rows[shown]) < MAX_TABLE:
        size += len(rows[shown]) + 1
        shown += 1
    if shown < len(rows):
        yield (
            f"> **Warning:** This page has no space for {len(rows) - shown} of {len(rows)} rows. The output of the"
            " playbook shows all changes."
        )
    if rows:
        yield "\n".join([f"| {titles} |", f"|{' --- |' * len(titles.split('|'))}", *rows[:shown]])


def _page(playbook: str, title: str, *blocks: str) -> str:
    # The playbooks replace only files that begin with this line.
    first = f"<!-- Written by the playbook flashback.platform.{playbook}, which replaces this file. -->"
    return "\n\n".join([first, f"## {title}", *blocks]) + "\n"
