# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the playbooks as users and attackers do: plans.py FOLDER URL, see runs.py. The folder is empty."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import typing as t
from pathlib import Path

from runs import FOLDER, Run, mock, run, state, variables_of

PLAN_ID = f"plan-{'0' * 32}"
NO_ID = "is not the ID of a plan"
HEADER = "workspace_id: workspace-123\nconfigurations:\n"
PRODUCTION = f"{HEADER}  - name: Production OpenAI\n    secret_env: OPENAI_API_KEY\n"
RUN_CODE = "{{ lookup('pipe', 'touch hacked') }}"

# A file cannot run commands, replace variables of the playbooks, hide a change, or send the password to somebody.
ATTACKS = {
    f'  - name: "{RUN_CODE}"': "name must not have a template",
    f'    endpoint: "{RUN_CODE}"': "endpoint must not have a template",
    "    ai_type: !unsafe '{{ 1 }}'": "ai_type must not have a tag",
    "    key: Staging OpenAI": "the key key is unknown",
    "    secret: deleted": "the key secret is unknown",
    "    key_env: FLASHBACK_PASSWORD": "key_env must be the name of an environment variable",
    "    secret_env: ansible_vault_password": "secret_env must be the name of an environment variable",
    "  - name: Production OpenAI": "",
    "    endpoint: https://user:hunter2@example.com": "endpoint must not contain a user or a password",
    "flashback_changes: []": "the key flashback_changes is unknown",
    "flashback_plan: {}": "the key flashback_plan is unknown",
    "page_file: ''": "the key page_file is unknown",
    f"plan_id: {PLAN_ID}": "the key plan_id is unknown",
    "ansible_connection: ssh": "the key ansible_connection is unknown",
    "workspace: other.yml": "the key workspace is unknown",
}
HOSTILE_FILE = HEADER + "\n".join(ATTACKS)
FOUND = [f"line {line}: {problem}" for line, problem in enumerate(ATTACKS.values(), 3) if problem]
EMPTY = "workspace_id: w\nconfigurations: []\nprune: true"

# The playbook, the workspace file, its options, and parts of the message with which it fails before the first request.
WRONG: list[tuple[str, str | None, dict[str, t.Any], list[str]]] = [
    ("plan", None, {}, ["workspace.yml: No such file or directory"]),
    (
        "rotate",
        None,
        {"workspace": "other.yml", "rotate": "Production OpenAI"},
        ["other.yml: No such file or directory"],
    ),
    (
        "apply",
        PRODUCTION,
        {"plan_id": PLAN_ID},
        ["line 4: the environment variable OPENAI_API_KEY of 'Production OpenAI'"],
    ),
    ("rotate", PRODUCTION, {}, ["Name the configurations whose credentials"]),
    ("rotate", PRODUCTION, {"rotate": ""}, ["no name was given"]),
    ("rotate", PRODUCTION, {"rotate": "Production OpenAI, Ghost"}, ["with key_env or secret_env: Ghost."]),
    ("adopt", None, {}, ["Give the ID of the workspace"]),
    ("adopt", PRODUCTION, {"workspace_id": "workspace-123"}, ["workspace.yml exists, and was not changed"]),
    ("plan", HOSTILE_FILE, {}, FOUND),
    ("apply", HOSTILE_FILE, {"plan_id": PLAN_ID}, FOUND),
    ("drift", EMPTY, {}, ["line 2: the list of configurations is empty"]),
]

# The variable plan_id, the environment variable FLASHBACK_PLAN_ID, and whether they name one plan.
IDS: list[tuple[str | None, str | None, bool]] = [
    (PLAN_ID, None, True),
    (None, PLAN_ID, True),
    (PLAN_ID, PLAN_ID, True),
    (None, None, False),
    (" ", PLAN_ID, False),
    (PLAN_ID, "", False),
    (PLAN_ID, f"plan-{'1' * 32}", False),
    (None, f"{PLAN_ID}{RUN_CODE}", False),
    (None, f"{PLAN_ID} ansible_connection=ssh ansible_host=evil", False),
]

HOSTILE = [
    "Team 🚀 東京",
    "`a`|b",
    "<script>alert(1)</script>",
    "</code></td></table><h1>",
    "@octocat me@example.com and [link](https://example.com)",
    "line\nbreak\u2028and\rmore",
    "\n## Nothing to approve\n",
    "invoice\u202egnp.exe",
    "{{ 7 * 7 }}{% if %}{#",
    RUN_CODE,
    "##[add-mask]plan-",
    "x" * 5000,
]


def play(name: str, variables: dict[str, t.Any], *options: str, **environment: str) -> Run:
    command = ["ansible-playbook", name if name.endswith(".yml") else f"flashback.platform.{name}", *options]
    extra_vars = ["--extra-vars", json.dumps(variables)] if variables else []
    return run([*command, *extra_vars], environment, providers="OPENAI_API_KEY" in environment)


def write(text: str, name: str = "workspace.yml") -> None:
    (FOLDER / name).write_text(text, encoding="utf-8")


def files() -> dict[str, str]:
    """The text of each file in the folder, by name. Empties the folder."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir() if path.is_file()}
    shutil.rmtree(FOLDER)
    FOLDER.mkdir()
    return texts


def try_wrong_files() -> None:
    for name, text, variables, messages in WRONG:
        # What an earlier plan wrote must not look like the result of this one.
        write(f"<!-- Written by the playbook flashback.platform.{name}, -->", f"workspace.{name}.md")
        write(f"plan_id={PLAN_ID}\nplan_changes=0\n", "workspace.plan.env")
        if text is not None:
            write(text)
        ended = play(name, variables)
        assert not ended.succeeded
        assert [message for message in messages if message not in ended.output] == []
        assert "hunter2" not in ended.output
        assert ended.requests == []
        left = files()
        assert "hacked" not in left
        assert name not in ("plan", "apply") or f"workspace.{name}.md" not in left
        assert name != "plan" or "workspace.plan.env" not in left


def try_ids() -> None:
    """No ID runs a command, sets a variable, or approves a plan that it does not name."""
    mock("POST", "_mock/reset")
    write(PRODUCTION)
    for variable, environment, valid in IDS:
        variables = {} if variable is None else {"plan_id": variable}
        given = {} if environment is None else {"FLASHBACK_PLAN_ID": environment}
        ended = play("apply", variables, OPENAI_API_KEY="k3y-o", **given)
        assert ended.succeeded == valid, (variable, environment)
        assert valid or NO_ID in ended.output
        assert ended.writes == []
        assert not (FOLDER / "hacked").exists()
    files()


def try_paths() -> None:
    mock("POST", "_mock/reset")
    before = state()
    write(f"{PRODUCTION}prune: true\n")
    os.umask(0o027)
    ended = play("plan", {"plan_id": "ignored"}, "--tags", "other")
    assert ended.succeeded
    assert f"Workspace file: {FOLDER.resolve()}/workspace.yml" in ended.output
    assert (FOLDER / "workspace.plan.md").stat().st_mode & 0o777 == 0o640
    os.umask(0o022)
    first = files()
    assert sorted(first) == ["workspace.plan.env", "workspace.plan.md", "workspace.yml"]
    variables = variables_of(first["workspace.plan.env"])
    assert list(variables) == ["plan_id", "plan_changes"]
    assert variables["plan_changes"] == "2"
    assert variables["plan_id"] in ended.output
    assert variables["plan_id"] in first["workspace.plan.md"]

    # Another file, other paths, under --check, and a workspace file that is a link
    (FOLDER / "files").mkdir()
    write(first["workspace.yml"], "files/data.yml")
    (FOLDER / "production.yaml").symlink_to("files/data.yml")
    assert play("plan", {"workspace": "production.yaml"}, "--check", "--skip-tags", "some").succeeded
    assert play("plan", {"workspace": "files/data.yml", "page_file": "files/a b.md", "env_file": " "}).succeeded
    texts = [path.read_text(encoding="utf-8") for path in (FOLDER / "production.plan.md", FOLDER / "files" / "a b.md")]
    assert "--extra-vars workspace=production.yaml\n" in texts[0]
    assert "--extra-vars workspace=files/data.yml\n" in texts[1]
    assert sorted(files()) == ["production.plan.env", "production.plan.md", "production.yaml"]

    # A creation that no secret is named for, and a workspace that does not exist
    new = "  - name: New\n    ai_type: AWS\n    endpoint: https://example.com\n"
    write(HEADER + new)
    assert "Add secret_env to these configurations, because the plan creates them: New" in play("plan", {}).output
    write((HEADER + new).replace("workspace-123", "nowhere"))
    assert "cannot reach workspace nowhere" in play("plan", {}).output
    assert list(files()) == ["workspace.yml"]
    assert state() == before


def try_drift() -> None:
    mock("POST", "_mock/reset")
    new = "  - name: New\n    ai_type: AWS\n    endpoint: https://example.com\n"
    others = "The file does not name these, which is no difference without prune:"
    write(HEADER + new)
    differs = play("drift", {}, "--tags", "other")
    assert not differs.succeeded
    assert "create New; update nothing; remove nothing." in differs.output
    assert f"{others} Staging OpenAI, Staging Anthropic, Production OpenAI" in differs.output
    write(f"{HEADER}{new}prune: true\nprune_limit: 0\n")
    differs = play("drift", {})
    assert "create New; update nothing; remove Production OpenAI, Staging Anthropic, Staging OpenAI." in differs.output
    assert others not in differs.output
    write(PRODUCTION)
    same = play("drift", {})
    assert same.succeeded
    assert f"{others} Staging OpenAI, Staging Anthropic" in same.output
    assert list(files()) == ["workspace.yml"]


def try_rotate() -> None:
    """Only the credentials are sent, even if the file changes more, and only the variables of these are needed."""
    mock("POST", "_mock/reset")
    staging = "  - name: Staging OpenAI\n    endpoint: https://evil.com\n    secret_env: OPENAI_API_KEY\n"
    write(f"{PRODUCTION}{staging}  - name: Other\n    secret_env: NOT_SET\nprune: true\n")
    for names in ("Production OpenAI,Staging OpenAI", ["Staging OpenAI", "Production OpenAI"]):
        ended = play("rotate", {"rotate": names}, OPENAI_API_KEY="k3y-o")
        assert ended.succeeded
        assert [item["body"] for item in ended.requests if item["method"] == "PUT"] == [{"secret": "k3y-o"}] * 2
        assert sum(item["path"].endswith("/validate") for item in ended.requests) == 2
        assert "changed=1" in ended.output
    unknown = play("rotate", {"rotate": ["Other"]}, NOT_SET="k3y-p")
    assert "'Other' needs ai_type, endpoint" in unknown.output
    assert unknown.writes == []
    files()


def try_files_of_others() -> None:
    """The playbooks neither overwrite nor remove a file that they did not write, whoever chose its path."""
    mock("POST", "_mock/reset")
    own = "<!-- Written by the playbook flashback.platform.plan, which replaces this file. -->\n"
    target = FOLDER.parent / "target"
    target.write_text(own, encoding="utf-8")
    places: list[tuple[str, str | Path | None]] = [
        ("workspace.plan.md", f"\n{own}"),
        ("workspace.plan.env", f"plan_id={PLAN_ID}\nplan_changes=0\nPATH=/evil\n"),
        ("workspace.apply.md", own),
        ("workspace.plan.md", target),
        ("workspace.plan.env", FOLDER / "missing"),
        ("workspace.apply.md", None),
    ]
    for name, place in places:
        write(PRODUCTION)
        if place is None:
            (FOLDER / name).mkdir()
        elif isinstance(place, Path):
            (FOLDER / name).symlink_to(place)
        else:
            write(place, name)
        ended = play("apply" if "apply" in name else "plan", {"plan_id": PLAN_ID}, OPENAI_API_KEY="k3y-o")
        assert not ended.succeeded
        assert f"{name} exists, and is not a file that this playbook wrote" in ended.output
        assert ended.requests == []
        assert target.read_text(encoding="utf-8") == own
        assert os.path.lexists(FOLDER / name)
        assert not isinstance(place, str) or (FOLDER / name).read_text(encoding="utf-8") == place
        files()
    write(PRODUCTION)
    # If one of the files cannot be written, there is none.
    assert "neither a page nor an ID" in play("plan", {"env_file": "missing/plan.env"}).output
    assert list(files()) == ["workspace.yml"]


def try_group_vars() -> None:
    """Variables of somebody's inventory, beside a playbook of their own that imports those of the collection."""
    mock("POST", "_mock/reset")
    write(PRODUCTION)
    write(f"{HEADER}  - name: Evil\n    state: absent\n", "evil.yml")
    write("# Notes\n", "README.md")
    (FOLDER / "group_vars").mkdir()
    names = (
        "workspace",
        "page_file",
        "env_file",
        "result_file",
        "plan_id",
        "rotate",
        "flashback_file",
        "flashback_files",
    )
    variables = {
        **dict.fromkeys(names, "README.md"),
        "workspace": "evil.yml",
        "flashback_changes": 0,
        "flashback_page": {},
    }
    (FOLDER / "group_vars" / "all.yml").write_text(json.dumps({**variables, "plan_id": PLAN_ID}), encoding="utf-8")
    write("- import_playbook: flashback.platform.plan\n- import_playbook: flashback.platform.apply\n", "site.yml")
    ended = play("site.yml", {}, OPENAI_API_KEY="k3y-o")
    assert f"{FOLDER.resolve()}/workspace.yml" in ended.output
    assert NO_ID in ended.output
    left = files()
    assert left["README.md"] == "# Notes\n"
    assert "`workspace.yml`" in left["workspace.plan.md"]

    # Two plans in one run: the ID is that of the last one, not both.
    write(PRODUCTION)
    write(f"{PRODUCTION}prune: true\n", "production.yml")
    imports = [
        {"import_playbook": "flashback.platform.plan", "vars": {"workspace": f"{name}.yml"}}
        for name in ("workspace", "production")
    ]
    write(json.dumps(imports), "site.yml")
    ended = play("site.yml", {}, ANSIBLE_SHOW_CUSTOM_STATS="true")
    left = files()
    plans = [variables_of(left[f"{name}.plan.env"])["plan_id"] for name in ("workspace", "production")]
    assert plans[0] != plans[1]
    assert f"plan_id: {plans[1]}" in ended.output.replace('"', "").split("CUSTOM STATS")[1]
    assert left["workspace.plan.md"] != left["production.plan.md"]


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
    seed = {"workspaces": ["workspace-123"], "ai_llms": [*configurations, *twins]}
    mock("POST", "_mock/reset", seed)
    write("workspace_id: workspace-123\nconfigurations: []\nprune: true\nprune_limit: 99\n")
    assert play("plan", {}).succeeded
    left = files()
    assert "hacked" not in left
    page = left["workspace.plan.md"]
    assert (
        len(re.findall(r"^\| remove \| `[^`|]+`[^`|]*(`[^`|]+`)? \| [^|]* \| [^|]* \|$", page, re.M))
        == len(HOSTILE) + 2
    )
    assert len(re.findall("^#", page, re.M)) == 1
    assert r"| `\u0060a\u0060\u007cb`, ID `id-1` |" in page
    assert "| `Twin`, ID `id-twin-1` |" in page
    assert "(5,000 characters)" in page
    assert "refuse 11 of the removals now" in page

    # The file of such a workspace is refused, or it describes the workspace exactly.
    accepted = [item for item in configurations if str(item["name"]).isprintable() and "{" not in str(item["name"])]
    assert 0 < len(accepted) < len(HOSTILE)
    for listed in (twins, [item for item in configurations if item not in accepted]):
        mock("POST", "_mock/reset", {**seed, "ai_llms": listed})
        ended = play("adopt", {"workspace_id": "workspace-123"})
        assert "none was written" in ended.output
        assert ended.output.count("workspace.yml, line") >= len(listed) - 1
        assert files() == {}
    mock("POST", "_mock/reset", {**seed, "ai_llms": accepted})
    (FOLDER / "workspace.yml").symlink_to("other.yml")
    assert "exists, and was not changed" in play("adopt", {"workspace_id": "workspace-123"}).output
    assert files() == {}
    ended = play("adopt", {"workspace_id": "workspace-123", "workspace": "production.yml"})
    assert "ansible-playbook flashback.platform.plan --extra-vars workspace=production.yml" in ended.output
    assert play("plan", {"workspace": "production.yml"}).succeeded
    left = files()
    assert left["production.yml"].count("# secret_env:") == len(accepted)
    assert "nothing to do" in left["production.plan.md"]


def try_many() -> None:
    """A page of 3,000 changes takes seconds."""
    mock("POST", "_mock/reset")
    item = "  - name: Ä{} {}\n    ai_type: AWS\n    endpoint: https://example.com/{}\n    secret_env: AWS_SECRET\n"
    write(HEADER + "".join(item.format(number, "|" * 60, "x" * 300) for number in range(3000)))
    start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert play("plan", {}).succeeded
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start < 60
    left = files()
    page = left["workspace.plan.md"]
    shown = page.count("\n| create |")
    assert len(page) < 65000
    assert 0 < shown < 3000
    assert f"no space for {3000 - shown} of 3000 rows" in page
    assert variables_of(left["workspace.plan.env"])["plan_changes"] == "3000"


if __name__ == "__main__":
    try_wrong_files()
    try_ids()
    try_paths()
    try_drift()
    try_rotate()
    try_files_of_others()
    try_group_vars()
    try_names()
    try_many()
