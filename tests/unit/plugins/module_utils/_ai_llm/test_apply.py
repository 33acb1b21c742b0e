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
from ansible_collections.flashback.platform.plugins.module_utils._next_steps import DISAPPEARED
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
AFTER = {**BEFORE, "ai_type": "OTHER"}
FIELDS = {"name": NAME, "workspace_id": WORKSPACE, "ai_type": "OPENAI", "endpoint": "https://api.openai.com/v1"}
CREATION = Change("create", NAME, None, None, {**FIELDS, "secret": SECRET})
UPDATING = Change("update", ID, ID, BEFORE, {"ai_type": "OTHER"})
TWO_FIELDS = UPDATING._replace(fields={"ai_type": "OTHER", "endpoint": "https://example.org"})
ROTATION = Change("update", ID, ID, BEFORE, {"ai_type": "OTHER", "secret": SECRET})
CREDENTIALS_ALONE = Change("update", ID, ID, BEFORE, {"secret": SECRET})
KEEPING = Change("keep", ID, ID, BEFORE, {})
REMOVAL = Change("delete", ID, ID, None, {})
UNLISTED = REMOVAL._replace(unlisted=True)


def lists(*items: t.Any) -> Response:
    return response(200, listing(*items))


UPDATED = lists(item(aiType="OTHER"))
REDIRECT = response(303, b"", {"Location": "/done"})
REDIRECT_307 = response(307, b"", {"Location": "/ai/llm"})
CONFLICT = response(409, HTML)
# A 2xx that proves nothing (decision 1).
EMPTY_200 = response(200, {})
WITHOUT_ID = response(200, {"success": True})
UNAUTHORIZED = response(401, REFUSED)
REJECTED = response(400, REFUSED)

UNREADABLE_LISTS = [
    FOREIGN_404,
    response(200, HTML),
    response(200, []),
    response(200, {"success": True}),
    lists({}),
    UNAUTHORIZED,
    FORBIDDEN,
    SERVER_ERROR,
]


@pytest.fixture
def apply_one(new_ai_llms: Callable[..., AiLlms], server: ScriptedServer) -> Callable[..., Outcome]:
    """Applies one change, with as many attempts as there are responses. Afterwards, the list is read if there is one.

    The creation belongs to the workspace that is listed, the others to an ID in any workspace.
    """

    def apply_one(change: Change, *responses: Response, listed: Response | None = None, **options: t.Any) -> Outcome:
        lines = {"create": CREATE, "update": UPDATE, "delete": DELETE, "keep": VALIDATE}
        server.expect(lines[change.action], *responses)
        workspace_id = WORKSPACE if change.action == "create" else None
        if listed is not None:
            server.expect(
                LIST_WORKSPACE if workspace_id else LIST, *[listed] * (len(responses) if listed is SERVER_ERROR else 1)
            )
        if options.get("validate") and change.action != "keep":
            server.expect(VALIDATE, options.pop("validation"))
        retries = max(len(responses) - 1, 0)
        (outcome,) = apply(new_ai_llms(retries=retries), [change], workspace_id=workspace_id, **options)
        assert outcome.change == change
        if outcome.failure:
            assert outcome.failure.as_dict()["outcome_unknown"] is (outcome.status == "unknown")
        return outcome

    return apply_one


def result_of(outcome: Outcome) -> tuple[str, str | None]:
    """Status and error code."""
    return outcome.status, outcome.failure.code if outcome.failure else None


def error_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    return outcome.failure


# Lost writes: what no response tells is looked up (decision 11)

# The change, a list that shows the effect, one that does not, the configuration afterwards, the evidence, and the words
# that tell that the list does not show it.
WRITES: dict[str, tuple[Change, Response, Response, t.Any, str, str]] = {
    "removal": (REMOVAL, NOT_LISTED, LISTED, None, "is not listed any more", "still listed"),
    "creation": (CREATION, LISTED, NOT_LISTED, BEFORE, "is listed now", "does not show the configuration"),
    "update": (UPDATING, UPDATED, LISTED, AFTER, "is listed with its new values now", "does not show the update"),
}
# The response, and what a write is if the list does not show it: failed only if nothing can still happen.
LOST = {
    "empty object": (EMPTY_200, "unknown"),
    "empty body": (response(200), "unknown"),
    "html": (response(200, HTML), "unknown"),
    "gateway": (GATEWAY_ERROR, "unknown"),
    "gateway with json": (response(503, {"message": "no upstream"}), "unknown"),
    "closed": (CLOSED, "unknown"),
    "documented 500": (SERVER_ERROR, "failed"),
    "redirect": (REDIRECT, "failed"),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("write", WRITES)
def test_lost_write(write: str, lost: str, apply_one: Callable[..., Outcome]) -> None:
    change, shown, not_shown, after, evidence, words = WRITES[write]
    steps, status = LOST[lost]
    outcome = apply_one(change, steps, listed=shown)
    assert (outcome.changed, outcome.failure, outcome.id, outcome.evidence) == (True, None, ID, evidence)
    assert outcome.ai_llm == after
    outcome = apply_one(change, steps, listed=not_shown)
    assert outcome.status == status
    assert words in str(outcome.failure)
    assert ("may also have an effect later" in str(outcome.failure)) is (status == "unknown")


@pytest.mark.parametrize("listed", UNREADABLE_LISTS)
@pytest.mark.parametrize("lost", [SERVER_ERROR, EMPTY_200, CLOSED])
@pytest.mark.parametrize("write", WRITES)
def test_lost_write_that_cannot_be_looked_up_is_unknown(
    write: str, lost: Response, listed: Response, apply_one: Callable[..., Outcome]
) -> None:
    outcome = apply_one(WRITES[write][0], lost, listed=listed)
    assert outcome.status == "unknown"
    assert "The request for the list, which could show the outcome, failed too" in str(error_of(outcome))
    assert ("403" in str(error_of(outcome))) is (listed is FORBIDDEN)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (response(200, REFUSED), "server_error"),
        (REDIRECT_307, "invalid_response"),
        (REJECTED, "rejected"),
        (response(409, REFUSED), "rejected"),
        (UNAUTHORIZED, "unauthorized"),
        (RATE_LIMITED, "rate_limited"),
    ],
)
def test_refused_write_is_not_looked_up(
    refused: Response, code: str, write: str, apply_one: Callable[..., Outcome]
) -> None:
    outcome = apply_one(WRITES[write][0], refused)
    assert result_of(outcome) == ("failed", code)


# Removals


@pytest.mark.parametrize(
    ("change", "deletes", "listed", "result"),
    [
        (REMOVAL, [OK], None, ("deleted", None)),
        (REMOVAL, [response(204)], None, ("deleted", None)),
        (REMOVAL, [ABSENT], None, ("absent", None)),
        (REMOVAL, [response(404, {"success": False})], None, ("absent", None)),
        (REMOVAL, [SERVER_ERROR, ABSENT], None, ("deleted", None)),
        (REMOVAL, [RESET, ABSENT], None, ("deleted", None)),
        (REMOVAL, [RATE_LIMITED, ABSENT], None, ("absent", None)),
        # A 404 that is not the API's own: the list decides (decision 3).
        (REMOVAL, [FOREIGN_404], NOT_LISTED, ("absent", None)),
        (REMOVAL, [response(404, {"success": True})], NOT_LISTED, ("absent", None)),
        (REMOVAL, [response(404, b"")], NOT_LISTED, ("absent", None)),
        (REMOVAL, [SERVER_ERROR, FOREIGN_404], NOT_LISTED, ("deleted", None)),
        (REMOVAL, [RATE_LIMITED, FOREIGN_404], NOT_LISTED, ("absent", None)),
        (REMOVAL, [FOREIGN_404], LISTED, ("failed", "invalid_response")),
        (REMOVAL, [GATEWAY_ERROR, FOREIGN_404], LISTED, ("unknown", "invalid_response")),
        *[(REMOVAL, [FOREIGN_404], unreadable, ("failed", "invalid_response")) for unreadable in UNREADABLE_LISTS],
        *[
            (REMOVAL, [SERVER_ERROR, FOREIGN_404], unreadable, ("unknown", "invalid_response"))
            for unreadable in UNREADABLE_LISTS
        ],
        # The server may still work at the first attempt.
        *[
            (REMOVAL, [first, last], LISTED, ("unknown", code))
            for first in (CLOSED, GATEWAY_ERROR)
            for last, code in (
                (SERVER_ERROR, "server_error"),
                (RATE_LIMITED, "rate_limited"),
                (FORBIDDEN, "forbidden"),
                (response(409, REFUSED), "rejected"),
            )
        ],
        (REMOVAL, [GATEWAY_ERROR, UNAUTHORIZED], NOT_LISTED, ("deleted", None)),
        # A gateway can send it after the API has removed the configuration.
        (REMOVAL, [CONFLICT], NOT_LISTED, ("deleted", None)),
        # What was not listed before shows nothing if it is not listed now.
        (UNLISTED, [GATEWAY_ERROR, ABSENT], None, ("absent", None)),
        (UNLISTED, [FOREIGN_404], NOT_LISTED, ("absent", None)),
        (UNLISTED, [GATEWAY_ERROR], NOT_LISTED, ("unknown", "server_error")),
        # A 403 has two causes (decision 4), and says nothing about an attempt before it.
        (REMOVAL, [FORBIDDEN], IN_USE, ("failed", "in_use")),
        (REMOVAL, [GATEWAY_ERROR, FORBIDDEN], IN_USE, ("failed", "in_use")),
        (REMOVAL, [GATEWAY_ERROR, FORBIDDEN], NOT_LISTED, ("unknown", "forbidden")),
        (REMOVAL, [GATEWAY_ERROR, FORBIDDEN], FORBIDDEN, ("unknown", "forbidden")),
        (REMOVAL, [SERVER_ERROR, FORBIDDEN], LISTED, ("failed", "forbidden")),
        (REMOVAL, [SERVER_ERROR, FORBIDDEN], NOT_LISTED, ("unknown", "forbidden")),
    ],
)
def test_removal(
    change: Change,
    deletes: list[Response],
    listed: Response | None,
    result: tuple[str, str | None],
    apply_one: Callable[..., Outcome],
) -> None:
    assert result_of(apply_one(change, *deletes, listed=listed)) == result


@pytest.mark.parametrize("listed", [LISTED, NOT_LISTED, lists(item(repos=None)), *UNREADABLE_LISTS])
@pytest.mark.parametrize("message", ["Forbidden", "Cannot delete: it is in use by 2 repositories"])
def test_other_403_has_two_possible_causes(message: str, listed: Response, apply_one: Callable[..., Outcome]) -> None:
    """Only listed repositories show that the configuration is in use, never the words of the message (decision 4)."""
    error = error_of(apply_one(REMOVAL, response(403, {"success": False, "message": message}), listed=listed))
    assert error.as_dict() == {"code": "forbidden", "http_status": 403, "message": message, "outcome_unknown": False}
    for words in (message, "permission", "cannot see"):
        assert words in str(error)


def test_address_is_not_doubted_after_the_list_has_proven_it(apply_one: Callable[..., Outcome]) -> None:
    error = error_of(apply_one(REMOVAL, EMPTY_200, listed=LISTED))
    assert error.code == "invalid_response"
    assert error.suspects_address
    assert "api_url" not in str(error.at_proven_address())


def test_login_that_is_refused_with_403_says_nothing_about_the_removal(
    server: ScriptedServer, new_session: NewSession
) -> None:
    credentials = Identity(TOKEN, "user@example.com", "a-password-of-this-test")
    server.expect(DELETE, RESET, UNAUTHORIZED)
    server.expect("POST /user/login", FORBIDDEN)
    server.expect(LIST, IN_USE)
    (outcome,) = apply(AiLlms(new_session(credentials, retries=1)), [REMOVAL])
    error = error_of(outcome)
    assert (error.code, error.origin, error.effect) == ("login_failed", Origin.LOGIN, Effect.PENDING)
    server.expect(DELETE, UNAUTHORIZED)
    server.expect("POST /user/login", FORBIDDEN)
    (outcome,) = apply(AiLlms(new_session(credentials)), [REMOVAL])
    assert result_of(outcome) == ("failed", "login_failed")


# Many removals

IDS = [f"id-{number}" for number in range(20)]
REMOVALS = [Change("delete", id, id, None, {}) for id in IDS]


def test_no_changes_send_nothing(ai_llms: AiLlms) -> None:
    assert apply(ai_llms, []) == []


def test_one_list_settles_all_removals(server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]) -> None:
    listed = [item(id="id-1", repos=[repo(1)]), *(item(id=id) for id in ("id-2", "id-3", "id-5", "id-19"))]
    server.respond = Responder(
        {
            "id-1": FORBIDDEN,
            "id-2": FORBIDDEN,
            "id-3": FOREIGN_404,
            "id-4": FOREIGN_404,
            "id-5": GATEWAY_ERROR,
            "id-6": CLOSED,
            "id-8": REJECTED,
            # Not next to the other two, because nothing is sent after three failures in a row.
            "id-19": SERVER_ERROR,
            "GET": lists(*listed),
        },
        OK,
    )
    outcomes = {outcome.id: outcome for outcome in apply(new_ai_llms(), REMOVALS)}
    results = {id: result_of(outcome) for id, outcome in outcomes.items()}
    assert {id: result for id, result in results.items() if result != ("deleted", None)} == {
        "id-1": ("failed", "in_use"),
        "id-2": ("failed", "forbidden"),
        "id-3": ("failed", "invalid_response"),
        "id-4": ("absent", None),
        "id-5": ("unknown", "server_error"),
        "id-8": ("failed", "rejected"),
        "id-19": ("failed", "server_error"),
    }
    assert [id for id, outcome in outcomes.items() if outcome.evidence] == ["id-6"]
    assert error_of(outcomes["id-1"]).details == {"repositories": repositories(1)}
    assert server.lines.index(LIST) == len(IDS) == len(server.requests) - 1


def test_removals_that_are_not_sent_are_skipped_with_the_reason(
    server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]
) -> None:
    """After several requests in a row that failed, nothing more is sent. The list settles only those that were sent."""
    server.respond = Responder({"GET": lists(*(item(id=id) for id in IDS))}, SERVER_ERROR)
    outcomes = apply(new_ai_llms(), REMOVALS)
    sent = [line for line in server.lines if line.startswith("DELETE")]
    results = [result_of(outcome) for outcome in outcomes]
    assert results.count(("failed", "server_error")) == len(sent) < len(IDS)
    assert results.count(("skipped", "server_error")) == len(IDS) - len(sent)
    assert not any(outcome.changed for outcome in outcomes)


# Creations

UNKNOWN_FIELDS = {"org_id": None, "user_id": None, "created_at": None}


@pytest.mark.parametrize(
    ("creation", "listed", "result", "ai_llm"),
    [
        (WRITTEN, LISTED, ("created", None), BEFORE),
        # It did not fail because it is not listed yet. What is known of it is returned.
        *[
            (WRITTEN, other, ("created", None), {**BEFORE, **UNKNOWN_FIELDS})
            for other in (NOT_LISTED, *UNREADABLE_LISTS)
        ],
        (WITHOUT_ID, LISTED, ("created", None), BEFORE),
        # No field of the API's responses is required.
        (
            CLOSED,
            lists(item(endpoint=None, aiType=None)),
            ("created", None),
            {**BEFORE, "endpoint": None, "ai_type": None},
        ),
        # Somebody else has created it, or one of them.
        (SERVER_ERROR, lists(item(endpoint="https://example.org")), ("unknown", "server_error"), None),
        (CLOSED, lists(item(aiType="OTHER")), ("unknown", "unreachable"), None),
        (CLOSED, lists(item(id="e"), item(id="f")), ("unknown", "unreachable"), None),
        (CONFLICT, LISTED, ("created", None), BEFORE),
    ],
)
def test_creation(
    creation: Response,
    listed: Response,
    result: tuple[str, str | None],
    ai_llm: dict[str, t.Any] | None,
    apply_one: Callable[..., Outcome],
) -> None:
    """A POST is sent once, whatever the response is (decision 6)."""
    outcome = apply_one(CREATION, creation, listed=listed)
    assert (result_of(outcome), outcome.ai_llm) == (result, ai_llm)
    assert outcome.id == (ai_llm["id"] if ai_llm else None)


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        (NOT_LISTED, "does not list it"),
        (FORBIDDEN, "the request for the list failed"),
        (lists(item(id="e"), item(id="f")), "lists more than one"),
    ],
)
def test_creation_without_an_id(listed: Response, why: str, apply_one: Callable[..., Outcome]) -> None:
    outcome = apply_one(CREATION, WITHOUT_ID, listed=listed)
    assert result_of(outcome) == ("created", "invalid_response")
    assert (outcome.ai_llm, outcome.id) == ({**BEFORE, **UNKNOWN_FIELDS, "id": None}, None)
    assert why in error_of(outcome).message


# Updates


@pytest.mark.parametrize(
    ("change", "steps", "listed", "result", "ai_llm"),
    [
        (UPDATING, [WRITTEN], UPDATED, ("updated", None), AFTER),
        # What is stored is returned.
        (UPDATING, [WRITTEN], lists(item(aiType="AWS")), ("updated", None), {**BEFORE, "ai_type": "AWS"}),
        *[(UPDATING, [WRITTEN], other, ("updated", None), AFTER) for other in (NOT_LISTED, *UNREADABLE_LISTS)],
        (ROTATION, [WRITTEN], UPDATED, ("updated", None), AFTER),
        # No list shows credentials.
        (CREDENTIALS_ALONE, [WRITTEN], None, ("updated", None), BEFORE),
        (CREDENTIALS_ALONE, [CLOSED], None, ("unknown", "unreachable"), None),
        *[(ROTATION, [lost], None, "unknown", None) for lost in (SERVER_ERROR, CLOSED, EMPTY_200, REDIRECT)],
        (ROTATION, [FOREIGN_404], None, ("failed", "invalid_response"), None),
        # Only the API's own 404 says that the configuration is gone. For another one, the list decides.
        (UPDATING, [ABSENT], None, ("failed", "not_found"), None),
        (UPDATING, [FOREIGN_404], LISTED, ("failed", "invalid_response"), None),
        (UPDATING, [FOREIGN_404], UPDATED, ("updated", None), AFTER),
        (UPDATING, [FOREIGN_404], NOT_LISTED, ("failed", "not_found"), None),
        (UPDATING, [FOREIGN_404], FORBIDDEN, ("failed", "invalid_response"), None),
        (UPDATING, [SERVER_ERROR, ABSENT], NOT_LISTED, ("failed", "not_found"), None),
        (UPDATING, [CLOSED, ABSENT], NOT_LISTED, ("unknown", "not_found"), None),
        # Neither the old nor the new value is stored, so the request may have had an effect.
        (UPDATING, [SERVER_ERROR], lists(item(aiType="AWS")), ("unknown", "server_error"), None),
        (TWO_FIELDS, [SERVER_ERROR], UPDATED, ("unknown", "server_error"), None),
        # Repositories explain only the refusal of a removal.
        (UPDATING, [CLOSED, FORBIDDEN], IN_USE, ("unknown", "forbidden"), None),
        (UPDATING, [response(499, HTML)], UPDATED, ("updated", None), AFTER),
        (UPDATING, [CONFLICT], LISTED, "failed", None),
    ],
)
def test_update(
    change: Change,
    steps: list[Response],
    listed: Response | None,
    result: tuple[str, str | None] | str,
    ai_llm: dict[str, t.Any] | None,
    apply_one: Callable[..., Outcome],
) -> None:
    """result: status and error code, or only the status."""
    outcome = apply_one(change, *steps, listed=listed)
    assert result in (outcome.status, result_of(outcome))
    assert (outcome.ai_llm, outcome.id) == (ai_llm, ID)
    if result == ("failed", "not_found"):
        assert error_of(outcome).next_step == DISAPPEARED


def test_keeping_sends_nothing(ai_llms: AiLlms) -> None:
    absent = Change("keep", NAME, None, None, {})
    outcomes = [Outcome(KEEPING, "unchanged", ID, BEFORE), Outcome(absent, "absent")]
    assert apply(ai_llms, [KEEPING, absent]) == outcomes


# Validations


@pytest.mark.parametrize("change", [CREATION, UPDATING, CREDENTIALS_ALONE, KEEPING])
@pytest.mark.parametrize(
    ("steps", "code", "valid"),
    [
        (VALID, None, True),
        (NOT_VALID, "validation_failed", False),
        (FORBIDDEN, "forbidden", None),
        (ABSENT, "not_found", None),
        (FOREIGN_404, "invalid_response", None),
        (SERVER_ERROR, "server_error", None),
        (CLOSED, "unreachable", None),
        (EMPTY_200, "invalid_response", None),
    ],
)
def test_validation_leaves_the_outcome_alone(
    steps: Response, code: str | None, valid: bool | None, change: Change, apply_one: Callable[..., Outcome]
) -> None:
    if change is KEEPING:
        outcome = apply_one(change, steps, validate=True)
    else:
        listed = UPDATED if change is UPDATING else LISTED if change is CREATION else None
        outcome = apply_one(change, WRITTEN, listed=listed, validate=True, validation=steps)
    statuses = {"create": "created", "update": "updated", "keep": "unchanged"}
    assert result_of(outcome) == (statuses[change.action], code)
    assert (outcome.validation["valid"] if outcome.validation else None) is valid
    assert outcome.ai_llm is not None


@pytest.mark.parametrize(("steps", "listed"), [(REJECTED, None), (CLOSED, LISTED)])
def test_failed_write_is_not_validated(
    steps: Response, listed: Response | None, server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]
) -> None:
    server.expect(UPDATE, steps)
    if listed:
        server.expect(LIST, listed)
    (outcome,) = apply(new_ai_llms(), [UPDATING], validate=True)
    assert outcome.validation is None


def test_lost_creation_is_validated_after_it_was_found(apply_one: Callable[..., Outcome]) -> None:
    outcome = apply_one(CREATION, CLOSED, listed=LISTED, validate=True, validation=VALID)
    assert outcome.validation == {"valid": True, "message": "It works"}


# A whole workspace: creations and updates, one list, validations, removals

OLD = item(id="old", name="Old")
OLD_REMOVAL = Change("delete", "Old", "old", serialize_ai_llm(OLD), {})
CHANGES = [
    OLD_REMOVAL,
    CREATION,
    Change("update", "changed", "changed", BEFORE, {"ai_type": "OTHER"}),
    Change("keep", "same", "same", BEFORE, {}),
    Change("keep", "missing", None, None, {}),
]
NEW = item(id="new")
CREATED = response(200, {"success": True, "aiLlmId": "new"})
DELETE_OLD = "DELETE /ai/llm/old"


def apply_all(server: ScriptedServer, api: AiLlms, changes: list[Change], **responses: Response) -> list[Outcome]:
    server.respond = Responder({"POST": CREATED, **responses}, OK)
    return apply(api, changes, workspace_id=WORKSPACE, validate=False)


@pytest.mark.parametrize(
    ("listed", "removal", "is_sent"),
    [
        (lists(NEW, OLD), ("deleted", None), True),
        (lists(NEW, {**OLD, "repos": [repo(1)]}), ("deleted", None), True),
        (lists(NEW, {**OLD, "endpoint": "https://new"}), ("skipped", "plan_changed"), False),
        (lists(NEW, {**OLD, "aiType": "AWS"}), ("skipped", "plan_changed"), False),
        (lists(NEW, {**OLD, "name": "New"}), ("skipped", "plan_changed"), False),
        (lists(NEW), ("absent", None), False),
        (lists(NEW, {**OLD, "workspaceId": "other"}), ("absent", None), False),
        (lists(NEW, {**OLD, "workspaceId": 5}), ("skipped", "invalid_response"), False),
        (SERVER_ERROR, ("skipped", "server_error"), False),
    ],
)
def test_only_what_is_still_as_planned_is_removed(
    listed: Response,
    removal: tuple[str, str | None],
    is_sent: bool,
    server: ScriptedServer,
    new_ai_llms: Callable[..., AiLlms],
) -> None:
    outcomes = apply_all(server, new_ai_llms(), CHANGES, GET=listed)
    assert [outcome.status for outcome in outcomes] == [removal[0], "created", "updated", "unchanged", "absent"]
    assert result_of(outcomes[0]) == removal
    assert not outcomes[0].changed or is_sent
    assert sorted(server.lines[:2]) == [CREATE, "PUT /ai/llm/changed"]
    assert server.lines[2:] == [LIST_WORKSPACE, *([DELETE_OLD] if is_sent else [])]


@pytest.mark.parametrize("changes", [[OLD_REMOVAL], [OLD_REMOVAL, CREDENTIALS_ALONE]])
def test_list_is_not_read_again_if_nothing_visible_was_written(
    changes: list[Change], server: ScriptedServer, ai_llms: AiLlms
) -> None:
    outcomes = apply_all(server, ai_llms, changes, PUT=WRITTEN)
    assert outcomes[0].status == "deleted"
    assert LIST_WORKSPACE not in server.lines


@pytest.mark.parametrize(("steps", "status"), [(REJECTED, "failed"), (CLOSED, "unknown")])
def test_nothing_is_removed_if_its_replacement_may_be_missing(
    steps: Response, status: str, server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]
) -> None:
    outcomes = apply_all(server, new_ai_llms(), CHANGES, POST=steps, GET=lists({**OLD, "endpoint": "https://new"}))
    assert [outcome.status for outcome in outcomes] == ["skipped", status, "updated", "unchanged", "absent"]
    assert (outcomes[0].failure, outcomes[0].changed) == (None, False)
    assert DELETE_OLD not in server.lines


def test_nothing_is_removed_after_a_failed_validation(server: ScriptedServer, ai_llms: AiLlms) -> None:
    server.expect(VALIDATE, NOT_VALID)
    outcomes = apply(ai_llms, [KEEPING, OLD_REMOVAL], validate=True)
    assert [outcome.status for outcome in outcomes] == ["unchanged", "skipped"]


def test_one_list_settles_all_creations(server: ScriptedServer, new_ai_llms: Callable[..., AiLlms]) -> None:
    changes = [Change("create", name, None, None, {**CREATION.fields, "name": name}) for name in ("a", "b", "c")]
    listed = lists(item(id="1", name="a"), item(id="3", name="c"))
    outcomes = apply_all(server, new_ai_llms(), changes, POST=GATEWAY_ERROR, GET=listed)
    assert [(outcome.status, outcome.id) for outcome in outcomes] == [
        ("created", "1"),
        ("unknown", None),
        ("created", "3"),
    ]
    assert server.lines == [CREATE] * 3 + [LIST_WORKSPACE]
