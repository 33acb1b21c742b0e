# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import typing as t

import pytest
import yaml

from ansible_collections.flashback.platform.plugins.module_utils._http import connection
from ansible_collections.flashback.platform.plugins.module_utils._http.connection import (
    USER_AGENT,
    SendRecord,
    new_session,
    proxy_of,
    tls_context,
)
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT
from ansible_collections.flashback.platform.tests.unit.responses import CLOSED, DELETE, OK, RESET, TOKEN
from ansible_collections.flashback.platform.tests.unit.scripted_server import Act, ScriptedServer, head, response

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, StartServer

URL = f"http://flashback.invalid{DELETE.partition(' ')[2]}"


@pytest.fixture
def send(server: ScriptedServer) -> Callable[..., SendRecord]:
    """Sends one request, and returns its record. An exception is ignored: tests ask what was recorded."""
    sessions: dict[bool, t.Any] = {}

    def send(url: str = "", *, bundle: str | None = None, abandoned: bool = False) -> SendRecord:
        url = url or URL.replace("http://flashback.invalid", server.url)
        is_https = url.startswith("https:")
        if is_https not in sessions:
            sessions[is_https] = new_session(tls_context(True, bundle) if is_https else None)
        record = SendRecord()
        record.use()
        if abandoned:
            record.abandon()
        with contextlib.suppress(OSError, connection.requests.RequestException):
            sessions[is_https].delete(url, timeout=3, allow_redirects=False)
        return record

    return send


def test_version_of_the_user_agent_is_that_of_the_collection() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert f"flashback.platform/{version}" == USER_AGENT


WITHOUT_REQUESTS = """
import sys
sys.modules["requests"] = None
from ansible_collections.flashback.platform.plugins.modules import ai_llm
from ansible_collections.flashback.platform.tests.unit.helpers import run_module

print(run_module(ai_llm.main, state="absent", id="a", access_token="abc").msg)
"""


def test_missing_requests_ends_the_task_with_a_message() -> None:
    """In a process of its own, since the library is imported here."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_REQUESTS], env=environment, capture_output=True, text=True, check=False
    )
    assert process.stderr == ""
    assert process.stdout.startswith("Failed to import the required Python library (requests)")


# Was the request sent?


@pytest.mark.parametrize("steps", [OK, CLOSED, RESET, (Act.HANG,), (head(200, {"Content-Length": "9"}), Act.CLOSE)])
def test_request_that_reached_the_server_is_recorded(
    steps: t.Any, server: ScriptedServer, send: Callable[..., SendRecord]
) -> None:
    server.expect(DELETE, steps)
    assert send().sent


def test_request_on_a_kept_connection_is_recorded(server: ScriptedServer, send: Callable[..., SendRecord]) -> None:
    server.expect(DELETE, OK, OK)
    assert [send().sent, send().sent] == [True, True]
    assert server.connections == 1


def test_refused_connection_is_not_recorded(start_server: StartServer, send: Callable[..., SendRecord]) -> None:
    assert not send(start_server(listening=False).url).sent


def test_new_connection_that_is_refused_after_a_kept_one_is_not_recorded(
    start_server: StartServer, send: Callable[..., SendRecord]
) -> None:
    server = start_server()
    server.expect("DELETE /", (*OK, Act.CLOSE))
    assert send(server.url).sent
    server.close()
    assert not send(server.url).sent


def test_unknown_host_is_not_recorded(send: Callable[..., SendRecord]) -> None:
    assert not send("http://host.invalid").sent


@pytest.mark.parametrize("steps", [CLOSED, RESET, (b"SSH-2.0-OpenSSH_9.6\r\n", Act.CLOSE), (Act.HANG,)])
def test_failed_tls_handshake_is_not_recorded(
    steps: t.Any, start_server: StartServer, send: Callable[..., SendRecord]
) -> None:
    server = start_server()
    server.expect("connect", steps)
    assert not send(server.url.replace("http:", "https:")).sent


def test_bad_certificate_is_not_recorded(
    start_server: StartServer, send: Callable[..., SendRecord], authority: Authority, other_authority: Authority
) -> None:
    server = start_server(tls=authority.context())
    assert not send(server.url, bundle=other_authority.bundle).sent


@pytest.mark.parametrize("host", ["127.0.0.1", "elsewhere.invalid"])
def test_host_of_the_certificate_is_checked_before_anything_is_sent(
    host: str, start_server: StartServer, send: Callable[..., SendRecord], authority: Authority
) -> None:
    server = start_server(tls=authority.context(host))
    if host == "127.0.0.1":
        server.expect("DELETE /", OK)
    assert send(server.url, bundle=authority.bundle).sent is (host == "127.0.0.1")


@pytest.mark.parametrize("status", [403, 407, 502])
def test_refused_tunnel_is_not_recorded(
    status: int, server: ScriptedServer, send: Callable[..., SendRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443", (*response(status), Act.CLOSE))
    assert not send(URL.replace("http:", "https:")).sent


def test_failed_tls_handshake_in_a_tunnel_is_not_recorded(
    server: ScriptedServer, send: Callable[..., SendRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443", (head(200), Act.CLOSE))
    assert not send(URL.replace("http:", "https:")).sent


def test_request_in_a_tunnel_is_recorded(
    server: ScriptedServer, send: Callable[..., SendRecord], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443", (head(200), authority.context("flashback.invalid")))
    server.expect(DELETE, CLOSED)
    assert send(URL.replace("http:", "https:"), bundle=authority.bundle).sent


def test_request_through_a_proxy_is_recorded(
    server: ScriptedServer,
    start_server: StartServer,
    send: Callable[..., SendRecord],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.expect(f"DELETE {URL}", OK, OK, CLOSED)
    assert [send(URL).sent for _again in range(3)] == [True] * 3
    monkeypatch.setenv("HTTP_PROXY", start_server(listening=False).url)
    assert not send(URL).sent


@pytest.mark.parametrize("kept", [True, False])
def test_abandoned_request_is_not_sent(kept: bool, server: ScriptedServer, send: Callable[..., SendRecord]) -> None:
    if kept:
        server.expect(DELETE, OK)
        send()
    assert not send(abandoned=True).sent
    assert len(server.requests) == kept


def test_record_tells_whether_it_is_too_late_to_abandon_the_request() -> None:
    record = SendRecord()
    record.mark_sent()
    assert record.abandon() is True
    record = SendRecord()
    assert record.abandon() is False
    with pytest.raises(ConnectionAbortedError):
        record.mark_sent()


def test_each_thread_has_its_own_record(server: ScriptedServer, send: Callable[..., SendRecord]) -> None:
    server.expect(DELETE, OK)
    other: list[SendRecord] = []
    mine = SendRecord()
    mine.use()
    thread = threading.Thread(target=lambda: other.append(send()))
    thread.start()
    thread.join()
    assert (mine.sent, other[0].sent) == (False, True)


# The rest of the session


@pytest.mark.parametrize("variable", [None, "NETRC"])
@pytest.mark.parametrize("token", [TOKEN, None])
def test_netrc_is_not_read(
    token: str | None, variable: str | None, server: ScriptedServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = home / (".netrc" if variable is None else "elsewhere")
    netrc.write_text("machine 127.0.0.1 login somebody password something\n", encoding="utf-8")
    netrc.chmod(0o600)
    if variable:
        monkeypatch.setenv(variable, str(netrc))
    server.expect("GET /", OK)
    SendRecord().use()
    new_session(None).get(server.url, auth=connection.BearerAuth(token))
    expected = None if token is None else f"Bearer {token}"
    assert server.requests[0].headers.get("authorization") == expected


@pytest.mark.parametrize("content", [None, "no certificate"])
@pytest.mark.parametrize("validate_certs", [True, False])
def test_bundle_that_cannot_be_read(validate_certs: bool, content: str | None, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^cannot be read as a PEM bundle: .*bundle\.pem"):
        tls_context(validate_certs, str(bundle))


def test_folder_of_certificates(tmp_path: Path) -> None:
    assert tls_context(True, str(tmp_path)).get_ca_certs() == []


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTP_PROXY": "http://user:pw@proxy:3128"}, "http://user:pw@proxy:3128"),
        ({"http_proxy": "http://proxy"}, "http://proxy"),
        ({"ALL_PROXY": "http://proxy"}, "http://proxy"),
        ({"HTTPS_PROXY": "http://proxy"}, None),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "other.invalid,10.0.0.0/8"}, "http://proxy"),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "flashback.invalid"}, None),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "*"}, None),
    ],
)
def test_proxy_of_the_environment(
    variables: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert proxy_of(URL) == proxy


def test_cookies_are_neither_kept_nor_sent(server: ScriptedServer) -> None:
    server.expect("GET /", *[response(200, b"", {"Set-Cookie": "session=1; Path=/"})] * 2)
    session = new_session(None)
    SendRecord().use()
    for _again in range(2):
        session.get(server.url)
    assert not session.cookies
    assert not any("cookie" in request.headers for request in server.requests)
