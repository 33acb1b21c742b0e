# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write each playbook and task list that the documentation shows into a playbook: snippets.py ROOT TARGET.

Prints the playbooks as JSON, in batches: each is a list for one ansible-playbook. Before each snippet, the batch has a
playbook that resets the mock API, after it has checked that the snippet before has closed its sessions. Writes the
inventory that a guide shows into inventory.yml.
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

# The files of docs/pipelines that the guides show. They only mention the others.
SHOWN = ("ansible.cfg", "awx/plan.yml", "gitlab-ci.yml", "site.yml", "workspace.yml")


def compare_files(root: Path) -> None:
    """Stop if the guides do not mention a file of docs/pipelines, or show another text than this file has."""
    guides = "".join(path.read_text(encoding="utf-8") for path in (root / "docs" / "guides").glob("*.md"))
    folder = root / "docs" / "pipelines"
    for path in folder.rglob("*.*"):
        text = path.read_text(encoding="utf-8").split("\n\n", 1)[1]
        if path.name not in guides:
            raise SystemExit(f"no guide mentions {path.name}")
        if str(path.relative_to(folder)) in SHOWN and text not in guides:
            raise SystemExit(f"no guide shows {path.name} as it is")


def blocks(page: Path) -> list[str]:
    """The blocks of YAML that a page shows."""
    found = re.findall(r"^( *)```yaml\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.M | re.S)
    return [textwrap.dedent(block) for _indent, block in found]


def snippets(root: Path) -> t.Iterator[tuple[str, str]]:
    """Names and texts: the modules' EXAMPLES, the playbooks, tasks, and workspaces of the README and the guides."""
    modules = sorted(path.stem for path in (root / "plugins" / "modules").glob("*.py"))
    names = [f"flashback.platform.{module}" for module in modules]
    command = ["ansible-doc", "--json", "--type", "module", *names]
    docs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for name in names:
        yield f"{name}-examples", docs[name]["examples"]
    for page in (root / "README.md", *sorted((root / "docs" / "guides").glob("*.md"))):
        for block in blocks(page):
            if isinstance(yaml.safe_load(block), list) or block.startswith("workspace_id:"):
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


def plan_and_apply(workspace: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """The two commands that the README shows for its file of variables, as one playbook that writes no files."""
    plan = {**workspace, "file": "", "env_file": ""}
    return [
        {"import_playbook": "flashback.platform.plan", "vars": plan},
        {
            "import_playbook": "flashback.platform.apply",
            "vars": {**workspace, "plan_id": "{{ flashback_plan.plan_id }}"},
        },
    ]


def main() -> None:
    root, target = Path(sys.argv[1]), Path(sys.argv[2])
    compare_files(root)
    guide = root / "docs" / "guides" / "getting_started.md"
    inventory = next(block for block in blocks(guide) if block.startswith("all:"))
    (target / "inventory.yml").write_text(inventory, encoding="utf-8")
    playbooks: dict[str, list[t.Any]] = {}
    for number, (name, text) in enumerate(snippets(root)):
        items = yaml.safe_load(text)
        if isinstance(items, dict):
            items = plan_and_apply(items)
        elif not any("hosts" in item for item in items):
            items = [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": items}]
        path = target / f"{number:02}-{name}.yml"
        path.write_text(yaml.safe_dump(items, sort_keys=False), encoding="utf-8")
        playbooks[str(path)] = items
    reset = target / "reset.yml"
    reset.write_text(yaml.safe_dump(RESET), encoding="utf-8")
    print(json.dumps([[name for path in batch for name in (str(reset), path)] for batch in in_batches(playbooks)]))


if __name__ == "__main__":
    main()
