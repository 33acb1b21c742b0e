# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change, Outcome, predict
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.report import Mode, report_one
from ansible_collections.flashback.platform.plugins.module_utils._errors import Effect, Failure
from ansible_collections.flashback.platform.tests.unit.responses import (
    ID,
    KEY,
    NAME,
    SECRET,
    WORKSPACE,
    item,
    repo,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Status

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
    assert result.failure is outcome.failure
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
def test_message(change: Change, status: Status, done: str, predicted: str) -> None:
    assert msg_of(Outcome(change, status, ID)) == done.format(SUBJECT)
    assert msg_of(predict(change), CHECK) == predicted.format(SUBJECT)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (CREATION, "created", f"No response confirmed the creation, but {SUBJECT} is here."),
        (UPDATING, "updated", f"No response confirmed the update, but {SUBJECT} is here."),
        (REMOVAL, "deleted", f"No response confirmed the removal, but {SUBJECT} is here."),
    ],
)
def test_message_of_an_inferred_outcome(change: Change, status: Status, words: str) -> None:
    assert msg_of(Outcome(change, status, ID, evidence="is here")) == words


@pytest.mark.parametrize("mode", [REAL, CHECK])
def test_credentials_that_are_not_compared_are_told(mode: Mode) -> None:
    """That nothing needs a change is not known of credentials."""
    msg = msg_of(predict(KEEPING), mode, has_credentials=True)
    assert msg.startswith(f"{SUBJECT} needs no change. Credentials (key, secret) are not compared")
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
        (Outcome(REMOVAL, "failed", ID, failure=Failure("timeout", "late")), None),
    ],
)
def test_configuration_is_returned_if_it_is_known(outcome: Outcome, ai_llm: dict[str, t.Any] | None) -> None:
    values = report_one(outcome, SUBJECT, REAL).values
    assert values.get("ai_llm") == ai_llm
    assert "diff" not in values


def test_validation_and_error_are_returned_together() -> None:
    error = Failure("validation_failed", "no")
    validation = {"valid": False, "message": "no"}
    result = report_one(Outcome(UPDATING, "updated", ID, BEFORE, error, validation), SUBJECT, REAL)
    assert (result.failure, result.values["validation"], result.values["changed"]) == (error, validation, True)


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
        Outcome(UPDATING, "failed", ID, failure=Failure("timeout", "late")),
        Outcome(REMOVAL, "unknown", ID, failure=Failure("timeout", "late", effect=Effect.PENDING)),
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
