# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._text import (
    MAX_MESSAGE_CHARS,
    MAX_NAMES,
    check_access_token,
    check_between,
    check_id,
    check_ids,
    check_items,
    check_not_blank,
    check_not_negative,
    check_path_segment,
    check_text,
    count,
    excerpt,
    html_text,
    join_limited,
    one_line,
)
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN

if t.TYPE_CHECKING:
    from collections.abc import Callable

# Checks of options


@pytest.mark.parametrize("text", ["", " ", " \t\n", "\u00a0"])
@pytest.mark.parametrize("check", [check_not_blank, check_text, check_path_segment])
def test_blank_text_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be empty or blank"):
        check(text)


@pytest.mark.parametrize("text", ["\n", "a\tb", "a\nb", "a\x00", "\x7f", "a\x85", "a\x1b[31m", "\ud800"])
@pytest.mark.parametrize("check", [check_text, check_path_segment])
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


# Texts of servers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        (" a  b\r\n\tc ", "a b c"),
        ("a\x00b\x1b[31mred\r\nnext\u0085line", "a b [31mred next line"),
        ("\ud800 alone \udfff", "alone"),
        ("\ud800", ""),
    ],
)
def test_one_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_excerpt_is_short() -> None:
    assert excerpt("é" * MAX_MESSAGE_CHARS) == "é" * MAX_MESSAGE_CHARS
    assert excerpt("é" * (MAX_MESSAGE_CHARS + 1)) == "é" * MAX_MESSAGE_CHARS + "…"
    assert len(excerpt("x y " * 1_000_000)) == MAX_MESSAGE_CHARS + 1


def test_ten_names_are_listed_and_the_others_counted() -> None:
    names = [f"name-{number}" for number in range(12)]
    assert MAX_NAMES == 10
    assert join_limited(names[:10]) == ", ".join(names[:10])
    assert join_limited(names) == f"{', '.join(names[:10])}, and 2 more"
    assert join_limited([]) == ""


def test_listed_names_are_short_and_printable() -> None:
    assert join_limited(["a\x1b[31m\nb"]) == "a [31m b"
    assert len(join_limited(["x" * 100_000] * 100)) < 11 * (MAX_MESSAGE_CHARS + 3)


def test_count() -> None:
    assert [count(number, "second") for number in (0, 1, 2)] == ["0 seconds", "1 second", "2 seconds"]
    assert [count(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<html><head><title>502 Bad &amp; Gateway</title></head><body>body</body></html>", "502 Bad & Gateway"),
        ("<TITLE>\n  Sign\n  in\n</TITLE><p>body", "Sign in"),
        ("<h1>It works!</h1>\n<p>Really</p>", "It works! Really"),
        ("<title> </title><p>body</p>", "body"),
        ("<style>p {color: red}</style><script>alert('<p>')</script><p>body</p>", "body"),
        ("<script/><p>body</p>", "body"),
        ("<p>a<br/>b", "a b"),
        ("<!DOCTYPE html><!-- comment --><p>body</p>", "body"),
        ("<p>\x1b[31mred</p>", "[31mred"),
        ("<html></html>", ""),
        ("", ""),
    ],
)
def test_html_is_quoted_by_its_title_or_text(markup: str, text: str) -> None:
    assert html_text(markup) == text


@pytest.mark.parametrize(
    "markup",
    [
        "<![x[body",
        "<![5",
        "<p>&#" + "9" * 5000 + ";",
        "<p>&#x" + "f" * 5000 + ";",
        "<!DOCTYPE x [<!x>]>",
        "<!",
        "<" * 100_000,
        "<a" * 100_000,
        "<a b='" * 100_000,
        "<!--" * 100_000,
        "&" * 100_000,
    ],
    ids=lambda markup: markup[:12],
)
def test_broken_html_is_read_as_far_as_possible(markup: str) -> None:
    """Python's parser raises exceptions at some of it, and takes seconds for a long one."""
    start = time.process_time()
    assert html_text(f"<h1>Sign in</h1>{markup}").startswith("Sign in")
    assert time.process_time() - start < 2
