# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the suite. README.md explains the exit statuses."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import typing as t
from datetime import datetime, timezone
from pathlib import Path

from .clean import clean
from .errors import Ended
from .interrupts import Interrupts
from .plan import MOCK, Plan, confirm, describe
from .report import difference, render, summary
from .run import Run
from .settings import Settings, SettingsError
from .statements import load

if t.TYPE_CHECKING:
    from collections.abc import Iterator


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="print the plan, and send nothing")
    parser.add_argument("--clean", action="store_true", help="remove what the journals of earlier runs name")
    parser.add_argument("--folder", type=Path, default=Path(), help="where reports and journals are")
    parser.add_argument("--switch", metavar="NAME", help="a switch of the mock API, see tests/mock_api/switches.py")
    options = parser.parse_args(arguments)
    load()
    try:
        settings = Settings.from_environment(os.environ)
        if options.clean:
            return _clean(settings, options.folder)
        with _checked(settings, options.switch) as checked:
            return _run(checked, options)
    except (SettingsError, Ended, OSError, ValueError) as exc:
        say(f"contract: {exc}", sys.stderr)
    except KeyboardInterrupt:
        say("\nNothing was sent.", sys.stderr)
    return 3


@contextlib.contextmanager
def _checked(settings: Settings | None, switch: str | None) -> Iterator[Settings]:
    """What is checked. Starts the mock API if the environment names no server."""
    if settings and switch:
        raise SettingsError("--switch is for the mock API: unset FLASHBACK_API_URL.")
    if settings:
        yield settings
        return
    from ..mock_api.running import running_mock

    with running_mock() as mock:
        mock.switches(*filter(None, [switch]))
        yield Settings.for_mock(mock)


def _run(settings: Settings, options: argparse.Namespace) -> int:
    plan = Plan.of(settings)
    say(f"This run checks what the API does:\n{describe(plan, settings, str(options.folder.resolve()))}")
    if options.dry_run:
        say("This was the plan. Nothing was sent.")
        return 0
    settings = dataclasses.replace(settings, confirm=confirm(settings, input if sys.stdin.isatty() else None))
    options.folder.mkdir(parents=True, exist_ok=True)
    report, journal = _paths(options.folder)
    with Interrupts() as interrupts:
        run = Run(settings, plan, interrupts, journal, say)
        run.execute()
    say("")
    for finding in run.differences():
        say("\n".join(difference(finding, run)))
    for one in run.configurations.left:
        say(f"LEFT: {one.name}, ID {one.id or 'not known'}, workspace {one.workspace_id}: {one.reason}")
    for token_id in run.client.open:
        say(f"LEFT: the login with the token ID {token_id}")
    if run.is_something_left:
        say(f"To remove what {journal} names, run `make contract-clean`.")
    say("\n".join(summary(run)))
    report.write_text(render(run), encoding="utf-8")
    say(f"{MOCK if settings.is_mock else ''}\nReport: {report}".strip())
    return run.status


def _clean(settings: Settings | None, folder: Path) -> int:
    if settings is None:
        raise SettingsError("Set FLASHBACK_API_URL and the credentials, as for the run that has left something.")
    is_terminal = sys.stdin.isatty()

    def is_confirmed() -> bool:
        return bool(settings.confirm) or (is_terminal and input("Remove these? Type yes: ").strip() == "yes")

    with Interrupts() as interrupts:
        return 0 if clean(settings, folder, interrupts, is_confirmed, say) else 4


def _paths(folder: Path) -> tuple[Path, Path]:
    """Return new paths for the report and the journal. Raises OSError if the folder cannot be written."""
    now = datetime.now(timezone.utc)
    for number in range(1000):
        name = f"{now:%Y%m%dT%H%M%SZ}" + (f"-{number}" if number else "")
        report = folder / f"contract-report-{name}.md"
        with contextlib.suppress(FileExistsError):
            report.touch(exist_ok=False)
            return report, folder / f"contract-journal-{name}.jsonl"
    raise OSError(f"{folder} has too many reports of this second")


def say(text: str, stream: t.TextIO | None = None) -> None:
    """Print a text. The terminal may be closed already, but the cleanup must go on."""
    with contextlib.suppress(OSError):
        print(text, file=stream or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
