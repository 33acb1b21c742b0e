# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that the tarball has exactly the expected files, also if the checkout is full of a user's files.

`tarball.py SCRATCH` copies the checkout, adds such files, builds the collection, and prints the path of the tarball.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from fnmatch import fnmatch
from pathlib import Path

# "*" matches "/", too.
EXPECTED = (
    "CHANGELOG.md*",
    "CONTRIBUTING.md",
    "COPYING",
    "LICENSES/*.txt",
    "README.md",
    "REUSE.toml",
    "SECURITY.md",
    "changelogs/changelog.yaml*",
    "changelogs/config.yaml",
    "docs/*",
    "meta/*",
    "playbooks/*",
    "plugins/*",
    "requirements.txt",
    "tests/config.yml",
)

# ansible-galaxy adds these.
ADDED = {"FILES.json", "MANIFEST.json"}

OF_A_USER = """
    .DS_Store .ansible/facts .env .envrc .idea/workspace.xml .venv/bin/python .vault_pass .vscode/settings.json
    #README.md# README.md~ Thumbs.db ansible.cfg build/lib.py collections/requirements.yml contract-report-1.md
    coverage.xml credentials.json dist/notes.md docs/.DS_Store docs/Thumbs.db docs/guides/#errors.md#
    docs/demo.svg.bak
    env/bin/python flashback-platform-1.0.0.tar.gz group_vars/all.yml host_vars/localhost.yml hosts hosts.ini
    htmlcov/index.html id_ed25519 inventory.yml inventory/hosts.yml logs/run.log meta/runtime.yml.orig
    node_modules/a/index.js playbooks/.deploy.yml.swp playbooks/deploy.log
    plugins/modules/.ai_llm.py.swp
    plugins/modules/__pycache__/ai_llm.cpython-312.pyc plugins/modules/ai_llm.py.rej run.retry secrets.yml
    secrets/token server.key site/index.html tests/output/junit.xml tls/ca.pem vault.yml venv/bin/python
    venv3.12/pyvenv.cfg workspace.apply.md workspace.plan.env workspace.plan.md
"""


def main() -> None:
    checkout, scratch = Path.cwd(), Path(sys.argv[1]).resolve() / "tarball"
    shutil.rmtree(scratch, ignore_errors=True)
    files = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
    for name in files + OF_A_USER.split():
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / (name if name in files else "COPYING"), target)
    build = ["ansible-galaxy", "collection", "build", "--output-path", str(scratch / "dist"), str(scratch)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (built,) = scratch.glob("dist/*.tar.gz")
    with tarfile.open(built) as archive:
        packed = {member.name for member in archive if member.isfile()} - ADDED
    expected = {name for name in files if any(fnmatch(name, pattern) for pattern in EXPECTED)}
    problems = [f"unexpected: {name}" for name in sorted(packed - expected)]
    problems += [f"missing: {name}" for name in sorted(expected - packed)]
    if problems:
        sys.exit("\n".join(problems))
    print(built)


if __name__ == "__main__":
    main()
