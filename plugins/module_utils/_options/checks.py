# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The checks of option values. Each returns the value to use, or raises ValueError with the end of a sentence."""

from __future__ import annotations

import re
import typing as t
import unicodedata
from urllib.parse import urlsplit

from .._redact import REDACTED
from .._text import check_path_segment, is_control
from .raw import HIDDEN, describe, place_of_item

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEPT_QUOTES = "docker's option --env-file and some CI systems keep those of the file"

# Of all invisible characters, emoji, flags, Persian and Indic scripts need these.
_JOINERS = "\u200c\u200d"
_TAGS = range(0xE0000, 0xE0080)


def check_not_masked(text: str) -> str:
    """Return the text. Raises ValueError if Ansible or a module has replaced a secret in it."""
    if REDACTED in text or HIDDEN in text:
        raise ValueError(
            "must be the real value. Ansible has hidden this value, because it contains a secret of an earlier task:"
            " take it from another source"
        )
    return text


def check_not_blank(text: str) -> str:
    """Return the text. Raises ValueError if it is empty or only white space, such as a variable that is not set."""
    if not text.strip():
        raise ValueError("must not be empty or blank: check that the variable with its value is set")
    return text


def check_text(text: str) -> str:
    """Return the text. Raises ValueError if it is blank, or has characters that nobody sees and that change it."""
    check_not_blank(text)
    for char in text:
        if is_control(char) or char in "\u2028\u2029":
            raise ValueError(f"must not contain control characters or line breaks, such as {_name(char)}")
        if char in "\u00a0\u202f":
            raise ValueError(f"must not contain {_name(char)}, which looks like a space: replace it by a space")
    if text != text.strip():
        raise ValueError("must not begin or end with white space: remove it")
    return check_no_format_characters(text)


def check_no_format_characters(text: str) -> str:
    """Return the text. Raises ValueError if it has an invisible character, such as a byte order mark."""
    if not text.isascii():
        for char in text:
            if unicodedata.category(char) == "Cf" and char not in _JOINERS and ord(char) not in _TAGS:
                raise ValueError(f"must not contain the invisible character {_name(char)}: remove it")
    return text


def check_id(text: str) -> str:
    """Return the ID. Raises ValueError if no object of the API can have it.

    A list or a dictionary can become text. A task that removes it would report that it does not exist.
    """
    check_text(text)
    check_path_segment(text)
    if any(char.isspace() or char in "[]{},\"'`" for char in text):
        raise ValueError(
            "must be an ID, without white space, commas, brackets, braces, and quotation marks. Check whether a list or"
            " a dictionary has become text: map(attribute='id') gets the IDs from a list"
        )
    return text


def check_ids(texts: list[str]) -> list[str]:
    """Return the IDs of an option without duplicates. Raises ValueError for the first one that is not valid."""
    for number, text in enumerate(texts, 1):
        try:
            check_id(check_not_masked(text))
        except ValueError as error:
            raise ValueError(f"(item {number}) {error}") from None
    return list(dict.fromkeys(texts))


def check_items(items: list[dict[str, t.Any]], checks: Mapping[str, Callable[[str], str]]) -> None:
    """Raises ValueError with all problems that the checks find. Of the values, the message quotes only the names."""
    problems: list[tuple[str, str]] = []
    for number, item in enumerate(items, 1):
        for field, check in checks.items():
            try:
                if item[field] is not None:
                    check(check_not_masked(item[field]))
            except ValueError as error:
                problems.append((f"{field} of {place_of_item(number, item)}", str(error)))
    if problems:
        raise ValueError(f"is not valid: {describe(problems)}")


def check_secret(text: str) -> str:
    """Return the text of a `key` or `secret`. Raises ValueError. The message never quotes it.

    Line breaks within it are accepted, because it can be a PEM file or JSON.
    """
    check_not_blank(text)
    if "\u00a0" in (text[0], text[-1]):
        raise ValueError(f"must not begin or end with {_name(chr(0xA0))}: remove it")
    return check_no_format_characters(text)


def check_password(text: str) -> str:
    """Return the password. Raises ValueError. The message never quotes it."""
    if text != text.strip("\r\n"):
        raise ValueError("must not begin or end with a line break, which files and commands add: use the filter trim")
    return check_no_format_characters(text)


def check_email(text: str) -> str:
    """Return the address. Raises ValueError."""
    if is_quoted(text):
        raise ValueError(f"must not be in quotation marks: {KEPT_QUOTES}")
    return check_text(text)


def check_not_negative(number: int) -> int:
    """The number. Raises ValueError if it is less than 0."""
    if number < 0:
        raise ValueError("must not be negative")
    return number


def check_access_token(token: str) -> str:
    """Return the token. Raises ValueError. The message never quotes the token."""
    if is_quoted(token):
        raise ValueError(f"must not be in quotation marks: {KEPT_QUOTES}")
    if not re.fullmatch(r"[!-~]+", token) or any(char in token for char in "\"'{}<>,\\"):
        raise ValueError(
            "must be only the token: visible ASCII characters without spaces, quotation marks, braces, angle brackets,"
            " commas, and backslashes, and no 'Bearer' before it"
        )
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


def is_quoted(text: str | None) -> bool:
    return text is not None and len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


def _name(char: str) -> str:
    """Return the code and the name of a character that a message cannot show."""
    name = unicodedata.name(char, "")
    return f"U+{ord(char):04X} ({name.lower()})" if name else f"U+{ord(char):04X}"
