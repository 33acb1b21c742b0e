# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read the environment variables of options that the task does not give."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.common.validation import check_type_bool, check_type_int

from .._text import excerpt

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .option import Options

# How to convert a text, and what it must be. The error message of Ansible would not name the variable.
_CONVERTERS: dict[str, tuple[Callable[[t.Any], t.Any], str]] = {
    "int": (check_type_int, "a whole number"),
    "bool": (check_type_bool, "true or false"),
}


class Environment(t.NamedTuple):
    """What the variables say. The three dictionaries have the names of the options as keys."""

    values: dict[str, t.Any]
    # The variables that were read.
    variables: dict[str, str]
    # Why the value of a variable cannot be used. Not every task uses each one, so this is no error yet.
    unusable: dict[str, str]

    def source(self, name: str) -> str:
        """Return the part of a message that says where the value of an option comes from."""
        return f" (environment variable {self.variables[name]})" if name in self.variables else ""


def read_environment(given: Mapping[str, t.Any], options: Options) -> Environment:
    """Return the values for the options that the task does not give. An option that is null is given."""
    environment = Environment({}, {}, {})
    for name, option in options.items():
        text = os.environ.get(option.variable, "") if option.variable else ""
        is_replaced = any(str(given.get(other) or "").strip() for other in option.replaced_by)
        if name in given or is_replaced or not text.strip():
            continue
        environment.variables[name] = t.cast("str", option.variable)
        convert, needed = _CONVERTERS.get(option.type, (str, ""))
        try:
            text.encode("utf-8")
            environment.values[name] = convert(text)
        except UnicodeEncodeError:
            environment.unusable[name] = "must be a text in UTF-8"
        except TypeError:
            environment.unusable[name] = f"must be {needed}, not '{excerpt(text)}'"
    return environment
