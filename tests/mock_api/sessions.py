# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in, and revoke a login."""

from __future__ import annotations

import typing as t

from aiohttp import web

from .messages import BadBodyError, error, read_object, success
from .state import STATE

if t.TYPE_CHECKING:
    from .messages import Json

MASK = "********"


def refused(code: str) -> web.Response:
    """Open: whether the response has a message in addition to the code. Here: no, as in the documentation."""
    return web.json_response({"success": False, "error_code": code}, status=401)


async def log_in(request: web.Request) -> web.Response:
    """Open: the order of the checks. Here: an unknown user, no password, a wrong password, an inactive user."""
    state = request.app[STATE]
    # Open: the status for a body that differs from the documentation. Here: 400.
    try:
        body = await read_object(request)
    except BadBodyError as exc:
        return error(400, str(exc))
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        return error(400, "email and password must be texts")
    user = state.users.get(email)
    if user is None:
        return refused("USER_NOT_FOUND")
    if user.get("password") is None:
        return refused("NO_PASSWORD_SET")
    if password != user["password"]:
        return refused("INVALID_PASSWORD")
    if not user.get("active", True):
        return refused("USER_INACTIVE")
    public = {field: user[field] for field in ("id", "email", "name", "orgId")}
    # Open: how a login shows that it needs multi-factor authentication. Here: a success without tokens.
    if user.get("mfa", False):
        return success(user=public)
    session = state.tokens.log_in(email)
    return success(
        accessToken=session.access_token,
        refreshToken=session.refresh_token,
        tokenId=session.token_id,
        expiresAt=state.tokens.expires_at(),
        user=public,
    )


async def revoke(request: web.Request) -> web.Response:
    """Open: all statuses except 200. Here: 404 if the session is unknown, of another user, or already revoked."""
    state = request.app[STATE]
    caller = state.tokens.email_of(request.headers["Authorization"])
    # Open: whether an access token still works once the refresh token is revoked. Here: until it expires.
    expire = state.is_on("revocation_ends_access_token")
    if state.tokens.revoke(request.match_info["id"], caller, expire=expire):
        return success()
    return error(404, "Token not found")


def masked(body: t.Any) -> Json | None:
    """Return the part of a login's body that the log may contain: the names of all fields, and the email."""
    if not isinstance(body, dict):
        return None
    return {field: value if field == "email" and isinstance(value, str) else MASK for field, value in body.items()}
