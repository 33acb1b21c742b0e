# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Texts that differ, but that a reader, or the platform, may take for the same."""

from __future__ import annotations

import typing as t
import unicodedata
from urllib.parse import urlsplit

from .._text import MAX_MESSAGE_CHARS, excerpt, join_limited

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .api import AiLlm, Listing
    from .outcome import Change
    from .wanted import Wanted


def look_alikes(names: Iterable[str], listed: Listing) -> list[str]:
    """Return the pairs of one of the names and a listed name that looks the same, each shown so that they differ."""
    by_look = {_look(name): name for name in names}
    pairs = [(by_look.get(_look(item["name"] or "")), item) for item in listed] if by_look else []
    return [
        f"{difference(name, item['name'])} ({item['id']})"
        for name, item in pairs
        if name is not None and name != item["name"]
    ]


def warnings_of_plan(
    wanted: Sequence[Wanted], changes: Sequence[Change], listed: Listing, workspace_id: str | None
) -> tuple[str, ...]:
    """Return a warning for each kind of difference in a plan that may be none, and for endpoints that have a password.

    :param workspace_id: The workspace that is listed; None if the list is by ID, and shows no other names.
    """
    warnings = []
    # A listed name that the task names, too, is known to its author.
    declared = {item.name for item in wanted}
    others = [item for item in listed if item["name"] not in declared] if workspace_id is not None else []
    missing = [change.label for change in changes if change.before is None and change.id is None]
    pairs = look_alikes(missing, others)
    if pairs:
        warnings.append(
            f"Names of the task are not listed in workspace '{workspace_id}', but names that look the same are:"
            f" {join_limited(pairs)}. If they are the same, copy the listed name into the task."
        )
    same = [change.label for change in changes if change.before and _is_same_endpoint(change, change.before)]
    if same:
        warnings.append(
            "The new endpoint differs from the listed one only in a slash at its end or in the case of its host:"
            f" {join_limited(same)}. If the platform stores it like this, each run reports this change. To avoid it,"
            " use the listed endpoint in the task."
        )
    hidden = [f"'{item['name']}' ({item['id']})" for item in listed if "//********@" in (item["endpoint"] or "")]
    if hidden:
        warnings.append(
            "The endpoint of a configuration contains a user or a password, which is not shown, but which everybody"
            f" who can read the configuration sees: {join_limited(hidden)}. Give it an endpoint without them."
        )
    return tuple(warnings)


def difference(one: str, other: str) -> str:
    """Return two different texts, such as "'Team' and 'T\\xe9am'": in ASCII, and with the position if they are long."""
    shown = [_visible(one), _visible(other)]
    if shown[0] == shown[1]:
        position = next(number for number in range(max(len(one), len(other)) + 1) if one[:number] != other[:number])
        shown[1] += f" (different from character {position} on)"
    return " and ".join(shown)


def _visible(text: str) -> str:
    # A message is one line, in which white space is collapsed.
    return excerpt(ascii(text[: 2 * MAX_MESSAGE_CHARS]).replace("  ", " \\x20"))


def _look(name: str) -> str:
    """The name without the differences that a reader may not see: width, case, white space, invisible characters."""
    text = unicodedata.normalize("NFKC", name)
    return " ".join("".join(char for char in text if unicodedata.category(char) != "Cf").casefold().split())


def _is_same_endpoint(change: Change, before: AiLlm) -> bool:
    """Whether the endpoint is all that changes, and both its values are probably stored as the same."""
    if list(change.fields) != ["endpoint"] or not before["endpoint"]:
        return False
    return _normal(change.fields["endpoint"]) == _normal(before["endpoint"])


def _normal(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return endpoint
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl().rstrip("/")
