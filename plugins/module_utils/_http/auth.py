# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""A client that has a token: the one that was given, or that of a login. It logs in again, and logs out."""

from __future__ import annotations

import re
import threading
import time
import typing as t

from .._errors import ApiError, Effect, Failure, Origin
from .._next_steps import BY_LOGIN_ERROR, NO_MFA, REFUSED_LOGIN
from .._text import check_path_segment
from .threads import for_each

if t.TYPE_CHECKING:
    from .client import Client
    from .response import Response

_LOGIN = "/user/login"
_REVOCATION = "/token/{}"

# The requests that write, but change nothing that the collection manages.
ALLOWED_IN_CHECK_MODE = frozenset({("POST", _LOGIN), ("DELETE", _REVOCATION)})

# Seconds. Nobody waits longer for the revocations at the end of a task, however many there are.
REVOCATION_TIMEOUT = 3.0


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


class AuthenticatedClient:
    """Calls the API with a token. All threads share it, and its logins."""

    def __init__(self, client: Client, identity: Identity) -> None:
        self._client = client
        self._identity = identity
        self._lock = threading.Lock()
        self._token = identity.access_token
        # Whether the API has accepted a request with the newest token.
        self._accepted = False
        self._logins: list[Login] = []
        # Why there is no further login in this task.
        self._refusal: Failure | None = None

    @property
    def address_proven(self) -> bool:
        """Whether a response has shown that `api_url` is the address of this API."""
        return self._client.address_proven

    def call(self, method: str, path: str, *segments: str, **options: t.Any) -> Response:
        """As `Client.call()`, with the token. After a 401, log in and repeat the request once.

        A 401 proves that its attempt did nothing, so this holds for POST too. The effect that an earlier attempt may
        have had stays in the failure.

        :raises ApiError: Also that of a login.
        """
        token = self._current_token()
        try:
            return self._send(token, method, path, *segments, **options)
        except ApiError as error:
            refused = error.failure
            if refused.http_status != 401 or self._identity.password is None:
                raise
        token = self._newer_token(token, refused)
        try:
            return self._send(token, method, path, *segments, effect=refused.effect, **options)
        except ApiError as error:
            if error.failure.http_status != 401:
                raise
            with self._lock:
                failure = self._give_up(error.failure)
            raise ApiError(failure._replace(effect=error.failure.effect)) from error

    def close(self) -> None:
        """Revoke the sessions that this object opened, with the newest token. Nothing depends on whether it works.

        The last session is that of the token. Its end may be the end of the token, so it comes after all others.
        Not to be called after an interruption, which must send nothing more.
        """
        deadline = time.monotonic() + REVOCATION_TIMEOUT

        def revoke(login: Login) -> None:
            left = deadline - time.monotonic()
            if login.token_id is not None and left > 0:
                self._client.send_once("DELETE", _REVOCATION, login.token_id, token=self._token, timeout=left)

        for_each(revoke, self._logins[:-1])
        for_each(revoke, self._logins[-1:])

    def log_in(self) -> Login:
        """`POST /user/login`. The caller revokes the session that this opens.

        :raises ApiError: The API refuses the login, or returns no usable token, or cannot be reached.
        """
        body = {"email": self._identity.email, "password": self._identity.password}
        try:
            response = self._client.call("POST", _LOGIN, token=None, body=body, proof=_is_login, repeatable=True)
        except ApiError as error:
            raise ApiError(_login_failure(error.failure)) from error
        return _read_login(response)

    def revoke(self, token_id: str) -> None:
        """`DELETE /token/{tokenId}` with the access token that was given. Never logs in. Raises ApiError."""
        self._client.call("DELETE", _REVOCATION, token_id, token=self._identity.access_token)

    def _send(self, token: str, method: str, path: str, *segments: str, **options: t.Any) -> Response:
        try:
            response = self._client.call(method, path, *segments, token=token, **options)
        except ApiError as error:
            if error.failure.origin is Origin.API and error.failure.http_status not in (401, 429):
                self._mark_accepted(token)
            raise
        self._mark_accepted(token)
        return response

    def _mark_accepted(self, token: str) -> None:
        with self._lock:
            self._accepted = self._accepted or token == self._token

    def _current_token(self) -> str:
        with self._lock:
            return self._token if self._token is not None else self._renew()

    def _newer_token(self, token: str, refused: Failure) -> str:
        """A token that is newer than the one that the API refused: that of another thread, or that of a new login.

        :raises ApiError: There is no further login. `effect` is that of the refused request.
        """
        with self._lock:
            if self._token is not None and self._token != token:
                return self._token
            if self._logins and not self._accepted:
                self._give_up(refused)
            try:
                return self._renew()
            except ApiError as error:
                raise ApiError(error.failure._replace(effect=refused.effect)) from error

    def _renew(self) -> str:
        """Log in, unless there is no further login in this task. The caller holds the lock."""
        if self._refusal:
            raise ApiError(self._refusal)
        try:
            login = self.log_in()
        except ApiError as error:
            self._refusal = error.failure
            raise
        self._token = login.access_token
        self._accepted = False
        self._logins.append(login)
        return self._token

    def _give_up(self, refused: Failure) -> Failure:
        """Log in no more, because the API refuses the token of a login. The caller holds the lock."""
        failure = refused.with_context("The login succeeded, but the API does not accept its access token")
        failure = failure._replace(effect=Effect.NONE, next_step=NO_MFA)
        self._refusal = self._refusal or failure
        return failure


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
