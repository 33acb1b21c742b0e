# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run tests/contract against a mock API, as if it were a real server."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.flashback.platform.tests.mock_api.running import Mock, running_mock
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    RunSuite = Callable[..., "SuiteResult"]

SUITE = ROOT / "tests" / "contract"
IN_USE = "16fd2706-8baf-433b-82eb-8c7fada847da"
ROW = re.compile(
    r"^\| (.*) \| ((?:documented|assumed)(?:, decision \d+)?) \| (.*) \| (?:\*\*)?([a-z ]+?)(?:\*\*)? \|$", re.MULTILINE
)


class SuiteResult(t.NamedTuple):
    """status: the exit status. output: what pytest printed. report: the report, empty if there is none."""

    status: int
    output: str
    report: str

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The statement, its source and the result of each row of the report."""
        return [(statement, source, result) for statement, source, _seen, result in ROW.findall(self.report)]

    def with_result(self, wanted: str) -> list[str]:
        return [statement for statement, _source, result in self.rows if result == wanted]


@pytest.fixture(scope="module")
def shared_mock() -> Iterator[Mock]:
    with running_mock() as mock:
        yield mock


@pytest.fixture
def mock(shared_mock: Mock) -> Mock:
    shared_mock.reset()
    return shared_mock


def variables(mock: Mock) -> dict[str, str]:
    """The environment variables of a complete run."""
    assert mock.user
    return {
        "FLASHBACK_API_URL": mock.url,
        "FLASHBACK_EMAIL": mock.user["email"],
        "FLASHBACK_PASSWORD": mock.user["password"],
        "FLASHBACK_TEST_WORKSPACE_ID": "workspace-123",
        "FLASHBACK_TEST_IN_USE_ID": IN_USE,
        "FLASHBACK_TEST_WRONG_PASSWORD": "true",
        "FLASHBACK_TEST_VALIDATE": "true",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def run_suite(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> RunSuite:
    """Runs the suite in this process, with some variables changed. None removes a variable."""

    def run(*arguments: str, **changed: str | None) -> SuiteResult:
        for name, value in {**variables(mock), **changed}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        # The plugins and options of the outer run are not for this one.
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        report = tmp_path / "report.md"
        report.unlink(missing_ok=True)
        options = ("--rootdir", str(ROOT), "-c", "/dev/null", "-p", "no:cacheprovider", "--capture=no", "-q")
        status = pytest.main([str(SUITE), *options, "--contract-report", str(report), *arguments])
        if status == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        captured = capsys.readouterr()
        text = report.read_text(encoding="utf-8") if report.exists() else ""
        return SuiteResult(int(status), captured.out + captured.err, text)

    return run
