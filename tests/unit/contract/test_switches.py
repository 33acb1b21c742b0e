# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each statement has a row on the page, and a switch of the mock API that makes exactly this statement wrong."""

from __future__ import annotations

import os
import re
import typing as t

import pytest

from ansible_collections.flashback.platform.tests.contract.statement import ROWS, STATEMENTS
from ansible_collections.flashback.platform.tests.mock_api.switches import SWITCHES
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.mock_api.running import Mock
    from ansible_collections.flashback.platform.tests.unit.contract.conftest import RunSuite

NAMES = {statement.switch: name for name, statement in STATEMENTS.items()}

# The switches with which the preflight stops, and the one for a statement that needs an hour.
STOPS = ("workspaces_without_name", "workspaces_hidden", "items_without_workspace")
WAITS = "expired_token_accepted"

# It hides all responses from the other switches.
LAST = "json_called_text"

# A few switches at a time save time, and are far apart in the list, so that no statement needs another one of them.
# "make random" sets the variable, and tries each switch alone.
OTHERS = [switch for switch in NAMES if switch not in (*STOPS, WAITS, LAST)]
STEP = len(OTHERS) if "FLASHBACK_TEST_CALLS" in os.environ else 19
GROUPS = [OTHERS[first::STEP] for first in range(STEP)]


def test_page_lists_the_statements() -> None:
    page = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.* \| (.*) \|$", page, re.MULTILINE)
    assert [name for name, _seen in rows] == list(ROWS) == list(STATEMENTS)
    assert sorted(NAMES) == sorted(SWITCHES)
    for name, seen in rows:
        assert seen == "not yet" or re.fullmatch(r"\d{4}-\d\d-\d\d: (as assumed|different, .+)", seen), name


def test_decisions_exist() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    anchors = set(re.findall(r'id="decision-(\d+)"', design))
    assert {statement.decision for statement in STATEMENTS.values()} <= {*anchors, ""}


def test_mock_is_as_the_suite_says(run_suite: RunSuite) -> None:
    result = run_suite(directly=True)
    assert (result.status, result.journals) == (0, [])
    assert result.statements("not tried") == [STATEMENTS["expired_token_is_a_401"].text]
    assert len(result.statements("as assumed")) == len(STATEMENTS) - 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize("switches", [*GROUPS, *([switch] for switch in (*STOPS, LAST))], ids="+".join)
def test_switch_makes_one_statement_wrong(switches: list[str], run_suite: RunSuite, mock: Mock) -> None:
    before = mock.state()
    mock.switches(*switches)
    result = run_suite(directly=True)
    wrong = [statement for statement in STATEMENTS.values() if statement.switch in switches]
    assert result.statements("different") == [statement.text for statement in wrong]
    for statement in wrong:
        assert result.output.count(f"For you: {statement.for_you}") == result.report.count(statement.for_you) == 1
        assert f"design.md#decision-{statement.decision}" in result.report or not statement.decision
    documented = any(statement.source == "documented" for statement in wrong)
    assert result.status == (3 if switches[0] in STOPS else 2 if documented else 1)
    assert mock.state() == before
    assert result.journals == []
    # Without its ID, nobody can revoke a login.
    assert not mock.sessions() or "login_without_token_id" in switches
