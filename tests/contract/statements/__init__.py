# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the statements."""

from __future__ import annotations

import importlib

# In the order in which a run makes them.
MODULES = ("login", "creation", "lists", "names", "update", "removal", "others")


def load() -> None:
    """Register the checks."""
    for name in MODULES:
        importlib.import_module(f".{name}", __name__)
