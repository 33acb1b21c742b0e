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

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ._secret_forms import View

REDACTED = "********"
# A shorter secret, or a shorter beginning of one, is a part of most messages, and asterisks would make them unreadable.
MIN_SECRET = 3
# A shorter line of a secret with many lines can be a brace or an ordinary word.
_MIN_LINE = 16
# What each form of `_secret_forms.py` has. Its import takes 2 ms, and most tasks have only plain texts.
_MARK = re.compile(r"[%+\\&<]")
# Ends what excerpt() has cut.
_ELLIPSIS = "…"
# The keys of a result whose values are words of the modules, such as "deleted". A secret can be the same word.
_DEFINED = frozenset({"action", "code", "outcome"})


class Redactor:
    """Replaces secrets in texts, also if a server sends them back in one of the forms of `_secret_forms.py`.

    Threads may add secrets while others redact.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By their beginnings. Not changed, but replaced.
        self._secrets: dict[str, frozenset[str]] = {}

    def add(self, *secrets: str) -> None:
        """Redact these from now on, and each long line of them. Very short texts are ignored.

        So is the white space around a secret, because a quote from a response can be without it.
        """
        lines = [line for secret in secrets for line in secret.splitlines() if len(line.strip()) >= _MIN_LINE]
        plain = [_with_single_spaces(text).strip() for text in (*secrets, *lines)]
        with self._lock:
            known = dict(self._secrets)
            for secret in plain:
                if len(secret) >= MIN_SECRET:
                    known[secret[:MIN_SECRET]] = known.get(secret[:MIN_SECRET], frozenset()) | {secret}
            self._secrets = known

    def redact(self, text: str) -> str:
        """The text with asterisks in place of each secret.

        Redact before you cut: of a secret that is cut, only its beginning before an ellipsis is found.
        """
        if self._is_clean(text):
            return text
        from ._secret_forms import views

        shown: list[str] = []
        position = 0
        for start, end in sorted(part for view in views(text) for part in self._found(view)):
            if start >= position:
                shown += text[position:start], REDACTED
            position = max(position, end)
        return "".join([*shown, text[position:]])

    def hides(self, text: str) -> bool:
        """Whether the text contains a secret."""
        return self.redact(text) != text

    def redact_all(self, value: t.Any, *, keys: bool = True) -> t.Any:
        """The same for every text in a value of lists and dictionaries, such as the result of a module.

        :param keys: Whether the keys of dictionaries can come from outside. Then they are redacted, too. Otherwise, the
            words that the modules define remain, such as those of `outcome`.
        """
        # A result can have a million texts. Most contain no secret.
        is_clean = self._is_clean(json.dumps(value, ensure_ascii=False, default=str))
        return value if is_clean else self._redact_all(value, keys)

    def _is_clean(self, text: str) -> bool:
        """Whether the text has nothing to decode, and contains no secret. Most texts are clean: this check is fast."""
        is_plain = _has_single_spaces(text) and not _MARK.search(text)
        return is_plain and not any(beginning in text for beginning in self._secrets)

    def _redact_all(self, value: t.Any, keys: bool) -> t.Any:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            if keys:
                return {self.redact(key): self._redact_all(item, keys) for key, item in value.items()}
            return {key: item if key in _DEFINED else self._redact_all(item, keys) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._redact_all(item, keys) for item in value]
        return value

    def _found(self, view: View) -> Iterator[tuple[int, int]]:
        """Start and end of each secret, and of each beginning of one before an ellipsis."""
        text = view.text
        for beginning, secrets in self._secrets.items():
            start = text.find(beginning)
            while start >= 0:
                for secret in secrets:
                    end = start + len(secret)
                    if not text.startswith(secret, start):
                        end = text.find(_ELLIPSIS, start + MIN_SECRET, end)
                    if end > 0 and secret.startswith(text[start:end]):
                        yield view.origin(start, end)
                start = text.find(beginning, start + 1)


def _has_single_spaces(text: str) -> bool:
    return text.isprintable() and "  " not in text


def _with_single_spaces(text: str) -> str:
    if _has_single_spaces(text):
        return text
    from ._secret_forms import View, with_single_spaces

    return with_single_spaces(View(text)).text
