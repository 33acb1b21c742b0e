# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict what would change, without changing anything.
  diff_mode:
    description: Shows what has changed in diff mode, or what would change in C(check_mode).
  idempotent:
    description:
      - A second run with the same options changes nothing, unless somebody made changes between the runs. This does not
        apply to check mode.
"""

    # To be used together with the fragment above.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
"""

    ACTIONGROUP_ALL = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/flashback.platform.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - flashback.platform.all
"""
