# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import logging
import typing as t

import pytest
from hypothesis import given

from ansible_collections.flashback.platform.plugins.modules import ai_llm
from ansible_collections.flashback.platform.tests.unit.responses import (
    ABSENT,
    CLOSED,
    CODES,
    CREATE,
    CUT_OFF,
    DELETE,
    FORBIDDEN,
    FOREIGN_404,
    GATEWAY_ERROR,
    HANG,
    HTML,
    ID,
    IN_USE,
    KEY,
    LIST,
    LIST_WORKSPACE,
    LIST_WORKSPACES,
    LISTED,
    LISTED_KEY,
    NAME,
    NOT_HTTP,
    NOT_LISTED,
    NOT_VALID,
    OK,
    RATE_LIMITED,
    REDIRECT,
    REFUSED,
    RESET,
    SECRET,
    SERVER_ERROR,
    TOKEN,
    TOKEN_CORE,
    UPDATE,
    VALID,
    VALIDATE,
    WORKSPACE,
    WORKSPACES,
    WRITTEN,
    item,
    listing,
    repositories,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Act,
    Responder,
    Response,
    ScriptedServer,
    head,
    response,
)
from ansible_collections.flashback.platform.tests.unit.strategies import (
    GENERATED_RESPONSES,
    GeneratedResponse,
    property_test,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, FakeClock, RunTask, StartServer

main = ai_llm.main

NAMED = {"name": NAME, "workspace_id": WORKSPACE}
COMPLETE = {**NAMED, "ai_type": "OPENAI", "endpoint": "https://api.openai.com/v1", "secret": SECRET, "key": KEY}

BY_ID = {"state": "absent", "id": ID}
BY_ID_IN_WORKSPACE = {**BY_ID, "workspace_id": WORKSPACE}
BY_NAME = {"state": "absent", **NAMED}

Exchanges = list[tuple[str, Response]]


# absent: the requests and the result of each situation


def test_removal_by_id_sends_one_request(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, OK)
    result = run_task(**BY_ID)
    assert result.changed
    assert result.msg == f"Removed AI LLM configuration '{ID}'."
    assert not {"ai_llm", "diff", "error", "failed", "warnings"} & set(result.values)
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.body == b""


@pytest.mark.parametrize(
    ("params", "exchanges", "changed"),
    [
        (BY_ID, [(DELETE, OK)], True),
        (BY_ID, [(DELETE, response(204))], True),
        (BY_ID, [(DELETE, ABSENT)], False),
        (BY_ID, [(DELETE, FOREIGN_404), (LIST, NOT_LISTED)], False),
        (BY_ID_IN_WORKSPACE, [(LIST, LISTED), (DELETE, OK)], True),
        (BY_ID_IN_WORKSPACE, [(LIST, NOT_LISTED)], False),
        ({**BY_ID, "name": "Whatever"}, [(DELETE, OK)], True),
        (BY_NAME, [(LIST_WORKSPACE, LISTED), (DELETE, OK)], True),
        (BY_NAME, [(LIST_WORKSPACE, LISTED), (DELETE, ABSENT)], False),
        (BY_NAME, [(LIST_WORKSPACE, LISTED), (DELETE, FOREIGN_404), (LIST, NOT_LISTED)], False),
        (BY_NAME, [(LIST_WORKSPACE, NOT_LISTED)], False),
        (BY_NAME, [(LIST_WORKSPACE, response(200, listing(item(name="staging openai"))))], False),
        (
            BY_NAME,
            [
                (LIST_WORKSPACE, response(200, listing(item(workspaceId="workspace-456")))),
                (LIST_WORKSPACES, WORKSPACES),
            ],
            False,
        ),
        (BY_NAME, [(LIST_WORKSPACE, response(200, listing())), (LIST_WORKSPACES, WORKSPACES)], False),
    ],
)
@pytest.mark.parametrize("diff", [True, False])
def test_absent(
    params: dict[str, str],
    exchanges: Exchanges,
    changed: bool,
    diff: bool,
    server: ScriptedServer,
    run_task: RunTask,
) -> None:
    if diff and exchanges[0][0] == DELETE:
        # The configuration is read before its removal, to show it.
        server.expect(LIST, LISTED if changed else NOT_LISTED)
    for line, steps in exchanges:
        server.expect(line, steps)
    result = run_task(diff=diff, **params)
    assert not result.failed
    assert result.changed is changed
    assert result.msg
    assert ("ai_llm" in result.values) is (changed and len(server.requests) > 1)
    assert ("diff" in result.values) is diff
    if diff:
        before = result.values["diff"]["before"]
        assert result.values["diff"]["after"] == {}
        assert before == (result.values["ai_llm"] if changed else {})
        assert before.get("id", ID) == ID
        assert "key" not in before


def test_diff_of_what_is_not_listed(server: ScriptedServer, run_task: RunTask) -> None:
    """The list may not show what can be removed all the same."""
    server.expect(LIST, NOT_LISTED)
    server.expect(DELETE, OK)
    result = run_task(diff=True, **BY_ID)
    assert result.changed
    assert result.values["diff"] == {"before": {"id": ID}, "after": {}}


@pytest.mark.parametrize(("params", "line"), [(BY_ID, LIST), (BY_ID_IN_WORKSPACE, LIST), (BY_NAME, LIST_WORKSPACE)])
@pytest.mark.parametrize(("listed", "changed"), [(LISTED, True), (IN_USE, True), (NOT_LISTED, False)])
@pytest.mark.parametrize("diff", [True, False])
def test_removal_in_check_mode(
    params: dict[str, str],
    line: str,
    listed: Response,
    changed: bool,
    diff: bool,
    server: ScriptedServer,
    run_task: RunTask,
) -> None:
    server.expect(line, listed)
    result = run_task(check=True, diff=diff, **params)
    assert not result.failed
    assert result.changed is changed
    assert ("ai_llm" in result.values) is changed
    assert ["my-ai-repo-1" in warning for warning in result.warnings] == ([True] if listed is IN_USE else [])
    assert "my-ai-repo-9" not in result.output
    assert result.values.get("diff") == ({"before": result.values.get("ai_llm", {}), "after": {}} if diff else None)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (response(401, REFUSED), "unauthorized"),
        (response(200, HTML), "invalid_response"),
        (SERVER_ERROR, "server_error"),
    ],
)
def test_check_mode_fails_if_the_list_cannot_be_read(
    steps: Response, code: str, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(LIST, steps)
    result = run_task(check=True, **BY_ID)
    assert (result.code, result.changed) == (code, False)


def test_in_use_names_the_repositories(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, FORBIDDEN)
    server.expect(LIST, IN_USE)
    result = run_task(**BY_ID)
    assert result.failed
    assert not result.changed
    assert result.error == {
        "code": "in_use",
        "http_status": 403,
        "message": REFUSED["message"],
        "outcome_unknown": False,
        "repositories": repositories(1, 2),
    }
    for words in ("my-ai-repo-1", "my-ai-repo-2", ID, server.url, REFUSED["message"]):
        assert words in result.msg
    assert "my-ai-repo-9" not in result.output


@pytest.mark.parametrize("explanation", [LISTED, NOT_LISTED, response(200, HTML), FORBIDDEN])
def test_other_403_is_forbidden(explanation: Response, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, FORBIDDEN)
    server.expect(LIST, explanation)
    result = run_task(**BY_ID)
    assert result.error == {
        "code": "forbidden",
        "http_status": 403,
        "message": REFUSED["message"],
        "outcome_unknown": False,
    }
    assert REFUSED["message"] in result.msg
    assert not result.changed


# absent: the other codes. An outcome that no response tells is looked up (decision 11).


@pytest.mark.parametrize(
    ("params", "exchanges", "code", "status", "outcome_unknown"),
    [
        (BY_ID, [(DELETE, response(400, REFUSED))], "rejected", 400, False),
        (BY_ID, [(DELETE, response(401, REFUSED))], "unauthorized", 401, False),
        (BY_ID, [(DELETE, response(422, HTML))], "rejected", 422, False),
        (BY_ID, [(DELETE, RATE_LIMITED), (DELETE, RATE_LIMITED)], "rate_limited", 429, False),
        (BY_ID, [(DELETE, SERVER_ERROR), (DELETE, SERVER_ERROR), (LIST, LISTED)], "server_error", 500, False),
        (BY_ID, [(DELETE, GATEWAY_ERROR), (DELETE, GATEWAY_ERROR), (LIST, LISTED)], "server_error", 502, True),
        (BY_ID, [(DELETE, response(200, REFUSED))], "server_error", 200, False),
        (BY_ID, [(DELETE, response(200, HTML)), (LIST, LISTED)], "invalid_response", 200, True),
        (BY_ID, [(DELETE, response(200, "[]")), (LIST, LISTED)], "invalid_response", 200, True),
        (BY_ID, [(DELETE, response(200, {})), (LIST, response(401, REFUSED))], "invalid_response", 200, True),
        (BY_ID, [(DELETE, REDIRECT)], "invalid_response", 302, False),
        (BY_ID, [(DELETE, FOREIGN_404), (LIST, LISTED)], "invalid_response", 404, False),
        (BY_ID, [(DELETE, FOREIGN_404), (LIST, FOREIGN_404)], "invalid_response", 404, False),
        (BY_ID, [(DELETE, RESET), (DELETE, CLOSED), (LIST, LISTED)], "unreachable", None, True),
        (BY_ID, [(DELETE, NOT_HTTP), (DELETE, NOT_HTTP), (LIST, LISTED)], "invalid_response", None, True),
        (BY_NAME, [(LIST_WORKSPACE, response(200, listing(item(), item(id="b"))))], "ambiguous_name", None, False),
        (BY_NAME, [(LIST_WORKSPACE, response(200, listing(item(), {"id": None})))], "invalid_response", None, False),
        (BY_NAME, [(LIST_WORKSPACE, FOREIGN_404)], "invalid_response", 404, False),
        ({**BY_ID, "workspace_id": "workspace-456"}, [(LIST, LISTED)], "workspace_mismatch", None, False),
    ],
)
def test_failed_removal(
    params: dict[str, str],
    exchanges: Exchanges,
    code: str,
    status: int | None,
    outcome_unknown: bool,
    server: ScriptedServer,
    run_task: RunTask,
) -> None:
    for line, steps in exchanges:
        server.expect(line, steps)
    result = run_task(retries=1, **params)
    assert result.failed
    assert not result.changed
    assert (result.code, result.error["http_status"]) == (code, status)
    assert result.error["outcome_unknown"] is outcome_unknown
    assert ("may also have an effect later" in result.msg) is outcome_unknown
    assert isinstance(result.error["message"], str)
    assert f"Removing AI LLM configuration '{NAME if params is BY_NAME else ID}'" in result.msg
    assert f" at {server.url} failed: " in result.msg


UNPROVEN = [response(200, {"message": "deleted"}), response(200, {}), response(200), response(200, "OK")]


@pytest.mark.parametrize("steps", UNPROVEN)
def test_200_without_success_is_looked_up(steps: Response, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, steps)
    server.expect(LIST, NOT_LISTED)
    result = run_task(**BY_ID)
    assert not result.failed
    assert result.changed
    assert "is not listed any more" in result.msg
    assert "Removed" not in result.msg


def test_unauthorized_tells_how_long_a_token_is_valid(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, response(401, REFUSED))
    assert "one hour" in run_task(**BY_ID).msg


def test_ambiguous_name_lists_the_ids(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, response(200, listing(item(), item(id="the-other"))))
    msg = run_task(**BY_NAME).msg
    assert ID in msg
    assert "the-other" in msg


@pytest.mark.parametrize(
    ("exchanges", "words"),
    [
        ([(DELETE, response(200, REFUSED))], ["Forbidden by the API", "support"]),
        ([(DELETE, RATE_LIMITED)] * 3, ["(3 attempts)", "option retries"]),
        ([(DELETE, CLOSED)] * 3 + [(LIST, LISTED)], ["(3 attempts)", "Check api_url", "still listed"]),
        (
            [(DELETE, response(404, "<title>No such page</title>")), (LIST, FOREIGN_404)],
            [
                "an HTML page: No such page",
                "Check that api_url",
                "The request for the list, which could show the outcome, failed too",
            ],
        ),
        ([(DELETE, REDIRECT)], ["answered 302: a redirect", "Check that api_url"]),
        ([(DELETE, response(400, {"error": "Bad", "error_code": "BAD"}))], ["answered 400: Bad (BAD)", "options"]),
    ],
)
def test_message_has_a_next_step(
    exchanges: Exchanges, words: list[str], server: ScriptedServer, run_task: RunTask
) -> None:
    for line, steps in exchanges:
        server.expect(line, steps)
    msg = run_task(retries=2, **BY_ID).msg
    for text in words:
        assert text in msg
    assert "<" not in msg


def test_404_after_a_lost_attempt_is_told(server: ScriptedServer, run_task: RunTask) -> None:
    """Somebody else may have removed the configuration (decision 5)."""
    server.expect(DELETE, RESET, ABSENT)
    result = run_task(retries=1, **BY_ID)
    assert result.changed
    assert result.msg == (
        f"No response confirmed the removal, but AI LLM configuration '{ID}' does not exist any more."
    )


def test_blank_ca_path_counts_as_not_set(
    start_server: StartServer, authority: Authority, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(tls=authority.context())
    server.expect(DELETE, OK)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    monkeypatch.setenv("FLASHBACK_CA_PATH", "")
    assert run_task(api_url=server.url, **BY_ID).changed


def test_unreachable(start_server: StartServer, run_task: RunTask) -> None:
    server = start_server(listening=False)
    result = run_task(api_url=server.url, retries=3, **BY_ID)
    assert (result.code, result.error["http_status"], result.error["outcome_unknown"]) == ("unreachable", None, False)
    assert result.msg == (
        f"Removing AI LLM configuration '{ID}' at {server.url} failed: "
        "cannot connect: Connection refused (4 attempts). Check api_url, and whether this host can connect to it."
    )


def test_unknown_host(run_task: RunTask) -> None:
    assert run_task(api_url="https://host.invalid", **BY_ID).code == "unreachable"


def test_refusal_of_a_proxy(server: ScriptedServer, run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url.replace("//", "//somebody:hunter2@"))
    server.expect("CONNECT flashback.invalid:443", (*response(407, HTML), Act.CLOSE))
    result = run_task(api_url="https://flashback.invalid", **BY_ID)
    assert (result.code, result.error["http_status"], result.error["outcome_unknown"]) == ("unreachable", None, False)
    assert f"the proxy 127.0.0.1:{server.port} refused the request with status 407" in result.msg
    assert "HTTPS_PROXY" in result.msg
    assert "hunter2" not in result.output


def test_timeout_of_one_second(server: ScriptedServer, run_task: RunTask) -> None:
    """A removal whose response did not come in time is looked up."""
    server.expect(DELETE, HANG)
    server.expect(LIST, LISTED)
    result = run_task(timeout=1, **BY_ID)
    assert (result.code, result.error["http_status"], result.error["outcome_unknown"]) == ("timeout", None, True)
    assert "within the timeout of 1 second. " in result.msg
    assert "increase the option timeout" in result.msg


def test_tls(start_server: StartServer, run_task: RunTask, authority: Authority) -> None:
    server = start_server(tls=authority.context())
    assert run_task(api_url=server.url, **BY_ID).code == "tls"
    assert run_task(api_url=server.url, validate_certs=True, **BY_ID).code == "tls"
    server.expect(DELETE, OK, OK)
    assert run_task(api_url=server.url, ca_path=authority.bundle, **BY_ID).changed
    assert run_task(api_url=server.url, validate_certs=False, **BY_ID).changed


def test_tls_to_a_server_of_plain_http(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect("connect", (b"HTTP/1.1 400 Bad Request\r\n\r\n", Act.CLOSE))
    result = run_task(api_url=server.url.replace("http:", "https:"), **BY_ID)
    assert (result.code, result.error["outcome_unknown"]) == ("tls", False)
    assert "begin api_url with http://" in result.msg


# absent: `changed` is true only if this task may have removed the configuration (decision 5)


@pytest.mark.parametrize(
    ("attempts", "changed"),
    [
        ([SERVER_ERROR, ABSENT], True),
        ([GATEWAY_ERROR, ABSENT], True),
        ([response(503, b""), ABSENT], True),
        ([RESET, ABSENT], True),
        ([CLOSED, ABSENT], True),
        ([CUT_OFF, ABSENT], True),
        ([(b"HTTP/1.1 2", Act.CLOSE), ABSENT], True),
        ([RATE_LIMITED, SERVER_ERROR, ABSENT], True),
        ([SERVER_ERROR, RATE_LIMITED, ABSENT], True),
        ([SERVER_ERROR, OK], True),
        ([RATE_LIMITED, ABSENT], False),
        ([RATE_LIMITED, RATE_LIMITED, RATE_LIMITED, ABSENT], False),
        ([RATE_LIMITED, OK], True),
    ],
)
def test_404_after_a_lost_response_is_a_change(
    attempts: list[Response], changed: bool, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(DELETE, *attempts)
    result = run_task(retries=3, **BY_ID)
    assert not result.failed
    assert result.changed is changed


@pytest.mark.parametrize(("steps", "changed"), [(ABSENT, False), (OK, True)])
def test_refused_connection_proves_that_nothing_was_removed(
    steps: Response, changed: bool, start_server: StartServer, run_task: RunTask, clock: FakeClock
) -> None:
    server = start_server(listening=False)
    server.expect(DELETE, steps)
    clock.on_sleep = server.listen
    result = run_task(api_url=server.url, retries=1, **BY_ID)
    assert not result.failed
    assert (result.changed, len(clock.sleeps)) == (changed, 1)


def test_refused_tunnel_proves_that_nothing_was_removed(
    server: ScriptedServer, run_task: RunTask, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = "CONNECT flashback.invalid:443"
    server.expect(connect, (*response(407), Act.CLOSE), (head(200), authority.context("flashback.invalid")))
    server.expect(DELETE, ABSENT)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    result = run_task(api_url="https://flashback.invalid", ca_path=authority.bundle, retries=1, **BY_ID)
    assert not result.failed
    assert not result.changed


@pytest.mark.parametrize("steps", [NOT_HTTP, CLOSED, RESET])
def test_failed_handshake_proves_that_nothing_was_removed(
    steps: Response, start_server: StartServer, run_task: RunTask, authority: Authority
) -> None:
    server = start_server(tls=authority.context())
    server.expect("connect", steps)
    server.expect(DELETE, ABSENT)
    result = run_task(api_url=server.url, ca_path=authority.bundle, retries=1, **BY_ID)
    assert not result.failed
    assert not result.changed


@pytest.mark.parametrize(("listed", "changed"), [(NOT_LISTED, True), (LISTED, None)])
def test_foreign_404_after_a_lost_response(
    listed: Response, changed: bool | None, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(DELETE, SERVER_ERROR, FOREIGN_404)
    server.expect(LIST, listed)
    result = run_task(retries=1, **BY_ID)
    assert result.failed is (changed is None)
    assert result.changed is bool(changed)


# present


def test_create(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, WRITTEN)
    server.expect(LIST, LISTED)
    result = run_task(diff=True, **COMPLETE)
    assert result.changed
    assert result.msg == f"Created AI LLM configuration '{NAME}' in workspace '{WORKSPACE}'."
    assert (result.values["ai_llm"]["id"], result.values["ai_llm"]["org_id"]) == (ID, "org-123")
    assert result.values["diff"] == {
        "before": {},
        "after": {**COMPLETE, "key": "sent", "secret": "sent"},
    }
    (sent,) = server.sent_bodies
    assert (sent["secret"], sent["key"], sent["workspaceId"]) == (SECRET, KEY, WORKSPACE)


@pytest.mark.parametrize("params", [COMPLETE, NAMED, {"id": ID}, {"id": ID, **COMPLETE}])
def test_nothing_to_change(params: dict[str, t.Any], server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST if "id" in params else LIST_WORKSPACE, LISTED)
    result = run_task(diff=True, **params)
    assert not result.failed
    assert not result.changed
    assert result.values["diff"] == {"before": {}, "after": {}}
    assert result.values["ai_llm"]["id"] == ID
    assert "needs no change" in result.msg
    assert ("Credentials (key, secret) are not compared" in result.msg) is ("secret" in params)


@pytest.mark.parametrize(
    ("params", "sent", "before", "after"),
    [
        ({**COMPLETE, "ai_type": "OTHER"}, {"aiType": "OTHER"}, {"ai_type": "OPENAI"}, {"ai_type": "OTHER"}),
        (
            {**NAMED, "endpoint": "https://eu"},
            {"endpoint": "https://eu"},
            {"endpoint": "https://api.openai.com/v1"},
            {"endpoint": "https://eu"},
        ),
        ({"id": ID, "name": "Renamed"}, {"name": "Renamed"}, {"name": NAME}, {"name": "Renamed"}),
        (
            {**COMPLETE, "update_credentials": "always"},
            {"secret": SECRET, "key": KEY},
            {},
            {"key": "sent", "secret": "sent"},
        ),
        ({"id": ID, "key": KEY, "update_credentials": "always"}, {"key": KEY}, {}, {"key": "sent"}),
    ],
)
def test_update_sends_what_differs(
    params: dict[str, t.Any],
    sent: dict[str, str],
    before: dict[str, str],
    after: dict[str, str],
    server: ScriptedServer,
    run_task: RunTask,
) -> None:
    """Check mode predicts the same, except that credentials are not sent."""
    find = LIST if "id" in params else LIST_WORKSPACE
    server.expect(find, LISTED)
    predicted = run_task(check=True, diff=True, **params)
    assert predicted.changed
    server.expect(find, LISTED)
    server.expect(UPDATE, WRITTEN)
    result = run_task(diff=True, **params)
    assert result.changed
    assert server.sent_bodies == [sent]
    assert result.values["diff"] == {"before": before, "after": after}
    would_be = {field: value.replace("sent", "would be sent") for field, value in after.items()}
    assert predicted.values["diff"] == {"before": before, "after": would_be}
    assert result.values["ai_llm"] == predicted.values["ai_llm"]


def test_creation_in_check_mode(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    result = run_task(check=True, diff=True, **COMPLETE)
    assert result.changed
    assert result.values["ai_llm"]["id"] is None
    assert result.values["diff"]["after"]["secret"] == "would be sent"


@pytest.mark.parametrize("missing", ["ai_type", "endpoint", "secret"])
@pytest.mark.parametrize("check", [True, False])
def test_missing_option_of_a_creation_is_named(
    check: bool, missing: str, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    result = run_task(check=check, **{option: value for option, value in COMPLETE.items() if option != missing})
    assert result.failed
    assert missing in result.msg.partition("needs")[2]
    assert "error" not in result.values


@pytest.mark.parametrize("check", [True, False])
def test_unknown_id_is_not_created(check: bool, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, NOT_LISTED)
    result = run_task(check=check, id=ID, **COMPLETE)
    assert (result.code, result.changed) == ("not_found", False)
    assert "give name and workspace_id instead" in result.msg


def test_id_of_another_workspace_is_not_written(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, LISTED)
    assert run_task(id=ID, workspace_id="workspace-456", name="Renamed").code == "workspace_mismatch"


def test_ambiguous_name_is_not_written(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, response(200, listing(item(), item(id="b"))))
    assert run_task(**COMPLETE).code == "ambiguous_name"


def test_name_that_was_taken_after_the_list(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, response(400, {"success": False, "message": "The name is taken"}))
    result = run_task(**COMPLETE)
    assert (result.code, result.changed) == ("rejected", False)
    assert "The name is taken" in result.msg


@pytest.mark.parametrize("steps", [ABSENT, FOREIGN_404, response(404)])
def test_update_of_what_was_removed_after_the_list(steps: Response, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(UPDATE, steps)
    result = run_task(**{**COMPLETE, "ai_type": "OTHER"})
    assert (result.code, result.changed) == ("not_found", False)
    assert "api_url" not in result.msg


def test_lost_creation_that_took_effect(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, CLOSED)
    server.expect(LIST_WORKSPACE, LISTED)
    result = run_task(**COMPLETE)
    assert result.changed
    assert result.values["ai_llm"]["id"] == ID
    assert "No response confirmed the creation" in result.msg


def test_lost_creation_of_unknown_outcome(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, CLOSED)
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    result = run_task(retries=3, **COMPLETE)
    assert (result.code, result.error["outcome_unknown"], result.changed) == ("unreachable", True, False)
    assert "does not know whether" in result.msg


@pytest.mark.parametrize(
    ("steps", "listed", "failed", "changed", "outcome_unknown"),
    [
        (CLOSED, response(200, listing(item(aiType="OTHER"))), False, True, None),
        (CLOSED, LISTED, True, False, True),
        (SERVER_ERROR, LISTED, True, False, False),
        (SERVER_ERROR, FORBIDDEN, True, False, True),
    ],
)
def test_lost_update(
    steps: Response,
    listed: Response,
    failed: bool,
    changed: bool,
    outcome_unknown: bool | None,
    server: ScriptedServer,
    run_task: RunTask,
) -> None:
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(UPDATE, steps)
    server.expect(LIST, listed)
    result = run_task(**{**COMPLETE, "ai_type": "OTHER"})
    assert (result.failed, result.changed) == (failed, changed)
    assert result.error.get("outcome_unknown") is outcome_unknown


def test_lost_rotation_is_unknown(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(UPDATE, SERVER_ERROR)
    result = run_task(update_credentials="always", **COMPLETE)
    assert (result.code, result.error["outcome_unknown"], result.changed) == ("server_error", True, False)


# validate


@pytest.mark.parametrize("changes", [True, False])
@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (VALID, None),
        (NOT_VALID, "validation_failed"),
        (FORBIDDEN, "forbidden"),
        (ABSENT, "not_found"),
        (FOREIGN_404, "not_found"),
        (SERVER_ERROR, "server_error"),
        (CLOSED, "unreachable"),
    ],
)
def test_validation(
    steps: Response, code: str | None, changes: bool, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(LIST_WORKSPACE, LISTED)
    if changes:
        server.expect(UPDATE, WRITTEN)
    server.expect(VALIDATE, steps)
    result = run_task(validate=True, diff=True, **{**COMPLETE, **({"ai_type": "OTHER"} if changes else {})})
    assert (result.failed, result.code, result.changed) == (code is not None, code, changes)
    assert result.error.get("outcome_unknown", False) is False
    assert result.values["ai_llm"]["id"] == ID
    assert "diff" in result.values
    assert result.values.get("validation", {}).get("valid", False) is (steps is VALID)
    assert code != "not_found" or "api_url" not in result.msg


def test_failed_validation_in_words(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(VALIDATE, NOT_VALID)
    result = run_task(validate=True, **COMPLETE)
    assert result.msg.endswith(
        "failed: the platform's check found that the configuration does not work: The provider refused the key. "
        "Check ai_type, endpoint, key and secret. What was written stays as it is."
    )
    assert result.values["validation"] == {"valid": False, "message": "The provider refused the key"}


def test_created_and_validated(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, WRITTEN)
    server.expect(VALIDATE, VALID)
    server.expect(LIST, LISTED)
    assert run_task(validate=True, **COMPLETE).values["validation"] == {"valid": True, "message": "It works"}


@pytest.mark.parametrize("listed", [LISTED, NOT_LISTED])
def test_nothing_is_validated_in_check_mode(listed: Response, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, listed)
    assert "validation" not in run_task(check=True, validate=True, **COMPLETE).values


# Bad options


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
def test_bad_option_of_a_removal_is_named(params: dict[str, t.Any], named: str, check: bool, run_task: RunTask) -> None:
    result = run_task(check=check, **{"state": "absent", **params})
    assert result.failed
    assert result.code is None
    assert named in result.msg


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "id, name, ids"),
        ({"name": "a"}, "workspace_id"),
        ({"ids": ["a"]}, "ids"),
        ({"id": "a", "ids": ["a"]}, "id|ids"),
        ({**NAMED, "ids": ["a"]}, "name|ids"),
        ({**COMPLETE, "ai_type": "openai"}, "ai_type"),
        ({**COMPLETE, "endpoint": " "}, "endpoint"),
        ({**COMPLETE, "name": ""}, "name"),
        ({**COMPLETE, "name": "a\nb"}, "name"),
        ({**COMPLETE, "secret": ""}, "secret"),
        ({**COMPLETE, "key": " "}, "key"),
        ({**NAMED, "update_credentials": "always"}, "update_credentials"),
        ({"id": "..", **COMPLETE}, "id"),
        # What a loop over the listed configurations gives, without "map(attribute='id')".
        ({"id": {"id": "a"}, "state": "absent"}, "map(attribute='id')"),
        ({"ids": [{"id": "a"}], "state": "absent"}, "ids (item 1)"),
        ({"id": " a", "state": "absent"}, "id"),
    ],
)
def test_bad_option_is_named(params: dict[str, t.Any], named: str, run_task: RunTask) -> None:
    result = run_task(**params)
    assert result.failed
    assert named in result.msg
    assert "error" not in result.values


@pytest.mark.parametrize(
    ("id", "quoted"),
    [
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("%2e%2e", "%252e%252e"),
        ("clé", "cl%C3%A9"),
        ("a;b", "a%3Bb"),
        ("...", "..."),
    ],
)
def test_any_other_id_is_sent(id: str, quoted: str, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(f"DELETE /ai/llm/{quoted}", OK)
    assert run_task(state="absent", id=id).changed


def test_id_of_the_list_is_checked_too(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, response(200, listing(item(id=".."))))
    assert run_task(**BY_NAME).code == "invalid_response"


# Secrets: run_task fails the test if one is shown


def test_token_with_white_space_is_hidden(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, response(401, {"success": False, "message": f"Bad token {TOKEN}"}))
    assert run_task(access_token=f" {TOKEN}\n", **BY_ID).code == "unauthorized"


@pytest.mark.parametrize(
    "token", ["hunter2 hunter2", "hunter2\x07", "Bearer hunter2", "hunter2\nX-Header: a", "hünter2hunter2"]
)
def test_token_that_cannot_be_sent_is_hidden(token: str, run_task: RunTask) -> None:
    result = run_task(access_token=token, **BY_ID)
    assert "access_token" in result.msg
    assert "hunter2" not in result.output


def test_credentials_in_the_url_are_hidden(run_task: RunTask) -> None:
    result = run_task(api_url="https://somebody:hunter2@flashback.invalid", **BY_ID)
    assert "api_url" in result.msg
    assert "hunter2" not in result.output


@pytest.mark.parametrize("padding", [0, 250, 280, 290, 299])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
def test_echo_of_the_token_is_hidden(status: int, padding: int, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(DELETE, response(status, {"success": False, "message": "x" * padding + TOKEN}))
    if status in (403, 500):
        server.expect(LIST, response(200, listing(item(repos=[{"id": TOKEN, "name": f"repo of {TOKEN}"}]))))
    result = run_task(**BY_ID)
    assert result.failed is (status != 404)
    assert TOKEN_CORE[:4] not in result.output


def test_warning_does_not_show_the_token(server: ScriptedServer, run_task: RunTask) -> None:
    """Ansible hides secrets in results, but not in warnings."""
    server.expect(LIST, response(200, listing(item(repos=[{"id": "repo-1", "name": TOKEN}]))))
    result = run_task(check=True, **BY_ID)
    (warning,) = result.warnings
    assert "1 repository: ******** (repo-1)" in warning


@pytest.mark.parametrize("padding", [0, 270, 280, 290, 299])
def test_long_name_does_not_show_the_beginning_of_the_token(
    padding: int, server: ScriptedServer, run_task: RunTask
) -> None:
    name = "x" * padding + TOKEN
    used = response(200, listing(item(repos=[{"id": name, "name": name}])))
    server.expect(LIST, used)
    assert TOKEN_CORE[:4] not in run_task(check=True, **BY_ID).output
    server.expect(DELETE, FORBIDDEN)
    server.expect(LIST, used)
    assert TOKEN_CORE[:4] not in run_task(**BY_ID).output


@pytest.mark.parametrize("access_token", [TOKEN, f" {TOKEN}\n"])
def test_listed_fields_do_not_show_secrets(access_token: str, server: ScriptedServer, run_task: RunTask) -> None:
    listed = item(name=TOKEN, secret=LISTED_KEY, endpoint=f"https://{TOKEN}")
    server.expect(LIST, response(200, listing(listed)))
    server.expect(DELETE, OK)
    assert run_task(diff=True, access_token=access_token, **BY_ID).changed


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
def test_key_in_an_unexpected_body_is_not_shown(
    params: dict[str, str], body: t.Any, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(DELETE if params is BY_ID else LIST_WORKSPACE, response(400, body))
    assert run_task(**params).code == "rejected"


@pytest.mark.parametrize("secret", ["s", "in"])
def test_short_secret_is_sent_and_messages_stay_readable(
    secret: str, server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, WRITTEN)
    server.expect(LIST, LISTED)
    result = run_task(**{**COMPLETE, "secret": secret})
    assert result.msg.replace("********", "in") == f"Created AI LLM configuration '{NAME}' in workspace '{WORKSPACE}'."
    assert server.sent_bodies[0]["secret"] == secret
    assert result.values["invocation"]["module_args"]["secret"] != secret


# Whatever a server answers


@property_test
@given(deletes=GENERATED_RESPONSES, gets=GENERATED_RESPONSES)
def test_any_response_to_a_removal_ends_in_a_result_or_a_clean_failure(
    deletes: list[GeneratedResponse],
    gets: list[GeneratedResponse],
    server: ScriptedServer,
    run_task: RunTask,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # It warns of every header that it cannot read.
    caplog.set_level(logging.ERROR, "urllib3")
    server.respond = responder = Responder({"DELETE": deletes, "GET": gets})
    result = run_task(retries=2, **BY_ID)
    assert len(result.msg) < 5000
    attempts = [generated for method, generated in responder.given if method == "DELETE"]
    last = attempts[-1]
    had_no_effect = all(attempt.is_final for attempt in attempts)
    if result.failed:
        assert result.code in CODES
        assert not result.changed
        if not result.error["outcome_unknown"]:
            # Only the API's own answer is certain after an attempt in doubt.
            assert last.success is False or not any(attempt.status >= 500 for attempt in attempts)
    elif result.changed:
        assert last.proves_success or not had_no_effect
    else:
        assert last.status == 404


@property_test
@given(gets=GENERATED_RESPONSES, writes=GENERATED_RESPONSES)
def test_any_response_to_a_creation_ends_in_a_result_or_a_clean_failure(
    gets: list[GeneratedResponse],
    writes: list[GeneratedResponse],
    server: ScriptedServer,
    run_task: RunTask,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, "urllib3")
    empty = GeneratedResponse(200, {}, json.dumps(listing()).encode())
    server.respond = responder = Responder({"GET": [empty, *gets], "POST": writes})
    result = run_task(retries=2, **COMPLETE)
    assert len(result.msg) < 5000
    creations = [generated for method, generated in responder.given if method == "POST"]
    # Only a creation that certainly had no effect is sent again.
    assert all(creation.status == 429 for creation in creations[:-1])
    # There is none if the server closes a kept connection just as the creation is sent.
    proven = bool(creations) and creations[-1].proves_success
    if result.failed:
        assert result.code in CODES
        # An answer that confirms the creation, but has no ID, fails the task.
        assert proven or not result.changed
    else:
        assert result.changed
        assert proven or any(b'"success": true' in get.body for method, get in responder.given[1:] if method == "GET")
