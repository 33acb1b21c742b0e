# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change, Outcome, predict
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.report import report_one
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.wanted import Mode
from ansible_collections.flashback.platform.plugins.module_utils._errors import Failure
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
        (Outcome(UPDATING, "updated", ID, USED), USED),
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


NAMELESS = {**BEFORE, "name": None}
_REMOVED_NAMELESS = {field: value for field, value in NAMELESS.items() if value is not None}


@pytest.mark.parametrize(("mode", "sent"), [(DIFF, "sent"), (CHECK_DIFF, "would be sent")])
@pytest.mark.parametrize(
    ("change", "status", "before", "after"),
    [
        (CREATION, "created", {}, {**NEW_FIELDS, "secret": None}),
        (UPDATING, "updated", {"ai_type": "OPENAI"}, {"ai_type": "OTHER"}),
        (ROTATION, "updated", {"endpoint": BEFORE["endpoint"]}, {"endpoint": "https://x", "key": None, "secret": None}),
        (Change("update", ID, ID, NAMELESS, {"name": "b"}), "updated", {}, {"name": "b"}),
        (REMOVAL, "deleted", BEFORE, {}),
        (Change("delete", ID, ID, NAMELESS, {}), "deleted", _REMOVED_NAMELESS, {}),
        (REMOVAL_UNREAD, "deleted", {"id": ID}, {}),
        (KEEPING, "unchanged", {}, {}),
        (GONE, "absent", {}, {}),
        (UPDATING, "failed", {}, {}),
        (REMOVAL, "unknown", {}, {}),
    ],
)
def test_diff_has_what_changes(
    change: Change, status: Status, before: dict[str, t.Any], after: dict[str, t.Any], mode: Mode, sent: str
) -> None:
    """It has no null fields: None stands for the text that replaces a credential."""
    diff = report_one(Outcome(change, status, ID), SUBJECT, mode).values["diff"]
    shown = {field: sent if value is None else value for field, value in after.items()}
    assert diff == {"before": before, "after": shown}
