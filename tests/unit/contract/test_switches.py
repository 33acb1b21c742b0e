# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract suite reports exactly the statement that a switch of the mock API makes wrong."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.tests.contract.page import statements
from ansible_collections.flashback.platform.tests.mock_api.switches import SWITCHES

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.mock_api.running import Mock
    from ansible_collections.flashback.platform.tests.unit.contract.conftest import RunSuite

STATEMENTS = {statement.switch: statement for statement in statements()}


def test_each_switch_is_for_one_statement() -> None:
    assert sorted(statement.switch for statement in statements()) == sorted(SWITCHES)


def test_mock_is_as_the_suite_says(run_suite: RunSuite) -> None:
    result = run_suite()
    assert result.status == 0
    assert [statement for statement, _source, _result in result.rows] == [entry.text for entry in statements()]
    assert {found for _statement, _source, found in result.rows} == {"as assumed"}


@pytest.mark.parametrize("switch", SWITCHES)
def test_switch_makes_one_statement_wrong(switch: str, run_suite: RunSuite, mock: Mock) -> None:
    before = mock.state()
    mock.switches(switch)
    result = run_suite()
    wrong = STATEMENTS[switch]
    assert result.with_result("different") == [wrong.text]
    # What differs is the first row. Only something that is documented fails the run.
    assert result.rows[0][0] == wrong.text
    assert result.status == (1 if wrong.source == "documented" else 0)
    assert len(result.rows) == len(STATEMENTS)
    assert mock.state() == before
    # Without its ID, nobody can revoke a login.
    assert not mock.sessions() or switch == "login_without_token_id"
