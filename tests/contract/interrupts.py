# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl+C, SIGTERM, with which CI systems end a job, and SIGHUP, when a terminal closes.

A signal only sets a flag, at which the run looks before each request and in each pause. An exception in the middle of a
request could lock the connections, and nobody would know whether the request has created something.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import typing as t

from .errors import Interrupted

ENDS = b"\nInterrupted. The run ends after the response to the last request, and removes what it has created.\n"
GOES_ON = b"\nInterrupted again. Still removing what the run has created. Another signal stops that, too.\n"
STOPS = b"\nInterrupted. The removal stops after the response to the last request.\n"


class Interrupts(contextlib.AbstractContextManager["Interrupts"]):
    """Handles the signals until the context ends."""

    def __init__(self) -> None:
        self._signals = 0
        self._cleans = False
        self._handlers: dict[int, t.Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Programs in the background ignore Ctrl+C by default, but "nohup" ignores SIGHUP on purpose.
            is_meant = number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
            if is_meant and threading.current_thread() is threading.main_thread():
                self._handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_exc: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: object) -> None:
        self._signals += 1
        # If the terminal is closed, nobody can read it.
        with contextlib.suppress(OSError):
            os.write(2, ENDS if not self._cleans else GOES_ON if self._signals == 1 else STOPS)

    def begin_cleanup(self) -> None:
        """From now on, the first signal only warns."""
        self._signals, self._cleans = 0, True

    def check(self) -> None:
        """Raises Interrupted."""
        if self._signals > self._cleans:
            raise Interrupted("it was interrupted")

    def sleep(self, seconds: float) -> None:
        """Raises Interrupted."""
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self.check()
