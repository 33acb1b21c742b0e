# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the page docs/assumptions.md, which lists all statements: python -m tests.contract.page

The last column, what a server has shown, is written by hand from reports, and kept.
"""

from __future__ import annotations

import importlib
import re
import typing as t
from pathlib import Path

from .report import origin
from .statements import Statement, statement_of

PAGE = Path(__file__).parents[2] / "docs" / "assumptions.md"

HEADING = "| test | statement | documented or assumed | seen on a server |"

NOT_YET = "not yet"


def statements() -> t.Iterator[Statement]:
    """Return the statements of all tests, in their order."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"{__package__}.{file.stem}")
        for name, member in vars(module).items():
            if name.startswith("test_"):
                yield statement_of(member)


def render(page: str) -> str:
    """Return the page with the table of all statements, with what it has in the last column."""
    before, _heading, table = page.partition(HEADING)
    seen = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", table, re.MULTILINE))
    rows = [
        f"| `{statement.name}` | {statement.text} | {origin(statement)} | {seen.get(statement.name, NOT_YET)} |"
        for statement in statements()
    ]
    return "\n".join([f"{before}{HEADING}", "| --- | --- | --- | --- |", *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
