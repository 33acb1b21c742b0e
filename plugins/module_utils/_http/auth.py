# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""A client that has a token: the one that was given, or that of a login. It logs in again, and logs out."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from .._errors import ApiError, LoginError, RequestError
from .threads import MAX_CONCURRENCY, for_each

if t.TYPE_CHECKING:
    import types

    from .client import Client
    from .login import Login

_LOGIN = "/user/login"
_REVOCATION = "/token/{}"

# The requests that write, but change nothing that the collection manages.
ALLOWED_IN_CHECK_MODE = frozenset({("POST", _LOGIN), ("DELETE", _REVOCATION)})

# Seconds. Nobody waits longer for the revocations at the end of a task, however many there are.
REVOCATION_TIMEOUT = 3.0

# A login is useless if the API accepts at most this many requests with its token. After this many useless logins in a
# row, the task does not log in again. An API that alternates between 200 and 401 accepts up to this many requests until
# the first thread that it refused logs in again.
_USELESS_REQUESTS = MAX_CONCURRENCY + 1
_USELESS_LOGINS = 2


class Credentials(t.NamedTuple):
    """How to get a token. access_token comes first; email and password are both given, or both None."""

    access_token: str | None
    email: str | None = None
    password: str | None = None


class Session:
    """Calls the API with a token. All threads share it, and its logins."""

    def __init__(self, client: Client, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials
        self._lock = threading.Lock()
        self._token = credentials.access_token
        self._logins: list[Login] = []
        # How many requests the API has accepted with the newest token, and how many logins in a row were of no use.
        self._accepted = 0
        self._useless_logins = 0
        # Why there is no further login in this task.
        self._refusal: ApiError | None = None
        self.words = client.words

    def open(self) -> None:
        """Log in now if there is no token yet, before several threads need it. Raises ApiError."""
        self._current_token()

    def call(self, method: str, path: str, *segments: str, **options: t.Any) -> dict[str, t.Any]:
        """As `Client.call()`, with the token. After a 401, log in and repeat the request once.

        A 401 proves that its attempt did nothing, so this holds for POST too. What an earlier attempt without a
        response may have done stays in doubt.

        :raises ApiError: Also that of a login.
        """
        token = self._current_token()
        try:
            return self._send(token, method, path, *segments, **options)
        except RequestError as error:
            if error.http_status != 401 or self._credentials.password is None:
                raise
            refused = error
            token = self._newer_token(token, error)
        try:
            return self._send(token, method, path, *segments, after=refused, **options)
        except RequestError as error:
            if error.http_status == 401:
                raise self._refuse(error) from error
            raise

    def close(self) -> None:
        """Revoke the sessions that this object opened, with the newest token. Nothing depends on whether it works.

        Not to be called after an interruption, which must send nothing more.
        """
        deadline = time.monotonic() + REVOCATION_TIMEOUT
        refused = self._revoke_all(self._logins, deadline)
        left = deadline - time.monotonic()
        if refused and left > 0 and self._accepted and not self._refusal:
            # The token has expired since it was accepted. Without another login, these sessions would stay open.
            body = self._login_body()
            answer = self._client.send_once("POST", _LOGIN, token=None, body=body, timeout=left)
            with contextlib.suppress(LoginError):
                login = _login_reader().read_login(answer.body if answer and answer.ok else None)
                self._token = login.access_token
                self._revoke_all([*refused, login], deadline)

    def _revoke_all(self, logins: list[Login], deadline: float) -> list[Login]:
        """Send one revocation for each, as long as there is time. Returns those that the API refused with 401.

        The last session is that of the token. Its end may be the end of the token, so it comes after all others, which
        may use only half of the time.
        """
        half = (time.monotonic() + deadline) / 2

        def is_refused(login: Login, deadline: float) -> bool:
            left = deadline - time.monotonic()
            if login.token_id is None or left <= 0:
                return False
            answer = self._client.send_once("DELETE", _REVOCATION, login.token_id, token=self._token, timeout=left)
            return answer is not None and answer.status == 401

        refused = [
            *for_each(lambda login: is_refused(login, half), logins[:-1]),
            *(is_refused(login, deadline) for login in logins[-1:]),
        ]
        return [login for login, was_refused in zip(logins, refused) if was_refused]

    def log_in(self) -> Login:
        """`POST /user/login`. The caller revokes the session that this opens.

        :raises LoginError: The API refuses the login, or returns no usable token, or cannot be reached.
        """
        reader = _login_reader()
        body = self._login_body()
        try:
            answer = self._client.call("POST", _LOGIN, token=None, body=body, proof=reader.is_login, repeatable=True)
        except RequestError as error:
            raise reader.login_error(error) from error
        return reader.read_login(answer)

    def _login_body(self) -> dict[str, t.Any]:
        return {"email": self._credentials.email, "password": self._credentials.password}

    def revoke(self, token_id: str) -> None:
        """`DELETE /token/{tokenId}` with the access token that was given. Never logs in. Raises RequestError."""
        self._client.call("DELETE", _REVOCATION, token_id, token=self._credentials.access_token)

    def _send(self, token: str, method: str, path: str, *segments: str, **options: t.Any) -> dict[str, t.Any]:
        try:
            answer = self._client.call(method, path, *segments, token=token, **options)
        except RequestError as error:
            self._count(token, accepted=error.from_api and error.http_status not in (401, 429))
            raise
        self._count(token, accepted=True)
        return answer

    def _count(self, token: str, *, accepted: bool) -> None:
        with self._lock:
            if accepted and token == self._token:
                self._accepted += 1
                if self._accepted > _USELESS_REQUESTS:
                    self._useless_logins = 0

    def _current_token(self) -> str:
        with self._lock:
            if self._token is None:
                self._renew()
            return t.cast("str", self._token)

    def _newer_token(self, refused: str, error: RequestError) -> str:
        """A token that is newer than the one that the API refused: that of another thread, or that of a new login."""
        with self._lock:
            if self._token == refused:
                if self._logins:
                    self._judge_newest_login(error)
                self._renew(in_doubt=error.outcome_unknown)
            return t.cast("str", self._token)

    def _judge_newest_login(self, error: RequestError) -> None:
        """After a 401 for the token of a login, decide whether another login makes sense. The caller holds the lock."""
        if self._accepted <= _USELESS_REQUESTS:
            self._useless_logins += 1
        if self._accepted == 0 or self._useless_logins >= _USELESS_LOGINS:
            self._refusal = self._refusal or _refused_after_login(error, outcome_unknown=False)

    def _renew(self, *, in_doubt: bool = False) -> None:
        """Log in, unless logging in is over for this task. The caller holds the lock."""
        try:
            if self._refusal:
                raise self._refusal
            login = self.log_in()
        except ApiError as error:
            self._refusal = error
            if in_doubt:
                raise error.restated(outcome_unknown=True) from error
            raise
        self._token = login.access_token
        self._accepted = 0
        self._logins.append(login)

    def _refuse(self, error: RequestError) -> ApiError:
        """The error of a request that the API refused twice. There is no further login."""
        with self._lock:
            self._refusal = self._refusal or _refused_after_login(error, outcome_unknown=False)
        return _refused_after_login(error)


def _login_reader() -> types.ModuleType:
    """Import the module that reads a login. The import takes 1 ms, and a task with an access token does not need it."""
    from . import login as module

    return module


def _refused_after_login(error: RequestError, *, outcome_unknown: bool | None = None) -> ApiError:
    addition = "The login succeeded, but the API does not accept its access token"
    return error.restated(addition, next_step=_login_reader().MFA, outcome_unknown=outcome_unknown)
