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

from ansible_collections.flashback.platform.plugins.module_utils import _client
from ansible_collections.flashback.platform.tests.unit.helpers import TOKEN
from ansible_collections.flashback.platform.tests.unit.wire import ScriptedServer

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home, and nothing in the environment that the client obeys."""
    for variable in os.environ:
        if variable.upper().endswith(("_PROXY", "_CA_BUNDLE")) or variable.startswith(("FLASHBACK_", "SSL_CERT_")):
            monkeypatch.delenv(variable)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class Waits(list[float]):
    """The seconds waited between tries, which pass on the client's clock only. The hook is called in place of them."""

    hook: Callable[[], None] | None = None

    def sleep(self, seconds: float) -> None:
        self.append(seconds)
        if self.hook:
            self.hook()

    def monotonic(self) -> float:
        return time.monotonic() + sum(self)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    clock = Waits()
    monkeypatch.setattr(_client, "time", types.SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    return clock


@pytest.fixture
def start_server() -> Iterator[Callable[..., ScriptedServer]]:
    """Starts scripted servers; the test fails unless each saw just what it expects."""
    servers: list[ScriptedServer] = []

    def start(**options: t.Any) -> ScriptedServer:
        servers.append(ScriptedServer(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
    for server in servers:
        server.verify()


@pytest.fixture
def server(start_server: Callable[..., ScriptedServer]) -> ScriptedServer:
    return start_server()


@pytest.fixture
def connect(server: ScriptedServer) -> Callable[..., _client.Client]:
    """Makes clients of the server that send once, unless told otherwise."""

    def connect(**options: t.Any) -> _client.Client:
        defaults: dict[str, t.Any] = {
            "api_url": server.url,
            "access_token": TOKEN,
            "timeout": 10,
            "retries": 0,
            "validate_certs": True,
            "ca_path": None,
            "read_only": False,
        }
        return _client.Client(**{**defaults, **options})

    return connect


class Authority:
    """A certificate authority that nothing trusts unless it is told to."""

    def __init__(self, bundle: Path) -> None:
        self._ca = trustme.CA()
        self._ca.cert_pem.write_to_path(str(bundle))
        self.bundle = str(bundle)

    def context(self, host: str = "127.0.0.1") -> ssl.SSLContext:
        """For a server that is to be this host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority.pem")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Another authority."""
    return Authority(tmp_path / "stranger.pem")
