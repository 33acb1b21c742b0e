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

# A shorter secret, or a shorter beginning of one, is a part of most messages, and asterisks would make them unreadable.
MIN_SECRET = 3

# A shorter line of a secret with many lines can be a brace or an ordinary word.
_MIN_LINE = 16

# Ends what excerpt() has cut.
_ELLIPSIS = "…"


class Redactor:
    """Replaces secrets in texts, in every form in which servers send them back.

    The forms are JSON with and without escapes, percent-encoding of any set of characters, form encoding and HTML.
    Threads may add secrets while others redact.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patterns: dict[str, _Pattern] = {}

    def add(self, *secrets: str) -> None:
        """Redact these from now on, and each long line of them.

        Very short texts are ignored, and so is the white space around a secret: a quote from a response can be without
        it.
        """
        whole = [secret.strip() for secret in secrets if len(secret.strip()) >= MIN_SECRET]
        lines = [line.strip() for secret in whole for line in secret.splitlines()]
        with self._lock:
            patterns = dict(self._patterns)
            patterns.update({line: _Pattern(line) for line in lines if len(line) >= _MIN_LINE})
            patterns.update({secret: _Pattern(secret) for secret in whole})
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
        if _ELLIPSIS in text and self._secret[:MIN_SECRET] in text:
            *cut, end = text.split(_ELLIPSIS)
            text = _ELLIPSIS.join([*map(self._sub_beginning, cut), end])
        return text

    def _sub_beginning(self, text: str) -> str:
        """Replace the beginning of the secret, if the text ends with it."""
        for length in range(min(self.length - 1, len(text)), MIN_SECRET - 1, -1):
            if text.endswith(self._secret[:length]):
                return text[:-length] + REDACTED
        return text

    def _compiled(self) -> re.Pattern[str]:
        # On first use: a task can have a thousand secrets, and few texts contain one. The import takes 2 ms.
        if self._regex is None:
            from ._secret_forms import in_any_form

            self._regex = re.compile(in_any_form(self._secret))
        return self._regex


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
