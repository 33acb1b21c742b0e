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
    DELETE,
    FORBIDDEN,
    HANG,
    ID,
    IN_USE,
    KEY,
    LIST,
    LIST_WORKSPACE,
    LIST_WORKSPACES,
    LISTED,
    LISTED_KEY,
    NAME,
    NOT_LISTED,
    NOT_VALID,
    OK,
    RATE_LIMITED,
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
    Responder,
    Response,
    ScriptedServer,
    response,
)
from ansible_collections.flashback.platform.tests.unit.strategies import (
    GENERATED_RESPONSES,
    GeneratedResponse,
    property_test,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, RunTask, StartServer

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
        (BY_ID, [(DELETE, ABSENT)], False),
        (BY_ID_IN_WORKSPACE, [(LIST, LISTED), (DELETE, OK)], True),
        (BY_ID_IN_WORKSPACE, [(LIST, NOT_LISTED)], False),
        (BY_NAME, [(LIST_WORKSPACE, LISTED), (DELETE, OK)], True),
        (BY_NAME, [(LIST_WORKSPACE, LISTED), (DELETE, ABSENT)], False),
        (BY_NAME, [(LIST_WORKSPACE, NOT_LISTED)], False),
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
    for words in ("my-ai-repo-1 (repo-1), my-ai-repo-2 (repo-2)", ID, server.url, REFUSED["message"]):
        assert words in result.msg
    assert "my-ai-repo-9" not in result.output


# absent: a failure. test_apply.py and test_client.py have all of them.


@pytest.mark.parametrize(
    ("params", "exchanges", "code", "status", "outcome_unknown"),
    [
        (BY_ID, [(DELETE, response(401, REFUSED))], "unauthorized", 401, False),
        (BY_ID, [(DELETE, RATE_LIMITED), (DELETE, RATE_LIMITED)], "rate_limited", 429, False),
        (BY_ID, [(DELETE, SERVER_ERROR), (DELETE, SERVER_ERROR), (LIST, LISTED)], "server_error", 500, False),
        (BY_ID, [(DELETE, response(200, {})), (LIST, response(401, REFUSED))], "invalid_response", 200, True),
        (BY_ID, [(DELETE, RESET), (DELETE, CLOSED), (LIST, LISTED)], "unreachable", None, True),
        (BY_NAME, [(LIST_WORKSPACE, response(200, listing(item(), item(id="b"))))], "ambiguous_name", None, False),
        ({**BY_ID, "workspace_id": "workspace-456"}, [(LIST, LISTED)], "workspace_mismatch", None, False),
        (
            {**BY_ID, "workspace_id": "42"},
            [(LIST, response(200, listing(item(workspaceId=42))))],
            "invalid_response",
            None,
            False,
        ),
        (
            {**BY_NAME, "workspace_id": "42"},
            [(f"{LIST}?workspaceId=42", response(200, listing(item(workspaceId=42))))],
            "invalid_response",
            None,
            False,
        ),
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
    assert f"Removing AI LLM configuration '{params.get('id', NAME)}'" in result.msg
    assert f" at {server.url} failed: " in result.msg


def test_404_after_a_lost_attempt_is_told(server: ScriptedServer, run_task: RunTask) -> None:
    """Somebody else may have removed the configuration (decision 5)."""
    server.expect(DELETE, RESET, ABSENT)
    result = run_task(retries=1, **BY_ID)
    assert result.changed
    assert result.msg == (
        f"No response confirmed the removal, but AI LLM configuration '{ID}' does not exist any more."
    )


@pytest.mark.parametrize("blank", ["", " ", "line\nbreak"])
def test_other_options_of_a_removal_are_ignored(blank: str, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(f"DELETE /ai/llm/{ID}", response(200, {"success": True}))
    assert run_task(id=ID, state="absent", endpoint=blank, key=blank, secret=blank).changed


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


def test_timeout_of_three_seconds(server: ScriptedServer, run_task: RunTask) -> None:
    """A removal whose response did not come in time is looked up."""
    server.expect(DELETE, HANG)
    server.expect(LIST, LISTED)
    result = run_task(timeout=3, **BY_ID)
    assert (result.code, result.error["http_status"], result.error["outcome_unknown"]) == ("timeout", None, True)
    assert "within the timeout of 3 seconds. " in result.msg
    assert "increase the option timeout" in result.msg


def test_tls(start_server: StartServer, run_task: RunTask, authority: Authority) -> None:
    server = start_server(tls=authority.context())
    assert run_task(api_url=server.url, **BY_ID).code == "tls"
    assert run_task(api_url=server.url, validate_certs=True, **BY_ID).code == "tls"
    server.expect(DELETE, OK, OK)
    assert run_task(api_url=server.url, ca_path=authority.bundle, **BY_ID).changed
    assert run_task(api_url=server.url, validate_certs=False, **BY_ID).changed


# present


def test_create(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, WRITTEN)
    server.expect(LIST_WORKSPACE, LISTED)
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
        ({"id": ID, "name": "Renamed"}, {"name": "Renamed"}, {"name": NAME}, {"name": "Renamed"}),
        (
            {**COMPLETE, "update_credentials": "always"},
            {"secret": SECRET, "key": KEY},
            {},
            {"key": "sent", "secret": "sent"},
        ),
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
    if "secret" not in sent:
        server.expect(find, response(200, listing(item(**sent))))
    result = run_task(diff=True, **params)
    assert result.changed
    assert server.sent_bodies == [sent]
    assert result.values["diff"] == {"before": before, "after": after}
    would_be = {field: value.replace("sent", "would be sent") for field, value in after.items()}
    assert predicted.values["diff"] == {"before": before, "after": would_be}
    assert result.values["ai_llm"] == predicted.values["ai_llm"]


@pytest.mark.parametrize("check", [False, True])
def test_new_name_by_id_that_another_configuration_has(check: bool, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST, response(200, listing(item(), item(id="b", name="Taken"))))
    result = run_task(check=check, id=ID, name="Taken")
    assert (result.code, result.changed) == ("ambiguous_name", False)
    assert "'Taken' (b)" in result.msg


def test_creation_in_check_mode(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    result = run_task(check=True, diff=True, **COMPLETE)
    assert result.changed
    assert result.values["ai_llm"]["id"] is None
    assert result.values["diff"]["after"]["secret"] == "would be sent"


def test_lost_creation_of_unknown_outcome(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, CLOSED)
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    result = run_task(retries=3, **COMPLETE)
    assert (result.code, result.error["outcome_unknown"], result.changed) == ("unreachable", True, False)
    assert "does not know whether" in result.msg


# validate


def test_failed_validation_in_words(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(UPDATE, WRITTEN)
    server.expect(LIST_WORKSPACE, response(200, listing(item(aiType="OTHER"))))
    server.expect(VALIDATE, NOT_VALID)
    result = run_task(validate=True, diff=True, **{**COMPLETE, "ai_type": "OTHER"})
    assert result.msg.endswith(
        "failed: the platform's check found that the configuration does not work: The provider refused the key. "
        "Check ai_type, endpoint, key and secret. What was written stays as it is."
    )
    assert result.error == {
        "code": "validation_failed",
        "http_status": 200,
        "message": "The provider refused the key",
        "outcome_unknown": False,
    }
    assert result.values["validation"] == {"valid": False, "message": "The provider refused the key"}
    assert (result.changed, result.values["ai_llm"]["ai_type"]) == (True, "OTHER")
    assert result.values["diff"]["after"] == {"ai_type": "OTHER"}


def test_created_and_validated(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(LIST_WORKSPACE, NOT_LISTED)
    server.expect(CREATE, WRITTEN)
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(VALIDATE, VALID)
    assert run_task(validate=True, **COMPLETE).values["validation"] == {"valid": True, "message": "It works"}


# Bad options


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "id, name, ids"),
        ({"name": "a"}, "workspace_id"),
        ({"ids": ["a"]}, "ids"),
        ({"id": "a", "ids": ["a"]}, "id|ids"),
        ({**NAMED, "ids": ["a"]}, "name|ids"),
        *[({**COMPLETE, option: blank}, option) for option in COMPLETE for blank in ("", " ")],
        ({**COMPLETE, "name": "a\nb"}, "name"),
        ({**NAMED, "update_credentials": "always"}, "update_credentials"),
        ({"id": "..", **COMPLETE}, "id"),
        # What a loop over the listed configurations gives, without "map(attribute='id')".
        ({"id": {"id": "a"}, "state": "absent"}, "map(attribute='id')"),
        ({"ids": [{"id": "a"}], "state": "absent"}, "ids (item 1)"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_bad_option_is_named(params: dict[str, t.Any], named: str, check: bool, run_task: RunTask) -> None:
    result = run_task(check=check, **params)
    assert result.failed
    assert named in result.msg
    assert "error" not in result.values


# Secrets: run_task fails the test if one is shown


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
    server.expect(LIST_WORKSPACE, LISTED)
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
