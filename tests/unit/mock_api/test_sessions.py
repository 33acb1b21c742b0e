# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in to the mock API, tokens that expire, and revocation."""

from __future__ import annotations

import json
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.tests.mock_api.running import ControlError
from ansible_collections.flashback.platform.tests.unit.mock_api.client import FREE, TOKEN, Client

DEMO = {"email": "demo@example.com", "password": "demo-password"}


class Login(t.NamedTuple):
    token_id: str
    headers: dict[str, str]
    expires_at: int


def log_in(client: Client, credentials: dict[str, str] | None = None) -> Login:
    status, body = client.ask("POST", "/user/login", json=credentials or DEMO, headers={"Authorization": ""})
    assert (status, body["success"]) == (200, True)
    return Login(body["tokenId"], {"Authorization": f"Bearer {body['accessToken']}"}, body["expiresAt"])


def status_with(client: Client, login: Login) -> int:
    return client.send("GET", "/ai/llm", headers=login.headers).status_code


def test_log_in(client: Client) -> None:
    status, body = client.ask("POST", "/user/login", json=DEMO)
    assert (status, body["success"]) == (200, True)
    assert body["user"] == {"id": "user-456", "email": "demo@example.com", "name": "Demo", "orgId": "org-123"}
    assert len({body["accessToken"], body["refreshToken"], body["tokenId"], TOKEN}) == 4
    assert 3590 < body["expiresAt"] - time.time() < 3610
    assert client.mock.sessions() == [{"tokenId": body["tokenId"], "email": "demo@example.com"}]
    assert status_with(client, log_in(client)) == 200


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("nobody@example.com", "demo-password", "USER_NOT_FOUND"),
        ("demo@example.com", "wrong", "INVALID_PASSWORD"),
        ("demo@example.com", " demo-password", "INVALID_PASSWORD"),
        ("demo@example.com", "", "INVALID_PASSWORD"),
        ("sso@example.com", "any", "NO_PASSWORD_SET"),
        ("former@example.com", "former-password", "USER_INACTIVE"),
    ],
)
def test_refused_log_in(email: str, password: str, code: str, client: Client) -> None:
    status, body = client.ask("POST", "/user/login", json={"email": email, "password": password})
    assert (status, body) == (401, {"success": False, "error_code": code})
    assert client.mock.sessions() == []


def test_log_in_that_needs_a_second_factor(client: Client) -> None:
    """Open: how this shows."""
    credentials = {"email": "mfa@example.com", "password": "mfa-password"}
    status, body = client.ask("POST", "/user/login", json=credentials)
    assert (status, body["success"]) == (200, True)
    assert not {"accessToken", "refreshToken", "tokenId"} & set(body)
    assert client.mock.sessions() == []


@pytest.mark.parametrize(
    "body", ["", "[", "[]", "{}", '{"email": "demo@example.com"}', '{"email": ["a"], "password": "b"}', "[" * 100_000]
)
def test_bad_log_in(body: str, client: Client) -> None:
    response = client.send("POST", "/user/login", data=body)
    assert (response.status_code, response.json()["success"]) == (400, False)
    assert response.json()["message"]


def test_log_has_the_session_and_no_password(client: Client) -> None:
    login = log_in(client)
    client.send("POST", "/user/login", json={"email": ["demo-password"], "pasword": "demo-password", "x": {"y": "z"}})
    client.send("POST", "/user/login", json=["demo-password"])
    client.send("POST", "/prefix/user/login/", json=DEMO)
    client.send("GET", "/ai/llm", headers=login.headers)
    client.send("GET", "/ai/llm")
    client.send("GET", "/ai/llm", headers={"Authorization": "Bearer unknown"})
    client.mock.tokens(lifetime=0)
    client.send("GET", "/ai/llm", headers=login.headers)
    client.send("DELETE", f"/token/{login.token_id}")
    log = client.mock.requests()
    assert [entry["session"] for entry in log] == [
        None,
        "static",
        "static",
        "static",
        login.token_id,
        "static",
        None,
        login.token_id,
        "static",
    ]
    assert [entry["status"] for entry in log] == [200, 400, 400, 404, 200, 200, 401, 401, 200]
    assert log[0]["body"] == {"email": "demo@example.com", "password": "********"}
    assert "demo-password" not in json.dumps(log)


def test_token_expires_with_time(client: Client) -> None:
    client.mock.tokens(lifetime=60)
    login = log_in(client)
    assert 50 < login.expires_at - time.time() < 70
    assert status_with(client, login) == 200
    client.mock.tokens(lifetime=0.1)
    time.sleep(0.1)
    response = client.send("GET", "/ai/llm", headers=login.headers)
    assert (response.status_code, response.json()["success"]) == (401, False)
    assert response.json()["message"]
    client.mock.tokens(lifetime=None)
    assert status_with(client, login) == 200


def test_token_expires_with_requests(client: Client) -> None:
    client.mock.tokens(requests=2)
    first, second = log_in(client), log_in(client)
    assert [status_with(client, first) for _time in range(4)] == [200, 200, 401, 401]
    assert status_with(client, second) == 200
    client.mock.tokens(requests=0)
    assert status_with(client, log_in(client)) == 401
    assert client.send("GET", "/ai/llm").status_code == 200


def test_static_token_can_be_refused(client: Client) -> None:
    client.mock.tokens(lifetime=0, requests=0)
    assert client.send("GET", "/ai/llm").status_code == 200
    client.mock.tokens(static=False, lifetime=None, requests=None)
    response = client.send("DELETE", f"/ai/llm/{FREE}")
    assert (response.status_code, response.json()["success"]) == (401, False)
    assert client.mock.requests()[-1]["session"] == "static"
    assert status_with(client, log_in(client)) == 200
    client.mock.reset()
    assert client.send("GET", "/ai/llm").status_code == 200


@pytest.mark.parametrize(
    "limits",
    [
        {"lifetime": -1},
        {"lifetime": "1"},
        {"lifetime": True},
        {"requests": -1},
        {"requests": 1.5},
        {"requests": False},
        {"static": None},
        {"static": 0},
        {"lifetme": 1},
    ],
)
def test_bad_limits_are_refused(limits: dict[str, t.Any], client: Client) -> None:
    with pytest.raises(ControlError, match=next(iter(limits)).replace("lifetme", "lifetime")):
        client.mock.tokens(**{"static": False, **limits})
    assert client.send("GET", "/ai/llm").status_code == 200
    assert client.send("PUT", "/_mock/tokens", json=[]).status_code == 400


def test_revoke(client: Client) -> None:
    login, other = log_in(client), log_in(client)
    status, body = client.ask("DELETE", f"/token/{login.token_id}", headers=login.headers)
    assert (status, body["success"]) == (200, True)
    assert [session["tokenId"] for session in client.mock.sessions()] == [other.token_id]
    # Open: whether the access token outlives the refresh token. Here: yes.
    assert status_with(client, login) == 200
    for token_id in (login.token_id, "no-such", "a%2Fb", "%7B%7D", "..%2F"):
        response = client.send("DELETE", f"/token/{token_id}", headers=other.headers)
        assert (response.status_code, response.json()["success"]) == (404, False)
    assert client.send("DELETE", f"/token/{other.token_id}", headers={"Authorization": ""}).status_code == 401
    # A newer token revokes what an older one has opened.
    assert client.ask("DELETE", f"/token/{other.token_id}", headers=log_in(client).headers)[0] == 200
    assert len(client.mock.sessions()) == 1


def test_user_revokes_only_own_logins(client: Client) -> None:
    odd = {"email": "ö'; @example.com", "password": " pass\"wörd' "}
    users = [{"id": "1", **DEMO}, {"id": "2", **odd}]
    client.mock.reset({"users": users})
    demo, other = log_in(client), log_in(client, odd)
    assert client.send("DELETE", f"/token/{demo.token_id}", headers=other.headers).status_code == 404
    assert client.ask("DELETE", f"/token/{other.token_id}", headers=other.headers)[0] == 200
    # The static token belongs to no user, and may revoke any login.
    assert client.ask("DELETE", f"/token/{demo.token_id}")[0] == 200


def test_reset_forgets_logins_and_keeps_users(client: Client) -> None:
    login = log_in(client)
    client.mock.reset({"ai_llms": [], "workspaces": []})
    assert client.mock.sessions() == []
    assert status_with(client, login) == 401
    assert status_with(client, log_in(client)) == 200
    client.mock.reset({"users": []})
    assert client.send("POST", "/user/login", json=DEMO).json()["error_code"] == "USER_NOT_FOUND"
    client.mock.reset()
    log_in(client)
