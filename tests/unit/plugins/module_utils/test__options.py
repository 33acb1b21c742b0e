# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._http.client import check_path_segment
from ansible_collections.flashback.platform.plugins.module_utils._options import (
    check_access_token,
    check_between,
    check_id,
    check_ids,
    check_items,
    check_not_blank,
    check_not_negative,
    check_text,
)
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN

if t.TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("text", ["", " ", " \t\n", "\u00a0"])
@pytest.mark.parametrize("check", [check_not_blank, check_text, check_id])
def test_blank_text_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be empty or blank"):
        check(text)


@pytest.mark.parametrize("text", ["\n", "a\tb", "a\nb", "a\x00", "\x7f", "a\x85", "a\x1b[31m", "\ud800"])
@pytest.mark.parametrize("check", [check_text, check_id])
def test_control_characters_and_surrogates_are_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not"):
        check(text)


def test_all_problems_of_items_are_named_together() -> None:
    items: list[dict[str, t.Any]] = [{"name": "a", "key": None}, {"name": " ", "key": ""}]
    with pytest.raises(ValueError, match=r"^is not valid: name of item 2, key of item 2 must not be empty"):
        check_items(items, {"name": check_text, "key": check_not_blank})
    items = [{"name": "OpenAI", "key": ""}, {"name": "a\nb", "key": ""}]
    with pytest.raises(
        ValueError, match=r"key of item 1 \(OpenAI\), key of item 2 \(a b\) must not be empty .*; name of"
    ):
        check_items(items, {"key": check_not_blank, "name": check_text})


def test_negative_number_is_refused() -> None:
    assert check_not_negative(0) == 0
    with pytest.raises(ValueError, match=r"^must not be negative"):
        check_not_negative(-1)


@pytest.mark.parametrize("text", [".", ".."])
def test_dots_are_no_path_segment(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be '\.' or '\.\.'"):
        check_path_segment(text)
    assert check_text(text) == text


@pytest.mark.parametrize("text", ["a/b", "...", ".a", "%2e%2e", "..%2f", "../x", "a b", " a ", "clé", "鍵", "\u2025"])
def test_other_texts_are_returned_unchanged(text: str) -> None:
    assert check_not_blank(text) == check_text(text) == check_path_segment(text) == text


@pytest.mark.parametrize("text", [" id-1", "id-1 ", " "])
def test_id_with_white_space_around_it_is_refused(text: str) -> None:
    """The API would not find it, and the task would report that there is nothing to remove."""
    with pytest.raises(ValueError, match=r"^must not"):
        check_id(text)


@pytest.mark.parametrize("value", [{"id": "id-1"}, ["id-1"], [{"id": "id-1"}], [1], []])
def test_id_that_is_no_text_is_refused(value: t.Any) -> None:
    """Ansible turns dictionaries and lists into texts. As IDs, they would all be absent."""
    with pytest.raises(ValueError, match=r"^must be an ID, .* map\(attribute='id'\)"):
        check_id(str(value))


@pytest.mark.parametrize("text", ["id-1", "{550e8400}", "[id", "a b", "1", "None"])
def test_other_ids_are_accepted(text: str) -> None:
    assert check_id(text) == text
    assert check_ids([text, text]) == [text]


def test_path_segments_are_returned_without_duplicates() -> None:
    assert check_ids(["c", "a", "c", "b", "a"]) == ["c", "a", "b"]
    assert check_ids([]) == []


@pytest.mark.parametrize("wrong", ["", " ", ".", "..", "a\nb"])
def test_first_wrong_path_segment_is_named_by_its_number(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^\(item 2\) must not"):
        check_ids(["a", wrong, ""])


@pytest.mark.parametrize(
    "token", ["", " \n", "a b", "a\nb", "a\rb", "a\x00b", "a\x7f", "clé", "a\u2028b", "Bearer abc"]
)
def test_bad_access_token_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValueError, match=r"^must") as caught:
        check_access_token(token)
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("text", [TOKEN, f" {TOKEN}", f"{TOKEN}\n", f"\t{TOKEN}\r\n"])
def test_access_token_is_stripped(text: str) -> None:
    assert check_access_token(text) == TOKEN


def test_number_out_of_range_is_refused() -> None:
    check = check_between(1, 5)
    assert [check(1), check(5)] == [1, 5]
    for number in (0, 6, -1):
        with pytest.raises(ValueError, match="must be between 1 and 5"):
            check(number)
