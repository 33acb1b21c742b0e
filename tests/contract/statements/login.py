# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins, access tokens, and their end."""

from __future__ import annotations

import time
import typing as t

from ..errors import NotTried
from ..response import Response
from ..run import Run
from ..statement import Seen, responses, shared, statement

# An integer from here on is in milliseconds: as seconds, it would be in the year 5138.
MILLISECONDS = 10**11

# The longest time in seconds for which the suite waits until a token expires.
MAX_LIFETIME = 2 * 3600


class Login(t.NamedTuple):
    token_id: str
    access_token: str


def new_login(run: Run) -> Login:
    response = run.client.log_in()
    if not response.has(tokenId=str, accessToken=str):
        raise NotTried(f"needs tokenId and accessToken, but the login answered {response}")
    return Login(response.body["tokenId"], response.body["accessToken"])


def list_with(run: Run, token: str) -> Response:
    return run.client.send("GET", "/ai/llm", token=token)


@shared
def login(run: Run) -> Response:
    return run.login or run.client.log_in()


@shared
def with_wrong_token(run: Run) -> Response:
    return list_with(run, "contract-wrong-token")


@shared
def revoked(run: Run) -> tuple[Login, Response]:
    """A login that is revoked with its own token, and the response to that."""
    one = new_login(run)
    return one, run.client.revoke(one.token_id, one.access_token)


def revocation(run: Run) -> Response:
    return revoked(run)[1]


def needs_revoked(run: Run) -> Login:
    if not revocation(run).ok:
        raise NotTried(f"needs a revocation, which answered {revocation(run)}")
    return revoked(run)[0]


def with_revoked_token(run: Run) -> Response:
    return list_with(run, needs_revoked(run).access_token)


@shared
def two_logins(run: Run) -> tuple[Login, Login]:
    return new_login(run), new_login(run)


def with_first_token(run: Run) -> Response:
    return list_with(run, two_logins(run)[0].access_token)


def revoke_first(run: Run) -> Response:
    first, second = two_logins(run)
    return run.client.revoke(first.token_id, second.access_token)


def with_wrong_password(run: Run) -> Response:
    if not login(run).ok:
        raise NotTried(f"needs a login with the right password, which answered {login(run)}")
    return run.client.log_in("contract-wrong-password")


@shared
def expires_at(run: Run) -> int:
    if not login(run).has(expiresAt=int):
        raise NotTried(f"needs the integer expiresAt, but the login answered {login(run)}")
    return int(login(run).body["expiresAt"])


def seconds_until(expires_at: int) -> float:
    return (expires_at / 1000 if expires_at >= MILLISECONDS else expires_at) - time.time()


def second_revocation(run: Run) -> Response:
    return run.client.revoke(needs_revoked(run).token_id)


NO, TOKENS = {"success": False}, {"success": True, "accessToken": str, "refreshToken": str}
WRONG_PASSWORD = {"logins": 1, "permission": "wrong_password"}
BAD = {**NO, "error_code": "INVALID_PASSWORD"}
ANOTHER = "login_can_be_revoked_by_another"

responses(
    ("login_returns_tokens", "login_without_refresh_token", login, 200, TOKENS, {"logins": 1}),
    ("login_returns_its_id", "login_without_token_id", login, "ok", {"tokenId": str}),
    ("login_returns_its_end", "expires_at_is_text", login, "ok", {"expiresAt": int}),
    ("wrong_token_is_a_401", "wrong_token_answers_403", with_wrong_token, 401),
    ("wrong_token_is_refused_by_the_api", "wrong_token_answers_html", with_wrong_token, "refused", NO),
    ("login_can_be_revoked", "revocation_answers_204", revocation, 200, {"success": True}, {"logins": 1}),
    ("revoked_login_keeps_its_access_token", "revocation_ends_access_token", with_revoked_token, "ok"),
    ("second_login_keeps_the_first", "login_ends_others", with_first_token, "ok", {}, {"logins": 2}),
    (ANOTHER, "revocation_needs_own_token", revoke_first, "ok"),
    ("second_revocation_is_a_404", "second_revocation_succeeds", second_revocation, 404, NO, {"needs": (ANOTHER,)}),
    ("wrong_password_is_a_401", "wrong_password_without_code", with_wrong_password, 401, BAD, WRONG_PASSWORD),
)


@statement("expires_at_in_milliseconds")
def end_is_in_seconds(run: Run) -> Seen:
    is_right = expires_at(run) < MILLISECONDS
    return is_right, "seconds" if is_right else "milliseconds"


@statement("token_lives_a_day")
def token_lives_an_hour(run: Run) -> Seen:
    minutes = round(seconds_until(expires_at(run)) / 60)
    return 50 < minutes < 70, f"{minutes} minutes"


@statement("expired_token_accepted", logins=1, permission="wait_for_expiry")
def expired_token_is_a_401(run: Run) -> Seen:
    response = run.client.log_in()
    if not response.has(accessToken=str, expiresAt=int):
        raise NotTried(f"needs accessToken and expiresAt, but the login answered {response}")
    token, seconds = response.body["accessToken"], seconds_until(response.body["expiresAt"]) + 1
    if seconds > MAX_LIFETIME or not list_with(run, token).ok:
        raise NotTried("needs a valid token, and one that does not live too long to wait for its end")
    run.client.allow_minutes(seconds / 60)
    run.interrupts.sleep(seconds)
    after = list_with(run, token)
    return after.status == 401, after
