# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import random
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import serialize_ai_llm
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.outcome import Change
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.plan_id import (
    check_plan_id,
    plan_id,
    refusal,
    values_of,
)
from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.wanted import Rules
from ansible_collections.flashback.platform.tests.unit.responses import WORKSPACE, item, repo

OLD = "https://old.example.com"
NEW = "https://new.example.com"
SENT = "(sent with the change)"


def listed(**fields: t.Any) -> dict[str, t.Any]:
    return serialize_ai_llm(item(**{"id": "id-1", "name": "One", "endpoint": OLD, **fields}))


def removal(**fields: t.Any) -> Change:
    before = listed(**fields)
    return Change("delete", before["name"], before["id"], before, {})


def update(before: dict[str, t.Any] | None = None, **fields: t.Any) -> Change:
    return Change("update", "One", "id-1", before or listed(), {"endpoint": NEW, **fields})


def creation(name: str = "Made", **fields: t.Any) -> Change:
    given = {"name": name, "ai_type": "AWS", "endpoint": NEW, "secret": "s3cret", "workspace_id": WORKSPACE, **fields}
    return Change("create", name, None, None, given)


RULES = Rules(WORKSPACE, api_url="https://api.example.com")
KEEP = Change("keep", "One", "id-1", listed(), {})


def test_the_id_never_changes() -> None:
    """Somebody may approve a plan with one release of the collection, and apply it with the next one."""
    changes = [removal(id="id-2", name="Two üß🚀", aiType="AWS"), update(), creation()]
    assert plan_id(changes, RULES) == "plan-974f373692e8542e59f403355d8fa6b2"
    assert plan_id([], RULES) == "plan-b96c2dfb89e7c98373e764375ffbec72"


def test_unchanged_ones_and_the_order_do_not_count() -> None:
    changes = [removal(id=f"id-{number}", name=f"Name {number % 7}") for number in range(2, 40)]
    changes += [update(), creation("A"), creation("B")]
    expected = plan_id(changes, RULES)
    shuffled = [KEEP, *changes]
    random.Random(1).shuffle(shuffled)
    assert plan_id(shuffled, RULES) == expected
    assert plan_id([KEEP], RULES) == plan_id([], RULES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (creation(secret="s3cret"), creation(secret="another")),
        (removal(), removal(repos=[repo(1)])),
        (removal(), removal(createdAt="2020-01-01T00:00:00.000Z", userId="somebody", key="k3y")),
        (update(), update(listed(aiType="AWS"))),
    ],
)
def test_what_does_not_count(one: Change, other: Change) -> None:
    assert plan_id([one], RULES) == plan_id([other], RULES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (creation(), creation("Another")),
        (creation(), creation(ai_type="OTHER")),
        (creation(), creation(endpoint=OLD)),
        (creation(), creation(key="k3y")),
        (update(), update(secret="s3cret")),
        (update(key="x"), update(secret="x")),
        (creation(), creation()._replace(sources={"secret": "ONE"})),
        (creation()._replace(sources={"secret": "ONE"}), creation()._replace(sources={"secret": "TWO"})),
        (update(), update(endpoint=f"{NEW}/v2")),
        (update(), update(listed(endpoint=None))),
        (update(), update(listed(name="Two"))),
        (removal(), removal(id="id-2")),
        (removal(), removal(name="Two")),
        (removal(), removal(aiType="AWS")),
        (removal(), removal(endpoint=NEW)),
        (removal(), KEEP),
    ],
)
def test_what_counts(one: Change, other: Change) -> None:
    assert plan_id([one], RULES) != plan_id([other], RULES)
    assert plan_id([one, other], RULES) != plan_id([one], RULES) or other is KEEP


@pytest.mark.parametrize(
    ("rules", "is_same"),
    [
        ({"workspace_id": "another"}, False),
        ({"api_url": "https://staging.example.com"}, False),
        ({"validate": True}, False),
        ({"api_url": "https://api.example.com/"}, True),
        ({"rotate": True, "prune": True, "prune_limit": 5, "plan_id": "x"}, True),
    ],
)
def test_rules_that_count(rules: dict[str, t.Any], is_same: bool) -> None:
    assert (plan_id([creation()], RULES) == plan_id([creation()], RULES._replace(**rules))) is is_same


def test_a_lone_surrogate_has_an_id() -> None:
    check_plan_id(plan_id([removal(name=json.loads(r'"\ud800"'))], RULES))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (creation(), {}, {"ai_type": "AWS", "endpoint": NEW, "secret": SENT}),
        (update(secret="s3cret"), {"endpoint": OLD}, {"endpoint": NEW, "secret": SENT}),
        (
            Change("update", "One", "id-1", listed(), {"key": "k3y", "secret": "s3cret"}, {"secret": "VARIABLE"}),
            {},
            {"key": SENT, "secret": "VARIABLE"},
        ),
        (update(listed(endpoint=None)), {}, {"endpoint": NEW}),
        (removal(), {"ai_type": "OPENAI", "endpoint": OLD}, {}),
        (removal(aiType=None), {"endpoint": OLD}, {}),
    ],
)
def test_values(change: Change, before: dict[str, str], after: dict[str, str]) -> None:
    assert values_of(change) == (before, after)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "plan-", "None", "plan-" + "g" * 32, "plan-" + "A" * 32, "plan-" + "a" * 31, "plan-" + "a" * 33),
        *(f" plan-{'a' * 32}", f"plan-{'a' * 32}\n", f"plan-{'1' * 31}²"),
    ],
)
def test_ids_that_no_plan_has(text: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        check_plan_id(text)


def test_only_the_approved_plan_is_not_refused() -> None:
    assert refusal([KEEP, update()], "plan-a", "plan-a") is None
    assert refusal([creation()], None, "plan-a") is None
    assert refusal([KEEP], "plan-a", "plan-b") is None
    error = refusal([creation()], "plan-a", "plan-b")
    assert error is not None
    assert error.code == "plan_changed"
    assert "plan-a" in str(error)
    assert "plan_id=plan-b" in error.next_step
