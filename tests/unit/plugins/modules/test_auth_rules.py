# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of authentication, each with the requests in order."""

from __future__ import annotations

import os
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._http.threads import MAX_CONCURRENCY
from ansible_collections.flashback.platform.plugins.modules import (
    ai_llm,
    ai_llm_info,
    ai_llms,
    session,
    workspace_info,
)
from ansible_collections.flashback.platform.tests.unit.fake_api import (
    EMAIL,
    LOGIN,
    PASSWORD,
    PASSWORD_CORE,
    UNAUTHORIZED,
    After,
    FakeApi,
    login_answer,
)
from ansible_collections.flashback.platform.tests.unit.responses import (
    ABSENT,
    GATEWAY_ERROR,
    HANG,
    RATE_LIMITED,
    RESET,
    SERVER_ERROR,
    TOKEN,
    WORKSPACE,
    item,
    repo,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import MAX_WAIT, Act, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import FakeClock, StartServer
    from ansible_collections.flashback.platform.tests.unit.helpers import TaskResult
    from ansible_collections.flashback.platform.tests.unit.scripted_server import Response

NEW = {"name": "New", "ai_type": "OPENAI", "endpoint": "https://one.example.com", "secret": "sk-new"}
REVOCATION = "DELETE /token/session-1 [token-1]"
MANY = [f"id-{number:02}" for number in range(40)]

# One call of each module that sends a request, and the line of its first one.
CALLS: dict[str, tuple[t.Callable[[], None], dict[str, t.Any], str]] = {
    "ai_llm, id": (ai_llm.main, {"id": "id-1", "state": "absent"}, "DELETE /ai/llm/id-1"),
    "ai_llm, name": (
        ai_llm.main,
        {"name": "New", "workspace_id": WORKSPACE, "state": "absent"},
        f"GET /ai/llm?workspaceId={WORKSPACE}",
    ),
    "ai_llm, ids": (ai_llm.main, {"ids": ["id-1"], "state": "absent"}, "DELETE /ai/llm/id-1"),
    "ai_llms": (ai_llms.main, {"ai_llms": [], "workspace_id": WORKSPACE}, f"GET /ai/llm?workspaceId={WORKSPACE}"),
    "ai_llm_info": (ai_llm_info.main, {}, "GET /ai/llm"),
    "workspace_info": (workspace_info.main, {}, "GET /workspace"),
}


@pytest.fixture
def api(start_server: StartServer) -> FakeApi:
    return start_server(FakeApi, item(id="id-1", name="One"))


def limit_tokens(api: FakeApi, requests: int) -> None:
    """Let the token of each login expire after so many requests, but no request meet two tokens that have expired."""
    served: dict[str, int] = {}
    refused: set[str] = set()

    def expire(line: str) -> None:
        token = api.token_of(api.requests[-1])
        served[token] = served.get(token, 0) + 1
        if served[token] > requests and line not in refused:
            refused.add(line)
            api.valid.discard(token)
        elif line in refused:
            api.valid.add(token)

    api.hook = expire


# Rule 1: the token that was given, else a login before the first request


@pytest.mark.parametrize("call", CALLS)
def test_a_given_token_is_used_and_no_login_made(api: FakeApi, call: str) -> None:
    main, options, first = CALLS[call]
    ended = api.run(main, token=TOKEN, login=True, **options)
    assert not ended.failed
    assert all(line.endswith("[given]") for line in api.lines)
    assert api.lines[0] == f"{first} [given]"


@pytest.mark.parametrize("call", CALLS)
def test_without_a_token_the_login_is_the_first_request(api: FakeApi, call: str) -> None:
    main, options, first = CALLS[call]
    ended = api.run(main, login=True, **options)
    assert not ended.failed
    assert api.lines[:2] == [LOGIN, f"{first} [token-1]"]
    assert api.lines[-1] == REVOCATION
    assert api.lines.count(LOGIN) == 1
    assert api.body(0) == {"email": EMAIL, "password": PASSWORD}
    assert "authorization" not in api.requests[0].headers


@pytest.mark.parametrize("check", [False, True])
def test_no_ids_send_nothing(api: FakeApi, check: bool) -> None:
    ended = api.run(ai_llm.main, login=True, ids=[], state="absent", check=check)
    assert (ended.failed, ended.changed, ended.outcomes, api.lines) == (False, False, [], [])


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_token_counts_as_not_given(api: FakeApi, blank: str) -> None:
    ended = api.run(ai_llm_info.main, login=True, access_token=blank)
    assert not ended.failed
    assert api.lines == [LOGIN, "GET /ai/llm [token-1]", REVOCATION]


@pytest.mark.parametrize("blank", ["", " \t"])
def test_a_blank_email_and_password_count_as_not_given(api: FakeApi, blank: str) -> None:
    api.valid.clear()
    ended = api.run(ai_llm_info.main, token=TOKEN, email=blank, password=blank)
    assert ended.code == "unauthorized"
    assert api.lines == ["GET /ai/llm [given]"]


# Rule 2: after a 401, a login and the same request once more


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"id": "id-1", "state": "absent"}, "DELETE /ai/llm/id-1"),
        ({"ids": ["id-1"], "state": "absent"}, "DELETE /ai/llm/id-1"),
        ({"id": "id-1", "name": "Two"}, "PUT /ai/llm/id-1"),
        ({"workspace_id": WORKSPACE, **NEW}, "POST /ai/llm"),
        ({"id": "id-1", "validate": True}, "POST /ai/llm/id-1/validate"),
    ],
)
def test_after_a_401_the_request_is_repeated_with_the_token_of_a_login(
    api: FakeApi, options: dict[str, t.Any], line: str
) -> None:
    api.next(line, UNAUTHORIZED)
    ended = api.run(ai_llm.main, token=TOKEN, login=True, **options)
    assert not ended.failed
    start = api.lines.index(f"{line} [given]")
    assert api.lines[start : start + 3] == [f"{line} [given]", LOGIN, f"{line} [token-1]"]
    assert api.lines[-1] == REVOCATION
    assert api.requests[start].body == api.requests[start + 2].body


@pytest.mark.parametrize("call", CALLS)
def test_the_first_request_of_each_module_is_repeated_after_a_401(api: FakeApi, call: str) -> None:
    main, options, first = CALLS[call]
    api.valid.clear()
    ended = api.run(main, token=TOKEN, login=True, **options)
    assert not ended.failed
    assert api.lines[:3] == [f"{first} [given]", LOGIN, f"{first} [token-1]"]


def test_a_401_without_a_password_is_final(api: FakeApi) -> None:
    api.valid.clear()
    ended = api.run(ai_llm.main, token=TOKEN, id="id-1", state="absent")
    assert (ended.code, ended.changed) == ("unauthorized", False)
    assert "email and password" in ended.values["msg"]
    assert api.lines == ["DELETE /ai/llm/id-1 [given]"]


def test_a_401_uses_up_no_retry(api: FakeApi) -> None:
    api.next("DELETE /ai/llm/id-1", UNAUTHORIZED, GATEWAY_ERROR)
    ended = api.run(ai_llm.main, token=TOKEN, login=True, retries=1, id="id-1", state="absent")
    assert (ended.failed, ended.changed) == (False, True)
    delete = "DELETE /ai/llm/id-1"
    assert api.lines == [f"{delete} [given]", LOGIN, f"{delete} [token-1]", f"{delete} [token-1]", REVOCATION]


def test_a_removal_that_was_lost_before_the_401_has_changed_something(api: FakeApi) -> None:
    api.next("DELETE /ai/llm/id-1", After(RESET), UNAUTHORIZED)
    ended = api.run(ai_llm.main, token=TOKEN, login=True, retries=1, id="id-1", state="absent")
    assert (ended.failed, ended.changed) == (False, True)
    delete = "DELETE /ai/llm/id-1"
    assert api.lines == [f"{delete} [given]", f"{delete} [given]", LOGIN, f"{delete} [token-1]", REVOCATION]


def test_a_removal_that_was_lost_stays_unknown_if_the_login_fails(api: FakeApi) -> None:
    api.next("DELETE /ai/llm/id-1", After(RESET), UNAUTHORIZED)
    api.next("GET /ai/llm", UNAUTHORIZED)
    api.next(LOGIN, response(401, {"success": False, "error_code": "INVALID_PASSWORD"}))
    ended = api.run(ai_llm.main, token=TOKEN, login=True, retries=1, id="id-1", state="absent")
    assert (ended.code, ended.changed) == ("login_failed", False)
    assert ended.error["outcome_unknown"] is True
    assert api.lines.count(LOGIN) == 1


@pytest.mark.parametrize("listed", [True, False])
def test_a_403_of_the_login_is_not_that_of_the_removal(listed: bool, api: FakeApi) -> None:
    api.next("DELETE /ai/llm/id-1", RESET, UNAUTHORIZED)
    api.next(LOGIN, response(403, {"success": False, "error_code": "INVALID_PASSWORD"}))
    if not listed:
        api.next("GET /ai/llm", UNAUTHORIZED)
    ended = api.run(ai_llm.main, token=TOKEN, login=True, retries=1, id="id-1", state="absent")
    assert (ended.code, ended.changed, ended.error["outcome_unknown"]) == ("login_failed", False, True)
    assert "Check password" in ended.msg
    assert "id-1" in api.configurations


def test_a_creation_after_a_401_is_made_once(api: FakeApi) -> None:
    api.next("POST /ai/llm", UNAUTHORIZED, After(RESET))
    ended = api.run(ai_llm.main, token=TOKEN, login=True, retries=3, workspace_id=WORKSPACE, **NEW)
    assert (ended.failed, ended.changed) == (False, True)
    assert [line for line in api.lines if line.startswith("POST /ai")] == [
        "POST /ai/llm [given]",
        "POST /ai/llm [token-1]",
    ]


# Rule 3: one login for all, and an end to logging in


def test_workers_share_one_login_when_the_token_expires(api: FakeApi) -> None:
    api.configurations = {id: item(id=id, name=id) for id in MANY}
    deleted = 0

    def expire(line: str) -> None:
        nonlocal deleted
        deleted += line.startswith("DELETE /ai")
        if deleted == 20:
            api.valid.discard(TOKEN)

    api.hook = expire
    ended = api.run(ai_llm.main, token=TOKEN, login=True, ids=MANY, state="absent")
    assert not ended.failed
    assert {outcome["outcome"] for outcome in ended.values["outcomes"]} == {"deleted"}
    assert api.lines.count(LOGIN) == 1
    assert not api.configurations
    # Only what was in flight when the token expired is repeated.
    assert len([line for line in api.lines if line.startswith("DELETE /ai")]) <= len(MANY) + 8


def test_tokens_are_renewed_as_often_as_a_long_task_needs_it(api: FakeApi) -> None:
    ids = [f"id-{number}" for number in range(200)]
    api.configurations = {id: item(id=id, name=id) for id in ids}
    limit_tokens(api, 40)
    ended = api.run(ai_llm.main, login=True, ids=ids, state="absent")
    assert not ended.failed
    assert not api.configurations
    assert api.lines.count(LOGIN) >= 5


# Rule 4: the sessions that were opened are revoked


def test_sessions_are_revoked_with_the_newest_token_after_success(api: FakeApi) -> None:
    api.next("PUT .*", UNAUTHORIZED)
    ended = api.run(ai_llm.main, login=True, id="id-1", name="Two", validate=True)
    assert not ended.failed
    assert api.lines[:-2] == [
        LOGIN,
        "GET /ai/llm [token-1]",
        "PUT /ai/llm/id-1 [token-1]",
        LOGIN,
        "PUT /ai/llm/id-1 [token-2]",
        "GET /ai/llm [token-2]",
        "POST /ai/llm/id-1/validate [token-2]",
    ]
    # The session of the token comes last: its end may be the end of the token.
    assert api.lines[-2:] == ["DELETE /token/session-1 [token-2]", "DELETE /token/session-2 [token-2]"]


@pytest.mark.parametrize("call", ["ai_llm", "ai_llms", "options that are missing"])
def test_sessions_are_revoked_after_a_failure(api: FakeApi, call: str) -> None:
    api.configurations["id-1"]["repos"] = [repo(1)]
    if call == "ai_llm":
        ended = api.run(ai_llm.main, login=True, id="id-1", state="absent")
    elif call == "ai_llms":
        ended = api.run(ai_llms.main, login=True, workspace_id=WORKSPACE, ai_llms=[], prune=True)
    else:
        # They are known to be missing once the list has been read.
        ended = api.run(ai_llm.main, login=True, workspace_id=WORKSPACE, name="New")
    assert ended.failed
    assert api.lines[-1] == REVOCATION
    assert api.lines.count(REVOCATION) == 1


@pytest.mark.parametrize(
    "answered",
    [
        ABSENT,
        response(429, {"success": False}, {"Retry-After": "30"}),
        GATEWAY_ERROR,
        response(200, b"\xff\x00"),
        RESET,
        (b"this is no HTTP\r\n\r\n", Act.CLOSE),
    ],
)
def test_a_revocation_that_fails_changes_nothing_and_is_tried_once(
    api: FakeApi, answered: Response, clock: FakeClock
) -> None:
    api.next("DELETE /token/.*", answered)
    ended = api.run(ai_llm.main, login=True, retries=3, id="id-1", state="absent")
    assert (ended.failed, ended.changed) == (False, True)
    assert api.lines == [LOGIN, "DELETE /ai/llm/id-1 [token-1]", REVOCATION]
    assert not clock.sleeps
    assert "warnings" not in ended.values


def test_a_refused_revocation_causes_no_login(api: FakeApi) -> None:
    api.next("DELETE /token/.*", *[UNAUTHORIZED] * 10)
    ended = api.run(ai_llm.main, login=True, retries=3, id="id-1", state="absent")
    assert (ended.failed, ended.changed) == (False, True)
    assert api.lines == [LOGIN, "DELETE /ai/llm/id-1 [token-1]", REVOCATION]


def test_revocations_that_hang_delay_the_task_by_a_few_seconds(api: FakeApi) -> None:
    """However many there are: a long task has the sessions of many logins. After the first eight, no time is left."""
    ids = [f"id-{number}" for number in range(400)]
    api.configurations = {id: item(id=id, name=id) for id in ids}
    limit_tokens(api, 20)
    api.next("DELETE /token/.*", *[HANG] * 100)
    expire = api.hook
    first_revocation = 0.0

    def note_time(line: str) -> None:
        nonlocal first_revocation
        expire(line)
        if line.startswith("DELETE /token/") and not first_revocation:
            first_revocation = time.monotonic()

    api.hook = note_time
    ended = api.run(ai_llm.main, login=True, ids=ids, state="absent", timeout=60)
    assert time.monotonic() - first_revocation < MAX_WAIT / 2
    assert not ended.failed
    assert api.lines.count(LOGIN) > 2 * MAX_CONCURRENCY
    assert len([line for line in api.lines if line.startswith("DELETE /token/")]) <= MAX_CONCURRENCY + 1


# Rule 5: check mode


@pytest.mark.parametrize("call", CALLS)
def test_check_mode_logs_in_reads_and_logs_out(api: FakeApi, call: str) -> None:
    main, options, _first = CALLS[call]
    ended = api.run(main, login=True, check=True, **options)
    assert not ended.failed
    assert api.lines[0] == LOGIN
    assert api.lines[-1] == REVOCATION
    assert all(line.startswith("GET ") for line in api.lines[1:-1])


def test_check_mode_logs_in_again_after_a_401(api: FakeApi) -> None:
    api.valid.clear()
    ended = api.run(ai_llms.main, token=TOKEN, login=True, check=True, workspace_id=WORKSPACE, ai_llms=[], prune=True)
    assert (ended.failed, ended.changed) == (False, True)
    get = f"GET /ai/llm?workspaceId={WORKSPACE}"
    assert api.lines == [f"{get} [given]", LOGIN, f"{get} [token-1]", REVOCATION]


# Rule 6: a login that fails


@pytest.mark.parametrize(
    ("reason", "next_step"),
    [
        ("USER_NOT_FOUND", "Check email"),
        ("INVALID_PASSWORD", "Check password"),
        ("USER_INACTIVE", "administrator"),
        ("NO_PASSWORD_SET", "Google, GitHub or Microsoft"),
        ("SOMETHING_NEW", "Check email and password"),
        (None, "Check email and password"),
        (5, "Check email and password"),
    ],
)
def test_a_refused_login_names_the_reason_and_what_to_do(api: FakeApi, reason: t.Any, next_step: str) -> None:
    api.next(LOGIN, response(401, {"success": False, "error_code": reason}))
    ended = api.run(ai_llm_info.main, login=True, retries=3)
    assert ended.code == "login_failed"
    assert ended.error["reason"] == (reason if isinstance(reason, str) else None)
    assert ended.error["http_status"] == 401
    assert next_step in ended.values["msg"]
    assert api.lines == [LOGIN]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 423])
def test_a_4xx_refuses_the_login_and_is_sent_once(api: FakeApi, status: int) -> None:
    api.next(LOGIN, response(status, {"success": False, "message": "No"}))
    ended = api.run(ai_llm_info.main, login=True, retries=3)
    assert (ended.code, ended.error["reason"]) == ("login_failed", None)
    assert api.lines == [LOGIN]


@pytest.mark.parametrize("status", [200, 201])
def test_a_2xx_that_says_no_success_refuses_the_login(api: FakeApi, status: int) -> None:
    """Even with a token (decision 1). How a login asks for a second factor is not documented, so the hint comes too."""
    body = login_answer(1, success=False, error_code="MFA_REQUIRED", message="Second factor needed")
    api.next(LOGIN, response(status, body))
    ended = api.run(ai_llm_info.main, login=True, retries=3)
    assert (ended.code, ended.error["reason"]) == ("login_failed", "MFA_REQUIRED")
    assert "Second factor needed" in ended.values["msg"]
    assert "multi-factor" in ended.values["msg"]
    assert api.lines == [LOGIN]


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (RATE_LIMITED, "rate_limited"),
        (SERVER_ERROR, "server_error"),
        (GATEWAY_ERROR, "server_error"),
        (response(404, "<h1>Not found</h1>", {"Content-Type": "text/html"}), "invalid_response"),
        (response(302, b"", {"Location": "/elsewhere"}), "invalid_response"),
        (response(200, [1]), "invalid_response"),
        ((b"nonsense\r\n\r\n", Act.CLOSE), "invalid_response"),
        (RESET, "unreachable"),
    ],
)
def test_other_answers_to_a_login_have_the_codes_of_other_requests(api: FakeApi, answered: Response, code: str) -> None:
    api.next(LOGIN, answered)
    ended = api.run(ai_llm_info.main, login=True)
    assert (ended.code, ended.error["outcome_unknown"]) == (code, False)
    assert "reason" not in ended.error
    assert "the login failed" in ended.values["msg"]
    assert api.lines == [LOGIN]


@pytest.mark.parametrize("answered", [RESET, GATEWAY_ERROR, response(503, b""), RATE_LIMITED])
def test_a_login_is_repeated_after_a_transient_failure(api: FakeApi, answered: Response) -> None:
    api.next(LOGIN, answered)
    ended = api.run(ai_llm_info.main, login=True, retries=1)
    assert not ended.failed
    assert api.lines == [LOGIN, LOGIN, "GET /ai/llm [token-1]", REVOCATION]


@pytest.mark.parametrize(
    "token",
    [None, "", " ", "two words", "line\nbreak", "ü", "\ud800", "a\u2028b", "\x00", 5, 1.5, True, ["a"], {"a": "b"}],
)
@pytest.mark.parametrize("main", [ai_llm_info.main, session.main])
def test_a_login_without_a_usable_token_fails_cleanly(api: FakeApi, token: t.Any, main: t.Callable[[], None]) -> None:
    api.next(LOGIN, response(200, login_answer(1, accessToken=token)))
    ended = api.run(main, login=True)
    assert (ended.code, ended.error["reason"]) == ("login_failed", None)
    assert "multi-factor" in ended.values["msg"]
    assert api.lines == [LOGIN]


def test_a_token_with_white_space_around_it_is_stripped(api: FakeApi) -> None:
    api.next(LOGIN, After(response(200, login_answer(1, accessToken=" token-1\n"))))
    ended = api.run(ai_llm_info.main, login=True)
    assert not ended.failed
    assert api.lines == [LOGIN, "GET /ai/llm [token-1]", REVOCATION]


@pytest.mark.parametrize("token_id", [None, "", " ", ".", "..", "\ud800", "a\nb", 5, True, ["a"], {"a": "b"}])
def test_an_unusable_token_id_is_not_revoked(api: FakeApi, token_id: t.Any) -> None:
    api.next(LOGIN, After(response(200, login_answer(1, tokenId=token_id))))
    ended = api.run(ai_llm_info.main, login=True)
    assert not ended.failed
    assert api.lines == [LOGIN, "GET /ai/llm [token-1]"]


# Rule 7: when the login fails before any write, and in the middle


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(
    ("main", "options"),
    [
        (ai_llm.main, {"ids": MANY, "state": "absent"}),
        (ai_llms.main, {"ai_llms": [NEW, {**NEW, "name": "Other"}], "workspace_id": WORKSPACE}),
    ],
)
def test_a_login_that_fails_before_any_write_ends_the_task_with_its_own_code(
    api: FakeApi, main: t.Callable[[], None], options: dict[str, t.Any], given: bool
) -> None:
    api.valid.clear()
    api.next(LOGIN, response(401, {"success": False, "error_code": "INVALID_PASSWORD"}))
    ended = api.run(main, token=TOKEN if given else None, login=True, **options)
    assert (ended.code, ended.changed) == ("login_failed", False)
    assert "outcomes" not in ended.values
    assert api.lines.count(LOGIN) == 1


def test_the_same_if_what_needs_no_change_needed_no_token(api: FakeApi) -> None:
    api.next("POST /ai/llm", UNAUTHORIZED)
    api.next(LOGIN, response(401, {"success": False, "error_code": "INVALID_PASSWORD"}))
    items = [{"name": "One"}, {"name": "Gone", "state": "absent"}, NEW]
    ended = api.run(ai_llms.main, token=TOKEN, login=True, workspace_id=WORKSPACE, ai_llms=items)
    assert (ended.code, ended.changed) == ("login_failed", False)


def test_a_login_that_fails_in_the_middle_is_the_error_of_each_item_that_needed_it(api: FakeApi) -> None:
    api.configurations = {id: item(id=id, name=id) for id in MANY}
    deleted = 0

    def expire(line: str) -> None:
        nonlocal deleted
        deleted += line.startswith("DELETE /ai")
        if deleted == 20:
            api.valid.clear()

    api.hook = expire
    api.next(LOGIN, *[response(401, {"success": False, "error_code": "USER_INACTIVE"})] * 40)
    ended = api.run(ai_llm.main, token=TOKEN, login=True, ids=MANY, state="absent")
    assert (ended.code, ended.changed) == ("partial_failure", True)
    outcomes = ended.values["outcomes"]
    assert sum(outcome["outcome"] == "deleted" for outcome in outcomes) == 19
    assert {outcome["error"]["code"] for outcome in outcomes if "error" in outcome} == {"login_failed"}
    assert {outcome["error"]["reason"] for outcome in outcomes if "error" in outcome} == {"USER_INACTIVE"}
    assert api.lines.count(LOGIN) == 1


def test_a_login_that_fails_after_a_write_does_not_hide_the_write(api: FakeApi) -> None:
    api.next("POST /ai/llm/.*/validate", UNAUTHORIZED)
    api.next(LOGIN, response(401, {"success": False, "error_code": "USER_INACTIVE"}))
    ended = api.run(ai_llm.main, token=TOKEN, login=True, workspace_id=WORKSPACE, validate=True, **NEW)
    assert (ended.code, ended.changed) == ("login_failed", True)
    assert ended.values["ai_llm"]["name"] == "New"


# Rule 8: where the options come from


def test_the_environment_gives_credentials(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHBACK_EMAIL", EMAIL)
    monkeypatch.setenv("FLASHBACK_PASSWORD", PASSWORD)
    monkeypatch.setenv("FLASHBACK_ACCESS_TOKEN", "")
    assert not api.run(ai_llm_info.main).failed
    assert api.body(0) == {"email": EMAIL, "password": PASSWORD}


# Rule 9: tokens and passwords are secrets. test__redact.py has all forms of a secret.


# The tokens that the fake API issues are short: a longer one, whose core stays legible in every form.
ACCESS_CORE, REFRESH_CORE = "c0reOfTheAccessT0ken", "c0reOfTheRefreshT0ken"
ACCESS, REFRESH = f'ey"/<&+=%{ACCESS_CORE}', f'ey ä"/<&+=%{REFRESH_CORE}'
CORES = (PASSWORD_CORE, ACCESS_CORE, REFRESH_CORE)


def run_with_secrets(api: FakeApi, main: t.Callable[[], None], **options: t.Any) -> TaskResult:
    """Run a module with a login that returns the long tokens."""
    api.valid.add(ACCESS)
    api.next(LOGIN, response(200, login_answer(1, accessToken=ACCESS, refreshToken=REFRESH)))
    return api.run(main, login=True, diff=True, **options)


BODIES: dict[str, t.Callable[[str], t.Any]] = {
    "message": lambda text: {"success": False, "message": text},
    "error_message": lambda text: {"success": False, "error_message": text},
    "error": lambda text: {"success": False, "error": text},
    "error_code": lambda text: {"success": False, "error_code": text},
    "no error": lambda text: {"message": text},
    "text": lambda text: text,
    "HTML": lambda text: f"<p>{text}</p>",
    "title": lambda text: f"<title>{text}</title>",
    "HTML in latin-1": lambda text: f"<p>{text}</p>".encode("latin-1"),
}


@pytest.mark.parametrize("status", [200, 403, 500])
def test_tokens_in_a_login_that_fails_are_hidden(api: FakeApi, status: int) -> None:
    body = {"success": False, "accessToken": ACCESS, "message": f"a second factor is needed for {ACCESS}"}
    api.next(LOGIN, response(status, body))
    ended = api.run(ai_llm_info.main, login=True)
    assert ended.failed
    assert "a second factor is needed for ********" in ended.output


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429])
def test_no_status_makes_a_module_show_a_secret(api: FakeApi, body: str, status: int) -> None:
    api.next("(POST|DELETE) /ai/llm/.*", *[response(status, BODIES[body](f"{PASSWORD} {ACCESS} {REFRESH}"))] * 4)
    for options in ({"state": "absent"}, {"validate": True}):
        ended = run_with_secrets(api, ai_llm.main, id="id-1", **options)
        assert not [core for core in CORES if core in ended.output]


def test_a_secret_is_hidden_in_every_field_that_comes_from_the_api(api: FakeApi) -> None:
    echo = f"{PASSWORD} {ACCESS} {REFRESH}"
    users = [{"userId": echo, "role": echo, "user": {"name": echo, "email": echo}}]
    api.workspaces = [{"id": "w", "name": echo, "orgId": echo, "users": users}]
    repos = [{"id": echo, "name": echo, "createdAt": echo}]
    fields = {"orgId": echo, "userId": echo, "aiType": echo, "endpoint": echo, "createdAt": echo}
    workspace = {"workspace_id": WORKSPACE, "prune": True}
    for main, options in (
        (ai_llm_info.main, {}),
        (workspace_info.main, {}),
        (ai_llms.main, {**workspace, "ai_llms": [], "check": True}),
        (ai_llms.main, {**workspace, "ai_llms": [], "prune_limit": 1}),
        (ai_llms.main, {**workspace, "ai_llms": [{"name": "x", "endpoint": "https://new"}]}),
    ):
        api.configurations = {
            echo: item(id=echo, name=echo, repos=repos, **fields),
            "id-2": item(id="id-2", name="x", **fields),
        }
        ended = run_with_secrets(api, main, **options)
        assert not [core for core in CORES if core in ended.output]


def test_a_login_token_hides_no_return_value(api: FakeApi) -> None:
    """A token can be any word, the name of a return value too."""
    for word in ("failed", "changed", "msg", "error", "code"):
        api.valid.add(word)
        api.next(LOGIN, response(200, login_answer(1, accessToken=word, refreshToken=word)))
        api.next("GET /ai/llm", response(500, {"success": False, "message": "No"}))
        ended = api.run(ai_llm_info.main, login=True)
        assert ended.failed
        assert ended.error["http_status"] == 500


def test_the_error_code_of_a_refused_login_hides_the_password(api: FakeApi) -> None:
    api.next(LOGIN, response(401, {"success": False, "error_code": PASSWORD, "message": f"No user has {PASSWORD}"}))
    ended = api.run(ai_llm_info.main, login=True)
    assert ended.code == "login_failed"
    assert PASSWORD_CORE not in ended.output


def test_only_session_returns_a_token(api: FakeApi) -> None:
    api.next(LOGIN, response(200, login_answer(1, accessToken=ACCESS, refreshToken=REFRESH)))
    ended = api.run(session.main, login=True)
    assert ended.values["access_token"] == ACCESS
    assert ended.values["token_id"] == "session-1"
    assert REFRESH_CORE not in ended.output
    assert PASSWORD_CORE not in ended.output
    assert api.lines == [LOGIN]


def test_session_ignores_a_token_from_elsewhere(api: FakeApi) -> None:
    ended = api.run(session.main, login=True, access_token="Bearer not-a-token")
    assert not ended.failed
    assert api.lines == [LOGIN]


@pytest.mark.parametrize("token", [b"\xff", b"'quoted'", b"********", b""])
def test_session_ignores_a_token_of_the_environment(
    api: FakeApi, token: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environb, b"FLASHBACK_ACCESS_TOKEN", token)
    assert not api.run(session.main, login=True).failed
    assert api.lines == [LOGIN]


@pytest.mark.parametrize("token_id", [None, "", " "])
def test_there_is_nothing_to_revoke_whatever_the_environment_has(
    api: FakeApi, token_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A playbook logs out in "always", after a login that may have failed."""
    monkeypatch.setitem(os.environb, b"FLASHBACK_ACCESS_TOKEN", b"\xff")
    monkeypatch.setenv("FLASHBACK_TIMEOUT", "soon")
    assert not api.run(session.main, state="absent", token_id=token_id).failed
    assert not api.lines


@pytest.mark.parametrize("token_id", [{"id": "a"}, ["a"], True, "a b", "['a']", "********"])
def test_session_refuses_what_is_no_id(api: FakeApi, token_id: t.Any) -> None:
    ended = api.run(session.main, token=TOKEN, state="absent", token_id=token_id)
    assert ended.failed
    assert ended.msg.startswith("token_id must be ")
    assert not api.lines
