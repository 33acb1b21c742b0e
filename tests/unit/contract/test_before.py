# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contract suite does before it checks statements: the plan, its confirmation, and the preflight."""

from __future__ import annotations

import re
import sys
import typing as t

import pytest

from ansible_collections.flashback.platform.tests.contract.settings import USED_IN_MOCK
from ansible_collections.flashback.platform.tests.unit.contract.proxy import Proxy, Reply

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.mock_api.running import Mock
    from ansible_collections.flashback.platform.tests.unit.contract.conftest import RunSuite
    from ansible_collections.flashback.platform.tests.unit.contract.proxy import Call, Rule

IN_PRODUCTION = "886313e1-3b8a-5372-9b90-0c9aee199e5d"
LIST, CREATION, REMOVAL = "GET /ai/llm", "POST /ai/llm", "DELETE /ai/llm/"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"TEST_WORKSPACE_ID": " "}, "FLASHBACK_TEST_WORKSPACE_ID is not"),
        ({"TEST_SECOND_WORKSPACE_ID": "workspace-123"}, "must be different ones"),
        ({"PASSWORD": None}, "Set FLASHBACK_EMAIL and FLASHBACK_PASSWORD"),
        ({"API_URL": None}, "FLASHBACK_API_URL is not set, but FLASHBACK_EMAIL and FLASHBACK_PASSWORD and"),
        ({"API_URL": "example.com"}, "FLASHBACK_API_URL must be"),
        ({"API_URL": "https://user:secret@example.com"}, "FLASHBACK_API_URL must be"),
        ({"TEST_VALIDATE": "maybe"}, "FLASHBACK_TEST_VALIDATE must be true or false"),
        ({"TEST_MANY": "0"}, "FLASHBACK_TEST_MANY must be an integer"),
        ({"TEST_CONFIRM": None}, "Set FLASHBACK_TEST_CONFIRM to the name of the workspace"),
    ],
)
def test_refused_before_the_first_request(
    changed: dict[str, str | None], message: str, run_suite: RunSuite, proxy: Proxy
) -> None:
    result = run_suite(**changed)
    assert (result.status, result.report, result.journals, proxy.calls) == (3, "", [], [])
    assert message in result.output
    assert "secret@" not in result.output


def test_dry_run_sends_nothing(run_suite: RunSuite, proxy: Proxy) -> None:
    result = run_suite("--dry-run")
    assert (result.status, result.report, result.journals, proxy.calls) == (0, "", [], [])
    for text in (
        proxy.url,
        "demo@example.com",
        "workspace-123, if its name is Development",
        USED_IN_MOCK,
        "validation",
    ):
        assert text in result.output
    for name, number in (("creates", r"\d\d"), ("requests", r"\d\d\d"), ("logins", r"\d")):
        assert re.search(rf"{name} +(at most )?{number}", result.output)
    assert "leaves out what needs FLASHBACK_TEST_WAIT_FOR_EXPIRY" in result.output


@pytest.mark.parametrize(("typed", "status"), [("Development", 0), ("Production", 3), ("", 3)])
def test_plan_is_confirmed_with_the_name(
    typed: str, status: int, run_suite: RunSuite, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: typed)
    result = run_suite(TEST_CONFIRM=None)
    assert result.status == status
    assert ("another name than the one that confirms" in result.output) == (typed == "Production")
    assert bool(proxy.calls) == bool(typed)
    assert status == 0 or CREATION not in proxy.names()


def answers(name: str, reply: Reply) -> Rule:
    return lambda call: reply if call.name == name else None


def without_created(call: Call) -> Reply | None:
    """The list never shows what the suite creates."""
    if call.name != LIST:
        return None
    reply = call.forward()
    items = [item for item in reply.body["aiLlms"] if not item["name"].startswith("contract-")]
    return reply._replace(body={**reply.body, "aiLlms": items})


REFUSED = {"success": False, "message": "no"}


@pytest.mark.parametrize(
    ("rule", "changed", "message", "creations"),
    [
        (answers("POST /user/login", Reply(401, REFUSED)), {}, "the login gave no access token: 401", 0),
        (answers("GET /workspace", Reply(404, "<h1>No</h1>")), {}, "the list of workspaces answered 404 with HTML", 0),
        (answers("GET /workspace", Reply(200, {"workspaces": ["workspace-123"]})), {}, "has no objects", 0),
        (None, {"TEST_WORKSPACE_ID": "workspace-124"}, "not among the 2 that the user can reach", 0),
        (None, {"TEST_CONFIRM": "Develop"}, "another name", 0),
        (answers(LIST, Reply(403, REFUSED)), {}, "the list answered 403", 0),
        (answers(LIST, Reply(200, {"success": True, "aiLlms": None})), {}, "the list answered 200", 0),
        (None, {"TEST_IN_USE_ID": None}, "is in use, so this looks like production", 0),
        (None, {"TEST_IN_USE_ID": IN_PRODUCTION}, "is in use, so this looks like production", 0),
        (answers(CREATION, Reply(400, REFUSED)), {}, "nothing can be proven without a valid creation", 1),
        (without_created, {}, "needs a new configuration in the list, but none is listed", 1),
        (answers(REMOVAL, Reply(403, REFUSED)), {}, "the removal of the first configuration answered 403", 1),
        (answers(REMOVAL, Reply(200, {"success": True})), {}, "still listed, although its removal answered 200", 1),
    ],
)
def test_preflight_stops_with_one_reason(
    rule: Rule | None, changed: dict[str, str | None], message: str, creations: int, run_suite: RunSuite, proxy: Proxy
) -> None:
    proxy.rule = rule or proxy.rule
    result = run_suite(**changed)
    assert message in result.output
    assert proxy.names().count(CREATION) == creations
    assert not {"PUT /ai/llm/", "POST /user/"} & set(proxy.names())
    assert not result.statements("as assumed")
    # What it could not remove is named, with its ID and workspace, and the journal stays.
    is_left = (
        rule is not None and creations == 1 and "valid creation" not in message and "none is listed" not in message
    )
    assert result.status == (4 if is_left else 3)
    assert ("workspace workspace-123: still listed" in result.output) == bool(result.journals) == is_left


def test_named_configuration_must_be_in_the_workspace(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    """The ID is compared with the workspace of the configuration, whatever the filter of the list does."""
    mock.repos(USED_IN_MOCK, [])
    mock.repos(IN_PRODUCTION, [{"id": "repo-1", "name": "one"}])
    mock.switches("filter_ignored")
    result = run_suite(TEST_IN_USE_ID=IN_PRODUCTION, TEST_SECOND_WORKSPACE_ID=None)
    assert result.status == 3
    assert "FLASHBACK_TEST_IN_USE_ID is not a configuration in the workspace" in result.output
    assert not {CREATION, REMOVAL} & set(proxy.names())


def test_mock_is_checked_loudly_without_a_server(run_suite: RunSuite, proxy: Proxy) -> None:
    unset = dict.fromkeys(("API_URL", "EMAIL", "PASSWORD", "TEST_WORKSPACE_ID"))
    result = run_suite("--switch", "creation_answers_201", **{f"{name}": None for name in unset})
    assert (result.status, len(result.statements("different")), proxy.calls) == (2, 1, [])
    assert "THE MOCK API. This run proves nothing about a server." in result.report
    assert result.output.count("THE MOCK API.") == 2
    assert run_suite("--switch", "names_trimmed").status == 3
