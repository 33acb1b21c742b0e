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

from .._text import check_path_segment, is_control
from .option import Doubt

if t.TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_QUOTES = "docker's option --env-file and some CI systems keep those of the file"

_QUOTED = Doubt(
    "A value begins and ends with a quotation mark, which is sent as a part of it",
    f"Check whether it belongs to the value: {_KEPT_QUOTES}",
)
_PLACEHOLDER = Doubt(
    "A value looks like a placeholder that nothing has replaced, and is sent as it is",
    "Check that the variable, or the secret store, with the value is set",
)
_LOOKS_LIKE_A_PLACEHOLDER = (
    r"\$\([\w.-]+\)|\$\{[\w.-]+\}|\$[A-Z][A-Z0-9_]+|\*+|\[(?i:masked|redacted|hidden)\]|(?:op|vault):.+"
    r"|(?i:null|undefined|none)"
)
_SECRET_IN_URL = Doubt(
    "An endpoint has a query parameter that looks like a credential, and everybody sees endpoints",
    "Use the options key and secret for credentials",
)
_CREDENTIAL_NAME = r"(?i)(^|[^a-z])(sig|auth)($|[^a-z])|key$|token|secret|passw|pwd|credential|signature"

# Of all invisible characters, emoji, flags, Persian and Indic scripts need these.
_JOINERS = "\u200c\u200d"
_TAGS = range(0xE0000, 0xE0080)


def check_not_blank(text: str) -> str:
    """Return the text. Raises ValueError if it is empty or only white space, such as a variable that is not set."""
    if not text.strip():
        raise ValueError("must not be empty or blank: check that the variable with its value is set")
    return text


def check_text(text: str) -> str:
    """Return the text. Raises ValueError if it is blank, or has characters that nobody sees and that change it."""
    check_not_blank(text)
    for char in "" if text.isprintable() else text:
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
            check_id(text)
        except ValueError as error:
            raise ValueError(f"(item {number}) {error}") from None
    return list(dict.fromkeys(texts))


def check_secret(text: str) -> str:
    """Return the text of a `key` or `secret`. Raises ValueError. The message never quotes it.

    Line breaks within it are accepted, because it can be a PEM file or JSON.
    """
    check_not_blank(text)
    if "\u00a0" in (text[0], text[-1]):
        raise ValueError(f"must not begin or end with {_name(chr(0xA0))}: remove it")
    return check_no_format_characters(_check_no_template(text))


def _check_no_template(text: str) -> str:
    """Return the text. Raises ValueError if something should have replaced it by a secret."""
    whole = text.strip()
    if (
        (whole.startswith("{{") and whole.endswith("}}"))
        or whole.startswith("$ANSIBLE_VAULT;")
        or whole == "$encrypted$"
    ):
        raise ValueError(
            "must be the secret itself, not a template, a value of Ansible Vault, or AWX's placeholder that nothing has"
            " replaced: check where the value comes from"
        )
    return text


def doubt_secret(text: str) -> Doubt | None:
    """Return a doubt about a secret that may be right, so that it is sent as it is."""
    if is_quoted(text):
        return _QUOTED
    return _PLACEHOLDER if re.fullmatch(_LOOKS_LIKE_A_PLACEHOLDER, text.strip()) else None


def check_endpoint(text: str) -> str:
    """Return the endpoint. Raises ValueError. The message never quotes it."""
    if re.match(r"(?:[^/?#]*//[^/?#]*|[^/?#]*:[^/?#]*)@", text):
        raise ValueError(
            "must not contain a user or a password, because everybody sees endpoints: use the options key and secret"
        )
    return check_text(text)


def doubt_endpoint(text: str) -> Doubt | None:
    """Return a doubt about an endpoint that may contain a secret."""
    names = re.findall(r"[?&;]([^=&;#]*)=", text)
    return _SECRET_IN_URL if any(re.search(_CREDENTIAL_NAME, name) for name in names) else None


def check_password(text: str) -> str:
    """Return the password. Raises ValueError. The message never quotes it."""
    if text != text.strip("\r\n"):
        raise ValueError("must not begin or end with a line break, which files and commands add: use the filter trim")
    return check_no_format_characters(_check_no_template(text))


def check_email(text: str) -> str:
    """Return the address. Raises ValueError."""
    if is_quoted(text):
        raise ValueError(f"must not be in quotation marks: {_KEPT_QUOTES}")
    return check_text(text)


def check_not_negative(number: int) -> int:
    """The number. Raises ValueError if it is less than 0."""
    if number < 0:
        raise ValueError("must not be negative")
    return number


def check_access_token(token: str) -> str:
    """Return the token. Raises ValueError. The message never quotes the token."""
    _check_no_template(token)
    if is_quoted(token):
        raise ValueError(f"must not be in quotation marks: {_KEPT_QUOTES}")
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
