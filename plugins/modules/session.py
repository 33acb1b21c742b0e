#!/usr/bin/python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: session
short_description: Log in to the Flashback platform once for many tasks
version_added: 1.3.0
description:
  - Logs in with O(email) and O(password), and returns an access token for other tasks. Another task logs out at the
    end.
  - You rarely need this module. With O(email) and O(password), every module of this collection logs in by itself, logs
    in again when the token expires, and logs out at the end of the task. Use this module if the number of logins
    matters, or to use the token with another tool.
  - The module also logs in and out in check mode, so that the other tasks can read from the API.
author:
  - flashback.platform contributors (!UNKNOWN)
extends_documentation_fragment:
  - flashback.platform._api
  - flashback.platform._attributes
  - flashback.platform._attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - The module also logs in and out in check mode. This changes nothing that the collection manages.
  diff_mode:
    support: N/A
    details:
      - This module makes no changes that a diff could show.
  idempotent:
    support: partial
    details:
      - Each task with O(state=present) opens a new session. The module does not report this as a change, because it
        changes nothing that the collection manages.
options:
  email:
    description:
      - The email address of the user to log in as, together with O(password). Only with O(state=present).
      - The module removes white space around the address.
      - If not set, the environment variable E(FLASHBACK_EMAIL) is used. A blank value counts as not set, and so does
        null, which also turns off the environment variable.
    type: str
  access_token:
    description:
      - The access token that the login returned. Only with O(state=absent). The module strips white space around it.
      - If not set, the environment variable E(FLASHBACK_ACCESS_TOKEN) is used. A blank value counts as not set.
    type: str
  state:
    description:
      - V(present) logs in with O(email) and O(password). An O(access_token) is ignored.
      - V(absent) logs out. The module revokes the session O(token_id) with O(access_token), and never logs in. If the
        access token has expired, the module cannot revoke the session, and the task succeeds with a message that says
        so.
      - Null is an error.
    type: str
    default: present
    choices:
      - absent
      - present
  token_id:
    description:
      - The ID of the session to revoke with O(state=absent). The login returned it as RV(token_id).
      - If the ID is empty or null, or the API does not know it, there is nothing to revoke, and the task succeeds.
    type: str
notes:
  - The returned access token is a secret. Set C(no_log=true) on the task, as the examples do.
  - The access token is valid for one hour. Tasks that use it do not log in again when it expires, unless they have
    O(email) and O(password), too.
seealso:
  - name: Authentication
    description: How to give credentials to the modules.
    link: https://github.com/flashbacktech/flashback.platform/blob/main/docs/guides/authentication.md
  - module: flashback.platform.ai_llm
"""

EXAMPLES = r"""
---
# email and password come from the environment variables FLASHBACK_EMAIL and FLASHBACK_PASSWORD.

- name: Use one session for many tasks
  block:
    - name: Log in
      flashback.platform.session:
      register: login
      no_log: true

    - name: Work with this session
      module_defaults:
        group/flashback.platform.all:
          access_token: "{{ login.access_token }}"
      block:
        - name: Remove a configuration
          flashback.platform.ai_llm:
            name: Staging OpenAI
            workspace_id: workspace-123
            state: absent

        - name: List the configurations that are left
          flashback.platform.ai_llm_info:
            workspace_id: workspace-123
          register: configurations
  always:
    - name: Log out
      flashback.platform.session:
        state: absent
        token_id: "{{ login.token_id | default('') }}"
        access_token: "{{ login.access_token | default('') }}"
      no_log: true
"""

RETURN = r"""
---
msg:
  description: What the task did. If it failed, what it tried to do, why it failed, and what you can do next.
  returned: always
  type: str
  sample: Logged in.
access_token:
  description: The access token, a secret. It is valid for one hour.
  returned: when O(state=present) and the login succeeded
  type: str
  sample: eyJhbGciOi.example.token
token_id:
  description: The ID of the session. A later task needs it to revoke the session. Null if the API returned none.
  returned: when O(state=present) and the login succeeded
  type: str
  sample: 0c7c9a4e-8a4c-4f07-9d0e-1f3e6a2b5c11
expires_at:
  description: When the session expires, as ISO 8601 text in UTC. Null if the API returned no valid time.
  returned: when O(state=present) and the login succeeded
  type: str
  sample: "2026-01-01T00:00:00Z"
error:
  description: What went wrong, for conditions in playbooks. Not returned for wrong options.
  returned: when the API request failed, or its response does not allow the task to continue
  type: dict
  contains:
    code:
      description:
        - V(login_failed), the API refused the login, or returned no usable access token.
        - V(unreachable), V(timeout), V(tls), V(rate_limited), V(server_error), V(invalid_response), V(forbidden),
          V(rejected), as for the module M(flashback.platform.ai_llm).
      returned: always
      type: str
      sample: login_failed
    http_status:
      description: The HTTP status of the API's response; null if there was none.
      returned: always
      type: int
      sample: 401
    message:
      description: The error message of the API, or a description of the problem.
      returned: always
      type: str
      sample: INVALID_PASSWORD
    outcome_unknown:
      description: Whether the API may have revoked the session, although no response says so.
      returned: always
      type: bool
      sample: false
    reason:
      description: The API's error code, such as V(INVALID_PASSWORD) or V(NO_PASSWORD_SET); null if it sent none.
      returned: when RV(error.code=login_failed)
      type: str
      sample: INVALID_PASSWORD
"""

import typing as t
from datetime import datetime, timedelta, timezone

from ..module_utils._errors import ApiError, OptionError
from ..module_utils._http.auth import AuthenticatedClient, Identity
from ..module_utils._module import NO_ENVIRONMENT, run
from ..module_utils._options.module import Module
from ..module_utils._options.shared import CONNECTION, ID, STATE
from ..module_utils._result import Result

NOTHING_TO_REVOKE = Result({"changed": False, "msg": "There is no session to revoke."})


def log_in(client: AuthenticatedClient) -> Result:
    login = client.log_in()
    values = {"changed": False, "msg": "Logged in.", "expires_at": iso_time(login.expires_at)}
    return Result(values, secrets={"access_token": login.access_token, "token_id": login.token_id})


def log_out(client: AuthenticatedClient, token_id: str) -> Result:
    try:
        client.revoke(token_id)
    except ApiError as error:
        failure = error.failure
        if failure.code == "not_found" and not failure.outcome_unknown:
            return NOTHING_TO_REVOKE
        if failure.code == "unauthorized" and failure.outcome_unknown:
            msg = "No response shows whether the session was revoked, and now the access token is no longer valid."
            return Result({"changed": False, "msg": msg})
        if failure.code == "unauthorized":
            msg = (
                "The access token is no longer valid, so the session was not revoked. Its refresh token may still be"
                " valid, until the platform ends the session."
            )
            return Result({"changed": False, "msg": msg})
        # After a lost response, a 404 shows that the session was revoked.
        if failure.code != "not_found":
            raise
    return Result({"changed": False, "msg": "Logged out."})


def iso_time(expires_at: object) -> str | None:
    """Return the time of a login's `expiresAt`; None if it is not valid.

    The API does not document the unit. Numbers from 10^11 on are read as milliseconds, others as seconds.
    """
    if not isinstance(expires_at, int) or isinstance(expires_at, bool) or expires_at <= 0:
        return None
    seconds = expires_at // 1000 if expires_at >= 10**11 else expires_at
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def need_password(identity: Identity) -> None:
    if identity.email is None or identity.password is None:
        raise OptionError(
            "email and password are needed to log in: set the options or the environment variables FLASHBACK_EMAIL and"
            f" FLASHBACK_PASSWORD.{NO_ENVIRONMENT}"
        )


def need_access_token(identity: Identity) -> None:
    if identity.access_token is None:
        raise OptionError("access_token is needed to log out: give the access_token that the login returned.")


def unused(params: dict[str, t.Any]) -> set[str]:
    if params["state"] == "present":
        # A token from elsewhere is ignored, even if it cannot be used.
        return {"access_token", "token_id"}
    return {"email", "password"} if has_token_id(params) else {*CONNECTION, "token_id"}


def has_token_id(params: dict[str, t.Any]) -> bool:
    return bool((params["token_id"] or "").strip())


def main() -> None:
    module = Module({"state": STATE, "token_id": ID._replace(no_log=False, null="not set")}, unused=unused)
    token_id = module.options["token_id"]
    if module.options["state"] == "present":
        run(module, "Logging in", log_in, check_identity=need_password)
    if token_id is None:
        module.exit_json(**NOTHING_TO_REVOKE.values)
    run(module, "Logging out", lambda client: log_out(client, token_id), check_identity=need_access_token)


if __name__ == "__main__":
    main()
