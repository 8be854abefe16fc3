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

    def check(self) -> None:
        """Raise `Cancelled` or `EngineTimeout` where the work should not go on."""
        if self._cancelled.is_set():
            raise Cancelled("Stopped.", "Send the request again to continue.")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise EngineTimeout(
                "The time limit of this request has passed.", "Raise [limits] turn_seconds, or ask for less."
            )

    def report(self, fraction: float | None, text: str) -> None:
        """Say how far the work is (fraction in [0, 1] or None); also a check."""
        self.check()
        if self._on_progress is not None:
            self._on_progress(fraction, text)


class Handle:
    """A submitted piece of work, as its owner sees it: a queue of what it yields, and its end."""

    def __init__(self, owner: str, work: Callable[[Job], Iterator[Any]], job: Job) -> None:
        self.owner = owner
        self.job = job
        self._work = work
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._done = threading.Event()
        self.error: BaseException | None = None
        self.started = False

    @property
    def finished(self) -> bool:
        """True when the work has ended; what it yielded may still wait in the queue."""
        return self._done.is_set()

    def cancel(self) -> None:
        self.job.cancel()

    def drain(self, wait: float = 0.0) -> list[Any]:
        """Everything yielded since the last call; waits up to `wait` seconds for the first item."""
        items: list[Any] = []
        try:
            items.append(self._items.get(timeout=wait) if wait > 0 else self._items.get_nowait())
            while True:
                items.append(self._items.get_nowait())
        except queue.Empty:
            return items

    def wait(self, timeout: float | None = None) -> bool:
        return self._done.wait(timeout)

    def run(self) -> None:
        """Called by the worker's thread, once."""
        self.started = True
        try:
            for item in self._work(self.job):
                self._items.put(item)
        except BaseException as error:
            self.error = error
        finally:
            self._done.set()


class Worker:
    """Runs submitted work one piece at a time on a daemon thread; owners take turns, each owner's work in order."""

    def __init__(self, name: str = "worker") -> None:
        self._waiting: OrderedDict[str, deque[Handle]] = OrderedDict()
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def submit(self, owner: str, work: Callable[[Job], Iterator[Any]], job: Job | None = None) -> Handle:
        """Queue work for an owner. `work` is a generator function; each item it yields reaches `Handle.drain`."""
        handle = Handle(owner, work, job or Job())
        with self._wake:
            self._waiting.setdefault(owner, deque()).append(handle)
            self._wake.notify()
        return handle

    def waiting(self) -> int:
        """How many pieces wait and have not begun."""
        with self._wake:
            return sum(len(line) for line in self._waiting.values())

    def _next(self) -> Handle:
        with self._wake:
            while not self._waiting:
                self._wake.wait()
            owner, line = self._waiting.popitem(last=False)
            handle = line.popleft()
            if line:
                self._waiting[owner] = line  # to the back: the other owners come first
            return handle

    def _loop(self) -> None:
        while True:
            self._next().run()
