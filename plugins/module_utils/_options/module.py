# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""A module towards Ansible: it reads the options of its task."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._redact import Redactor
from .environment import read_environment
from .option import HIDDEN, argument_spec, secrets_in, without_secrets
from .raw import check_types
from .shared import CONNECTION
from .values import WrongValue, check_values

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .option import Options


class Module(AnsibleModule):
    """options: the final values by name; None for what is not given or not used. `params` has no secrets."""

    def __init__(
        self, options: Options, *, unused: Callable[[dict[str, t.Any]], Iterable[str]] | None = None, **rules: t.Any
    ) -> None:
        """Read the options: 1. environment, 2. raw types, 3. Ansible's own validation, 4. checks of values.

        An option that is not valid ends the task.

        :param options: The options of the module. Those of the connection are added.
        :param unused: Returns the options that the task does not use, whatever their values are.
        :param rules: Rules of Ansible's validation, such as `mutually_exclusive`.
        """
        self._declared = {**CONNECTION, **options}
        # Ansible calls _load_params() first, which has the steps 1 and 2, and then does step 3.
        super().__init__(argument_spec=argument_spec(self._declared), supports_check_mode=True, **rules)
        ignored = set(unused(self.params) if unused else ())
        used = {name: option for name, option in self._declared.items() if name not in ignored}
        values, self.params = self.params, without_secrets(self.params, self._declared)
        try:
            checked, warnings = check_values(values, used, self._environment)
        except WrongValue as error:
            self.fail_value(error.name, str(error))
        for warning in warnings:
            self.warn(self._redacted(warning))
        self.options = {**dict.fromkeys(self._declared), **checked}

    def _load_params(self) -> None:
        super()._load_params()
        internal = {name: value for name, value in self.params.items() if name.startswith("_ansible_")}
        given = {name: value for name, value in self.params.items() if name not in internal}
        self._environment = read_environment(given, self._declared)
        values, problem = check_types({**self._environment.values, **given}, self._declared)
        if problem:
            self.no_log_values = set(secrets_in(values, self._declared))
            self.params = without_secrets(values, self._declared)
            self.fail_json(msg=self._redacted(f"{problem}."))
        self.params = {**values, **internal}

    def fail_value(self, name: str, problem: str) -> t.NoReturn:
        """End the task, because the value of an option is not valid.

        :param problem: The end of a sentence, such as "must be ...".
        """
        if isinstance(self.params[name], str):
            # Ansible shows the options of a failed task, and a wrong URL may contain a password.
            self.params[name] = HIDDEN
        self.fail_json(msg=self._redacted(f"{name}{self._environment.source(name)} {problem}."))

    def _redacted(self, text: str) -> str:
        # Ansible does not hide secrets in warnings, nor a secret that is cut. The name of an item can contain one.
        redactor = Redactor()
        redactor.add(*self.no_log_values)
        return redactor.redact(text)

    def _log_invocation(self) -> None:
        # ansible-core knows secrets only as they were given. It logs a list as Python represents it, where a quote, a
        # backslash or a line break in a secret is escaped.
        given = self.no_log_values
        self.no_log_values = given | {repr(secret)[1:-1] for secret in given}
        super()._log_invocation()
        self.no_log_values = given
