# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""What every module shares towards Ansible: the connection options, their checks, and the one error boundary."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.basic import env_fallback, missing_required_lib

from ansible_collections.flashback.platform.plugins.module_utils._client import (
    ApiError,
    Client,
    MissingLibrary,
    check_access_token,
    check_api_url,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

_ENVIRONMENT = {
    "api_url": "FLASHBACK_API_URL",
    "access_token": "FLASHBACK_ACCESS_TOKEN",
    "timeout": "FLASHBACK_TIMEOUT",
    "retries": "FLASHBACK_RETRIES",
    "validate_certs": "FLASHBACK_VALIDATE_CERTS",
    "ca_path": "FLASHBACK_CA_PATH",
}


def api_argument_spec() -> dict[str, dict[str, t.Any]]:
    """The connection options, documented in the fragment C(flashback.platform._api)."""
    options: dict[str, dict[str, t.Any]] = {
        "api_url": {"type": "str", "default": "https://backend.flashback.tech"},
        "access_token": {"type": "str", "no_log": True},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 3},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
    }
    for name, option in options.items():
        option["fallback"] = (env_fallback, [_ENVIRONMENT[name]])
    return options


def check_option(module: AnsibleModule, name: str, check: Callable[[t.Any], t.Any]) -> t.Any:
    """The checked value of an option, None if it is not given. Fails the task with a message that names the option."""
    value = module.params[name]
    try:
        return None if value is None else check(value)
    except ValueError as error:
        variable = _ENVIRONMENT.get(name)
        module.fail_json(msg=f"{name}{f' (environment variable {variable})' if variable else ''} {error}.")


def run(module: AnsibleModule, attempt: str, action: Callable[[AnsibleModule, Client], dict[str, t.Any]]) -> t.NoReturn:
    """Connect, let the action work, and end the task with its result or with the C(error) of what went wrong.

    attempt: what the action tries, and on what, for the message of a failure.
    """
    try:
        result = action(module, _client(module))
    except MissingLibrary as error:
        module.fail_json(msg=missing_required_lib(error.name), exception=error.details)
    except ApiError as error:
        msg = f"{attempt} at {module.params['api_url']} failed: {error}"
        module.fail_json(**{**error.result, "msg": msg, "error": error.as_dict()})
    module.exit_json(**result)


def _client(module: AnsibleModule) -> Client:
    api_url = _api_url(module)
    access_token = check_option(module, "access_token", check_access_token)
    if access_token is None:
        module.fail_json(
            msg="access_token is missing: give the option or set the environment variable FLASHBACK_ACCESS_TOKEN."
        )
    # Ansible hides the option's value as it was given; what servers may echo is the stripped one.
    module.no_log_values.add(access_token)
    return Client(
        api_url=api_url,
        access_token=access_token,
        timeout=check_option(module, "timeout", _between(1, 86400)),
        retries=check_option(module, "retries", _between(0, 100)),
        validate_certs=module.params["validate_certs"],
        ca_path=check_option(module, "ca_path", _pem_bundle),
        read_only=module.check_mode,
        secrets=module.no_log_values,
    )


def _api_url(module: AnsibleModule) -> str:
    def check(value: str) -> str:
        try:
            return check_api_url(value)
        except ValueError:
            # It may hold a password, and Ansible shows the options of a failed task.
            if set(value) & set("@?#"):
                module.no_log_values.add(value)
            raise

    api_url: str = check_option(module, "api_url", check)
    parts = urlsplit(api_url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        module.warn(f"api_url is plain http: the access token travels to {parts.hostname} in the clear.")
    return api_url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _between(least: int, most: int) -> Callable[[int], int]:
    def check(value: int) -> int:
        if not least <= value <= most:
            raise ValueError(f"must be between {least} and {most}")
        return value

    return check


def _pem_bundle(path: str) -> str:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        raise ValueError(f"cannot be read as a PEM bundle: {path}") from None
    return path
