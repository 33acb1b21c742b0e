# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read a list, and refuse one that is not complete: what it does not show could exist all the same."""

from __future__ import annotations

import functools
import typing as t

from .._errors import ApiError, Failure
from .._next_steps import LIST_WITH_PAGES

if t.TYPE_CHECKING:
    from .auth import AuthenticatedClient
    from .response import Response

# The API documents no paging. These are the usual signs of it, in the body or in one of its parts.
_PARTS = ("pagination", "paging", "page", "meta", "links", "_links")
_MORE = ("hasMore", "has_more", "next", "nextPage", "nextCursor", "nextPageToken")
_TOTALS = ("total", "totalCount")


def read_list(
    client: AuthenticatedClient,
    path: str,
    field: str,
    *,
    query: dict[str, str] | None = None,
    has_total: bool = True,
) -> list[t.Any]:
    """Return the items of a list in the order of the API.

    :param field: The field of the response that has the items.
    :param has_total: Whether a total in the response is the number of items.
    :raises ApiError: The request failed, or the response says that there are more items.
    """
    response = client.call("GET", path, query=query, proof=functools.partial(_has_list, field=field))
    items: list[t.Any] = response.fields[field]
    if response.has_next_link or _says_more(response.fields, len(items) if has_total else None):
        message = "the response contains only a part of the list"
        raise ApiError(Failure("invalid_response", message, http_status=response.status, next_step=LIST_WITH_PAGES))
    return items


def _has_list(response: Response, field: str) -> bool:
    """Whether a 2xx contains the requested list (decision 1)."""
    return response.success is not False and isinstance(response.fields.get(field), list)


def _says_more(fields: dict[str, t.Any], number: int | None) -> bool:
    parts = [fields, *(fields[name] for name in _PARTS if isinstance(fields.get(name), dict))]
    if any(_is_set(part.get(name)) for part in parts for name in _MORE):
        return True
    return number is not None and any(_number(part.get(name)) > number for part in parts for name in _TOTALS)


def _is_set(value: t.Any) -> bool:
    """Whether a sign of another page is one: {"href": null} and "false" are none."""
    if isinstance(value, dict):
        return any(map(_is_set, value.values()))
    return bool(value) and str(value).lower() not in ("false", "0")


def _number(value: t.Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
