# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ai_llm with ids."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._client import MOST_AT_ONCE
from ansible_collections.flashback.platform.plugins.modules.ai_llm import main
from ansible_collections.flashback.platform.tests.unit.helpers import (
    DELETED,
    ID,
    LIST,
    NOT_FOUND,
    REFUSED,
    TOKEN,
    TOKEN_CORE,
    Ended,
    item,
    listing,
    repo,
    run_module,
)
from ansible_collections.flashback.platform.tests.unit.wire import (
    PATIENCE,
    Act,
    Answer,
    Request,
    ScriptedServer,
    answer,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    Remove = Callable[..., Ended]

GOOD = answer(200, DELETED)
GONE = answer(404, NOT_FOUND)

# As a task runs it: in a process, which can be interrupted.
# One that is started in the background has to be told not to ignore that.
PROCESS = """
import signal
import sys
from ansible_collections.flashback.platform.plugins.modules.ai_llm import main
from ansible_collections.flashback.platform.tests.unit.helpers import TOKEN, run_module

signal.signal(signal.SIGINT, signal.default_int_handler)
run_module(main, state="absent", ids=[str(n) for n in range(100)], api_url=sys.argv[1], access_token=TOKEN)
"""


@pytest.fixture
def remove(server: ScriptedServer) -> Remove:
    def remove(ids: list[t.Any], **params: t.Any) -> Ended:
        arguments = {
            "api_url": server.url,
            "access_token": TOKEN,
            "state": "absent",
            "ids": ids,
            "retries": 0,
            **params,
        }
        ended = run_module(main, **arguments)
        for secret in (TOKEN_CORE, item()["key"]):
            assert secret not in ended.output
        return ended

    return remove


def outcomes(ended: Ended) -> list[tuple[str, str]]:
    return [(outcome["id"], outcome["outcome"]) for outcome in ended.result["outcomes"]]


def lines(server: ScriptedServer) -> list[str]:
    return sorted(request.line for request in server.requests)


@pytest.mark.parametrize("check", [True, False])
def test_none_sends_nothing(check: bool, remove: Remove) -> None:
    ended = remove([], check=check)
    assert not ended.failed
    assert not ended.changed
    assert ended.result["outcomes"] == []


def test_order_is_kept_and_doubles_count_once(server: ScriptedServer, remove: Remove) -> None:
    server.respond = lambda request: GONE if request.target.endswith("/b") else GOOD
    ended = remove(["c", "a", "c", "b", "a"])
    assert ended.changed
    assert outcomes(ended) == [("c", "deleted"), ("a", "deleted"), ("b", "absent")]
    assert lines(server) == ["DELETE /ai/llm/a", "DELETE /ai/llm/b", "DELETE /ai/llm/c"]


def test_none_of_them_is_there(server: ScriptedServer, remove: Remove) -> None:
    server.respond = lambda request: GONE
    ended = remove(["a", "b"])
    assert not ended.failed
    assert not ended.changed


@pytest.mark.parametrize("wrong", ["", " ", ".", "..", "a\nb"])
@pytest.mark.parametrize("check", [True, False])
def test_bad_id_is_named_and_none_is_removed(check: bool, wrong: str, remove: Remove) -> None:
    ended = remove([ID, wrong], check=check)
    assert ended.failed
    assert ended.result["msg"].startswith("ids ")
    assert "2" in ended.result["msg"]


def test_check_mode_reads_once(server: ScriptedServer, remove: Remove) -> None:
    server.expect(LIST, answer(200, listing(item(id="a"), item(id="b", repos=[repo(1)]), item(id="other"))))
    ended = remove(["a", "b", "c"], check=True, diff=True)
    assert ended.changed
    assert outcomes(ended) == [("a", "deleted"), ("b", "deleted"), ("c", "absent")]
    assert sorted(ended.result["diff"]["before"]) == ["a", "b"]
    assert "my-ai-repo-1" in ended.warnings


def test_diff_lists_once(server: ScriptedServer, remove: Remove) -> None:
    server.expect(LIST, answer(200, listing(item(id="a"))))
    server.expect("DELETE /ai/llm/a", GOOD)
    ended = remove(["a"], diff=True)
    assert ended.result["diff"]["before"]["a"]["name"] == "Staging OpenAI"
    assert ended.result["diff"]["after"] == {}


@pytest.mark.parametrize("check", [True, False])
def test_one_of_another_workspace_stops_all(check: bool, server: ScriptedServer, remove: Remove) -> None:
    server.expect(LIST, answer(200, listing(item(id="a"), item(id="b", workspaceId="workspace-456"))))
    ended = remove(["a", "b"], workspace_id="workspace-123", check=check)
    assert (ended.code, ended.changed) == ("workspace_mismatch", False)
    assert "b" in ended.result["error"]["message"]


def test_partial_failure_tells_of_each(server: ScriptedServer, remove: Remove) -> None:
    def respond(request: Request) -> Answer:
        if request.method == "GET":
            return answer(200, listing(item(id="used", repos=[repo(1)])))
        return {"used": answer(403, REFUSED), "gone": GONE, "broken": (Act.CLOSE,)}.get(
            request.target.rpartition("/")[2], GOOD
        )

    server.respond = respond
    ended = remove(["used", "a", "gone", "broken"])
    assert (ended.code, ended.failed, ended.changed) == ("partial_failure", True, True)
    assert outcomes(ended) == [("used", "failed"), ("a", "deleted"), ("gone", "absent"), ("broken", "failed")]
    errors = [outcome["error"]["code"] for outcome in ended.result["outcomes"] if "error" in outcome]
    assert errors == ["in_use", "unreachable"]
    assert len(server.requests) == 5


def test_total_failure_is_no_change(server: ScriptedServer, remove: Remove) -> None:
    server.respond = lambda request: answer(401, REFUSED)
    ended = remove(["a", "b"])
    assert (ended.code, ended.changed) == ("partial_failure", False)
    assert {outcome["error"]["code"] for outcome in ended.result["outcomes"]} == {"unauthorized"}


def test_changed_is_honest_for_each(server: ScriptedServer, remove: Remove) -> None:
    tries: dict[str, int] = {}

    def respond(request: Request) -> Answer:
        id = request.target.rpartition("/")[2]
        tries[id] = tries.get(id, 0) + 1
        if tries[id] > 1:
            return GONE
        return (Act.CLOSE,) if id == "lost" else answer(429, REFUSED)

    server.respond = respond
    ended = remove(["lost", "refused"], retries=1)
    assert outcomes(ended) == [("lost", "deleted"), ("refused", "absent")]


def test_interruption_leaves_no_worker_behind(server: ScriptedServer) -> None:
    server.respond = lambda _request: (0.3, *GOOD)
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, server.url],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + PATIENCE
        while len(server.requests) < MOST_AT_ONCE:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) != 0
    assert len(server.requests) < 100
