# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Check the values of options, after Ansible has validated their types."""

from __future__ import annotations

import typing as t

from .._redact import REDACTED
from .._text import join_limited
from .option import HIDDEN
from .raw import describe, place_of_item

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from .environment import Environment
    from .option import Doubt, Option, Options

    Doubts = dict[Doubt, list[str]]


class WrongValue(Exception):
    """The value of an option is not valid. The message is the end of a sentence, and never quotes a secret."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def check_values(
    params: Mapping[str, t.Any], options: Options, environment: Environment
) -> tuple[dict[str, t.Any], list[str]]:
    """Return the final values of the options, None for what is not given or not used, and warnings.

    :raises WrongValue: For the first option that has a value that is not valid.
    """
    values: dict[str, t.Any] = {}
    doubts: Doubts = {}
    for name, option in options.items():
        try:
            if name in environment.unusable:
                raise ValueError(environment.unusable[name])
            values[name] = _checked(params, name, option, doubts, name)
        except ValueError as error:
            raise WrongValue(name, str(error)) from None
    warnings = [
        f"{doubt.what}: {join_limited([f'{place}{environment.source(place)}' for place in places])}. {doubt.advice}."
        for doubt, places in doubts.items()
    ]
    return values, warnings


def _checked(values: Mapping[str, t.Any], name: str, option: Option, doubts: Doubts, place: str) -> t.Any:
    value = values[name]
    if value is None or (option.only_present and values.get("state") == "absent"):
        return None
    if option.options:
        value = _checked_items(value, option.options, doubts)
    elif isinstance(value, list):
        for number, text in enumerate(value, 1):
            _check_not_masked(text, f"(item {number}) ")
    elif isinstance(value, str):
        _check_not_masked(value)
    if option.check:
        value = option.check(value)
    doubt = option.doubt(value) if option.doubt else None
    if doubt:
        doubts.setdefault(doubt, []).append(place)
    return value


def _checked_items(items: list[dict[str, t.Any]], options: Options, doubts: Doubts) -> list[dict[str, t.Any]]:
    """Raises ValueError with all problems of all items. Of the values, the message quotes only the names."""
    problems: list[tuple[str, str]] = []
    checked: list[dict[str, t.Any]] = []
    for number, item in enumerate(items, 1):
        checked.append({})
        item_place = place_of_item(number, item)
        for name, option in options.items():
            place = f"{name} of {item_place}"
            try:
                checked[-1][name] = _checked(item, name, option, doubts, place)
            except ValueError as error:
                problems.append((place, str(error)))
    if problems:
        raise ValueError(f"is not valid: {describe(problems)}")
    return checked


def _check_not_masked(text: str, place: str = "") -> None:
    if REDACTED in text or HIDDEN in text:
        raise ValueError(
            f"{place}must be the real value. Ansible has hidden this value, because it contains a secret of an earlier"
            " task: take it from another source"
        )
