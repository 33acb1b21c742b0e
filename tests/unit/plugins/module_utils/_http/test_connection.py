# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

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
    new_session,
    proxy_of,
    requests,
    this_thread,
    tls_context,
)
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT
from ansible_collections.flashback.platform.tests.unit.responses import OK, TOKEN
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer, response

if t.TYPE_CHECKING:
    from pathlib import Path

URL = "http://flashback.invalid"


@pytest.fixture
def session() -> requests.Session:
    this_thread.gate = threading.Lock()
    return new_session(None)


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


@pytest.mark.parametrize("variable", [None, "NETRC"])
@pytest.mark.parametrize("token", [TOKEN, None])
def test_netrc_is_not_read(
    token: str | None,
    variable: str | None,
    session: requests.Session,
    server: ScriptedServer,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = home / (".netrc" if variable is None else "elsewhere")
    netrc.write_text("machine 127.0.0.1 login somebody password something\n", encoding="utf-8")
    netrc.chmod(0o600)
    if variable:
        monkeypatch.setenv(variable, str(netrc))
    server.expect("GET /", OK)
    session.get(server.url, auth=connection.BearerAuth(token))
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


def test_cookies_are_neither_kept_nor_sent(session: requests.Session, server: ScriptedServer) -> None:
    server.expect("GET /", *[response(200, b"", {"Set-Cookie": "session=1; Path=/"})] * 2)
    for _again in range(2):
        this_thread.gate = threading.Lock()
        session.get(server.url)
    assert not session.cookies
    assert not any("cookie" in request.headers for request in server.requests)
