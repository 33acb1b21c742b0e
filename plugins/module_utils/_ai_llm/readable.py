# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.
"""Whether people can read a plan: what hides the credentials of the task must not hide what the plan does."""

from __future__ import annotations

import typing as t

from .._errors import OptionError
from .._redact import Redactor
from .._text import join_limited

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from .outcome import Change

_SHOWN = ("id", "name", "ai_type", "endpoint")


def check_readable(
    changes: Sequence[Change], declared: int, workspace_id: str | None, secrets: Sequence[tuple[str, str]]
) -> None:
    """Raise OptionError if a credential of the task is a part of what a plan shows. The message quotes neither.

    :param declared: The number of items in the task's list. Their changes come first.
    :param secrets: Pairs of what a message calls a credential of the task, and its value. Those that the task does not
        send are hidden, too.
    """
    shown = {"workspace_id": [workspace_id or ""]}
    for number, change in enumerate(changes, 1):
        if change.action != "keep":
            place = f"item {number} of ai_llms" if number <= declared else "a configuration to prune"
            for field in _SHOWN:
                values = [part.get(field) or "" for part in (change.before or {}, change.fields)]
                shown.setdefault(f"{field} of {place}", []).extend(values)
            for field, source in change.sources.items():
                shown[f"{field}_from of {place}"] = [source]
    texts = {place: "\n".join(values) for place, values in shown.items()}
    if not _hide("\n".join(texts.values()), *(value for _option, value in secrets)):
        return
    found = [(option, [place for place, text in texts.items() if _hide(text, value)]) for option, value in secrets]
    problems = [f"{option} occurs in {' and '.join(places)}" for option, places in found if places]
    if problems:
        raise OptionError(
            "Nobody could read the plan, because the value of a credential is hidden wherever it occurs, and it occurs"
            f" in what the plan shows: {join_limited(problems)}. Check that the value is a credential."
        )


def _hide(text: str, *secrets: str) -> bool:
    redactor = Redactor()
    redactor.add(*secrets)
    return redactor.redact(text) != text
