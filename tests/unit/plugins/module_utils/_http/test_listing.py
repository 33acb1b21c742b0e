# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list that is not complete is refused, because what it does not show could exist all the same."""

from __future__ import annotations

import functools
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Failure
from ansible_collections.flashback.platform.plugins.module_utils._http.listing import _paging_headers, read_list
from ansible_collections.flashback.platform.tests.unit.helpers import cpu_seconds
from ansible_collections.flashback.platform.tests.unit.responses import LIST, OTHER, listing
from ansible_collections.flashback.platform.tests.unit.scripted_server import Response, ScriptedServer, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import NewSession

# Signs of further pages, with one item in the list.
MORE: list[dict[str, t.Any]] = [
    {"hasMore": True},
    {"has_more": "true"},
    {"Has-More-Items": 1},
    {"more": True},
    {"isTruncated": True},
    {"truncated": True},
    {"incomplete_results": True},
    {"isLast": False},
    {"last": False},
    {"last_page": "false"},
    {"next": "/ai/llm?page=2"},
    {"next": 2},
    {"nextPage": 2},
    {"next_page": 2},
    {"nextCursor": "abc"},
    {"next_cursor": "abc"},
    {"nextToken": "abc"},
    {"nextPageToken": "abc"},
    {"NextMarker": "abc"},
    {"next_url": "/ai/llm?page=2"},
    {"nextRecordsUrl": "/query/01g-2000"},
    {"@odata.nextLink": "/ai/llm?$skip=1"},
    {"continuationToken": "abc"},
    {"total": 2},
    {"totalCount": "2"},
    {"total_count": 2},
    {"totalElements": 2},
    {"totalItems": 2},
    {"page": 1, "totalPages": 2},
    {"page": 0, "total_pages": 2},
    {"page": 1, "pages": 2},
    {"numberOfPages": 2},
    {"pageInfo": {"hasNextPage": True, "endCursor": "abc"}},
    {"page": {"size": 1, "totalElements": 2, "totalPages": 2, "number": 0}},
    {"cursor": {"next": "abc"}},
    {"paging": {"cursors": {"after": "abc"}, "next": "/ai/llm?after=abc"}},
    {"response_metadata": {"next_cursor": "abc"}},
    {"metadata": {"continue": "abc"}},
    {"meta": {"total": 2}},
    {"meta": {"current_page": 1, "last_page": 2}},
    {"meta": {"pagination": {"next_page": 2}}},
    {"meta": {"pagination": {"total": 2}}},
    {"meta": {"pagination": {"page": 1, "page_count": 2}}},
    {"result": {"pagination": {"total": 2}}},
    {"result": {"info": {"has_more": True}}},
    {"links": {"next": "/ai/llm?page=2"}},
    {"links": {"pages": {"next": "/ai/llm?page=2"}}},
    {"links": [{"rel": "self", "href": "/"}, {"rel": "next", "href": "/ai/llm?page=2"}]},
    {"_links": {"next": {"href": "/ai/llm?page=2"}}},
]
MORE_HEADERS = [
    {"Link": "</ai/llm?page=2>; rel=next"},
    {"link": '</>; rel="first", </ai/llm?page=2>; rel="next last"'},
    {"Link": "</ai/llm?page=2>; REL='next'"},
    {"X-Total-Count": "2"},
    {"x-total": "2"},
    {"X-Total-Pages": "2"},
    {"X-Next-Page": "2"},
    {"X-Has-More": "true"},
    {"Content-Range": "items 0-0/2"},
    {"Content-Range": "0-0/2"},
]

COMPLETE: list[dict[str, t.Any]] = [
    {},
    {"hasMore": False, "has_more": "false", "next": None, "nextPage": "", "nextCursor": {}, "nextPageToken": []},
    {"nextToken": "null", "truncated": False, "isLast": True, "last": None, "more": "See the documentation"},
    {
        "total": 1,
        "totalCount": 0,
        "totalRows": 1e999,
        "next_page": "0",
        "page": 1,
        "links": "none",
        "totalPages": 1,
        "last_page": 1,
        "total_items": True,
    },
    {"_links": {"next": {"href": None}, "self": {"href": "/"}}, "pagination": {"total": "unknown", "pages": 1}},
    {"links": [{"rel": "self", "href": "/"}, "next", None], "meta": {"pagination": None}, "paging": [5]},
    # Names of paging with another meaning.
    {"quota": {"total": 100, "pages": 9}, "usage": {"total_count": 7}, "meta": {"quota": {"total": 100}}},
    {"next": "2026-08-01T00:00:00Z", "rotation": {"next": "tomorrow", "last": "2026-07-01"}},
    {"limit": 1, "offset": 0, "per_page": 1, "count": 1, "cursor": "abc", "nextSteps": "Create one", "nextRotation": 5},
    {"a": {"b": {"c": {"hasMore": True}}}, "related": [{"rel": "next"}]},
]
COMPLETE_HEADERS = [
    {"Link": '</docs?rel=next>; rel=help, </next>; title="next"; rel="prev"'},
    {"X-Total-Count": "1", "X-Next-Page": "", "X-Total-Pages": "1", "X-Page": "1", "X-Request-Id": "7", "Total": "9"},
    {"Content-Range": "bytes 0-99/100"},
    {"Content-Range": "items 0-0/*"},
]


def read(server: ScriptedServer, new_session: NewSession, steps: Response, **options: t.Any) -> list[t.Any]:
    server.expect(LIST, steps)
    return read_list(new_session(), "/ai/llm", "aiLlms", **options)


def failure_of(*arguments: t.Any) -> Failure:
    with pytest.raises(ApiError) as caught:
        read(*arguments)
    failure = caught.value.failure
    assert (failure.code, failure.outcome_unknown) == ("invalid_response", False)
    return failure


@pytest.mark.parametrize(
    "steps",
    [
        *(response(200, {**listing(OTHER), **fields}) for fields in MORE),
        *(response(200, listing(OTHER), headers) for headers in MORE_HEADERS),
        response(206, listing(OTHER)),
        response(200, b'{"aiLlms": [], "next": ' + b'{"a": ' * 900 + b"1" + b"}" * 901),
    ],
    ids=[*map(repr, MORE), *map(repr, MORE_HEADERS), "206", "nested"],
)
def test_a_list_that_says_that_there_is_more_is_refused(
    steps: Response, server: ScriptedServer, new_session: NewSession
) -> None:
    assert "only a part of the list" in failure_of(server, new_session, steps).message


@pytest.mark.parametrize(
    "steps",
    [
        *(response(200, {**listing(OTHER), **fields}) for fields in COMPLETE),
        *(response(200, listing(OTHER), headers) for headers in COMPLETE_HEADERS),
    ],
)
def test_other_fields_and_headers_do_not_matter(
    steps: Response, server: ScriptedServer, new_session: NewSession
) -> None:
    assert read(server, new_session, steps) == [OTHER]


def test_no_header_takes_longer_to_read_than_its_length() -> None:
    short, long = cpu_seconds(*(functools.partial(_paging_headers, {"Link": "<" * n}) for n in (10_000, 40_000)))
    assert long < 8 * short


def test_a_total_of_statistics_is_not_the_number_of_items(server: ScriptedServer, new_session: NewSession) -> None:
    steps = response(200, {**listing(OTHER), "total": 7}, {"X-Total-Count": "7"})
    assert read(server, new_session, steps, has_total=False) == [OTHER]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"success": True, "aiLlms": None}, "the field 'aiLlms' of the response is null"),
        ({"aiLlms": {"a": 1}}, "the field 'aiLlms' of the response is not a list"),
        ({"success": True, "aiLlms": ""}, "the field 'aiLlms' of the response is not a list"),
        ({"success": True, "items": []}, "the field 'aiLlms' of the response is missing"),
    ],
)
def test_a_response_of_the_api_without_a_list(
    body: t.Any, message: str, server: ScriptedServer, new_session: NewSession
) -> None:
    failure = failure_of(server, new_session, response(200, body))
    assert (failure.message, failure.suspects_address) == (message, False)


def test_a_list_in_a_response_that_says_that_it_failed(server: ScriptedServer, new_session: NewSession) -> None:
    with pytest.raises(ApiError) as caught:
        read(server, new_session, response(200, {"success": False, "aiLlms": []}))
    assert caught.value.failure.code == "server_error"


@pytest.mark.parametrize("body", [{}, {"items": []}, [], "<p>Sign in", {"success": "true"}])
def test_a_response_of_something_else(body: t.Any, server: ScriptedServer, new_session: NewSession) -> None:
    assert failure_of(server, new_session, response(200, body)).suspects_address
