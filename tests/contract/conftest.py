# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the suite runs: against what, what it cleans up, and what it reports."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from .configurations import Configuration, Configurations
from .interrupts import Interrupts
from .report import AS_ASSUMED, DIFFERENT, Finding, counts, redact, render
from .server import Answer, Server
from .settings import Settings, SettingsError
from .statements import statement_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    Seen = Callable[[object], None]


class Run:
    """What the run has found so far."""

    def __init__(self, settings: Settings | None) -> None:
        self.settings = settings
        self.findings: dict[str, Finding] = {}
        self.configurations: Configurations | None = None
        self.interrupts = Interrupts()

    @property
    def left(self) -> list[str]:
        return self.configurations.left if self.configurations else []


RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract")
    group.addoption("--contract-report", default="contract-report.md", metavar="FILE", help="the report of the run")
    group.addoption("--switch", metavar="NAME", help="a switch of the mock API, see tests/mock_api/switches.py")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly:
        return
    if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
        raise pytest.UsageError("The suite sends one request at a time, so it cannot run in parallel.")
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as exc:
        raise pytest.UsageError(str(exc)) from None
    if settings and config.option.switch:
        raise pytest.UsageError("--switch is for the mock API: unset FLASHBACK_API_URL.")
    report = Path(config.option.contract_report)
    if report.is_dir() or not report.resolve().parent.is_dir():
        raise pytest.UsageError(f"--contract-report: {report} must be a file in a folder that exists.")
    config.stash[RUN] = Run(settings)


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN in config.stash:
        config.stash[RUN].interrupts.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = config.stash.get(RUN, None)
    for item in items:
        if run and isinstance(item, pytest.Function) and item.path.parent == Path(__file__).parent:
            run.findings[item.nodeid] = Finding(statement_of(item.function))


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def settings(run: Run, pytestconfig: pytest.Config) -> Iterator[Settings]:
    """What is tested. Starts the mock API if the environment names no server."""
    if run.settings:
        yield run.settings
        return
    from ..mock_api.running import running_mock

    with running_mock() as mock:
        mock.switches(*filter(None, [pytestconfig.option.switch]))
        run.settings = Settings.for_mock(mock)
        yield run.settings


@pytest.fixture(scope="session")
def server(run: Run, settings: Settings) -> Iterator[Server]:
    """The tested server, with an access token. Ends the run if it refuses the login."""
    server = Server(settings, run.interrupts)
    try:
        if not server.token:
            answer = server.log_in()
            if not answer.has(accessToken=str):
                # No further attempt: the platform may lock the account.
                pytest.exit(f"The login gave no access token: {answer}. Nothing was tried.", returncode=1)
            server.token = answer.body["accessToken"]
            server.first_login = answer
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def login(server: Server) -> Answer:
    """The response to a login with email and password."""
    server.first_login = server.first_login or server.log_in()
    return server.first_login


@pytest.fixture(scope="session")
def configurations(run: Run, server: Server) -> Iterator[Configurations]:
    run.configurations = Configurations(server)
    yield run.configurations
    run.configurations.remove_all()


@pytest.fixture(scope="session")
def created(configurations: Configurations) -> Configuration:
    """A configuration that tests read, but do not change."""
    return configurations.create(key="contract-dummy-key")


@pytest.fixture
def seen(run: Run, request: pytest.FixtureRequest) -> Seen:
    """Records what a test has seen, for the report. Values of responses must not be in it."""

    def see(what: object) -> None:
        run.findings[request.node.nodeid].seen = f"`{what}`" if isinstance(what, Answer) else str(what)

    return see


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the end of a test into a finding. A failed assumption does not fail the run."""
    report = yield
    run = item.config.stash[RUN]
    finding = run.findings.get(item.nodeid)
    if finding is None or call.when == "teardown":
        return report
    if call.excinfo is None:
        finding.result = AS_ASSUMED if call.when == "call" else finding.result
        return report
    if call.excinfo.errisinstance(AssertionError):
        finding.result = DIFFERENT
        message = f"{finding.statement.text} Seen: {finding.seen}"
        if finding.statement.source == "assumed":
            report.outcome, report.wasxfail = "skipped", message
    elif call.excinfo.errisinstance(pytest.skip.Exception):
        finding.seen = message = str(call.excinfo.value)
    else:
        finding.seen = f"the test ended with {call.excinfo.typename}"
        message = f"{finding.seen} at {call.excinfo.getrepr(style='short').reprcrash}"
    # The usual text would show values of responses.
    text = redact(message, run.settings) if run.settings else message
    file, line, _name = item.location
    report.longrepr = (file, line or 0, text) if report.outcome == "skipped" else text
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    run = session.config.stash.get(RUN, None)
    if run and run.settings and run.findings:
        findings = list(run.findings.values())
        Path(session.config.option.contract_report).write_text(render(findings, run.settings), encoding="utf-8")
        if run.left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if not (run and run.settings and run.findings):
        return
    findings = list(run.findings.values())
    terminalreporter.section("contract")
    for finding in findings:
        if finding.result == DIFFERENT:
            terminalreporter.line(
                f"different ({finding.statement.source}): {finding.statement.text} Seen: {finding.seen}"
            )
    terminalreporter.line(f"{counts(findings)}. Report: {config.option.contract_report}")
    if run.left:
        terminalreporter.line("Remove these configurations yourself:", red=True)
        for name in run.left:
            terminalreporter.line(f"  {name}", red=True)
