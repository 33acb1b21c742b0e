# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the playbooks plan, apply, and drift in many ways: plans.py FOLDER URL, see runs.py. The folder is empty."""

from __future__ import annotations

import json
import re
import typing as t

from runs import FOLDER, Run, mock, run, state, variables_of

PLAN_ID = f"plan-{'0' * 32}"
MISSING = "are not set, are empty, or use a variable that is not defined:"
NOT_A_LIST = "must be a list of dictionaries"
EMPTY = "The list of configurations is empty"
NO_ID = "is not the ID of a plan"

# The playbook, its variables, and a part of the message with which it fails before the first request.
WRONG: list[tuple[str, dict[str, t.Any], str]] = [
    ("plan", {}, f"{MISSING} workspace_id, configurations"),
    ("drift", {}, f"{MISSING} workspace_id, configurations"),
    ("apply", {"plan_id": PLAN_ID}, f"{MISSING} workspace_id, configurations"),
    (
        "plan",
        {
            "workspace_id": "w",
            "configurations": [],
            **dict.fromkeys(("validate", "update_credentials", "prune_limit", "prune")),
        },
        f"{MISSING} prune, prune_limit, update_credentials, validate",
    ),
    ("plan", {"workspace_id": "w", "configurations": ["Production"]}, NOT_A_LIST),
    ("plan", {"workspace_id": "w", "configurations": {"name": "Production"}}, NOT_A_LIST),
    ("plan", {"workspace_id": "w", "configurations": [], "prune": "{{ all }}", "all": True}, EMPTY),
    ("apply", {"workspace_id": "w", "configurations": [], "prune": "yes", "plan_id": PLAN_ID}, EMPTY),
    ("drift", {"workspace_id": "w", "configurations": []}, EMPTY),
    ("apply", {"workspace_id": "w", "configurations": []}, NO_ID),
    ("apply", {"workspace_id": "w", "configurations": [], "plan_id": None}, NO_ID),
    ("apply", {"workspace_id": "w", "configurations": [], "plan_id": " "}, NO_ID),
]

HOSTILE = [
    "`a`|b",
    "<script>alert(1)</script>",
    "</code></td></table><h1>",
    "@octocat and [link](https://example.com)",
    "line\nbreak\u2028and\rmore",
    "invoice\u202egnp.exe",
    "{{ 7 * 7 }}{% if %}{#",
    "&lt;b&gt; \\| **bold** _it_ ~~no~~ #1 :smile: $x$",
    "www.example.com",
    "x" * 5000,
]


def play(name: str, variables: dict[str, t.Any], *options: str) -> Run:
    return run(["ansible-playbook", f"flashback.platform.{name}", "--extra-vars", json.dumps(variables), *options])


def files() -> dict[str, str]:
    """The text of each file in the folder, by name. Empties the folder."""
    texts = {}
    for path in FOLDER.iterdir():
        texts[path.name] = path.read_text(encoding="utf-8")
        path.unlink()
    return texts


def try_wrong_variables() -> None:
    for name, variables, message in WRONG:
        ended = play(name, variables)
        assert not ended.succeeded
        assert message in ended.output
        assert ended.requests == []
    assert files() == {}


def try_options() -> None:
    mock("POST", "_mock/reset")
    before = state()
    described = {"workspace_id": "workspace-123", "configurations": [{"name": "Production OpenAI"}], "prune": True}
    ended = play("plan", {**described, "plan_id": "ignored"}, "--tags", "other")
    first = files()
    assert ended.succeeded
    assert list(first) in (["plan.md", "plan.env"], ["plan.env", "plan.md"])
    variables = variables_of(first["plan.env"])
    assert variables["plan_changes"] == "2"
    assert variables["plan_id"] in ended.output
    assert variables["plan_id"] in first["plan.md"]

    # Without secrets, under --check, with other files, a nested boolean, and another order
    named = {"name": "Production OpenAI", "key": " ", "secret": "{{ lookup('ansible.builtin.env', 'NOT_SET') }}"}
    options = {"prune": "{{ all }}", "all": True, "file": "page.md", "env_file": ""}
    assert play("plan", {**described, "configurations": [named], **options}, "--check", "--skip-tags", "some").succeeded
    assert files() == {"page.md": first["plan.md"]}
    (FOLDER / "plan.md").mkdir()
    assert not play("plan", described).succeeded
    assert list((FOLDER / "plan.md").iterdir()) == []
    (FOLDER / "plan.md").rmdir()

    # A creation without a secret is an error in a plan, and a difference for drift.
    new = {"name": "New", "ai_type": "AWS", "endpoint": "https://example.com"}
    described = {"workspace_id": "workspace-123", "configurations": [new]}
    assert "'New' needs secret" in play("plan", described).output
    differs = play("drift", {**described, "update_credentials": "always", "prune_limit": 0}, "--tags", "other")
    assert not differs.succeeded
    assert "create New; update nothing; remove Production OpenAI, Staging Anthropic, Staging OpenAI" in differs.output
    assert "cannot reach workspace nowhere" in play("plan", {**described, "workspace_id": "nowhere"}).output
    assert state() == before


def try_names() -> None:
    """No name changes the page, and the page has one row for each."""
    repositories = [{"id": f"repo-{number}", "name": name} for number, name in enumerate(HOSTILE)]
    configurations = [
        {
            "id": f"id-{number}",
            "workspaceId": "workspace-123",
            "name": name,
            "aiType": "OTHER",
            "endpoint": "https://example.com/a|b",
            "repos": repositories[:number],
        }
        for number, name in enumerate(HOSTILE)
    ]
    twins = [{**configurations[0], "id": f"id-twin-{number}", "name": "Twin", "repos": []} for number in (1, 2)]
    mock("POST", "_mock/reset", {"workspaces": ["workspace-123"], "ai_llms": [*configurations, *twins]})
    everything = {"workspace_id": "workspace-123", "configurations": [], "prune": True, "prune_limit": 99}
    assert play("plan", everything).succeeded
    page = files()["plan.md"]
    rows = re.findall(r"^\| remove \| <code>([^|<>`*@\[]*)</code> \| ([^|`*@\[]*) \| ([^|`*@\[]*) \|$", page, re.M)
    assert len(rows) == len(HOSTILE) + len(twins)
    # Only the ID tells two with the same name apart.
    ids = [change.rpartition("<br>")[2] for name, change, _users in rows if name == "Twin"]
    assert ids == ["ID <code>id-twin-1</code>", "ID <code>id-twin-2</code>"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "line\ufffdbreak\ufffdand\ufffdmore" in page
    assert "invoice\ufffdgnp.exe" in page
    assert "{{ 7 &#42; 7 }}" in page
    assert f"<code>{'x' * 120}…</code>" in page
    assert "and 6 more" in page
    assert "refuse 9 of the removals now" in page


def try_many() -> None:
    name = "<" * 60
    configurations = [
        {"name": f"{name}{number}", "ai_type": "AWS", "endpoint": name, "secret": ""} for number in range(500)
    ]
    assert play(
        "plan", {"workspace_id": "workspace-123", "configurations": configurations, "file": "page.md"}
    ).succeeded
    page = files()["page.md"]
    shown = page.count("\n| create |")
    assert len(page) < 65000
    assert 0 < shown < 500
    assert f"no space for {500 - shown} more of the 500 changes" in page
    assert page.count("```") == 2


if __name__ == "__main__":
    try_wrong_variables()
    try_options()
    try_names()
    try_many()
