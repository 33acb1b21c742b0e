# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contract suite leaves: nothing, or what it names, and what `make contract-clean` removes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.tests.mock_api.running import Mock, running_mock
from ansible_collections.flashback.platform.tests.unit.contract.conftest import variables
from ansible_collections.flashback.platform.tests.unit.contract.proxy import Call, Proxy, Reply, running_proxy
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ansible_collections.flashback.platform.tests.unit.contract.conftest import RunSuite, SuiteResult
    from ansible_collections.flashback.platform.tests.unit.contract.proxy import Rule

CREATION, REMOVAL = "POST /ai/llm", "DELETE /ai/llm/"
DOWN = Reply(502, "<h1>Down</h1>")


def own(mock: Mock) -> list[dict[str, t.Any]]:
    return [item for item in mock.state() if item["name"].startswith("contract-")]


def assert_named_and_cleaned(result: SuiteResult, run_suite: RunSuite, mock: Mock, proxy: Proxy) -> None:
    """Everything that is left is named with its workspace, and in the journal, which the next command works through."""
    left = own(mock)
    for item in left:
        # If the response to the creation was lost, only its name is known.
        id = item["id"] if item["id"] in result.journals[0] else "not known"
        assert f"LEFT: {item['name']}, ID {id}, workspace {item['workspaceId']}" in result.output
        assert item["name"] in result.report
        assert item["name"][: len("contract-00000000-0000")] in result.journals[0]
        assert item["id"] not in result.report
    for session in mock.sessions():
        assert f"LEFT: the login with the token ID {session['tokenId']}" in result.output
    for secret in ("demo-password", "-secret", "-key"):
        assert secret not in result.journals[0]
    proxy.rule = lambda call: None
    assert run_suite("--clean", TEST_CONFIRM=None).status == (4 if left else 0)
    assert own(mock) == left
    cleaned = run_suite("--clean")
    assert (cleaned.status, cleaned.journals, own(mock), mock.sessions()) == (0, [], [], [])


def after(number: int, rule: Rule) -> Rule:
    return lambda call: rule(call) if call.number > number else None


def cut(call: Call) -> Reply | None:
    """The server takes requests, but its connections break before it responds."""
    call.forward()
    raise ConnectionError


def is_never(call: Call) -> Reply | None:
    raise ConnectionError


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (after(30, lambda call: Reply(200, {"success": True}) if call.name == REMOVAL else None), ""),
        (after(30, lambda call: Reply(404, {"success": False}) if call.name == REMOVAL else None), ""),
        (after(30, lambda call: Reply(500, {"success": False}) if call.name == REMOVAL else None), ""),
        (after(120, lambda call: cut(call) if call.name == CREATION else DOWN), ""),
        (lambda call: Reply(500, {"success": False}) if call.name.startswith("DELETE /token") else None, ""),
        (after(60, lambda call: Reply(401, {"success": False})), "the login gave no access token: 401"),
        (after(60, lambda call: DOWN), "got a 5xx, so the server has a problem"),
        (after(60, is_never), "got no response"),
        (after(60, lambda call: Reply(429, {}, (("Retry-After", "1"),))), "answered 5 times 429"),
        (after(60, lambda call: Reply(429, {}, (("Retry-After", "3600"),))), "asks to wait for 3600 seconds"),
    ],
)
def test_what_is_left_is_named(rule: Rule, reason: str, run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    """A server that only fails from some request on ends the run, with one reason, and proves nothing."""
    proxy.rule = rule
    result = run_suite()
    assert own(mock) or mock.sessions()
    assert result.status == 4
    if reason:
        assert len(re.findall(f"The run ended early: [^.]*{reason}", result.output)) == 1
        assert result.statements("different") == []
        assert len(proxy.calls) < 60 + 120
    assert_named_and_cleaned(result, run_suite, mock, proxy)


def test_lost_responses_leave_nothing(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    before = mock.state()
    proxy.rule = lambda call: cut(call) if call.name == CREATION and call.number % 9 == 0 else None
    result = run_suite()
    assert (result.journals, mock.state()) == ([], before)


def test_creation_that_may_appear_later_is_named(run_suite: RunSuite, proxy: Proxy) -> None:
    proxy.rule = after(30, lambda call: Reply(504, "<h1>Timeout</h1>") if call.name == CREATION else None)
    result = run_suite()
    assert result.status == 4
    assert "ID not known, workspace workspace-123: not listed, but no response shows" in result.output


def test_cleanup_looks_at_each_configuration(run_suite: RunSuite, proxy: Proxy, mock: Mock) -> None:
    """What has another name now, or is in use, stays. So does what the journal of another server names."""
    proxy.rule = after(30, lambda call: Reply(200, {"success": True}) if call.name == REMOVAL else None)
    run_suite()
    proxy.rule = lambda call: None
    first, second = own(mock)[:2]
    mock.repos(first["id"], [{"id": "repo-1", "name": "one"}])
    rename = Call("PUT", f"/ai/llm/{second['id']}", b'{"name": "mine"}', {}, mock.url, 0)
    rename.headers["Authorization"] = f"Bearer {mock.token}"
    assert rename.forward().status == 200
    assert "0 of 1 journals" in run_suite("--clean", directly=True).output
    result = run_suite("--clean")
    assert result.status == 4
    assert result.output.count("changed or in use, so it stays") == 2
    assert {item["id"] for item in mock.state()} > {first["id"], second["id"]}
    assert own(mock) == [{**first, "repos": [{"id": "repo-1", "name": "one"}]}]


def test_leftovers_of_earlier_runs_are_named_and_stay(run_suite: RunSuite, mock: Mock) -> None:
    items = [{"id": "old", "name": "contract-0123abcd-0001", "workspaceId": "workspace-123", "aiType": "OTHER"}]
    items[0]["endpoint"] = "https://models.example.com"
    mock.reset({"workspaces": [{"id": "workspace-123", "name": "Development"}], "ai_llms": items})
    result = run_suite(TEST_IN_USE_ID=None, TEST_SECOND_WORKSPACE_ID=None)
    assert (result.status, [item["id"] for item in mock.state()]) == (0, ["old"])
    assert "Left by earlier runs: contract-0123abcd-0001." in result.output


class Started(t.NamedTuple):
    process: subprocess.Popen[str]
    mock: Mock
    proxy: Proxy
    folder: Path

    def wait_for(self, condition: t.Callable[[], t.Any]) -> None:
        while not condition():
            assert self.process.poll() is None
            time.sleep(0.005)

    def wait_for_removals(self, number: int) -> None:
        before = self.proxy.names().count(REMOVAL)
        self.wait_for(lambda: self.proxy.names().count(REMOVAL) >= before + number)

    def end(self) -> str:
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """The suite in a process of its own, against a server that takes 20 ms for each response."""
    with running_mock(latency=0.02) as mock, running_proxy(mock.url) as proxy:
        env = {f"FLASHBACK_{name}": value for name, value in variables(mock, proxy.url).items() if value}
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-m", "tests.contract", "--folder", str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, **env, "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Started(process, mock, proxy, tmp_path)
        finally:
            process.kill()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_run_leaves_nothing(number: int, started: Started) -> None:
    before = started.mock.state()
    started.wait_for(lambda: len(own(started.mock)) > 10)
    started.process.send_signal(number)
    output = started.end()
    assert started.process.returncode == 130
    assert (started.mock.state(), started.mock.sessions()) == (before, [])
    assert "The run ended early: it was interrupted." in output
    assert [path.suffix for path in started.folder.iterdir()] == [".md"]


@pytest.mark.timeout(60)
def test_second_interrupt_stops_the_cleanup(started: Started) -> None:
    """The first one in the cleanup only warns."""
    started.wait_for(lambda: len(own(started.mock)) > 15)
    started.process.send_signal(signal.SIGINT)
    for _signal in range(2):
        started.wait_for_removals(3)
        started.process.send_signal(signal.SIGINT)
    output = started.end()
    assert "Still removing what the run has created." in output
    assert "The cleanup ended early: it was interrupted." in output
    left = own(started.mock)
    assert left
    assert all(f"LEFT: {item['name']}, ID {item['id']}, workspace workspace-123" in output for item in left)
    assert started.process.returncode == 4


@pytest.mark.timeout(60)
def test_killed_run_is_cleaned_by_its_journal(started: Started, run_suite: RunSuite) -> None:
    started.wait_for(lambda: len(own(started.mock)) > 10)
    started.process.kill()
    started.end()
    (journal,) = started.folder.glob("*.jsonl")
    named = {
        event["name"]
        for event in map(json.loads, journal.read_text(encoding="utf-8").splitlines()[1:])
        if "name" in event
    }
    assert {item["name"] for item in own(started.mock)} <= named
    assert own(started.mock)
    result = run_suite("--clean", "--folder", str(started.folder), API_URL=started.proxy.url)
    assert (result.status, own(started.mock), started.mock.sessions()) == (0, [], [])
    assert not list(started.folder.glob("*.jsonl"))
