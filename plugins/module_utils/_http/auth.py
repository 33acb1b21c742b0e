# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""A client that has a token: the one that was given, or that of a login. It renews the token, and logs out."""

from __future__ import annotations

import threading
import time
import typing as t

from .._errors import ApiError, Effect, Failure, Origin
from .._next_steps import LOGINS_END_EACH_OTHER, NO_MFA
from .client import backoff
from .login import LOGIN, Identity, Login, log_in
from .threads import for_each

if t.TYPE_CHECKING:
    from .client import Client
    from .response import Response

_REVOCATION = "/token/{}"

# The requests that write, but change nothing that the collection manages.
ALLOWED_IN_CHECK_MODE = frozenset({("POST", LOGIN), ("DELETE", _REVOCATION)})

# Seconds. Nobody waits longer for the revocations at the end of a task, however many there are.
REVOCATION_TIMEOUT = 3.0

# After so many logins in a row without one accepted request, the task logs in no more. One is not enough: each login of
# another task may end the logins of this one, and both may begin at the same time.
_MAX_RENEWALS = 3
# The number of tokens for one request. An API could refuse one request with each token, and accept all others.
_MAX_TOKENS = 10


class AuthenticatedClient:
    """Calls the API with a token. All threads share it, and its logins."""

    def __init__(self, client: Client, identity: Identity) -> None:
        self._client = client
        self._identity = identity
        self._lock = threading.Lock()
        # The newest token. It comes from the last login, if there is one.
        self._token = identity.access_token
        self._logins: list[Login] = []
        # Whether the API has accepted any token of this task, and the number of logins since it last did.
        self._accepted = False
        self._renewals = 0
        # Why this task logs in no more.
        self._failure: Failure | None = None

    @property
    def address_proven(self) -> bool:
        """Whether a response has shown that `api_url` is the address of this API."""
        return self._client.address_proven

    def call(self, method: str, path: str, *segments: str, **options: t.Any) -> Response:
        """As `Client.call()`, with the token. After a 401, the request is repeated with a newer token.

        A 401 proves that its attempt did nothing, so this holds for POST too. The effect that an earlier attempt may
        have had stays in the failure.

        :raises ApiError: Also that of a login.
        """
        token: str | None = None
        refused: Failure | None = None
        tokens = 0
        while True:
            tokens += 1
            token = self._newer_token(token, refused)
            effect = refused.effect if refused else Effect.NONE
            try:
                response = self._client.call(method, path, *segments, token=token, effect=effect, **options)
            except ApiError as error:
                refused = error.failure
                # A gateway may answer before the token is checked, and so may the API with a 429.
                if refused.origin is Origin.API and refused.http_status not in (401, 429):
                    self._mark_accepted()
                if refused.http_status != 401 or self._identity.password is None:
                    raise
                if tokens == _MAX_TOKENS:
                    seen = f"The API refused this request with {_MAX_TOKENS} access tokens"
                    self._failure = refused.with_context(seen)._replace(next_step=LOGINS_END_EACH_OTHER)
                    raise ApiError(self._failure) from error
            else:
                self._mark_accepted()
                return response

    def close(self) -> None:
        """Revoke the logins of this object, with the newest token. Nothing depends on whether it works.

        The revocation of the last login may end the token, so it comes after all others.
        Not to be called after an interruption, which must send nothing more.
        """
        deadline = time.monotonic() + REVOCATION_TIMEOUT

        def revoke(login: Login) -> None:
            left = deadline - time.monotonic()
            if login.token_id is not None and left > 0:
                self._client.send_once("DELETE", _REVOCATION, login.token_id, token=self._token, timeout=left)

        if self._logins:
            for_each(revoke, self._logins[:-1])
            revoke(self._logins[-1])

    def log_in(self) -> Login:
        """As `login.log_in()`. The caller revokes this login. Raises ApiError."""
        return log_in(self._client, self._identity)

    def revoke(self, token_id: str) -> None:
        """`DELETE /token/{tokenId}` with the access token that was given. Never logs in. Raises ApiError."""
        self._client.call("DELETE", _REVOCATION, token_id, token=self._identity.access_token)

    def _mark_accepted(self) -> None:
        self._accepted = True
        self._renewals = 0

    def _newer_token(self, token: str | None, refused: Failure | None) -> str:
        """Return a token that is newer than this one: that of another thread, or else that of a login.

        :param refused: Why the request failed with this token. Both are None before the first attempt.
        :raises ApiError: This task logs in no more. `effect` is that of the request.
        """
        with self._lock:
            if self._token == token:
                self._failure = self._failure or self._renew(refused)
                if self._failure:
                    raise ApiError(self._failure._replace(effect=refused.effect if refused else Effect.NONE))
            return t.cast("str", self._token)

    def _renew(self, refused: Failure | None) -> Failure | None:
        """Log in. Returns why there is no new token, and will be none. The caller holds the lock."""
        if refused and self._renewals == _MAX_RENEWALS:
            return _tokens_refused(refused, self._accepted)
        if self._logins:
            # Two tasks that end each other's logins take turns. Without the wait, they would do little but log in.
            time.sleep(backoff(self._renewals + 1))
        try:
            login = self.log_in()
        except ApiError as error:
            return error.failure
        self._token = login.access_token
        self._logins.append(login)
        self._renewals += 1
        return None


def _tokens_refused(refused: Failure, accepted: bool) -> Failure:
    """The failure if the API refuses the tokens of several logins in a row.

    :param accepted: Whether it has accepted a token of this task before.
    """
    seen = f"{_MAX_RENEWALS} logins in a row succeeded, but the API does not accept their access tokens"
    if accepted:
        seen = f"{seen}, although it accepted an earlier one"
    next_step = LOGINS_END_EACH_OTHER if accepted else f"{NO_MFA} {LOGINS_END_EACH_OTHER}"
    return refused.with_context(seen)._replace(next_step=next_step)
