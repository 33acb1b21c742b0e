# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let pytest import the collection by its name, wherever the checkout is."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

try:
    importlib.import_module("ansible_collections.flashback.platform")
except ImportError:
    collections = Path(__file__).resolve().parents[1] / ".collections"
    link = collections / "ansible_collections" / "flashback" / "platform"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to("../../..")
    sys.path.insert(0, str(collections))
