# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._options.environment import Environment
from ansible_collections.flashback.platform.plugins.module_utils._options.option import Option
from ansible_collections.flashback.platform.plugins.module_utils._options.shared import AI_LLM, ID, STATE
from ansible_collections.flashback.platform.plugins.module_utils._options.values import WrongValue, check_values

NOTHING = Environment({}, {}, {})
OPTIONS = {"id": ID, "ai_llms": Option("list", options={"state": STATE, **AI_LLM}), "timeout": Option("int")}
NO_ITEM = dict.fromkeys(AI_LLM)


def items(*given: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return [{**NO_ITEM, "state": "present", **item} for item in given]


def check(environment: Environment = NOTHING, **values: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    return check_values({**dict.fromkeys(OPTIONS), **values}, OPTIONS, environment)


def test_problems_of_all_items_are_named_together() -> None:
    bad = items({"name": "OpenAI", "key": ""}, {"name": "a\nb", "key": ""}, {"name": "C", "key": "masked ********"})
    with pytest.raises(
        WrongValue, match=r"^is not valid: key of item 1 \(OpenAI\), key of item 2 \(a b\) must"
    ) as caught:
        check(ai_llms=bad)
    assert "; name of item 2 (a b) must not contain" in str(caught.value)
    assert "; key of item 3 (C) must be the real value" in str(caught.value)
    assert caught.value.name == "ai_llms"


@pytest.mark.parametrize("text", ["********", "a ******** b", "xVALUE_SPECIFIED_IN_NO_LOG_PARAMETERx"])
def test_masked_text_is_refused(text: str) -> None:
    for value, place in ((text, ""), (["a", text], r"\(item 2\) ")):
        with pytest.raises(WrongValue, match=rf"^{place}must be the real value\. Ansible has hidden this value"):
            check(id=value)


def test_an_absent_item_needs_only_a_valid_name() -> None:
    item = {"name": "A", "state": "absent", "endpoint": " ", "key": "", "secret": "********", "ai_type": "AWS"}
    values, warnings = check(ai_llms=items(item))
    assert (values["ai_llms"], warnings) == ([{**NO_ITEM, "name": "A", "state": "absent"}], [])
    with pytest.raises(WrongValue, match="name of item 1 must not be empty"):
        check(ai_llms=items({**item, "name": " "}))


def test_doubts_of_one_kind_are_one_warning() -> None:
    quoted = items({"name": "A", "key": "'a'", "secret": '"b"'}, {"name": "B", "secret": "${B}"})
    _values, (first, second) = check(ai_llms=quoted)
    assert "quotation mark, which is sent as a part of it: key of item 1 (A), secret of item 1 (A). Check" in first
    assert "placeholder" in second
    assert "secret of item 2 (B)" in second


def test_unusable_variable_is_an_error_of_its_option() -> None:
    environment = Environment({}, {"timeout": "FLASHBACK_TIMEOUT"}, {"timeout": "must be a whole number, not 'soon'"})
    with pytest.raises(WrongValue, match=r"^must be a whole number"):
        check(environment)
