# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import repository_names
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Failure
from ansible_collections.flashback.platform.tests.unit.responses import (
    CLOSED,
    CREATE,
    HTML,
    ID,
    LIST,
    LIST_WORKSPACE,
    NOT_FOUND,
    NOT_VALID,
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


# What the list of a workspace, and the list of an ID, say if a field of an item has another type than documented.
# "error": nothing can be concluded. "listed": the item is listed. "other": it belongs to another workspace.
TYPES: dict[str, t.Any] = {
    "missing": None,
    "null": None,
    "number": 42,
    "boolean": False,
    "list": ["a"],
    "dictionary": {"a": "b"},
    "empty": "",
    "lone surrogate": "\ud800",
}
_ERROR = dict.fromkeys(TYPES, "error")
_NULL_IS_LISTED = {**_ERROR, "missing": "listed", "null": "listed"}
FIELDS_AND_TYPES = {
    "id": (_ERROR, _ERROR),
    # The list of an ID does not compare it.
    "workspaceId": (_ERROR, dict.fromkeys(TYPES, "listed")),
    # A configuration without a name is listed. Only prune refuses it.
    "name": ({**_NULL_IS_LISTED, "empty": "listed"},) * 2,
    "repos": (_NULL_IS_LISTED,) * 2,
    # Nothing depends on these.
    "aiType": (dict.fromkeys(TYPES, "listed"),) * 2,
    "endpoint": (dict.fromkeys(TYPES, "listed"),) * 2,
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("field", FIELDS_AND_TYPES)
def test_types_that_are_not_documented(field: str, kind: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    strange = item(**{field: TYPES[kind]})
    if kind == "missing":
        del strange[field]
    body = response(200, listing(item(id="b"), strange))
    server.expect(LIST_WORKSPACE, body)
    server.expect(LIST, body, body)
    reads = (lambda: ai_llms.list(WORKSPACE), lambda: ai_llms.list(ids={ID, "b"}))
    for read, expected in zip(reads, FIELDS_AND_TYPES[field]):
        if expected[kind] == "error":
            error = error_of(read)
            assert (error.code, field in error.message) == ("invalid_response", True)
        else:
            assert len(read()) == 2
    # The caller asks for something else.
    if field != "id":
        assert [ai_llm["id"] for ai_llm in ai_llms.list(ids={"b"})] == ["b"]
    else:
        assert error_of(lambda: ai_llms.list(ids={"b"})).code == "invalid_response"


def test_items_of_another_workspace_can_have_any_types(server: ScriptedServer, ai_llms: AiLlms) -> None:
    """The filter of the API is not trusted (decision 7), and unknown values cause no errors (decision 10)."""
    strange = item(workspaceId="other", id=5, name=[], repos="in use")
    server.expect(LIST_WORKSPACE, response(200, listing(strange, item())))
    assert [ai_llm["id"] for ai_llm in ai_llms.list(WORKSPACE)] == [ID]


@pytest.mark.parametrize("repos", [["repo-1"], [{"id": "repo-1"}, 5], "in use", 0, False])
def test_repositories_that_cannot_be_read_prove_nothing(repos: t.Any, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST_WORKSPACE, response(200, listing(item(repos=repos))))
    assert error_of(lambda: ai_llms.list(WORKSPACE)).code == "invalid_response"


def test_list_of_some_ids(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, *[response(200, listing(item(id="b", name=ID), item(), item(id=ID.upper())))] * 3)
    assert [ai_llm["id"] for ai_llm in ai_llms.list(ids={ID, "missing"})] == [ID]
    assert [ai_llm["id"] for ai_llm in ai_llms.list(ids={ID}, names=[ID])] == ["b", ID]
    assert ai_llms.list(ids=set()) == []


def test_list_of_what_is_available(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(f"{LIST}/available", response(200, listing(item(), item(id="b", workspaceId="b"))))
    assert [ai_llm["id"] for ai_llm in ai_llms.list(WORKSPACE, available=True)] == [ID]


@pytest.mark.parametrize("listed", [None, {}, {"id": ".."}])
def test_list_with_an_item_that_has_no_usable_id_proves_nothing(
    listed: t.Any, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(LIST, response(200, listing(item(), listed)))
    assert error_of(ai_llms.list).code == "invalid_response"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        *[({"success": True, "aiLlms": field}, "invalid_response") for field in (None, {}, "a", 5, {"id": ID})],
        ({"success": True}, "invalid_response"),
        ({"success": False, "aiLlms": []}, "server_error"),
        ([], "invalid_response"),
    ],
)
def test_answer_without_a_list(body: t.Any, code: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, response(200, body))
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
    ("body", "code", "outcome_unknown"),
    [
        ({}, "invalid_response", True),
        ({"message": "created"}, "invalid_response", True),
        ({"aiLlmId": 5}, "invalid_response", True),
        ({"success": False, "aiLlmId": ID}, "server_error", False),
    ],
)
def test_200_that_does_not_prove_a_creation(
    body: t.Any, code: str, outcome_unknown: bool, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    """It is not sent again, either."""
    server.expect(CREATE, response(200, body))
    error = error_of(lambda: ai_llms.create(FIELDS))
    assert (error.code, error.outcome_unknown) == (code, outcome_unknown)


# update


def test_update_sends_the_fields_until_there_is_an_answer(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(UPDATE, SERVER_ERROR, CLOSED, WRITTEN)
    ai_llms.update(ID, {"ai_type": "OTHER"})
    assert server.sent_bodies == [{"aiType": "OTHER"}] * 3


@pytest.mark.parametrize(
    ("body", "code"),
    [(NOT_FOUND, "not_found"), ({}, "invalid_response"), (HTML, "invalid_response"), (b"", "invalid_response")],
)
@pytest.mark.parametrize("operation", ["update", "validate"])
def test_404_of_a_listed_configuration(
    operation: str, body: t.Any, code: str, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    """Only the API's own 404 says that somebody removed it (decision 3)."""
    server.expect(UPDATE if operation == "update" else VALIDATE, response(404, body))
    error = error_of(lambda: ai_llms.update(ID, {"name": "New"}) if operation == "update" else ai_llms.validate(ID))
    assert (error.code, error.http_status) == (code, 404)
    assert ("somebody removed it" in str(error)) is (code == "not_found")


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
        (response(200, {"message": "valid"}), "invalid_response"),
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
