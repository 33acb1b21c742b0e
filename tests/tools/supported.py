# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only list of supported versions, and the comparison of all pages with it."""

from __future__ import annotations

import re
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

# A placeholder: nothing is published there yet. All pages must name this address.
REPOSITORY = "github.com/flashbacktech/flashback.platform"

# pip installs the newest release that the running Python allows, but no release that is not supported yet.
ANY_CORE = f"ansible-core>={OLDEST}.0,<{NEXT}"

# What these files must say, word for word. Markup, line breaks, and "and newer" instead of "or newer" do not matter.
REQUIRED = {
    ".github/workflows/checks.yml": (f'max-ansible-core: "{NEWEST}"', f"target: test-{NEXT}"),
    "README.md": (
        f"ansible-core {OLDEST} or newer",
        f"Python, where the modules run {OLDEST_PYTHON} or newer",
        f"requests, where the modules run {OLDEST_REQUESTS} or newer",
    ),
    "meta/runtime.yml": (f'requires_ansible: ">={OLDEST}.0"',),
    "plugins/doc_fragments/_api.py": (f"requests >= {OLDEST_REQUESTS}",),
    "requirements.txt": (f"requests >= {OLDEST_REQUESTS}",),
    "tests/config.yml": (f'python_requires: ">={OLDEST_PYTHON}"',),
    "tests/constraints.txt": (ANY_CORE,),
}

# What no page may contradict: a pattern for each claim, and the versions that it may name.
CLAIMS = (
    (r"ansible-core (2\.\d+) or newer", {OLDEST}),
    (r"ansible-core[ ~<>=]{1,4}(2\.\d+)", set(CORES)),
    (r"requests[^.]{0,30}? (\d+\.[\d.]*\d) or newer", {OLDEST_REQUESTS}),
    (r"requests ?>= ?(\d+\.[\d.]*\d)", {OLDEST_REQUESTS}),
    (r"modules run (3\.\d+) or newer", {OLDEST_PYTHON}),
    (r"((?:github|gitlab)\.com/[\w.-]+/flashback\.platform)", {REPOSITORY}),
)
PAGES = ("galaxy.yml", "*.md", "docs/**/*.rst", "docs/**/*.yml", "plugins/**/*.py")


def disagreements(root: Path) -> list[str]:
    """Return a line for each difference between the list and the pages and metadata of the collection."""
    found = []
    for name, claims in REQUIRED.items():
        text = plain(root / name)
        missing = [claim for claim in claims if not re.search(rf"{re.escape(claim)}(?!\S)", text)]
        found += [f'{name} does not say "{claim}"' for claim in missing]
    for page in (page for pattern in PAGES for page in root.glob(pattern)):
        for pattern, allowed in CLAIMS:
            wrong = set(re.findall(pattern, plain(page))) - allowed
            found += [f"{page.relative_to(root)} says {version}, not {' or '.join(allowed)}" for version in wrong]
    return found


def plain(page: Path) -> str:
    """Return the text of a page on one line, without markup."""
    return re.sub(r"[`*|\s]+", " ", page.read_text(encoding="utf-8")).replace(" and newer", " or newer")
