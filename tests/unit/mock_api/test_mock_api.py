# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the API, as openapi.yaml describes them. "make random" compares both with random requests."""

from __future__ import annotations

import time
import typing as t
from urllib.parse import quote

import pytest

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.mock_api.conftest import Client

# Configurations of the seed.
FREE = "550e8400-e29b-41d4-a716-446655440000"
USED = "16fd2706-8baf-433b-82eb-8c7fada847da"
LOCKED = "886313e1-3b8a-5372-9b90-0c9aee199e5d"
BROKEN = "3d813cbb-47fb-32ba-91df-831e1593ac29"

NEW = {
    "name": "New",
    "aiType": "OPENAI",
    "endpoint": "https://api.openai.com/v1",
    "secret": "sk-1",
    "workspaceId": "workspace-123",
}
DEMO = {"email": "demo@example.com", "password": "demo-password"}


def test_lists(client: Client) -> None:
    assert len(client.listed()) == 6
    for path, count in (
        ("/ai/llm?workspaceId=workspace-123", 3),
        ("/ai/llm?workspaceId=nowhere", 0),
        ("/ai/llm/available", 5),
    ):
        assert len(client.ask("GET", path)[1]["aiLlms"]) == count
    assert [workspace["id"] for workspace in client.ask("GET", "/workspace")[1]["workspaces"]] == [
        "workspace-123",
        "workspace-456",
    ]


def test_statistics_count_validations(client: Client) -> None:
    for id, works in ((FREE, True), (BROKEN, False)):
        assert client.ask("POST", f"/ai/llm/{id}/validate")[1]["success"] is works
        (counters,) = client.ask("GET", f"/ai/llm/stats?aiLlmId={id}")[1]["stats"]
        assert (counters["totalApiCalls"], counters["totalTokensIn"] > "0") == ("1", works)
    assert len(client.ask("GET", "/ai/llm/stats")[1]["stats"]) == 6


def test_life_of_a_configuration(client: Client) -> None:
    id = client.ask("POST", "/ai/llm", json={**NEW, "key": "k3y"})[1]["aiLlmId"]
    listed = client.listed()[id]
    assert listed.items() >= {field: value for field, value in NEW.items() if field != "secret"}.items()
    assert client.ask("PUT", f"/ai/llm/{id}", json={"name": "Newer", "secret": "wrong"})[0] == 200
    assert client.ask("POST", f"/ai/llm/{id}/validate")[1]["success"] is False
    assert [(item["name"], item["credentialWrites"]) for item in client.mock.state()][-1] == ("Newer", 2)
    assert [client.ask("DELETE", f"/ai/llm/{id}")[0] for _time in range(2)] == [200, 404]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/ai/llm", {**NEW, "name": "Staging OpenAI"}, 400),
        ("POST", "/ai/llm", {**NEW, "endpoint": "no URL"}, 400),
        ("POST", "/ai/llm", {**NEW, "workspaceId": "nowhere"}, 403),
        *(("POST", "/ai/llm", {name: value for name, value in NEW.items() if name != field}, 400) for field in NEW),
        ("POST", "/ai/llm", {**NEW, "secret": 5}, 400),
        ("PUT", f"/ai/llm/{FREE}", {"name": "Staging Anthropic"}, 400),
        ("PUT", f"/ai/llm/{FREE}", ["a list"], 400),
        ("PUT", "/ai/llm/no-such", {}, 404),
        ("DELETE", f"/ai/llm/{USED}", None, 403),
        ("DELETE", f"/ai/llm/{LOCKED}", None, 403),
        ("POST", "/ai/llm/no-such/validate", None, 404),
        ("DELETE", "/token/no-such", None, 404),
        ("POST", "/user/login", {"email": "demo@example.com"}, 400),
    ],
)
def test_refusals_are_the_apis_own(method: str, path: str, body: t.Any, status: int, client: Client) -> None:
    before = client.mock.state()
    response = client.send(method, path, json=body)
    assert (response.status_code, response.json()["success"]) == (status, False)
    assert response.json()["message"]
    assert client.mock.state() == before


def test_unknown_path_or_method_gets_html(client: Client) -> None:
    """Like the response of a gateway, which is not this API's."""
    for method, path in (("GET", "/elsewhere"), ("PATCH", f"/ai/llm/{FREE}")):
        response = client.send(method, path)
        assert response.status_code in (404, 405)
        assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("id", ["{id}", "a/b?c#d;e=f&g", "%2F%25%7B", "available", "a\nb ü\0"])
def test_every_quoted_id_is_routed(id: str, client: Client) -> None:
    client.mock.reset({"workspaces": ["w"], "ai_llms": [{"id": id, "workspaceId": "w", "name": "A"}]})
    path = f"/ai/llm/{quote(id, safe='')}"
    client.mock.repos(id, [{"id": "r", "name": "R"}])
    assert client.send("DELETE", path).status_code == 403
    client.mock.repos(id, [])
    assert client.send("DELETE", path).status_code == 200
    assert not client.mock.state()


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("nobody@example.com", "demo-password", "USER_NOT_FOUND"),
        ("demo@example.com", " demo-password", "INVALID_PASSWORD"),
        ("sso@example.com", "any", "NO_PASSWORD_SET"),
        ("former@example.com", "former-password", "USER_INACTIVE"),
    ],
)
def test_refused_login(email: str, password: str, code: str, client: Client) -> None:
    status, body = client.ask("POST", "/user/login", json={"email": email, "password": password})
    assert (status, body) == (401, {"success": False, "error_code": code})


def test_login_that_needs_a_second_factor(client: Client) -> None:
    """Open: how this shows."""
    body = client.ask("POST", "/user/login", json={"email": "mfa@example.com", "password": "mfa-password"})[1]
    assert (body["success"], "accessToken" in body) == (True, False)


def test_tokens_expire_and_are_revoked(client: Client) -> None:
    def log_in() -> dict[str, t.Any]:
        return client.ask("POST", "/user/login", json=DEMO)[1]

    def statuses(*logins: dict[str, t.Any]) -> list[int]:
        return [client.send("GET", "/ai/llm", login["accessToken"]).status_code for login in logins]

    static = {"accessToken": client.mock.token}
    first, second = log_in(), log_in()
    assert 3590 < first["expiresAt"] - time.time() < 3610
    assert client.ask("DELETE", f"/token/{first['tokenId']}", second["accessToken"])[0] == 200
    assert client.mock.sessions() == [{"tokenId": second["tokenId"], "email": DEMO["email"]}]
    client.mock.tokens(requests=2)
    # Open: whether the access token outlives the refresh token. Here: yes.
    assert statuses(first, first, first, second, second) == [200, 200, 401, 200, 401]
    client.mock.tokens(lifetime=0, requests=None, static=False)
    assert statuses(first, static) == [401, 401]
    client.mock.reset()
    assert statuses(static) == [200]
    assert not client.mock.sessions()
