# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, RequestError

UNKNOWN = "does not know whether"


def test_return_value() -> None:
    error = ApiError("in_use", "refused", http_status=403, repositories=[{"id": "a"}])
    assert error.as_dict() == {
        "code": "in_use",
        "http_status": 403,
        "message": "refused",
        "outcome_unknown": False,
        "repositories": [{"id": "a"}],
    }
    assert ApiError("timeout", "late", outcome_unknown=True).as_dict() == {
        "code": "timeout",
        "http_status": None,
        "message": "late",
        "outcome_unknown": True,
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ApiError("timeout", "late"), "late."),
        (ApiError("timeout", "late.", next_step="Wait."), "late. Wait."),
        (ApiError("rejected", "bad", http_status=400), "the API answered 400: bad."),
        (ApiError("rejected", "bad", http_status=400, summary="sent bad", next_step="Fix it."), "sent bad. Fix it."),
    ],
)
def test_sentences(error: ApiError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize("unknown", [True, False])
def test_unknown_outcome_is_told_at_the_end(unknown: bool) -> None:
    text = str(ApiError("timeout", "late", outcome_unknown=unknown, next_step="Wait."))
    assert (UNKNOWN in text) is unknown
    assert text.startswith("late. Wait.")


def test_restated_error_says_more_and_leaves_the_first_alone() -> None:
    first = RequestError(
        "forbidden", "no.", from_api=True, http_status=403, outcome_unknown=True, next_step="Ask.", reason="R"
    )
    second = first.restated("It is used", code="in_use", outcome_unknown=False, next_step="Unlink it.", repositories=[])
    assert str(second) == "the API answered 403: no. It is used. Unlink it."
    assert second.as_dict() == {
        "code": "in_use",
        "http_status": 403,
        "message": "no. It is used",
        "outcome_unknown": False,
        "reason": "R",
        "repositories": [],
    }
    assert (first.code, first.message, first.outcome_unknown) == ("forbidden", "no.", True)


def test_restated_error_keeps_what_is_not_given() -> None:
    error = ApiError("forbidden", "no", http_status=403, next_step="Ask.", summary="refused")
    assert str(error.restated()) == str(error) == "refused. Ask."
    assert error.restated().as_dict() == error.as_dict()
    assert ApiError("timeout", "lost", outcome_unknown=True).restated("It is not listed").outcome_unknown
