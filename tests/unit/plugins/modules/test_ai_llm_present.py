# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ai_llm with state present."""

from __future__ import annotations

import json
import logging
import typing as t

import pytest
from hypothesis import given

from ansible_collections.flashback.platform.plugins.modules.ai_llm import main
from ansible_collections.flashback.platform.tests.unit.answers import ANY_ANSWERS, Drawn, property_test
from ansible_collections.flashback.platform.tests.unit.helpers import (
    CODES,
    ID,
    LIST,
    NOT_FOUND,
    REFUSED,
    TOKEN,
    TOKEN_CORE,
    Ended,
    item,
    listing,
    run_module,
)
from ansible_collections.flashback.platform.tests.unit.wire import Act, Answer, Request, ScriptedServer, answer

if t.TYPE_CHECKING:
    from collections.abc import Callable

    Ensure = Callable[..., Ended]

SECRET = "sk-secret-of-the-task"
KEY = "key-of-the-task"

NAMED = {"name": "Staging OpenAI", "workspace_id": "workspace-123"}
WHOLE = {**NAMED, "ai_type": "OPENAI", "endpoint": "https://api.openai.com/v1", "secret": SECRET, "key": KEY}

FIND = f"{LIST}?workspaceId=workspace-123"
CREATE = "POST /ai/llm"
UPDATE = f"PUT /ai/llm/{ID}"
VALIDATE = f"POST /ai/llm/{ID}/validate"

LISTED = answer(200, listing(item(id="b", name="Another"), item()))
NOT_LISTED = answer(200, listing(item(id="b", name="Another")))
DONE = answer(200, {"success": True, "aiLlmId": ID})
LOST = answer(500, REFUSED)
VALID = answer(200, {"success": True, "message": "It works"})
NOT_VALID = answer(200, {"success": False, "message": "The provider refused the key"})


@pytest.fixture
def ensure(server: ScriptedServer) -> Ensure:
    """Runs the module against the server; present is its default. What it shows never holds a secret."""

    def ensure(**params: t.Any) -> Ended:
        ended = run_module(main, **{"api_url": server.url, "access_token": TOKEN, "retries": 0, **params})
        for secret in (TOKEN_CORE, SECRET, KEY, item()["key"]):
            assert secret not in ended.output
        return ended

    return ensure


def bodies(server: ScriptedServer) -> list[dict[str, t.Any]]:
    return [json.loads(request.body) for request in server.requests if request.body]


def test_create(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    server.expect(CREATE, DONE)
    server.expect(LIST, LISTED)
    ended = ensure(diff=True, **WHOLE)
    assert ended.changed
    assert (ended.result["ai_llm"]["id"], ended.result["ai_llm"]["org_id"]) == (ID, "org-123")
    assert ended.result["diff"]["before"] == {}
    assert (ended.result["diff"]["after"]["secret"], ended.result["diff"]["after"]["key"]) == ("will be set",) * 2
    (sent,) = bodies(server)
    assert (sent["secret"], sent["key"], sent["workspaceId"]) == (SECRET, KEY, "workspace-123")


@pytest.mark.parametrize("params", [WHOLE, NAMED, {"id": ID}, {"id": ID, **WHOLE}])
def test_as_it_should_be(params: dict[str, t.Any], server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(LIST if "id" in params else FIND, LISTED)
    ended = ensure(diff=True, **params)
    assert not ended.failed
    assert not ended.changed
    assert ended.result["diff"]["before"] == ended.result["diff"]["after"] == ended.result["ai_llm"]


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({**WHOLE, "ai_type": "OTHER"}, {"aiType": "OTHER"}),
        ({**NAMED, "endpoint": "https://eu"}, {"endpoint": "https://eu"}),
        ({"id": ID, "name": "Renamed"}, {"name": "Renamed"}),
        ({**WHOLE, "update_credentials": "always"}, {"secret": SECRET, "key": KEY}),
        ({"id": ID, "key": KEY, "update_credentials": "always"}, {"key": KEY}),
    ],
)
def test_update_sends_what_differs(
    params: dict[str, t.Any], sent: dict[str, str], server: ScriptedServer, ensure: Ensure
) -> None:
    find = LIST if "id" in params else FIND
    server.expect(find, LISTED)
    predicted = ensure(check=True, diff=True, **params)
    assert predicted.changed
    server.expect(find, LISTED)
    server.expect(UPDATE, DONE)
    ended = ensure(diff=True, **params)
    assert ended.changed
    assert bodies(server) == [sent]
    assert ended.result["diff"] == predicted.result["diff"]
    assert ended.result["ai_llm"] == predicted.result["ai_llm"]


def test_check_mode_predicts_a_creation(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    ended = ensure(check=True, diff=True, **WHOLE)
    assert ended.changed
    assert ended.result["ai_llm"]["id"] is None
    assert ended.result["diff"]["after"]["secret"] == "will be set"


@pytest.mark.parametrize("missing", ["ai_type", "endpoint", "secret"])
@pytest.mark.parametrize("check", [True, False])
def test_what_a_creation_lacks_is_named(check: bool, missing: str, server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    ended = ensure(check=check, **{option: value for option, value in WHOLE.items() if option != missing})
    assert ended.failed
    assert missing in ended.result["msg"].partition("needs")[2]


@pytest.mark.parametrize("check", [True, False])
def test_unknown_id_is_not_created(check: bool, server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(LIST, NOT_LISTED)
    assert ensure(check=check, id=ID, **WHOLE).code == "not_found"


def test_id_of_another_workspace_is_not_written(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(LIST, LISTED)
    assert ensure(id=ID, workspace_id="workspace-456", name="Renamed").code == "workspace_mismatch"


def test_ambiguous_name_is_not_written(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, answer(200, listing(item(), item(id="b"))))
    assert ensure(**WHOLE).code == "ambiguous_name"


def test_name_that_somebody_else_took_meanwhile(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    server.expect(CREATE, answer(400, {"success": False, "message": "The name is taken"}))
    ended = ensure(**WHOLE)
    assert (ended.code, ended.changed) == ("rejected", False)
    assert "The name is taken" in ended.result["msg"]


def test_update_of_what_disappeared_meanwhile(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, LISTED)
    server.expect(UPDATE, answer(404, NOT_FOUND))
    ended = ensure(**{**WHOLE, "ai_type": "OTHER"})
    assert (ended.code, ended.changed) == ("not_found", False)


def test_lost_creation_that_took_effect(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    server.expect(CREATE, (Act.CLOSE,))
    server.expect(FIND, LISTED)
    ended = ensure(**WHOLE)
    assert ended.changed
    assert ended.result["ai_llm"]["id"] == ID


def test_lost_creation_of_unknown_outcome(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    server.expect(CREATE, (Act.CLOSE,))
    server.expect(FIND, NOT_LISTED)
    ended = ensure(retries=3, **WHOLE)
    assert ended.code == "unreachable"
    assert "may have" in ended.result["msg"]


# validate


@pytest.mark.parametrize("changes", [True, False])
@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (VALID, None),
        (NOT_VALID, "validation_failed"),
        (answer(403, REFUSED), "forbidden"),
        (answer(404, NOT_FOUND), "not_found"),
        (LOST, "server_error"),
        ((Act.CLOSE,), "unreachable"),
    ],
)
def test_validation(steps: Answer, code: str | None, changes: bool, server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, LISTED)
    if changes:
        server.expect(UPDATE, DONE)
    server.expect(VALIDATE, steps)
    ended = ensure(validate=True, diff=True, **{**WHOLE, **({"ai_type": "OTHER"} if changes else {})})
    assert (ended.failed, ended.code, ended.changed) == (code is not None, code, changes)
    assert ended.result["ai_llm"]["id"] == ID
    assert "diff" in ended.result
    assert ended.result.get("validation", {}).get("valid", False) is (steps is VALID)


def test_created_and_validated(server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, NOT_LISTED)
    server.expect(CREATE, DONE)
    server.expect(LIST, LISTED)
    server.expect(VALIDATE, VALID)
    assert ensure(validate=True, **WHOLE).result["validation"] == {"valid": True, "message": "It works"}


@pytest.mark.parametrize("listed", [LISTED, NOT_LISTED])
def test_check_mode_does_not_validate(listed: Answer, server: ScriptedServer, ensure: Ensure) -> None:
    server.expect(FIND, listed)
    assert "validation" not in ensure(check=True, validate=True, **WHOLE).result


# Bad input


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "id, name, ids"),
        ({"name": "a"}, "workspace_id"),
        ({"ids": ["a"]}, "ids"),
        ({"id": "a", "ids": ["a"]}, "id|ids"),
        ({**NAMED, "ids": ["a"]}, "name|ids"),
        ({**WHOLE, "ai_type": "openai"}, "ai_type"),
        ({**WHOLE, "endpoint": " "}, "endpoint"),
        ({**WHOLE, "name": ""}, "name"),
        ({**WHOLE, "name": "a\nb"}, "name"),
        ({**WHOLE, "secret": ""}, "secret"),
        ({**WHOLE, "key": " "}, "key"),
        ({**NAMED, "update_credentials": "always"}, "update_credentials"),
        ({"id": "..", **WHOLE}, "id"),
    ],
)
def test_bad_input_is_named_and_sends_nothing(params: dict[str, t.Any], named: str, ensure: Ensure) -> None:
    ended = ensure(**params)
    assert ended.failed
    assert named in ended.result["msg"]
    assert "error" not in ended.result


# Whatever a server answers


@property_test
@given(gets=ANY_ANSWERS, writes=ANY_ANSWERS)
def test_any_answer_ends_in_a_result_or_a_clean_failure(
    gets: list[Drawn],
    writes: list[Drawn],
    server: ScriptedServer,
    ensure: Ensure,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, "urllib3")
    left = {"GET": [Drawn(200, {}, json.dumps(listing()).encode()), *gets], "POST": list(writes)}
    given: list[tuple[str, Drawn]] = []

    def respond(request: Request) -> Answer:
        answers = left[request.method]
        given.append((request.method, answers.pop(0) if len(answers) > 1 else answers[0]))
        return given[-1][1].steps

    server.respond = respond
    ended = ensure(retries=2, timeout=10, **WHOLE)
    assert len(ended.result["msg"]) < 5000
    creations = [drawn for method, drawn in given if method == "POST"]
    # What is sent again was surely not carried out.
    assert all(drawn.status == 429 for drawn in creations[:-1])
    # None is seen when the server closes a kept connection just as the creation is sent.
    says_done = bool(creations) and creations[-1].says_done
    if ended.failed:
        assert ended.code in CODES
        # A success that tells no ID.
        assert ended.changed is says_done
    else:
        assert ended.changed
        assert says_done or any(b'"success": true' in drawn.body for method, drawn in given[1:] if method == "GET")
