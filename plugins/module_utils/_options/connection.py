# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The connection options, and what checks the options of a task."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.validation import check_type_bool, check_type_int

from .._text import excerpt, join_limited
from .checks import KEPT_QUOTES, check_not_masked, is_quoted

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    class Module(t.Protocol):
        """What is needed here of the class in `_module`, which imports this file."""

        params: dict[str, t.Any]
        unreadable: dict[str, str]

        def source(self, name: str) -> str: ...

        def warn(self, warning: str) -> None: ...

        def fail_json(self, msg: str) -> t.NoReturn: ...


API_OPTIONS: dict[str, dict[str, t.Any]] = {
    "api_url": {"type": "str", "default": "https://backend.flashback.tech"},
    "access_token": {"type": "str", "no_log": True},
    "email": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 3},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
# The environment variable of each connection option. An option that is null gets no value from it.
VARIABLES = {name: f"FLASHBACK_{name.upper()}" for name in API_OPTIONS}

# How to convert a text from the environment, and what it must be.
_CONVERTERS: dict[str, tuple[Callable[[t.Any], t.Any], str]] = {
    "int": (check_type_int, "a whole number"),
    "bool": (check_type_bool, "true or false"),
}


def api_argument_spec() -> dict[str, dict[str, t.Any]]:
    """The connection options, documented in the fragment `flashback.platform._api`."""
    return {name: dict(option) for name, option in API_OPTIONS.items()}


def read_variable(text: str, kind: str) -> t.Any:
    """Return the value of an option from the text of its environment variable.

    :param kind: The type of the option. The error message of Ansible would name the option, but not the variable.
    :raises ValueError: With the end of a sentence, such as "must be ...".
    """
    convert, needed = _CONVERTERS.get(kind, (str, ""))
    try:
        text.encode("utf-8")
        return convert(text)
    except UnicodeEncodeError:
        raise ValueError("must be a text in UTF-8") from None
    except TypeError:
        raise ValueError(f"must be {needed}, not '{excerpt(text)}'") from None


def check_option(module: Module, name: str, check: Callable[[t.Any], t.Any]) -> t.Any:
    """Return the checked value of an option; None if it is not given. If the check fails, the task fails.

    :param check: Returns the value to use, or raises ValueError with the end of a sentence, such as "must be ...".
    """
    value = module.params[name]
    try:
        if name in module.unreadable:
            raise ValueError(module.unreadable[name])
        if isinstance(value, str):
            check_not_masked(value)
        return None if value is None else check(value)
    except ValueError as error:
        module.fail_json(msg=f"{name}{module.source(name)} {error}.")


def warn_if_quoted(module: Module, values: Mapping[str, str | None]) -> None:
    """Warn about secrets in quotation marks. They may be right, so they are sent as they are.

    :param values: By the places that the warning names.
    """
    quoted = [place for place, value in values.items() if is_quoted(value)]
    if quoted:
        module.warn(
            f"A value begins and ends with a quotation mark, which is sent as a part of it: {join_limited(quoted)}."
            f" Check whether it belongs to the value: {KEPT_QUOTES}."
        )
