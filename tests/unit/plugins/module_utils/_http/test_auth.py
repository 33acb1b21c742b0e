# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an authenticated client logs in, and when it stops. The tests of the modules have the other rules."""

from __future__ import annotations

import functools
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Effect, Failure, Origin
from ansible_collections.flashback.platform.plugins.module_utils._http import auth
from ansible_collections.flashback.platform.plugins.module_utils._http.auth import AuthenticatedClient, Identity
from ansible_collections.flashback.platform.plugins.module_utils._http.threads import for_each, start
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
from ansible_collections.flashback.platform.tests.unit.scripted_server import Request, ScriptedServer, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import FakeClock, NewSession
    from ansible_collections.flashback.platform.tests.unit.scripted_server import Response

LOGIN = "POST /user/login"
BOTH = Identity(TOKEN, "user@example.com", "a-password-of-this-test")
ONLY_LOGIN = BOTH._replace(access_token=None)
UNAUTHORIZED = response(401, REFUSED)


class Api:
    """Answers removals with a script, and logs in whoever asks. The script can depend on the token."""

    def __init__(self, server: ScriptedServer, *script: Response) -> None:
        self.script = list(script)
        self.logins = 0
        self.tokens: list[str] = []
        server.respond = self.respond

    def respond(self, request: Request) -> Response:
        if request.line == LOGIN:
            self.logins += 1
            return response(
                200, {"success": True, "accessToken": f"token-{self.logins}", "tokenId": f"login-{self.logins}"}
            )
        self.tokens.append(request.headers["authorization"].partition(" ")[2])
        return self.remove()

    def remove(self) -> Response:
        return self.script.pop(0)


class OneLogin(Api):
    """Only the newest token is valid: a login ends all others of the user."""

    def remove(self) -> Response:
        return (0.01, *(OK if self.tokens[-1] == f"token-{self.logins}" else UNAUTHORIZED))


def delete(client: AuthenticatedClient, id: str = ID) -> Failure | None:
    try:
        client.call("DELETE", "/ai/llm/{}", id)
    except ApiError as error:
        return error.failure
    return None


A, R = OK, UNAUTHORIZED
AS_OFTEN_AS_NEEDED = [A, R, A, R, A, R, A, R, A, R, A]


@pytest.mark.parametrize(
    ("script", "logins", "seen"),
    [
        (AS_OFTEN_AS_NEEDED, 5, None),
        ([R, R, R, A], 3, None),
        ([R, R, R, R], 3, "does not accept their access tokens. "),
        ([A, R, R, R, A, R, R, R, A], 6, None),
        ([A, R, R, R, R], 3, "does not accept their access tokens, although it accepted an earlier one."),
        # Any response of the API itself shows that it accepts the token.
        ([R, R, FORBIDDEN, R, R, R, A], 5, None),
        # What may come before the token is checked does not.
        *[
            ([R, R, other, R, R], 3, "does not accept their access tokens. ")
            for other in (GATEWAY_ERROR, RATE_LIMITED, CLOSED)
        ],
    ],
)
def test_logins_end_after_three_in_a_row_without_an_accepted_request(
    script: list[Response], logins: int, seen: str | None, server: ScriptedServer, new_session: NewSession
) -> None:
    client = new_session(BOTH)
    api = Api(server, *script)
    failure = None
    while api.script:
        failure = delete(client)
    assert api.logins == logins
    if seen is None:
        assert failure is None
        return
    assert failure
    assert (failure.code, failure.effect, failure.origin) == ("unauthorized", Effect.NONE, Origin.API)
    assert f"3 logins in a row succeeded, but the API {seen}" in f"{failure} "
    assert "each login may end the other" in failure.next_step
    assert ("multi-factor" in failure.next_step) is ("although" not in seen)
    # There is no further login.
    api.script = [R]
    assert delete(client)
    assert api.logins == logins


def test_one_request_that_is_refused_with_ten_tokens_ends_logging_in(
    server: ScriptedServer, new_session: NewSession, clock: FakeClock
) -> None:
    """The requests of other threads are accepted all the time."""
    client = new_session(BOTH)
    api = Api(server, *[R] * 10)
    clock.on_sleep = client._mark_accepted
    assert "refused this request with 10 access tokens" in str(delete(client))
    api.script = [R]
    failure = delete(client)
    assert "refused this request with 10 access tokens" in str(failure)
    assert "each login may end the other" in str(failure)
    assert (api.logins, min(clock.sleeps) >= 1) == (9, True)


@pytest.mark.parametrize("before", [[], [R], [R, R, R]])
def test_a_newer_token_of_another_thread_is_tried_first(
    before: list[Response], server: ScriptedServer, new_session: NewSession
) -> None:
    """Also after a second 401, and if there is no further login."""
    client = new_session(BOTH)
    api = Api(server, *before, R, A)

    def remove() -> Response:
        if len(api.script) == 2:
            client._token = "token-of-another-thread"
        return api.script.pop(0)

    api.remove = remove  # type: ignore[method-assign]
    assert delete(client) is None
    assert (api.logins, api.tokens[-1]) == (len(before), "token-of-another-thread")


@pytest.mark.parametrize("given", [True, False])
def test_two_tasks_finish_although_each_login_ends_the_other(
    given: bool, server: ScriptedServer, new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has eight workers, and they begin at the same time."""
    monkeypatch.setattr(auth, "time", time)
    api = OneLogin(server)
    tasks = [new_session(BOTH if given else ONLY_LOGIN) for _task in range(2)]
    ids = [str(number) for number in range(200)]
    running = [start(for_each, functools.partial(delete, task), ids) for task in tasks]
    assert [failure for task in running for failure in task.result(60) if failure] == []
    # They take turns.
    assert api.logins < 10


def test_logins_are_revoked_with_the_newest_token_and_its_login_last(
    server: ScriptedServer, new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the others take longer."""
    client = new_session(BOTH)
    Api(server, *[R, A] * 3)
    for _again in range(3):
        delete(client)
    revoked: list[tuple[str, str]] = []
    timeouts: dict[str, float] = {}

    def send_once(_method: str, _path: str, token_id: str, token: str, timeout: float) -> None:
        time.sleep(0 if token_id == "login-3" else 0.1)
        revoked.append((token_id, token))
        timeouts[token_id] = timeout

    monkeypatch.setattr(client._client, "send_once", send_once)
    client.close()
    assert sorted(revoked) == [(f"login-{number}", "token-3") for number in (1, 2, 3)]
    assert revoked[-1][0] == "login-3"
    # All of them share one timeout.
    assert timeouts["login-3"] < auth.REVOCATION_TIMEOUT - 0.05


@pytest.mark.parametrize(("lost", "effect"), [(CLOSED, Effect.PENDING), (SERVER_ERROR, Effect.POSSIBLE)])
@pytest.mark.parametrize("login", [FORBIDDEN, None], ids=["refused", "of no use"])
def test_the_effect_of_an_earlier_attempt_survives_the_login(
    lost: Response, effect: Effect, login: Response | None, server: ScriptedServer, new_session: NewSession
) -> None:
    client = new_session(BOTH, retries=1)
    if login:
        server.expect(DELETE, lost, UNAUTHORIZED)
        server.expect(LOGIN, login)
    else:
        Api(server, lost, *[R] * 4)
    failure = delete(client)
    assert failure
    assert (failure.effect, failure.code) == (effect, "login_failed" if login else "unauthorized")


@pytest.mark.parametrize("status", [200, 201, 203])
def test_a_login_without_a_usable_token_reports_its_status(
    status: int, server: ScriptedServer, new_session: NewSession
) -> None:
    server.expect(LOGIN, response(status, {"success": True, "accessToken": "two words"}))
    failure = delete(new_session(ONLY_LOGIN))
    assert failure
    assert failure.as_dict() == {
        "code": "login_failed",
        "http_status": status,
        "message": "the response contains no usable access token",
        "outcome_unknown": False,
        "reason": None,
    }
    assert failure.origin is Origin.LOGIN
