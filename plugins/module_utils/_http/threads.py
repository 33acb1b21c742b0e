# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Threads: send several requests at the same time, and send fewer or none if the API does not keep up."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t
from concurrent.futures import Future
from queue import Empty, SimpleQueue

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._errors import Failure

_Item = t.TypeVar("_Item")
_Result = t.TypeVar("_Result")

# The maximum number of requests in flight.
MAX_CONCURRENCY = 8


def start(function: Callable[..., _Result], *args: t.Any) -> Future[_Result]:
    """Call the function in a daemon thread. The future gets its result or its exception.

    ThreadPoolExecutor is not suitable, because it waits for its threads when the process ends. After Ctrl+C it would
    send more requests, and a thread that hangs would block the process. Daemon threads end with the process.
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
    """Return the function's results for the items, in their order. Up to MAX_CONCURRENCY calls run at the same time.

    If the function raises an exception, no further calls begin, and the exception is raised here.
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
        except BaseException:
            stopped.set()
            raise

    workers: list[Future[None]] = []
    try:
        # The system may limit the number of threads. Fewer threads do the same work, if necessary this thread alone.
        with contextlib.suppress(RuntimeError):
            while len(workers) < min(MAX_CONCURRENCY, len(items)):
                workers.append(start(work))
        if not workers:
            work()
        for worker in workers:
            worker.result()
    finally:
        # After an interruption, the process needs some milliseconds to end. The workers must not go on until then.
        stopped.set()
    return [results[index] for index in range(len(items))]


class Throttle:
    """Limits the number of requests in flight. All threads share it, and use it as a context manager per request.

    It does what TCP does. After a 429, all threads wait, and the limit becomes half as large, but at least one.
    Otherwise all waiting threads would send their requests at the same time, and the API would refuse them again. After
    as many successes as the limit, it grows by one.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._limit = MAX_CONCURRENCY
        self._successes = 0
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

    def speed_up(self) -> None:
        """Take notice of a response that shows no overload."""
        with self._condition:
            self._successes += 1
            if self._successes >= self._limit < MAX_CONCURRENCY:
                self._successes = 0
                self._limit += 1
                self._condition.notify()

    def slow_down(self, seconds: float) -> None:
        """Send nothing for this many seconds, and fewer requests at the same time after that."""
        now = time.monotonic()
        with self._condition:
            # If several requests in flight get a 429, the limit is halved only once.
            if now >= self._not_before:
                self._limit = max(1, self._limit // 2)
                self._successes = 0
            self._not_before = max(self._not_before, now + seconds)


class Breaker:
    """Stops all further writes of a task if the API does not recover. Otherwise, each of them would wait in vain.

    It opens after a number of failed attempts without a success between them. Only the attempts of requests that have
    failed count, so a request that cannot be repeated counts less than one that failed in all its attempts.
    """

    def __init__(self, max_attempts: int) -> None:
        self._lock = threading.Lock()
        self._max_attempts = max_attempts
        self._attempts = 0
        # The failure with which it opened; None if it is closed.
        self.cause: Failure | None = None

    def succeed(self) -> None:
        with self._lock:
            self._attempts = 0
            self.cause = None

    def fail(self, failure: Failure) -> None:
        with self._lock:
            self._attempts += failure.attempts
            if self._attempts >= self._max_attempts:
                self.cause = failure
