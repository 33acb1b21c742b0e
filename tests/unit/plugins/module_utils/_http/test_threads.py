# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time
import types
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._http import threads
from ansible_collections.flashback.platform.plugins.module_utils._http.threads import (
    MAX_CONCURRENCY,
    Throttle,
    for_each,
    start,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.flashback.platform.tests.unit.conftest import FakeClock


def test_future_has_the_result_or_the_exception() -> None:
    assert start(int, "5").result(10) == 5
    future = start(int, "five")
    with pytest.raises(ValueError, match="five"):
        future.result(10)


def test_for_each_keeps_the_order() -> None:
    assert for_each(lambda number: number * 2, range(100)) == list(range(0, 200, 2))
    assert for_each(str, [1]) == ["1"]
    assert for_each(str, []) == []


def test_for_each_runs_eight_at_once() -> None:
    """The barrier opens for eight threads together. A ninth thread would be counted before that."""
    barrier = threading.Barrier(MAX_CONCURRENCY)
    running: list[int] = []
    counts: list[int] = []

    def work(number: int) -> None:
        running.append(number)
        counts.append(len(running))
        barrier.wait(10)
        running.remove(number)

    for_each(work, range(8 * MAX_CONCURRENCY))
    assert max(counts) == MAX_CONCURRENCY == 8


@pytest.mark.parametrize("possible", [0, 1, 3])
def test_for_each_needs_no_more_threads_than_the_system_allows(possible: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []

    def new_thread(target: Callable[[], None], daemon: bool) -> threading.Thread:
        if len(started) == possible:
            raise RuntimeError("can't start new thread")
        started.append(threading.Thread(target=target, daemon=daemon))
        return started[-1]

    monkeypatch.setattr(threads, "threading", types.SimpleNamespace(Thread=new_thread, Event=threading.Event))
    assert for_each(lambda number: number * 2, range(100)) == list(range(0, 200, 2))
    assert len(started) == possible


def test_for_each_raises_the_exception_of_the_function() -> None:
    def fail_at_5(number: int) -> None:
        if number == 5:
            raise RuntimeError("five")

    with pytest.raises(RuntimeError, match="five"):
        for_each(fail_at_5, range(20))


def test_for_each_calls_no_more_after_an_exception() -> None:
    """Also if another worker than the first fails."""
    failed = threading.Event()
    called: list[int] = []

    def work(number: int) -> None:
        called.append(number)
        if number == 5:
            failed.set()
            raise RuntimeError("five")
        failed.wait(10)
        time.sleep(0.1)

    with pytest.raises(RuntimeError, match="five"):
        for_each(work, range(100))
    assert len(called) < 2 * MAX_CONCURRENCY


def possible(throttle: Throttle) -> int:
    """The number of requests that can be in flight."""
    leave = threading.Event()
    entered: list[None] = []

    def enter() -> None:
        with throttle:
            entered.append(None)
            leave.wait(10)

    running = [start(enter) for _request in range(MAX_CONCURRENCY + 1)]
    time.sleep(0.05)
    count = len(entered)
    leave.set()
    for request in running:
        request.result(10)
    return count


def test_a_429_halves_the_requests_in_flight_and_successes_add_one(clock: FakeClock) -> None:
    throttle = Throttle()
    assert possible(throttle) == MAX_CONCURRENCY == 8
    for limit in (4, 2, 1, 1):
        # The 429s of requests that were in flight together count once.
        for _refusal in range(MAX_CONCURRENCY):
            throttle.slow_down(5)
        clock.sleep(6)
        assert possible(throttle) == limit
    for limit in (*range(1, 8), 8, 8):
        assert possible(throttle) == limit
        for _success in range(limit):
            throttle.speed_up()
    throttle.slow_down(5)
    clock.sleep(6)
    for _success in range(3):
        throttle.speed_up()
    # Successes before a 429 do not count.
    throttle.slow_down(5)
    clock.sleep(6)
    throttle.speed_up()
    assert possible(throttle) == 2


def test_a_request_that_waits_begins_when_the_limit_grows(clock: FakeClock) -> None:
    throttle = Throttle()
    for _refusal in range(3):
        throttle.slow_down(5)
        clock.sleep(6)
    entered = threading.Event()

    def enter() -> None:
        with throttle:
            entered.set()

    with throttle:
        waiting = start(enter)
        assert not entered.wait(0.05)
        throttle.speed_up()
        assert entered.wait(10)
    waiting.result(10)


def test_workers_take_no_further_item_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process needs some milliseconds to end, in which the workers could send many requests."""
    done: list[int] = []

    def function(number: int) -> None:
        time.sleep(0.01)
        done.append(number)

    class Interrupted:
        """The main thread waits for a worker, and gets a signal."""

        def result(self) -> None:
            while len(done) < 20:
                time.sleep(0.001)
            raise KeyboardInterrupt

    def start_interrupted(work: t.Callable[[], None]) -> Interrupted:
        start(work)
        return Interrupted()

    monkeypatch.setattr(threads, "start", start_interrupted)
    with pytest.raises(KeyboardInterrupt):
        for_each(function, range(1000))
    interrupted = len(done)
    time.sleep(0.2)
    assert len(done) <= interrupted + MAX_CONCURRENCY
