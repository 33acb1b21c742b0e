# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import Effect, Failure

UNKNOWN = "The module does not know whether the request had an effect."
REFUSED = Failure(
    "forbidden",
    "no.",
    http_status=403,
    effect=Effect.PENDING,
    next_step="Ask.",
    lead="the API answered 403: ",
    attempts=2,
)


def test_return_value() -> None:
    failure = Failure("in_use", "refused", http_status=403, details={"repositories": [{"id": "a"}]})
    assert failure.as_dict() == {
        "code": "in_use",
        "http_status": 403,
        "message": "refused",
        "outcome_unknown": False,
        "repositories": [{"id": "a"}],
    }
    assert Failure("timeout", "late", effect=Effect.PENDING).as_dict() == {
        "code": "timeout",
        "http_status": None,
        "message": "late",
        "outcome_unknown": True,
    }


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (Failure("timeout", "late"), "late."),
        (Failure("timeout", "late.", next_step="Wait."), "late. Wait."),
        (
            Failure("rejected", "bad", lead="the API answered 400: ", next_step="Fix it."),
            "the API answered 400: bad. Fix it.",
        ),
        (REFUSED._replace(effect=Effect.NONE), "the API answered 403: no (2 attempts). Ask."),
    ],
)
def test_sentences(failure: Failure, text: str) -> None:
    assert str(failure) == text


@pytest.mark.parametrize("effect", Effect)
def test_unknown_outcome_is_told_at_the_end(effect: Effect) -> None:
    text = str(Failure("timeout", "late", effect=effect, next_step="Wait."))
    assert (UNKNOWN in text) is (effect is not Effect.NONE)
    assert text.startswith("late. Wait.")


def test_context_follows_the_message_and_leaves_the_first_failure_alone() -> None:
    failure = REFUSED.with_context("It is used", "").with_context("Twice.")._replace(effect=Effect.NONE)
    assert str(failure) == "the API answered 403: no (2 attempts). It is used. Twice. Ask."
    assert failure.as_dict()["message"] == "no. It is used. Twice."
    assert (REFUSED.as_dict()["message"], REFUSED.outcome_unknown) == ("no.", True)


def test_effects_are_ordered() -> None:
    assert max(Effect.PENDING, Effect.POSSIBLE, Effect.NONE) is Effect.PENDING
    assert max(Effect.POSSIBLE, Effect.NONE) is Effect.POSSIBLE
