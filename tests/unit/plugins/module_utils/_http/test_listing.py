# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list that is not complete is refused, because what it does not show could exist all the same."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError
from ansible_collections.flashback.platform.plugins.module_utils._http.listing import read_list
from ansible_collections.flashback.platform.tests.unit.responses import LIST, OTHER, listing
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer, response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import NewSession

MORE: list[dict[str, t.Any]] = [
    {"hasMore": True},
    {"has_more": "true"},
    {"next": "/ai/llm?page=2"},
    {"nextPage": 2},
    {"nextCursor": "abc"},
    {"nextPageToken": "abc"},
    {"total": 2},
    {"totalCount": "2"},
    *(
        {part: {"next": {"href": "/ai/llm?page=2"}}}
        for part in ("pagination", "paging", "page", "meta", "links", "_links")
    ),
    {"meta": {"total": 2}},
]

COMPLETE: list[dict[str, t.Any]] = [
    {},
    {"hasMore": False, "has_more": "false", "next": None, "nextPage": "", "nextCursor": {}, "nextPageToken": []},
    {"total": 1, "totalCount": 0, "page": 1, "links": "none"},
    {"_links": {"next": {"href": None}}, "pagination": {"total": "unknown"}},
]


@pytest.mark.parametrize("fields", MORE)
def test_a_list_that_says_that_there_is_more_is_refused(
    fields: dict[str, t.Any], server: ScriptedServer, new_session: NewSession
) -> None:
    server.expect(LIST, response(200, {**listing(OTHER), **fields}))
    with pytest.raises(ApiError, match="only a part of the list") as caught:
        read_list(new_session(), "/ai/llm", "aiLlms")
    assert (caught.value.failure.code, caught.value.failure.outcome_unknown) == ("invalid_response", False)


@pytest.mark.parametrize("fields", COMPLETE)
def test_other_fields_do_not_matter(fields: dict[str, t.Any], server: ScriptedServer, new_session: NewSession) -> None:
    server.expect(LIST, response(200, {**listing(OTHER), **fields}, {"Link": "</docs>; rel=help"}))
    assert read_list(new_session(), "/ai/llm", "aiLlms") == [OTHER]


@pytest.mark.parametrize("link", ["</ai/llm?page=2>; rel=next", '</>; rel="first", </ai/llm?page=2>; rel="next last"'])
def test_a_link_to_the_next_page_is_refused(link: str, server: ScriptedServer, new_session: NewSession) -> None:
    server.expect(LIST, response(200, listing(OTHER), {"Link": link}))
    with pytest.raises(ApiError, match="only a part of the list"):
        read_list(new_session(), "/ai/llm", "aiLlms")


def test_a_total_of_statistics_is_not_the_number_of_items(server: ScriptedServer, new_session: NewSession) -> None:
    server.expect(LIST, response(200, {**listing(OTHER), "total": 7}))
    assert read_list(new_session(), "/ai/llm", "aiLlms", has_total=False) == [OTHER]
