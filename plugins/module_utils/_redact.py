# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Remove secrets from everything that is returned, shown or logged."""

from __future__ import annotations

import json
import re
import threading
import typing as t

REDACTED = "********"

# A secret this short is also a part of ordinary words. It is only replaced where it stands alone.
MAX_SHORT_SECRET = 2

# Ends what excerpt() has cut.
_ELLIPSIS = "…"

_JSON_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": r"\\", "/": "/"}


class Redactor:
    """Replaces secrets in texts, in every form in which servers send them back.

    The forms are JSON with and without escapes, percent-encoding of any set of characters, form encoding and HTML.
    Threads may add secrets while others redact.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patterns: dict[str, _Pattern] = {}

    def add(self, *secrets: str) -> None:
        """Redact these from now on. Blank texts are ignored, and so is the white space around a secret: a quote from a
        response can be without it.
        """
        with self._lock:
            patterns = dict(self._patterns)
            patterns.update({secret: _Pattern(secret) for secret in map(str.strip, secrets) if secret})
            self._patterns = patterns

    def redact(self, text: str) -> str:
        """The text with asterisks in place of each secret.

        Redact before you cut: of a secret that is cut, only its beginning before an ellipsis is found, if not encoded.
        """
        return _redact(text, self._candidates(text))

    def redact_all(self, value: t.Any, *, keys: bool = True) -> t.Any:
        """The same for every text in a value of lists and dictionaries, such as the result of a module.

        :param keys: Whether the keys of dictionaries are redacted, too.
        """
        patterns = self._candidates(json.dumps(value, ensure_ascii=False, default=str))
        return _redact_all(value, patterns, keys) if patterns else value

    def _candidates(self, text: str) -> list[_Pattern]:
        is_cut = _ELLIPSIS in text
        return [pattern for pattern in self._patterns.values() if is_cut or pattern.plain_part in text]


class _Pattern:
    """Finds a secret. plain_part: a part of it that is the same in every form, to search for first."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.length = len(secret)
        self._regex: re.Pattern[str] | None = None
        self.plain_part = max(re.findall(r"[A-Za-z0-9]+", secret), key=len, default="")

    def sub(self, text: str) -> str:
        if self.plain_part in text:
            text = self._compiled().sub(REDACTED, text)
        if _ELLIPSIS in text:
            for length in range(self.length - 1, MAX_SHORT_SECRET, -1):
                text = text.replace(self._secret[:length] + _ELLIPSIS, REDACTED + _ELLIPSIS)
        return text

    def _compiled(self) -> re.Pattern[str]:
        # On first use: a task can have a thousand secrets, and rarely meets one of them.
        if self._regex is None:
            pattern = "".join(map(_any_form, self._secret))
            if self.length <= MAX_SHORT_SECRET:
                pattern = rf"(?<!\w){pattern}(?!\w)"
            self._regex = re.compile(pattern)
        return self._regex


def _any_form(char: str) -> str:
    """A regular expression for a character in every encoding. No encoding changes ASCII letters and digits."""
    if char.isascii() and char.isalnum():
        return char
    # Only a text that holds a part of a secret needs it, and to import it takes 1 ms of each task.
    from html.entities import codepoint2name

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


def _redact(text: str, patterns: list[_Pattern]) -> str:
    # The longest first: one secret can be a part of another.
    for pattern in sorted(patterns, key=lambda pattern: pattern.length, reverse=True):
        text = pattern.sub(text)
    return text


def _redact_all(value: t.Any, patterns: list[_Pattern], keys: bool) -> t.Any:
    if isinstance(value, str):
        return _redact(value, patterns)
    if isinstance(value, dict):
        return {
            _redact(key, patterns) if keys else key: _redact_all(item, patterns, keys) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_redact_all(item, patterns, keys) for item in value]
    return value
