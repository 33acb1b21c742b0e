# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The connection options, and the other options that more than one module has. Each is declared once, here."""

from __future__ import annotations

from .checks import (
    check_access_token,
    check_api_url,
    check_between,
    check_email,
    check_endpoint,
    check_id,
    check_password,
    check_secret,
    check_text,
    doubt_endpoint,
    doubt_secret,
)
from .option import Option

CONNECTION = {
    "api_url": Option(default="https://backend.flashback.tech", check=check_api_url),
    "access_token": Option(
        no_log=True,
        # The task says who it is. The token of the environment can be that of somebody else.
        replaced_by=("email", "password"),
        blank_is_not_set=True,
        stripped=None,
        check=check_access_token,
        doubt=doubt_secret,
    ),
    "email": Option(blank_is_not_set=True, stripped=" \t\r\n\v\f", check=check_email),
    "password": Option(no_log=True, blank_is_not_set=True, check=check_password, doubt=doubt_secret),
    "timeout": Option("int", default=30, check=check_between(1, 86400)),
    "retries": Option("int", default=3, check=check_between(0, 100)),
    "validate_certs": Option("bool", default=True),
    "ca_path": Option("path", blank_is_not_set=True),
}
CONNECTION = {name: option._replace(variable=f"FLASHBACK_{name.upper()}") for name, option in CONNECTION.items()}

ID = Option(null="omit", number_is_text=True, check=check_id)
NAME = Option(null="omit", number_is_text=True, check=check_text)
STATE = Option(default="present", choices=("absent", "present"), null="omit")

_CREDENTIAL = Option(
    no_log=True, stripped=" \t\r\n", may_be_json=True, only_present=True, check=check_secret, doubt=doubt_secret
)
# The fields of an AI LLM configuration that the API stores.
AI_LLM = {
    "name": NAME,
    "ai_type": Option(only_present=True, check=check_text),
    "endpoint": Option(only_present=True, check=check_endpoint, doubt=doubt_endpoint),
    "key": _CREDENTIAL,
    "secret": _CREDENTIAL,
}
# How to create and update AI LLM configurations.
WRITING = {
    "update_credentials": Option(default="on_create", choices=("on_create", "always")),
    "validate": Option("bool", default=False),
}
