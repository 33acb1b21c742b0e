# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Check texts before they are sent, and clean texts of servers before they are shown."""

from __future__ import annotations

import contextlib
import re
import typing as t
import unicodedata
from urllib.parse import urlsplit

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# The maximum number of characters that a message quotes from one text of a server, and of names that it lists.
MAX_MESSAGE_CHARS = 300
MAX_NAMES = 10
# The maximum number of characters to parse of an HTML page. For a long broken page, Python's parser takes seconds.
_MAX_HTML_CHARS = 8192


def check_not_blank(text: str) -> str:
    """Return the text. Raises ValueError if it is empty or only white space, such as a variable that is not set."""
    if not text.strip():
        raise ValueError("must not be empty or blank: check that the variable with its value is set")
    return text


def check_text(text: str) -> str:
    """Return the text. Raises ValueError if it is blank or has control characters or lone surrogates."""
    check_not_blank(text)
    if any(_is_control(char) for char in text):
        raise ValueError("must not contain control characters")
    return text


def check_path_segment(text: str) -> str:
    """Return the text if it can be sent as one segment of a URL's path. Raises ValueError.

    The segments "." and ".." are refused, because percent-encoding does not change dots, and HTTP libraries resolve
    "..". All other texts are safe after percent-encoding.
    """
    check_text(text)
    if text in (".", ".."):
        raise ValueError("must not be '.' or '..'")
    return text


def check_id(text: str) -> str:
    """Return the ID of an option. Raises ValueError if no object of the API can have it.

    Ansible turns a dictionary or a list into a text. A task that removes it would report that it does not exist.
    """
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


def one_line(text: str) -> str:
    """Return the text on one line, without control characters and lone surrogates, so that a terminal can show it."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line. A text of a server can have megabytes."""
    text = one_line(text[: 100 * MAX_MESSAGE_CHARS])
    return text if len(text) <= MAX_MESSAGE_CHARS else f"{text[:MAX_MESSAGE_CHARS]}…"


def join_limited(names: Sequence[str]) -> str:
    """The first names, separated by commas, and how many more there are."""
    more = [f"and {len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    return ", ".join([*map(excerpt, names[:MAX_NAMES]), *more])


def count(number: float, singular: str, plural: str | None = None) -> str:
    """The number with its noun: "1 second", "2 seconds", "2 repositories"."""
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"


def html_text(markup: str) -> str:
    """Return the title of an HTML page; if it has none, its text without tags."""
    # Imported here, because the import takes 2 ms, and only failures need it.
    from html.parser import HTMLParser

    title: list[str] = []
    text: list[str] = []
    hidden = {"title": title, "script": [], "style": []}

    class Collector(HTMLParser):
        target = text

        def handle_starttag(self, tag: str, attrs: t.Any) -> None:
            self.target = hidden.get(tag, self.target)

        def handle_endtag(self, tag: str) -> None:
            self.target = text if tag in hidden else self.target

        def handle_data(self, data: str) -> None:
            self.target.append(data)

    parser = Collector()
    # The parser raises these exceptions for some broken markup. The text before that is sufficient.
    with contextlib.suppress(AssertionError, NotImplementedError, ValueError):
        parser.feed(markup[:_MAX_HTML_CHARS])
        parser.close()
    return one_line("".join(title)) or one_line(" ".join(text))


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs")
