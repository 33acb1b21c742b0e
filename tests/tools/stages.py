# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the stages of a check in parallel. Each stage has a log. The output shows only the failing part of the logs."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

# Seconds between two lines that show that the stages are still running.
ALIVE_INTERVAL = 15

# How many lines of a failed stage are shown.
MAX_FAILURE_LINES = 150


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0

    def __add__(self, other: object) -> Counts:
        assert isinstance(other, Counts)
        return Counts(self.passed + other.passed, self.failed + other.failed)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


@dataclass
class Stage:
    """One command of ansible-test, its log and, once it has ended, its result."""

    kind: str  # units, integration or sanity
    name: str
    command: Sequence[str]
    log: Path
    seconds: float = 0
    status: int | None = None
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def counts(self) -> Counts:
        """How many tests passed and failed. A stage that fails without a failed test counts as one failure."""
        counts = COUNT[self.kind](self.log.read_text(encoding="utf-8", errors="replace"))
        if self.status and not counts.failed:
            return Counts(max(0, counts.passed - (self.kind == "integration")), 1)
        return counts


def count_units(log: str) -> Counts:
    """Add up the numbers in pytest's last lines. ansible-test runs pytest once for each kind of code."""
    closing = "\n".join(re.findall(r"^=+ (.*\bin [\d.]+s\b.*?) =+$", log, re.MULTILINE))
    passed = sum(map(int, re.findall(r"(\d+) passed", closing)))
    return Counts(passed, sum(map(int, re.findall(r"(\d+) (?:failed|error)", closing))))


def count_integration(log: str) -> Counts:
    return Counts(len(re.findall(r"^Running \S+ integration test ", log, re.MULTILINE)))


def count_sanity(log: str) -> Counts:
    ran = len(re.findall(r'^Running sanity test "', log, re.MULTILINE))
    failed = sum(map(int, re.findall(r"^(?:FATAL|ERROR): The (\d+) sanity test", log, re.MULTILINE)))
    return Counts(ran - failed, failed)


COUNT = {"units": count_units, "integration": count_integration, "sanity": count_sanity}


def run(stages: Sequence[Stage], at_once: int, env: Mapping[str, str]) -> None:
    """Run the stages, `at_once` of them at a time, each with its output in its log, and set their results."""
    started = time.monotonic()
    waiting, running = list(stages), list[Stage]()
    shown = started
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(start(waiting.pop(0), env))
            time.sleep(0.2)
            now = time.monotonic()
            for stage in list(running):
                assert stage.process
                stage.status = stage.process.poll()
                if stage.status is not None:
                    running.remove(stage)
                    stage.seconds += now
                    print_line(f"{stage.name:<28}{duration(stage.seconds):>8}   {stage.counts()}")
            if running and now - shown >= ALIVE_INTERVAL:
                shown = now
                names = ", ".join(stage.name for stage in running)
                print_line(f"  {duration(now - started)}  running: {names}")
    finally:
        for stage in running:
            if stage.process:
                stage.process.terminate()
                stage.process.wait()


def start(stage: Stage, env: Mapping[str, str]) -> Stage:
    stage.log.parent.mkdir(parents=True, exist_ok=True)
    stage.seconds = -time.monotonic()
    with stage.log.open("w", encoding="utf-8") as log:
        stage.process = subprocess.Popen(  # pylint: disable=consider-using-with
            stage.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, text=True, env=env
        )
    return stage


def failing_part(stage: Stage) -> str:
    """The part of the stage's log that shows what failed, or its end."""
    lines = stage.log.read_text(encoding="utf-8", errors="replace").splitlines()
    part = FAILING_LINES[stage.kind](lines) or lines[-60:]
    if len(part) > MAX_FAILURE_LINES:
        half = MAX_FAILURE_LINES // 2
        part = [*part[:half], f"[{len(part) - 2 * half} lines left out]", *part[-half:]]
    return "\n".join(part)


def failing_units(lines: list[str]) -> list[str]:
    """Return the output from pytest's first heading of failures to the end."""
    headings = (number for number, line in enumerate(lines) if re.fullmatch(r"=+ (FAILURES|ERRORS) =+", line))
    first = next(headings, len(lines))
    return lines[first:]


def failing_integration(lines: list[str]) -> list[str]:
    """Return the output from the heading of the last failed task to the end, without the items that did not fail.

    Ignored failures do not count.
    """
    task = first = len(lines)
    for number, line in enumerate(lines):
        if line.startswith(("TASK [", "RUNNING HANDLER [")):
            task = number
        elif re.match(r"(fatal|failed): ", line):
            first = task
        elif line.startswith("...ignoring"):
            first = len(lines)
    return [line for line in lines[first:] if not line.startswith(("ok: ", "changed: ", "skipping: "))]


def failing_sanity(lines: list[str]) -> list[str]:
    """The messages of the sanity tests, without the output of pip between them, and the names at the end."""
    last = next((number for number, line in enumerate(lines) if line.startswith("FATAL:")), len(lines))
    return [line for line in lines[:last] if line.startswith("ERROR:")] + lines[last:]


FAILING_LINES = {"units": failing_units, "integration": failing_integration, "sanity": failing_sanity}


def duration(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def print_line(line: str) -> None:
    print(line, flush=True)
