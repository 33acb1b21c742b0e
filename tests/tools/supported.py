# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only list of supported versions, and the lines that repeat one of them elsewhere."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

# Each supported release series of ansible-core with a Python that can run its controller, oldest first. Together they
# cover all of these Pythons. After a new release series: add it here, then run "make update-constraints".
CORES = {"2.16": "3.10", "2.17": "3.11", "2.18": "3.12", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
OLDEST, NEWEST = min(CORES), max(CORES)

# The next release series, which has only release candidates. Its tests may fail.
NEXT, NEXT_CORE, NEXT_PYTHON = "2.22", "ansible-core~=2.22.0rc1", "3.13"

# The oldest Python that can run the modules, and the oldest libraries. The oldest requests limits the other libraries.
OLDEST_PYTHON = "3.9"
OLDEST_REQUESTS = "2.25.1"
OLDEST_LIBRARIES = (f"requests=={OLDEST_REQUESTS}", "urllib3<2", "idna<3", "chardet<5")

# pip installs the newest release that the running Python allows, but no release that is not supported yet.
ANY_CORE = f"ansible-core>={OLDEST}.0,<{NEXT}"

# The lines that these files must have, apart from the indentation.
LINES = {
    ".github/workflows/checks.yml": (f'max-ansible-core: "{NEWEST}"', f"- target: test-{NEXT}"),
    "README.md": (
        f"| ansible-core | {OLDEST} or newer |",
        f"| Python, where the modules run | {OLDEST_PYTHON} or newer |",
        f"| requests, where the modules run | {OLDEST_REQUESTS} or newer |",
    ),
    "meta/runtime.yml": (f'requires_ansible: ">={OLDEST}.0"',),
    "plugins/doc_fragments/_api.py": (f"- python >= {OLDEST_PYTHON}", f"- requests >= {OLDEST_REQUESTS}"),
    "requirements.txt": (f"requests >= {OLDEST_REQUESTS}",),
    "tests/config.yml": (f'python_requires: ">={OLDEST_PYTHON}"',),
    "tests/constraints.txt": (ANY_CORE,),
}


def disagreements(root: Path) -> list[str]:
    """Return a text for each of these lines that a file does not have."""
    found = {name: list(map(str.strip, (root / name).read_text(encoding="utf-8").splitlines())) for name in LINES}
    return [
        f'{name} needs the line "{line}"' for name, lines in LINES.items() for line in lines if line not in found[name]
    ]
