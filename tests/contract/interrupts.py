# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl+C, and SIGTERM, with which CI systems end a job. They end the run between two requests."""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator


class Interrupts:
    """Handles the signals until it is closed.

    An exception in the middle of a request could leave a lock of the connection pool locked, so that no further request
    is possible. And nobody would know whether the request has created something.
    """

    def __init__(self) -> None:
        self._in_request = False
        self._pending = False
        # Programs in the background ignore Ctrl+C by default.
        self._handlers = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}

    def _handle(self, _number: int, _frame: object) -> None:
        if not self._in_request:
            raise KeyboardInterrupt
        self._pending = True
        os.write(2, b"\nInterrupted. Waiting for the response to the last request.\n")

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """The time of a request. Raises KeyboardInterrupt if a signal came during the last one."""
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt
        self._in_request = True
        try:
            yield
        finally:
            self._in_request = False

    def begin_cleanup(self) -> None:
        """Forget a signal that came before, because the run ends anyway. Another one ends the cleanup."""
        self._pending = False

    def close(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
