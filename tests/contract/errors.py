# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a statement is not tried, and why a run ends early. The messages have no private data."""

from __future__ import annotations


class NotTried(Exception):
    """A statement cannot be checked."""


class NoResponse(NotTried):
    """The server did not respond. sent: whether the request may have arrived."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Ended(Exception):
    """The run ends here, and cleans up."""


class Stopped(Ended):
    """The preflight stops the run. statement: the name of the statement that is wrong because of it, if any."""

    def __init__(self, reason: str, statement: str = "") -> None:
        super().__init__(reason)
        self.statement = statement


class Interrupted(Ended):
    """A signal ends the run."""


class Failing(Ended):
    """The last requests have all failed in the same way, so what they seem to show proves nothing."""
