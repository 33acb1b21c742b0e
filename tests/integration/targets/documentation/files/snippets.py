# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write each playbook and task list that the documentation shows into a playbook: snippets.py ROOT TARGET.

Prints the playbooks as JSON, in batches: each is a list for one ansible-playbook. Before each snippet, the batch has a
playbook that resets the mock API, after it has checked that the snippet before has closed its sessions. Writes the
inventory that a guide shows into inventory.yml, and the workspace of the README into workspace.yml.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import yaml

RESET = [
    {
        "name": "Reset the mock API",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Check that no session is open",
                "mock_api": {},
                "register": "before_reset",
                "failed_when": "before_reset.sessions | length > 0",
            },
            {"name": "Start with the configurations of the seed file", "mock_api": {"reset": True}},
        ],
    }
]

# The first key of YAML that a guide shows, and that is neither a playbook nor a part of a file of docs/pipelines.
OTHERS = ("all", "collections", "if", "prune", "workflow_dispatch")


def check_excerpts(root: Path) -> None:
    """Stop if a guide shows a file that is not a part of a file in docs/pipelines, or if no guide names such a file."""
    paths = [*(root / "docs" / "pipelines").rglob("*.*")]
    files = ["\n".join(lines(path.read_text(encoding="utf-8"))) for path in paths]
    guides = "".join(page.read_text(encoding="utf-8") for page in (root / "docs" / "guides").glob("*.md"))
    if missing := [path.name for path in paths if path.name not in guides]:
        raise SystemExit(f"no guide names {missing}")
    for page in (root / "docs" / "guides").glob("*.md"):
        for language, text in blocks(page):
            is_run = language == "yaml" and (is_playbook(text) or is_workspace(text))
            if language not in ("ini", "yaml") or is_run or text.startswith(tuple(f"{key}:" for key in OTHERS)):
                continue
            if not any("\n".join(lines(text)) in file for file in files):
                raise SystemExit(f"{page.name} shows what no file of docs/pipelines contains:\n{text}")


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def blocks(page: Path) -> list[tuple[str, str]]:
    """The blocks of code that a page shows: their languages and texts."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.M | re.S)
    return [(language, textwrap.dedent(block)) for _indent, language, block in found]


def is_playbook(text: str) -> bool:
    return isinstance(yaml.safe_load(text), list)


def is_workspace(text: str) -> bool:
    return "workspace_id" in yaml.safe_load(text)


def snippets(root: Path) -> t.Iterator[tuple[str, str]]:
    """Names and texts: the EXAMPLES of the plugins; playbooks, tasks, and workspaces of the README and the guides."""
    for folder, kind in (("modules", "module"), ("lookup", "lookup"), ("filter", "filter")):
        plugins = sorted(path.stem for path in (root / "plugins" / folder).glob("[a-z]*.py"))
        names = [f"flashback.platform.{plugin}" for plugin in plugins]
        command = ["ansible-doc", "--json", "--type", kind, *names]
        docs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for name in names:
            yield f"{name}-examples", docs[name]["examples"]
    for page in (root / "README.md", *sorted((root / "docs" / "guides").glob("*.md"))):
        for language, block in blocks(page):
            if language == "yaml" and (is_playbook(block) or is_workspace(block)):
                yield page.stem, block


def assigned(node: t.Any) -> t.Iterator[str]:
    """The variables that the tasks below `node` set."""
    if isinstance(node, list):
        for item in node:
            yield from assigned(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "register":
                yield value
            elif key == "ansible.builtin.set_fact":
                yield from value
            else:
                yield from assigned(value)


def in_batches(playbooks: dict[str, list[t.Any]]) -> list[list[str]]:
    """The paths of the playbooks, split so that none uses a variable that an earlier one of its batch has set."""
    batches: list[list[str]] = [[]]
    variables: set[str] = set()
    for path, plays in playbooks.items():
        text = yaml.safe_dump(plays, sort_keys=False)
        # How a variable occurs first: where it is set, or where it is used.
        occurrences = [re.search(rf"(register: |^ +)?\b{variable}\b", text, re.M) for variable in variables]
        if any(occurrence and not occurrence[1] for occurrence in occurrences):
            batches.append([])
            variables = set()
        batches[-1].append(path)
        variables.update(assigned(plays))
    return batches


def plan_and_apply(file: Path, text: str) -> list[dict[str, t.Any]]:
    """Write a workspace file, and return the two commands for it as one playbook that writes no other files."""
    file.write_text(text, encoding="utf-8")
    plan = {"workspace": str(file), "page_file": "", "env_file": ""}
    apply = {"workspace": str(file), "result_file": "", "plan_id": "{{ flashback_plan.plan_id }}"}
    return [
        {"import_playbook": "flashback.platform.plan", "vars": plan},
        {"import_playbook": "flashback.platform.apply", "vars": apply},
    ]


def main() -> None:
    root, target = Path(sys.argv[1]), Path(sys.argv[2])
    check_excerpts(root)
    guide = root / "docs" / "guides" / "getting_started.md"
    inventory = next(text for _language, text in blocks(guide) if text.startswith("all:"))
    (target / "inventory.yml").write_text(inventory, encoding="utf-8")
    workspace = next(text for _language, text in blocks(root / "README.md") if text.startswith("workspace_id:"))
    (target / "workspace.yml").write_text(workspace, encoding="utf-8")
    playbooks: dict[str, list[t.Any]] = {}
    for number, (name, text) in enumerate(snippets(root)):
        path = target / f"{number:02}-{name}.yml"
        items = plan_and_apply(path.with_suffix(".workspace.yml"), text) if is_workspace(text) else yaml.safe_load(text)
        if not any({"hosts", "import_playbook"} & set(item) for item in items):
            items = [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": items}]
        path.write_text(yaml.safe_dump(items, sort_keys=False), encoding="utf-8")
        playbooks[str(path)] = items
    reset = target / "reset.yml"
    reset.write_text(yaml.safe_dump(RESET), encoding="utf-8")
    print(json.dumps([[name for path in batch for name in (str(reset), path)] for batch in in_batches(playbooks)]))


if __name__ == "__main__":
    main()
