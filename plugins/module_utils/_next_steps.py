# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""What the user can do about a response, in one place so that the texts can be compared.

The texts for a missing response are in `_http/no_response.py`, and those for a plan that cannot be made are in
`_ai_llm/plan.py`, each next to its cause.
"""

from __future__ import annotations

CHECK_ADDRESS = "Check that api_url is the address of the Flashback Platform API."
CHECK_GATEWAY = "A proxy or a gateway answered instead of the API. Run the task again."

BY_CODE = {
    "unauthorized": "Access tokens are valid for one hour: get a new one. With email and password in place of"
    " access_token, the module logs in by itself.",
    "forbidden": "Check the ID of the workspace, and the role of the user in it.",
    "rate_limited": "Wait before you run the task again, or increase the option retries.",
    "server_error": "Run the task again later. If it fails again, ask the platform's support.",
    "rejected": "Read the message of the API, and correct the options of the task.",
    "not_found": "Check the ID. The API gives the same answer if the user cannot see the configuration.",
}

NO_MFA = (
    "Accounts with multi-factor authentication are not supported: use a user without it, or the option access_token."
)
REFUSED_LOGIN = f"Check email and password. {NO_MFA}"
LOGINS_END_EACH_OTHER = (
    "If another task logs in as the same user, each login may end the other one: let the tasks run one after the other,"
    " or give both the access token of one login. The module session returns one."
)
# By the `error_code` of a refused login.
BY_LOGIN_ERROR = {
    "USER_NOT_FOUND": "Check email.",
    "INVALID_PASSWORD": "Check password.",
    "USER_INACTIVE": "Ask an administrator to activate the user.",
    "NO_PASSWORD_SET": "The account logs in through Google, GitHub or Microsoft. Set a password for it, or use the"
    " option access_token.",
}

# A removal that is refused, although the list shows no repository that uses the configuration.
REFUSED_REMOVAL = (
    "Either the user does not have the permission, or a repository that the user cannot see uses the configuration."
)
DISAPPEARED = "The configuration existed a moment ago, but somebody removed it. Run the task again."
PLAN_AGAIN = "Run the task again: it makes a new plan from what exists now."
NOT_VALID = "Check ai_type, endpoint, key and secret. What was written stays as it is."
WITHOUT_ID = "Run the task again to find it."
BAD_LIST = "Ask the platform's support."
LIST_WITH_PAGES = "This version of the collection cannot read a list with several pages. Look for a newer version."
