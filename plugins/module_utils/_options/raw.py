# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Check the types of options before Ansible validates them. Does not import Ansible.

Ansible would convert a dictionary to Python's notation of it, and would take null as a value that is set. If a list has
the wrong shape, Ansible would print the secrets in it.
"""

from __future__ import annotations

import re
import typing as t

from .._text import excerpt, join_limited
from .option import HIDDEN

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .option import Option, Options

# Only linters pass templates to a module. Ansible refuses this one in words that they know, and ignore for templates.
_TEMPLATE = "{{ hidden }}"

_KINDS = {dict: "a dictionary", list: "a list", bool: "a boolean", int: "a number", float: "a number", str: "text"}
_USE_ONE_FIELD = "use one field of it, or map(attribute='id') for the IDs of a list"
_QUOTE_IT = "put the value in quotation marks, or add '| string' to its template"
_ODD_NAME = "is not shown, because it may be a secret: check the names on the left of the colons"
_SEND_JSON = (
    "to send JSON, add '| to_json' to the template of a dictionary or list, and '| string' to that of a file:"
    " lookup('ansible.builtin.file', path) | string"
)


def check_types(params: Mapping[str, t.Any], options: Options) -> tuple[dict[str, t.Any], str]:
    """Return the options as Ansible may see them, and what is wrong with them, "" if nothing is.

    Options that are unknown or wrong have a placeholder for their value. Options that are null are left out.
    """
    reader = _Reader()
    return reader.read(params, options, ""), describe(reader.problems)


class _Reader:
    def __init__(self) -> None:
        # Pairs of an option and the end of a sentence, such as "must be text".
        self.problems: list[tuple[str, str]] = []

    def read(self, params: Mapping[str, t.Any], options: Options, place: str) -> dict[str, t.Any]:
        values: dict[str, t.Any] = {}
        for name, value in params.items():
            if name not in options and not re.fullmatch("[A-Za-z_]{1,40}", str(name)):
                # Ansible would print it.
                self.problems.append((f"the name of an option{place}", _ODD_NAME))
            else:
                values[name] = self._value(name, value, options.get(name), place)
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, name: str, value: t.Any, option: Option | None, place: str) -> t.Any:
        if option is None:
            return HIDDEN
        try:
            if value is None:
                return _null(option)
            if option.type == "list":
                return self._list(name, value, option)
            return _text(value, option) if option.type in ("str", "path") else value
        except ValueError as error:
            self.problems.append((f"{name}{place}", str(error)))
            return HIDDEN

    def _list(self, name: str, value: t.Any, option: Option) -> t.Any:
        if isinstance(value, list):
            return [self._item(name, number, item, option) for number, item in enumerate(value, 1)]
        if option.options is None and isinstance(value, (str, int)) and not isinstance(value, bool):
            # Ansible makes a list of it, and splits a text at its commas.
            return value
        if _is_template(value):
            return _TEMPLATE
        items = "texts" if option.options is None else "dictionaries"
        hint = ": add '| from_json' to the template of JSON text" if isinstance(value, str) else ""
        raise ValueError(f"must be a list of {items}, not {_kind(value)}{hint}")

    def _item(self, name: str, number: int, item: t.Any, option: Option) -> t.Any:
        try:
            if item is None:
                raise ValueError("must not be null: check that the variable with its value is set")
            if option.options is None:
                return _text(item, option)
            if isinstance(item, dict):
                return self.read(item, option.options, f" of {place_of_item(number, item)} of {name}")
            if _is_template(item):
                return _TEMPLATE
            hint = ": join lists with '+', or use the filter flatten" if isinstance(item, list) else ""
            raise ValueError(f"must be a dictionary, not {_kind(item)}{hint}")
        except ValueError as error:
            self.problems.append((f"{name} (item {number})", str(error)))
            return HIDDEN


def _is_template(value: t.Any) -> bool:
    return isinstance(value, str) and value.startswith("{{")


def describe(problems: Sequence[tuple[str, str]]) -> str:
    """Return one text for all problems. Places that have the same problem are named together."""
    places: dict[str, list[str]] = {}
    for place, problem in problems:
        places.setdefault(problem, []).append(place)
    return "; ".join(f"{join_limited(names)} {problem}" for problem, names in places.items())


def place_of_item(number: int, item: Mapping[str, t.Any]) -> str:
    name = item.get("name")
    return f"item {number} ({excerpt(name)})" if isinstance(name, str) and name.strip() else f"item {number}"


def _null(option: Option) -> None:
    """Return None if null means that the option is not given."""
    if option.null == "not set" and option.default is None:
        return
    hint = ""
    if option.null == "omit" and not option.required:
        hint = ". To leave the option out, add '| default(omit, true)' to its template"
    raise ValueError(f"must not be null: check that the variable with its value is set{hint}")


def _text(value: t.Any, option: Option) -> str | None:
    """Return the text of an option without the white space that is removed; None if it counts as not set."""
    if isinstance(value, int) and not isinstance(value, bool) and option.number_is_text:
        return str(value)
    if not isinstance(value, str):
        hint = _QUOTE_IT
        if isinstance(value, (dict, list)):
            hint = _SEND_JSON if option.may_be_json else _USE_ONE_FIELD
        raise ValueError(f"must be text, not {_kind(value)}: {hint}")
    if option.blank_is_not_set and not value.strip():
        return None
    return value.strip(option.stripped)


def _kind(value: t.Any) -> str:
    return _KINDS.get(type(value), "another type")
