# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contract suite concludes from a server that misbehaves."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.modules import ai_llm_info
from ansible_collections.flashback.platform.tests.contract import client
from ansible_collections.flashback.platform.tests.contract.settings import USED_IN_MOCK
from ansible_collections.flashback.platform.tests.contract.smoke import STEPS, Smoke
from ansible_collections.flashback.platform.tests.contract.statement import STATEMENTS
from ansible_collections.flashback.platform.tests.unit.contract.proxy import Call, Proxy, Reply
from ansible_collections.flashback.platform.tests.unit.helpers import run_module

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.mock_api.running import Mock
    from ansible_collections.flashback.platform.tests.unit.contract.conftest import RunSuite
    from ansible_collections.flashback.platform.tests.unit.contract.proxy import Rule

LIST, CREATION = "GET /ai/llm", "POST /ai/llm"
PRIVATE = ("demo@example.com", "demo-password", "workspace-123", "Development", "user-456", "repo-789", USED_IN_MOCK)


def listed(change: t.Callable[[list[t.Any]], t.Any], path: str = LIST, field: str = "aiLlms") -> Rule:
    """A rule that changes a list in a response."""

    def rule(call: Call) -> Reply | None:
        if call.name != path:
            return None
        reply = call.forward()
        return reply._replace(body={**reply.body, field: change(reply.body[field])}) if reply.status == 200 else reply

    return rule


def echo(call: Call) -> Reply | None:
    if call.method != "PUT" or "secret" not in call.json:
        return None
    return Reply(200, {"success": True, "aiLlmId": "1", "audit": [{"sent": call.json["secret"]}]})


UNIDENTIFIED, COUNTERS = "listed_configurations_are_identified", "counters_are_texts"


def with_bad_counter(items: list[t.Any]) -> list[t.Any]:
    return [*items, {"totalX": []}] if len(items) > 1 else items


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (listed(lambda items: [{**item, "id": None} for item in items]), UNIDENTIFIED),
        (listed(lambda items: [{**item, "id": hash(item["id"])} for item in items]), UNIDENTIFIED),
        (listed(lambda items: items and [*items, "text", None]), UNIDENTIFIED),
        (listed(lambda items: [*items, "text"], "GET /workspace", "workspaces"), "workspaces_have_names"),
        (listed(with_bad_counter, "GET /ai/llm/stats", "stats"), COUNTERS),
        (echo, "credentials_are_not_returned"),
    ],
)
def test_malformed_response_is_one_difference(
    rule: Rule, wrong: str, run_suite: RunSuite, proxy: Proxy, mock: Mock
) -> None:
    mock.repos(USED_IN_MOCK, [])
    proxy.rule = rule
    result = run_suite(TEST_IN_USE_ID=None)
    assert result.statements("different") == [STATEMENTS[wrong].text]


def test_refusals_prove_nothing_if_everything_is_refused(run_suite: RunSuite, proxy: Proxy) -> None:
    proxy.rule = lambda call: Reply(400, {"success": False}) if call.name == CREATION and call.number > 20 else None
    result = run_suite()
    assert result.statements("different") == []
    tried = result.statements("not tried")
    for name in ("creation_needs_a_secret", "name_keeps_double_white_space", "names_differ_by_case", "eight_at_once"):
        assert STATEMENTS[name].text in tried


def test_deadline_ends_the_run(run_suite: RunSuite, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, mock: Mock) -> None:
    before = mock.state()
    now = client.time.monotonic

    class Clock:
        monotonic = staticmethod(lambda: now() + (3600 if len(proxy.calls) > 40 else 0))

    monkeypatch.setattr(client, "time", Clock)
    result = run_suite()
    assert "The run ended early: it took 15 minutes." in result.output
    assert (result.status, mock.state(), mock.sessions(), result.journals) == (3, before, [], [])


def test_token_that_expires_is_renewed(run_suite: RunSuite, mock: Mock) -> None:
    mock.tokens(requests=40)
    result = run_suite(directly=True)
    assert (result.status, result.statements("different"), mock.sessions()) == (0, [], [])


@pytest.mark.parametrize(("answer", "status"), [(401, 0), (403, 2)])
def test_expired_token_is_waited_for(
    answer: int, status: int, run_suite: RunSuite, proxy: Proxy, sleeps: list[float]
) -> None:
    """The proxy lets a token expire when the suite has waited for an hour."""
    expired: list[Call] = []

    def rule(call: Call) -> Reply | None:
        if expired or not any(3500 < seconds < 3700 for seconds in sleeps):
            return None
        expired.append(call)
        return Reply(answer, {"success": False})

    proxy.rule = rule
    result = run_suite(TEST_WAIT_FOR_EXPIRY="on")
    assert (result.status, len(expired), result.statements("not tried")) == (status, 1, [])
    assert result.statements("different") == [STATEMENTS["expired_token_is_a_401"].text] * (status > 0)


def test_requests_are_those_of_the_modules(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    def rule(call: Call) -> Reply:
        return call.forward()._replace(headers=(("Set-Cookie", "session=1; Path=/"),))

    proxy.rule = rule
    result = run_suite()
    assert "cookies, which the suite never sends back: session" in result.report
    suite = [call.headers for call in proxy.calls if call.name == LIST][1]
    assert not run_module(ai_llm_info.main, api_url=proxy.url, access_token=mock.token).failed
    module = proxy.calls[-1].headers
    assert {**suite, "Authorization": ""} == {**module, "Authorization": ""}


def test_only_its_own_configurations_are_touched(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    before = mock.state()
    result = run_suite()
    assert (result.status, mock.state(), mock.sessions()) == (0, before, [])
    creations = [call.json for call in proxy.calls if call.name == CREATION]
    planned = re.search(r"creates +at most (\d+).*requests +at most (\d+).*logins +(\d+)", result.output, re.DOTALL)
    assert planned
    assert int(planned[1]) / 2 < len(creations) <= int(planned[1])
    assert int(planned[2]) / 3 < len(proxy.calls) <= int(planned[2])
    assert proxy.names().count("POST /user/login") <= int(planned[3])
    assert {re.sub(r"^contract-[0-9a-f]{8}-\d{4}.*", "own", body["name"]) for body in creations} == {"own"}
    touched = {call.path.split("/")[3] for call in proxy.calls if re.match("(PUT|DELETE) /ai/llm/", call.name)}
    assert touched & {item["id"] for item in before} == {USED_IN_MOCK}


def test_id_of_a_configuration_of_others_is_not_touched(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    theirs = mock.state()[0]["id"]

    def rule(call: Call) -> Reply | None:
        if call.name != CREATION or call.number < 20:
            return None
        return call.forward()._replace(body={"success": True, "aiLlmId": theirs})

    proxy.rule = rule
    run_suite()
    assert theirs in {item["id"] for item in mock.state()}
    assert not [call for call in proxy.calls if call.method != "GET" and theirs in call.path]


def test_what_needs_a_permission_is_not_tried(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    permissions = {one.permission for one in STATEMENTS.values() if one.permission}
    mock.repos(USED_IN_MOCK, [])
    unset = dict.fromkeys(f"TEST_{name.upper()}" for name in permissions)
    result = run_suite(ACCESS_TOKEN=mock.token, EMAIL=None, **unset)
    assert (result.status, result.statements("different")) == (0, [])
    assert not [call for call in proxy.calls if re.search("login|validate|token|" + USED_IN_MOCK, call.path)]
    assert all("workspaceId" in call.json for call in proxy.calls if call.name == CREATION)
    assert "needs FLASHBACK_TEST_IN_USE_ID" in result.report


def test_largest_values_are_found(run_suite: RunSuite, proxy: Proxy) -> None:
    def rule(call: Call) -> Reply | None:
        is_too_long = call.name == CREATION and (len(call.json["name"]) > 1000 or len(call.json["endpoint"]) > 254)
        return Reply(400, {"success": False}) if is_too_long else None

    proxy.rule = rule
    result = run_suite(TEST_LARGEST="1")
    assert (result.status, result.journals) == (0, [])
    low, high = map(int, t.cast("re.Match[str]", re.search(r"largest name: (\d+) to (\d+)", result.report)).groups())
    assert low <= 1000 <= high < low + 64
    assert "largest endpoint: less than 255 characters" in result.report
    assert "largest secret: 65536 characters or more" in result.report


def test_report_has_no_private_data(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    """Not even if the API repeats them in an error, or has a field with such a name."""
    fields = {"success": False, "message": " ".join(PRIVATE), "error_code": "demo-password"}
    private = {**fields, **dict.fromkeys(PRIVATE, 1)}
    proxy.rule = lambda call: Reply(400, private) if call.method == "PUT" or call.name == "GET /ai/llm/stats" else None
    result = run_suite(TEST_HIDE_HOST="yes")
    assert "400 {success: false, message: text, error_code: text, other field: number" in result.report
    ids = set(re.findall(r"[\w-]{20,}", json.dumps(mock.requests()))) - {"contract-wrong-password"}
    host = proxy.url.removeprefix("http://")
    for text in (*PRIVATE, *ids, host):
        assert text not in result.report
    assert "- server: hidden" in result.report
    assert "demo-password" not in result.output


def test_short_id_does_not_eat_the_report(run_suite: RunSuite, mock: Mock) -> None:
    mock.reset({"workspaces": [{"id": "a", "name": "is"}], "ai_llms": []})
    result = run_suite(TEST_WORKSPACE_ID="a", TEST_CONFIRM="is", TEST_IN_USE_ID=None, TEST_SECOND_WORKSPACE_ID=None)
    assert result.status == 0
    assert set(result.statements("as assumed")) <= {statement.text for statement in STATEMENTS.values()}


@pytest.mark.timeout(120)
def test_modules_run_against_the_same_server(run_suite: RunSuite, mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    before = mock.state()
    monkeypatch.setattr(Smoke, "run", RUN_SMOKE)
    mock.switches("plain_endpoints_get_port")
    result = run_suite()
    for (step, wanted), seen in zip(STEPS, ("changed", "changed", "changed", "changed", "unchanged")):
        assert f"- {step['name']}: {seen}, expected: {wanted}" in result.report
    assert "The modules did something unexpected." in result.output
    assert (mock.state(), result.journals) == (before, [])


RUN_SMOKE = Smoke.run
