# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change, Outcome, predict
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.report_many import (
    report_removals,
    report_workspace,
)
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.wanted import Mode, Rules
from ansible_collections.flashback.platform.plugins.module_utils._errors import Effect, Failure
from ansible_collections.flashback.platform.plugins.module_utils._result import Result
from ansible_collections.flashback.platform.tests.unit.responses import ID, NAME, item, repo, repositories

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Action, Status

REAL = Mode(check=False, diff=False)
CHECK = Mode(check=True, diff=False)
DIFF = Mode(check=False, diff=True)
CHECK_DIFF = Mode(check=True, diff=True)


def removal(number: int, *, repos: int = 0, listed: bool = True) -> Change:
    before = serialize_ai_llm(item(id=f"id-{number}", name=f"name-{number}", repos=[repo(n) for n in range(repos)]))
    return Change("delete", f"id-{number}", f"id-{number}", before if listed else None, {})


def removed(number: int, **options: t.Any) -> Outcome:
    return Outcome(removal(number, listed=False), "deleted", f"id-{number}", **options)


def failed(number: int, code: str = "forbidden", *, unknown: bool = False, **details: t.Any) -> Outcome:
    error = Failure(
        code, f"no to {number}", http_status=403, effect=Effect.PENDING if unknown else Effect.NONE, details=details
    )
    status: Status = "unknown" if unknown else "failed"
    return Outcome(removal(number, listed=False), status, f"id-{number}", failure=error)


def absent(number: int) -> Outcome:
    return Outcome(removal(number, listed=False), "absent", f"id-{number}")


def error_of(result: Result) -> Failure:
    assert result.failure is not None
    return result.failure


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
        ([removed(1), absent(2)], "Removed 1 of 2 AI LLM configurations; 1 already absent.", True),
        ([absent(1), absent(2)], "Removed 0 of 2 AI LLM configurations; 2 already absent.", False),
    ],
)
def test_message_counts(outcomes: list[Outcome], msg: str, changed: bool) -> None:
    result = report_removals(outcomes, REAL)
    assert (result.values["msg"], result.values["changed"], result.failure) == (msg, changed, None)


def test_message_tells_how_many_removals_are_inferred() -> None:
    by_404 = "does not exist any more"
    inferred = [removed(2, evidence="is not listed any more"), removed(3, evidence=by_404), removed(4, evidence=by_404)]
    result = report_removals([removed(1), *inferred], REAL)
    sentences = (
        "No response confirmed 1 change, but this configuration is not listed any more."
        " No response confirmed 2 changes, but each of these configurations does not exist any more."
    )
    assert result.values["msg"] == f"Removed 4 of 4 AI LLM configurations. {sentences}"
    result = report_workspace([removed(1), *inferred], REAL, Rules(), declared=0, plan_id="")
    assert result.values["msg"] == f"Removed 4. {sentences}"


@pytest.mark.parametrize(
    ("action", "status", "code", "is_left"),
    [
        ("keep", "unchanged", None, True),
        ("update", "failed", "rejected", True),
        ("update", "unknown", "timeout", True),
        ("update", "failed", "not_found", False),
        ("delete", "deleted", None, False),
        ("delete", "failed", "in_use", True),
        ("delete", "skipped", None, True),
        ("delete", "unknown", "timeout", False),
    ],
)
def test_configurations_that_exist_afterwards(action: Action, status: Status, code: str | None, is_left: bool) -> None:
    before = serialize_ai_llm(item())
    error = Failure(code, "no") if code else None
    outcome = Outcome(Change(action, NAME, ID, before, {}), status, ID, failure=error)
    values = report_workspace([outcome], REAL, Rules(), declared=1, plan_id="").values
    assert values["ai_llms"] == ([before] if is_left else [])
    # It has only declared ones, whatever became of the others.
    assert report_workspace([outcome], REAL, Rules(), declared=0, plan_id="").values["ai_llms"] == []


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
    assert error.next_step.startswith("See the return value outcomes")
    assert "Removed 1 of 4" in str(error)


def test_partial_failure_with_one_error_says_why() -> None:
    reason = Failure("in_use", "no", http_status=403, next_step="Unlink it.")
    error = error_of(report_removals([removed(1), Outcome(removal(2), "failed", "id-2", failure=reason)], REAL))
    assert error.as_dict()["message"] == "1 of 2 configurations could not be removed: id-2 (in_use)"
    assert str(error).startswith(f"{error.message}. The cause: no. Unlink it. See the return value outcomes")


def test_partial_failure_is_unknown_if_any_outcome_is() -> None:
    error = error_of(report_removals([removed(1), failed(2, "timeout", unknown=True)], REAL))
    assert error.outcome_unknown is True
    assert "may also have an effect later" in str(error)


def test_failures_name_ten_ids_once() -> None:
    error = error_of(report_removals([failed(number) for number in range(300)], REAL))
    for number in range(10):
        assert str(error).count(f"id-{number} ") == 1
    assert "id-10 " not in str(error)
    assert "and 290 more" in error.as_dict()["message"]
    assert "300 of 300 configurations could not be removed" in error.as_dict()["message"]
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    ("number", "mode", "words"),
    [
        (30, CHECK, "; 30 of them are in use and would be refused now."),
        (1, CHECK, "; 1 of them is in use and would be refused now."),
        (0, CHECK, "."),
        (30, REAL, "."),
    ],
)
def test_use_is_told_in_check_mode(number: int, mode: Mode, words: str) -> None:
    """The message counts those in use, and each outcome has its repositories."""
    outcomes = [predict(removal(index, repos=2 if index < number else 0)) for index in range(300)]
    result = report_removals(outcomes, mode)
    assert (
        result.values["msg"] == f"{'Would remove' if mode.check else 'Removed'} 300 of 300 AI LLM configurations{words}"
    )
    used = [outcome["repositories"] for outcome in result.values["outcomes"] if "repositories" in outcome]
    assert used == ([repositories(0, 1)] * number if mode.check else [])


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
