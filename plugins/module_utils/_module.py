# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The interface to Ansible: the connection options, the checks of options, and the code that ends a task."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.basic import missing_required_lib

from ._errors import ApiError, OptionError
from ._http.auth import ALLOWED_IN_CHECK_MODE, AuthenticatedClient, Credentials
from ._http.client import Client
from ._http.connection import REQUESTS_IMPORT_ERROR
from ._http.transport import Transport
from ._options import check_access_token, check_api_url, check_between, check_option, check_text
from ._redact import MAX_SHORT_SECRET, Redactor
from ._result import Result

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def run(
    module: AnsibleModule,
    activity: str,
    action: Callable[[AuthenticatedClient], Result],
    *,
    check_credentials: Callable[[Credentials], None] | None = None,
) -> t.NoReturn:
    """Connect, run the action, and end the task with its result.

    :param activity: The beginning of an error message: what the action does, such as "Listing workspaces".
    :param check_credentials: Raises OptionError if the given credentials are not sufficient for the action.
    """
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    redactor = Redactor()
    try:
        credentials = _credentials(module)
        (check_credentials or _check_credentials)(credentials)
    except OptionError as error:
        module.fail_json(msg=str(error))
    client = AuthenticatedClient(_client(module, credentials, redactor), credentials)
    result = _result(module, activity, lambda: action(client))
    # Not in a "finally" block: after an interruption, the module must not send more requests.
    client.close()
    _end(module, redactor, result)


def _result(module: AnsibleModule, activity: str, action: Callable[[], Result]) -> Result:
    """Return the result of the action. If it failed, add the return values of a failed task."""
    try:
        result = action()
    except OptionError as error:
        return Result({"failed": True, "msg": str(error)})
    except ApiError as error:
        result = Result({}, failure=error.failure)
    if result.failure:
        msg = f"{activity} at {module.params['api_url']} failed: {result.failure}"
        values = {**result.values, "failed": True, "msg": msg, "error": result.failure.as_dict()}
        result = result._replace(values=values)
    return result


def _end(module: AnsibleModule, redactor: Redactor, result: Result) -> t.NoReturn:
    """Redact all output, and end the task.

    Ansible alone is not enough: it does not hide secrets in warnings, and hides them only in their original encoding.
    """
    for warning in result.warnings:
        module.warn(redactor.redact(warning))
    # Only the diff has keys that come from the API. A secret can be any word, such as "failed".
    values = {name: redactor.redact_all(value, keys=name == "diff") for name, value in result.values.items()}
    values.update(result.secrets or {})
    if values.get("failed"):
        module.fail_json(**values)
    module.exit_json(**values)


def _credentials(module: AnsibleModule) -> Credentials:
    """Return the credentials. A blank option counts as not set, because pipelines and AWX set empty variables."""
    given = {name: check_option(module, name, str) for name in ("access_token", "email", "password")}
    # If a secret is only white space, Ansible would replace white space in every message.
    module.no_log_values = {text for text in module.no_log_values if text.strip()}
    given = {name: value if value and value.strip() else None for name, value in given.items()}
    if given["access_token"]:
        given["access_token"] = check_option(module, "access_token", check_access_token)
        # Ansible hides the original value, but the API may send back the stripped value.
        module.no_log_values.add(given["access_token"])
    if given["email"]:
        given["email"] = check_option(module, "email", check_text).strip()
    if given["password"] and given["password"].endswith("\n"):
        module.warn("password ends with a line break, which is sent as a part of the password.")
    return Credentials(**given)


def _check_credentials(credentials: Credentials) -> None:
    access_token, email, password = credentials
    if (email is None) != (password is None):
        missing = "email" if email is None else "password"
        raise OptionError(
            f"{missing} is missing: email and password belong together. Set the option or the environment variable"
            f" FLASHBACK_{missing.upper()}."
        )
    if access_token is None and email is None:
        raise OptionError(
            "Credentials are missing: set email and password (environment variables FLASHBACK_EMAIL and"
            " FLASHBACK_PASSWORD), or access_token (FLASHBACK_ACCESS_TOKEN)."
        )


def _client(module: AnsibleModule, credentials: Credentials, redactor: Redactor) -> Client:
    redactor.add(*module.no_log_values)
    api_url = _api_url(module, credentials, redactor)
    _keep_short_secrets_from_ansible(module)
    timeout = check_option(module, "timeout", check_between(1, 86400))
    retries = check_option(module, "retries", check_between(0, 100))
    validate_certs = check_option(module, "validate_certs", bool)

    def transport(ca_path: str | None) -> Transport:
        # A blank option counts as not set, because pipelines and AWX set empty variables.
        ca_path = ca_path if ca_path and ca_path.strip() else None
        return Transport(timeout=timeout, validate_certs=validate_certs, ca_path=ca_path)

    return Client(
        check_option(module, "ca_path", transport) or transport(None),
        api_url=api_url,
        retries=retries,
        check_mode=module.check_mode,
        redactor=redactor,
        allowed=ALLOWED_IN_CHECK_MODE,
    )


def _keep_short_secrets_from_ansible(module: AnsibleModule) -> None:
    """Hide short secrets only in the returned options. If a secret is "a", Ansible would replace each "a"."""
    short = {text for text in module.no_log_values if len(text) <= MAX_SHORT_SECRET}
    module.no_log_values -= short
    if short:
        _hide_options(module.params, module.argument_spec, short)


def _hide_options(params: dict[str, t.Any], argument_spec: dict[str, t.Any], secrets: set[str]) -> None:
    for name, option in argument_spec.items():
        if option.get("no_log") and params[name] in secrets:
            params[name] = _HIDDEN
        if "options" in option:
            for item in params[name] or []:
                _hide_options(item, option["options"], secrets)


def _api_url(module: AnsibleModule, credentials: Credentials, redactor: Redactor) -> str:
    def check(value: str) -> str:
        try:
            return check_api_url(value)
        except ValueError:
            # The URL may contain a password, and Ansible shows the options of a failed task.
            module.params["api_url"] = _HIDDEN
            raise

    api_url: str = check_option(module, "api_url", check)
    parts = urlsplit(api_url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        secrets = "the access token is" if credentials.password is None else "the password and the access token are"
        module.warn(redactor.redact(f"api_url is plain http: {secrets} sent to {parts.hostname} unencrypted."))
    return api_url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
