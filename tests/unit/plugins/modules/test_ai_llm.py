# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import logging
import socket
import sys
import typing as t

import pytest
from hypothesis import given

from ansible_collections.flashback.platform.plugins.modules.ai_llm import main
from ansible_collections.flashback.platform.tests.unit.answers import ANY_ANSWERS, HTML, Drawn, property_test
from ansible_collections.flashback.platform.tests.unit.helpers import (
    CODES,
    DELETE,
    DELETED,
    ID,
    LIST,
    NOT_FOUND,
    REFUSED,
    TOKEN,
    TOKEN_CORE,
    Ended,
    item,
    listing,
    repo,
    run_module,
)
from ansible_collections.flashback.platform.tests.unit.wire import Act, Answer, Request, ScriptedServer, answer, head

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, Waits

    Remove = Callable[..., Ended]
    StartServer = Callable[..., ScriptedServer]

LIST_OF_WORKSPACE = f"{LIST}?workspaceId=workspace-123"

BY_ID = {"id": ID}
BY_ID_IN_WORKSPACE = {"id": ID, "workspace_id": "workspace-123"}
BY_NAME = {"name": "Staging OpenAI", "workspace_id": "workspace-123"}

GOOD = answer(200, DELETED)
GONE = answer(404, NOT_FOUND)
ELSEWHERE = answer(404, HTML)
FORBIDDEN = answer(403, REFUSED)
BUSY = answer(429, REFUSED)
BROKEN = answer(500, REFUSED)
LISTED = answer(200, listing(item(id="b", name="Another"), item()))
USED = answer(200, listing(item(id="b", name="Another", repos=[repo(9)]), item(repos=[repo(1), repo(2)])))
NOT_LISTED = answer(200, listing(item(id="b", name="Another")))


@pytest.fixture
def remove(server: ScriptedServer) -> Remove:
    """Runs the module with state absent against the server. What it shows never holds a secret."""

    def remove(**params: t.Any) -> Ended:
        ended = run_module(main, **{"api_url": server.url, "access_token": TOKEN, "state": "absent", **params})
        for secret in (TOKEN_CORE, item()["key"]):
            assert secret not in ended.output
        return ended

    return remove


# What a removal asks and answers, by situation


def test_removing_by_id_sends_one_request(server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, GOOD)
    ended = remove(**BY_ID)
    assert ended.changed
    assert not {"ai_llm", "diff", "error", "failed", "warnings"} & set(ended.result)
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("flashback.platform/")
    assert request.body == b""


@pytest.mark.parametrize(
    ("params", "exchanges", "changed"),
    [
        (BY_ID, [(DELETE, GOOD)], True),
        (BY_ID, [(DELETE, answer(204))], True),
        (BY_ID, [(DELETE, GONE)], False),
        (BY_ID, [(DELETE, ELSEWHERE), (LIST, NOT_LISTED)], False),
        (BY_ID_IN_WORKSPACE, [(LIST, LISTED), (DELETE, GOOD)], True),
        (BY_ID_IN_WORKSPACE, [(LIST, NOT_LISTED)], False),
        ({**BY_ID, "name": "Whatever"}, [(DELETE, GOOD)], True),
        (BY_NAME, [(LIST_OF_WORKSPACE, LISTED), (DELETE, GOOD)], True),
        (BY_NAME, [(LIST_OF_WORKSPACE, LISTED), (DELETE, GONE)], False),
        (BY_NAME, [(LIST_OF_WORKSPACE, LISTED), (DELETE, ELSEWHERE), (LIST, NOT_LISTED)], False),
        (BY_NAME, [(LIST_OF_WORKSPACE, NOT_LISTED)], False),
        (BY_NAME, [(LIST_OF_WORKSPACE, answer(200, listing(item(name="staging openai"))))], False),
        (BY_NAME, [(LIST_OF_WORKSPACE, answer(200, listing(item(workspaceId="workspace-456"))))], False),
        (BY_NAME, [(LIST_OF_WORKSPACE, answer(200, listing()))], False),
    ],
)
@pytest.mark.parametrize("diff", [True, False])
def test_absent(
    params: dict[str, str],
    exchanges: list[tuple[str, Answer]],
    changed: bool,
    diff: bool,
    server: ScriptedServer,
    remove: Remove,
) -> None:
    if diff and exchanges[0][0] == DELETE:
        # What is to be shown is read before.
        server.expect(LIST, LISTED if changed else NOT_LISTED)
    for line, steps in exchanges:
        server.expect(line, steps)
    ended = remove(diff=diff, **params)
    assert not ended.failed
    assert ended.changed is changed
    assert ended.result["msg"]
    assert ("ai_llm" in ended.result) is (changed and len(server.requests) > 1)
    assert ("diff" in ended.result) is diff
    if diff:
        before = ended.result["diff"]["before"]
        assert ended.result["diff"]["after"] == {}
        assert before == (ended.result["ai_llm"] if changed else {})
        assert before.get("id", ID) == ID
        assert "key" not in before


def test_diff_of_what_is_not_listed(server: ScriptedServer, remove: Remove) -> None:
    """The list may not show what can be removed all the same."""
    server.expect(LIST, NOT_LISTED)
    server.expect(DELETE, GOOD)
    ended = remove(diff=True, **BY_ID)
    assert ended.changed
    assert ended.result["diff"] == {"before": {"id": ID}, "after": {}}


@pytest.mark.parametrize(("params", "line"), [(BY_ID, LIST), (BY_ID_IN_WORKSPACE, LIST), (BY_NAME, LIST_OF_WORKSPACE)])
@pytest.mark.parametrize(("listed", "changed"), [(LISTED, True), (USED, True), (NOT_LISTED, False)])
@pytest.mark.parametrize("diff", [True, False])
def test_check_mode_reads_and_predicts(
    params: dict[str, str], line: str, listed: Answer, changed: bool, diff: bool, server: ScriptedServer, remove: Remove
) -> None:
    server.expect(line, listed)
    ended = remove(check=True, diff=diff, **params)
    assert not ended.failed
    assert ended.changed is changed
    assert ("ai_llm" in ended.result) is changed
    assert ("my-ai-repo-1" in ended.warnings) is (listed is USED)
    assert ("my-ai-repo-9" in ended.warnings) is False
    assert ended.result.get("diff") == ({"before": ended.result.get("ai_llm", {}), "after": {}} if diff else None)


@pytest.mark.parametrize(
    ("steps", "code"),
    [(answer(401, REFUSED), "unauthorized"), (answer(200, HTML), "invalid_response"), (BROKEN, "server_error")],
)
def test_check_mode_fails_when_it_cannot_read(steps: Answer, code: str, server: ScriptedServer, remove: Remove) -> None:
    server.expect(LIST, steps)
    ended = remove(check=True, retries=0, **BY_ID)
    assert (ended.code, ended.changed) == (code, False)


def test_in_use_names_the_repositories(server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, FORBIDDEN)
    server.expect(LIST, USED)
    ended = remove(**BY_ID)
    assert ended.failed
    assert not ended.changed
    assert ended.result["error"] == {
        "code": "in_use",
        "http_status": 403,
        "message": REFUSED["message"],
        "repositories": [{"id": f"repo-{number}", "name": f"my-ai-repo-{number}"} for number in (1, 2)],
    }
    for words in ("my-ai-repo-1", "my-ai-repo-2", ID, server.url, REFUSED["message"]):
        assert words in ended.result["msg"]
    assert "my-ai-repo-9" not in ended.output


@pytest.mark.parametrize("explanation", [LISTED, NOT_LISTED, answer(200, HTML), answer(403, REFUSED)])
def test_other_403_is_forbidden(explanation: Answer, server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, FORBIDDEN)
    server.expect(LIST, explanation)
    ended = remove(**BY_ID)
    assert ended.result["error"] == {"code": "forbidden", "http_status": 403, "message": REFUSED["message"]}
    assert REFUSED["message"] in ended.result["msg"]
    assert not ended.changed


# The other codes. Each but the last few ends the task before anything is removed.


@pytest.mark.parametrize(
    ("params", "exchanges", "code", "status"),
    [
        (BY_ID, [(DELETE, answer(400, REFUSED))], "rejected", 400),
        (BY_ID, [(DELETE, answer(401, REFUSED))], "unauthorized", 401),
        (BY_ID, [(DELETE, answer(422, HTML))], "rejected", 422),
        (BY_ID, [(DELETE, BUSY), (DELETE, BUSY)], "rate_limited", 429),
        (BY_ID, [(DELETE, BROKEN), (DELETE, BROKEN)], "server_error", 500),
        (BY_ID, [(DELETE, answer(200, REFUSED))], "server_error", 200),
        (BY_ID, [(DELETE, answer(200, HTML))], "invalid_response", 200),
        (BY_ID, [(DELETE, answer(200, "[]"))], "invalid_response", 200),
        (BY_ID, [(DELETE, answer(302, b"", {"Location": "/login"}))], "invalid_response", 302),
        (BY_ID, [(DELETE, ELSEWHERE), (LIST, LISTED)], "invalid_response", 404),
        (BY_ID, [(DELETE, ELSEWHERE), (LIST, ELSEWHERE)], "invalid_response", 404),
        (BY_ID, [(DELETE, (Act.RESET,)), (DELETE, (Act.CLOSE,))], "unreachable", None),
        (
            BY_ID,
            [(DELETE, (b"SSH-2.0\r\n", Act.CLOSE)), (DELETE, (b"SSH-2.0\r\n", Act.CLOSE))],
            "invalid_response",
            None,
        ),
        (BY_NAME, [(LIST_OF_WORKSPACE, answer(200, listing(item(), item(id="b"))))], "ambiguous_name", None),
        (BY_NAME, [(LIST_OF_WORKSPACE, answer(200, listing(item(), {"id": None})))], "invalid_response", 200),
        (BY_NAME, [(LIST_OF_WORKSPACE, answer(404, HTML))], "invalid_response", 404),
        ({**BY_ID, "workspace_id": "workspace-456"}, [(LIST, LISTED)], "workspace_mismatch", None),
    ],
)
def test_failure(
    params: dict[str, str],
    exchanges: list[tuple[str, Answer]],
    code: str,
    status: int | None,
    server: ScriptedServer,
    remove: Remove,
) -> None:
    for line, steps in exchanges:
        server.expect(line, steps)
    ended = remove(retries=1, **params)
    assert ended.failed
    assert not ended.changed
    assert ended.code == code
    if (code, status) != ("invalid_response", 200):
        assert ended.result["error"]["http_status"] == status
    assert isinstance(ended.result["error"]["message"], str)
    assert server.url in ended.result["msg"]


def test_unauthorized_tells_how_long_a_token_lives(server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, answer(401, REFUSED))
    assert "one hour" in remove(**BY_ID).result["msg"]


def test_ambiguous_name_lists_the_ids(server: ScriptedServer, remove: Remove) -> None:
    server.expect(LIST_OF_WORKSPACE, answer(200, listing(item(), item(id="the-other"))))
    message = remove(**BY_NAME).result["msg"]
    assert ID in message
    assert "the-other" in message


def test_unreachable(start_server: StartServer, remove: Remove) -> None:
    ended = remove(api_url=start_server(listening=False).url, **BY_ID)
    assert (ended.code, ended.result["error"]["http_status"]) == ("unreachable", None)


def test_unknown_host(remove: Remove) -> None:
    assert remove(api_url="https://host.invalid", retries=0, **BY_ID).code == "unreachable"


def test_timeout(server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, (Act.HANG,))
    assert remove(timeout=1, retries=0, **BY_ID).code == "timeout"


def test_tls(start_server: StartServer, remove: Remove, authority: Authority) -> None:
    server = start_server(tls=authority.context())
    assert remove(api_url=server.url, **BY_ID).code == "tls"
    assert remove(api_url=server.url, validate_certs=True, **BY_ID).code == "tls"
    server.expect(DELETE, *[GOOD] * 2)
    assert remove(api_url=server.url, ca_path=authority.bundle, **BY_ID).changed
    assert remove(api_url=server.url, validate_certs=False, **BY_ID).changed


def test_missing_requests(remove: Remove, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    assert remove(**BY_ID).result["msg"].startswith("Failed to import the required Python library (requests)")


# Honesty: contract 5

HALF = (head(200, {"Content-Length": "100"}), b'{"success": true,', Act.CLOSE)


@pytest.mark.parametrize(
    ("tries", "changed"),
    [
        ([BROKEN, GONE], True),
        ([answer(502, HTML), GONE], True),
        ([answer(503, b""), GONE], True),
        ([(Act.RESET,), GONE], True),
        ([(Act.CLOSE,), GONE], True),
        ([HALF, GONE], True),
        ([(b"HTTP/1.1 2", Act.CLOSE), GONE], True),
        ([BUSY, BROKEN, GONE], True),
        ([BROKEN, BUSY, GONE], True),
        ([BROKEN, GOOD], True),
        ([BUSY, GONE], False),
        ([BUSY, BUSY, BUSY, GONE], False),
        ([BUSY, GOOD], True),
    ],
)
def test_changed_is_honest(tries: list[Answer], changed: bool, server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, *tries)
    ended = remove(**BY_ID)
    assert not ended.failed
    assert ended.changed is changed


def test_changed_is_honest_after_a_timeout(server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, (Act.HANG,), GONE)
    assert remove(timeout=1, **BY_ID).changed


@pytest.mark.parametrize(("steps", "changed"), [(GONE, False), (GOOD, True)])
def test_refused_connection_proves_that_nothing_was_removed(
    steps: Answer, changed: bool, start_server: StartServer, remove: Remove, waits: Waits
) -> None:
    server = start_server(listening=False)
    server.expect(DELETE, steps)
    waits.hook = server.listen
    ended = remove(api_url=server.url, **BY_ID)
    assert not ended.failed
    assert (ended.changed, len(waits)) == (changed, 1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems refuse what does not fit the backlog")
def test_connection_that_nobody_accepts_proves_that_nothing_was_removed(
    server: ScriptedServer, remove: Remove, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.expect(f"DELETE http://flashback.invalid/ai/llm/{ID}", GONE)
    with socket.socket() as deaf, socket.socket() as first:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        first.connect(deaf.getsockname())
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        waits.hook = lambda: monkeypatch.setenv("HTTP_PROXY", server.url)
        ended = remove(api_url="http://flashback.invalid", timeout=1, **BY_ID)
    assert not ended.failed
    assert (ended.changed, len(waits)) == (False, 1)


def test_tunnel_refused_proves_that_nothing_was_removed(
    server: ScriptedServer, remove: Remove, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = "CONNECT flashback.invalid:443"
    server.expect(connect, (*answer(407), Act.CLOSE), (head(200), authority.context("flashback.invalid")))
    server.expect(DELETE, GONE)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    ended = remove(api_url="https://flashback.invalid", ca_path=authority.bundle, **BY_ID)
    assert not ended.failed
    assert not ended.changed


@pytest.mark.parametrize("steps", [(b"SSH-2.0-OpenSSH_9.6\r\n", Act.CLOSE), (Act.CLOSE,), (Act.RESET,), (Act.HANG,)])
def test_handshake_that_fails_proves_that_nothing_was_removed(
    steps: Answer, start_server: StartServer, remove: Remove, authority: Authority
) -> None:
    server = start_server(tls=authority.context())
    server.expect("connect", steps)
    server.expect(DELETE, GONE)
    ended = remove(api_url=server.url, ca_path=authority.bundle, timeout=1, **BY_ID)
    assert not ended.failed
    assert not ended.changed


@pytest.mark.parametrize(("listed", "changed"), [(NOT_LISTED, True), (LISTED, None)])
def test_404_of_unknown_origin_after_a_lost_answer(
    listed: Answer, changed: bool | None, server: ScriptedServer, remove: Remove
) -> None:
    server.expect(DELETE, BROKEN, ELSEWHERE)
    server.expect(LIST, listed)
    ended = remove(**BY_ID)
    assert ended.failed is (changed is None)
    assert ended.changed is bool(changed)


@pytest.mark.parametrize(
    ("steps", "doubt"), [(BROKEN, True), ((Act.RESET,), True), (answer(200, HTML), True), (BUSY, False)]
)
def test_doubt_is_told(steps: Answer, doubt: bool, server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, steps)
    assert ("may have" in remove(retries=0, **BY_ID).result["msg"]) is doubt


# Bad input


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "id"),
        ({"id": ""}, "id"),
        ({"id": " \t"}, "id"),
        ({"id": "."}, "id"),
        ({"id": ".."}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"id": "a\x00"}, "id"),
        ({"id": "a\x7f"}, "id"),
        ({"name": "a"}, "workspace_id"),
        ({"workspace_id": "a"}, "name"),
        ({"name": "", "workspace_id": "a"}, "name"),
        ({"name": "a\x1b[31m", "workspace_id": "a"}, "name"),
        ({"name": "a", "workspace_id": " "}, "workspace_id"),
        ({"id": "a", "workspace_id": ""}, "workspace_id"),
        ({"id": "a", "state": "gone"}, "state"),
        ({"id": "a", "access_token": ""}, "access_token"),
        ({"id": "a", "api_url": ""}, "api_url"),
        ({"id": "a", "api_url": "ftp://127.0.0.1"}, "api_url"),
        ({"id": "a", "timeout": 0}, "timeout"),
        ({"id": "a", "retries": -1}, "retries"),
        ({"id": "a", "ca_path": "/nowhere"}, "ca_path"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_bad_input_is_named_and_sends_nothing(
    params: dict[str, t.Any], named: str, check: bool, remove: Remove
) -> None:
    ended = remove(check=check, **params)
    assert ended.failed
    assert ended.code is None
    assert named in ended.result["msg"]


@pytest.mark.parametrize(
    ("id", "quoted"),
    [
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("%2e%2e", "%252e%252e"),
        ("clé", "cl%C3%A9"),
        ("a b", "a%20b"),
        ("...", "..."),
        (" a ", "%20a%20"),
    ],
)
def test_any_other_id_travels_whole(id: str, quoted: str, server: ScriptedServer, remove: Remove) -> None:
    server.expect(f"DELETE /ai/llm/{quoted}", GOOD)
    assert remove(id=id).changed


def test_id_from_the_list_is_checked_too(server: ScriptedServer, remove: Remove) -> None:
    server.expect(LIST_OF_WORKSPACE, answer(200, listing(item(id=".."))))
    assert remove(**BY_NAME).code == "invalid_response"


# Secrets


def test_token_with_white_space_is_hidden(server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, answer(401, {"success": False, "message": f"Bad token {TOKEN}"}))
    assert remove(access_token=f" {TOKEN}\n", **BY_ID).code == "unauthorized"


@pytest.mark.parametrize(
    "token", ["hunter2 hunter2", "hunter2\x07", "Bearer hunter2", "hunter2\nX-Header: a", "hünter2hunter2"]
)
def test_token_that_cannot_be_sent_is_hidden(token: str, remove: Remove) -> None:
    ended = remove(access_token=token, **BY_ID)
    assert "access_token" in ended.result["msg"]
    assert "hunter2" not in ended.output


def test_credentials_in_the_url_are_hidden(remove: Remove) -> None:
    ended = remove(api_url="https://somebody:hunter2@flashback.invalid", **BY_ID)
    assert "api_url" in ended.result["msg"]
    assert "hunter2" not in ended.output


@pytest.mark.parametrize("padding", [0, 250, 280, 290, 299])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
def test_token_that_is_echoed_is_hidden(status: int, padding: int, server: ScriptedServer, remove: Remove) -> None:
    server.expect(DELETE, answer(status, {"success": False, "message": "x" * padding + TOKEN}))
    if status == 403:
        server.expect(LIST, answer(200, listing(item(repos=[{"id": TOKEN, "name": f"repo of {TOKEN}"}]))))
    ended = remove(retries=0, **BY_ID)
    assert ended.failed is (status != 404)
    assert TOKEN_CORE[:4] not in ended.output


@pytest.mark.parametrize("given_token", [TOKEN, f" {TOKEN}\n"])
def test_what_is_read_is_shown_without_secrets(server: ScriptedServer, remove: Remove, given_token: str) -> None:
    server.expect(
        LIST, answer(200, listing(item(name=TOKEN, secret="sk-never-to-be-shown", endpoint=f"https://{TOKEN}")))
    )
    server.expect(DELETE, GOOD)
    assert remove(diff=True, access_token=given_token, **BY_ID).changed


@pytest.mark.parametrize(
    "body",
    [
        {"aiLlms": [item()]},
        {"success": True, "aiLlms": item()},
        [item()],
        {"message": item()},
        json.dumps([item()])[:-5],
    ],
)
@pytest.mark.parametrize("params", [BY_ID, BY_NAME])
def test_key_in_an_answer_of_another_shape_is_not_shown(
    params: dict[str, str], body: t.Any, server: ScriptedServer, remove: Remove
) -> None:
    server.expect(DELETE if params is BY_ID else LIST_OF_WORKSPACE, answer(400, body))
    assert remove(**params).code == "rejected"


# Whatever a server answers


@property_test
@given(deletes=ANY_ANSWERS, gets=ANY_ANSWERS)
def test_any_answer_ends_in_a_result_or_a_clean_failure(
    deletes: list[Drawn],
    gets: list[Drawn],
    server: ScriptedServer,
    remove: Remove,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # It tells of every header that it cannot read.
    caplog.set_level(logging.ERROR, "urllib3")
    left = {"DELETE": list(deletes), "GET": list(gets)}
    given: list[tuple[str, Drawn]] = []

    def respond(request: Request) -> Answer:
        answers = left[request.method]
        given.append((request.method, answers.pop(0) if len(answers) > 1 else answers[0]))
        return given[-1][1].steps

    server.respond = respond
    ended = remove(retries=2, timeout=10, **BY_ID)
    assert len(ended.result["msg"]) < 5000
    removals = [drawn for method, drawn in given if method == "DELETE"]
    last = removals[-1]
    if ended.failed:
        assert ended.code in CODES
        assert not ended.changed
    elif ended.changed:
        # Only a 429 proves that a try removed nothing.
        lost_before = [drawn for drawn in removals[:-1] if drawn.status != 429]
        assert last.says_done or (last.status == 404 and lost_before)
    else:
        assert last.status == 404
