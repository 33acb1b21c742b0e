# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Threads: a few requests at once, slowed down together when the API asks for it."""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import Future
from queue import Empty, SimpleQueue

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Item = t.TypeVar("_Item")
_Result = t.TypeVar("_Result")

# The most requests that are in flight at once.
MAX_CONCURRENCY = 8


def start(function: Callable[..., _Result], *args: t.Any) -> Future[_Result]:
    """Call the function in a daemon thread. The future has its result or its exception.

    ThreadPoolExecutor waits for its threads when the process ends: after Ctrl+C it would send further requests, and a
    thread that hangs would keep the process. Daemon threads end with the process.
    """
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as exc:  # pylint: disable=broad-exception-caught  # raised again by result()
            future.set_exception(exc)

    threading.Thread(target=run, daemon=True).start()
    return future


def for_each(function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """The function's results for the items, in their order. It runs for up to MAX_CONCURRENCY items at once.

    An exception of the function is raised here, and its worker stops.
    """
    if len(items) < 2:
        return [function(item) for item in items]
    left: SimpleQueue[int] = SimpleQueue()
    for index in range(len(items)):
        left.put(index)
    results: dict[int, _Result] = {}
    stopped = threading.Event()

    def work() -> None:
        try:
            while not stopped.is_set():
                index = left.get_nowait()
                results[index] = function(items[index])
        except Empty:
            pass

    try:
        for worker in [start(work) for _unused in range(min(MAX_CONCURRENCY, len(items)))]:
            worker.result()
    finally:
        # After an interruption, the process needs some milliseconds to end. The workers must not go on until then.
        stopped.set()
    return [results[index] for index in range(len(items))]


class Throttle:
    """Limits the requests in flight, as a context for each. Shared by all threads.

    After a 429, all threads wait, and half as many requests as before, but at least one, are in flight at once.
    Otherwise those that waited would come back together, and be refused again.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._limit = MAX_CONCURRENCY
        self._in_flight = 0
        self._not_before = 0.0

    def __enter__(self) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._in_flight < self._limit)
            self._in_flight += 1
        while (wait := self._not_before - time.monotonic()) > 0:
            time.sleep(wait)

    def __exit__(self, *exc_info: object) -> None:
        with self._condition:
            self._in_flight -= 1
            self._condition.notify()

    def slow_down(self, seconds: float) -> None:
        """Send nothing for some seconds, and less at once after that."""
        now = time.monotonic()
        with self._condition:
            # The 429s of requests that were in flight together count once.
            if now >= self._not_before:
                self._limit = max(1, self._limit // 2)
            self._not_before = max(self._not_before, now + seconds)
