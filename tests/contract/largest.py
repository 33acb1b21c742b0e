# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The largest name, endpoint and secret that the API accepts, found by bisection. Not a statement: a measurement."""

from __future__ import annotations

import typing as t

from .errors import NotTried

if t.TYPE_CHECKING:
    from .run import Run

# In characters. The search is exact to STEP, and needs twelve creations at most.
LEAST, MOST, STEP = 255, 1 << 16, 64


def search(run: Run) -> None:
    for field in ("name", "endpoint", "secret"):
        try:
            found = _largest(run, field)
        except NotTried as exc:
            found = str(exc)
        run.measured.notes.append(f"largest {field}: {found}")


def _largest(run: Run, field: str) -> str:
    def is_accepted(length: int) -> bool:
        fields = run.configurations.fields()
        usual = fields[field] + ("/" if field == "endpoint" else "")
        response = run.configurations.send({**fields, field: usual.ljust(length, "x")})
        run.configurations.remove_unkept()
        return response.ok

    if is_accepted(MOST):
        return f"{MOST} characters or more"
    if not is_accepted(LEAST):
        return f"less than {LEAST} characters"
    low, high = LEAST, MOST
    while high - low > STEP:
        middle = (low + high) // 2
        low, high = (middle, high) if is_accepted(middle) else (low, middle)
    return f"{low} to {high - 1} characters"
