# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Connect to the API, run the action of a task, and end the task. The one place that ends a task with a result."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.basic import missing_required_lib

from ._errors import ApiError, OptionError
from ._http.auth import ALLOWED_IN_CHECK_MODE, AuthenticatedClient, Identity
from ._http.client import Client
from ._http.connection import REQUESTS_IMPORT_ERROR
from ._http.transport import Transport
from ._redact import MIN_SECRET, Redactor
from ._result import Result
from ._text import excerpt

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ._options.module import Module

# The end of a message about missing credentials.
NO_ENVIRONMENT = (
    " Remote hosts and tasks with become do not get the environment variables of the host that runs Ansible: set the"
    " options there."
)


def run(
    module: Module,
    activity: str,
    action: Callable[[AuthenticatedClient], Result],
    *,
    check_identity: Callable[[Identity], None] | None = None,
) -> t.NoReturn:
    """Connect, run the action, and end the task with its result.

    :param activity: The beginning of an error message: what the action does, such as "Listing workspaces".
    :param check_identity: Raises OptionError if the given credentials are not sufficient for the action.
    """
    if REQUESTS_IMPORT_ERROR:
        *_traceback, cause = REQUESTS_IMPORT_ERROR.strip().splitlines()
        msg = f"{missing_required_lib('requests')} The import failed with {excerpt(cause)}"
        module.fail_json(msg=msg, exception=REQUESTS_IMPORT_ERROR)
    redactor = Redactor()
    options = module.options
    identity = Identity(options["access_token"], options["email"], options["password"])
    try:
        (check_identity or _check_identity)(identity)
    except OptionError as error:
        # The message has only words of the modules, and a secret can be one of them, such as "password".
        module.no_log_values = set()
        module.fail_json(msg=str(error))
    client = AuthenticatedClient(_client(module, identity, redactor), identity)
    result = _result(module, activity, client, action)
    # Not in a "finally" block: after an interruption, the module must not send more requests.
    client.close()
    _end(module, redactor, result)


def _result(
    module: Module, activity: str, client: AuthenticatedClient, action: Callable[[AuthenticatedClient], Result]
) -> Result:
    """Return the result of the action. If it failed, add the return values of a failed task."""
    try:
        result = action(client)
    except OptionError as error:
        return Result({"failed": True, "msg": str(error)})
    except ApiError as error:
        result = Result({}, failure=error.failure)
    failure = result.failure
    if failure:
        failure = failure.at_proven_address() if client.address_proven else failure
        msg = f"{activity} at {module.options['api_url']} failed: {failure}"
        values = {**result.values, "failed": True, "msg": msg, "error": failure.as_dict()}
        result = result._replace(values=values)
    return result


def _end(module: Module, redactor: Redactor, result: Result) -> t.NoReturn:
    """Redact all output, and end the task.

    Ansible alone is not enough: it does not hide secrets in warnings, and hides them only in their original encoding.
    """
    for warning in result.warnings:
        module.warn(redactor.redact(warning))
    # Only the diff has keys that come from the API. A secret can be any word, such as "failed".
    values = {name: redactor.redact_all(value, keys=name == "diff") for name, value in result.values.items()}
    values.update(result.secrets or {})
    # Nothing is left for Ansible to hide. It would also hide words of the modules: a secret can be "deleted".
    module.params = redactor.redact_all(module.params, keys=False)
    module.no_log_values = set()
    if values.get("failed"):
        module.fail_json(**values)
    module.exit_json(**values)


def _check_identity(identity: Identity) -> None:
    access_token, email, password = identity
    if (email is None) != (password is None):
        missing = "email" if email is None else "password"
        raise OptionError(
            f"{missing} is missing: email and password belong together. Set the option, or set and export"
            f" the environment variable FLASHBACK_{missing.upper()}."
        )
    if access_token is None and email is None:
        raise OptionError(
            "Credentials are missing: set email and password (environment variables FLASHBACK_EMAIL and"
            f" FLASHBACK_PASSWORD), or access_token (FLASHBACK_ACCESS_TOKEN).{NO_ENVIRONMENT}"
        )


def _client(module: Module, identity: Identity, redactor: Redactor) -> Client:
    redactor.add(*module.no_log_values)
    # If a secret is "x", Ansible would replace each "x" in the result. So such a secret is hidden in the options only.
    module.no_log_values = {secret for secret in module.no_log_values if len(secret) >= MIN_SECRET}
    options = module.options
    parts = urlsplit(options["api_url"])
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        secrets = "the access token is" if identity.password is None else "the password and the access token are"
        module.warn(redactor.redact(f"api_url is plain http: {secrets} sent to {parts.hostname} unencrypted."))
    try:
        transport = Transport(**{name: options[name] for name in ("timeout", "validate_certs", "ca_path")})
    except ValueError as error:
        module.fail_value("ca_path", str(error))
    return Client(
        transport,
        api_url=options["api_url"],
        retries=options["retries"],
        check_mode=module.check_mode,
        redactor=redactor,
        allowed=ALLOWED_IN_CHECK_MODE,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
