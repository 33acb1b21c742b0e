# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import AiLlms, serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.apply import apply
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change, Outcome
from ansible_collections.flashback.platform.plugins.module_utils._errors import Effect, Failure, Origin
from ansible_collections.flashback.platform.plugins.module_utils._http.auth import Identity
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
    IN_USE,
    LIST,
    LIST_WORKSPACE,
    LISTED,
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
    UPDATE,
    VALID,
    VALIDATE,
    WORKSPACE,
    WRITTEN,
    item,
    listing,
    repo,
    repositories,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Responder,
    Response,
    ScriptedServer,
    response,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.flashback.platform.tests.unit.conftest import NewSession

BEFORE = serialize_ai_llm(item())
REMOVAL = Change("delete", ID, ID, None, {})
CREATION = Change(
    "create",
    NAME,
    None,
    None,
    {
        "name": NAME,
        "workspace_id": WORKSPACE,
        "ai_type": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "secret": SECRET,
    },
)
UPDATING = Change("update", ID, ID, BEFORE, {"ai_type": "OTHER"})
ROTATION = Change("update", ID, ID, BEFORE, {"ai_type": "OTHER", "secret": SECRET})
KEEPING = Change("keep", ID, ID, BEFORE, {})

UPDATED_LIST = response(200, listing(item(aiType="OTHER")))
# A 2xx that proves nothing (decision 1).
EMPTY_200 = response(200, {})

UNREADABLE_LISTS = [
    FOREIGN_404,
    response(200, HTML),
    response(200, []),
    response(200, {"success": True}),
    response(200, listing({})),
    response(401, REFUSED),
    FORBIDDEN,
    SERVER_ERROR,
]


@pytest.fixture
def apply_one(new_ai_llms: Callable[..., AiLlms]) -> Callable[..., Outcome]:
    """Applies one change, with one attempt for each request unless told otherwise."""

    def apply_one(change: Change, *, retries: int = 0, **options: t.Any) -> Outcome:
        (outcome,) = apply(new_ai_llms(retries=retries), [change], **options)
        assert outcome.change == change
        if outcome.failure:
            assert outcome.failure.as_dict()["outcome_unknown"] is (outcome.status == "unknown")
        return outcome

    return apply_one


def error_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    return outcome.failure


# Lost writes: what no response tells is looked up (decision 11)

# The change, its request, the one for the list, a list that shows the effect, one that does not, and the evidence.
LOOK_UPS: dict[str, tuple[Change, str, str, Response, Response, str]] = {
    "removal": (REMOVAL, DELETE, LIST, NOT_LISTED, LISTED, "is not listed any more"),
    "creation": (CREATION, CREATE, LIST_WORKSPACE, LISTED, NOT_LISTED, "is listed now"),
    "update": (UPDATING, UPDATE, LIST, UPDATED_LIST, LISTED, "is listed with its new values now"),
}
NOT_SHOWN = {"removal": "still listed", "creation": "does not show", "update": "does not show the update"}
LOST = {
    "empty object": EMPTY_200,
    "empty body": response(200),
    "html": response(200, HTML),
    "gateway": GATEWAY_ERROR,
    "gateway with json": response(503, {"message": "no upstream"}),
    "closed": CLOSED,
    "documented 500": SERVER_ERROR,
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("write", LOOK_UPS)
def test_lost_write_that_the_list_shows_took_effect(
    write: str, lost: str, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    change, line, list_line, shown, _not_shown, evidence = LOOK_UPS[write]
    server.expect(line, LOST[lost])
    server.expect(list_line, shown)
    outcome = apply_one(change)
    assert (outcome.changed, outcome.failure, outcome.id, outcome.evidence) == (True, None, ID, evidence)
    after = {"removal": None, "creation": BEFORE, "update": {**BEFORE, "ai_type": "OTHER"}}
    assert outcome.ai_llm == after[write]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("write", LOOK_UPS)
def test_lost_write_that_the_list_does_not_show_is_certain_only_from_the_api(
    write: str, lost: str, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    change, line, list_line, _shown, not_shown, _evidence = LOOK_UPS[write]
    server.expect(line, LOST[lost])
    server.expect(list_line, not_shown)
    outcome = apply_one(change)
    assert outcome.status == ("failed" if lost == "documented 500" else "unknown")
    assert NOT_SHOWN[write] in str(outcome.failure)
    assert ("may also have an effect later" in str(outcome.failure)) is (outcome.status == "unknown")


@pytest.mark.parametrize("listed", UNREADABLE_LISTS)
@pytest.mark.parametrize("lost", [SERVER_ERROR, EMPTY_200, CLOSED])
@pytest.mark.parametrize("write", LOOK_UPS)
def test_lost_write_that_cannot_be_looked_up_is_unknown(
    write: str, lost: Response, listed: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    change, line, list_line, *_lists = LOOK_UPS[write]
    server.expect(line, lost)
    server.expect(list_line, listed)
    outcome = apply_one(change)
    assert outcome.status == "unknown"
    assert "The request for the list, which could show the outcome, failed too" in str(error_of(outcome))


# Removals


@pytest.mark.parametrize(
    ("deletes", "lists", "status"),
    [
        ([OK], [], "deleted"),
        ([response(204)], [], "deleted"),
        ([ABSENT], [], "absent"),
        ([response(404, {"success": False})], [], "absent"),
        ([FOREIGN_404], [NOT_LISTED], "absent"),
        ([response(404, {"success": True})], [NOT_LISTED], "absent"),
        ([response(404, b"")], [NOT_LISTED], "absent"),
        ([response(404, "null")], [GATEWAY_ERROR, NOT_LISTED], "absent"),
        ([SERVER_ERROR, ABSENT], [], "deleted"),
        ([SERVER_ERROR, FOREIGN_404], [NOT_LISTED], "deleted"),
        ([RESET, ABSENT], [], "deleted"),
        ([RATE_LIMITED, ABSENT], [], "absent"),
        ([RATE_LIMITED, FOREIGN_404], [NOT_LISTED], "absent"),
    ],
)
def test_removal(
    deletes: list[Response],
    lists: list[Response],
    status: str,
    server: ScriptedServer,
    apply_one: Callable[..., Outcome],
) -> None:
    server.expect(DELETE, *deletes)
    server.expect(LIST, *lists)
    outcome = apply_one(REMOVAL, retries=1)
    assert (outcome.status, outcome.failure) == (status, None)


@pytest.mark.parametrize("first", [CLOSED, GATEWAY_ERROR])
@pytest.mark.parametrize("last", [SERVER_ERROR, RATE_LIMITED, FORBIDDEN, response(409, REFUSED)])
def test_lost_removal_may_take_effect_after_a_response_to_the_next_attempt(
    first: Response, last: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """The server may still work at the first attempt."""
    server.expect(DELETE, first, last)
    server.expect(LIST, LISTED)
    assert apply_one(REMOVAL, retries=1).status == "unknown"


UNLISTED = Change("delete", ID, ID, None, {}, unlisted=True)


def test_404_for_what_was_not_listed_before(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    """The lost attempt did not remove it, because it did not exist."""
    server.expect(DELETE, GATEWAY_ERROR, ABSENT)
    assert apply_one(UNLISTED, retries=1) == Outcome(UNLISTED, "absent", ID)
    server.expect(DELETE, FOREIGN_404)
    server.expect(LIST, NOT_LISTED)
    assert apply_one(UNLISTED) == Outcome(UNLISTED, "absent", ID)


def test_lost_removal_of_what_was_not_listed_before(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    """The list shows no effect: it is the same before and after the removal."""
    server.expect(DELETE, GATEWAY_ERROR)
    server.expect(LIST, NOT_LISTED)
    outcome = apply_one(UNLISTED)
    assert outcome.status == "unknown"
    assert "not listed before" in str(error_of(outcome))


@pytest.mark.parametrize("lost_before", [True, False])
def test_foreign_404_of_a_listed_configuration(
    lost_before: bool, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """It does not show what became of an attempt that was lost before: that one may still take effect."""
    server.expect(DELETE, *([GATEWAY_ERROR] if lost_before else []), FOREIGN_404)
    server.expect(LIST, LISTED)
    outcome = apply_one(REMOVAL, retries=1)
    assert outcome.status == ("unknown" if lost_before else "failed")
    assert (error_of(outcome).code, error_of(outcome).http_status) == ("invalid_response", 404)
    assert "still listed" in str(error_of(outcome))


@pytest.mark.parametrize("listed", UNREADABLE_LISTS)
@pytest.mark.parametrize("lost_before", [True, False])
def test_foreign_404_that_cannot_be_confirmed(
    lost_before: bool, listed: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(DELETE, *([SERVER_ERROR] if lost_before else []), FOREIGN_404)
    server.expect(LIST, *[listed] * (2 if listed is SERVER_ERROR else 1))
    outcome = apply_one(REMOVAL, retries=1)
    assert outcome.status == ("unknown" if lost_before else "failed")
    assert (error_of(outcome).code, error_of(outcome).http_status) == ("invalid_response", 404)
    assert "The request for the list, which could show the outcome, failed too" in str(error_of(outcome))


@pytest.mark.parametrize(
    "explanation",
    [
        LISTED,
        NOT_LISTED,
        response(200, listing(item(repos=None))),
        response(200, listing(item(repos="in use"))),
        *UNREADABLE_LISTS,
    ],
)
@pytest.mark.parametrize("message", ["Forbidden", "Cannot delete: it is in use by 2 repositories"])
def test_other_403_has_two_possible_causes(
    message: str, explanation: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """Only listed repositories show that the configuration is in use, never the words of the message (decision 4)."""
    server.expect(DELETE, response(403, {"success": False, "message": message}))
    server.expect(LIST, explanation)
    error = error_of(apply_one(REMOVAL))
    assert error.as_dict() == {"code": "forbidden", "http_status": 403, "message": message, "outcome_unknown": False}
    for words in (message, "permission", "cannot see"):
        assert words in str(error)


@pytest.mark.parametrize(
    ("lost", "explanation", "code", "status"),
    [
        (GATEWAY_ERROR, IN_USE, "in_use", "failed"),
        (GATEWAY_ERROR, LISTED, "forbidden", "unknown"),
        (GATEWAY_ERROR, NOT_LISTED, "forbidden", "unknown"),
        (GATEWAY_ERROR, FORBIDDEN, "forbidden", "unknown"),
        (SERVER_ERROR, LISTED, "forbidden", "failed"),
        (SERVER_ERROR, NOT_LISTED, "forbidden", "unknown"),
    ],
)
def test_403_after_a_lost_attempt(
    lost: Response,
    explanation: Response,
    code: str,
    status: str,
    server: ScriptedServer,
    apply_one: Callable[..., Outcome],
) -> None:
    server.expect(DELETE, lost, FORBIDDEN)
    server.expect(LIST, explanation)
    outcome = apply_one(REMOVAL, retries=1)
    assert (error_of(outcome).code, outcome.status) == (code, status)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (response(200, REFUSED), "server_error"),
        (response(307, b"", {"Location": "/ai/llm"}), "invalid_response"),
        (response(400, REFUSED), "rejected"),
        (response(401, REFUSED), "unauthorized"),
        (RATE_LIMITED, "rate_limited"),
    ],
)
def test_refused_removal_is_not_looked_up(
    steps: Response, code: str, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(DELETE, steps)
    outcome = apply_one(REMOVAL)
    assert (outcome.status, error_of(outcome).code) == ("failed", code)


def test_401_after_a_lost_removal_is_looked_up(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    server.expect(DELETE, GATEWAY_ERROR, response(401, REFUSED))
    server.expect(LIST, NOT_LISTED)
    assert apply_one(REMOVAL, retries=1).status == "deleted"


# Many removals

IDS = [f"id-{number}" for number in range(20)]


def removals(ids: list[str]) -> list[Change]:
    return [Change("delete", id, id, None, {}) for id in ids]


def test_many_removals(server: ScriptedServer, ai_llms: AiLlms) -> None:
    absent = {"id-3", "id-7"}
    server.respond = Responder(dict.fromkeys(absent, ABSENT), OK)
    outcomes = apply(ai_llms, removals(IDS))
    assert [(outcome.id, outcome.status) for outcome in outcomes] == [
        (id, "absent" if id in absent else "deleted") for id in IDS
    ]
    assert sorted(server.lines) == sorted(f"DELETE /ai/llm/{id}" for id in IDS)


def test_no_changes_send_nothing(ai_llms: AiLlms) -> None:
    assert apply(ai_llms, []) == []


def test_lost_removal_is_looked_up_by_its_id_alone(server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]) -> None:
    """No field of the API's responses is required, so the workspace may be missing."""
    server.expect(DELETE, GATEWAY_ERROR)
    server.expect(LIST_WORKSPACE, response(200, listing(item(workspaceId=None))))
    (outcome,) = apply(new_ai_llms(), [REMOVAL], workspace_id=WORKSPACE)
    assert outcome.status == "unknown"


def test_one_list_settles_all_removals(server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]) -> None:
    listed = [item(id="id-1", repos=[repo(1)]), item(id="id-2"), item(id="id-3"), item(id="id-5"), item(id="id-7")]
    server.respond = Responder(
        {
            "id-1": FORBIDDEN,
            "id-2": FORBIDDEN,
            "id-3": FOREIGN_404,
            "id-4": FOREIGN_404,
            "id-5": GATEWAY_ERROR,
            "id-6": CLOSED,
            "id-7": SERVER_ERROR,
            "id-8": response(400, REFUSED),
            "GET": response(200, listing(*listed)),
        },
        OK,
    )
    outcomes = {outcome.id: outcome for outcome in apply(new_ai_llms(), removals(IDS))}
    statuses = {id: outcome.status for id, outcome in outcomes.items() if outcome.status != "deleted"}
    assert statuses == {
        "id-1": "failed",
        "id-2": "failed",
        "id-3": "failed",
        "id-4": "absent",
        "id-5": "unknown",
        "id-7": "failed",
        "id-8": "failed",
    }
    assert [id for id, outcome in outcomes.items() if outcome.evidence] == ["id-6"]
    codes = {id: outcome.failure.code for id, outcome in outcomes.items() if outcome.failure}
    assert codes == {
        "id-1": "in_use",
        "id-2": "forbidden",
        "id-3": "invalid_response",
        "id-5": "server_error",
        "id-7": "server_error",
        "id-8": "rejected",
    }
    assert error_of(outcomes["id-1"]).details == {"repositories": repositories(1)}
    assert server.lines.index(LIST) == len(IDS) == len(server.requests) - 1


def test_login_that_is_refused_with_403_says_nothing_about_the_removal(
    server: ScriptedServer, new_session: NewSession
) -> None:
    credentials = Identity(TOKEN, "user@example.com", "a-password-of-this-test")
    server.expect(DELETE, RESET, response(401, REFUSED))
    server.expect("POST /user/login", FORBIDDEN)
    server.expect(LIST, IN_USE)
    (outcome,) = apply(AiLlms(new_session(credentials, retries=1)), [REMOVAL])
    error = error_of(outcome)
    assert (error.code, error.origin, error.effect) == ("login_failed", Origin.LOGIN, Effect.PENDING)
    server.expect(DELETE, response(401, REFUSED))
    server.expect("POST /user/login", FORBIDDEN)
    (outcome,) = apply(AiLlms(new_session(credentials)), [REMOVAL])
    assert (outcome.status, error_of(outcome).code) == ("failed", "login_failed")


def test_address_is_not_doubted_after_the_list_has_proven_it(
    server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(DELETE, EMPTY_200)
    server.expect(LIST, LISTED)
    error = error_of(apply_one(REMOVAL))
    assert error.code == "invalid_response"
    assert error.suspects_address
    assert "api_url" not in str(error.at_proven_address())


# Creations


def test_creation_lists_at_the_end(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    server.expect(CREATE, WRITTEN)
    server.expect(LIST, LISTED)
    assert apply_one(CREATION) == Outcome(CREATION, "created", ID, BEFORE)


@pytest.mark.parametrize("listed", [NOT_LISTED, *UNREADABLE_LISTS])
def test_creation_that_is_not_listed_yet(
    listed: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """It did not fail for that reason. What is known of it is returned."""
    server.expect(CREATE, WRITTEN)
    server.expect(LIST, listed)
    outcome = apply_one(CREATION)
    assert (outcome.status, outcome.failure, outcome.id) == ("created", None, ID)
    assert outcome.ai_llm == {**BEFORE, "org_id": None, "user_id": None, "created_at": None}


WITHOUT_ID = response(200, {"success": True})


def test_creation_without_an_id_is_looked_up_by_name(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    server.expect(CREATE, WITHOUT_ID)
    server.expect(LIST_WORKSPACE, LISTED)
    assert apply_one(CREATION) == Outcome(CREATION, "created", ID, BEFORE)


@pytest.mark.parametrize("listed", [NOT_LISTED, FORBIDDEN])
def test_creation_without_an_id_that_is_not_listed(
    listed: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(CREATE, WITHOUT_ID)
    server.expect(LIST_WORKSPACE, listed)
    outcome = apply_one(CREATION)
    assert (outcome.status, outcome.changed, error_of(outcome).code) == ("created", True, "invalid_response")
    assert "Run the task again" in error_of(outcome).next_step


@pytest.mark.parametrize("other", [{"endpoint": "https://example.org"}, {"aiType": "OTHER"}])
@pytest.mark.parametrize("steps", [SERVER_ERROR, CLOSED])
def test_lost_creation_of_a_name_that_somebody_else_has_created(
    steps: Response, other: dict[str, str], server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(CREATE, steps)
    server.expect(LIST_WORKSPACE, response(200, listing(item(**other))))
    outcome = apply_one(CREATION)
    assert (outcome.status, outcome.ai_llm) == ("unknown", None)
    assert ID in str(error_of(outcome))


def test_lost_creation_that_is_listed_without_all_fields(
    server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """No field of the API's responses is required."""
    server.expect(CREATE, CLOSED)
    server.expect(LIST_WORKSPACE, response(200, listing(item(endpoint=None, aiType=None))))
    assert apply_one(CREATION).status == "created"


def test_lost_creation_of_a_name_that_is_listed_twice(
    server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """Somebody else has created one of them."""
    server.expect(CREATE, CLOSED)
    server.expect(LIST_WORKSPACE, response(200, listing(item(id="e"), item(id="f"))))
    outcome = apply_one(CREATION)
    assert outcome.status == "unknown"
    assert "e, f" in str(error_of(outcome))


@pytest.mark.parametrize(
    ("steps", "code"), [(response(400, REFUSED), "rejected"), (FORBIDDEN, "forbidden"), (RATE_LIMITED, "rate_limited")]
)
def test_refused_creation_is_not_looked_up(
    steps: Response, code: str, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(CREATE, steps)
    outcome = apply_one(CREATION)
    assert (outcome.status, error_of(outcome).code, outcome.id) == ("failed", code, None)


# Updates


def test_update(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    server.expect(UPDATE, WRITTEN)
    assert apply_one(UPDATING) == Outcome(UPDATING, "updated", ID, {**BEFORE, "ai_type": "OTHER"})


@pytest.mark.parametrize("steps", [SERVER_ERROR, CLOSED, EMPTY_200])
def test_lost_update_of_credentials_is_unknown(
    steps: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    """No list shows credentials, so that nothing is looked up."""
    server.expect(UPDATE, steps)
    assert apply_one(ROTATION).status == "unknown"


@pytest.mark.parametrize(
    ("steps", "code"), [(ABSENT, "not_found"), (FOREIGN_404, "not_found"), (response(400, REFUSED), "rejected")]
)
def test_refused_update_is_not_looked_up(
    steps: Response, code: str, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(UPDATE, steps)
    outcome = apply_one(UPDATING)
    assert (outcome.status, error_of(outcome).code) == ("failed", code)


def test_keeping_sends_nothing(apply_one: Callable[..., Outcome]) -> None:
    assert apply_one(KEEPING) == Outcome(KEEPING, "unchanged", ID, BEFORE)
    absent = Change("keep", NAME, None, None, {})
    assert apply_one(absent) == Outcome(absent, "absent")


# Validations


def test_creation_is_validated_before_the_list(server: ScriptedServer, apply_one: Callable[..., Outcome]) -> None:
    server.expect(CREATE, WRITTEN)
    server.expect(VALIDATE, VALID)
    server.expect(LIST, LISTED)
    outcome = apply_one(CREATION, validate=True)
    assert (outcome.status, outcome.ai_llm, outcome.failure) == ("created", BEFORE, None)
    assert outcome.validation == {"valid": True, "message": "It works"}


@pytest.mark.parametrize("listed", [LISTED, response(403, REFUSED)])
def test_failed_validation_of_a_creation_stays_an_error(
    listed: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(CREATE, WRITTEN)
    server.expect(VALIDATE, NOT_VALID)
    server.expect(LIST, listed)
    outcome = apply_one(CREATION, validate=True)
    assert (outcome.status, error_of(outcome).code) == ("created", "validation_failed")


@pytest.mark.parametrize("change", [UPDATING, ROTATION, KEEPING])
@pytest.mark.parametrize(
    ("steps", "code", "valid"),
    [
        (VALID, None, True),
        (NOT_VALID, "validation_failed", False),
        (FORBIDDEN, "forbidden", None),
        (FOREIGN_404, "not_found", None),
        (SERVER_ERROR, "server_error", None),
        (CLOSED, "unreachable", None),
        (EMPTY_200, "invalid_response", None),
    ],
)
def test_validation_leaves_the_outcome_alone(
    steps: Response,
    code: str | None,
    valid: bool | None,
    change: Change,
    server: ScriptedServer,
    apply_one: Callable[..., Outcome],
) -> None:
    if change is not KEEPING:
        server.expect(UPDATE, WRITTEN)
    server.expect(VALIDATE, steps)
    outcome = apply_one(change, validate=True)
    assert outcome.status == ("unchanged" if change is KEEPING else "updated")
    assert (outcome.failure.code if outcome.failure else None) == code
    assert (outcome.validation["valid"] if outcome.validation else None) is valid


@pytest.mark.parametrize("steps", [response(400, REFUSED), CLOSED])
def test_failed_write_is_not_validated(
    steps: Response, server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(UPDATE, steps)
    if steps is CLOSED:
        server.expect(LIST, LISTED)
    assert apply_one(UPDATING, validate=True).validation is None


def test_lost_creation_is_validated_after_it_was_found(
    server: ScriptedServer, apply_one: Callable[..., Outcome]
) -> None:
    server.expect(CREATE, CLOSED)
    server.expect(LIST_WORKSPACE, LISTED)
    server.expect(VALIDATE, VALID)
    assert apply_one(CREATION, validate=True).validation == {"valid": True, "message": "It works"}


# Many changes of different kinds


def changes_of_a_workspace() -> list[Change]:
    return [
        Change("delete", "old", "old", serialize_ai_llm(item(id="old")), {}),
        CREATION,
        Change("update", "changed", "changed", BEFORE, {"ai_type": "OTHER"}),
        Change("keep", "same", "same", BEFORE, {}),
        Change("keep", "missing", None, None, {}),
    ]


def test_removals_come_last_and_one_list_at_the_end(server: ScriptedServer, ai_llms: AiLlms) -> None:
    new = item(id="new")
    server.respond = Responder(
        {CREATE: response(200, {"success": True, "aiLlmId": "new"}), "GET": response(200, listing(new))}, OK
    )
    outcomes = apply(ai_llms, changes_of_a_workspace(), workspace_id=WORKSPACE)
    assert [outcome.status for outcome in outcomes] == ["deleted", "created", "updated", "unchanged", "absent"]
    assert outcomes[1].ai_llm == serialize_ai_llm(new)
    assert sorted(server.lines[:2]) == [CREATE, "PUT /ai/llm/changed"]
    assert server.lines[2:] == ["DELETE /ai/llm/old", LIST_WORKSPACE]


@pytest.mark.parametrize("steps", [response(400, REFUSED), CLOSED])
def test_nothing_is_removed_if_its_replacement_may_be_missing(
    steps: Response, server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]
) -> None:
    server.respond = Responder({CREATE: steps, "GET": NOT_LISTED}, OK)
    outcomes = apply(new_ai_llms(), changes_of_a_workspace(), workspace_id=WORKSPACE)
    status = "failed" if steps is not CLOSED else "unknown"
    assert [outcome.status for outcome in outcomes] == ["skipped", status, "updated", "unchanged", "absent"]
    assert (outcomes[0].failure, outcomes[0].changed) == (None, False)
    assert "DELETE /ai/llm/old" not in server.lines


def test_nothing_is_removed_after_a_failed_validation(server: ScriptedServer, ai_llms: AiLlms) -> None:
    changes = [KEEPING, Change("delete", "old", "old", BEFORE, {})]
    server.expect(VALIDATE, NOT_VALID)
    outcomes = apply(ai_llms, changes, validate=True)
    assert [outcome.status for outcome in outcomes] == ["unchanged", "skipped"]


def test_creations_in_doubt_are_settled_by_one_list(server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]) -> None:
    changes = [Change("create", name, None, None, {**CREATION.fields, "name": name}) for name in ("a", "b", "c")]
    server.respond = Responder(
        {CREATE: GATEWAY_ERROR, "GET": response(200, listing(item(id="1", name="a"), item(id="3", name="c")))}
    )
    outcomes = apply(new_ai_llms(), changes)
    assert [(outcome.status, outcome.id) for outcome in outcomes] == [
        ("created", "1"),
        ("unknown", None),
        ("created", "3"),
    ]
    assert server.lines == [CREATE] * 3 + [LIST_WORKSPACE]
