# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/assumptions.md lists the statements of the contract suite."""

from __future__ import annotations

import re

from ansible_collections.flashback.platform.tests.contract.page import NOT_YET, PAGE, render, statements
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

ROW = re.compile(r"^\| `(\w+)` \| .* \| (.*) \|$", re.MULTILINE)


def test_page_lists_the_statements() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == render(page), "Run python -m tests.contract.page"
    assert [name for name, _seen in ROW.findall(page)] == [statement.name for statement in statements()]


def test_last_column_says_what_a_server_has_shown() -> None:
    for name, seen in ROW.findall(PAGE.read_text(encoding="utf-8")):
        assert seen == NOT_YET or re.fullmatch(r"\d{4}-\d\d-\d\d: (as assumed|different, .+)", seen), name


def test_last_column_is_kept() -> None:
    page = PAGE.read_text(encoding="utf-8")
    first, second = (statement.name for statement in [*statements()][:2])
    edited = re.sub(rf"^(\| `{second}` .*\|) .* \|$", r"\1 2027-01-31: different, 201 |", page, flags=re.MULTILINE)
    without_first = re.sub(rf"^\| `{first}` .*\n", "", edited, flags=re.MULTILINE)
    assert render(without_first) == render(edited) == edited != page


def test_decisions_exist() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    numbers = {int(number) for number in re.findall(r'^<a id="decision-(\d+)"></a>$', text, re.MULTILINE)}
    assert {statement.decision for statement in statements()} <= {*numbers, None}
