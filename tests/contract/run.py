# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run: the preflight, the statements, the modules, and the cleanup, whatever happens before it."""

from __future__ import annotations

import secrets
import traceback
import typing as t

from . import largest
from .client import Client
from .configurations import Configurations
from .errors import Ended, Failing, Interrupted, NotTried, Stopped
from .journal import Journal
from .measured import Measured
from .plan import Plan, is_allowed
from .preflight import preflight
from .response import Response
from .settings import variable
from .smoke import Smoke
from .statement import AS_ASSUMED, DIFFERENT, NOT_TRIED, STATEMENTS, Finding

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .interrupts import Interrupts
    from .settings import Settings


class Run:
    """What a run uses, and what it has found.

    login: the response to the login of the preflight. shared: what functions with the decorator `shared` have returned.
    earlier: the names of configurations of earlier runs that are still there. ended: why the run ended early.
    """

    def __init__(
        self, settings: Settings, plan: Plan, interrupts: Interrupts, journal: Path, say: Callable[[str], None]
    ) -> None:
        """say: shows the progress. Raises OSError if the journal cannot be written."""
        prefix = f"contract-{secrets.token_hex(4)}"
        key, secret = f"{prefix}-key", f"wrong-{prefix}-secret"
        # A short password could be a part of any response.
        password = (settings.password,) if len(settings.password) > 7 else ()
        self._journal = Journal(journal, prefix=prefix, api_url=settings.api_url, workspaces=settings.workspaces)
        self._say = say
        self._is_interrupted = False
        self.settings = settings
        self.interrupts = interrupts
        self.measured = Measured((key, secret, *password))
        self.client = Client(settings, interrupts, self._journal.write, self.measured, plan)
        self.configurations = Configurations(self.client, self._journal.write, plan, prefix, (key, secret))
        self.findings = {name: Finding(statement) for name, statement in STATEMENTS.items()}
        self.smoke = Smoke()
        self.shared: dict[t.Any, t.Any] = {}
        self.login: Response | None = None
        self.earlier: set[str] = set()
        self.ended = ""

    def execute(self) -> None:
        """Check everything, and clean up. What went wrong is in the attributes."""
        try:
            self._check()
        except Stopped as exc:
            self.ended = f"The preflight stopped the run: {exc}."
            if exc.statement:
                self.findings[exc.statement].result, self.findings[exc.statement].seen = DIFFERENT, str(exc)
        except Ended as exc:
            self._end(exc, "The run")
            for finding in self.differences() if isinstance(exc, Failing) else ():
                if finding.requests >= self.client.failing_since:
                    finding.result, finding.seen = NOT_TRIED, f"proves nothing: {exc}"
        except Exception as exc:  # pylint: disable=broad-exception-caught  # whatever happens, clean up
            self.ended = f"The run ended early, because the suite has a bug: {_place_of(exc)}."
        self.interrupts.begin_cleanup()
        self.client.begin_cleanup()
        try:
            self.configurations.remove_all()
            self.client.revoke_all()
        except Ended as exc:
            self._end(exc, "The cleanup")
        self._journal.close(remove=not self.is_something_left)

    def _end(self, exc: Ended, what: str) -> None:
        self.ended += f" {what} ended early: {exc}."
        self._is_interrupted |= isinstance(exc, Interrupted)

    def _check(self) -> None:
        preflight(self)
        for finding in self.findings.values():
            self._judge(finding)
            self._say(f"{finding.result:>10}: {finding.statement.text}")
            self.configurations.remove_unkept()
        if self.settings.largest:
            largest.search(self)
        self.smoke.run(self)

    def _judge(self, finding: Finding) -> None:
        """Check one statement. A response that the check does not expect makes the statement wrong."""
        statement = finding.statement
        try:
            if not is_allowed(statement, self.settings):
                raise NotTried(f"needs {variable(statement.permission)}")
            for name in statement.needs:
                if self.findings[name].result != AS_ASSUMED:
                    raise NotTried(f"needs that this is as assumed: {self.findings[name].statement.text}")
            is_right, seen = statement.check(self)
            finding.result = AS_ASSUMED if is_right else DIFFERENT
            finding.seen = f"`{seen}`" if isinstance(seen, Response) else seen
        except NotTried as exc:
            finding.seen = str(exc)
        except Ended:
            finding.seen = "the run ended in the middle of it"
            raise
        except Exception as exc:  # pylint: disable=broad-exception-caught  # a malformed response can do anything
            finding.result, finding.seen = DIFFERENT, f"a response has an unexpected shape: {_place_of(exc)}"
        finding.requests = self.client.requests

    def differences(self) -> list[Finding]:
        return [finding for finding in self.findings.values() if finding.result == DIFFERENT]

    @property
    def is_something_left(self) -> bool:
        return bool(self.configurations.left or self.client.open)

    @property
    def status(self) -> int:
        """The exit status; report.py has what they mean."""
        sources = {finding.statement.source for finding in self.differences()}
        if self.is_something_left:
            return 4
        if self._is_interrupted:
            return 130
        if self.ended or not any(finding.result == AS_ASSUMED for finding in self.findings.values()):
            return 3
        return 2 if "documented" in sources else 1 if sources or self.smoke.is_wrong else 0


def _place_of(exc: Exception) -> str:
    """Return the class of an exception, and where it was raised. Its text could have values of responses."""
    frame = traceback.extract_tb(exc.__traceback__)[-1]
    return f"{type(exc).__name__} in {frame.filename.rpartition('/')[2]}, line {frame.lineno}"
