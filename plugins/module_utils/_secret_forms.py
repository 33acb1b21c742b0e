# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The forms in which servers send a secret back."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from html.entities import html5
from itertools import groupby

# The characters before which JSON or a programming language puts a backslash.
_ESCAPED = "\"'/"

# JSON in JSON has 1, 3, 7 or 15 backslashes before a character. Without a limit, a long text would take minutes.
_BACKSLASHES = r"\\{1,16}"

# White space and control characters in every encoding. Messages are on one line, and servers change line breaks.
_WHITE_SPACE = (
    r"(?:[\s\x00-\x1f\x7f-\x9f+]|<br ?/?>|(?i:%(?:25)*(?:0[9a-d]|20|c2%(?:25)*a0)"
    rf"|{_BACKSLASHES}(?:[bfnrtv]|(?:u00|x)(?:0[9a-d]|20|a0))"
    r"|&(?:amp;)*(?:\#0*(?:9|1[0-3]|32|160)|\#x0*(?:9|[a-d]|20|a0)|nbsp|tab|newline);))+"
)

_ENTITIES = defaultdict(list)
for _name, _char in html5.items():
    if _name.endswith(";"):
        _ENTITIES[_char].append(f"&(?:amp;)*{_name}")


def in_any_form(secret: str) -> str:
    """A regular expression for a secret in every encoding."""
    return "".join(_in_any_form(char, len(list(run))) for char, run in groupby(secret, _one_for_white_space))


def _one_for_white_space(char: str) -> str:
    return " " if char.isspace() or unicodedata.category(char) == "Cc" else char


def _in_any_form(char: str, times: int) -> str:
    """A regular expression for a character that follows itself this many times."""
    if char == " ":
        return _WHITE_SPACE
    # No encoding changes ASCII letters and digits.
    if char.isascii() and char.isalnum():
        return char * times
    forms = f"(?:{'|'.join(_forms(char))}){{{times}}}"
    # JSON doubles backslashes, once or more often. With one expression for all of them, there is only one way to match.
    return rf"(?:\\{{{times},{16 * times}}}|{forms})" if char == "\\" else forms


def _forms(char: str) -> list[str]:
    utf8 = [f"{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")]
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        f"(?i:{''.join(f'%(?:25)*{byte}' for byte in utf8)})",
        f"(?i:{''.join(f'{_BACKSLASHES}x{byte}' for byte in utf8)})",
        f"(?i:{''.join(f'{_BACKSLASHES}u{utf16[start : start + 4]}' for start in range(0, len(utf16), 4))})",
        rf"(?i:{_BACKSLASHES}u\{{0*{ord(char):x}\}})",
        rf"&(?:amp;)*\#0*{ord(char)};",
        rf"(?i:&(?:amp;)*\#x0*{ord(char):x};)",
        *_ENTITIES[char],
    ]
    if char != "\\":
        forms.append(re.escape(char))
    if not char.isascii():
        # A byte of another character set, which is not UTF-8.
        forms.append("\ufffd")
        if ord(char) < 256:
            forms.append(f"(?i:(?:%(?:25)*|{_BACKSLASHES}x){ord(char):02x})")
    if char in _ESCAPED:
        forms.append(f"{_BACKSLASHES}{char}")
    return forms
