# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the contract suite against a mock API behind a proxy, as if that were a real server."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.flashback.platform.tests.contract.__main__ import main
from ansible_collections.flashback.platform.tests.contract.interrupts import Interrupts
from ansible_collections.flashback.platform.tests.contract.settings import USED_IN_MOCK
from ansible_collections.flashback.platform.tests.contract.smoke import Smoke
from ansible_collections.flashback.platform.tests.contract.statements import load
from ansible_collections.flashback.platform.tests.mock_api.running import Mock, running_mock
from ansible_collections.flashback.platform.tests.unit.contract.proxy import Proxy, running_proxy

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    RunSuite = Callable[..., "SuiteResult"]

load()

ROW = re.compile(r"^\| (.*) \| (?:documented|assumed)(?:, decision \d+)? \| .* \| ([a-z ]+) \|$", re.MULTILINE)


class SuiteResult(t.NamedTuple):
    """status: the exit status. report: empty if there is none. journals: those that it left."""

    status: int
    output: str
    report: str
    journals: list[str]

    def statements(self, result: str) -> list[str]:
        return [text for text, found in ROW.findall(self.report) if found == result]


@pytest.fixture(scope="session")
def shared_mock() -> Iterator[Mock]:
    with running_mock() as mock:
        yield mock


@pytest.fixture
def mock(shared_mock: Mock) -> Mock:
    shared_mock.reset()
    return shared_mock


@pytest.fixture
def proxy(mock: Mock) -> Iterator[Proxy]:
    with running_proxy(mock.url) as proxy:
        yield proxy


def variables(mock: Mock, url: str) -> dict[str, str | None]:
    """The environment variables of a complete run, without FLASHBACK_."""
    assert mock.user
    return {
        "API_URL": url,
        "EMAIL": mock.user["email"],
        "PASSWORD": mock.user["password"],
        "TEST_WORKSPACE_ID": "workspace-123",
        "TEST_SECOND_WORKSPACE_ID": "workspace-456",
        "TEST_FOREIGN_WORKSPACE_ID": "workspace-of-others",
        "TEST_CONFIRM": "Development",
        "TEST_IN_USE_ID": USED_IN_MOCK,
        "TEST_MANY": "21",
        **dict.fromkeys(("TEST_WRONG_PASSWORD", "TEST_WITHOUT_WORKSPACE", "TEST_VALIDATE"), "true"),
    }


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of the suite, which end immediately."""
    found: list[float] = []

    def sleep(interrupts: Interrupts, seconds: float) -> None:
        interrupts.check()
        found.append(seconds)

    monkeypatch.setattr(Interrupts, "sleep", sleep)
    return found


@pytest.fixture
def run_suite(
    mock: Mock,
    proxy: Proxy,
    sleeps: list[float],  # pylint: disable=unused-argument
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> RunSuite:
    """Runs the suite in this process, with some variables changed. None removes a variable."""
    monkeypatch.setattr(Smoke, "run", lambda smoke, run: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def run(*arguments: str, directly: bool = False, **changed: str | None) -> SuiteResult:
        """directly: without the proxy, which is faster."""
        usual = variables(mock, mock.url) if directly else {**variables(mock, proxy.url), "TEST_MANY": "3"}
        for name, value in {**usual, **changed}.items():
            if value is None:
                monkeypatch.delenv(f"FLASHBACK_{name}", raising=False)
            else:
                monkeypatch.setenv(f"FLASHBACK_{name}", value)
        before = {*tmp_path.glob("*.md")}
        status = main(["--folder", str(tmp_path), *arguments])
        captured = capsys.readouterr()
        report = "".join(path.read_text(encoding="utf-8") for path in {*tmp_path.glob("*.md")} - before)
        journals = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.jsonl")]
        return SuiteResult(status, captured.out + captured.err, report, journals)

    return run
