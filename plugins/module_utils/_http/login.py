# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Log in: the request, and what its response says."""

from __future__ import annotations

import re
import typing as t

from .._errors import ApiError, Effect, Failure, Origin
from .._next_steps import BY_LOGIN_ERROR, NO_MFA, REFUSED_LOGIN
from .._text import check_path_segment

if t.TYPE_CHECKING:
    from .client import Client
    from .response import Response

LOGIN = "/user/login"


class Identity(t.NamedTuple):
    # Comes first, if it is given.
    access_token: str | None
    # Both are given, or both are None.
    email: str | None = None
    password: str | None = None


class Login(t.NamedTuple):
    access_token: str
    # For the revocation; None if the response has no usable one.
    token_id: str | None
    # As the API sent it.
    expires_at: t.Any


def log_in(client: Client, identity: Identity) -> Login:
    """`POST /user/login`.

    :raises ApiError: The API refuses the login, or returns no usable token, or cannot be reached.
    """
    body = {"email": identity.email, "password": identity.password}
    try:
        response = client.call("POST", LOGIN, token=None, body=body, proof=_is_login, repeatable=True)
    except ApiError as error:
        raise ApiError(_login_failure(error.failure)) from error
    return _read_login(response)


def _is_login(response: Response) -> bool:
    """Whether a 2xx is a response to a login."""
    return isinstance(response.body, dict) and response.success is not False


def _read_login(response: Response) -> Login:
    """Return the login in a response. Raises ApiError if it has no usable access token: a text that can be a header."""
    access_token = response.fields.get("accessToken")
    access_token = access_token.strip() if isinstance(access_token, str) else ""
    if not re.fullmatch(r"[!-~]+", access_token):
        lead = f"the login failed: the API answered {response.status}: "
        raise ApiError(
            Failure(
                "login_failed",
                "the response contains no usable access token",
                http_status=response.status,
                origin=Origin.LOGIN,
                next_step=NO_MFA,
                lead=lead,
                details={"reason": None},
            )
        )
    token_id: t.Any = response.fields.get("tokenId")
    try:
        check_path_segment(token_id)
    except (AttributeError, TypeError, ValueError):
        token_id = None
    return Login(access_token, token_id, response.fields.get("expiresAt"))


def _login_failure(failure: Failure) -> Failure:
    """The failure of a login: `login_failed` if the API refused it, else the code that other requests get."""
    from_api = failure.origin is Origin.API
    failure = failure._replace(effect=Effect.NONE, origin=Origin.LOGIN, lead=f"the login failed: {failure.lead}")
    says_no = from_api and failure.http_status is not None and failure.http_status < 300
    if not says_no and failure.code not in ("rejected", "unauthorized", "forbidden", "not_found"):
        return failure
    next_step = BY_LOGIN_ERROR.get(failure.api_code or "", REFUSED_LOGIN)
    return failure._replace(code="login_failed", next_step=next_step, details={"reason": failure.api_code})
