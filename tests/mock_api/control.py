# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control side of the mock API, which tests use. It needs no token, and its requests are not logged.

What it cannot use it answers with 400 or 404 and {"success": false, "message": …}.

* `GET /_mock/requests`: the requests to the API since the last reset or list of faults, in order:
  `{method, path, body, status, session}`, the path as it was sent. `status` is null if no response was sent, `body`
  is null if there was none that is JSON; of a login it has no password. `session` is the token ID of the login whose
  access token was used, expired or not; `static` for the fixed token; null for no token or an unknown one.
* `GET /_mock/state`: the configurations as they are now, in order, a list of `{id, workspaceId, name, aiType, endpoint,
  repos, credentialWrites}`. The last one counts how often its credentials were written, 0 for those of the seed.
* `GET /_mock/sessions`: the logins that are not revoked, in order, a list of `{tokenId, email}`.
* `PUT /_mock/tokens`: change the limits `{lifetime, requests, static}` of tokens, as many of them as are sent, until
  the next reset: the access token of a login is accepted for `lifetime` seconds (null: an hour) and for `requests`
  requests (null: any number), and the fixed token only if `static` is true.
* `POST /_mock/reset`: begin again, from the seed or from the JSON that is sent, which has the form of the seed.
  Without `users`, those of the seed stay. All logins are forgotten.
* `PUT /_mock/repos/{id}`: link a configuration to exactly these repositories, a list of `{id, name}`.
* `PUT /_mock/faults`: the faults of the requests to come, a list, in place of those that are left. The log of
  requests starts empty again. Keys of a fault, all optional: `method` and `path` (a regular expression) say which
  requests, `times` how many of them (1); then `delay` in seconds, and either `cut` (`before` or `after` the request
  takes effect, the connection is reset) or a response made of `status`, `headers` and `body` (a text, or else JSON),
  sent with `trickle` seconds before each byte. With `after: true` the request takes effect before that response.
* `POST /_mock/stop`: end the server.
"""

from __future__ import annotations

import asyncio
import typing as t

from aiohttp import web

from .faults import FaultError, parse_faults
from .messages import BadBodyError, error, no_content, read_json
from .seed import SeedError, parse_seed
from .state import STATE
from .tokens import LimitsError

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
    request.app[STATE].tokens.limits.change(await read_json(request))
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


async def stop(request: web.Request) -> web.Response:
    request.app[STOP].set()
    return no_content()


async def handle(request: web.Request, handler: t.Any) -> web.StreamResponse:
    """Run a handler of the control side."""
    try:
        return t.cast("web.StreamResponse", await handler(request))
    except (BadBodyError, FaultError, LimitsError, SeedError) as exc:
        return error(400, str(exc))
