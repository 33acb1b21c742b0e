# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The forms in which servers send a secret back."""

from __future__ import annotations

import re
from collections import defaultdict
from html.entities import html5
from itertools import groupby

_JSON_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "/": "/"}

_ENTITIES = defaultdict(list)
for _name, _char in html5.items():
    if _name.endswith(";"):
        _ENTITIES[_char].append(f"&{_name}")


def in_any_form(secret: str) -> str:
    """A regular expression for a secret in every encoding."""
    return "".join(_in_any_form(char, len(list(run))) for char, run in groupby(secret))


def _in_any_form(char: str, times: int) -> str:
    """A regular expression for a character that follows itself this many times."""
    # No encoding changes ASCII letters and digits.
    if char.isascii() and char.isalnum():
        return char * times
    forms = f"(?:{'|'.join(_forms(char))}){{{times}}}"
    # JSON doubles backslashes, once or more often. With one expression for all of them, there is only one way to match.
    return rf"(?:\\{{{times},}}|{forms})" if char == "\\" else forms


def _forms(char: str) -> list[str]:
    percent = "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\+u{utf16[start : start + 4]}" for start in range(0, len(utf16), 4))
    forms = [
        f"(?i:{percent})",
        f"(?i:{escaped})",
        rf"&\#0*{ord(char)};",
        rf"(?i:&\#x0*{ord(char):x};)",
        *_ENTITIES[char],
    ]
    if char != "\\":
        forms.append(re.escape(char))
    if ord(char) < 256:
        forms.append(rf"(?i:\\+x{ord(char):02x})")
    if not char.isascii():
        # A byte of another character set, which is not UTF-8.
        forms.append("\ufffd")
        if ord(char) < 256:
            forms.append(f"(?i:%{ord(char):02x})")
    if char in _JSON_ESCAPES:
        forms.append(rf"\\+{_JSON_ESCAPES[char]}")
    if char == " ":
        forms.append(r"\+")
    if char == "'":
        forms.append(r"\\+'")
    return forms
