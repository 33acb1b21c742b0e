# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys
import typing as t

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.flashback.platform.plugins.module_utils._argspec import api_argument_spec, check_option, run
from ansible_collections.flashback.platform.plugins.module_utils._client import ApiError, Client
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT, TOKEN, Ended, run_module
from ansible_collections.flashback.platform.tests.unit.wire import ScriptedServer, answer, trickle

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, Waits

    StartServer = Callable[..., ScriptedServer]

GOOD = answer(200, {"success": True})


def ask(_module: AnsibleModule, client: Client) -> dict[str, t.Any]:
    return {"answer": client.request("GET", "/ask")}


def main() -> None:
    """A module that has the connection options only."""
    run(AnsibleModule(argument_spec=api_argument_spec(), supports_check_mode=True), "Asking", ask)


def ask_with(**params: t.Any) -> Ended:
    return run_module(main, **params)


def test_options_and_their_variables() -> None:
    spec = api_argument_spec()
    assert {name: (option["type"], option.get("default")) for name, option in spec.items()} == {
        "api_url": ("str", "https://backend.flashback.tech"),
        "access_token": ("str", None),
        "timeout": ("int", 30),
        "retries": ("int", 3),
        "validate_certs": ("bool", True),
        "ca_path": ("path", None),
    }
    assert [name for name, option in spec.items() if option.get("no_log")] == ["access_token"]
    assert not any(option.get("required") for option in spec.values())


def test_result(server: ScriptedServer) -> None:
    server.expect("GET /ask", GOOD)
    ended = ask_with(api_url=server.url, access_token=TOKEN)
    assert not ended.failed
    assert not ended.changed
    assert ended.result["answer"] == {"success": True}


def test_error(server: ScriptedServer) -> None:
    server.expect("GET /ask", answer(400, {"success": False, "message": "No such question"}))
    ended = ask_with(api_url=server.url, access_token=TOKEN)
    assert ended.failed
    assert not ended.changed
    assert ended.result["error"] == {"code": "rejected", "http_status": 400, "message": "No such question"}
    for words in ("Asking", server.url, "No such question"):
        assert words in ended.result["msg"]


def test_error_of_the_action() -> None:
    def fail(module: AnsibleModule, client: Client) -> dict[str, t.Any]:
        raise ApiError("ambiguous_name", "there are two")

    def main() -> None:
        run(AnsibleModule(argument_spec=api_argument_spec()), "Choosing", fail)

    ended = run_module(main, access_token=TOKEN)
    assert ended.result["error"] == {"code": "ambiguous_name", "http_status": None, "message": "there are two"}


def test_missing_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    ended = ask_with(access_token=TOKEN)
    assert ended.failed
    assert ended.result["msg"].startswith("Failed to import the required Python library (requests)")


def test_connection_from_the_environment(
    start_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(tls=authority.context())
    server.expect("GET /ask", GOOD)
    monkeypatch.setenv("FLASHBACK_API_URL", f"{server.url}/\n")
    monkeypatch.setenv("FLASHBACK_ACCESS_TOKEN", f" {TOKEN}\n")
    monkeypatch.setenv("FLASHBACK_CA_PATH", authority.bundle)
    ended = ask_with()
    assert not ended.failed
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in ended.output


def test_validate_certs_from_the_environment(
    start_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(tls=authority.context())
    assert ask_with(api_url=server.url, access_token=TOKEN).code == "tls"
    monkeypatch.setenv("FLASHBACK_VALIDATE_CERTS", "false")
    server.expect("GET /ask", GOOD)
    assert not ask_with(api_url=server.url, access_token=TOKEN).failed


def test_tries_from_the_environment(server: ScriptedServer, waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHBACK_TIMEOUT", "1")
    monkeypatch.setenv("FLASHBACK_RETRIES", "1")
    server.expect("GET /ask", trickle(b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 100), answer(503))
    assert ask_with(api_url=server.url, access_token=TOKEN).code == "server_error"
    assert len(waits) == 1


def test_option_goes_before_the_environment(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("API_URL", "ACCESS_TOKEN"):
        monkeypatch.setenv(f"FLASHBACK_{variable}", "http://another.invalid")
    server.expect("GET /ask", GOOD)
    assert not ask_with(api_url=server.url, access_token=TOKEN).failed


BAD = [
    *[
        ("api_url", text)
        for text in ("", " ", "backend.flashback.tech", "ftp://host", "https://host?a=b", "https://host#a")
    ],
    *[("api_url", text) for text in ("https://user:hunter2@host", "https://hunter2@host", "https://host:port")],
    *[
        ("access_token", text)
        for text in ("", " ", "\n", "hunter2\nX-Header: a", "hunter2\x07", "hunter2 é", "hunter2 a")
    ],
    *[("timeout", text) for text in ("0", "-1", "86401", "soon", "")],
    *[("retries", text) for text in ("-1", "101", "often", "")],
    ("validate_certs", "perhaps"),
    ("ca_path", "/nowhere/at/all.pem"),
    ("ca_path", os.devnull),
]


@pytest.mark.parametrize("from_environment", [True, False])
@pytest.mark.parametrize(("option", "text"), BAD)
def test_bad_option_is_named(
    option: str, text: str, from_environment: bool, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no request is sent, which the server would see; what may be a secret is not shown."""
    params: dict[str, t.Any] = {"api_url": server.url, "access_token": TOKEN, option: text}
    if from_environment:
        monkeypatch.setenv(f"FLASHBACK_{option.upper()}", str(params.pop(option)))
    ended = ask_with(**params)
    assert ended.failed
    assert ended.code is None
    assert option in ended.result["msg"]
    assert "hunter2" not in ended.output


def test_missing_token_is_named(server: ScriptedServer) -> None:
    ended = ask_with(api_url=server.url)
    assert ended.failed
    assert "access_token" in ended.result["msg"]
    assert "FLASHBACK_ACCESS_TOKEN" in ended.result["msg"]


@pytest.mark.parametrize(
    "host", ["flashback.invalid", "127.0.0.1.invalid", "192.0.2.1", "[2001:db8::1]", "localhost.invalid"]
)
def test_plain_http_warns(host: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.expect(f"GET http://{host}/ask", GOOD)
    ended = ask_with(api_url=f"http://{host}", access_token=TOKEN)
    assert not ended.failed
    assert "in the clear" in ended.warnings
    assert host.strip("[]") in ended.warnings


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "api.localhost", "127.8.8.8", "[::1]"])
def test_plain_http_to_loopback_does_not_warn(host: str, start_server: StartServer) -> None:
    ended = ask_with(api_url=f"http://{host}:{start_server(listening=False).port}", access_token=TOKEN, retries=0)
    assert ended.code == "unreachable"
    assert not ended.result.get("warnings")


def test_https_does_not_warn(start_server: StartServer, authority: Authority) -> None:
    ended = ask_with(api_url=start_server(tls=authority.context()).url, access_token=TOKEN)
    assert not ended.result.get("warnings")


def test_check_option() -> None:
    def check(text: str) -> str:
        if text == "bad":
            raise ValueError("must be good")
        return text.upper()

    def main() -> None:
        module = AnsibleModule(argument_spec={"a": {"type": "str"}, "b": {"type": "str"}})
        module.exit_json(a=check_option(module, "a", check), b=check_option(module, "b", check))

    result = run_module(main, a="good").result
    assert (result["a"], result["b"]) == ("GOOD", None)
    assert run_module(main, b="bad").result["msg"] == "b must be good."


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert sorted(runtime["action_groups"]["all"]) == modules
