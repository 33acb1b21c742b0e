# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change, Outcome, predict
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.plan import plan
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.wanted import Rules, Wanted
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Failure, OptionError
from ansible_collections.flashback.platform.tests.unit.responses import ID, KEY, NAME, SECRET, WORKSPACE, item, repo

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Status

ENDPOINT = "https://api.openai.com/v1"
COMPLETE: dict[str, t.Any] = {"name": NAME, "ai_type": "OPENAI", "endpoint": ENDPOINT, "key": KEY, "secret": SECRET}
IN_WORKSPACE = Rules(WORKSPACE)


def listed(**fields: t.Any) -> dict[str, t.Any]:
    return serialize_ai_llm(item(**fields))


def by_name(name: str = NAME, *, present: bool = True, **fields: t.Any) -> Wanted:
    return Wanted(None, name, present, {"name": name, **fields} if present else {})


def creation(name: str, **fields: t.Any) -> Wanted:
    return Wanted(None, name, True, {**COMPLETE, "name": name, **fields})


def by_id(id: str = ID, *, present: bool = True, **fields: t.Any) -> Wanted:
    return Wanted(id, fields.get("name"), present, fields)


def actions(changes: list[Change]) -> list[tuple[str, str | None, dict[str, t.Any]]]:
    return [(change.action, change.id, change.fields) for change in changes]


# One configuration


def test_create_what_is_not_listed() -> None:
    (change,) = plan([by_name(**COMPLETE)], [listed(name="Another", id="other")], IN_WORKSPACE)
    assert change == Change("create", NAME, None, None, {**COMPLETE, "workspace_id": WORKSPACE})
    assert change.after == {
        "id": None,
        "org_id": None,
        "workspace_id": WORKSPACE,
        "user_id": None,
        "name": NAME,
        "ai_type": "OPENAI",
        "endpoint": ENDPOINT,
        "created_at": None,
        "repos": [],
    }


@pytest.mark.parametrize("wanted", [by_name(**COMPLETE), by_name(), by_id(), by_id(**COMPLETE)])
def test_keep_what_does_not_differ(wanted: Wanted) -> None:
    label = t.cast("str", wanted.id or wanted.name)
    assert plan([wanted], [listed()], IN_WORKSPACE) == [Change("keep", label, ID, listed(), {})]


@pytest.mark.parametrize(("rotate", "sources"), [(True, {"secret": "VARIABLE"}), (False, {})])
def test_source_of_a_credential_belongs_to_the_change_that_sends_it(rotate: bool, sources: dict[str, str]) -> None:
    wanted = by_name(endpoint="https://eu", secret=SECRET)._replace(sources={"secret": "VARIABLE", "key": "OTHER"})
    (change,) = plan([wanted], [listed()], Rules(WORKSPACE, rotate))
    assert change.sources == sources


@pytest.mark.parametrize(
    ("wanted", "rotate", "fields"),
    [
        (by_name(**{**COMPLETE, "ai_type": "OTHER"}), False, {"ai_type": "OTHER"}),
        (by_name(endpoint="https://eu"), False, {"endpoint": "https://eu"}),
        (by_id(name="Renamed"), False, {"name": "Renamed"}),
        (by_name(**COMPLETE), True, {"key": KEY, "secret": SECRET}),
        (by_id(key=KEY), True, {"key": KEY}),
        (by_id(key=KEY, endpoint="https://eu"), True, {"key": KEY, "endpoint": "https://eu"}),
    ],
)
def test_update_what_differs(wanted: Wanted, rotate: bool, fields: dict[str, t.Any]) -> None:
    (change,) = plan([wanted], [listed()], Rules(WORKSPACE, rotate))
    assert change == Change("update", t.cast("str", wanted.id or wanted.name), ID, listed(), fields)
    after = {field: value for field, value in fields.items() if field not in ("key", "secret")}
    assert change.after == {**listed(), **after}


@pytest.mark.parametrize(
    ("wanted", "existing", "rules", "expected"),
    [
        (by_id(present=False), [listed()], IN_WORKSPACE, ("delete", True)),
        (by_id(present=False), [listed()], Rules(), ("delete", True)),
        (by_name(present=False), [listed()], IN_WORKSPACE, ("delete", True)),
        # Without a list, or with one that may not show it.
        (by_id(present=False), None, Rules(), ("delete", False)),
        (by_id(present=False), [], Rules(), ("delete", False)),
        (by_id(present=False), [], IN_WORKSPACE, ("keep", False)),
        (by_name(present=False), [], IN_WORKSPACE, ("keep", False)),
        *[
            (by_name(name, present=False), [listed()], IN_WORKSPACE, ("keep", False))
            for name in (NAME.lower(), f"{NAME} ", ID)
        ],
        (
            by_name(present=False),
            [listed(workspaceId="other"), listed(workspaceId=None)],
            IN_WORKSPACE,
            ("keep", False),
        ),
    ],
)
def test_removal(
    wanted: Wanted, existing: list[dict[str, t.Any]] | None, rules: Rules, expected: tuple[str, bool]
) -> None:
    """expected: the action, and whether the configuration is listed."""
    (change,) = plan([wanted], existing, rules)
    assert (change.action, change.before is not None) == expected
    assert (change.label, change.after) == (wanted.id or wanted.name, None)
    assert change.id == (ID if change.before else wanted.id)
    assert change.unlisted is (expected == ("delete", False) and existing is not None)


# Many


def test_changes_are_in_the_order_of_what_is_wanted() -> None:
    wanted = [by_id("b", present=False), by_id("a", present=False), by_id("c", present=False)]
    changes = plan(wanted, [listed(id="a"), listed(id="b")], Rules())
    assert [(change.id, change.before is not None) for change in changes] == [("b", True), ("a", True), ("c", False)]
    assert plan([], [listed()], Rules()) == []


def test_prune_what_is_not_declared() -> None:
    existing = [
        listed(id="2", name="b"),
        listed(id="1", name="b"),
        listed(id="3", name="a"),
        listed(id="4", name="declared absent"),
        listed(id="5", name="elsewhere", workspaceId="other"),
        listed(),
    ]
    wanted = [by_name(), by_name("declared absent", present=False)]
    changes = plan(wanted, existing, Rules(WORKSPACE, prune=True, prune_limit=3))
    assert [(change.action, change.label, change.id) for change in changes] == [
        ("keep", NAME, ID),
        ("delete", "declared absent", "4"),
        ("delete", "a", "3"),
        ("delete", "b (1)", "1"),
        ("delete", "b (2)", "2"),
    ]


def test_nothing_is_pruned_by_default() -> None:
    assert plan([], [listed()], IN_WORKSPACE) == []


# Errors


def error_of(wanted: list[Wanted], existing: list[dict[str, t.Any]], rules: Rules) -> Failure:
    with pytest.raises(ApiError) as caught:
        plan(wanted, existing, rules)
    assert caught.value.failure.http_status is None
    assert caught.value.failure.outcome_unknown is False
    assert caught.value.failure.next_step
    return caught.value.failure


@pytest.mark.parametrize("present", [True, False])
def test_id_of_another_workspace(present: bool) -> None:
    error = error_of([by_id(present=present)], [listed(workspaceId="workspace-456")], IN_WORKSPACE)
    assert error.code == "workspace_mismatch"
    assert str(error) == (
        f"not in workspace 'workspace-123': '{ID}' (in workspace 'workspace-456'). Check the IDs and workspace_id."
    )


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("workspace", [None, 42, ""])
def test_id_without_a_workspace_belongs_to_none(workspace: t.Any, present: bool) -> None:
    error = error_of([by_id(present=present)], [listed(workspaceId=workspace)], IN_WORKSPACE)
    assert (error.code, ID in error.message) == ("invalid_response", True)


@pytest.mark.parametrize(
    ("name", "other", "is_taken"),
    [
        ("Taken", {}, True),
        ("Taken", {"workspaceId": "other"}, False),
        ("Free", {}, False),
        (NAME, {"name": NAME}, False),
    ],
)
def test_new_name_that_another_configuration_has(name: str, other: dict[str, str], is_taken: bool) -> None:
    """A name that a configuration already has is none of its changes."""
    existing = [listed(), listed(**{"id": "e", "name": "Taken", **other})]
    if is_taken:
        error = error_of([by_id(name=name)], existing, Rules())
        assert (error.code, "'Taken' (e)" in error.message) == ("ambiguous_name", True)
    else:
        (change,) = plan([by_id(name=name)], existing, Rules())
        assert change.fields == ({"name": name} if name != NAME else {})


def test_name_of_a_removal_by_id_has_no_effect() -> None:
    before, other = listed(name="A"), listed(id="other", name="B")
    (change,) = plan([by_id(present=False, name="B")], [before, other], IN_WORKSPACE)
    assert (change.action, change.before) == ("delete", before)


def test_all_ids_of_other_workspaces_are_named() -> None:
    existing = [listed(id="a"), *(listed(id=id, workspaceId=f"w{id}") for id in "bcd")]
    error = error_of([by_id(id, present=False) for id in "abcd"], existing, IN_WORKSPACE)
    for id in "bcd":
        assert f"'{id}' (in workspace 'w{id}')" in error.as_dict()["message"]
    assert "'a'" not in error.as_dict()["message"]


@pytest.mark.parametrize("rules", [Rules(), IN_WORKSPACE])
@pytest.mark.parametrize("fields", [COMPLETE, {"name": "Renamed"}])
def test_unknown_id_cannot_be_present(fields: dict[str, t.Any], rules: Rules) -> None:
    """By ID nothing is created, so that no options are missing for it."""
    error = error_of([by_id(**fields)], [listed(id="other")], rules)
    assert error.code == "not_found"
    assert str(error) == (
        f"no configuration with this ID is listed: '{ID}'. "
        "Check the ID. To create a configuration, give name and workspace_id instead."
    )


@pytest.mark.parametrize("present", [True, False])
def test_name_that_two_configurations_have(present: bool) -> None:
    twins = [listed(id="e"), listed(id="f"), listed(id="g", workspaceId="other")]
    error = error_of([by_name(present=present, **(COMPLETE if present else {}))], twins, IN_WORKSPACE)
    assert error.code == "ambiguous_name"
    assert error.message == (f"more than one configuration in workspace '{WORKSPACE}' has this name: '{NAME}' (e, f)")
    assert "id" in error.next_step


def test_missing_options_of_all_creations_are_named() -> None:
    wanted = [by_name("a"), by_name("b", ai_type="OTHER", endpoint=ENDPOINT, key=KEY), by_name(**COMPLETE)]
    with pytest.raises(OptionError) as caught:
        plan(wanted, [], IN_WORKSPACE)
    assert "'a' needs ai_type, endpoint, secret; 'b' needs secret." in str(caught.value)
    assert WORKSPACE in str(caught.value)


def test_type_that_this_version_does_not_know_can_only_stay() -> None:
    existing = [listed(aiType="NEWCOMER")]
    (change,) = plan([by_name(ai_type="NEWCOMER", endpoint="https://eu")], existing, IN_WORKSPACE)
    assert change.fields == {"endpoint": "https://eu"}
    for wanted in (by_name(ai_type="Newcomer"), creation("x", ai_type="NEWCOMER")):
        with pytest.raises(OptionError, match=f"ai_type must be one of OPENAI.*'{wanted.name}'"):
            plan([wanted], existing, IN_WORKSPACE)


def test_prune_limit() -> None:
    existing = [listed(id=str(number), name=f"name-{number}") for number in range(3)]
    assert len(plan([], existing, Rules(WORKSPACE, prune=True, prune_limit=3))) == 3
    error = error_of([], existing, Rules(WORKSPACE, prune=True, prune_limit=2))
    assert error.code == "prune_limit_exceeded"
    assert error.as_dict()["message"] == "3 configurations to prune, but prune_limit is 2: name-0, name-1, name-2"


def test_prune_limit_of_zero() -> None:
    rules = Rules(WORKSPACE, prune=True, prune_limit=0)
    assert error_of([], [listed()], rules).code == "prune_limit_exceeded"
    assert error_of([], [listed(name=None)], rules).code == "invalid_response"
    assert [change.action for change in plan([by_name()], [listed()], rules)] == ["keep"]


def test_configuration_without_a_name_cannot_be_pruned() -> None:
    error = error_of([by_name()], [listed(), listed(id="nameless", name=None)], Rules(WORKSPACE, prune=True))
    assert error.code == "invalid_response"
    assert "nameless" in error.as_dict()["message"]


def test_all_problems_are_told_at_once() -> None:
    twins = [listed(id="e"), listed(id="f"), listed(id="other", name="x", workspaceId="other")]
    error = error_of([by_id("other"), by_name(**COMPLETE), by_name("new")], twins, IN_WORKSPACE)
    assert error.code == "workspace_mismatch"
    for words in ("not in workspace", "more than one configuration", "'new' needs ai_type"):
        assert words in str(error)


@pytest.mark.parametrize("field", ["id", "workspaceId", "name"])
def test_errors_are_short(field: str) -> None:
    existing = [listed(**{"id": str(number), field: "x" * 100_000 + str(number)}) for number in range(20)]
    wanted = [by_id(ai_llm["id"], present=False) for ai_llm in existing]
    if field == "workspaceId":
        assert len(str(error_of(wanted, existing, IN_WORKSPACE))) < 5000
    else:
        assert len(str(error_of([], existing, Rules(WORKSPACE, prune=True, prune_limit=0)))) < 5000


# Predictions


@pytest.mark.parametrize(
    ("change", "status", "ai_llm"),
    [
        (Change("create", NAME, None, None, {"name": NAME}), "created", {**serialize_ai_llm({}), "name": NAME}),
        (Change("update", NAME, ID, listed(), {"name": "b", "key": KEY}), "updated", {**listed(), "name": "b"}),
        (Change("keep", NAME, ID, listed(), {}), "unchanged", listed()),
        (Change("keep", NAME, None, None, {}), "absent", None),
        (Change("delete", NAME, ID, listed(repos=[repo(1)]), {}), "deleted", None),
        (Change("delete", ID, ID, None, {}), "absent", None),
    ],
)
def test_prediction(change: Change, status: Status, ai_llm: dict[str, t.Any] | None) -> None:
    outcome = predict(change)
    assert outcome == Outcome(change, status, change.id, ai_llm)
    assert outcome.changed is (status in ("created", "updated", "deleted"))
    assert outcome.failure is None
