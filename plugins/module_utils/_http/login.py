# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read the response to a login: its tokens, or why it failed."""

from __future__ import annotations

import re
import typing as t

from .._errors import LoginError, RequestError
from .client import check_path_segment

if t.TYPE_CHECKING:
    from .answer import Answer

MFA = "Accounts with multi-factor authentication are not supported: use a user without it, or the option access_token."
_NEXT_STEPS = {
    "USER_NOT_FOUND": "Check email.",
    "INVALID_PASSWORD": "Check password.",
    "USER_INACTIVE": "Ask an administrator to activate the user.",
    "NO_PASSWORD_SET": "The account logs in through Google, GitHub or Microsoft. Set a password for it, or use the"
    " option access_token.",
}


class Login(t.NamedTuple):
    """What a login returned. token_id: for its revocation, None if there is none. expires_at: as the API sent it."""

    access_token: str
    token_id: str | None
    expires_at: t.Any


def is_login(answer: Answer) -> bool:
    """Whether a 2xx is a response to a login."""
    return isinstance(answer.body, dict) and answer.success is not False


def read_login(body: t.Any) -> Login:
    """Return the login in the body of a response.

    :raises LoginError: The body has no usable access token.
    """
    fields = body if isinstance(body, dict) else {}
    try:
        access_token = _usable(fields["accessToken"])
    except (KeyError, ValueError, AttributeError, TypeError):
        message = "the login returned no usable access token"
        raise LoginError(
            "login_failed", message, http_status=200, summary=message, next_step=MFA, reason=None
        ) from None
    try:
        token_id = check_path_segment(fields["tokenId"])
    except (KeyError, ValueError, AttributeError, TypeError):
        token_id = None
    return Login(access_token, token_id, fields.get("expiresAt"))


def login_error(error: RequestError) -> LoginError:
    """The error of a login that failed: `login_failed` if the API refused it, else the code that other requests get."""
    refused = error.code in ("rejected", "unauthorized", "forbidden", "not_found") or _says_no(error)
    details: dict[str, t.Any] = {"reason": error.api_code} if refused else {}
    next_step = _NEXT_STEPS.get(error.api_code or "", f"Check email and password. {MFA}")
    return LoginError(
        "login_failed" if refused else error.code,
        error.message,
        http_status=error.http_status,
        next_step=next_step if refused else error.next_step,
        summary=f"the login failed: {error.summary}",
        **details,
    )


def _says_no(error: RequestError) -> bool:
    return error.from_api and error.http_status is not None and error.http_status < 300


def _usable(token: str) -> str:
    """Return the token without surrounding white space. Raises ValueError if no header can have it."""
    token = token.strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("no usable token")
    return token
