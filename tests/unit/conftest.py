# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import ssl
import time
import types
import typing as t

import pytest
import trustme
from hypothesis import settings

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import AiLlms
from ansible_collections.flashback.platform.plugins.module_utils._http import auth, client, threads, transport
from ansible_collections.flashback.platform.plugins.module_utils._http.auth import AuthenticatedClient, Identity
from ansible_collections.flashback.platform.plugins.module_utils._redact import Redactor
from ansible_collections.flashback.platform.tests.unit.helpers import TaskResult, run_module
from ansible_collections.flashback.platform.tests.unit.responses import KEY, LISTED_KEY, SECRET, TOKEN, TOKEN_CORE
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    NewClient = Callable[..., client.Client]
    NewSession = Callable[..., AuthenticatedClient]
    NewTransport = Callable[..., transport.Transport]
    RunTask = Callable[..., TaskResult]
    StartServer = Callable[..., t.Any]


# Each run has the same examples, so a test starts to fail only because of a code change. "make random" uses other ones.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("random", derandomize=False, database=None)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the home directory, and all variables that the modules, requests or OpenSSL read."""
    for variable in os.environ:
        if variable.upper().endswith(("_PROXY", "_CA_BUNDLE")) or variable.startswith(("FLASHBACK_", "SSL_CERT_")):
            monkeypatch.delenv(variable)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", os.devnull)


@pytest.fixture
def home(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:  # pylint: disable=unused-argument
    """An empty home directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class FakeClock:
    """The clock of the modules. A sleep is recorded and ends immediately; only this clock moves forward.

    on_sleep: called at each sleep, for example to change something between two attempts.
    """

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[], None] | None = None

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if self.on_sleep:
            self.on_sleep()

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.sleeps)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    for module in (auth, client, threads, transport):
        monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    return clock


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts scripted servers. The test fails unless each of them receives exactly the requests that it expects."""
    servers: list[ScriptedServer] = []

    def start(*configurations: t.Any, kind: type[ScriptedServer] = ScriptedServer, **options: t.Any) -> ScriptedServer:
        servers.append(kind(*configurations, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
    for server in servers:
        server.verify()


@pytest.fixture
def server(start_server: StartServer) -> ScriptedServer:
    return start_server()


@pytest.fixture
def new_transport() -> NewTransport:
    """Makes transports."""

    def new(*, timeout: float = 10, validate_certs: bool = True, ca_path: str | None = None) -> transport.Transport:
        return transport.Transport(timeout=timeout, validate_certs=validate_certs, ca_path=ca_path)

    return new


@pytest.fixture
def new_client(server: ScriptedServer, new_transport: NewTransport) -> NewClient:
    """Makes clients of the server. By default, they send each request once."""

    def new(
        *,
        api_url: str = server.url,
        retries: int = 0,
        check_mode: bool = False,
        secrets: Iterable[str] = (TOKEN,),
        redactor: Redactor | None = None,
        allowed: frozenset[tuple[str, str]] = frozenset(),
        **options: t.Any,
    ) -> client.Client:
        redactor = redactor or Redactor()
        redactor.add(*secrets)
        return client.Client(
            new_transport(**options),
            api_url=api_url,
            retries=retries,
            check_mode=check_mode,
            redactor=redactor,
            allowed=allowed,
        )

    return new


@pytest.fixture
def new_session(new_client: NewClient) -> NewSession:
    """Makes sessions with the server, with the options of `new_client`."""

    def new(identity: Identity | None = None, **options: t.Any) -> AuthenticatedClient:
        redactor = Redactor()
        return AuthenticatedClient(new_client(redactor=redactor, **options), identity or Identity(TOKEN))

    return new


@pytest.fixture
def new_ai_llms(new_session: NewSession) -> Callable[..., AiLlms]:
    """Gives access to the AI LLM configurations of the server, with the options of `new_client`."""

    def new(**options: t.Any) -> AiLlms:
        return AiLlms(new_session(**options))

    return new


@pytest.fixture
def ai_llms(new_ai_llms: Callable[..., AiLlms]) -> AiLlms:
    """The AI LLM configurations of the server. Each request has up to four attempts."""
    return new_ai_llms(retries=3)


@pytest.fixture
def run_task(request: pytest.FixtureRequest, server: ScriptedServer) -> RunTask:
    """Runs main() of the module under test against the server, with one attempt.

    An option with the value None is not passed. The test fails if the output contains a secret.
    """

    def run(**params: t.Any) -> TaskResult:
        options = {"api_url": server.url, "access_token": TOKEN, "retries": 0, **params}
        given = {name: value for name, value in options.items() if value is not None}
        result = run_module(request.module.main, **given)
        for secret in (TOKEN_CORE, SECRET, KEY, LISTED_KEY):
            assert secret not in result.output
        return result

    return run


class Authority:
    """A certificate authority. Nothing trusts it by default."""

    def __init__(self, bundle: Path) -> None:
        self._ca = trustme.CA()
        self._ca.cert_pem.write_to_path(str(bundle))
        self.bundle = str(bundle)

    def context(self, host: str = "127.0.0.1") -> ssl.SSLContext:
        """For a server that has a certificate for this host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "bundle.pem")


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("other_authority") / "bundle.pem")
