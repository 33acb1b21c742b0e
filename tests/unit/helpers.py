# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module in this process."""

from __future__ import annotations

import contextlib
import io
import json
import time
import typing as t
from pathlib import Path

import pytest
from ansible import module_utils
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.common.parameters import PASS_VARS

if t.TYPE_CHECKING:
    from collections.abc import Callable

# The folder of the collection.
ROOT = Path(__file__).resolve().parents[2]


def cpu_seconds(*works: Callable[[], object]) -> list[float]:
    """The CPU time that each of these takes, the least of several runs: a busy machine changes it little.

    Compare two of them. The time itself depends on the machine.
    """
    runs: list[list[float]] = []
    for _run in range(5):
        runs.append([])
        for work in works:
            begin = time.thread_time()
            work()
            runs[-1].append(time.thread_time() - begin)
    return [min(times) for times in zip(*runs)]


class TaskResult(t.NamedTuple):
    """What a module printed, and the result in it."""

    output: str
    values: dict[str, t.Any]

    @property
    def failed(self) -> bool:
        return bool(self.values.get("failed", False))

    @property
    def changed(self) -> bool:
        return bool(self.values.get("changed", False))

    @property
    def msg(self) -> str:
        return t.cast("str", self.values["msg"])

    @property
    def error(self) -> dict[str, t.Any]:
        """The return value `error`; empty if there is none."""
        return t.cast("dict[str, t.Any]", self.values.get("error", {}))

    @property
    def code(self) -> str | None:
        """The error code; None if there is none."""
        return t.cast("str | None", self.error.get("code"))

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """ID and outcome of each item of `outcomes`."""
        return [(outcome["id"], outcome["outcome"]) for outcome in self.values["outcomes"]]

    @property
    def warnings(self) -> list[str]:
        # From version 2.19 on, ansible-core describes a warning by an event.
        return [item if isinstance(item, str) else item["event"]["msg"] for item in self.values.get("warnings", [])]


def run_module(
    main: Callable[[], None], *, check: bool = False, diff: bool = False, log: bool = False, **params: t.Any
) -> TaskResult:
    """Run a module's main() as Ansible does, but in this process. An exception that escapes it fails the test.

    log: whether ansible-core logs the options.
    """
    arguments = {
        **params,
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        # From Python 3.12 on, ansible-core's own logging stops at a NUL, before the module sees it.
        "_ansible_no_log": not log,
        # Newer versions of ansible-core return the options only if they are asked to. Tests look for secrets in them.
        **({"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}),
    }
    output = io.StringIO()
    warnings._global_warnings.clear()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            patch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
        if hasattr(module_utils, "_internal"):
            # A test of a lookup in the same process has told ansible-core that this is the controller.
            patch.setattr(module_utils._internal, "is_controller", False)
        with pytest.raises(SystemExit) as exited:
            main()
    result = TaskResult(output.getvalue(), json.loads(output.getvalue()))
    assert exited.value.code == (1 if result.failed else 0)
    return result
