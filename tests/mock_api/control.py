# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface of the mock API, for tests. It needs no token, and its requests are not logged.

It answers wrong requests with 400 or 404 and {"success": false, "message": …}.

* `GET /_mock/requests`: the requests to the API since the last reset or list of faults, in order:
  `{method, path, body, status, session}`. `path` is the path as it was sent. `status` is null if no response was sent.
  `body` is null if the request had no JSON body. The body of a login has no password. `session` is the token ID of the
  login whose access token was used, even if the token has expired. It is `static` for the fixed token, and null for a
  missing or unknown token.
* `GET /_mock/state`: the configurations as they are now, in order, a list of `{id, workspaceId, name, aiType, endpoint,
  repos, credentialWrites}`. The last one counts how often its credentials were written, 0 for those of the seed.
* `GET /_mock/sessions`: the logins that are not revoked, in order, a list of `{tokenId, email}`.
* `PUT /_mock/tokens`: change the limits of tokens until the next reset. The body has one or more of `{lifetime,
  requests, static}`. The access token of a login is accepted for `lifetime` seconds (null: an hour) and for `requests`
  requests (null: any number). The fixed token is accepted only if `static` is true.
* `POST /_mock/reset`: return to the seed, or to the JSON body, which has the format of the seed. Without `users`, the
  users of the seed stay. All logins are removed.
* `PUT /_mock/repos/{id}`: link a configuration to exactly these repositories, a list of `{id, name}`.
* `PUT /_mock/faults`: replace the list of faults for the next requests, and clear the log of requests. All keys of a
  fault are optional:
  * `method` and `path` (a regular expression) select the requests, and `times` (default: 1) limits their number.
  * `delay` is a pause in seconds.
  * `cut` resets the connection `before` or `after` the request takes effect.
  * Without `cut`, the response has `status`, `headers` and `body` (a text, or any other JSON value). It is sent with
    `trickle` seconds before each byte. With `after: true`, the request takes effect before this response.
* `PUT /_mock/switches`: turn exactly these switches on until the next reset, a list of names (switches.py).
* `POST /_mock/stop`: end the server.
"""

from __future__ import annotations

import asyncio
import dataclasses
import typing as t

from aiohttp import web

from .faults import parse_faults
from .messages import error, no_content, read_json
from .seed import parse_seed
from .state import STATE
from .switching import parse_switches

STOP = web.AppKey("stop", asyncio.Event)


async def requests(request: web.Request) -> web.Response:
    return web.json_response(request.app[STATE].requests)


async def state(request: web.Request) -> web.Response:
    fields = ("id", "workspaceId", "name", "aiType", "endpoint", "repos")
    return web.json_response(
        [
            {
                **{field: ai_llm.listed.get(field) for field in fields},
                "credentialWrites": ai_llm.credential_writes,
            }
            for ai_llm in request.app[STATE].ai_llms.values()
        ]
    )


async def sessions(request: web.Request) -> web.Response:
    return web.json_response(request.app[STATE].tokens.open_sessions())


async def tokens(request: web.Request) -> web.Response:
    tokens_ = request.app[STATE].tokens
    try:
        tokens_.limits = dataclasses.replace(tokens_.limits, **await read_json(request))
    except TypeError as exc:
        raise ValueError(str(exc)) from None
    return no_content()


async def reset(request: web.Request) -> web.Response:
    known = request.app[STATE]
    if await request.read():
        known.reset(parse_seed(await read_json(request), known.initial_seed.users))
    else:
        known.reset()
    return no_content()


async def faults(request: web.Request) -> web.Response:
    faulty = request.app[STATE]
    faulty.faults = parse_faults(await read_json(request))
    faulty.requests = []
    return no_content()


async def repos(request: web.Request) -> web.Response:
    ai_llm = request.app[STATE].ai_llms.get(request.match_info["id"])
    if ai_llm is None:
        return error(404, f"No AI LLM configuration has the ID {request.match_info['id']!r}")
    linked = await read_json(request)
    if not isinstance(linked, list) or not all(isinstance(repo, dict) for repo in linked):
        return error(400, "The repositories must be a list of objects")
    ai_llm.listed["repos"] = linked
    return no_content()


async def switches(request: web.Request) -> web.Response:
    request.app[STATE].switch(parse_switches(await read_json(request)))
    return no_content()


async def stop(request: web.Request) -> web.Response:
    request.app[STOP].set()
    return no_content()


async def handle(request: web.Request, handler: t.Any) -> web.StreamResponse:
    """Run a handler of the control interface."""
    try:
        return t.cast("web.StreamResponse", await handler(request))
    except ValueError as exc:
        return error(400, str(exc))
