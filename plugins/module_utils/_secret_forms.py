# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The forms in which servers send a text back: decode them, and tell where each decoded part comes from."""

from __future__ import annotations

import re
import typing as t
from bisect import bisect_right

# How many forms can be around each other, such as JSON in JSON in HTML.
_LAYERS = 4
_HEX = "[0-9A-Fa-f]"
_OCTETS = f"%[0-7]{_HEX}|(?:%[89A-Fa-f]{_HEX})+"
# White space and control characters, but not a single space. "surrogateescape" makes a byte that is not UTF-8 one of
# the surrogates in parentheses.
_SPACE = r"[\s\x00-\x1f\x7f-\x9f\ud800-\udc7f\udd00-\udfff]"
_NOT_PLAIN = rf"([\udc80-\udcff])|(?! (?!{_SPACE})){_SPACE}+"


class View(t.NamedTuple):
    """A text after some decodings. Each run of white space and control characters in it is one space."""

    text: str
    # The text before the last decoding.
    parent: View | None = None
    # What was decoded: start and end here, and start and end in the parent.
    tokens: tuple[tuple[int, int, int, int], ...] = ()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return start and end, in the first text, of a part of this one that is not empty."""
        if self.parent is None:
            return start, end
        return self.parent.origin(self._in_parent(start)[0], self._in_parent(end - 1)[1])

    def _in_parent(self, position: int) -> tuple[int, int]:
        """Return start and end, in the parent, of one character."""
        index = bisect_right(self.tokens, (position + 1,)) - 1
        _start, end, *there = self.tokens[index] if index >= 0 else (0, 0, 0, 0)
        offset = there[1] + position - end
        return (there[0], there[1]) if position < end else (offset, offset + 1)


def views(text: str) -> list[View]:
    """Return the text, and what every sequence of decodings makes of it."""
    newest = [with_single_spaces(View(text))]
    found = {newest[0].text: newest[0]}
    for _layer in range(_LAYERS):
        decoded = [with_single_spaces(_decoded(view, *form)) for view in newest for form in _FORMS]
        newest = [view for view in {view.text: view for view in decoded}.values() if view.text not in found]
        found.update((view.text, view) for view in newest)
    return list(found.values())


def with_single_spaces(view: View) -> View:
    return _decoded(view, "", _NOT_PLAIN, _space)


def _decoded(view: View, mark: str, pattern: str, decode: t.Callable[[re.Match[str]], str]) -> View:
    """Replace each match of a pattern. Returns the same view if there is none."""
    parts: list[str] = []
    tokens: list[tuple[int, int, int, int]] = []
    end = length = 0
    for match in re.finditer(pattern, view.text) if mark in view.text else ():
        parts += view.text[end : match.start()], decode(match)
        start = length + match.start() - end
        length, end = start + len(parts[-1]), match.end()
        tokens.append((start, length, match.start(), end))
    return View("".join([*parts, view.text[end:]]), view, tuple(tokens)) if tokens else view


def _space(match: re.Match[str]) -> str:
    # A byte that is not UTF-8 can be a character of ISO 8859-1.
    return chr(ord(match[1]) - 0xDC00) if match[1] else " "


def _octets(match: re.Match[str]) -> str:
    digits = match[0].replace("+", "20").replace("%", "").replace("\\x", "")
    return bytes.fromhex(digits).decode("utf-8", "surrogateescape")


def _backslash(match: re.Match[str]) -> str:
    utf16, number, char = match.groups()
    if utf16:
        return bytes.fromhex(utf16.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
    if number:
        return chr(min(int(number, 16), 0x10FFFF))
    return _octets(match) if not char else " " if char.isalnum() else str(char)


def _entity(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        return chr(min(int(match[1] or match[2], 10 if match[1] else 16), 0x10FFFF))
    # The import takes 1 ms, and few texts have entities.
    from html import unescape

    return unescape(match[0])


# For each form: a text that it always has, what to decode, and how.
_FORMS: tuple[tuple[str, str, t.Callable[[re.Match[str]], str]], ...] = (
    # URLs: %2F %2f %73 %c3%a9 %E9
    ("%", _OCTETS, _octets),
    # Forms: the same, and + for a space
    ("+", rf"\+|{_OCTETS}", _octets),
    # JSON, JavaScript, PHP, Python: \" \/ \n \u00e9 \ud83d\ude00 \U0001f600 \xe9 \xc3\xa9
    (
        "\\",
        rf"(\\u[Dd][89ABab]{_HEX}{{2}}\\u[Dd][C-Fc-f]{_HEX}{{2}}|\\u{_HEX}{{4}})|\\U({_HEX}{{8}})"
        rf"|\\x[0-7]{_HEX}|(?:\\x[89A-Fa-f]{_HEX})+|\\([\\\"'/abfnrtv0])",
        _backslash,
    ),
    # HTML: &quot; &quot &#34; &#x22; and <br> for a line break
    ("&", r"(?i)&(?:#([0-9]{1,9})|#x([0-9a-f]{1,8})|[a-z][a-z0-9]{1,31});?", _entity),
    ("<", r"(?i)<br ?/?>", lambda _match: " "),
)
