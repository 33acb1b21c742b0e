# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an authenticated client logs in, and when it stops. The tests of the modules have the other rules."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Effect, Failure, Origin
from ansible_collections.flashback.platform.plugins.module_utils._http.auth import AuthenticatedClient, Identity
from ansible_collections.flashback.platform.tests.unit.responses import (
    CLOSED,
    DELETE,
    FORBIDDEN,
    GATEWAY_ERROR,
    ID,
    OK,
    RATE_LIMITED,
    REFUSED,
    SERVER_ERROR,
    TOKEN,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import NewSession

LOGIN = "POST /user/login"
BOTH = Identity(TOKEN, "user@example.com", "a-password-of-this-test")
UNAUTHORIZED = response(401, REFUSED)


def logged_in(number: int) -> t.Any:
    return response(200, {"success": True, "accessToken": f"token-{number}", "tokenId": f"session-{number}"})


def delete(client: AuthenticatedClient) -> None:
    client.call("DELETE", "/ai/llm/{}", ID)


def failure_of(client: AuthenticatedClient) -> Failure:
    with pytest.raises(ApiError) as caught:
        delete(client)
    return caught.value.failure


def test_a_request_that_is_refused_twice_ends_logging_in(server: ScriptedServer, new_session: NewSession) -> None:
    client = new_session(BOTH)
    server.expect(DELETE, OK, UNAUTHORIZED)
    server.expect(LOGIN, logged_in(1))
    server.expect(DELETE, UNAUTHORIZED, UNAUTHORIZED)
    delete(client)
    for _again in range(2):
        failure = failure_of(client)
        assert (failure.code, failure.effect, failure.origin) == ("unauthorized", Effect.NONE, Origin.API)
        assert "does not accept its access token" in str(failure)
        assert "multi-factor" in failure.next_step


def test_a_fresh_token_that_was_never_accepted_ends_logging_in(server: ScriptedServer, new_session: NewSession) -> None:
    client = new_session(BOTH._replace(access_token=None))
    server.expect(LOGIN, logged_in(1))
    server.expect(DELETE, UNAUTHORIZED)
    assert "does not accept its access token" in str(failure_of(client))


@pytest.mark.parametrize("answer", [GATEWAY_ERROR, RATE_LIMITED, CLOSED])
@pytest.mark.parametrize("after_another", [True, False])
def test_only_the_api_accepts_a_token(
    after_another: bool, answer: t.Any, server: ScriptedServer, new_session: NewSession
) -> None:
    """A response that may come before the token is checked does not show that it works."""
    client = new_session(BOTH if after_another else BOTH._replace(access_token=None))
    if after_another:
        server.expect(DELETE, OK, UNAUTHORIZED)
        delete(client)
    server.expect(LOGIN, logged_in(1))
    server.expect(DELETE, answer, UNAUTHORIZED)
    failure_of(client)
    assert "does not accept its access token" in str(failure_of(client))


def test_a_late_response_does_not_accept_a_newer_token(server: ScriptedServer, new_session: NewSession) -> None:
    """Another thread sent its request with the token before, and gets the response after the login."""
    client = new_session(BOTH._replace(access_token=None))
    server.expect(LOGIN, logged_in(1))
    client._current_token()
    client._mark_accepted("token-0")
    server.expect(DELETE, UNAUTHORIZED)
    assert "does not accept its access token" in str(failure_of(client))


def test_a_token_that_expires_is_renewed_as_often_as_needed(server: ScriptedServer, new_session: NewSession) -> None:
    client = new_session(BOTH)
    for number in range(1, 5):
        server.expect(DELETE, UNAUTHORIZED)
        server.expect(LOGIN, logged_in(number))
        server.expect(DELETE, OK)
        delete(client)


def test_another_failure_after_a_login_is_no_refusal(server: ScriptedServer, new_session: NewSession) -> None:
    client = new_session(BOTH)
    server.expect(DELETE, UNAUTHORIZED)
    server.expect(LOGIN, logged_in(1))
    server.expect(DELETE, FORBIDDEN)
    assert failure_of(client).code == "forbidden"
    server.expect(DELETE, UNAUTHORIZED)
    server.expect(LOGIN, logged_in(2))
    server.expect(DELETE, OK)
    delete(client)


def test_session_of_the_token_is_revoked_after_all_others(
    server: ScriptedServer, new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the others take longer."""
    client = new_session(BOTH)
    for number in range(1, 4):
        server.expect(DELETE, UNAUTHORIZED)
        server.expect(LOGIN, logged_in(number))
        server.expect(DELETE, OK)
        delete(client)
    revoked: list[str] = []

    def send_once(_method: str, _path: str, token_id: str, **_options: t.Any) -> None:
        time.sleep(0 if token_id == "session-3" else 0.1)
        revoked.append(token_id)

    monkeypatch.setattr(client._client, "send_once", send_once)
    client.close()
    assert sorted(revoked) == ["session-1", "session-2", "session-3"]
    assert revoked[-1] == "session-3"


@pytest.mark.parametrize(("lost", "effect"), [(CLOSED, Effect.PENDING), (SERVER_ERROR, Effect.POSSIBLE)])
@pytest.mark.parametrize("login", [FORBIDDEN, logged_in(1)], ids=["refused", "of no use"])
def test_the_effect_of_an_earlier_attempt_survives_the_login(
    lost: t.Any, effect: Effect, login: t.Any, server: ScriptedServer, new_session: NewSession
) -> None:
    client = new_session(BOTH, retries=1)
    server.expect(DELETE, lost, UNAUTHORIZED)
    server.expect(LOGIN, login)
    if login is not FORBIDDEN:
        server.expect(DELETE, UNAUTHORIZED)
    failure = failure_of(client)
    assert failure.effect is effect
    assert failure.code == ("login_failed" if login is FORBIDDEN else "unauthorized")


@pytest.mark.parametrize("status", [200, 201, 203])
def test_a_login_without_a_usable_token_reports_its_status(
    status: int, server: ScriptedServer, new_session: NewSession
) -> None:
    server.expect(LOGIN, response(status, {"success": True, "accessToken": "two words"}))
    failure = failure_of(new_session(BOTH._replace(access_token=None)))
    assert failure.as_dict() == {
        "code": "login_failed",
        "http_status": status,
        "message": "the response contains no usable access token",
        "outcome_unknown": False,
        "reason": None,
    }
    assert failure.origin is Origin.LOGIN
