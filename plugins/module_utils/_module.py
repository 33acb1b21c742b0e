# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The interface to Ansible: the connection options, the checks of options, and the code that ends a task."""

from __future__ import annotations

import ipaddress
import os
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._errors import ApiError, OptionError
from ._http.auth import ALLOWED_IN_CHECK_MODE, AuthenticatedClient, Identity
from ._http.client import Client
from ._http.connection import REQUESTS_IMPORT_ERROR
from ._http.transport import Transport
from ._options.checks import check_access_token, check_api_url, check_between, check_email, check_password
from ._options.connection import VARIABLES, check_option, read_variable, warn_if_quoted
from ._options.raw import HIDDEN, RawOptions, describe, without_secrets
from ._redact import MIN_SECRET, Redactor
from ._result import Result
from ._text import excerpt

if t.TYPE_CHECKING:
    from collections.abc import Callable

# The end of a message about missing credentials.
NO_ENVIRONMENT = (
    " Remote hosts and tasks with become do not get the environment variables of the host that runs Ansible: set the"
    " options there."
)


class Module(AnsibleModule):
    """Reads the variables of the connection options, and checks the types of all options before Ansible does."""

    def _load_params(self) -> None:
        super()._load_params()
        # The environment variables that options come from, and why the value of a variable cannot be used.
        self.variables: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        internal = {name: value for name, value in self.params.items() if name.startswith("_ansible_")}
        given = {name: value for name, value in self.params.items() if name not in internal}
        options = RawOptions({**self._from_environment(given), **given}, self.argument_spec)
        if options.problems:
            self.params = without_secrets(options.values, self.argument_spec)
            self.fail_json(msg=f"{describe(options.problems)}.")
        self.params = {**options.values, **internal}

    def _from_environment(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the values of the connection options that the task does not give."""
        values: dict[str, t.Any] = {}
        for name, variable in VARIABLES.items():
            text = os.environ.get(variable)
            if text is None or name in given:
                continue
            self.variables[name] = variable
            try:
                values[name] = read_variable(text, self.argument_spec[name]["type"])
            except ValueError as error:
                # Later, where the option is used: not every task uses each one.
                self.unreadable[name] = str(error)
        return values

    def ignore(self, name: str) -> None:
        """Treat the option as if it was not given."""
        self.params[name] = None
        self.unreadable.pop(name, None)

    def source(self, name: str) -> str:
        """Return the part of a message that says where the value of an option comes from."""
        return f" (environment variable {self.variables[name]})" if name in self.variables else ""

    def _log_invocation(self) -> None:
        # ansible-core knows secrets only as they were given. It logs a list as Python represents it, where a quote, a
        # backslash or a line break in a secret is escaped.
        given = self.no_log_values
        self.no_log_values = given | {repr(secret)[1:-1] for secret in given}
        super()._log_invocation()
        self.no_log_values = given


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
    try:
        identity = _identity(module)
        (check_identity or _check_identity)(identity)
    except OptionError as error:
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
        msg = f"{activity} at {module.params['api_url']} failed: {failure}"
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
    # A secret of the task can be a part of such a value by chance, for example "plan" of a plan_id.
    returned = " ".join(str(value) for value in (result.secrets or {}).values())
    module.no_log_values -= {text for text in module.no_log_values if text in returned}
    if values.get("failed"):
        module.fail_json(**values)
    module.exit_json(**values)


def _identity(module: Module) -> Identity:
    identity = Identity(
        access_token=check_option(module, "access_token", check_access_token),
        email=check_option(module, "email", check_email),
        password=check_option(module, "password", check_password),
    )
    warn_if_quoted(module, {f"password{module.source('password')}": identity.password})
    return identity


def _check_identity(identity: Identity) -> None:
    access_token, email, password = identity
    if (email is None) != (password is None):
        missing = "email" if email is None else "password"
        raise OptionError(
            f"{missing} is missing: email and password belong together. Set the option or the environment variable"
            f" FLASHBACK_{missing.upper()}."
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
    module.params = without_secrets(module.params, module.argument_spec)
    api_url = _api_url(module, identity, redactor)
    timeout = check_option(module, "timeout", check_between(1, 86400))
    retries = check_option(module, "retries", check_between(0, 100))
    validate_certs = check_option(module, "validate_certs", bool)

    def transport(ca_path: str | None) -> Transport:
        return Transport(timeout=timeout, validate_certs=validate_certs, ca_path=ca_path)

    return Client(
        check_option(module, "ca_path", transport) or transport(None),
        api_url=api_url,
        retries=retries,
        check_mode=module.check_mode,
        redactor=redactor,
        allowed=ALLOWED_IN_CHECK_MODE,
    )


def _api_url(module: Module, identity: Identity, redactor: Redactor) -> str:
    def check(value: str) -> str:
        try:
            return check_api_url(value)
        except ValueError:
            # The URL may contain a password, and Ansible shows the options of a failed task.
            module.params["api_url"] = HIDDEN
            raise

    api_url: str = check_option(module, "api_url", check)
    parts = urlsplit(api_url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        secrets = "the access token is" if identity.password is None else "the password and the access token are"
        module.warn(redactor.redact(f"api_url is plain http: {secrets} sent to {parts.hostname} unencrypted."))
    return api_url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
