# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.
"""Texts that differ, but that a reader may take for the same."""

from __future__ import annotations

import typing as t
import unicodedata

from .._text import MAX_MESSAGE_CHARS, excerpt

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from .api import Listing


def look_alikes(names: Iterable[str], listed: Listing) -> list[str]:
    """Return the pairs of one of the names and a listed name that looks the same, each shown so that they differ."""
    by_look = {_look(name): name for name in names}
    pairs = [(by_look.get(_look(item["name"] or "")), item) for item in listed] if by_look else []
    return [
        f"{difference(name, item['name'])} ({item['id']})"
        for name, item in pairs
        if name is not None and name != item["name"]
    ]


def difference(one: str, other: str) -> str:
    """Return two different texts, such as "'Team' and 'T\\xe9am'": in ASCII, and with the position if they are long."""
    shown = [_visible(one), _visible(other)]
    if shown[0] == shown[1]:
        position = next(number for number in range(max(len(one), len(other)) + 1) if one[:number] != other[:number])
        shown[1] += f" (different from character {position} on)"
    return " and ".join(shown)


def _visible(text: str) -> str:
    # A message is one line, in which white space is collapsed.
    return excerpt(ascii(text[: 2 * MAX_MESSAGE_CHARS]).replace("  ", " \\x20"))


def _look(name: str) -> str:
    """The name without the differences that a reader may not see: width, case, white space, invisible characters."""
    text = unicodedata.normalize("NFKC", name)
    return " ".join("".join(char for char in text if unicodedata.category(char) != "Cf").casefold().split())
