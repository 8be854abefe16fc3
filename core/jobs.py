"""The worker: one queue, fair between owners, with progress, cancellation and deadlines.

No page waits inside an engine.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.errors import Cancelled, EngineTimeout


class Job:
    """What an engine is handed: where to report progress, and when to stop.

    deadline: in seconds of `time.monotonic()`, or None. Engines call `check()` where they can.
    """

    def __init__(
        self, on_progress: Callable[[float | None, str], None] | None = None, deadline: float | None = None
    ) -> None:
        self._on_progress = on_progress
        self.deadline = deadline
        self._cancelled = threading.Event()
        self._stoppers: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Ask the work to stop at its next check, and what it called to stop now (`stopping`)."""
        with self._lock:
            self._cancelled.set()
            for stop in self._stoppers:
                stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """While inside, `stop` is called when the job is cancelled: for a long call that makes no checks."""
        with self._lock:
            self._stoppers.append(stop)
            if self._cancelled.is_set():
                stop()
        try:
            yield
        finally:
            with self._lock:
                self._stoppers.remove(stop)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def renewed(self) -> Job:
        """A fresh job that reports to the same place."""
        return Job(self._on_progress, self.deadline)

    def check(self) -> None:
        """Raise `Cancelled` or `EngineTimeout` where the work should not go on."""
        if self._cancelled.is_set():
            raise Cancelled("Stopped.", "Send the request again to continue.")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise EngineTimeout(
                "The time limit of this request has passed.", "Raise [limits] turn_seconds, or ask for less."
            )

    @contextmanager
    def off_the_clock(self) -> Iterator[None]:
        """What is done inside (a download, a load) does not count against the deadline."""
        deadline, began = self.deadline, time.monotonic()
        self.deadline = None
        try:
            yield
        finally:
            self.deadline = None if deadline is None else deadline + time.monotonic() - began

    def report(self, fraction: float | None, text: str) -> None:
        """Say how far the work is (fraction in [0, 1] or None); also a check."""
        self.check()
        if self._on_progress is not None:
            self._on_progress(fraction, text)


_local = threading.local()


@contextmanager
def running(job: Job) -> Iterator[None]:
    """While inside, `job` is what this thread works on: for calls that are handed none, and for a model's layers."""
    before = getattr(_local, "job", None)
    _local.job = job
    try:
        yield
    finally:
        _local.job = before


def current() -> Job | None:
    """What this thread works on."""
    return getattr(_local, "job", None)


class Handle:
    """A submitted piece of work, as its owner sees it: a queue of what it yields, and its end.

    background: it gives way to everything else, and begins anew when it was interrupted.
    """

    def __init__(self, owner: str, work: Callable[[Job], Iterator[Any]], job: Job, background: bool = False) -> None:
        self.owner, self.job, self.background = owner, job, background
        self._work: Callable[[Job], Iterator[Any]] | None = work
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._done = threading.Event()
        self._given_up = False
        self._lock = threading.Lock()
        self.error: BaseException | None = None
        self.started = False

    @property
    def finished(self) -> bool:
        """True when the work has ended; what it yielded may still wait in the queue."""
        return self._done.is_set()

    def cancel(self) -> None:
        """Ask the work to end at its next check; it does not begin anew."""
        with self._lock:
            self._given_up = True
            job = self.job
        job.cancel()

    def give_way(self) -> None:
        """Interrupt background work for the sake of something that somebody waits for."""
        with self._lock:
            job = self.job
        job.cancel()

    def drain(self, wait: float = 0.0) -> list[Any]:
        """Everything yielded since the last call; waits up to `wait` seconds for the first item."""
        items: list[Any] = []
        try:
            items.append(self._items.get(timeout=wait) if wait > 0 else self._items.get_nowait())
            while True:
                items.append(self._items.get_nowait())
        except queue.Empty:
            return items

    def take(self, wait: float = 0.0) -> tuple[list[Any], bool]:
        """What `drain` gives, and whether that is all there will ever be."""
        done = self.finished  # asked before the queue is emptied: what was yielded until then is in it
        return self.drain(wait), done

    def wait(self, timeout: float | None = None) -> bool:
        return self._done.wait(timeout)

    def run(self) -> bool:
        """Called by the worker's thread. False where background work gave way and must run again."""
        work = self._work
        if work is None:  # it was ended already
            return True
        self.started = True
        try:
            with running(self.job):
                for item in work(self.job):
                    self._items.put(item)
        except BaseException as error:
            if isinstance(error, Cancelled) and self._begins_anew():
                return False
            self.error = error
        self._work = None  # a handle may be kept for long; what the work holds may be large
        self._done.set()
        return True

    def _begins_anew(self) -> bool:
        with self._lock:
            if not self.background or self._given_up:
                return False
            self.job, self.started = self.job.renewed(), False
            return True


class Worker:
    """Runs submitted work one piece at a time on a daemon thread; owners take turns, each owner's work in order.

    Background work runs when nothing else waits, and gives way when something comes. on_idle: called in the thread when
    it has had nothing to do for `idle_seconds` after some work.
    """

    def __init__(
        self, name: str = "worker", on_idle: Callable[[], object] | None = None, idle_seconds: float = 10.0
    ) -> None:
        self._on_idle, self._idle_seconds = on_idle, idle_seconds
        self._waiting: OrderedDict[str, deque[Handle]] = OrderedDict()
        self._background: deque[Handle] = deque()
        self._running: Handle | None = None
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def submit(
        self, owner: str, work: Callable[[Job], Iterator[Any]], job: Job | None = None, background: bool = False
    ) -> Handle:
        """Queue work for an owner. `work` is a generator function; each item it yields reaches `Handle.drain`."""
        handle = Handle(owner, work, job or Job(), background)
        with self._wake:
            if background:
                self._background.append(handle)
            else:
                self._waiting.setdefault(owner, deque()).append(handle)
                if self._running is not None and self._running.background:
                    self._running.give_way()
            self._wake.notify()
        return handle

    def cancel(self, handle: Handle) -> None:
        """Cancel work; what has not begun ends now, in the caller's thread: its first check finds it cancelled."""
        handle.cancel()
        if self._withdrawn(handle):
            handle.run()

    def _withdrawn(self, handle: Handle) -> bool:
        """Whether the work waited, and waits no longer."""
        with self._wake:
            if handle in self._background:
                self._background.remove(handle)
                return True
            line = self._waiting.get(handle.owner)
            if line is None or handle not in line:
                return False
            line.remove(handle)
            if not line:
                del self._waiting[handle.owner]
            return True

    def waiting(self) -> int:
        """How many pieces wait and have not begun; background work is not counted."""
        with self._wake:
            return sum(len(line) for line in self._waiting.values())

    def ahead(self, handle: Handle) -> int:
        """How many pieces of work run before this one begins; 0 where it runs, ended, or is next and nothing runs."""
        with self._wake:
            lines = OrderedDict((owner, list(line)) for owner, line in self._waiting.items())
            before = 1 if self._running is not None and not self._running.background else 0
            if not any(handle in line for line in lines.values()):
                return 0
            while True:
                owner, line = lines.popitem(last=False)
                if line.pop(0) is handle:
                    return before
                before += 1
                if line:
                    lines[owner] = line

    def _rest(self) -> None:
        """Until something waits; who rests for long enough puts things in order once."""
        with self._wake:
            if self._on_idle is None or self._wake.wait_for(self._any, self._idle_seconds):
                return
        self._on_idle()

    def _any(self) -> bool:
        return bool(self._waiting or self._background)

    def _next(self) -> Handle:
        with self._wake:
            self._wake.wait_for(self._any)
            if not self._waiting:
                self._running = self._background.popleft()
                return self._running
            owner, line = self._waiting.popitem(last=False)
            handle = line.popleft()
            if line:
                self._waiting[owner] = line  # to the back: the other owners come first
            self._running = handle
            return handle

    def _loop(self) -> None:
        while True:
            self._run_one()

    def _run_one(self) -> None:
        handle = self._next()
        done = handle.run()
        with self._wake:
            self._running = None
            if not done:
                self._background.appendleft(handle)
        self._rest()
