# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.alike import difference
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change, Outcome, predict
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.plan import plan
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.wanted import Mode, Rules, Wanted
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.warn import warnings_of
from ansible_collections.flashback.platform.tests.unit.responses import ID, NAME, SECRET, WORKSPACE, item, repo

REAL = Mode(check=False, diff=False)
CHECK = Mode(check=True, diff=False)
ENDPOINT = "https://api.openai.com/v1"
BEFORE = serialize_ai_llm(item())
NEW: dict[str, t.Any] = {"ai_type": "OPENAI", "endpoint": ENDPOINT, "secret": SECRET}
# Never asked: something is listed.
CLIENT: t.Any = None


def by_name(name: str = NAME, *, present: bool = True, **fields: t.Any) -> Wanted:
    return Wanted(None, name, present, {"name": name, **fields} if present else {})


def warned(wanted: list[Wanted], listed: list[dict[str, t.Any]], mode: Mode = REAL, **rules: t.Any) -> list[str]:
    """The warnings, if the changes have their expected outcomes."""
    outcomes = [predict(change) for change in plan(wanted, listed, Rules(WORKSPACE, **rules))]
    return [*warnings_of(CLIENT, wanted, Rules(WORKSPACE, **rules), mode, listed, outcomes)]


# Warnings

LOOK = {"id": "e", "name": "Team  A"}


@pytest.mark.parametrize(
    ("wanted", "existing", "words"),
    [
        (by_name("Team A", **NEW), LOOK, r"'Team A' and 'Team \x20A' (e)"),
        (by_name("team a", present=False), LOOK, r"'team a' and 'Team \x20A' (e)"),
        (by_name("Caf\u00e9", **NEW), {"name": "Cafe\u0301"}, r"'Caf\xe9' and 'Cafe\u0301'"),
        (by_name("Team B", **NEW), LOOK, None),
        (by_name(present=False), {}, None),
        (by_name(endpoint=f"{ENDPOINT}/"), {}, f"the case of its host: {NAME}."),
        (by_name(endpoint="https://API.OpenAI.com/v1"), {}, f"the case of its host: {NAME}."),
        (by_name(endpoint="https://api.openai.com/V1"), {}, None),
        (by_name(endpoint=f"{ENDPOINT}/", ai_type="AWS"), {}, None),
        (by_name(endpoint=ENDPOINT), {"endpoint": None}, None),
        (by_name(), {"endpoint": "https://user:password@example.com"}, "a user or a password, which is not shown"),
    ],
)
def test_difference_that_may_be_none_is_warned_of(
    wanted: Wanted, existing: dict[str, t.Any], words: str | None
) -> None:
    warnings = warned([wanted], [serialize_ai_llm(item(**existing))])
    assert [str(words) in warning for warning in warnings] == ([True] if words else [])
    assert "password@" not in str(warnings)


def test_look_alike_that_the_task_names_is_no_surprise() -> None:
    assert not warned([by_name("Team A", **NEW), by_name("Team  A")], [serialize_ai_llm(item(**LOOK))])


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("a   b", "a b", r"'a \x20 b' and 'a b'"),
        ("a", "\u0430", r"'a' and '\u0430'"),
        ("x" * 400 + "a", "x" * 400, "(different from character 401 on)"),
        ("x" * 400 + "a", "x" * 400 + "b", "(different from character 401 on)"),
    ],
)
def test_compared_texts_are_shown_so_that_they_differ(one: str, other: str, shown: str) -> None:
    assert shown in difference(one, other)
    assert len(difference(one, other)) < 700


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, None),
        (1, "This AI LLM configuration is in use, and the API would refuse the removal now: 'n00' by 2 repositories:"),
        (12, "12 AI LLM configurations are in use, and the API would refuse the removal now: 'n00' by 2 repositories:"),
    ],
)
def test_use_is_warned_of_in_check_mode(number: int, words: str | None) -> None:
    """One warning names the first ten."""
    repos = [repo(1), repo(2)]
    listed = [
        serialize_ai_llm(item(id=f"i{index}", name=f"n{index:02}", repos=repos if index < number else []))
        for index in range(20)
    ]
    wanted = [by_name(ai_llm["name"], present=False) for ai_llm in listed]
    assert not warned(wanted, listed)
    warnings = warned(wanted, listed, CHECK)
    assert [warning.startswith(words or "") for warning in warnings] == ([True] if words else [])
    assert ["; and 2 more, see outcomes." in warning for warning in warnings] == [number == 12] * len(warnings)
    assert "'n10'" not in str(warnings)
    # Repositories only matter for a removal.
    assert not warned([wanted._replace(present=True) for wanted in wanted], listed, CHECK)


@pytest.mark.parametrize(
    ("wanted", "rules", "mode", "warns"),
    [
        ([], {"prune": True}, CHECK, True),
        ([by_name("Gone", present=False)], {"prune": True}, CHECK, True),
        ([], {"prune": True, "prune_limit": 2}, CHECK, False),
        ([by_name(present=False)], {"prune": True}, CHECK, False),
        ([by_name()], {"prune": True}, CHECK, False),
        ([], {}, CHECK, False),
        ([], {"prune": True}, REAL, False),
    ],
)
def test_prune_of_everything(wanted: list[Wanted], rules: dict[str, t.Any], mode: Mode, warns: bool) -> None:
    warnings = warned(wanted, [BEFORE, {**BEFORE, "id": "b", "name": "Another"}], mode, **rules)
    assert ["set prune_limit" in warning for warning in warnings] == ([True] if warns else [])


@pytest.mark.parametrize("action", ["create", "update"])
@pytest.mark.parametrize(
    ("stored", "warns"), [("https://x", False), (None, False), ("https://x/", True), ("https://X", True)]
)
def test_value_that_is_stored_in_another_form(action: t.Any, stored: str | None, warns: bool) -> None:
    change = Change(action, NAME, ID, BEFORE, {"endpoint": "https://x", "ai_type": "OPENAI", "secret": SECRET})
    done = Outcome(change, "created" if action == "create" else "updated", ID, {**BEFORE, "endpoint": stored})
    for outcome, expected in ((done, [True] if warns else []), (done._replace(status="failed"), [])):
        warnings = warnings_of(CLIENT, [by_name()], Rules(WORKSPACE), REAL, [BEFORE], [outcome])
        assert [f"'https://x' and '{stored}'" in warning for warning in warnings] == expected
