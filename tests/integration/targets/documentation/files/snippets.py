# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write each playbook and task list that the documentation shows into a playbook: snippets.py ROOT TARGET."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import yaml


def pipelines(root: Path) -> None:
    """Stop if the guides show other files than those that the tests run and lint."""
    guides = "".join(path.read_text(encoding="utf-8") for path in (root / "docs" / "docsite" / "rst").glob("*.rst"))
    for path in (root / "docs" / "pipelines").rglob("*.yml"):
        text = path.read_text(encoding="utf-8").split("\n\n", 1)[1]
        if path.name != "site.yml" and textwrap.indent(text, "   ") not in guides:
            raise SystemExit(f"no guide shows {path.name} as it is")


def snippets(root: Path) -> t.Iterator[tuple[str, str]]:
    """Names and texts: the modules' EXAMPLES, the YAML blocks of the README and of the guides."""
    modules = sorted(path.stem for path in (root / "plugins" / "modules").glob("*.py"))
    names = [f"flashback.platform.{module}" for module in modules]
    command = ["ansible-doc", "--json", "--type", "module", *names]
    docs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for name in names:
        yield f"{name}-examples", docs[name]["examples"]
    for block in re.findall(r"^```yaml\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.M | re.S):
        yield "readme", block
    for guide in sorted((root / "docs" / "docsite" / "rst").glob("*.rst")):
        text = guide.read_text(encoding="utf-8")
        for block in re.findall(r"^\.\. code-block:: yaml\+jinja\n\n((?:(?:   .*)?\n)+)", text, re.M):
            yield guide.stem, textwrap.dedent(block)


def main() -> None:
    root, target = Path(sys.argv[1]), Path(sys.argv[2])
    pipelines(root)
    for number, (name, text) in enumerate(snippets(root)):
        items = yaml.safe_load(text)
        if not any("hosts" in item for item in items):
            items = [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": items}]
        (target / f"{number:02}-{name}.yml").write_text(yaml.safe_dump(items, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main()
