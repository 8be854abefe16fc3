"""Tests, downloads and unloading of single engines, in the worker; and when each port was last used.

All of it is the process's, seen by everyone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from core.dialogue.engines import Absent
from core.errors import WorkbenchError
from core.jobs import Handle, Job, Worker
from core.shared_models.memory import resident, unload_message
from core.types.record import Result
from pages.shared import engines
from pages.shared.engine_trials import TRIALS, trial
from pages.shared.state import Problem
from pages.shared.warming import settle

Kind = Literal["test", "download", "unload"]
# Stage of a turn -> the port that serves it
STAGES = {
    "classify": "intent", "extract": "keywords", "propose": "detection", "segment": "segmentation",
    "answer": "answering", "edit": "editing", "transcribe": "speech",
}  # fmt: skip
REPORT = "Look at the server's log; another back-end may work."


@dataclass
class Call:
    """The last use of a port. at: seconds since 1970. what: "a turn" or "a test"."""

    at: float
    seconds: float
    what: str


@dataclass
class Work:
    """What runs for a port, or ran last. said: what came of it."""

    kind: Kind
    handle: Handle | None = None
    text: str = "Waiting for the worker"
    fraction: float | None = None
    said: str = ""
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def running(self) -> bool:
        return self.handle is not None and not self.handle.finished


@st.cache_resource(show_spinner=False)
def works() -> dict[str, Work]:
    """By port."""
    return {}


@st.cache_resource(show_spinner=False)
def calls() -> dict[str, Call]:
    """By port."""
    return {}


@st.cache_resource(show_spinner=False)
def _downloads() -> Worker:
    """A thread of its own: a download takes minutes and runs no model, so no turn waits for it."""
    return Worker("downloads")


def note(result: Result) -> None:
    """Remember when a finished turn used its engines; what failed or what the memo knew was no use of one."""
    unused = {failure.stage for failure in result.turn.failures}
    unused |= {"propose"} if not result.detector_calls else set()
    unused |= {"segment"} if not result.segmenter_calls else set()
    for stage, milliseconds in result.turn.timings_ms.items():
        if stage in STAGES and stage not in unused:
            used(STAGES[stage], milliseconds / 1000, "a turn")


def used(port: str, seconds: float, what: str) -> None:
    """Remember a use of a port that is over now."""
    calls()[port] = Call(time.time(), seconds, what)


def can(engine: Any, what: str) -> bool:
    """Whether an engine has that method; what could not be built has none."""
    return not isinstance(engine, Absent) and callable(getattr(engine, what, None))


def test(port: str) -> None:
    """One tiny real call."""
    if port in TRIALS:
        _begin(port, Work("test"), engines.worker(), partial(_tested, port, engines.serving(port)))


def download(port: str) -> None:
    """Fetch the weights of a port's engine."""
    _begin(port, Work("download"), _downloads(), partial(_downloaded, engines.serving(port)))


def unload(port: str) -> None:
    """Let the model of a port's engine go, after what runs."""
    _begin(port, Work("unload"), engines.worker(), partial(_unloaded, engines.serving(port)))


def cancel(port: str) -> None:
    """Stop what runs for a port."""
    work = works().get(port)
    if work is not None and work.handle is not None:
        work.handle.cancel()


def taken_over() -> list[str]:
    """Read the settings again after a change; the ports that are served otherwise now.

    The models of engines that no port uses any more leave memory. Raises `SettingsError`.
    """
    changed = engines.reread()
    for port, engine in changed:
        cancel(port)
        works().pop(port, None)
        calls().pop(port, None)
        if can(engine, "unload"):
            engines.worker().submit("unload", partial(_let_go, engine))
    return [port for port, _ in changed]


def _begin(port: str, work: Work, worker: Worker, do: Callable[[Work, Job], Iterator[Any]]) -> None:
    """Run `do` for a port, unless something runs for it already."""
    now = works().get(port)
    if now is not None and now.running:
        return

    def report(fraction: float | None, text: str) -> None:
        work.fraction, work.text = fraction, text

    def run(job: Job) -> Iterator[Any]:
        begun = time.monotonic()
        try:
            yield from do(work, job)
        except WorkbenchError as error:
            work.problem = Problem(error.message, error.remedy)
        except Exception as error:  # a library's or a plug-in's own
            work.problem = Problem(f"Something broke: {type(error).__name__}: {error}"[:300], REPORT)
        work.seconds = time.monotonic() - begun

    works()[port] = work
    work.handle = worker.submit(f"engines {work.kind}", run, Job(report))


def _tested(port: str, engine: Any, work: Work, job: Job) -> Iterator[str]:
    work.text = "Running"
    job.deadline = time.monotonic() + engines.settings().limits.turn_seconds
    begun = time.monotonic()
    work.said = trial(port, engine, job)
    used(port, time.monotonic() - begun, "a test")
    settle()
    yield work.said


def _downloaded(engine: Any, work: Work, job: Job) -> Iterator[str]:
    engine.download(job)
    work.said = "The weights are here."
    yield work.said


def _unloaded(engine: Any, work: Work, job: Job) -> Iterator[str]:
    work.text = "Letting the model go"
    before = resident()
    freed = engine.unload()
    work.said = unload_message(freed, before, resident())
    yield work.said


def _let_go(engine: Any, job: Job) -> Iterator[int]:
    yield engine.unload()
