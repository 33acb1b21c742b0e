# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Texts of servers: what can be shown of them, and what can be sent in a path."""

from __future__ import annotations

import contextlib
import re
import typing as t
import unicodedata

if t.TYPE_CHECKING:
    from collections.abc import Sequence

# The maximum number of characters that a message quotes from one text of a server, and of names that it lists.
MAX_MESSAGE_CHARS = 300
MAX_NAMES = 10
# The maximum number of characters to read of an HTML page.
_MAX_HTML_CHARS = 8192


def one_line(text: str) -> str:
    """Return the text on one line, without control characters and lone surrogates, so that a terminal can show it."""
    return " ".join("".join(" " if is_control(char) else char for char in text).split())


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line. A text of a server can have megabytes."""
    text = one_line(text[: 100 * MAX_MESSAGE_CHARS])
    return text if len(text) <= MAX_MESSAGE_CHARS else f"{text[:MAX_MESSAGE_CHARS]}…"


def join_limited(names: Sequence[str]) -> str:
    """The first names, separated by commas, and how many more there are."""
    more = [f"and {len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    return ", ".join([*map(excerpt, names[:MAX_NAMES]), *more])


def count(number: float, singular: str, plural: str | None = None) -> str:
    """The number with its noun: "1 second", "2 seconds", "2 repositories"."""
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"


def html_text(markup: str) -> str:
    """Return the title of an HTML page; if it has none, its text without tags."""
    # Imported here, because only failures need it, and the import takes 1 ms.
    import html

    markup = markup[:_MAX_HTML_CHARS]
    title = re.search(r"(?is)<title[^>]*>([^<]*[^<\s][^<]*)", markup)
    hidden = r"<(script|style|title)\b[^>]*(?<!/)>.*?(</\1\s*>|$)|<!--.*?(-->|$)"
    text = title[1] if title else re.sub(rf"(?is){hidden}|<[^<>]*>", " ", markup)
    # html.unescape() raises ValueError for a number with thousands of digits.
    with contextlib.suppress(ValueError):
        text = html.unescape(text)
    return one_line(text)


def is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs")


def check_path_segment(text: str) -> str:
    """Return the text if it can be sent as one segment of a URL's path. Raises ValueError.

    The segments "." and ".." are refused, because percent-encoding does not change dots, and HTTP libraries resolve
    "..". All other texts are safe after percent-encoding.
    """
    if not text.strip() or any(map(is_control, text)):
        raise ValueError("must not be blank, or contain control characters")
    if text in (".", ".."):
        raise ValueError("must not be '.' or '..'")
    return text
