"""The worker: nobody waits behind somebody's whole queue, Stop stops, time limits hold, nothing yielded is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.errors import Cancelled, EngineTimeout
from core.jobs import Handle, Job, Worker

PATIENCE = 10.0  # seconds, for a loaded machine; nothing here takes so long


def told(name: str, log: list[str]) -> Callable[[Job], Iterator[str]]:
    def work(job: Job) -> Iterator[str]:
        log.append(name)
        yield name

    return work


def held(gate: threading.Event) -> Callable[[Job], Iterator[str]]:
    """Work that keeps the worker busy until the gate opens."""

    def work(job: Job) -> Iterator[str]:
        assert gate.wait(PATIENCE)
        yield "opened"

    return work


def drained(handle: Handle) -> list[str]:
    assert handle.wait(PATIENCE)
    return handle.drain()


def test_owners_take_turns_and_each_owners_work_stays_in_order() -> None:
    worker, gate, log = Worker(), threading.Event(), list[str]()
    worker.submit("first", held(gate))
    handles = [worker.submit("a", told(f"a{n}", log)) for n in range(3)]
    handles += [worker.submit("b", told(f"b{n}", log)) for n in range(2)]
    handles.append(worker.submit("c", told("c0", log)))
    gate.set()
    assert all(handle.wait(PATIENCE) for handle in handles)
    assert log == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_an_owner_who_comes_late_waits_for_one_piece_of_another_not_for_all() -> None:
    worker, gate, log = Worker(), threading.Event(), list[str]()
    running = worker.submit("a", held(gate))
    handles = [worker.submit("a", told(f"a{n}", log)) for n in range(20)]
    late = worker.submit("b", told("b", log))
    assert worker.waiting() >= 21
    gate.set()
    assert all(handle.wait(PATIENCE) for handle in (*handles, late))
    assert log.index("b") <= 1
    assert running.drain() == ["opened"]
    assert worker.waiting() == 0


def test_one_piece_at_a_time() -> None:
    worker, inside, most = Worker(), [0], [0]

    def work(job: Job) -> Iterator[int]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.005)
        inside[0] -= 1
        yield 1

    handles = [worker.submit(str(n), work) for n in range(8)]
    assert all(handle.wait(PATIENCE) for handle in handles)
    assert most[0] == 1


def test_items_arrive_while_the_work_runs_and_in_order() -> None:
    worker, gate = Worker(), threading.Event()

    def work(job: Job) -> Iterator[int]:
        yield 1
        yield 2
        assert gate.wait(PATIENCE)
        yield 3

    handle = worker.submit("a", work)
    early = handle.drain(wait=PATIENCE)
    while len(early) < 2:
        early += handle.drain(wait=PATIENCE)
    assert early == [1, 2]
    assert not handle.finished
    assert handle.drain() == []
    gate.set()
    assert drained(handle) == [3]


def test_stop_reaches_running_work_at_its_next_check() -> None:
    worker, begun = Worker(), threading.Event()

    def work(job: Job) -> Iterator[int]:
        yield 1
        begun.set()
        while True:
            job.check()
            time.sleep(0.001)

    handle = worker.submit("a", work)
    assert begun.wait(PATIENCE)
    handle.cancel()
    assert drained(handle) == [1]
    assert isinstance(handle.error, Cancelled)
    assert handle.error.remedy


def test_stop_reaches_waiting_work_and_leaves_the_others_alone() -> None:
    worker, gate, log = Worker(), threading.Event(), list[str]()
    worker.submit("a", held(gate))

    def checked(job: Job) -> Iterator[str]:
        job.check()
        yield from told("cancelled", log)(job)

    cancelled, other = worker.submit("b", checked), worker.submit("c", told("other", log))
    cancelled.cancel()
    gate.set()
    assert drained(other) == ["other"]
    assert drained(cancelled) == []
    assert log == ["other"]


def test_the_worker_survives_work_that_breaks() -> None:
    worker, log = Worker(), list[str]()

    def broken(job: Job) -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    handle, after = worker.submit("a", broken), worker.submit("a", told("after", log))
    assert drained(after) == ["after"]
    assert handle.drain() == [1], "what was yielded before is kept"
    assert isinstance(handle.error, ZeroDivisionError)


def test_a_deadline_that_has_passed_stops_with_its_remedy() -> None:
    job = Job(deadline=time.monotonic() - 1)
    with pytest.raises(EngineTimeout, match="turn_seconds"):
        job.check()
    Job(deadline=time.monotonic() + 60).check()


def test_progress_is_also_a_check() -> None:
    seen: list[tuple[float | None, str]] = []
    job = Job(lambda fraction, text: seen.append((fraction, text)))
    job.report(0.5, "half")
    job.report(None, "somewhere")
    job.cancel()
    with pytest.raises(Cancelled):
        job.report(1.0, "done")
    assert seen == [(0.5, "half"), (None, "somewhere")]
    assert job.cancelled


def test_draining_waits_no_longer_than_asked() -> None:
    worker, gate = Worker(), threading.Event()
    handle = worker.submit("a", held(gate))
    begin = time.monotonic()
    assert handle.drain(wait=0.05) == []
    assert 0.04 <= time.monotonic() - begin < PATIENCE / 2
    assert not handle.wait(0.01)
    gate.set()
    assert drained(handle) == ["opened"]


def test_a_long_call_is_told_when_its_job_is_cancelled() -> None:
    job, told = Job(), []
    with job.stopping(lambda: told.append(1)):
        assert not told
        job.cancel()
    assert told == [1]
    job.cancel()
    assert told == [1]  # the call is over


def test_a_long_call_of_a_job_cancelled_before_is_told_at_once() -> None:
    job, told = Job(), []
    job.cancel()
    with job.stopping(lambda: told.append(1)):
        assert told == [1]
