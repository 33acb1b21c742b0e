# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._options.option import HIDDEN, Option, without_secrets
from ansible_collections.flashback.platform.plugins.module_utils._options.raw import (
    check_types,
)
from ansible_collections.flashback.platform.plugins.module_utils._options.shared import AI_LLM, CONNECTION, ID, STATE

SECRET = "s3cret-Kx9"
TEXTS = ("id", "name", "workspace_id", "token_id", "endpoint", "key", "secret", "email", "password", "access_token")
NUMBERS = ("id", "name", "workspace_id", "token_id")
OPTIONS = {
    **CONNECTION,
    "id": ID,
    "ids": Option("list", elements="str", null="error", number_is_text=True),
    "workspace_id": ID,
    "token_id": ID._replace(null="not set"),
    "state": STATE,
    **AI_LLM,
    "prune": Option("bool", default=False),
    "prune_limit": Option("int", null="error"),
    "ai_llms": Option(
        "list",
        elements="dict",
        null="error",
        options={**AI_LLM, "name": AI_LLM["name"]._replace(required=True), "state": STATE},
    ),
}


def read(**params: t.Any) -> tuple[dict[str, t.Any], str]:
    """The options, and what is wrong with them."""
    return check_types(params, OPTIONS)


def refused(**params: t.Any) -> str:
    """What is wrong. Nothing shows a value, apart from the names of items."""
    values, problem = check_types(params, OPTIONS)
    assert SECRET not in json.dumps([without_secrets(values, OPTIONS), problem])
    return problem


@pytest.mark.parametrize(
    ("value", "kind"), [({"a": SECRET}, "dictionary"), ([SECRET], "list"), (True, "boolean"), (1.5, "number")]
)
@pytest.mark.parametrize("name", [*TEXTS, "state", "ai_type", "api_url", "ca_path"])
def test_text_option_that_is_no_text_is_named(name: str, value: t.Any, kind: str) -> None:
    problem = refused(**{name: value})
    assert problem.startswith(f"{name} must be text, not a {kind}: ")
    assert ("'| string'" in problem) is (kind in ("boolean", "number") or name in ("key", "secret"))
    assert ("to_json" in problem) is (name in ("key", "secret") and kind in ("dictionary", "list"))


@pytest.mark.parametrize("name", [*TEXTS, "state", "ai_type", "api_url", "ca_path"])
def test_whole_number_is_accepted_for_ids_and_names(name: str) -> None:
    if name in NUMBERS:
        assert read(**{name: 12}) == ({name: "12"}, "")
    else:
        assert refused(**{name: 12}).startswith(f"{name} must be text, not a number: put the value in quotation marks")


@pytest.mark.parametrize("name", ["id", "name", "workspace_id", "state"])
def test_null_of_what_can_be_omitted(name: str) -> None:
    problem = refused(**{name: None})
    assert problem.startswith(f"{name} must not be null: ")
    assert "default(omit, true)" in problem


@pytest.mark.parametrize("name", ["ids", "ai_llms", "prune", "prune_limit", "api_url", "timeout"])
def test_null_of_what_must_not_be_omitted_silently(name: str) -> None:
    """The filter default(omit, true) would turn prune_limit: 0 into no limit."""
    problem = refused(**{name: None})
    assert problem.startswith(f"{name} must not be null: ")
    assert "omit" not in problem


@pytest.mark.parametrize(
    "name", ["ai_type", "endpoint", "key", "secret", "access_token", "email", "password", "ca_path", "token_id"]
)
def test_null_of_other_options_counts_as_not_given(name: str) -> None:
    assert read(**{name: None}) == ({}, "")


@pytest.mark.parametrize("name", ["access_token", "email", "password", "ca_path"])
@pytest.mark.parametrize("blank", ["", " ", "\n", "\u00a0"])
def test_blank_connection_option_counts_as_not_given(name: str, blank: str) -> None:
    assert read(**{name: blank}) == ({}, "")


@pytest.mark.parametrize("name", ["id", "name", "workspace_id", "endpoint", "key", "secret", "api_url", "token_id"])
def test_other_blank_option_is_left_to_its_check(name: str) -> None:
    assert read(**{name: ""}) == ({name: ""}, "")


def test_white_space_is_removed() -> None:
    given = dict.fromkeys(("key", "secret", "email", "access_token", "password", "name"), " \t\r\na b\r\n\t ")
    stripped = dict.fromkeys(("key", "secret", "email", "access_token"), "a b")
    assert read(**given) == ({**given, **stripped}, "")
    assert read(secret="\u00a0a\v", email="\va\u00a0") == ({"secret": "\u00a0a\v", "email": "a\u00a0"}, "")


def test_other_values_stay_as_they_are() -> None:
    given: dict[str, t.Any] = {
        "timeout": "30",
        "prune": "yes",
        "prune_limit": 0,
        "ids": "a,b",
        "ai_llms": [],
        "state": "no such state",
    }
    assert read(**given) == (given, "")
    assert read(ids=5) == ({"ids": 5}, "")
    assert read(ids=["a", 5]) == ({"ids": ["a", "5"]}, "")


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        (["a", None], "ids (item 2) must not be null: check that the variable"),
        (["a", {"id": SECRET}], "ids (item 2) must be text, not a dictionary"),
        (["a", ["b"], ["c"]], "ids (item 2), ids (item 3) must be text, not a list"),
        ([1.5], "ids (item 1) must be text, not a number"),
        ([True], "ids (item 1) must be text, not a boolean"),
        ({"id": SECRET}, "ids must be a list of texts, not a dictionary"),
        (True, "ids must be a list of texts, not a boolean"),
        (1.5, "ids must be a list of texts, not a number"),
    ],
)
def test_wrong_ids_are_named(ids: t.Any, problem: str) -> None:
    assert refused(ids=ids).startswith(problem)


@pytest.mark.parametrize(
    ("ai_llms", "problem"),
    [
        ({"name": "A", "secret": SECRET}, "ai_llms must be a list of dictionaries, not a dictionary"),
        (f"name=A secret={SECRET}", "ai_llms must be a list of dictionaries, not text: add '| from_json'"),
        (True, "ai_llms must be a list of dictionaries, not a boolean"),
        (5, "ai_llms must be a list of dictionaries, not a number"),
        ([None], "ai_llms (item 1) must not be null"),
        ([[{"name": "A", "secret": SECRET}]], "ai_llms (item 1) must be a dictionary, not a list: join lists"),
        ([f"name=A secret={SECRET}"], "ai_llms (item 1) must be a dictionary, not text"),
        ([{"name": "A"}, {"name": None, "secret": SECRET}], "name of item 2 of ai_llms must not be null"),
        ([{"name": {"a": SECRET}}], "name of item 1 of ai_llms must be text, not a dictionary"),
        ([{"name": "A", "secret": {"a": SECRET}}], "secret of item 1 (A) of ai_llms must be text, not a dictionary"),
        ([{"name": "A", "secret": 5}], "secret of item 1 (A) of ai_llms must be text, not a number"),
        ([{"name": "A\n\x1b", "state": None}], "state of item 1 (A) of ai_llms must not be null"),
    ],
)
def test_wrong_items_are_named(ai_llms: t.Any, problem: str) -> None:
    assert refused(ai_llms=ai_llms).startswith(problem)


def test_all_problems_are_named() -> None:
    problem = refused(id=None, ai_llms=[{"name": "A", "secret": 5}, {"name": "B", "secret": 6}, 7])
    assert problem.startswith("id must not be null")
    assert "; secret of item 1 (A) of ai_llms, secret of item 2 (B) of ai_llms must be text" in problem
    assert problem.endswith("; ai_llms (item 3) must be a dictionary, not a number")


def test_null_of_a_required_name_is_not_to_be_omitted() -> None:
    assert "omit" not in refused(ai_llms=[{"name": None}])


def test_items_that_stay_as_they_are() -> None:
    items = [{"name": "A", "state": "absent"}, {"name": 12, "ai_type": None, "secret": " a\n"}]
    assert read(ai_llms=items) == ({"ai_llms": [items[0], {"name": "12", "secret": "a"}]}, "")


def test_unknown_options_lose_their_values() -> None:
    """Ansible names them in its error, and prints what it got."""
    values, problem = read(api_key=SECRET, ai_llms=[{"name": "A", "api_key": {"a": SECRET}, "_ansible_x": SECRET}])
    assert problem == ""
    assert values == {"api_key": HIDDEN, "ai_llms": [{"name": "A", "api_key": HIDDEN, "_ansible_x": HIDDEN}]}


@pytest.mark.parametrize("secret", [SECRET, "s" * 41])
@pytest.mark.parametrize("place", ["", " of item 1 (A) of ai_llms"])
def test_secret_in_place_of_the_name_of_an_option_is_not_shown(place: str, secret: str) -> None:
    given = {"ai_llms": [{"name": "A", secret: 1}]} if place else {secret: 1}
    assert refused(**given).startswith(f"the name of an option{place} is not shown, because it may be a secret")


def test_without_secrets() -> None:
    values: dict[str, t.Any] = {"id": "a", "secret": "x", "password": None, "ai_llms": [{"name": "A", "secret": "x"}]}
    shown = without_secrets({**values, "unknown": HIDDEN}, OPTIONS)
    hidden = {"secret": HIDDEN, "ai_llms": [{"name": "A", "secret": HIDDEN}], "unknown": HIDDEN}
    assert shown == {**values, **hidden}


@pytest.mark.parametrize(
    "value", ["{{ configurations }} " + SECRET, ["{{ one }}" + SECRET, {"name": "two", "secret": None}]]
)
def test_templates_are_left_to_ansible_without_their_text(value: t.Any) -> None:
    """ansible-lint passes templates to a module, and ignores what Ansible itself says of them."""
    values, problem = check_types({"ai_llms": value}, OPTIONS)
    assert not problem
    assert SECRET not in json.dumps(without_secrets(values, OPTIONS))
