# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins, access tokens, and their end."""

from __future__ import annotations

import time
import typing as t

import pytest

from .server import Answer, Server
from .statements import assumed, documented

if t.TYPE_CHECKING:
    from .conftest import Seen

# An integer from here on is in milliseconds: as seconds, it would be in the year 5138.
MILLISECONDS = 10**11


@documented(decision=12, switch="login_without_refresh_token")
def test_login_returns_tokens(login: Answer, seen: Seen) -> None:
    """A login answers 200 with the texts `accessToken` and `refreshToken`."""
    seen(login)
    assert login.matches(200, success=True, accessToken=str, refreshToken=str)


@documented(decision=13, switch="login_without_token_id")
def test_login_returns_its_id(login: Answer, seen: Seen) -> None:
    """A login returns the text `tokenId`, with which it can be revoked."""
    seen(login)
    assert login.has(tokenId=str)


@documented(decision=13, switch="expires_at_is_text")
def test_login_returns_its_end(login: Answer, seen: Seen) -> None:
    """A login returns the integer `expiresAt`."""
    seen(login)
    assert login.has(expiresAt=int)


@assumed(decision=13, switch="expires_at_in_milliseconds")
def test_end_is_in_seconds(expires_at: int, seen: Seen) -> None:
    """`expiresAt` is in seconds since 1970."""
    seen("milliseconds" if expires_at >= MILLISECONDS else "seconds")
    assert expires_at < MILLISECONDS


@documented(decision=13, switch="token_lives_a_day")
def test_token_lives_an_hour(expires_at: int, seen: Seen) -> None:
    """An access token lives for an hour."""
    seconds = expires_at / 1000 if expires_at >= MILLISECONDS else expires_at
    minutes = round((seconds - time.time()) / 60)
    seen(f"{minutes} minutes")
    assert 50 < minutes < 70


@documented(decision=13, switch="wrong_token_answers_403")
def test_wrong_token_is_a_401(with_wrong_token: Answer, seen: Seen) -> None:
    """A request with a wrong access token answers 401."""
    seen(with_wrong_token)
    assert with_wrong_token.status == 401


@assumed(decision=13, switch="wrong_token_answers_html")
def test_wrong_token_is_refused_by_the_api(with_wrong_token: Answer, seen: Seen) -> None:
    """The response to a wrong access token is a JSON object with `success: false`."""
    seen(with_wrong_token)
    assert with_wrong_token.has(success=False)


@documented(decision=13, switch="revocation_answers_204")
def test_login_can_be_revoked(revoked: Revoked, seen: Seen) -> None:
    """The revocation of a login answers 200 with `success: true`."""
    seen(revoked.answer)
    assert revoked.answer.matches(200, success=True)


@assumed(decision=13, switch="revocation_ends_access_token")
def test_revoked_login_keeps_its_access_token(revoked: Revoked, server: Server, seen: Seen) -> None:
    """The access token of a revoked login works until it expires."""
    answer = server.send("GET", "/ai/llm", token=revoked.access_token)
    seen(answer)
    assert answer.ok


@assumed(decision=13, switch="second_revocation_succeeds")
def test_second_revocation_is_a_404(revoked: Revoked, server: Server, seen: Seen) -> None:
    """The revocation of a login that is already revoked answers 404 with `success: false`."""
    answer = server.revoke(revoked.token_id)
    seen(answer)
    assert answer.matches(404, success=False)


@documented(decision=6, switch="wrong_password_without_code")
def test_wrong_password_is_a_401(server: Server, seen: Seen) -> None:
    """A login with a wrong password answers 401 with the `error_code` INVALID_PASSWORD."""
    if not server.settings.wrong_password:
        pytest.skip("needs FLASHBACK_TEST_WRONG_PASSWORD, because the platform may lock the account")
    answer = server.log_in("contract-wrong-password")
    seen(answer)
    assert answer.matches(401, success=False, error_code="INVALID_PASSWORD")


@pytest.fixture(scope="module")
def expires_at(login: Answer) -> int:
    if not login.has(expiresAt=int):
        pytest.skip(f"needs the integer expiresAt, but the login answered {login}")
    return int(login.body["expiresAt"])


@pytest.fixture(scope="module")
def with_wrong_token(server: Server) -> Answer:
    return server.send("GET", "/ai/llm", token="contract-wrong-token")


class Revoked(t.NamedTuple):
    token_id: str
    access_token: str
    answer: Answer


@pytest.fixture(scope="module")
def revoked(server: Server) -> Revoked:
    """A login that is revoked."""
    login = server.log_in()
    if not login.has(tokenId=str, accessToken=str):
        pytest.skip(f"needs tokenId and accessToken, but the login answered {login}")
    token_id, access_token = login.body["tokenId"], login.body["accessToken"]
    return Revoked(token_id, access_token, server.revoke(token_id, access_token))
