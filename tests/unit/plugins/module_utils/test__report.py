# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Result
from ansible_collections.flashback.platform.plugins.module_utils._plan import Change, Outcome, predict
from ansible_collections.flashback.platform.plugins.module_utils._report import Mode, report_one, report_removals
from ansible_collections.flashback.platform.plugins.module_utils._serialize import serialize_ai_llm
from ansible_collections.flashback.platform.tests.unit.responses import (
    ID,
    KEY,
    NAME,
    SECRET,
    WORKSPACE,
    item,
    repo,
    repositories,
)

SUBJECT = "AI LLM configuration 'x'"
REAL = Mode(check=False, diff=False)
CHECK = Mode(check=True, diff=False)
DIFF = Mode(check=False, diff=True)
CHECK_DIFF = Mode(check=True, diff=True)

BEFORE = serialize_ai_llm(item())
USED = serialize_ai_llm(item(repos=[repo(1), repo(2)]))
NEW_FIELDS = {"name": NAME, "workspace_id": WORKSPACE, "ai_type": "OPENAI", "endpoint": "https://x", "secret": SECRET}

CREATION = Change("create", NAME, None, None, NEW_FIELDS)
UPDATING = Change("update", ID, ID, BEFORE, {"ai_type": "OTHER"})
ROTATION = Change("update", ID, ID, BEFORE, {"key": KEY, "secret": SECRET, "endpoint": "https://x"})
REMOVAL = Change("delete", ID, ID, BEFORE, {})
REMOVAL_UNREAD = Change("delete", ID, ID, None, {})
KEEPING = Change("keep", ID, ID, BEFORE, {})
GONE = Change("keep", ID, ID, None, {})


def msg_of(outcome: Outcome, mode: Mode = REAL, **options: t.Any) -> str:
    result = report_one(outcome, SUBJECT, mode, **options)
    assert result.error is outcome.error
    assert result.values["changed"] is outcome.changed
    return t.cast("str", result.values["msg"])


def diff_of(outcome: Outcome, mode: Mode = DIFF) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    diff = report_one(outcome, SUBJECT, mode).values["diff"]
    assert set(diff) == {"before", "after"}
    return diff["before"], diff["after"]


# Messages


@pytest.mark.parametrize(
    ("change", "status", "done", "predicted"),
    [
        (CREATION, "created", "Created {}.", "Would create {}."),
        (UPDATING, "updated", "Updated {}.", "Would update {}."),
        (
            ROTATION,
            "updated",
            "Updated {}. Its credentials were sent.",
            "Would update {}, and send its credentials.",
        ),
        (REMOVAL, "deleted", "Removed {}.", "Would remove {}."),
        (KEEPING, "unchanged", "{} needs no change.", "{} needs no change."),
        (GONE, "absent", "{} does not exist.", "{} does not exist."),
    ],
)
def test_message(change: Change, status: str, done: str, predicted: str) -> None:
    assert msg_of(Outcome(change, status, ID)) == done.format(SUBJECT)
    assert msg_of(predict(change), CHECK) == predicted.format(SUBJECT)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (CREATION, "created", f"No response confirmed the creation, but {SUBJECT} is listed now."),
        (UPDATING, "updated", f"No response confirmed the update, but {SUBJECT} is listed with its new values now."),
        (REMOVAL, "deleted", f"No response confirmed the removal, but {SUBJECT} is not listed any more."),
    ],
)
def test_message_of_an_inferred_outcome(change: Change, status: str, words: str) -> None:
    assert msg_of(Outcome(change, status, ID, inferred=True)) == words


@pytest.mark.parametrize("mode", [REAL, CHECK])
def test_credentials_that_are_not_compared_are_told(mode: Mode) -> None:
    """That nothing needs a change is not known of credentials."""
    msg = msg_of(predict(KEEPING), mode, has_credentials=True)
    assert msg.startswith(f"{SUBJECT} needs no change. Credentials are not compared")
    assert "update_credentials" in msg
    assert "compared" not in msg_of(predict(KEEPING), mode)
    assert "compared" not in msg_of(predict(UPDATING), mode, has_credentials=True)


# Return values


@pytest.mark.parametrize(
    ("outcome", "ai_llm"),
    [
        (Outcome(REMOVAL, "deleted", ID), BEFORE),
        (Outcome(REMOVAL_UNREAD, "deleted", ID), None),
        (Outcome(UPDATING, "updated", ID, {"id": ID}), {"id": ID}),
        (Outcome(KEEPING, "unchanged", ID, BEFORE), BEFORE),
        (Outcome(GONE, "absent", ID), None),
        (Outcome(REMOVAL, "failed", ID, error=ApiError("timeout", "late")), None),
    ],
)
def test_configuration_is_returned_if_it_is_known(outcome: Outcome, ai_llm: dict[str, t.Any] | None) -> None:
    values = report_one(outcome, SUBJECT, REAL).values
    assert values.get("ai_llm") == ai_llm
    assert "diff" not in values


def test_validation_and_error_are_returned_together() -> None:
    error = ApiError("validation_failed", "no")
    validation = {"valid": False, "message": "no"}
    result = report_one(Outcome(UPDATING, "updated", ID, BEFORE, error, validation), SUBJECT, REAL)
    assert (result.error, result.values["validation"], result.values["changed"]) == (error, validation, True)


# Diff


def test_diff_of_a_creation_has_the_given_fields_only() -> None:
    before, after = diff_of(Outcome(CREATION, "created", ID, BEFORE))
    assert (before, after) == ({}, {**NEW_FIELDS, "secret": "sent"})
    assert diff_of(predict(CREATION), CHECK_DIFF) == ({}, {**NEW_FIELDS, "secret": "would be sent"})


def test_diff_of_an_update_has_the_fields_that_differ_only() -> None:
    assert diff_of(Outcome(UPDATING, "updated", ID)) == ({"ai_type": "OPENAI"}, {"ai_type": "OTHER"})
    assert diff_of(predict(UPDATING), CHECK_DIFF) == ({"ai_type": "OPENAI"}, {"ai_type": "OTHER"})


@pytest.mark.parametrize(("mode", "sent"), [(DIFF, "sent"), (CHECK_DIFF, "would be sent")])
def test_diff_of_a_rotation_says_that_credentials_are_sent(mode: Mode, sent: str) -> None:
    before, after = diff_of(Outcome(ROTATION, "updated", ID), mode)
    assert before == {"endpoint": BEFORE["endpoint"]}
    assert after == {"endpoint": "https://x", "key": sent, "secret": sent}


def test_diff_has_no_null_fields() -> None:
    nameless = {**BEFORE, "name": None}
    update = Change("update", ID, ID, nameless, {"name": "b"})
    assert diff_of(Outcome(update, "updated", ID)) == ({}, {"name": "b"})
    removal = Change("delete", ID, ID, nameless, {})
    assert "name" not in diff_of(Outcome(removal, "deleted", ID))[0]


def test_diff_of_a_removal() -> None:
    assert diff_of(Outcome(REMOVAL, "deleted", ID)) == (BEFORE, {})
    assert diff_of(Outcome(REMOVAL_UNREAD, "deleted", ID)) == ({"id": ID}, {})


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(KEEPING, "unchanged", ID, BEFORE),
        Outcome(GONE, "absent", ID),
        Outcome(UPDATING, "failed", ID, error=ApiError("timeout", "late")),
        Outcome(REMOVAL, "unknown", ID, error=ApiError("timeout", "late", outcome_unknown=True)),
    ],
)
def test_diff_is_empty_if_nothing_changed(outcome: Outcome) -> None:
    assert diff_of(outcome) == ({}, {})


# Warnings


def test_removal_of_what_is_in_use_is_warned_of_in_check_mode_only() -> None:
    used = Change("delete", NAME, ID, USED, {})
    (warning,) = report_one(predict(used), SUBJECT, CHECK).warnings
    assert warning == (
        "This AI LLM configuration is in use, and the API would refuse the removal now: "
        f"'{NAME}' by 2 repositories: my-ai-repo-1 (repo-1), my-ai-repo-2 (repo-2)."
    )
    assert report_one(Outcome(used, "deleted", ID), SUBJECT, REAL).warnings == ()
    assert report_one(predict(REMOVAL), SUBJECT, CHECK).warnings == ()


@pytest.mark.parametrize("change", [Change("keep", ID, ID, USED, {}), Change("update", ID, ID, USED, {"name": "b"})])
def test_use_is_no_warning_without_a_removal(change: Change) -> None:
    assert report_one(predict(change), SUBJECT, CHECK).warnings == ()


# Many removals


def removal(number: int, *, repos: int = 0, listed: bool = True) -> Change:
    before = serialize_ai_llm(item(id=f"id-{number}", name=f"name-{number}", repos=[repo(n) for n in range(repos)]))
    return Change("delete", f"id-{number}", f"id-{number}", before if listed else None, {})


def removed(number: int, **options: t.Any) -> Outcome:
    return Outcome(removal(number, listed=False), "deleted", f"id-{number}", **options)


def failed(number: int, code: str = "forbidden", *, unknown: bool = False, **details: t.Any) -> Outcome:
    error = ApiError(code, f"no to {number}", http_status=403, outcome_unknown=unknown, **details)
    status = "unknown" if unknown else "failed"
    return Outcome(removal(number, listed=False), status, f"id-{number}", error=error)


def absent(number: int) -> Outcome:
    return Outcome(removal(number, listed=False), "absent", f"id-{number}")


def error_of(result: Result) -> ApiError:
    assert result.error is not None
    return result.error


def test_outcomes() -> None:
    result = report_removals([removed(2), absent(1), failed(3, "in_use", repositories=repositories(1))], REAL)
    assert result.values["outcomes"] == [
        {"id": "id-2", "name": None, "outcome": "deleted"},
        {"id": "id-1", "name": None, "outcome": "absent"},
        {
            "id": "id-3",
            "name": None,
            "outcome": "failed",
            "error": {
                "code": "in_use",
                "http_status": 403,
                "message": "no to 3",
                "outcome_unknown": False,
                "repositories": repositories(1),
            },
        },
    ]
    assert result.values["changed"] is True
    assert result.warnings == ()


def test_outcomes_have_the_names_that_were_read() -> None:
    outcomes = [Outcome(removal(1), "deleted", "id-1"), Outcome(removal(2, listed=False), "absent", "id-2")]
    items = report_removals(outcomes, DIFF).values["outcomes"]
    assert [(outcome["id"], outcome["name"]) for outcome in items] == [("id-1", "name-1"), ("id-2", None)]


@pytest.mark.parametrize(
    ("outcomes", "msg", "changed"),
    [
        ([], "Removed 0 of 0 AI LLM configurations.", False),
        ([removed(1)], "Removed 1 of 1 AI LLM configuration.", True),
        ([removed(1), absent(2)], "Removed 1 of 2 AI LLM configurations; 1 did not exist.", True),
        ([absent(1), absent(2)], "Removed 0 of 2 AI LLM configurations; 2 did not exist.", False),
    ],
)
def test_message_counts(outcomes: list[Outcome], msg: str, changed: bool) -> None:
    result = report_removals(outcomes, REAL)
    assert (result.values["msg"], result.values["changed"], result.error) == (msg, changed, None)


def test_message_tells_how_many_removals_are_inferred() -> None:
    result = report_removals([removed(1), removed(2, inferred=True), removed(3, inferred=True)], REAL)
    assert result.values["msg"] == (
        "Removed 3 of 3 AI LLM configurations. No response confirmed 2 of these removals, but the "
        "configurations are not listed any more."
    )


def test_partial_failure() -> None:
    result = report_removals([removed(1), failed(2), failed(3, "timeout"), absent(4)], REAL)
    error = error_of(result)
    assert result.values["changed"] is True
    assert error.as_dict() == {
        "code": "partial_failure",
        "http_status": None,
        "message": "2 of 4 configurations could not be removed: id-2 (forbidden), id-3 (timeout)",
        "outcome_unknown": False,
    }
    assert "outcomes" in error.next_step
    assert "Removed 1 of 4" in str(error)


def test_partial_failure_is_unknown_if_any_outcome_is() -> None:
    error = error_of(report_removals([removed(1), failed(2, "timeout", unknown=True)], REAL))
    assert error.outcome_unknown is True
    assert "may still take effect" in str(error)


def test_failures_name_ten_ids_once() -> None:
    error = error_of(report_removals([failed(number) for number in range(300)], REAL))
    for number in range(10):
        assert str(error).count(f"id-{number} ") == 1
    assert "id-10 " not in str(error)
    assert "and 290 more" in error.message
    assert "300 of 300 configurations could not be removed" in error.message
    assert len(str(error)) < 1000


def test_many_in_use_in_check_mode() -> None:
    """One warning names the first ten, the message counts them, and each outcome has its repositories."""
    changes = [removal(number, repos=2 if number < 30 else 0) for number in range(300)]
    result = report_removals([predict(change) for change in changes], CHECK)
    assert result.values["msg"] == (
        "Would remove 300 of 300 AI LLM configurations; 30 of them are in use and would be refused now."
    )
    (warning,) = result.warnings
    assert warning.startswith("30 AI LLM configurations are in use, and the API would refuse the removal now: ")
    for number in range(10):
        assert f"'id-{number}' by 2 repositories: my-ai-repo-0 (repo-0), my-ai-repo-1 (repo-1)" in warning
    assert "'id-10'" not in warning
    assert "and 20 more, see outcomes" in warning
    used = [outcome for outcome in result.values["outcomes"] if "repositories" in outcome]
    assert [outcome["id"] for outcome in used] == [f"id-{number}" for number in range(30)]
    assert used[0] == {"id": "id-0", "name": "name-0", "outcome": "deleted", "repositories": repositories(0, 1)}
    assert result.error is None


def test_one_of_many_in_use_in_check_mode() -> None:
    result = report_removals([predict(removal(1, repos=1)), predict(removal(2))], CHECK)
    assert result.values["msg"].endswith("1 of them is in use and would be refused now.")
    assert result.warnings == (
        "This AI LLM configuration is in use, and the API would refuse the removal now: "
        "'id-1' by 1 repository: my-ai-repo-0 (repo-0).",
    )


def test_use_is_not_told_outside_of_check_mode() -> None:
    result = report_removals([Outcome(removal(1, repos=1), "deleted", "id-1")], REAL)
    assert result.warnings == ()
    assert "in use" not in result.values["msg"]
    assert "repositories" not in result.values["outcomes"][0]


@pytest.mark.parametrize("mode", [DIFF, CHECK_DIFF])
def test_diff_of_many_has_one_line_for_each(mode: Mode) -> None:
    outcomes = [predict(removal(number)) for number in range(300)]
    diff = report_removals([*outcomes, absent(300), failed(301), removed(302)], mode).values["diff"]
    assert diff["after"] == {}
    assert list(diff["before"]) == [f"id-{number}" for number in range(300)] + ["id-302"]
    assert diff["before"]["id-7"] == "name-7, OPENAI, https://api.openai.com/v1"
    assert diff["before"]["id-302"] == ""
    assert not [line for line in diff["before"].values() if "\n" in line]


def test_diff_of_many_without_null_fields() -> None:
    before = serialize_ai_llm(item(aiType=None, endpoint=None))
    change = Change("delete", ID, ID, before, {})
    assert report_removals([predict(change)], CHECK_DIFF).values["diff"]["before"] == {ID: NAME}
