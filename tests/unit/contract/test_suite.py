# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the contract suite treats a server, and what it says about it."""

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

from ansible_collections.flashback.platform.tests.mock_api.running import running_mock
from ansible_collections.flashback.platform.tests.unit.contract.conftest import IN_USE, SUITE, variables
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.flashback.platform.tests.mock_api.running import Mock
    from ansible_collections.flashback.platform.tests.unit.contract.conftest import RunSuite

PRIVATE = ("demo@example.com", "demo-password", "workspace-123", "user-456", "org-123", "repo-789", IN_USE)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"FLASHBACK_TEST_WORKSPACE_ID": None}, "FLASHBACK_TEST_WORKSPACE_ID is not"),
        ({"FLASHBACK_TEST_WORKSPACE_ID": "  "}, "FLASHBACK_TEST_WORKSPACE_ID is not"),
        ({"FLASHBACK_PASSWORD": None}, "Set FLASHBACK_EMAIL and FLASHBACK_PASSWORD"),
        ({"FLASHBACK_API_URL": "example.com"}, "FLASHBACK_API_URL must be"),
        ({"FLASHBACK_API_URL": "https://user:secret@example.com"}, "FLASHBACK_API_URL must be"),
        ({"FLASHBACK_TEST_VALIDATE": "maybe"}, "FLASHBACK_TEST_VALIDATE must be true or false"),
    ],
)
def test_refused_before_the_first_request(
    changed: dict[str, str | None], message: str, run_suite: RunSuite, mock: Mock
) -> None:
    result = run_suite(**changed)
    assert result.status == pytest.ExitCode.USAGE_ERROR
    assert message in result.output
    assert "secret@" not in result.output
    assert not result.report
    assert mock.requests() == []


def test_only_its_own_configurations_are_touched(run_suite: RunSuite, mock: Mock) -> None:
    before = mock.state()
    assert run_suite().status == 0
    assert mock.state() == before
    assert mock.sessions() == []
    log = mock.requests()
    creations = [entry["body"] for entry in log if (entry["method"], entry["path"]) == ("POST", "/ai/llm")]
    assert len(creations) <= 30
    assert {re.sub("^(contract-)[0-9a-f]{8}-.*", r"\1", body["name"]) for body in creations} == {"contract-"}
    assert {body.get("secret") for body in creations} == {None, "wrong-contract-dummy-secret"}
    writes = {(entry["method"], entry["path"]) for entry in log if entry["method"] in ("PUT", "DELETE")}
    touched = {path.split("/")[3] for _method, path in writes if path.startswith("/ai/llm/")}
    assert touched & {item["id"] for item in before} == {IN_USE}


def test_what_needs_a_permission_is_not_tried(run_suite: RunSuite, mock: Mock) -> None:
    result = run_suite(
        FLASHBACK_ACCESS_TOKEN=mock.token,
        FLASHBACK_EMAIL=None,
        FLASHBACK_TEST_IN_USE_ID=None,
        FLASHBACK_TEST_VALIDATE="0",
        FLASHBACK_TEST_WRONG_PASSWORD=None,
    )
    assert result.status == 0
    assert len(result.with_result("not tried")) == 12
    paths = [entry["path"] for entry in mock.requests()]
    assert not [path for path in paths if re.search("login|validate|token|" + IN_USE, path)]
    assert "needs FLASHBACK_TEST_IN_USE_ID" in result.report


def test_configuration_is_not_removed_unless_it_is_in_use(run_suite: RunSuite, mock: Mock) -> None:
    mock.repos(IN_USE, [])
    result = run_suite()
    assert len(result.with_result("different")) == 1
    assert IN_USE in {item["id"] for item in mock.state()}


def test_refused_login_is_not_repeated(run_suite: RunSuite, mock: Mock) -> None:
    result = run_suite(FLASHBACK_PASSWORD="wr0ng")
    assert result.status == 1
    assert "The login gave no access token: 401 {success: false, error_code: INVALID_PASSWORD}" in result.output
    assert len(mock.requests()) == 1
    assert {found for _statement, _source, found in result.rows} == {"not tried"}


def test_report_has_no_private_data(run_suite: RunSuite, mock: Mock) -> None:
    """Not even if the API repeats them in an error, or has a field with such a name."""
    echo = {"success": False, "message": " ".join(PRIVATE), "error_code": "demo-password", **dict.fromkeys(PRIVATE, 1)}
    mock.faults(
        {"method": "DELETE", "path": "^/token/", "status": 400, "body": echo},
        {"method": "PUT", "path": "^/ai/llm/", "status": 500, "body": echo, "times": 9},
        {"method": "GET", "path": "^/workspace", "status": 200, "body": {"success": True, "workspaces": [echo]}},
    )
    result = run_suite()
    assert len(result.with_result("different")) == 7
    assert "400 {success: false, message: text, error_code: text, other field: number" in result.report
    tokens = json.dumps([entry["session"] for entry in mock.requests()])
    ids = set(re.findall(r"[\w-]{20,}", json.dumps(mock.requests()) + tokens)) - {"contract-wrong-password"}
    for private in (*PRIVATE, *ids):
        assert private not in result.report
        assert private not in result.output or private.startswith("wrong-contract")


def test_rate_limit_is_obeyed(run_suite: RunSuite, mock: Mock) -> None:
    limited = {"path": "^/ai/llm", "status": 429, "headers": {"Retry-After": "1"}, "times": 2}
    mock.faults(limited)
    begin = time.monotonic()
    result = run_suite()
    assert time.monotonic() - begin > 2
    assert (result.status, len(result.with_result("as assumed"))) == (0, len(result.rows))


def test_no_request_is_sent_during_a_long_wait(run_suite: RunSuite, mock: Mock) -> None:
    mock.faults({"method": "POST", "path": "^/ai/llm$", "status": 429, "headers": {"Retry-After": "3600"}})
    result = run_suite()
    assert mock.requests()[-1]["status"] == 429
    assert "asks to wait for 3600 seconds" in result.report
    # A 429 proves that nothing was created.
    assert "Remove these" not in result.output


def test_creations_whose_response_is_lost_are_removed(run_suite: RunSuite, mock: Mock) -> None:
    before = mock.state()
    mock.faults({"method": "POST", "path": "^/ai/llm$", "cut": "after", "times": 3})
    result = run_suite()
    assert result.status == 1
    assert "the test ended with ConnectionError" in result.report
    assert mock.state() == before


def test_what_cannot_be_removed_is_named(run_suite: RunSuite, mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    mock.faults({"method": "DELETE", "path": "^/ai/llm/", "status": 500, "body": {"success": False}, "times": 999})
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    result = run_suite()
    left = [item for item in mock.state() if item["name"].startswith("contract-")]
    assert len(left) > 10
    assert all(f"{item['name']}, ID {item['id']}" in result.output for item in left)
    assert result.status == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_leaves_nothing(number: int, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    with running_mock(latency=0.02) as mock:
        before = mock.state()
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-m", "pytest", str(SUITE), "-p", "no:cacheprovider", "--contract-report", str(report)],
            cwd=ROOT,
            env={**env, **variables(mock)},
            stdout=subprocess.PIPE,
            text=True,
        )
        while len(mock.state()) < len(before) + 5:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        output, _errors = process.communicate(timeout=60)
        assert process.returncode == pytest.ExitCode.INTERRUPTED
        assert mock.state() == before
        assert mock.sessions() == []
    assert "Remove these" not in output
    assert "the run ended before" in report.read_text(encoding="utf-8")


def test_mock_is_started_without_a_server(run_suite: RunSuite, mock: Mock) -> None:
    """Credentials in the environment are not for the mock."""
    result = run_suite("--switch", "creation_answers_201", FLASHBACK_API_URL=None, FLASHBACK_PASSWORD="another")
    assert (result.status, len(result.with_result("different"))) == (1, 1)
    assert "- server: the mock API" in result.report
    assert mock.requests() == []


@pytest.mark.parametrize("arguments", [("--switch", "names_trimmed"), ("--contract-report", "/no/such/folder/file")])
def test_bad_arguments(arguments: tuple[str, str], run_suite: RunSuite, mock: Mock) -> None:
    assert run_suite(*arguments).status == pytest.ExitCode.USAGE_ERROR
    assert mock.requests() == []
