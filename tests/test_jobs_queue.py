"""The worker's queue: background work gives way and begins anew, everyone sees who is ahead, what waits can end."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator

from core.errors import Cancelled
from core.jobs import Job, Worker, current, running
from tests.test_jobs import PATIENCE, drained, held, told


class Steps:
    """Background work in steps that check the job. log: what was begun and ended."""

    def __init__(self, log: list[str]) -> None:
        self.log, self.begun, self.go_on = log, threading.Event(), threading.Event()

    def __call__(self, job: Job) -> Iterator[str]:
        self.log.append("begins")
        self.begun.set()
        while not self.go_on.wait(0.002):
            job.check()
        self.log.append("ends")
        yield "done"


def test_background_work_gives_way_and_begins_anew_when_nobody_waits() -> None:
    worker, log = Worker(), list[str]()
    steps = Steps(log)
    behind = worker.submit("a", steps, background=True)
    assert steps.begun.wait(PATIENCE)
    turn = worker.submit("b", told("turn", log))
    assert drained(turn) == ["turn"]
    assert not behind.finished
    steps.go_on.set()
    assert drained(behind) == ["done"] and behind.error is None
    assert log == ["begins", "turn", "begins", "ends"]


def test_background_work_waits_behind_everybody_else() -> None:
    worker, gate, log = Worker(), threading.Event(), list[str]()
    running = worker.submit("a", held(gate))
    while not running.started:
        time.sleep(0.001)
    behind = worker.submit("a", told("behind", log), background=True)
    handles = [worker.submit(owner, told(owner, log)) for owner in ("a", "b", "a")]
    assert worker.waiting() == 3, "background work is nobody's wait"
    gate.set()
    assert all(handle.wait(PATIENCE) for handle in (*handles, behind))
    assert log[-1] == "behind"


def test_background_work_that_is_cancelled_does_not_begin_anew() -> None:
    worker, log = Worker(), list[str]()
    steps = Steps(log)
    behind = worker.submit("a", steps, background=True)
    assert steps.begun.wait(PATIENCE)
    worker.cancel(behind)
    assert behind.wait(PATIENCE) and isinstance(behind.error, Cancelled)
    assert drained(worker.submit("a", told("after", log))) == ["after"]
    assert log == ["begins", "after"]


def test_cancelled_while_it_gives_way_is_cancelled_for_good() -> None:
    for _ in range(50):
        worker, log = Worker(), list[str]()
        steps = Steps(log)
        behind = worker.submit("a", steps, background=True)
        assert steps.begun.wait(PATIENCE)
        turn = worker.submit("b", told("turn", log))
        worker.cancel(behind)
        assert behind.wait(PATIENCE) and drained(turn) == ["turn"]
        assert isinstance(behind.error, Cancelled) and "ends" not in log


# -- the queue -------------------------------------------------------------------------------------------------------


def test_everyone_sees_how_many_are_ahead() -> None:
    worker, gate, log = Worker(), threading.Event(), list[str]()
    running = worker.submit("a", held(gate))
    while not running.started:
        time.sleep(0.001)
    mine = [worker.submit("a", told(f"a{n}", log)) for n in range(2)]
    yours = worker.submit("b", told("b", log))
    behind = worker.submit("c", told("c", log), background=True)
    assert [worker.ahead(handle) for handle in (running, *mine, yours, behind)] == [0, 1, 3, 2, 0]
    gate.set()
    assert all(handle.wait(PATIENCE) for handle in (*mine, yours, behind))
    assert log == ["a0", "b", "a1", "c"] and worker.ahead(yours) == 0


def test_what_waits_ends_at_once_when_it_is_cancelled() -> None:
    worker, gate, log = Worker(), threading.Event(), list[str]()
    worker.submit("a", held(gate))

    def noted(job: Job) -> Iterator[str]:
        try:
            job.check()
            log.append("measured")
        except Cancelled:
            yield "stopped before it began"

    waiting = worker.submit("a", noted)
    last = worker.submit("b", told("b", log))
    worker.cancel(waiting)
    assert waiting.finished and waiting.drain() == ["stopped before it began"], "while the worker is busy"
    assert worker.ahead(last) == 1
    gate.set()
    assert drained(last) == ["b"] and log == ["b"]


def test_work_that_ended_holds_nothing() -> None:
    class Large:
        pass

    large = Large()
    seen = weakref.ref(large)

    def work(job: Job, kept: Large = large) -> Iterator[str]:
        yield type(kept).__name__

    worker = Worker()
    handle = worker.submit("a", work)
    assert drained(handle) == ["Large"]
    del large, work
    assert drained(worker.submit("a", told("next", []))) == ["next"]
    gc.collect()
    assert seen() is None


def test_a_worker_at_rest_puts_things_in_order_once_and_not_between_two_pieces() -> None:
    rests: list[float] = []
    worker = Worker(on_idle=lambda: rests.append(time.monotonic()), idle_seconds=0.2)
    for _ in range(3):
        assert drained(worker.submit("a", told("turn", []))) == ["turn"]
    assert not rests
    time.sleep(0.8)
    assert len(rests) == 1, "once for each rest"
    assert drained(worker.submit("a", told("turn", []))) == ["turn"]
    time.sleep(0.5)
    assert len(rests) == 2


def test_a_piece_of_work_knows_its_job_without_being_handed_it() -> None:
    seen: list[Job | None] = []

    def work(job: Job) -> Iterator[bool]:
        yield current() is job
        with running(Job()):
            seen.append(current())
        yield current() is job

    assert current() is None
    assert drained(Worker().submit("a", work)) == [True, True]
    assert current() is None and seen[0] is not None
