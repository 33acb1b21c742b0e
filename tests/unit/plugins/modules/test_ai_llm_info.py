# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import typing as t

import pytest
from hypothesis import given

from ansible_collections.flashback.platform.plugins.modules import ai_llm_info
from ansible_collections.flashback.platform.tests.unit.responses import (
    CODES,
    FORBIDDEN,
    ID,
    LIST,
    LIST_WORKSPACES,
    NAME,
    TOKEN,
    WORKSPACE,
    WORKSPACES,
    item,
    listing,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Responder,
    ScriptedServer,
    response,
)
from ansible_collections.flashback.platform.tests.unit.strategies import (
    GENERATED_RESPONSES,
    GeneratedResponse,
    property_test,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import RunTask

main = ai_llm_info.main

ALL = response(200, listing(item(), item(id="b", name="Another"), item(id="c", workspaceId="workspace-456")))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("params", "line", "ids"),
    [
        ({}, LIST, [ID, "b", "c"]),
        ({"id": "b"}, LIST, ["b"]),
        ({"id": "B"}, LIST, []),
        ({"id": "b", "name": NAME}, LIST, []),
        ({"name": NAME}, LIST, [ID, "c"]),
        ({"workspace_id": "workspace-456"}, f"{LIST}?workspaceId=workspace-456", ["c"]),
        ({"available": True}, f"{LIST}/available", [ID, "b", "c"]),
        ({"available": True, "workspace_id": "workspace-456"}, f"{LIST}/available", ["c"]),
    ],
)
def test_what_matches_all_options_is_returned(
    params: dict[str, t.Any], line: str, ids: list[str], check: bool, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(line, ALL)
    result = run_task(check=check, **params)
    assert not result.failed
    assert not result.changed
    assert [ai_llm["id"] for ai_llm in result.values["ai_llms"]] == ids


@pytest.mark.parametrize(("workspace", "warns"), [(WORKSPACE, False), ("nowhere", True)])
def test_workspace_that_lists_nothing_is_looked_up(
    workspace: str, warns: bool, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(f"{LIST}?workspaceId={workspace}", response(200, listing()))
    server.expect(LIST_WORKSPACES, WORKSPACES)
    result = run_task(workspace_id=workspace)
    assert (result.values["ai_llms"], result.failed) == ([], False)
    assert [f"'{workspace}'" in warning for warning in result.warnings] == ([True] if warns else [])


def test_failure(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, FORBIDDEN)
    result = run_task()
    assert (result.code, result.error["outcome_unknown"], result.changed) == ("forbidden", False, False)
    assert result.msg.startswith(f"Listing AI LLM configurations at {server.url} failed: ")


@pytest.mark.parametrize("option", ["id", "name", "workspace_id"])
@pytest.mark.parametrize("value", ["", " ", "a\x00b"])
def test_bad_option_is_named(option: str, value: str, run_task: RunTask) -> None:
    result = run_task(**{option: value})
    assert result.failed
    assert result.msg.startswith(f"{option} ")


def test_listed_fields_do_not_show_secrets(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, response(200, listing(item(name=TOKEN, repos=[{"id": TOKEN, "name": f"repo of {TOKEN}"}]))))
    (ai_llm,) = run_task().values["ai_llms"]
    assert ai_llm["name"] == "********"


@property_test
@given(gets=GENERATED_RESPONSES)
def test_any_response_ends_in_a_list_or_a_clean_failure(
    gets: list[GeneratedResponse], server: ScriptedServer, run_task: RunTask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "urllib3")
    server.respond = Responder({"GET": gets})
    result = run_task(retries=2)
    assert not result.changed
    if result.failed:
        assert result.code in CODES
        assert result.error["outcome_unknown"] is False
    else:
        assert isinstance(result.values["ai_llms"], list)
