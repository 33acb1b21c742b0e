# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install pip from the wheel beside this file, whose name is that of a script in the cache of ansible-test.

noxfile.py copies this file there, and downloads the wheel from the package index.
"""

from __future__ import annotations

import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
version = Path(__file__).stem.replace("get_pip_", "").replace("_", ".")
sys.path.insert(0, str(folder / f"pip-{version}-py3-none-any.whl"))

from pip._internal.cli.main import main

# These are options of the original script only.
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--ignore-installed", "--find-links", str(folder), *wanted]))
