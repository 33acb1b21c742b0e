# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only list of supported versions, for the checks, the Makefile, the workflows and the documentation.

This file is also a program. "matrix" prints the test jobs for the workflow as JSON. "check" compares the documentation
with the list, and the repository's addresses with the address in galaxy.yml. The program needs only Python.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "flashback.platform"

# Each supported release series of ansible-core with a Python that can run its controller, oldest first. Together they
# cover all of these Pythons. After a new release series: add it here, then run "make update-constraints".
CORES = {"2.16": "3.10", "2.17": "3.11", "2.18": "3.12", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}

# The oldest Python that can run the modules, and the oldest libraries. The oldest requests limits the other libraries.
OLDEST_PYTHON = "3.9"
OLDEST_LIBRARIES = ("requests==2.25.1", "urllib3<2", "idna<3", "chardet<5")

SERIES = tuple(CORES)
OLDEST, NEWEST = SERIES[0], SERIES[-1]


def _next_series(series: str) -> str:
    major, minor = series.split(".")
    return f"{major}.{int(minor) + 1}"


# pip installs the newest release that the running Python allows, but no release that is not supported yet.
ANY_CORE = f"ansible-core>={OLDEST}.0,<{_next_series(NEWEST)}"


def core(series: str) -> str:
    """The pip requirement for the newest release of one series, such as "2.19"."""
    return f"ansible-core~={series}.0"


def matrix() -> str:
    """The test jobs as JSON: each with the name of its "make test-…" target and the Pythons that it needs."""
    jobs = [{"session": series, "python": python} for series, python in CORES.items()]
    # Newlines separate the versions: the last one becomes the default, which makes the virtual environment.
    jobs.append({"session": "oldest", "python": f"{OLDEST_PYTHON}\n{CORES[OLDEST]}"})
    return json.dumps({"include": jobs})


def disagreements() -> list[str]:
    """Return a line for each place in the documentation and the metadata that differs from the list."""
    required = {
        "meta/runtime.yml": f'requires_ansible: ">={OLDEST}.0"',
        "README.md": OLDEST,
        "tests/config.yml": f'python_requires: ">={OLDEST_PYTHON}"',
        "tests/constraints.txt": ANY_CORE,
    }
    found = [
        f"{name}: does not contain {text}"
        for name, text in required.items()
        if text not in (ROOT / name).read_text(encoding="utf-8")
    ]
    address = re.findall(r"^repository: https://(.*)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    patterns = ("galaxy.yml", "*.md", "docs/**/*.rst", "docs/**/*.yml", "plugins/**/*.py")
    for page in (path for pattern in patterns for path in ROOT.glob(pattern)):
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            for series in re.findall(r"ansible-core[ `*~<>=|]{1,6}(2\.\d+)", line):
                if series not in CORES:
                    found.append(f"{page.relative_to(ROOT)}:{number}: ansible-core {series} is not supported")
            for other in re.findall(rf"(?:github|gitlab)\.com/[\w.-]+/{COLLECTION}", line):
                if other not in address:
                    found.append(f"{page.relative_to(ROOT)}:{number}: {other} is not the repository in galaxy.yml")
    return found


def main() -> None:
    if sys.argv[1:] == ["matrix"]:
        print(matrix())
    elif sys.argv[1:] == ["check"]:
        sys.exit("\n".join(disagreements()) or 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
