# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing is concluded from an unexpected type in a field that decides."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.modules.workspace_info import main
from ansible_collections.flashback.platform.tests.unit.responses import LIST_WORKSPACES
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import RunTask

__all__ = ["main"]

WANTED = {"id": "42", "name": "Development"}
OTHER = {"id": "7", "name": "Production"}
STRANGE: list[t.Any] = [None, 42, True, [], ["42"], {}, {"id": "42"}, ""]
BY_ID, BY_NAME, BY_BOTH = {"id": "42"}, {"name": "Development"}, WANTED


def without(field: str) -> dict[str, t.Any]:
    return {name: value for name, value in WANTED.items() if name != field}


@pytest.mark.parametrize(
    ("item", "options", "field"),
    [
        *(({**WANTED, "id": value}, options, "id") for value in STRANGE for options in ({}, BY_ID, BY_NAME, BY_BOTH)),
        *(({**WANTED, "name": value}, options, "name") for value in STRANGE for options in (BY_NAME, BY_BOTH)),
        *((without("id"), options, "id") for options in ({}, BY_ID, BY_NAME, BY_BOTH)),
        *((without("name"), options, "name") for options in (BY_NAME, BY_BOTH)),
        *((item, options, "id") for item in (None, 5, "42", ["42"]) for options in ({}, BY_ID, BY_NAME)),
    ],
)
def test_nothing_is_concluded(
    item: t.Any, options: dict[str, str], field: str, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(LIST_WORKSPACES, response(200, {"success": True, "workspaces": [OTHER, item]}))
    result = run_task(**options)
    assert (result.code, result.error["http_status"]) == ("invalid_response", None)
    assert f"without a usable {field}" in result.msg


@pytest.mark.parametrize(
    ("item", "options"),
    [
        # Another field shows that it is another workspace.
        *(({"id": value, "name": "Other"}, options) for value in STRANGE for options in (BY_NAME, BY_BOTH)),
        *(({"id": "8", "name": value}, options) for value in STRANGE for options in (BY_ID, BY_BOTH)),
        ({"id": "8"}, BY_ID),
    ],
)
def test_strange_item_that_does_not_decide(
    item: t.Any, options: dict[str, str], server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(LIST_WORKSPACES, response(200, {"success": True, "workspaces": [OTHER, item, WANTED]}))
    assert [found["id"] for found in run_task(**options).values["workspaces"]] == ["42"]


@pytest.mark.parametrize("value", STRANGE)
def test_fields_that_are_only_shown_can_be_anything(value: t.Any, server: ScriptedServer, run_task: RunTask) -> None:
    fields = {"name": value, "orgId": value, "users": value}
    server.expect(LIST_WORKSPACES, response(200, {"success": True, "workspaces": [{"id": "42", **fields}]}))
    (found,) = run_task(id="42").values["workspaces"]
    assert found["id"] == "42"
    assert found["name"] in (None, "")
    server.expect(LIST_WORKSPACES, response(200, {"success": True, "workspaces": [{"id": "42", "users": [value]}]}))
    assert run_task(id="42").values["workspaces"][0]["users"][0]["user_id"] is None


def test_field_of_the_list_is_named(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACES, response(200, {"success": True, "workspaces": None}))
    result = run_task()
    assert result.code == "invalid_response"
    assert "the field 'workspaces' of the response is null" in result.msg
    assert "gateway" not in result.msg
