# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ai_llm with the option ids."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._http.threads import MAX_CONCURRENCY
from ansible_collections.flashback.platform.plugins.modules import ai_llm
from ansible_collections.flashback.platform.tests.unit.responses import (
    ABSENT,
    CLOSED,
    FORBIDDEN,
    GATEWAY_ERROR,
    HANG,
    LIST,
    NAME,
    OK,
    WORKSPACE,
    item,
    listing,
    repo,
    repositories,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    MAX_WAIT,
    Responder,
    ScriptedServer,
    response,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import RunTask

main = ai_llm.main


def by_ids(*ids: str) -> dict[str, t.Any]:
    return {"state": "absent", "ids": list(ids)}


def test_outcomes_are_in_the_order_of_the_ids_without_duplicates(server: ScriptedServer, run_task: RunTask) -> None:
    server.respond = Responder({"b": ABSENT}, OK)
    result = run_task(**by_ids("c", "a", "c", "b", "a"))
    assert result.changed
    assert result.outcomes == [("c", "deleted"), ("a", "deleted"), ("b", "absent")]
    assert sorted(server.lines) == ["DELETE /ai/llm/a", "DELETE /ai/llm/b", "DELETE /ai/llm/c"]


def test_ids_in_check_mode_read_one_list(server: ScriptedServer, run_task: RunTask) -> None:
    listed = [item(id="a"), item(id="b", name="Used", repos=[repo(1)]), item(id="other", repos=[repo(2)])]
    server.expect(LIST, response(200, listing(*listed)))
    result = run_task(check=True, diff=True, **by_ids("a", "b", "c"))
    assert result.changed
    assert result.values["outcomes"] == [
        {"id": "a", "name": NAME, "outcome": "deleted"},
        {"id": "b", "name": "Used", "outcome": "deleted", "repositories": repositories(1)},
        {"id": "c", "name": None, "outcome": "absent"},
    ]
    assert result.msg == (
        "Would remove 2 of 3 AI LLM configurations; 1 of them is in use and would be refused now; 1 already absent."
    )
    (warning,) = result.warnings
    assert "'b' by 1 repository: my-ai-repo-1 (repo-1)" in warning
    assert list(result.values["diff"]["before"]) == ["a", "b"]


def test_diff_of_ids_reads_one_list(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, response(200, listing(item(id="a"))))
    server.expect("DELETE /ai/llm/a", OK)
    result = run_task(diff=True, **by_ids("a"))
    assert result.values["diff"] == {"before": {"a": f"{NAME}, OPENAI, https://api.openai.com/v1"}, "after": {}}
    assert result.values["outcomes"] == [{"id": "a", "name": NAME, "outcome": "deleted"}]


@pytest.mark.parametrize("check", [True, False])
def test_one_id_of_another_workspace_stops_all(check: bool, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, response(200, listing(item(id="a"), item(id="b", workspaceId="workspace-456"))))
    result = run_task(workspace_id=WORKSPACE, check=check, **by_ids("a", "b"))
    assert (result.code, result.changed) == ("workspace_mismatch", False)
    assert "'b' (in workspace 'workspace-456')" in result.error["message"]
    assert "Check the IDs and workspace_id." in result.msg


def test_partial_failure_tells_the_outcome_of_each(server: ScriptedServer, run_task: RunTask) -> None:
    """One list settles all that is in doubt."""
    server.respond = Responder(
        {
            "GET": response(200, listing(item(id="used", repos=[repo(1)]), item(id="slow"))),
            "used": FORBIDDEN,
            "gone": ABSENT,
            "lost": CLOSED,
            "slow": GATEWAY_ERROR,
        },
        OK,
    )
    result = run_task(**by_ids("used", "a", "gone", "lost", "slow"))
    assert (result.code, result.failed, result.changed) == ("partial_failure", True, True)
    assert result.outcomes == [
        ("used", "failed"),
        ("a", "deleted"),
        ("gone", "absent"),
        ("lost", "deleted"),
        ("slow", "unknown"),
    ]
    errors = {outcome["id"]: outcome.get("error") for outcome in result.values["outcomes"]}
    assert (errors["used"]["code"], errors["used"]["repositories"]) == ("in_use", repositories(1))
    assert (errors["slow"]["code"], errors["slow"]["outcome_unknown"]) == ("server_error", True)
    assert result.error["outcome_unknown"] is True
    assert len(server.requests) == 6
    for words in ("used (in_use), slow (server_error)", "outcomes", "Removed 2 of 5", "No response confirmed 1"):
        assert result.msg.count(words) == 1


# A task runs in a process, which can be interrupted. One that is started in the background ignores SIGINT by default.
INTERRUPTIBLE_TASK = """
import signal
import sys
from ansible_collections.flashback.platform.plugins.modules import ai_llm
from ansible_collections.flashback.platform.tests.unit.helpers import run_module
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN

signal.signal(signal.SIGINT, signal.default_int_handler)
ids = [str(number) for number in range(24)]
run_module(ai_llm.main, state="absent", ids=ids, api_url=sys.argv[1], access_token=TOKEN, timeout=15, retries=0)
"""


def test_interrupted_task_sends_nothing_more(server: ScriptedServer) -> None:
    """The server does not answer. A worker that continues would send its next request after 15 seconds, the timeout.
    A task that waits for its workers would not end before that.
    """
    server.respond = Responder({}, HANG)
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE_TASK, server.url],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + MAX_WAIT
        while len(server.requests) < MAX_CONCURRENCY:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(MAX_WAIT) != 0
        finally:
            process.kill()
    seconds = time.monotonic() - interrupted
    assert len(server.requests) == MAX_CONCURRENCY
    assert seconds < MAX_WAIT / 2
    time.sleep(0.1)
    assert len(server.requests) == MAX_CONCURRENCY
