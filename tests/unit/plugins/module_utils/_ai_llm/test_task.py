# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.task import (
    manage_one,
    manage_workspace,
    remove_many,
)
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.wanted import Mode, Rules, Wanted
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, OptionError
from ansible_collections.flashback.platform.tests.unit.responses import (
    DELETE,
    FORBIDDEN,
    ID,
    LIST,
    LIST_WORKSPACE,
    LISTED,
    NAME,
    OK,
    SECRET,
    UPDATE,
    VALIDATE,
    WORKSPACE,
    item,
    listing,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Responder,
    Response,
    ScriptedServer,
    response,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import NewSession

REAL = Mode(check=False, diff=False)
CHECK = Mode(check=True, diff=False)
DIFF = Mode(check=False, diff=True)

REMOVAL_BY_ID = Wanted(ID, None, False, {})
REMOVAL_BY_NAME = Wanted(None, NAME, False, {})
UPDATE_BY_ID = Wanted(ID, None, True, {"ai_type": "OTHER"})
ROTATION_BY_ID = Wanted(ID, None, True, {"secret": SECRET})


@pytest.mark.parametrize(
    ("wanted", "rules", "mode", "lines"),
    [
        (REMOVAL_BY_ID, Rules(), REAL, [DELETE]),
        (REMOVAL_BY_ID, Rules(WORKSPACE), REAL, [LIST, DELETE]),
        (REMOVAL_BY_ID, Rules(), DIFF, [LIST, DELETE]),
        (REMOVAL_BY_ID, Rules(), CHECK, [LIST]),
        (REMOVAL_BY_NAME, Rules(WORKSPACE), REAL, [LIST_WORKSPACE, DELETE]),
        (REMOVAL_BY_NAME, Rules(WORKSPACE), CHECK, [LIST_WORKSPACE]),
        (UPDATE_BY_ID, Rules(), REAL, [LIST, UPDATE, LIST]),
        (UPDATE_BY_ID, Rules(validate=True), REAL, [LIST, UPDATE, LIST, VALIDATE]),
        (UPDATE_BY_ID, Rules(validate=True), CHECK, [LIST]),
        (ROTATION_BY_ID, Rules(rotate=True), REAL, [LIST, UPDATE]),
    ],
)
def test_requests_of_a_task(
    wanted: Wanted, rules: Rules, mode: Mode, lines: list[str], server: ScriptedServer, new_session: NewSession
) -> None:
    for line in lines:
        server.expect(line, LISTED if line.startswith("GET") else OK)
    values = manage_one(new_session(check_mode=mode.check), wanted, rules, mode, subject="x").values
    assert values["changed"]
    assert ("validation" in values) is (VALIDATE in lines)


@pytest.mark.parametrize("mode", [REAL, CHECK, DIFF])
def test_nothing_wanted_sends_nothing(mode: Mode, new_session: NewSession) -> None:
    result = remove_many(new_session(check_mode=mode.check), [], Rules(), mode)
    assert (result.values["changed"], result.values["outcomes"], result.failure) == (False, [], None)


def test_check_mode_predicts_what_a_real_run_does(server: ScriptedServer, new_session: NewSession) -> None:
    wanted = [Wanted(id, None, False, {}) for id in ("a", "b")]
    server.expect(LIST, *[response(200, listing(item(id="a"), item(id="other")))] * 2)
    predicted = remove_many(new_session(check_mode=True), wanted, Rules(WORKSPACE), CHECK)
    server.expect("DELETE /ai/llm/a", OK)
    done = remove_many(new_session(), wanted, Rules(WORKSPACE), REAL)
    assert done.values["outcomes"] == predicted.values["outcomes"]


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        (FORBIDDEN, "forbidden"),
        (response(200, listing(item(workspaceId="other"))), "workspace_mismatch"),
        (response(200, listing(item(), item(id="b", name="New"))), "ambiguous_name"),
    ],
)
def test_nothing_is_written_if_reading_or_planning_fails(
    listed: Response, code: str, server: ScriptedServer, new_session: NewSession
) -> None:
    server.expect(LIST, listed)
    with pytest.raises(ApiError) as caught:
        manage_one(new_session(), UPDATE_BY_ID._replace(name="New"), Rules(WORKSPACE), REAL, subject="x")
    assert caught.value.failure.code == code


# Plans that nobody could read

NEW = {"name": "New", "ai_type": "OPENAI", "endpoint": "https://one.example.com/v1", "secret": SECRET}


@pytest.mark.parametrize("mode", [REAL, CHECK, DIFF])
@pytest.mark.parametrize(
    ("secret", "place"),
    [
        ("one.example.com", "endpoint of item 1 of ai_llms"),
        ("New", "name of item 1 of ai_llms"),
        ("VARIABLE", "secret_from of item 1 of ai_llms"),
        ("api.openai", "endpoint of a configuration to prune"),
        (ID, "id of a configuration to prune"),
        (WORKSPACE, "workspace_id"),
        ("not-shown", None),
    ],
)
def test_credential_that_hides_a_part_of_the_plan(
    secret: str, place: str | None, mode: Mode, server: ScriptedServer, new_session: NewSession
) -> None:
    server.respond = Responder({"GET": LISTED}, OK)
    call = functools.partial(
        manage_workspace,
        new_session(check_mode=mode.check),
        [Wanted(None, "New", True, NEW, {"secret": "VARIABLE"})],
        Rules(WORKSPACE, prune=True),
        mode,
        secrets=[("secret of item 1", SECRET), ("key of item 9", secret)],
    )
    if place is None or mode is REAL:
        assert call().values["outcomes"]
    else:
        with pytest.raises(OptionError) as caught:
            call()
        assert f"key of item 9 occurs in {place}" in str(caught.value)
        assert server.lines == [LIST_WORKSPACE]
