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
    NOT_HTTP,
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
    return start_server(item(id="id-1", name="One"), kind=FakeApi)


def expire_token(api: FakeApi, removals: int) -> None:
    """Let the token that was given expire with this removal."""
    left = removals

    def expire(line: str) -> None:
        nonlocal left
        left -= line.startswith("DELETE /ai")
        if not left:
            api.valid.discard(TOKEN)

    api.hook = expire


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


# Rules 1, 2 and 5: which token a module uses


RUNS: dict[str, tuple[dict[str, t.Any], list[str]]] = {
    "a token": ({"token": TOKEN, "login": True}, ["{first} [given]"]),
    "a login": ({"login": True}, [LOGIN, "{first} [token-1]"]),
    "a blank token": ({"login": True, "access_token": " \n"}, [LOGIN, "{first} [token-1]"]),
    "a token that is refused": ({"token": "expired", "login": True}, ["{first} [expired]", LOGIN, "{first} [token-1]"]),
    "check mode": ({"login": True, "check": True}, [LOGIN]),
    "check mode, and a token that is refused": ({"token": "expired", "login": True, "check": True}, ["GET "]),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("run", RUNS)
def test_token_of_each_module(api: FakeApi, run: str, call: str) -> None:
    main, options, first = CALLS[call]
    given, begin = RUNS[run]
    assert not api.run(main, **given, **options).failed
    for line, expected in zip(api.lines, begin):
        assert line.startswith(expected.format(first=first))
    login = run != "a token"
    assert api.lines.count(LOGIN) == login
    assert api.lines.count(REVOCATION) == login
    if login:
        assert api.lines[-1] == REVOCATION
        number = api.lines.index(LOGIN)
        assert api.body(number) == {"email": EMAIL, "password": PASSWORD}
        assert "authorization" not in api.requests[number].headers
    if "check" in given:
        assert all(line.startswith("GET ") for line in api.lines if line not in (LOGIN, REVOCATION))


@pytest.mark.parametrize("check", [False, True])
def test_no_ids_send_nothing(api: FakeApi, check: bool) -> None:
    ended = api.run(ai_llm.main, login=True, ids=[], state="absent", check=check)
    assert (ended.failed, ended.changed, ended.outcomes, api.lines) == (False, False, [], [])


@pytest.mark.parametrize(
    ("options", "line"),
    [
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


REMOVAL = "DELETE /ai/llm/id-1"
WITH_A_LOGIN = [LOGIN, f"{REMOVAL} [token-1]", REVOCATION]
NO_LOGIN = response(403, {"success": False, "error_code": "INVALID_PASSWORD"})
BOTH = {"token": TOKEN, "login": True}
ONLY_LOGIN = {"login": True}


@pytest.mark.parametrize(
    ("responses", "options", "result", "lines"),
    [
        # Without a password, a 401 is final. It uses up no retry, and what was lost before it stays in doubt.
        ({REMOVAL: [UNAUTHORIZED]}, {"token": TOKEN}, ("unauthorized", False), [f"{REMOVAL} [given]"]),
        (
            {REMOVAL: [UNAUTHORIZED]},
            {"token": TOKEN, "email": "", "password": " \t"},
            ("unauthorized", False),
            [f"{REMOVAL} [given]"],
        ),
        (
            {REMOVAL: [UNAUTHORIZED, GATEWAY_ERROR]},
            BOTH,
            (None, True),
            [f"{REMOVAL} [given]", LOGIN, *[f"{REMOVAL} [token-1]"] * 2, REVOCATION],
        ),
        (
            {REMOVAL: [After(RESET), UNAUTHORIZED]},
            BOTH,
            (None, True),
            [*[f"{REMOVAL} [given]"] * 2, LOGIN, f"{REMOVAL} [token-1]", REVOCATION],
        ),
        # The 403 of a login is not that of the removal. The list with the old token shows that nothing was removed.
        (
            {REMOVAL: [RESET, UNAUTHORIZED], LOGIN: [NO_LOGIN]},
            BOTH,
            ("login_failed", False),
            [*[f"{REMOVAL} [given]"] * 2, LOGIN, "GET /ai/llm [given]"],
        ),
        (
            {REMOVAL: [RESET, UNAUTHORIZED], LOGIN: [NO_LOGIN], "GET /ai/llm": [UNAUTHORIZED]},
            BOTH,
            ("login_failed", False),
            [*[f"{REMOVAL} [given]"] * 2, LOGIN, "GET /ai/llm [given]"],
        ),
        # A revocation that fails changes nothing, is tried once, and causes no login.
        *[
            ({"DELETE /token/.*": [answered] * 10}, ONLY_LOGIN, (None, True), WITH_A_LOGIN)
            for answered in (
                ABSENT,
                UNAUTHORIZED,
                response(429, {"success": False}, {"Retry-After": "30"}),
                GATEWAY_ERROR,
                response(200, b"\xff\x00"),
                RESET,
                (b"this is no HTTP\r\n\r\n", Act.CLOSE),
            )
        ],
        # An ID that cannot be used is not revoked. A token is stripped.
        *[
            ({LOGIN: [After(response(200, login_answer(1, tokenId=id)))]}, ONLY_LOGIN, (None, True), WITH_A_LOGIN[:2])
            for id in (None, "", " ", ".", "..", "\ud800", "a\nb", 5, True, ["a"], {"a": "b"})
        ],
        (
            {LOGIN: [After(response(200, login_answer(1, accessToken=" token-1\n")))]},
            ONLY_LOGIN,
            (None, True),
            WITH_A_LOGIN,
        ),
        # A login is repeated after a transient failure.
        *[
            ({LOGIN: [answered]}, ONLY_LOGIN, (None, True), [LOGIN, *WITH_A_LOGIN])
            for answered in (RESET, GATEWAY_ERROR, RATE_LIMITED)
        ],
    ],
)
def test_requests_of_a_removal(
    responses: dict[str, list[t.Any]],
    options: dict[str, t.Any],
    result: tuple[str | None, bool],
    lines: list[str],
    api: FakeApi,
    clock: FakeClock,
) -> None:
    for line, answers in responses.items():
        api.next(line, *answers)
    ended = api.run(ai_llm.main, id="id-1", state="absent", retries=1, **options)
    assert (ended.code, ended.changed) == result
    assert api.lines == lines
    assert "warnings" not in ended.values
    assert ended.failed is (result[0] is not None)
    if result[0] == "login_failed":
        assert ended.error["outcome_unknown"] is True
        assert "Check password" in ended.msg
    if result[0] == "unauthorized":
        assert "email and password" in ended.msg
    # Only a request that is repeated waits.
    assert bool(clock.sleeps) is (lines.count(LOGIN) == 2 or any(lines.count(line) == 2 for line in lines))


def test_a_creation_after_a_401_is_made_once(api: FakeApi) -> None:
    api.next("POST /ai/llm", UNAUTHORIZED, After(RESET))
    ended = api.run(ai_llm.main, token=TOKEN, login=True, retries=3, workspace_id=WORKSPACE, **NEW)
    assert (ended.failed, ended.changed) == (False, True)
    assert [line for line in api.lines if line.startswith("POST /ai")] == [
        "POST /ai/llm [given]",
        "POST /ai/llm [token-1]",
    ]


# Rule 3: one login for all. test_auth.py has when there is no further login.


def test_workers_share_one_login_when_the_token_expires(api: FakeApi) -> None:
    api.configurations = {id: item(id=id, name=id) for id in MANY}
    expire_token(api, 20)
    ended = api.run(ai_llm.main, token=TOKEN, login=True, ids=MANY, state="absent")
    assert not ended.failed
    assert {outcome["outcome"] for outcome in ended.values["outcomes"]} == {"deleted"}
    assert api.lines.count(LOGIN) == 1
    assert not api.configurations
    # Only what was in flight when the token expired is repeated.
    assert len([line for line in api.lines if line.startswith("DELETE /ai")]) <= len(MANY) + 8


# Rule 4: logins are revoked


def test_logins_are_revoked_with_the_newest_token_after_success(api: FakeApi) -> None:
    api.next("PUT .*", UNAUTHORIZED)
    ended = api.run(ai_llm.main, login=True, id="id-1", name="Two", validate=True)
    assert not ended.failed
    assert api.lines == [
        LOGIN,
        "GET /ai/llm [token-1]",
        "PUT /ai/llm/id-1 [token-1]",
        LOGIN,
        "PUT /ai/llm/id-1 [token-2]",
        "GET /ai/llm [token-2]",
        "POST /ai/llm/id-1/validate [token-2]",
        # The login of the token comes last: its end may be the end of the token.
        "DELETE /token/session-1 [token-2]",
        "DELETE /token/session-2 [token-2]",
    ]


@pytest.mark.parametrize(
    ("main", "options"),
    [
        (ai_llm.main, {"id": "id-1", "state": "absent"}),
        (ai_llms.main, {"workspace_id": WORKSPACE, "ai_llms": [], "prune": True}),
        # Options that are missing are known to be once the list has been read.
        (ai_llm.main, {"workspace_id": WORKSPACE, "name": "New"}),
    ],
)
def test_logins_are_revoked_after_a_failure(
    main: t.Callable[[], None], options: dict[str, t.Any], api: FakeApi
) -> None:
    api.configurations["id-1"]["repos"] = [repo(1)]
    assert api.run(main, login=True, **options).failed
    assert api.lines[-1] == REVOCATION
    assert api.lines.count(REVOCATION) == 1


def test_revocations_that_hang_delay_the_task_by_a_few_seconds(api: FakeApi) -> None:
    """However many there are: a long task has many logins. After the first eight, no time is left."""
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
    assert not api.configurations
    assert api.lines.count(LOGIN) > 2 * MAX_CONCURRENCY
    assert len([line for line in api.lines if line.startswith("DELETE /token/")]) <= MAX_CONCURRENCY + 1


# Rule 6: a login that fails


def refused(reason: t.Any = None, status: int = 401, **fields: t.Any) -> Response:
    return response(status, {"success": False, "error_code": reason, **fields})


TRANSIENT = {
    RATE_LIMITED: "rate_limited",
    SERVER_ERROR: "server_error",
    GATEWAY_ERROR: "server_error",
    NOT_HTTP: "invalid_response",
    RESET: "unreachable",
}


@pytest.mark.parametrize(
    ("answered", "code", "reason", "words"),
    [
        (refused("USER_NOT_FOUND"), "login_failed", "USER_NOT_FOUND", "Check email"),
        (refused("INVALID_PASSWORD"), "login_failed", "INVALID_PASSWORD", "Check password"),
        (refused("USER_INACTIVE"), "login_failed", "USER_INACTIVE", "administrator"),
        (refused("NO_PASSWORD_SET"), "login_failed", "NO_PASSWORD_SET", "Google, GitHub or Microsoft"),
        (refused("SOMETHING_NEW"), "login_failed", "SOMETHING_NEW", "Check email and password"),
        (refused(5), "login_failed", None, "Check email and password"),
        *[
            (refused(status=status, message="No"), "login_failed", None, "Check email and password")
            for status in (400, 401, 403, 404, 409, 422, 423)
        ],
        # Even with a token (decision 1). How a login asks for a second factor is not documented, so the hint comes too.
        *[
            (
                response(status, login_answer(1, success=False, error_code="MFA", message="Second factor needed")),
                "login_failed",
                "MFA",
                "Second factor needed (MFA). Check email and password. Accounts with multi-factor",
            )
            for status in (200, 201)
        ],
        *[
            (response(200, login_answer(1, accessToken=token)), "login_failed", None, "multi-factor")
            for token in (
                *(None, "", " ", "two words", "line\nbreak", "ü", "\ud800", "a\u2028b", "\x00", 5, 1.5, True),
                *(["a"], {"a": "b"}),
            )
        ],
        # The codes of other requests
        (response(404, "<h1>Not found</h1>", {"Content-Type": "text/html"}), "invalid_response", ..., ""),
        (response(302, b"", {"Location": "/elsewhere"}), "invalid_response", ..., ""),
        (response(200, [1]), "invalid_response", ..., ""),
        *[(answered, code, ..., "") for answered, code in TRANSIENT.items()],
    ],
)
@pytest.mark.parametrize("main", [ai_llm_info.main, session.main])
def test_a_login_that_fails(
    main: t.Callable[[], None], answered: Response, code: str, reason: t.Any, words: str, api: FakeApi
) -> None:
    api.next(LOGIN, *[answered] * 2)
    ended = api.run(main, login=True, retries=1)
    assert (ended.code, ended.error.get("reason", ...), ended.error["outcome_unknown"]) == (code, reason, False)
    assert "the login failed" in ended.msg
    assert words in ended.msg
    # The platform may lock the account of a user whose password is often wrong.
    assert set(api.lines) == {LOGIN}
    assert len(api.lines) == (2 if answered in TRANSIENT else 1)


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
    expire_token(api, 20)
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
def test_secrets_in_a_login_that_fails_are_hidden(api: FakeApi, status: int) -> None:
    message = f"a second factor is needed for {ACCESS} {PASSWORD}"
    body = {"success": False, "accessToken": ACCESS, "message": message, "error_code": PASSWORD}
    api.next(LOGIN, response(status, body))
    ended = api.run(ai_llm_info.main, login=True)
    assert ended.failed
    assert "a second factor is needed for ********" in ended.output
    assert not [core for core in CORES if core in ended.output]


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


def test_only_session_returns_a_token(api: FakeApi) -> None:
    api.next(LOGIN, response(200, login_answer(1, accessToken=ACCESS, refreshToken=REFRESH)))
    ended = api.run(session.main, login=True)
    assert ended.values["access_token"] == ACCESS
    assert ended.values["token_id"] == "session-1"
    assert REFRESH_CORE not in ended.output
    assert PASSWORD_CORE not in ended.output
    assert api.lines == [LOGIN]


@pytest.mark.parametrize("token", [b"\xff", b"'quoted'", b"********", b""])
def test_session_ignores_a_token(api: FakeApi, token: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"FLASHBACK_ACCESS_TOKEN", token)
    assert not api.run(session.main, login=True).failed
    assert not api.run(session.main, login=True, access_token="Bearer not-a-token").failed
    assert api.lines == [LOGIN] * 2


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
