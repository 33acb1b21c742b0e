# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The result of a task."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ._errors import Failure


class Result(t.NamedTuple):
    # The return values of the task. `run()` redacts them.
    values: dict[str, t.Any]
    warnings: tuple[str, ...] = ()
    # Why the task fails; None if it succeeds.
    failure: Failure | None = None
    # Return values that are not redacted: those that are secret, and the ID of a plan.
    secrets: dict[str, str | None] | None = None
