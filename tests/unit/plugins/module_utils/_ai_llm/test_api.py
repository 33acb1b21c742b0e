# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import repository_names
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Failure
from ansible_collections.flashback.platform.tests.unit.responses import (
    ABSENT,
    CLOSED,
    CREATE,
    DELETE,
    FORBIDDEN,
    FOREIGN_404,
    GATEWAY_ERROR,
    HTML,
    ID,
    LIST,
    LIST_WORKSPACE,
    NOT_VALID,
    OK,
    RATE_LIMITED,
    REDIRECT,
    REFUSED,
    RESET,
    SECRET,
    SERVER_ERROR,
    UPDATE,
    VALID,
    VALIDATE,
    WORKSPACE,
    WRITTEN,
    item,
    listing,
    repo,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import Response, ScriptedServer, response

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import AiLlms

FIELDS = {
    "name": "New",
    "workspace_id": WORKSPACE,
    "ai_type": "OPENAI",
    "endpoint": "https://api.openai.com/v1",
    "secret": SECRET,
}


def error_of(action: Callable[[], t.Any]) -> Failure:
    with pytest.raises(ApiError) as caught:
        action()
    return caught.value.failure


# list


def test_list(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, response(200, listing(item(), item(id="b", workspaceId=None))))
    listed = ai_llms.list()
    assert [ai_llm["id"] for ai_llm in listed] == [ID, "b"]
    assert "key" not in listed[0]


def test_list_without_success(server: ScriptedServer, ai_llms: AiLlms) -> None:
    """Every field of an answer is "not required" in the documentation."""
    server.expect(LIST, response(200, {"aiLlms": [item()]}))
    assert [ai_llm["id"] for ai_llm in ai_llms.list()] == [ID]


def test_filter_of_the_api_is_not_trusted(server: ScriptedServer, ai_llms: AiLlms) -> None:
    others = [
        item(id="b", workspaceId="b"),
        item(id="c", workspaceId=None),
        item(id="d", workspaceId=["workspace-123"]),
    ]
    server.expect(LIST_WORKSPACE, response(200, listing(*others, item())))
    assert [ai_llm["id"] for ai_llm in ai_llms.list(WORKSPACE)] == [ID]


def test_list_of_some_ids(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, *[response(200, listing(item(id="b", name=ID), item(), item(id=ID.upper())))] * 2)
    assert [ai_llm["id"] for ai_llm in ai_llms.list(ids={ID, "missing"})] == [ID]
    assert ai_llms.list(ids=set()) == []


def test_list_of_what_is_available(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(f"{LIST}/available", response(200, listing(item(), item(id="b", workspaceId="b"))))
    assert [ai_llm["id"] for ai_llm in ai_llms.list(WORKSPACE, available=True)] == [ID]


@pytest.mark.parametrize(
    "listed",
    [
        None,
        True,
        5,
        "a",
        [],
        {},
        [item()],
        *({"id": wrong} for wrong in t.cast("tuple[t.Any, ...]", (None, 5, "", " ", ".", "..", "a\n", "\ud800", []))),
    ],
)
def test_list_with_an_item_that_has_no_usable_id_proves_nothing(
    listed: t.Any, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(LIST, response(200, listing(item(), listed)))
    assert error_of(ai_llms.list).code == "invalid_response"


@pytest.mark.parametrize("field", [None, {}, "a", 5, {"id": ID}])
def test_answer_without_a_list(field: t.Any, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, response(200, {"success": True, "aiLlms": field}))
    assert error_of(ai_llms.list).code == "invalid_response"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (response(200, {"success": True}), "invalid_response"),
        (response(200, {"success": False, "aiLlms": []}), "server_error"),
        (response(200, []), "invalid_response"),
        (response(200, HTML), "invalid_response"),
        (response(204), "invalid_response"),
        (REDIRECT, "invalid_response"),
        (FOREIGN_404, "invalid_response"),
        (response(401, REFUSED), "unauthorized"),
        (FORBIDDEN, "forbidden"),
        (ABSENT, "not_found"),
    ],
)
def test_list_fails(steps: Response, code: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, steps)
    error = error_of(ai_llms.list)
    assert (error.code, error.outcome_unknown) == (code, False)


# create


def test_create_sends_the_fields_and_returns_the_id(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, response(200, {"success": True, "aiLlmId": "new"}))
    assert ai_llms.create(FIELDS) == "new"
    assert server.sent_bodies == [
        {
            "name": "New",
            "workspaceId": WORKSPACE,
            "aiType": "OPENAI",
            "endpoint": "https://api.openai.com/v1",
            "secret": SECRET,
        }
    ]


@pytest.mark.parametrize(
    ("status", "body", "created_id"),
    [
        (200, {"aiLlmId": "new"}, "new"),
        (201, {"aiLlmId": "new", "success": None}, "new"),
        *[(200, {"success": True, "aiLlmId": wrong}, None) for wrong in (None, 5, "", "..", "a\nb", ["new"])],
        (200, {"success": True}, None),
        (204, b"", None),
    ],
)
def test_creation_that_the_api_confirms(
    status: int, body: t.Any, created_id: str | None, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    """Only this API knows the field `aiLlmId`, so that it is a proof as good as `success`."""
    server.expect(CREATE, response(status, body))
    assert ai_llms.create(FIELDS) == created_id


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (SERVER_ERROR, "server_error"),
        (GATEWAY_ERROR, "server_error"),
        (CLOSED, "unreachable"),
        (RESET, "unreachable"),
        (response(200, HTML), "invalid_response"),
        (response(200, {}), "invalid_response"),
        (response(200, {"message": "created"}), "invalid_response"),
        (response(200, {"aiLlmId": 5}), "invalid_response"),
    ],
)
def test_creation_without_an_answer_is_sent_once(
    steps: Response, code: str, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(CREATE, steps)
    error = error_of(lambda: ai_llms.create(FIELDS))
    assert (error.code, error.outcome_unknown) == (code, True)


def test_creation_that_did_not_arrive_is_sent_again(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, RATE_LIMITED, WRITTEN)
    assert ai_llms.create(FIELDS) == ID


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (response(400, REFUSED), "rejected"),
        (FORBIDDEN, "forbidden"),
        (response(409, REFUSED), "rejected"),
        (response(200, {"success": False, "aiLlmId": ID}), "server_error"),
        (REDIRECT, "invalid_response"),
        (FOREIGN_404, "invalid_response"),
    ],
)
def test_creation_that_is_refused(steps: Response, code: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, steps)
    error = error_of(lambda: ai_llms.create(FIELDS))
    assert (error.code, error.outcome_unknown) == (code, False)


# update


def test_update_sends_the_fields_until_there_is_an_answer(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(UPDATE, SERVER_ERROR, CLOSED, WRITTEN)
    ai_llms.update(ID, {"ai_type": "OTHER"})
    assert server.sent_bodies == [{"aiType": "OTHER"}] * 3


@pytest.mark.parametrize(
    ("steps", "code", "attempts", "outcome_unknown"),
    [
        (response(400, REFUSED), "rejected", 1, False),
        (FORBIDDEN, "forbidden", 1, False),
        (SERVER_ERROR, "server_error", 4, True),
        (CLOSED, "unreachable", 4, True),
        (RATE_LIMITED, "rate_limited", 4, False),
        (response(200, REFUSED), "server_error", 1, False),
        (response(200, {}), "invalid_response", 1, True),
    ],
)
def test_update_fails(
    steps: Response, code: str, attempts: int, outcome_unknown: bool, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(UPDATE, *[steps] * attempts)
    error = error_of(lambda: ai_llms.update(ID, {"name": "New"}))
    assert (error.code, error.outcome_unknown) == (code, outcome_unknown)


NOT_FOUND_BODIES = [
    {"success": False, "message": "AI LLM configuration not found"},
    {"message": "no route"},
    {},
    HTML,
    b"",
    "Not Found",
]


@pytest.mark.parametrize("body", NOT_FOUND_BODIES, ids=range(len(NOT_FOUND_BODIES)))
@pytest.mark.parametrize("operation", ["update", "validate"])
def test_404_of_a_listed_configuration_is_not_found(
    operation: str, body: t.Any, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    """With any body: it was listed a moment ago, so that api_url is right."""
    server.expect(UPDATE if operation == "update" else VALIDATE, response(404, body))
    error = error_of(lambda: ai_llms.update(ID, {"name": "New"}) if operation == "update" else ai_llms.validate(ID))
    assert (error.code, error.http_status, error.outcome_unknown) == ("not_found", 404, False)
    assert "api_url" not in str(error)
    assert "Run the task again" in str(error)


# delete


@pytest.mark.parametrize("steps", [OK, response(204), response(200, {"success": True})])
def test_delete(steps: Response, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(DELETE, steps)
    ai_llms.delete(ID)


@pytest.mark.parametrize(
    ("attempts", "outcome_unknown"),
    [
        ([ABSENT], False),
        ([response(404, {"success": False})], False),
        ([SERVER_ERROR, ABSENT], True),
        ([GATEWAY_ERROR, ABSENT], True),
        ([RESET, ABSENT], True),
        ([RATE_LIMITED, ABSENT], False),
        ([RATE_LIMITED, SERVER_ERROR, ABSENT], True),
        ([SERVER_ERROR, RATE_LIMITED, ABSENT], True),
    ],
)
def test_delete_of_what_does_not_exist(
    attempts: list[Response], outcome_unknown: bool, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(DELETE, *attempts)
    error = error_of(lambda: ai_llms.delete(ID))
    assert (error.code, error.outcome_unknown) == ("not_found", outcome_unknown)


@pytest.mark.parametrize(
    ("steps", "code", "attempts", "outcome_unknown"),
    [
        (response(200, REFUSED), "server_error", 1, False),
        (response(200, HTML), "invalid_response", 1, True),
        (response(200, {}), "invalid_response", 1, True),
        (REDIRECT, "invalid_response", 1, False),
        (FOREIGN_404, "invalid_response", 1, False),
        (response(404, {"success": True}), "invalid_response", 1, False),
        (response(404, b""), "invalid_response", 1, False),
        (response(404, "null"), "invalid_response", 1, False),
        (response(400, REFUSED), "rejected", 1, False),
        (response(401, REFUSED), "unauthorized", 1, False),
        (FORBIDDEN, "forbidden", 1, False),
        (RATE_LIMITED, "rate_limited", 4, False),
        (SERVER_ERROR, "server_error", 4, True),
        (CLOSED, "unreachable", 4, True),
    ],
)
def test_delete_fails(
    steps: Response, code: str, attempts: int, outcome_unknown: bool, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(DELETE, *[steps] * attempts)
    error = error_of(lambda: ai_llms.delete(ID))
    assert (error.code, error.outcome_unknown) == (code, outcome_unknown)


# validate


@pytest.mark.parametrize(
    ("steps", "validation"),
    [
        (VALID, {"valid": True, "message": "It works"}),
        (NOT_VALID, {"valid": False, "message": "The provider refused the key"}),
    ],
)
def test_validate(steps: Response, validation: dict[str, t.Any], server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(VALIDATE, steps)
    assert ai_llms.validate(ID) == validation


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (SERVER_ERROR, "server_error"),
        (CLOSED, "unreachable"),
        (response(200, {}), "invalid_response"),
        (response(200, {"message": "valid"}), "invalid_response"),
        (response(204), "invalid_response"),
        (FORBIDDEN, "forbidden"),
    ],
)
def test_validation_that_fails_is_certain_and_not_repeated(
    steps: Response, code: str, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    """It changes nothing, so that no outcome is unknown. It may cost money, so that it is sent once."""
    server.expect(VALIDATE, steps)
    error = error_of(lambda: ai_llms.validate(ID))
    assert (error.code, error.outcome_unknown) == (code, False)


# Repositories


@pytest.mark.parametrize(
    ("repos", "sentence"),
    [
        ([repo(1)], "1 repository: my-ai-repo-1 (repo-1)"),
        ([{"id": "a", "name": None}, repo(2)], "2 repositories: unnamed (a), my-ai-repo-2 (repo-2)"),
        ([{"id": "a", "name": "x\x1b[31m\ny"}], "1 repository: x [31m y (a)"),
    ],
)
def test_repository_names(repos: list[dict[str, t.Any]], sentence: str) -> None:
    assert repository_names({"repos": repos}) == sentence


def test_many_repositories_are_counted() -> None:
    sentence = repository_names({"repos": [repo(number) for number in range(1000)]})
    assert sentence.startswith("1000 repositories: ")
    assert "my-ai-repo-9 " in sentence
    assert "my-ai-repo-10 " not in sentence
    assert sentence.endswith("990 more")


def test_long_repository_names_are_cut() -> None:
    assert len(repository_names({"repos": [{"id": "x" * 100_000, "name": "x" * 100_000}]})) < 2000
