# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Texts of strangers in a Markdown page: they cannot change the page, and a reader can tell them apart.

Each text is a code span. Renderers make no links, mentions, or HTML of it.
"""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 120

# A backslash begins the notation of a hidden character.
_PLAIN = re.compile(r"[!-\[\]-_a-{}~]+(?: [!-\[\]-_a-{}~]+)*")
# Characters that end a code span or a cell of a table, and letters, marks, and symbols that nobody sees.
_HIDDEN = re.compile(
    "[`|\\\\\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U00016fe4\U0001d159"
    "\U000e0100-\U000e01ef]"
)
_JOINER, _EMOJI_STYLE, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
_EMOJI_MODIFIERS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#\\]*@)?([^/?#\\:]*)[^/?#\\]*")


def code(text: str, other: str = "", *, uncut: int = 0, limit: int = MAX_TEXT) -> str:
    """Return a text as a code span. A long text is cut in its middle, and its length follows.

    :param other: Another text, from which the reader must be able to tell this one apart.
    :param uncut: The number of characters at its beginning that are never cut.
    """
    if len(text) <= uncut + limit:
        return f"`{escaped(text)}`" if text else "(empty)"
    differs = next((index for index, pair in enumerate(zip(text, other)) if pair[0] != pair[1]), len(other))
    shown = [(0, uncut + limit // 2), (differs - 10, differs + limit // 3), (len(text) - limit // 3, len(text))]
    parts, end = "", 0
    for start, stop in sorted(shown):
        parts += ("…" if start > end else "") + escaped(text[max(start, end) : max(stop, end)])
        end = max(stop, end)
    return f"`{parts}` ({len(text):,} characters)"


def endpoint(text: str, other: str = "") -> str:
    """Return a URL as a code span. The host is never cut. If it is not ASCII, its form in punycode follows."""
    match = _HOST.match(text)
    host = match[1] if match else ""
    shown = code(text, other, uncut=match.end() if match else len(text))
    return shown if host.isascii() else f"{shown} (host `{_punycode(host)}`)"


def escaped(text: str) -> str:
    r"""Return the text with a notation such as `\u200b` for characters that nobody sees, or that end a code span."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_notation(char) if _is_hidden(text, index) else char for index, char in enumerate(text))


def _is_hidden(text: str, index: int) -> bool:
    char, before, after = text[index], text[max(index - 9, 0) : index], text[index + 1 : index + 2]
    if char == " ":
        return not before or not after or before[-1] == " "
    if char == _JOINER:
        around = before.rstrip(_EMOJI_MODIFIERS)[-1:], after
        return not all(other and unicodedata.category(other) == "So" for other in around)
    if char == _EMOJI_STYLE:
        return not before or (unicodedata.category(before[-1])[0] not in "SP" and after != _KEYCAP)
    return bool(_HIDDEN.match(char)) or unicodedata.category(char)[0] not in "LMNPS"


def _notation(char: str) -> str:
    return "\\\\" if char == "\\" else f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host.encode("ascii", "backslashreplace").decode()
