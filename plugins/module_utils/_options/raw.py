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

import typing as t

from .._text import excerpt, join_limited

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Spec = Mapping[str, Mapping[str, t.Any]]

# Ansible's own replacement of a secret.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

# These options identify or protect something, so null is an error. So it is for each option that has a default.
_NEVER_NULL = frozenset({"id", "ids", "name", "workspace_id", "ai_llms", "prune_limit", "plan_id"})
# The filter default(omit, true) also omits 0 and false, so it is only recommended for these.
_TO_OMIT = frozenset({"id", "name", "workspace_id", "state"})
_NUMBER_IS_TEXT = frozenset({"id", "ids", "name", "workspace_id", "token_id"})
# Pipelines and AWX set empty variables.
_BLANK_IS_NOT_SET = frozenset({"access_token", "email", "password", "ca_path"})
# The characters to remove around the value; None stands for all white space.
_STRIPPED = {"key": " \t\r\n", "secret": " \t\r\n", "email": " \t\r\n\v\f", "access_token": None}

# Only linters pass templates to a module. Ansible refuses this one in words that they know, and ignore for templates.
_TEMPLATE = "{{ hidden }}"

_KINDS = {dict: "a dictionary", list: "a list", bool: "a boolean", int: "a number", float: "a number", str: "text"}
_USE_ONE_FIELD = "use one field of it, or map(attribute='id') for the IDs of a list"
_QUOTE_IT = "put the value in quotation marks, or add '| string' to its template"
_SEND_JSON = (
    "to send JSON, add '| to_json' to the template of a dictionary or list, and '| string' to that of a file:"
    " lookup('ansible.builtin.file', path) | string"
)


class RawOptions:
    """The options of a task as Ansible may see them, and what is wrong with them.

    Options that are unknown or wrong have a placeholder for their value. Options that are null are left out.
    """

    def __init__(self, params: Mapping[str, t.Any], spec: Spec) -> None:
        # Pairs of an option and the end of a sentence, such as "must be text".
        self.problems: list[tuple[str, str]] = []
        self.values = self._options(params, spec, "")

    def _options(self, params: Mapping[str, t.Any], spec: Spec, place: str) -> dict[str, t.Any]:
        values = {name: self._value(name, value, spec.get(name), place) for name, value in params.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, name: str, value: t.Any, option: Mapping[str, t.Any] | None, place: str) -> t.Any:
        if option is None:
            return HIDDEN
        try:
            if value is None:
                return _null(name, option)
            if option["type"] == "list":
                return self._list(name, value, option)
            return _text(name, value) if option["type"] in ("str", "path") else value
        except ValueError as error:
            self.problems.append((f"{name}{place}", str(error)))
            return HIDDEN

    def _list(self, name: str, value: t.Any, option: Mapping[str, t.Any]) -> t.Any:
        spec = option.get("options")
        if isinstance(value, list):
            return [self._item(name, number, item, spec) for number, item in enumerate(value, 1)]
        if spec is None and isinstance(value, (str, int)) and not isinstance(value, bool):
            # Ansible makes a list of it, and splits a text at its commas.
            return value
        if _is_template(value):
            return _TEMPLATE
        items = "texts" if spec is None else "dictionaries"
        hint = ": add '| from_json' to the template of JSON text" if isinstance(value, str) else ""
        raise ValueError(f"must be a list of {items}, not {_kind(value)}{hint}")

    def _item(self, name: str, number: int, item: t.Any, spec: Spec | None) -> t.Any:
        try:
            if item is None:
                raise ValueError("must not be null: check that the variable with its value is set")
            if spec is None:
                return _text(name, item)
            if isinstance(item, dict):
                return self._options(item, spec, f" of {place_of_item(number, item)} of {name}")
            if _is_template(item):
                return _TEMPLATE
            hint = ": join lists with '+', or use the filter flatten" if isinstance(item, list) else ""
            raise ValueError(f"must be a dictionary, not {_kind(item)}{hint}")
        except ValueError as error:
            self.problems.append((f"{name} (item {number})", str(error)))
            return HIDDEN


def _is_template(value: t.Any) -> bool:
    return isinstance(value, str) and value.startswith("{{")


def without_secrets(values: Mapping[str, t.Any], spec: Spec) -> dict[str, t.Any]:
    """Return the options with a placeholder for each secret."""
    shown: dict[str, t.Any] = {}
    for name, value in values.items():
        option = spec.get(name, {})
        if option.get("no_log") and value is not None:
            shown[name] = HIDDEN
        elif "options" in option and isinstance(value, list):
            shown[name] = [
                without_secrets(item, option["options"]) if isinstance(item, dict) else item for item in value
            ]
        else:
            shown[name] = value
    return shown


def describe(problems: Sequence[tuple[str, str]]) -> str:
    """Return one text for all problems. Places that have the same problem are named together."""
    places: dict[str, list[str]] = {}
    for place, problem in problems:
        places.setdefault(problem, []).append(place)
    return "; ".join(f"{join_limited(names)} {problem}" for problem, names in places.items())


def place_of_item(number: int, item: Mapping[str, t.Any]) -> str:
    name = item.get("name")
    return f"item {number} ({excerpt(name)})" if isinstance(name, str) and name.strip() else f"item {number}"


def _null(name: str, option: Mapping[str, t.Any]) -> None:
    """Return None if null means that the option is not given."""
    if name not in _NEVER_NULL and "default" not in option:
        return
    hint = ""
    if name in _TO_OMIT and not option.get("required"):
        hint = ". To leave the option out, add '| default(omit, true)' to its template"
    raise ValueError(f"must not be null: check that the variable with its value is set{hint}")


def _text(name: str, value: t.Any) -> str | None:
    """Return the text of an option without the white space that is removed; None if it counts as not set."""
    if isinstance(value, int) and not isinstance(value, bool) and name in _NUMBER_IS_TEXT:
        return str(value)
    if not isinstance(value, str):
        hint = _QUOTE_IT
        if isinstance(value, (dict, list)):
            hint = _SEND_JSON if name in ("key", "secret") else _USE_ONE_FIELD
        raise ValueError(f"must be text, not {_kind(value)}: {hint}")
    if name in _BLANK_IS_NOT_SET and not value.strip():
        return None
    return value.strip(_STRIPPED[name]) if name in _STRIPPED else value


def _kind(value: t.Any) -> str:
    return _KINDS.get(type(value), "another type")
