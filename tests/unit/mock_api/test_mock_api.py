# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mock API answers as openapi.yaml says, so that what is tested against it holds for what is documented."""

from __future__ import annotations

import copy
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "the-token"

FREE = "550e8400-e29b-41d4-a716-446655440000"
USED = "16fd2706-8baf-433b-82eb-8c7fada847da"
FORBIDDEN = "886313e1-3b8a-5372-9b90-0c9aee199e5d"
BROKEN = "3d813cbb-47fb-32ba-91df-831e1593ac29"

NEW = {
    "name": "New",
    "aiType": "OPENAI",
    "endpoint": "https://api.openai.com/v1",
    "secret": "sk-1",
    "workspaceId": "workspace-123",
}

# A schema that does not forbid other fields would let a misspelt one pass, and the mock's own.
SPEC: dict[str, t.Any] = yaml.safe_load((ROOT / "tests" / "mock_api" / "openapi.yaml").read_text(encoding="utf-8"))
for _schema in SPEC["components"]["schemas"].values():
    if _schema["type"] == "object":
        _schema["additionalProperties"] = False


class Mock:
    """A mock API in a process of its own, asked as the documentation says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.openapi = OpenAPI.from_dict({**copy.deepcopy(SPEC), "servers": [{"url": url}]})
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def send(self, method: str, path: str, **options: t.Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=10, **options)

    def ask(self, method: str, path: str, **options: t.Any) -> tuple[int, dict[str, t.Any]]:
        """The status and the body of an answer. Request and answer are as documented, or this raises."""
        response = self.send(method, path, **options)
        request = RequestsOpenAPIRequest(response.request)
        self.openapi.validate_request(request)
        self.openapi.validate_response(request, RequestsOpenAPIResponse(response))
        return response.status_code, response.json()

    def ids(self, path: str = "/ai/llm") -> list[str]:
        status, body = self.ask("GET", path)
        assert (status, body["success"]) == (200, True)
        return [item["id"] for item in body["aiLlms"]]

    def faults(self, *faults: dict[str, t.Any]) -> None:
        assert self.send("PUT", "/_mock/faults", json=faults).status_code == 204

    def log(self) -> list[tuple[str, str, int | None]]:
        return [
            (entry["method"], entry["path"], entry["status"]) for entry in self.send("GET", "/_mock/requests").json()
        ]


def start(tmp_path: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], str]:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "tests.mock_api", "--port", "0", "--port-file", str(port_file), "--token", TOKEN]
    # pylint: disable-next=consider-using-with  # the fixture's end is the process's
    process = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not port_file.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process, f"http://127.0.0.1:{port_file.read_text(encoding='utf-8').strip()}"


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    process, url = start(tmp_path)
    yield Mock(url)
    process.kill()
    process.wait()


def test_list_available_and_stats(mock: Mock) -> None:
    everything = mock.ids()
    assert len(everything) == len(set(everything)) == 6
    assert mock.ids("/ai/llm?workspaceId=workspace-123") == everything[:3]
    assert mock.ids("/ai/llm?workspaceId=nowhere") == []
    assert mock.ids("/ai/llm/available") == [id for id in reversed(sorted_by_age(mock)) if id != BROKEN]
    _status, body = mock.ask("GET", "/ai/llm")
    used = next(item for item in body["aiLlms"] if item["id"] == USED)
    assert [repo["name"] for repo in used["repos"]] == ["my-ai-repo"]
    assert set(used) == set(SPEC["components"]["schemas"]["AiLlm"]["properties"])
    for path, ids in (("/ai/llm/stats", everything), (f"/ai/llm/stats?aiLlmId={USED}", [USED])):
        status, body = mock.ask("GET", path)
        assert (status, body["success"]) == (200, True)
        assert [counters["aiLlmId"] for counters in body["stats"]] == ids
        counted = set(SPEC["components"]["schemas"]["AiLlmStatsItem"]["properties"])
        assert all(set(counters) == counted for counters in body["stats"])


def sorted_by_age(mock: Mock) -> list[str]:
    _status, body = mock.ask("GET", "/ai/llm")
    return [item["id"] for item in sorted(body["aiLlms"], key=lambda item: str(item["createdAt"]))]


def test_delete(mock: Mock) -> None:
    for id, status in ((USED, 403), (FORBIDDEN, 403), ("no-such", 404), (FREE, 200), (FREE, 404)):
        assert mock.ask("DELETE", f"/ai/llm/{id}")[0] == status
    mock.faults({"status": 500, "body": {"success": False, "message": "Deletion failed"}})
    assert mock.ask("DELETE", f"/ai/llm/{BROKEN}")[0] == 500
    assert FREE not in mock.ids()
    assert {USED, FORBIDDEN, BROKEN} <= set(mock.ids())


def test_delete_tells_success(mock: Mock) -> None:
    for id, success in ((USED, False), (FORBIDDEN, False), ("no-such", False), (FREE, True)):
        _status, body = mock.ask("DELETE", f"/ai/llm/{id}")
        assert body["success"] is success
        assert body["message"]


def test_create(mock: Mock) -> None:
    status, body = mock.ask("POST", "/ai/llm", json=NEW)
    assert (status, body["success"]) == (200, True)
    _status, listed = mock.ask("GET", "/ai/llm?workspaceId=workspace-123")
    created = next(item for item in listed["aiLlms"] if item["id"] == body["aiLlmId"])
    assert {field: created[field] for field in NEW if field != "secret"} == {
        field: value for field, value in NEW.items() if field != "secret"
    }
    assert created["key"] is None
    for fields, expected in (
        (NEW, 400),
        ({**NEW, "name": "Newer", "endpoint": "no URL"}, 400),
        ({**NEW, "name": "Newer", "key": ""}, 400),
        ({**NEW, "name": "Newer", "workspaceId": "nowhere"}, 403),
        ({**NEW, "workspaceId": "workspace-456"}, 200),
    ):
        status, body = mock.ask("POST", "/ai/llm", json=fields)
        assert (status, body["success"]) == (expected, expected == 200)


@pytest.mark.parametrize("field", ["name", "aiType", "endpoint", "secret", "workspaceId"])
def test_create_needs(field: str, mock: Mock) -> None:
    """Such requests are not as documented, their answers are."""
    for fields in ({**NEW, field: 5}, {name: value for name, value in NEW.items() if name != field}):
        response = mock.send("POST", "/ai/llm", json=fields)
        assert response.status_code == 400
        assert response.json()["success"] is False
        assert field in response.json()["message"]
    assert len(mock.ids()) == 6


def test_update_and_validate(mock: Mock) -> None:
    def validated(id: str) -> tuple[int, bool]:
        status, body = mock.ask("POST", f"/ai/llm/{id}/validate")
        return status, body["success"]

    assert validated(FREE) == (200, True)
    assert validated(BROKEN) == (200, False)
    assert validated("no-such") == (404, False)
    changes = {"name": "Renamed", "aiType": "OTHER", "endpoint": "https://elsewhere.example.com", "secret": "wrong"}
    status, body = mock.ask("PUT", f"/ai/llm/{FREE}", json=changes)
    assert (status, body["success"], body["aiLlmId"]) == (200, True, FREE)
    _status, listed = mock.ask("GET", "/ai/llm")
    updated = next(item for item in listed["aiLlms"] if item["id"] == FREE)
    assert [updated[field] for field in ("name", "aiType", "endpoint")] == list(changes.values())[:3]
    assert validated(FREE) == (200, False)
    assert FREE not in mock.ids("/ai/llm/available")
    for status in (403, 500):
        mock.faults({"status": status, "body": {"success": False, "message": "No"}})
        assert validated(FREE) == (status, False)


def test_update_answers(mock: Mock) -> None:
    """All but 200 is open."""
    answers: list[tuple[str, t.Any, int]] = [
        ("no-such", {}, 404),
        (FREE, {"name": "Staging Anthropic"}, 400),
        (FREE, {"name": ""}, 400),
        (FREE, {"aiType": "NEWCOMER"}, 400),
        (FREE, {"endpoint": "ftp://host"}, 400),
        (FREE, ["a list"], 400),
        (FREE, {"name": "Staging OpenAI"}, 200),
        (FREE, {}, 200),
    ]
    for id, changes, status in answers:
        response = mock.send("PUT", f"/ai/llm/{id}", json=changes)
        assert (response.status_code, response.json()["success"]) == (status, status == 200)


def test_token_is_needed(mock: Mock) -> None:
    for authorization in ("Bearer another", f"Basic {TOKEN}", TOKEN, ""):
        response = mock.send("DELETE", f"/ai/llm/{FREE}", headers={"Authorization": authorization})
        assert response.status_code == 401
        assert response.json()["success"] is False
    assert FREE in mock.ids()


def test_what_the_api_does_not_know_is_answered_by_another(mock: Mock) -> None:
    for method, path in (("GET", "/elsewhere"), ("PATCH", f"/ai/llm/{FREE}"), ("GET", f"/ai/llm/{FREE}")):
        response = mock.send(method, path)
        assert response.status_code in (404, 405)
        assert response.headers["Content-Type"].startswith("text/html")


def test_log_and_reset(mock: Mock) -> None:
    mock.send("DELETE", "/ai/llm/a%2Fb%3F")
    mock.send("DELETE", f"/ai/llm/{FREE}")
    mock.send("GET", "/ai/llm?workspaceId=a")
    expected = [
        ("DELETE", "/ai/llm/a%2Fb%3F", 404),
        ("DELETE", f"/ai/llm/{FREE}", 200),
        ("GET", "/ai/llm?workspaceId=a", 200),
    ]
    assert mock.log() == expected
    mock.faults()
    assert mock.log() == []
    assert FREE not in mock.ids()
    mock.send("POST", "/_mock/reset")
    assert mock.log() == []
    assert FREE in mock.ids()
    seed = {"workspaces": ["w"], "ai_llms": [{"id": "a/b", "workspaceId": "w", "name": "A", "aiType": "OTHER"}]}
    mock.send("POST", "/_mock/reset", json=seed)
    assert mock.ids() == ["a/b"]
    assert mock.send("DELETE", "/ai/llm/a%2Fb").status_code == 200
    assert mock.ids() == []


def test_repos_can_be_linked_and_released(mock: Mock) -> None:
    assert mock.send("PUT", f"/_mock/repos/{FREE}", json=[{"id": "r", "name": "R"}]).status_code == 204
    assert mock.ask("DELETE", f"/ai/llm/{FREE}")[0] == 403
    mock.send("PUT", f"/_mock/repos/{FREE}", json=[])
    assert mock.ask("DELETE", f"/ai/llm/{FREE}")[0] == 200


def test_fault_is_for_the_requests_it_names(mock: Mock) -> None:
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
    assert mock.send("DELETE", f"/ai/llm/{USED}").status_code == 403
    for _time in range(2):
        response = mock.send("DELETE", f"/ai/llm/{FREE}")
        assert (response.status_code, response.text, response.headers["Retry-After"]) == (503, "<h1>", "7")
    response = mock.send("GET", "/ai/llm")
    assert (response.status_code, response.json()) == (429, {"success": False})
    assert mock.send("DELETE", f"/ai/llm/{FREE}").status_code == 200
    assert [status for _method, _path, status in mock.log()] == [403, 503, 503, 429, 200]


@pytest.mark.parametrize(
    ("fault", "removed"),
    [
        ({"cut": "before"}, False),
        ({"cut": "after"}, True),
        ({"status": 500}, False),
        ({"status": 500, "after": True}, True),
    ],
)
def test_fault_before_or_after_the_effect(fault: dict[str, t.Any], removed: bool, mock: Mock) -> None:
    mock.faults(fault)
    if "cut" in fault:
        with pytest.raises(requests.ConnectionError):
            mock.send("DELETE", f"/ai/llm/{FREE}")
    else:
        assert mock.send("DELETE", f"/ai/llm/{FREE}").status_code == 500
    assert mock.log() == [("DELETE", f"/ai/llm/{FREE}", fault.get("status"))]
    assert (FREE not in mock.ids()) is removed


@pytest.mark.parametrize("fault", [{"delay": 0.3}, {"status": 200, "body": "{}  ", "trickle": 0.1}])
def test_fault_takes_time(fault: dict[str, t.Any], mock: Mock) -> None:
    mock.faults(fault)
    begin = time.monotonic()
    assert mock.send("GET", "/ai/llm").status_code == 200
    assert time.monotonic() - begin > 0.29


def test_command_line(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text("workspaces: [w]\nai_llms: [{id: a, workspaceId: w, name: A, aiType: OTHER}]\n", encoding="utf-8")
    process, url = start(tmp_path, "--seed", str(seed), "--latency", "200")
    mock = Mock(url)
    begin = time.monotonic()
    assert mock.ids() == ["a"]
    assert time.monotonic() - begin > 0.19
    assert mock.send("POST", "/_mock/stop").status_code == 204
    assert process.wait(10) == 0
