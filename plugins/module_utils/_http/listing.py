# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read a list, and refuse one that is not complete: what it does not show could exist all the same."""

from __future__ import annotations

import functools
import re
import typing as t

from .._errors import ApiError, Failure
from .._next_steps import BAD_LIST, LIST_WITH_PAGES

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .auth import AuthenticatedClient
    from .response import Response

# The API documents no paging. These are the usual signs of it: names of fields in lower case, with only their letters.
# In every dictionary:
_FLAG = re.compile(r"has(next|more)[a-z]*|more(available|items|pages|results)?|(is)?(truncated|incomplete[a-z]*)")
_NEXT = re.compile(r"(odata)?next(page|cursor|token|link|url|uri|href|offset|marker|key|records)+|continuation(token)?")
_LAST = re.compile(r"(is)?last(page)?")
# At the top, and in dictionaries that are named for paging. Elsewhere, other numbers and dates have such names.
_BARE_NEXT = re.compile(r"next|continue")
_TOTAL = re.compile(r"total(count|items|results|records|elements|entries|rows|size)?")
_PAGES = re.compile(r"(total|last|max|num|number)(of)?pages?|pages?(count|total)|pages")
_PAGING = re.compile(r"pag(e|ing|ination)|cursor|link|meta")


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
    :raises ApiError: The request failed, or the response has no list, or says that there are more items.
    """
    response = client.call("GET", path, query=query, proof=functools.partial(_is_from_api, field=field))
    items = response.fields.get(field)
    if not isinstance(items, list):
        what = "missing" if field not in response.fields else "null" if items is None else "not a list"
        raise _invalid(response, f"the field '{field}' of the response is {what}", BAD_LIST)
    parts = [*_parts(response.fields), (_paging_headers(response.headers), True)]
    number = len(items) if has_total else None
    is_sign = any(
        _is_sign(_letters(name), value, is_paging, number) for part, is_paging in parts for name, value in part.items()
    )
    if is_sign or response.status == 206:
        raise _invalid(response, "the response contains only a part of the list", LIST_WITH_PAGES)
    return items


def _invalid(response: Response, message: str, next_step: str) -> ApiError:
    return ApiError(Failure("invalid_response", message, http_status=response.status, next_step=next_step))


def _is_from_api(response: Response, field: str) -> bool:
    """Whether a 2xx is the API's own: it says so, or has the field of the list (decision 1)."""
    return response.success is True or (response.success is None and field in response.fields)


def _parts(fields: Mapping[str, t.Any], is_paging: bool = True, depth: int = 2) -> Iterator[tuple[t.Any, bool]]:
    """The dictionaries of a response, and whether each of them is named for paging."""
    yield fields, is_paging
    for name, value in fields.items():
        if depth and isinstance(value, dict):
            yield from _parts(value, bool(_PAGING.search(_letters(name))), depth - 1)


def _paging_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that can be signs, under the names of fields: X-Total-Count, X-Next-Page, Link, Content-Range."""
    found = {name[2:]: value for name, value in headers.items() if name.lower().startswith("x-")}
    # Without the URLs, which can contain anything.
    links = re.sub(r"<[^<>]*>", "", headers.get("Link", ""))
    content_range = re.fullmatch(r"(?!bytes)[^/]*/(\d+)", headers.get("Content-Range", "").strip())
    next_link = re.search(r"""(?i)\brel\s*=\s*("[^"]*\bnext\b|'[^']*\bnext\b|next\b)""", links)
    return {
        **found,
        "next link": next_link[0] if next_link else "",
        "total count": content_range[1] if content_range else "",
    }


def _is_sign(name: str, value: t.Any, is_paging: bool, number: int | None) -> bool:
    """Whether a field says that there are more items than this number, None if totals do not count."""
    if isinstance(value, list):
        return bool(_PAGING.search(name)) and any(
            isinstance(link, dict) and link.get("rel") == "next" for link in value
        )
    if _FLAG.fullmatch(name):
        return str(value).lower() in ("true", "1")
    if _NEXT.fullmatch(name):
        return _is_set(value)
    if _LAST.fullmatch(name) and str(value).lower() == "false":
        return True
    if not is_paging:
        return False
    if _BARE_NEXT.fullmatch(name):
        # A date is no page.
        return _is_set(value) and not re.match(r"\d{4}-\d\d-\d\d", str(value))
    has_more = number is not None and _TOTAL.fullmatch(name) and _number(value) > number
    return bool(has_more or (_PAGES.fullmatch(name) and _number(value) > 1))


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _is_set(value: t.Any) -> bool:
    """Whether a sign of another page is one: {"href": null} and "false" are none."""
    values = value.values() if isinstance(value, dict) else [value]
    return any(item and str(item).lower() not in ("false", "0", "null", "none") for item in values)


def _number(value: t.Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
