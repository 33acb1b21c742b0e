# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The forms in which servers send a secret back."""

from __future__ import annotations

import re
from html.entities import codepoint2name

_JSON_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": r"\\", "/": "/"}


def any_form(char: str) -> str:
    """A regular expression for a character in every encoding. No encoding changes ASCII letters and digits."""
    if char.isascii() and char.isalnum():
        return char
    percent = "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\+u{utf16[start : start + 4]}" for start in range(0, len(utf16), 4))
    forms = [
        re.escape(char),
        f"(?i:{percent})",
        f"(?i:{escaped})",
        rf"&\#0*{ord(char)};",
        rf"(?i:&\#x0*{ord(char):x};)",
    ]
    if not char.isascii():
        # A byte of another character set, which is not UTF-8.
        forms.append("\ufffd")
        if ord(char) < 256:
            forms.append(rf"(?i:(?:%|\\+x){ord(char):02x})")
    if char in _JSON_ESCAPES:
        forms.append(rf"\\+{_JSON_ESCAPES[char]}")
    if char == " ":
        forms.append(r"\+")
    if char == "'":
        forms += ["&apos;", r"\\+'"]
    elif ord(char) in codepoint2name:
        forms.append(f"&{codepoint2name[ord(char)]};")
    return f"(?:{'|'.join(forms)})"
