# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface of the mock API: its log, its faults, its seed, and the requests that it refuses."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
import requests

from ansible_collections.flashback.platform.tests.mock_api.running import ControlError, running_mock
from ansible_collections.flashback.platform.tests.unit.mock_api.test_mock_api import DEMO, FREE, NEW, USED

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.mock_api.conftest import Client


def test_log_and_reset(client: Client) -> None:
    client.send("DELETE", "/ai/llm/a%2Fb%3F")
    client.send("DELETE", f"/ai/llm/{FREE}")
    client.send("PUT", f"/ai/llm/{USED}", json={"name": "B"})
    client.send("POST", "/user/login", json={**DEMO, "pasword": "demo-password"})
    log = client.mock.requests()
    assert [(entry["method"], entry["path"], entry["status"], entry["session"]) for entry in log] == [
        ("DELETE", "/ai/llm/a%2Fb%3F", 404, "static"),
        ("DELETE", f"/ai/llm/{FREE}", 200, "static"),
        ("PUT", f"/ai/llm/{USED}", 200, "static"),
        ("POST", "/user/login", 200, "static"),
    ]
    assert log[2]["body"] == {"name": "B"}
    assert "demo-password" not in json.dumps(log)
    client.mock.reset()
    assert not client.mock.requests()
    assert client.listed()[USED]["name"] == "Production OpenAI"
    client.mock.reset({"workspaces": ["w"], "ai_llms": [{"id": "a/b", "workspaceId": "w"}], "users": []})
    assert [item["id"] for item in client.mock.state()] == ["a/b"]
    assert client.send("POST", "/user/login", json=DEMO).json()["error_code"] == "USER_NOT_FOUND"


def test_fault_is_for_the_requests_it_names(client: Client) -> None:
    fault = {"status": 503, "times": 2, "headers": {"Retry-After": "7"}, "body": "<h1>"}
    client.mock.faults({"method": "DELETE", "path": f"{FREE}$", **fault}, {"method": "GET", "status": 204, "body": {}})
    assert client.send("DELETE", f"/ai/llm/{USED}").status_code == 403
    for _time in range(2):
        response = client.send("DELETE", f"/ai/llm/{FREE}")
        assert (response.status_code, response.text, response.headers["Retry-After"]) == (503, "<h1>", "7")
    assert client.send("GET", "/ai/llm").text == ""
    assert client.send("DELETE", f"/ai/llm/{FREE}").status_code == 200


@pytest.mark.parametrize(
    "fault", [{"cut": "before"}, {"cut": "after"}, {"status": 500}, {"status": 500, "after": True}]
)
def test_fault_before_or_after_the_effect(fault: dict[str, t.Any], client: Client) -> None:
    client.mock.faults(fault)
    if "cut" in fault:
        with pytest.raises(requests.ConnectionError):
            client.send("DELETE", f"/ai/llm/{FREE}")
    else:
        assert client.send("DELETE", f"/ai/llm/{FREE}").status_code == 500
    assert [entry["status"] for entry in client.mock.requests()] == [fault.get("status")]
    assert (FREE not in client.listed()) is (fault.get("cut") == "after" or fault.get("after", False))


@pytest.mark.parametrize("fault", [{"delay": 0.3}, {"status": 200, "body": "{}  ", "trickle": 0.1}])
def test_fault_takes_time(fault: dict[str, t.Any], client: Client) -> None:
    client.mock.faults(fault)
    begin = time.monotonic()
    assert client.send("GET", "/ai/llm").status_code == 200
    assert time.monotonic() - begin > 0.29


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("faults", "[", "must be JSON"),
        ("faults", "[" * 100_000, "must be JSON"),
        ("faults", '[{"satus": 500}]', "satus"),
        ("faults", '[{"path": "("}]', "unterminated"),
        ("faults", '[{"cut": "never"}]', "cut"),
        ("reset", "5", "no other keys than"),
        ("reset", '{"ai_lms": []}', "no other keys than"),
        ("reset", '{"ai_llms": [{"id": "a"}]}', "ai_llms, item 1: workspaceId is missing"),
        ("reset", '{"ai_llms": [{"id": "a", "workspaceId": "w", "stats": {"x": 1}}]}', "stats must not have 'x'"),
        ("reset", '{"users": [{"email": "a", "id": 1}, {"email": "a", "id": 2}]}', "2 items have the email 'a'"),
        ("switches", '["no-such"]', "unknown switch 'no-such'"),
        ("tokens", '{"lifetme": 5}', "lifetme"),
        (f"repos/{FREE}", "{}", "must be a list"),
        ("repos/no-such", "[]", "no-such"),
    ],
)
def test_bad_control_requests_are_refused(path: str, body: str, message: str, client: Client) -> None:
    before = client.mock.state()
    response = client.send("POST" if path == "reset" else "PUT", f"/_mock/{path}", data=body)
    assert response.status_code in (400, 404)
    assert message in response.json()["message"]
    assert client.mock.state() == before
    with pytest.raises(ControlError):
        client.mock.faults({"satus": 500})


def test_switches_are_replaced_and_reset(client: Client) -> None:
    client.mock.switches("names_trimmed")
    client.send("POST", "/ai/llm", json={**NEW, "name": " New "})
    client.mock.switches()
    client.send("POST", "/ai/llm", json={**NEW, "name": " New "})
    assert [item["name"] for item in client.mock.state()][-2:] == ["New", " New "]


def test_running_mock_ends_with_a_request_that_is_being_answered() -> None:
    begin = time.monotonic()
    with running_mock() as mock, running_mock() as other:
        mock.faults({"delay": 60})
        with pytest.raises(requests.Timeout):
            requests.get(f"{mock.url}/ai/llm", timeout=0.2)
        assert not other.requests()
    assert time.monotonic() - begin < 30
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{mock.url}/ai/llm", timeout=1)
