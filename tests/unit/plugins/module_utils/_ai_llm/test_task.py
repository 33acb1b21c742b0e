# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.plan import Rules, Wanted
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.report import Mode
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.task import carry_out
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError
from ansible_collections.flashback.platform.tests.unit.responses import (
    DELETE,
    FORBIDDEN,
    ID,
    LIST,
    LIST_WORKSPACE,
    LISTED,
    NAME,
    OK,
    UPDATE,
    VALID,
    VALIDATE,
    WORKSPACE,
    WRITTEN,
    item,
    listing,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import NewSession

REAL = Mode(check=False, diff=False)
CHECK = Mode(check=True, diff=False)
DIFF = Mode(check=False, diff=True)

REMOVAL_BY_ID = Wanted(ID, None, False, {})
REMOVAL_BY_NAME = Wanted(None, NAME, False, {})
UPDATE_BY_ID = Wanted(ID, None, True, {"ai_type": "OTHER"})


@pytest.mark.parametrize(
    ("wanted", "rules", "mode", "lines"),
    [
        (REMOVAL_BY_ID, Rules(), REAL, [DELETE]),
        (REMOVAL_BY_ID, Rules(WORKSPACE), REAL, [LIST, DELETE]),
        (REMOVAL_BY_ID, Rules(), DIFF, [LIST, DELETE]),
        (REMOVAL_BY_ID, Rules(), CHECK, [LIST]),
        (REMOVAL_BY_NAME, Rules(WORKSPACE), REAL, [LIST_WORKSPACE, DELETE]),
        (REMOVAL_BY_NAME, Rules(WORKSPACE), CHECK, [LIST_WORKSPACE]),
        (UPDATE_BY_ID, Rules(), REAL, [LIST, UPDATE]),
        (UPDATE_BY_ID, Rules(), CHECK, [LIST]),
    ],
)
def test_list_is_read_if_the_plan_needs_it(
    wanted: Wanted, rules: Rules, mode: Mode, lines: list[str], server: ScriptedServer, new_session: NewSession
) -> None:
    for line in lines:
        server.expect(line, LISTED if line.startswith("GET") else OK)
    ((outcome,), _warnings) = carry_out(new_session(check_mode=mode.check), [wanted], rules, mode)
    assert outcome.status == ("deleted" if not wanted.present else "updated")


@pytest.mark.parametrize("mode", [REAL, CHECK, DIFF])
def test_nothing_wanted_sends_nothing(mode: Mode, new_session: NewSession) -> None:
    assert carry_out(new_session(check_mode=mode.check), [], Rules(), mode) == ([], ())


def test_check_mode_predicts_what_a_real_run_does(server: ScriptedServer, new_session: NewSession) -> None:
    wanted = [Wanted(id, None, False, {}) for id in ("a", "b")]
    server.expect(LIST, *[response(200, listing(item(id="a"), item(id="other")))] * 2)
    predicted = carry_out(new_session(check_mode=CHECK.check), wanted, Rules(WORKSPACE), CHECK)
    server.expect("DELETE /ai/llm/a", OK)
    assert carry_out(new_session(), wanted, Rules(WORKSPACE), REAL) == predicted


@pytest.mark.parametrize("mode", [REAL, CHECK])
def test_nothing_is_validated_in_check_mode(mode: Mode, server: ScriptedServer, new_session: NewSession) -> None:
    server.expect(LIST, LISTED)
    if mode is REAL:
        server.expect(UPDATE, WRITTEN)
        server.expect(VALIDATE, VALID)
    ((outcome,), _warnings) = carry_out(
        new_session(check_mode=mode.check), [UPDATE_BY_ID], Rules(), mode, validate=True
    )
    assert (outcome.validation is not None) is (mode is REAL)


def test_nothing_is_written_if_the_list_cannot_be_read(server: ScriptedServer, new_session: NewSession) -> None:
    server.expect(LIST, FORBIDDEN)
    with pytest.raises(ApiError) as caught:
        carry_out(new_session(), [UPDATE_BY_ID], Rules(), REAL)
    assert caught.value.failure.code == "forbidden"


def test_nothing_is_written_if_the_plan_fails(server: ScriptedServer, new_session: NewSession) -> None:
    server.expect(LIST, response(200, listing(item(id="a"), item(id="b", workspaceId="other"))))
    wanted = [Wanted(id, None, False, {}) for id in ("a", "b")]
    with pytest.raises(ApiError) as caught:
        carry_out(new_session(), wanted, Rules(WORKSPACE), REAL)
    assert caught.value.failure.code == "workspace_mismatch"
