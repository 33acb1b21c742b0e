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
MAX_MESSAGE = 600

_PLAIN = re.compile(r"[!-\[\]-_a-{}~]+( [!-\[\]-_a-{}~]+)*")
# Letters, marks, and symbols that nobody sees: fillers, joiners, a blank pattern, selectors, a null note.
_INVISIBLE = frozenset(
    map(chr, [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0, 0x16FE4, 0x1D159])
) | frozenset(map(chr, [*range(0x180B, 0x180F), *range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)]))
_JOINER, _EMOJI_STYLE, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#\\]*@)?([^/?#\\]*)")


def code(text: str, other: str | None = None, *, uncut: int = 0, limit: int = MAX_TEXT) -> str:
    """Return a text as a code span. A long text is cut in its middle, and its length follows.

    :param other: Another text, from which the reader must be able to tell this one apart.
    :param uncut: The number of characters at its beginning that are never cut.
    """
    if not text:
        return "(empty)"
    if len(text) <= uncut + limit:
        return f"`{escaped(text)}`"
    shown = [(0, uncut + limit // 2), (len(text) - limit // 3, len(text))]
    if other is not None and other != text:
        differs = next((index for index, pair in enumerate(zip(text, other)) if pair[0] != pair[1]), len(other))
        shown.insert(1, (max(differs - 10, 0), min(differs + limit // 3, len(text))))
    parts, end = [], 0
    for start, stop in sorted(shown):
        parts.append(("…" if start > end else "") + escaped(text[max(start, end) : stop]))
        end = max(end, stop)
    return f"`{''.join(parts)}` ({len(text):,} characters)"


def endpoint(text: str, other: str | None = None) -> str:
    """Return a URL as a code span. The host is never cut. If it is not ASCII, its form in punycode follows."""
    match = _HOST.match(text)
    shown = code(text, other, uncut=match.end() if match else len(text))
    host = match[1].rpartition(":")[0] or match[1] if match else text
    return shown if host.isascii() else f"{shown} (host `{escaped(_punycode(host))}`)"


def is_plain(text: str) -> bool:
    """Whether the reader sees each character of the text as it is."""
    return bool(_PLAIN.fullmatch(text)) or not any(_hidden(text))


def escaped(text: str) -> str:
    r"""Return the text with a notation such as `\u200b` for what cannot be shown, or would end a code span or a cell."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_notation(char) if hide else char for char, hide in zip(text, _hidden(text)))


def _hidden(text: str) -> list[bool]:
    return [_is_hidden(text, index, char) for index, char in enumerate(text)]


def _is_hidden(text: str, index: int, char: str) -> bool:
    before, after = text[:index], text[index + 1 :]
    if char == " ":
        return not before or not after or before[-1] == " "
    if char == _JOINER:
        return not (_is_emoji(before.rstrip("".join(_SKIN_TONES) + _EMOJI_STYLE)[-1:]) and _is_emoji(after[:1]))
    if char == _EMOJI_STYLE:
        return not (after.startswith(_KEYCAP) or (before and unicodedata.category(before[-1])[0] in "SP"))
    return char in "`|\\" or char in _INVISIBLE or unicodedata.category(char)[0] not in "LMNPS"


def _is_emoji(char: str) -> bool:
    return char != "" and unicodedata.category(char) == "So"


def _notation(char: str) -> str:
    number = ord(char)
    return "\\\\" if char == "\\" else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        labels = (
            label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in host.split(".")
        )
        return ".".join(labels)
