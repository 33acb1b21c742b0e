# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The connection options, and the checks of option values."""

from __future__ import annotations

import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound
from ansible.module_utils.common.validation import check_type_bool, check_type_int

from ._http.client import check_path_segment
from ._text import excerpt, is_control, join_limited

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ansible.module_utils.basic import AnsibleModule

# How to convert a text from the environment, and what it must be.
_CONVERTERS: dict[str, tuple[Callable[[t.Any], t.Any], str]] = {
    "int": (check_type_int, "a whole number"),
    "bool": (check_type_bool, "true or false"),
}


class _FromEnvironment:
    """The fallback of an option. It remembers whether the value of the option came from the environment."""

    def __init__(self, variable: str, kind: str) -> None:
        self.variable = variable
        self.is_used = False
        self.problem: str | None = None
        self._convert, self._needed = _CONVERTERS.get(kind, (str, ""))

    def __call__(self) -> t.Any:
        value = os.environ.get(self.variable)
        if value is None:
            raise AnsibleFallbackNotFound
        self.is_used = True
        try:
            value.encode("utf-8")
            return self._convert(value)
        except UnicodeEncodeError:
            self.problem = "must be a text in UTF-8"
            raise AnsibleFallbackNotFound from None
        except TypeError:
            # The error message of Ansible would name the option, but not the variable.
            self.problem = f"must be {self._needed}, not '{excerpt(value)}'"
            raise AnsibleFallbackNotFound from None


def api_argument_spec() -> dict[str, dict[str, t.Any]]:
    """The connection options, documented in the fragment `flashback.platform._api`."""
    options: dict[str, dict[str, t.Any]] = {
        "api_url": {"type": "str", "default": "https://backend.flashback.tech"},
        "access_token": {"type": "str", "no_log": True},
        "email": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 3},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
    }
    for name, option in options.items():
        option["fallback"] = (_FromEnvironment(f"FLASHBACK_{name.upper()}", option["type"]), [])
    return options


def check_option(module: AnsibleModule, name: str, check: Callable[[t.Any], t.Any]) -> t.Any:
    """Return the checked value of an option; None if it is not given. If the check fails, the task fails.

    :param check: Returns the value to use, or raises ValueError with the end of a sentence, such as "must be ...".
    """
    value = module.params[name]
    fallback = module.argument_spec[name].get("fallback", (None,))[0]
    try:
        if fallback and fallback.problem:
            raise ValueError(fallback.problem)
        return None if value is None else check(value)
    except ValueError as error:
        source = f" (environment variable {fallback.variable})" if fallback and fallback.is_used else ""
        module.fail_json(msg=f"{name}{source} {error}.")


def check_not_blank(text: str) -> str:
    """Return the text. Raises ValueError if it is empty or only white space, such as a variable that is not set."""
    if not text.strip():
        raise ValueError("must not be empty or blank: check that the variable with its value is set")
    return text


def check_text(text: str) -> str:
    """Return the text. Raises ValueError if it is blank or has control characters or lone surrogates."""
    check_not_blank(text)
    if any(is_control(char) for char in text):
        raise ValueError("must not contain control characters")
    return text


def check_id(text: str) -> str:
    """Return the ID of an option. Raises ValueError if no object of the API can have it.

    Ansible turns a dictionary or a list into a text. A task that removes it would report that it does not exist.
    """
    check_text(text)
    check_path_segment(text)
    if text.startswith(("{'", "[")) and text.endswith(("}", "]")):
        raise ValueError("must be an ID, not a dictionary or a list: use map(attribute='id') to get IDs from a list")
    if text != text.strip():
        raise ValueError("must not begin or end with white space")
    return text


def check_ids(texts: list[str]) -> list[str]:
    """Return the IDs of an option without duplicates. Raises ValueError for the first one that is not valid."""
    for number, text in enumerate(texts, 1):
        try:
            check_id(text)
        except ValueError as error:
            raise ValueError(f"(item {number}) {error}") from None
    return list(dict.fromkeys(texts))


def check_items(items: list[dict[str, t.Any]], checks: Mapping[str, Callable[[str], str]]) -> None:
    """Raises ValueError with all problems that the checks find. Of the values, the message quotes only the names."""
    problems: dict[str, list[str]] = {}
    for number, item in enumerate(items, 1):
        name = f" ({item['name']})" if item["name"].strip() else ""
        for field, check in checks.items():
            try:
                if item[field] is not None:
                    check(item[field])
            except ValueError as error:
                problems.setdefault(str(error), []).append(f"{field} of item {number}{name}")
    if problems:
        texts = [f"{join_limited(fields)} {problem}" for problem, fields in problems.items()]
        raise ValueError(f"is not valid: {'; '.join(texts)}")


def check_not_negative(number: int) -> int:
    """The number. Raises ValueError if it is less than 0."""
    if number < 0:
        raise ValueError("must not be negative")
    return number


def check_access_token(token: str) -> str:
    """Return the token without surrounding white space. Raises ValueError. The message never quotes the token."""
    token = token.strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("must be only the token: visible ASCII characters, no spaces, and no 'Bearer' before it")
    return token


def check_api_url(url: str) -> str:
    """Return the base URL without slashes at its end. Raises ValueError. The message never quotes the URL."""
    url = url.strip()
    if not url:
        raise ValueError("must not be empty")
    if any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("must not contain white space or control characters")
    try:
        parts = urlsplit(url)
        valid = parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("is not a valid URL")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an absolute http or https URL, such as https://backend.flashback.tech")
    if "@" in parts.netloc:
        raise ValueError("must not contain credentials")
    if "?" in url or "#" in url:
        raise ValueError("must not contain a query or a fragment")
    return url.rstrip("/")


def check_between(least: int, most: int) -> Callable[[int], int]:
    """Return a check that accepts numbers from `least` to `most`, and raises ValueError for all others."""

    def check(value: int) -> int:
        if not least <= value <= most:
            raise ValueError(f"must be between {least} and {most}")
        return value

    return check
