# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface of the mock API: its log, its faults, and the requests that it refuses."""

from __future__ import annotations

import time
import typing as t

import pytest
import requests

from ansible_collections.flashback.platform.tests.mock_api.running import ControlError, Mock, running_mock
from ansible_collections.flashback.platform.tests.unit.mock_api.client import FREE, NEW, USED, Client


def test_log_and_reset(client: Client, mock: Mock) -> None:
    client.send("DELETE", "/ai/llm/a%2Fb%3F")
    client.send("DELETE", f"/ai/llm/{FREE}")
    client.send("GET", "/ai/llm?workspaceId=a")
    client.send("PUT", f"/ai/llm/{USED}", json={"name": "B"})
    assert client.log() == [
        ("DELETE", "/ai/llm/a%2Fb%3F", 404),
        ("DELETE", f"/ai/llm/{FREE}", 200),
        ("GET", "/ai/llm?workspaceId=a", 200),
        ("PUT", f"/ai/llm/{USED}", 200),
    ]
    assert [entry["body"] for entry in mock.requests()] == [None, None, None, {"name": "B"}]
    mock.faults()
    assert client.log() == []
    assert FREE not in client.ids()
    mock.reset()
    assert client.log() == []
    assert FREE in client.ids()
    assert client.listed(USED)["name"] == "Production OpenAI"
    mock.reset({"workspaces": ["w"], "ai_llms": [{"id": "a/b", "workspaceId": "w", "name": "A", "aiType": "OTHER"}]})
    assert client.ids() == ["a/b"]
    assert client.send("DELETE", "/ai/llm/a%2Fb").status_code == 200
    assert client.ids() == []


def test_repos_can_be_linked_and_released(client: Client, mock: Mock) -> None:
    mock.repos(FREE, [{"id": "r", "name": "R"}])
    assert client.ask("DELETE", f"/ai/llm/{FREE}")[0] == 403
    mock.repos(FREE, [])
    assert client.ask("DELETE", f"/ai/llm/{FREE}")[0] == 200


def test_state_shows_configurations_without_credentials(client: Client, mock: Mock) -> None:
    id = client.ask("POST", "/ai/llm", json={**NEW, "key": "k3y"})[1]["aiLlmId"]
    client.ask("PUT", f"/ai/llm/{id}", json={"endpoint": "https://new.example.com"})
    client.ask("PUT", f"/ai/llm/{id}", json={"secret": "sk-2"})
    client.send("PUT", f"/ai/llm/{id}", json={"secret": "sk-3", "name": ""})
    mock.repos(id, [{"id": "r", "name": "R"}])
    state = mock.state()
    assert [item["id"] for item in state] == client.ids()
    assert state[-1] == {
        "id": id,
        "workspaceId": "workspace-123",
        "name": "New",
        "aiType": "OPENAI",
        "endpoint": "https://new.example.com",
        "repos": [{"id": "r", "name": "R"}],
        "credentialWrites": 2,
    }
    assert {item["credentialWrites"] for item in state[:-1]} == {0}
    assert ("GET", "/_mock/state", 200) not in client.log()


def test_fault_is_for_the_requests_it_names(client: Client, mock: Mock) -> None:
    mock.faults(
        {
            "method": "DELETE",
            "path": f"{FREE}$",
            "status": 503,
            "times": 2,
            "headers": {"Retry-After": "7"},
            "body": "<h1>",
        },
        {"method": "GET", "status": 429, "body": {"success": False}},
    )
    assert client.send("DELETE", f"/ai/llm/{USED}").status_code == 403
    for _time in range(2):
        response = client.send("DELETE", f"/ai/llm/{FREE}")
        assert (response.status_code, response.text, response.headers["Retry-After"]) == (503, "<h1>", "7")
    response = client.send("GET", "/ai/llm")
    assert (response.status_code, response.json()) == (429, {"success": False})
    assert client.send("DELETE", f"/ai/llm/{FREE}").status_code == 200
    assert [status for _method, _path, status in client.log()] == [403, 503, 503, 429, 200]


@pytest.mark.parametrize(
    ("fault", "removed"),
    [
        ({"cut": "before"}, False),
        ({"cut": "after"}, True),
        ({"status": 500}, False),
        ({"status": 500, "after": True}, True),
    ],
)
def test_fault_before_or_after_the_effect(fault: dict[str, t.Any], removed: bool, client: Client) -> None:
    client.mock.faults(fault)
    if "cut" in fault:
        with pytest.raises(requests.ConnectionError):
            client.send("DELETE", f"/ai/llm/{FREE}")
    else:
        assert client.send("DELETE", f"/ai/llm/{FREE}").status_code == 500
    assert client.log() == [("DELETE", f"/ai/llm/{FREE}", fault.get("status"))]
    assert (FREE not in client.ids()) is removed


@pytest.mark.parametrize("fault", [{"delay": 0.3}, {"status": 200, "body": "{}  ", "trickle": 0.1}])
def test_fault_takes_time(fault: dict[str, t.Any], client: Client) -> None:
    client.mock.faults(fault)
    begin = time.monotonic()
    assert client.send("GET", "/ai/llm").status_code == 200
    assert time.monotonic() - begin > 0.29


@pytest.mark.parametrize("status", [200, 204, 304, 401, 599])
@pytest.mark.parametrize("body", ["", "text", {"success": True}, None, "\ud800"])
def test_fault_answers_any_status_with_any_body(status: int, body: t.Any, client: Client) -> None:
    client.mock.faults({"status": status, "body": body})
    assert client.send("GET", "/ai/llm").status_code == status
    assert len(client.ids()) == 6


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"path": "("}, "faults[1].path: '(' is not a 'regex'"),
        ({"times": 0}, "faults[1].times: 0 is less than the minimum"),
        ({"times": True}, "faults[1].times: True is not of type 'integer'"),
        ({"cut": "never"}, "faults[1].cut: 'never' is not one of"),
        ({"status": 999}, "faults[1].status: 999 is greater"),
        ({"status": 500, "headers": {"A": "b\r\nC: d"}}, "faults[1].headers.A: "),
        ({"status": 500, "headers": {"A": "b\n"}}, "faults[1].headers.A: "),
        ({"status": 500, "headers": {"A B": "c"}}, "faults[1].headers: 'A B' does not match"),
        ({"status": 500, "headers": {"content-length": "5"}}, "faults[1].headers: 'content-length' does not match"),
        ({"body": "text"}, "faults[1]: 'status' is a dependency of 'body'"),
        ({"cut": "after", "after": True}, "faults[1]: 'status' is a dependency of 'after'"),
        ({"satus": 500}, "faults[1]: Additional properties are not allowed ('satus' was unexpected)"),
        ("fault", "faults[1]: 'fault' is not of type 'object'"),
    ],
)
def test_bad_faults_are_refused(fault: t.Any, message: str, client: Client) -> None:
    with pytest.raises(ControlError) as refused:
        client.mock.faults({"status": 500}, fault)
    assert message in str(refused.value)
    assert len(client.ids()) == 6


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("PUT", "/_mock/faults", "[", 400, "must be JSON"),
        ("PUT", "/_mock/faults", "", 400, "must be JSON"),
        ("PUT", "/_mock/faults", "{}", 400, "faults: {} is not of type 'array'"),
        ("POST", "/_mock/reset", "[", 400, "must be JSON"),
        ("POST", "/_mock/reset", "5", 400, "seed: 5 is not of type 'object'"),
        ("POST", "/_mock/reset", '{"ai_llms": [{"id": "a"}]}', 400, "seed.ai_llms[0]: 'workspaceId' is a required"),
        ("PUT", "/_mock/switches", "{}", 400, "must be a list of names"),
        ("PUT", "/_mock/switches", '["names_trimed"]', 400, "unknown switch 'names_trimed', known are counters_are"),
        ("PUT", "/_mock/repos/no-such", "[]", 404, "no-such"),
        ("PUT", f"/_mock/repos/{FREE}", "{}", 400, "must be a list"),
        ("PUT", f"/_mock/repos/{FREE}", "[5]", 400, "must be a list"),
        ("PUT", f"/_mock/repos/{FREE}", "[" * 100_000, 400, "must be JSON"),
    ],
)
def test_bad_control_requests_are_refused(
    method: str, path: str, body: str, status: int, message: str, client: Client
) -> None:
    response = client.send(method, path, data=body)
    assert (response.status_code, response.json()["success"]) == (status, False)
    assert message in response.json()["message"]
    assert len(client.ids()) == 6
    assert client.listed(FREE)["repos"] == []


def test_switches_are_replaced_and_reset(client: Client, mock: Mock) -> None:
    mock.switches("names_trimmed", "creation_answers_201")
    assert client.send("POST", "/ai/llm", json={**NEW, "name": " New "}).status_code == 201
    assert mock.state()[-1]["name"] == "New"
    mock.switches("emoji_replaced")
    id = client.ask("POST", "/ai/llm", json={**NEW, "name": " Rocket \U0001f680 "})[1]["aiLlmId"]
    assert client.listed(id)["name"] == " Rocket ? "
    mock.reset()
    id = client.ask("POST", "/ai/llm", json={**NEW, "name": " Rocket \U0001f680 "})[1]["aiLlmId"]
    assert client.listed(id)["name"] == " Rocket \U0001f680 "


def test_first_list_after_a_write_can_be_late(client: Client, mock: Mock) -> None:
    mock.switches("creation_listed_late", "update_listed_late", "removal_listed_late")
    before = client.ids()
    id = client.ask("POST", "/ai/llm", json=NEW)[1]["aiLlmId"]
    client.ask("PUT", f"/ai/llm/{id}", json={"name": "Newer"})
    assert client.ids() == before
    assert client.listed(id)["name"] == "Newer"
    client.ask("PUT", f"/ai/llm/{id}", json={"name": "Newest"})
    client.ask("DELETE", f"/ai/llm/{id}")
    assert client.listed(id)["name"] == "Newer"
    assert client.ids() == before
    client.ask("DELETE", f"/ai/llm/{FREE}")
    mock.switches("removal_listed_late")
    assert FREE not in client.ids()


def test_unknown_control_path(client: Client) -> None:
    assert client.send("GET", "/_mock/elsewhere").status_code == 404


def test_running_mock_starts_and_stops_quickly() -> None:
    begin = time.monotonic()
    for _time in range(3):
        with running_mock(seed={"workspaces": ["w"]}, latency=0.01) as mock:
            assert Client(mock).ids() == []
    assert time.monotonic() - begin < 30
    with pytest.raises(requests.ConnectionError):
        Client(mock).send("GET", "/ai/llm")


def test_running_mock_ends_with_a_request_that_is_being_answered() -> None:
    begin = time.monotonic()
    with running_mock() as mock:
        mock.faults({"delay": 60})
        with pytest.raises(requests.Timeout):
            requests.get(f"{mock.url}/ai/llm", timeout=0.2)
    assert time.monotonic() - begin < 30


def test_two_at_the_same_time() -> None:
    with running_mock() as one, running_mock() as other:
        Client(one).send("DELETE", f"/ai/llm/{FREE}")
        assert FREE in Client(other).ids()
        with pytest.raises(OSError, match="address"), running_mock(port=int(one.url.rpartition(":")[2])):
            pass
