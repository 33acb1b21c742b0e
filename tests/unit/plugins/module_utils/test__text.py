# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._text import (
    MAX_MESSAGE_CHARS,
    MAX_NAMES,
    count,
    excerpt,
    html_text,
    join_limited,
    one_line,
)
from ansible_collections.flashback.platform.tests.unit.helpers import cpu_seconds

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
    ],
    ids=lambda markup: markup[:12],
)
def test_broken_html_is_read_as_far_as_possible(markup: str) -> None:
    """Python raises an exception at some of it."""
    assert html_text(f"<h1>Sign in</h1>{markup}").startswith("Sign in")


@pytest.mark.parametrize("markup", ["<", "<a", "<a b='", "<!--", "<title", "<script ", "&"])
def test_long_broken_html_does_not_take_quadratic_time(markup: str) -> None:
    """Regular expressions and parsers take seconds for some of it."""

    def read(length: int) -> None:
        page = "<h1>Sign in</h1>" + markup * (length // len(markup))
        assert html_text(page).startswith("Sign in")

    short, long = cpu_seconds(lambda: read(10_000), lambda: read(40_000))
    assert long < 8 * short
