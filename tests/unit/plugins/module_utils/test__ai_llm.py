# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm import (
    AiLlms,
    Removal,
    repository_names,
    serialize,
)
from ansible_collections.flashback.platform.plugins.module_utils._client import ApiError, Client
from ansible_collections.flashback.platform.tests.unit.helpers import (
    DELETE,
    DELETED,
    ID,
    LIST,
    NOT_FOUND,
    REFUSED,
    item,
    listing,
    repo,
)
from ansible_collections.flashback.platform.tests.unit.wire import (
    Act,
    Answer,
    Request,
    ScriptedServer,
    answer,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

HTML = "<h1>Not Found</h1>"


@pytest.fixture
def ai_llms(connect: Callable[..., Client]) -> AiLlms:
    return AiLlms(connect(retries=3))


def error_of(action: Callable[[], t.Any]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        action()
    return caught.value


def remove(ai_llms: AiLlms) -> bool:
    """Whether this removed the one configuration. Raises what kept it from that."""
    (removal,) = ai_llms.delete([ID])
    if removal.error:
        raise removal.error
    return removal.deleted


# What is returned


def test_serialized_is_an_allow_list() -> None:
    assert serialize(item(secret="s", apiKeyId="k", news=[1], repos=[{**repo(1), "token": "t"}])) == {
        "id": ID,
        "org_id": "org-123",
        "workspace_id": "workspace-123",
        "user_id": "user-456",
        "name": "Staging OpenAI",
        "ai_type": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "created_at": "2024-01-15T10:30:00.000Z",
        "repos": [{"id": "repo-1", "name": "my-ai-repo-1", "created_at": "2024-01-16T08:00:00.000Z"}],
    }


@pytest.mark.parametrize("value", [None, True, 5, 1.5, [], ["a"], {}, {"a": "b"}, "\ud800", b"bytes"])
def test_serialized_holds_texts_or_none(value: t.Any) -> None:
    fields = ("orgId", "workspaceId", "userId", "name", "aiType", "endpoint", "createdAt")
    ai_llm = serialize(item(**dict.fromkeys(fields, value), repos=[{"id": value, "name": value}, value]))
    assert {key: field for key, field in ai_llm.items() if field is not None} == {
        "id": ID,
        "repos": [{"id": None, "name": None, "created_at": None}] * 2,
    }


@pytest.mark.parametrize("repos", [None, True, 5, "repo-1", {}, {"id": "repo-1"}, []])
def test_repos_of_another_shape_are_none(repos: t.Any) -> None:
    assert serialize(item(repos=repos))["repos"] == []


def test_unknown_type_is_passed_on() -> None:
    assert serialize(item(aiType="NEWCOMER"))["ai_type"] == "NEWCOMER"


def test_missing_fields_are_none() -> None:
    ai_llm = serialize({"id": ID})
    assert (ai_llm["name"], ai_llm["repos"], len(ai_llm)) == (None, [], 9)


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
def test_what_is_no_configuration_is_refused(listed: t.Any, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, answer(200, listing(item(), listed)))
    assert error_of(ai_llms.listed).code == "invalid_response"


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


# list and find


def test_list(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, answer(200, listing(item(), item(id="b", workspaceId=None))))
    assert [ai_llm["id"] for ai_llm in ai_llms.listed()] == [ID, "b"]


def test_filter_of_the_api_is_not_trusted(server: ScriptedServer, ai_llms: AiLlms) -> None:
    others = [
        item(id="b", workspaceId="b"),
        item(id="c", workspaceId=None),
        item(id="d", workspaceId=["workspace-123"]),
    ]
    server.expect(f"{LIST}?workspaceId=workspace-123", answer(200, listing(*others, item())))
    assert [ai_llm["id"] for ai_llm in ai_llms.listed("workspace-123")] == [ID]


@pytest.mark.parametrize("ai_llms_field", [None, {}, "a", 5, {"id": ID}])
def test_answer_without_a_list(ai_llms_field: t.Any, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, answer(200, {"success": True, "aiLlms": ai_llms_field}))
    assert error_of(ai_llms.listed).code == "invalid_response"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (answer(200, {"success": True}), "invalid_response"),
        (answer(200, {"success": False, "aiLlms": []}), "server_error"),
        (answer(200, []), "invalid_response"),
        (answer(200, HTML), "invalid_response"),
        (answer(204), "invalid_response"),
        (answer(302, b"", {"Location": "/login"}), "invalid_response"),
        (answer(404, HTML), "invalid_response"),
        (answer(401, REFUSED), "unauthorized"),
        (answer(403, REFUSED), "forbidden"),
    ],
)
def test_list_fails(steps: Answer, code: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, steps)
    error = error_of(ai_llms.listed)
    assert (error.code, error.maybe_done) == (code, False)


def test_find_by_id(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(LIST, *[answer(200, listing(item(id="b", name=ID), item(), item(id=ID.upper())))] * 4)
    found = ai_llms.find(id=ID)
    assert found is not None
    assert found["id"] == ID
    assert ai_llms.find(id=ID, name="another", workspace_id="workspace-123") == found
    assert ai_llms.find(id=ID[:-1]) is None
    error = error_of(lambda: ai_llms.find(id=ID, workspace_id="workspace-456"))
    assert (error.code, error.http_status) == ("workspace_mismatch", None)


def test_find_by_name(server: ScriptedServer, ai_llms: AiLlms) -> None:
    others = [item(id="b", workspaceId="b"), item(id="c", name="staging openai"), item(id="d", name="Staging OpenAI ")]
    twins = [item(id="e", name="Twin"), item(id="f", name="Twin"), item(id="g", name="Twin", workspaceId="b")]
    server.expect(f"{LIST}?workspaceId=workspace-123", *[answer(200, listing(*others, *twins, item()))] * 3)

    def find(name: str) -> dict[str, t.Any] | None:
        return ai_llms.find(name=name, workspace_id="workspace-123")

    found = find("Staging OpenAI")
    assert found is not None
    assert found["id"] == ID
    assert find(ID) is None
    error = error_of(lambda: find("Twin"))
    assert error.code == "ambiguous_name"
    assert "2 " in error.message
    assert "e, f" in error.message


@pytest.mark.parametrize("field", ["id", "workspaceId"])
def test_what_is_quoted_from_a_list_is_short(field: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    long = [item(**{"id": str(number), field: "x" * 100_000 + str(number)}) for number in range(2)]
    if field == "id":
        server.expect(f"{LIST}?workspaceId=workspace-123", answer(200, listing(*long)))
        error = error_of(lambda: ai_llms.find(name="Staging OpenAI", workspace_id="workspace-123"))
    else:
        server.expect(LIST, answer(200, listing(*long)))
        error = error_of(lambda: ai_llms.find(id="0", workspace_id="workspace-123"))
    assert len(str(error)) < 2000


def test_what_is_quoted_of_repositories_is_short() -> None:
    assert len(repository_names({"repos": [{"id": "x" * 100_000, "name": "x" * 100_000}]})) < 2000


# delete: rows of the table "absent"

LISTED = answer(200, listing(item(id="b"), item()))
NOT_LISTED = answer(200, listing(item(id="b")))
GONE = answer(404, NOT_FOUND)
ELSEWHERE = answer(404, HTML)
LOST = answer(500, REFUSED)


@pytest.mark.parametrize(
    ("deletes", "lists", "removed"),
    [
        ([answer(200, DELETED)], [], True),
        ([answer(204)], [], True),
        ([GONE], [], False),
        ([answer(404, {"success": False})], [], False),
        ([ELSEWHERE], [NOT_LISTED], False),
        ([answer(404, {"success": True})], [NOT_LISTED], False),
        ([answer(404, b"")], [NOT_LISTED], False),
        ([answer(404, "null")], [answer(503, HTML), NOT_LISTED], False),
        ([LOST, GONE], [], True),
        ([LOST, ELSEWHERE], [NOT_LISTED], True),
        ([(Act.RESET,), GONE], [], True),
        ([answer(429, REFUSED), GONE], [], False),
        ([answer(429, REFUSED), ELSEWHERE], [NOT_LISTED], False),
    ],
)
def test_delete(
    deletes: list[Answer], lists: list[Answer], removed: bool, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(DELETE, *deletes)
    server.expect(LIST, *lists)
    assert remove(ai_llms) is removed


@pytest.mark.parametrize(
    "confirmation",
    [LISTED, ELSEWHERE, answer(200, HTML), answer(200, []), answer(200, {"success": True}), answer(200, listing({}))],
)
@pytest.mark.parametrize("lost_before", [True, False])
def test_404_of_unknown_origin_that_is_not_confirmed(
    lost_before: bool, confirmation: Answer, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(DELETE, *([LOST] if lost_before else []), ELSEWHERE)
    server.expect(LIST, confirmation)
    error = error_of(lambda: remove(ai_llms))
    assert (error.code, error.http_status) == ("invalid_response", 404)
    assert "api_url" in str(error)
    # A list that shows it tells that no try removed it.
    assert error.maybe_done is (lost_before and confirmation is not LISTED)


@pytest.mark.parametrize("status", [401, 403, 500])
def test_404_of_unknown_origin_that_cannot_be_confirmed(status: int, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(DELETE, ELSEWHERE)
    server.expect(LIST, *[answer(status, REFUSED)] * (4 if status == 500 else 1))
    error = error_of(lambda: remove(ai_llms))
    assert (error.code, error.http_status) == ("invalid_response", 404)
    assert REFUSED["message"] in str(error)


def test_in_use(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(DELETE, answer(403, REFUSED))
    server.expect(LIST, answer(200, listing(item(id="b", repos=[repo(9)]), item(repos=[repo(1), repo(2)]))))
    error = error_of(lambda: remove(ai_llms))
    assert error.as_dict() == {
        "code": "in_use",
        "http_status": 403,
        "message": REFUSED["message"],
        "repositories": [{"id": f"repo-{number}", "name": f"my-ai-repo-{number}"} for number in (1, 2)],
    }
    for words in (REFUSED["message"], "my-ai-repo-1", "my-ai-repo-2", "repo-2"):
        assert words in str(error)
    assert json.loads(json.dumps(error.as_dict())) == error.as_dict()


@pytest.mark.parametrize(
    "explanation",
    [
        LISTED,
        NOT_LISTED,
        answer(200, listing(item(repos=None))),
        answer(200, listing(item(repos="in use"))),
        answer(200, listing({})),
        answer(200, HTML),
        answer(403, REFUSED),
        answer(401, REFUSED),
    ],
)
@pytest.mark.parametrize("message", ["Forbidden", "Cannot delete: it is in use by 2 repositories"])
def test_forbidden(message: str, explanation: Answer, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(DELETE, answer(403, {"success": False, "message": message}))
    server.expect(LIST, explanation)
    error = error_of(lambda: remove(ai_llms))
    assert error.as_dict() == {"code": "forbidden", "http_status": 403, "message": message}
    assert message in str(error)


@pytest.mark.parametrize(
    ("steps", "code", "tries"),
    [
        (answer(200, REFUSED), "server_error", 1),
        (answer(200, HTML), "invalid_response", 1),
        (answer(302, b"", {"Location": "/ai/llm"}), "invalid_response", 1),
        (answer(400, REFUSED), "rejected", 1),
        (answer(401, REFUSED), "unauthorized", 1),
        (answer(429, REFUSED), "rate_limited", 4),
        (answer(500, REFUSED), "server_error", 4),
        ((Act.CLOSE,), "unreachable", 4),
    ],
)
def test_delete_fails(steps: Answer, code: str, tries: int, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(DELETE, *[steps] * tries)
    assert error_of(lambda: remove(ai_llms)).code == code


# delete: many

IDS = [f"id-{number}" for number in range(20)]


def outcomes(removals: list[Removal]) -> list[tuple[str, str]]:
    return [(removal.id, removal.outcome()["outcome"]) for removal in removals]


def test_delete_many(server: ScriptedServer, ai_llms: AiLlms) -> None:
    gone = {"id-3", "id-7"}
    server.respond = lambda request: GONE if request.target.rpartition("/")[2] in gone else answer(200, DELETED)
    assert outcomes(ai_llms.delete(IDS)) == [(id, "absent" if id in gone else "deleted") for id in IDS]
    assert sorted(request.line for request in server.requests) == sorted(f"DELETE /ai/llm/{id}" for id in IDS)


def test_delete_none(ai_llms: AiLlms) -> None:
    assert ai_llms.delete([]) == []


def test_one_list_explains_all_refusals(server: ScriptedServer, ai_llms: AiLlms) -> None:
    explanations = {"id-1": item(id="id-1", repos=[repo(1)]), "id-2": item(id="id-2"), "id-3": item(id="id-3")}
    statuses = {"id-1": answer(403, REFUSED), "id-2": answer(403, REFUSED), "id-3": ELSEWHERE, "id-4": ELSEWHERE}

    def respond(request: Request) -> Answer:
        if request.method == "GET":
            return answer(200, listing(*explanations.values()))
        return statuses.get(request.target.rpartition("/")[2], answer(200, DELETED))

    server.respond = respond
    removals = {removal.id: removal.outcome() for removal in ai_llms.delete(IDS)}
    assert removals["id-0"] == {"id": "id-0", "outcome": "deleted"}
    assert removals["id-4"] == {"id": "id-4", "outcome": "absent"}
    assert removals["id-1"]["error"]["repositories"] == [{"id": "repo-1", "name": "my-ai-repo-1"}]
    codes = {id: outcome["error"]["code"] for id, outcome in removals.items() if outcome["outcome"] == "failed"}
    assert codes == {"id-1": "in_use", "id-2": "forbidden", "id-3": "invalid_response"}
    assert [request.line for request in server.requests].index(LIST) == len(IDS)
    assert len(server.requests) == len(IDS) + 1


# create

FIELDS = {
    "name": "New",
    "workspace_id": "workspace-123",
    "ai_type": "OPENAI",
    "endpoint": "https://api.openai.com/v1",
    "secret": "sk-secret",
}
CREATE = "POST /ai/llm"
CREATED = answer(200, {"success": True, "aiLlmId": "new"})
NEW = item(id="new", name="New")
FIND = f"{LIST}?workspaceId=workspace-123"
FULL = answer(200, listing(item(), NEW))


def test_create_sends_the_fields_and_lists(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, CREATED)
    server.expect(LIST, FULL)
    assert ai_llms.create(FIELDS) == serialize(NEW)
    assert json.loads(server.requests[0].body) == {
        "name": "New",
        "workspaceId": "workspace-123",
        "aiType": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "secret": "sk-secret",
    }


@pytest.mark.parametrize("listed", [LISTED, answer(403, REFUSED), answer(200, HTML), answer(200, listing({}))])
def test_create_returns_what_is_known(listed: Answer, server: ScriptedServer, ai_llms: AiLlms) -> None:
    """It is not listed yet, or the list cannot be read: the creation is no failure for that."""
    server.expect(CREATE, CREATED)
    server.expect(LIST, listed)
    assert ai_llms.create(FIELDS) == {
        "id": "new",
        "org_id": None,
        "workspace_id": "workspace-123",
        "user_id": None,
        "name": "New",
        "ai_type": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "created_at": None,
        "repos": [],
    }


@pytest.mark.parametrize("new_id", [None, 5, "", "..", "a\nb", ["new"]])
def test_creation_without_an_id_is_looked_for(new_id: t.Any, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, answer(200, {"success": True, "aiLlmId": new_id}))
    server.expect(FIND, FULL)
    assert ai_llms.create(FIELDS)["id"] == "new"
    server.expect(CREATE, answer(200, {"success": True, "aiLlmId": new_id}))
    server.expect(FIND, answer(200, listing(item())))
    error = error_of(lambda: ai_llms.create(FIELDS))
    assert (error.code, error.result) == ("invalid_response", {"changed": True})


@pytest.mark.parametrize("steps", [LOST, (Act.CLOSE,), (Act.RESET,), answer(200, HTML), answer(503, HTML)])
def test_lost_creation_is_looked_for_and_never_sent_twice(
    steps: Answer, server: ScriptedServer, ai_llms: AiLlms
) -> None:
    server.expect(CREATE, steps)
    server.expect(FIND, FULL)
    assert ai_llms.create(FIELDS)["id"] == "new"
    server.expect(CREATE, steps)
    server.expect(FIND, answer(200, listing(item())))
    error = error_of(lambda: ai_llms.create(FIELDS))
    assert error.maybe_done
    assert "may have" in str(error)


def test_creation_that_surely_did_not_arrive_is_sent_again(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, answer(429, REFUSED), CREATED)
    server.expect(LIST, FULL)
    assert ai_llms.create(FIELDS)["id"] == "new"


@pytest.mark.parametrize(("status", "code"), [(400, "rejected"), (403, "forbidden"), (409, "rejected")])
def test_creation_that_is_refused(status: int, code: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(CREATE, answer(status, REFUSED))
    error = error_of(lambda: ai_llms.create(FIELDS))
    assert (error.code, error.maybe_done) == (code, False)


# update and validate


def test_update_sends_what_changes(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(f"PUT /ai/llm/{ID}", LOST, answer(200, {"success": True, "aiLlmId": ID}))
    ai_llms.update(ID, {"ai_type": "OTHER"})
    assert [json.loads(request.body) for request in server.requests] == [{"aiType": "OTHER"}] * 2


@pytest.mark.parametrize(
    ("status", "code"), [(400, "rejected"), (403, "forbidden"), (404, "not_found"), (500, "server_error")]
)
def test_update_fails(status: int, code: str, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(f"PUT /ai/llm/{ID}", *[answer(status, REFUSED)] * (4 if status == 500 else 1))
    assert error_of(lambda: ai_llms.update(ID, {"name": "New"})).code == code


@pytest.mark.parametrize("valid", [True, False])
def test_validate(valid: bool, server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(f"POST /ai/llm/{ID}/validate", answer(200, {"success": valid, "message": "The provider spoke"}))
    assert ai_llms.validate(ID) == {"valid": valid, "message": "The provider spoke"}


def test_validation_changes_nothing_so_that_nothing_is_in_doubt(server: ScriptedServer, ai_llms: AiLlms) -> None:
    """It may cost tokens, so that it is not sent again either."""
    server.expect(f"POST /ai/llm/{ID}/validate", LOST)
    error = error_of(lambda: ai_llms.validate(ID))
    assert (error.code, error.maybe_done) == ("server_error", False)
