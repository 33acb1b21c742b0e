# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The declaration of an option, and what Ansible needs of it. Does not import Ansible."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Options = Mapping[str, "Option"]

# Ansible's own replacement of a secret.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class Doubt(t.NamedTuple):
    """A warning about a value that may be right. The names of the options that have such a value stand between."""

    what: str
    advice: str


class Option(t.NamedTuple):
    """All that is known about an option. The first fields are those of Ansible's argument spec."""

    type: str = "str"
    default: t.Any = None
    required: bool = False
    choices: tuple[str, ...] | None = None
    no_log: bool | None = None
    elements: str | None = None
    # The options of the items, if the option is a list of dictionaries.
    options: Options | None = None

    # The environment variable that is read if the task does not give the option. A blank one counts as not set.
    variable: str | None = None
    # The variable is not read if the task gives one of these options.
    replaced_by: tuple[str, ...] = ()
    # What null means. "omit": an error that recommends default(omit, true), a filter that also omits 0 and false. Null
    # is always an error for an option that has a default.
    null: t.Literal["not set", "error", "omit"] = "not set"
    # Whether a blank text counts as not set, too: pipelines and AWX set empty variables.
    blank_is_not_set: bool = False
    # The characters to remove around a text; None stands for all white space.
    stripped: str | None = ""
    # Whether a whole number is accepted as text.
    number_is_text: bool = False
    # Whether the value is often JSON. An error then says how to send it.
    may_be_json: bool = False
    # Whether the option is ignored with state=absent.
    only_present: bool = False
    # Returns the value to use, or raises ValueError with the end of a sentence, such as "must be ...".
    check: Callable[[t.Any], t.Any] | None = None
    # Returns a doubt about a text, or None.
    doubt: Callable[[str], Doubt | None] | None = None


def argument_spec(options: Options) -> dict[str, dict[str, t.Any]]:
    """Return the argument spec for Ansible. Fields that have Ansible's own default are left out."""
    spec = {}
    for name, option in options.items():
        fields = {"type": option.type, "default": option.default, "no_log": option.no_log, "elements": option.elements}
        fields["required"] = option.required or None
        fields["choices"] = option.choices and list(option.choices)
        fields["options"] = option.options and argument_spec(option.options)
        spec[name] = {field: value for field, value in fields.items() if value is not None}
    return spec


def without_secrets(values: Mapping[str, t.Any], options: Options) -> dict[str, t.Any]:
    """Return the values of options with a placeholder for each secret."""
    return {name: _shown(value, options.get(name, Option())) for name, value in values.items()}


def secrets_in(values: Mapping[str, t.Any], options: Options) -> Iterator[str]:
    """Yield the secrets among the values of options, also those that are wrong otherwise."""
    for name, value in values.items():
        option = options.get(name, Option())
        if option.no_log and isinstance(value, str):
            yield value
        for item in value if option.options and isinstance(value, list) else ():
            yield from secrets_in(item if isinstance(item, dict) else {}, option.options or {})


def _shown(value: t.Any, option: Option) -> t.Any:
    if option.no_log and value is not None:
        return HIDDEN
    if option.options and isinstance(value, list):
        return [without_secrets(item, option.options) if isinstance(item, dict) else item for item in value]
    return value
