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

# Messages are on one line, and servers change line breaks. So any white space can replace any other.
_RAW_WHITE_SPACE = r"[\s\x00-\x1f\x7f-\x9f]+"
_USUAL_WHITE_SPACE = "\t\n\v\f\r \xa0"
_ENCODED_WHITE_SPACE = (
    # Both characters of a line break, then one character.
    rf"(?i:%(?:25)*0d%(?:25)*0a|{_BACKSLASHES}r{_BACKSLASHES}n|{_BACKSLASHES}u000d{_BACKSLASHES}u000a"
    r"|&(?:amp;)*\#(?:13|xd);&(?:amp;)*\#(?:10|xa);"
    rf"|%(?:25)*(?:0[9a-d]|20|c2%(?:25)*a0)|{_BACKSLASHES}(?:[fnrtv]|(?:u00|x)(?:0[9a-d]|20|a0))"
    r"|&(?:amp;)*(?:\#0*(?:9|1[0-3]|32|160)|\#x0*(?:9|[a-d]|20|a0)|nbsp|nonbreakingspace|tab|newline);|<br ?/?>)|\+"
)

# In how many places of a secret an encoded form is recognized, although it makes the expression ambiguous.
_MAX_DOUBTFUL = 6

_ENTITIES = defaultdict(list)
for _name, _char in html5.items():
    if _name.endswith(";"):
        _ENTITIES[_char].append(f"&(?:amp;)*{_name}")


def in_any_form(secret: str) -> str:
    """A regular expression for a secret in every encoding.

    It must match a text in few ways. Otherwise a search that finds nothing could take hours.
    """
    expressions = []
    before = ""
    position = doubtful = 0
    for number, (kind, run) in enumerate(groupby(secret, _kind)):
        chars = list(run)
        position += len(chars)
        if kind == "\\":
            expression = _only_way(_backslashes(len(chars)), number)
        elif kind == " ":
            # What follows can look like white space in encoded form. Each such place doubles the ways to match.
            doubtful += len(chars) > 1 and bool(re.match(_ENCODED_WHITE_SPACE, secret[position : position + 100]))
            encoded = f"|{_only_way(_white_space(chars), number)}" if doubtful <= _MAX_DOUBTFUL else ""
            expression = f"(?:{_RAW_WHITE_SPACE}{encoded})"
        else:
            expression = _repeated(kind, len(chars))
        # The backslashes of the secret have matched those of the escape that follows, too.
        expressions.append(expression.replace(_BACKSLASHES, r"\\{0,16}") if before == "\\" else expression)
        before = kind
    return "".join(expressions)


def _kind(char: str) -> str:
    return " " if char.isspace() or unicodedata.category(char) == "Cc" else char


def _only_way(expression: str, number: int) -> str:
    """Python 3.9 has no atomic groups. A reference to the group of a lookahead has the same effect."""
    return f"(?=(?P<only{number}>{expression}))(?P=only{number})"


def _backslashes(times: int) -> str:
    return rf"\\{{{times},{16 * times}}}|(?:{'|'.join(_forms(chr(92)))}){{{times}}}"


def _white_space(chars: list[str]) -> str:
    """White space and control characters, at most as many as in the secret, at least one of them in encoded form."""
    rare = [form for char in dict.fromkeys(chars) if char not in _USUAL_WHITE_SPACE for form in _forms(char)]
    encoded = f"(?:{'|'.join([_ENCODED_WHITE_SPACE, *(form for form in rare if len(form) > 2)])})"
    if len(chars) == 1:
        return encoded
    return f"(?:{_RAW_WHITE_SPACE})?{encoded}(?:{_RAW_WHITE_SPACE}|{encoded}){{0,{len(chars) - 1}}}"


def _repeated(char: str, times: int) -> str:
    # No encoding changes ASCII letters and digits.
    if char.isascii() and char.isalnum():
        return char * times
    return f"(?:{'|'.join(_forms(char))}){{{times}}}"


def _forms(char: str) -> list[str]:
    utf8 = [f"{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")]
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        f"(?i:{''.join(f'%(?:25)*{byte}' for byte in utf8)})",
        f"(?i:{''.join(f'{_BACKSLASHES}x{byte}' for byte in utf8)})",
        f"(?i:{''.join(f'{_BACKSLASHES}u{utf16[start : start + 4]}' for start in range(0, len(utf16), 4))})",
        rf"(?i:{_BACKSLASHES}u\{{0*{ord(char):x}\}})",
    ]
    plain = [rf"&(?:amp;)*\#0*{ord(char)};", rf"(?i:&(?:amp;)*\#x0*{ord(char):x};)", *_ENTITIES[char]]
    # _backslashes() has the backslash itself.
    plain += [] if char == "\\" else [re.escape(char)]
    forms += [rf"\\{{0,16}}(?:{'|'.join(plain)})"] if char in _ESCAPED else plain
    if char == "\b":
        forms.append(f"{_BACKSLASHES}b")
    if not char.isascii():
        # A byte of another character set, which is not UTF-8.
        forms.append("\ufffd")
        if ord(char) < 256:
            forms.append(f"(?i:(?:%(?:25)*|{_BACKSLASHES}x){ord(char):02x})")
    return forms
