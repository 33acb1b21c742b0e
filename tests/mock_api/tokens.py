# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: one fixed token, and the tokens of logins, which expire."""

from __future__ import annotations

import dataclasses
import math
import secrets
import time
import typing as t
import uuid

if t.TYPE_CHECKING:
    from .messages import Json

# The lifetime of an access token in seconds, as documented.
HOUR = 3600.0

# The name of the fixed token in the log of requests. No login issued this token.
STATIC = "static"


@dataclasses.dataclass
class Limits:
    """The limits of access tokens of all logins, also of earlier ones, and whether the fixed token is accepted.

    lifetime: seconds, None for an hour. requests: how many requests a token is accepted for, None for any number.
    """

    lifetime: float | None = None
    requests: int | None = None
    static: bool = True


@dataclasses.dataclass
class Session:
    """A login. It is open until its refresh token is revoked, whether or not its access token has expired."""

    email: str
    token_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    access_token: str = dataclasses.field(default_factory=secrets.token_urlsafe)
    refresh_token: str = dataclasses.field(default_factory=secrets.token_urlsafe)
    issued: float = dataclasses.field(default_factory=time.monotonic)
    requests: int = 0
    open: bool = True


class Tokens:
    def __init__(self, static_token: str, limits: Limits) -> None:
        self.limits = limits
        self._static_token = static_token
        self._sessions: list[Session] = []
        self._by_access_token: dict[str, Session] = {}

    def log_in(self, email: str) -> Session:
        session = Session(email)
        self._sessions.append(session)
        self._by_access_token[session.access_token] = session
        return session

    def expires_at(self) -> int:
        """When a token that is issued now expires. Open: the unit. Here: seconds since the epoch."""
        lifetime = HOUR if self.limits.lifetime is None else self.limits.lifetime
        return math.ceil(time.time() + lifetime)

    def session_of(self, authorization: str) -> str | None:
        """Return the token ID of the login that issued this header's token, even if it has expired; STATIC; or None."""
        token = _bearer(authorization)
        if token == self._static_token:
            return STATIC
        session = self._by_access_token.get(token)
        return session.token_id if session else None

    def accepts(self, authorization: str) -> bool:
        """Return whether the token of this header is accepted. If it is, count the request."""
        token = _bearer(authorization)
        if token == self._static_token:
            return self.limits.static
        session = self._by_access_token.get(token)
        if session is None:
            return False
        lifetime = HOUR if self.limits.lifetime is None else self.limits.lifetime
        if time.monotonic() - session.issued >= lifetime:
            return False
        if self.limits.requests is not None and session.requests >= self.limits.requests:
            return False
        session.requests += 1
        return True

    def email_of(self, authorization: str) -> str | None:
        """Return the user of the token; None for the fixed token, which has the permissions of all users."""
        session = self._by_access_token.get(_bearer(authorization))
        return session.email if session else None

    def revoke(self, token_id: str, email: str | None, *, expire: bool = False) -> bool:
        """Revoke the refresh token of a login of this user, or of any user if it is None. Return whether it existed.

        expire: whether the access token of the login expires, too.
        """
        for session in self._sessions:
            if session.open and session.token_id == token_id and email in (None, session.email):
                session.open = False
                if expire:
                    session.issued = -math.inf
                return True
        return False

    def open_sessions(self) -> list[Json]:
        return [{"tokenId": session.token_id, "email": session.email} for session in self._sessions if session.open]


def _bearer(authorization: str) -> str:
    """The token of an Authorization header, or a text that is no token."""
    scheme, _space, token = authorization.partition(" ")
    return token if scheme == "Bearer" else ""
