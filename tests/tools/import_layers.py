# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check with import-linter that imports between the files of plugins go one way: import_layers.py SCRATCH.

import-linter can only check packages. The folders of a collection have no __init__.py, because Ansible loads them in
another way. So the check runs on a copy to which these files are added.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PACKAGE = Path("ansible_collections", "flashback", "platform", "plugins")


def main() -> None:
    root, scratch = Path.cwd(), Path(sys.argv[1]).resolve()
    shutil.rmtree(scratch / PACKAGE.parts[0], ignore_errors=True)
    for name in ("modules", "module_utils"):
        shutil.copytree(root / "plugins" / name, scratch / PACKAGE / name, ignore=shutil.ignore_patterns("__pycache__"))
    packages = scratch / PACKAGE.parts[0]
    for folder in (packages, *filter(Path.is_dir, packages.rglob("*"))):
        (folder / "__init__.py").touch()
    os.chdir(scratch)
    os.environ["PYTHONPATH"] = str(scratch)
    command = ["lint-imports", "--no-cache", "--config", str(root / ".importlinter")]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
