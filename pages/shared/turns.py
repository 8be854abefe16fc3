"""Turns of a session: handed to the worker, their events collected, and chosen anew where a slider moved.

No engine runs in a page's script. What the script misses (a click, a rerun, another page) waits in the job's queue.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.dialogue.answering import retune
from core.dialogue.engines import Engines
from core.dialogue.turn import run_turn
from core.errors import WorkbenchError
from core.jobs import Handle, Job
from core.policy import decide
from core.types.boxes import Box
from core.types.events import Completed, Progress
from core.types.image import ImageAsset
from core.types.masks import MaskLogits, Prompt
from core.types.thresholds import Thresholds
from core.types.turn import Request, Turn
from pages.shared import engines, state
from pages.shared.pictures import PictureRef, PictureStore
from pages.shared.state import Exchange, Problem, Session
from pages.shared.steps import line_of

C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None
NOTHING: Mapping[str, Any] = MappingProxyType({})
REPORT = "Try again; if it happens again, report it with the text of the request."


@dataclass(frozen=True)
class Finished:
    """The end of a turn as the page keeps it: without pixels (the changed picture lies in the store)."""

    turn: Turn
    edited: PictureRef | None
    seconds: float
    detector_calls: int
    segmenter_calls: int


def ask(
    text: str,
    given: Mapping[str, Any] = NOTHING,
    user_boxes: tuple[Box, ...] = (),
    how: str = "",
    picture: PictureRef | None = None,
    thresholds: Thresholds | None = None,
) -> Exchange:
    """A new exchange of the shown chat, its turn submitted. picture: the chat's own where none is given."""
    session = state.begin()
    chat = session.chat
    exchange = Exchange(text, picture or chat.picture, thresholds or engines.settings().thresholds, user_boxes, how)
    if not chat.exchanges:
        chat.title = state.name_chat(text)

    def report(fraction: float | None, said: str) -> None:
        exchange.live.fraction, exchange.live.text = fraction, said

    parts, store = engines.engines(), session.store
    work = _work(exchange, parts, store, given)
    exchange.handle = engines.worker().submit(session.id, work, Job(report))
    chat.exchanges.append(exchange)
    return exchange


def send(text: str) -> None:
    """A request about the picture that the chat shows (for buttons)."""
    ask(text)


def _work(exchange: Exchange, parts: Engines, store: PictureStore, given: Mapping[str, Any]) -> Any:
    """The generator function that the worker runs."""

    def work(job: Job) -> Iterator[Any]:
        begin, before = time.monotonic(), _calls(parts)
        job.deadline = begin + parts.limits.turn_seconds
        image = store.open(exchange.picture) if exchange.picture else None
        request = Request(exchange.text, image, exchange.thresholds, exchange.user_boxes, exchange.id)
        for event in run_turn(request, parts, job, given):
            if isinstance(event, Progress):
                exchange.live.text, exchange.live.fraction = event.text, event.fraction
            elif isinstance(event, Completed):
                edited = _keep_edited(event.turn.edited, exchange.picture, store)
                calls = [after - old for after, old in zip(_calls(parts), before, strict=True)]
                took = time.monotonic() - begin
                yield Finished(replace(event.turn, edited=None), edited, took, calls[0], calls[1])
                if edited is not None:
                    store.save(edited)
            else:
                yield event
        del image, request, event
        release_freed()

    return work


def release_freed() -> None:
    """Give freed pages back to the system: glibc keeps them, and a large turn frees hundreds of megabytes."""
    if C_LIBRARY is not None and hasattr(C_LIBRARY, "malloc_trim"):
        C_LIBRARY.malloc_trim(0)


def _keep_edited(image: ImageAsset | None, source: PictureRef | None, store: PictureStore) -> PictureRef | None:
    if image is None or source is None:
        return None
    return store.keep(image, f"{source.name} (edited)" if not source.made_by else source.name, "edited")


def _calls(parts: Engines) -> tuple[int, int]:
    """Measurements made until now; what the memo knew is not counted."""
    return getattr(parts.detector, "calls", 0), getattr(parts.segmenter, "calls", 0)


def collect(exchange: Exchange, wait: float = 0.0) -> None:
    """Take what the exchange's job has yielded; waits up to `wait` seconds for the first of it."""
    with exchange.lock:
        handle = exchange.handle
        if handle is None:
            return
        done = handle.finished  # asked before the queue is emptied: what was yielded until then is in it
        for item in handle.drain(wait):
            if isinstance(item, Finished):
                exchange.turn, exchange.edited, exchange.seconds = item.turn, item.edited, item.seconds
                exchange.detector_calls += item.detector_calls
                exchange.segmenter_calls += item.segmenter_calls
            elif line := line_of(item):
                exchange.steps.append(line)
        if done or exchange.turn is not None:
            exchange.handle = None
        if done and exchange.turn is None:
            exchange.problem = _problem_of(handle)


def _problem_of(handle: Handle) -> Problem:
    error = handle.error
    if isinstance(error, WorkbenchError):
        return Problem(error.message, error.remedy)
    return Problem(f"Something broke: {type(error).__name__}: {error}"[:300], REPORT)


def collect_all(session: Session) -> None:
    """Take what every job of the session has yielded; old turns at their own thresholds drop their logits."""
    for chat in session.chats:
        for exchange in chat.exchanges:
            collect(exchange)
            collect_masks(exchange)
        for exchange in chat.exchanges[: -state.KEPT_BANKS]:
            if exchange.turn is not None and exchange.turn.bank and exchange.tuned is None:
                exchange.turn = replace(exchange.turn, bank=NOTHING)


def stop(exchange: Exchange) -> None:
    """Ask a running turn to end; what it measured is kept."""
    if exchange.handle is not None:
        exchange.handle.cancel()


# -- thresholds that moved -----------------------------------------------------------------------------------------


def shown(session: Session, exchange: Exchange) -> Turn:
    """The turn at the thresholds of its sliders: as measured, or chosen anew from what was measured.

    Boxes newly let in are handed to the worker for their masks; `collect_masks` takes them.
    """
    turn = exchange.turn
    assert turn is not None
    if exchange.tuned is None or exchange.picture is None:
        exchange.shown = None
        return turn
    known = exchange.shown
    if known is not None and known.thresholds == exchange.tuned and known.bank is turn.bank:
        return known
    image = session.store.open(exchange.picture)
    changed, missing = retune(turn, image, exchange.tuned, engines.engines())
    exchange.shown = changed
    under_way = exchange.masks_job is not None or exchange.masks_problem is not None
    if not missing:
        _forget_masks_job(exchange)
    elif not (under_way and set(missing) <= set(exchange.masks_wanted)):
        _measure(session, exchange, missing)
    return changed


def tune(exchange: Exchange, **changes: Any) -> None:
    """Other thresholds for one exchange; none of the engines is called."""
    base = exchange.tuned or exchange.thresholds
    exchange.tuned = base.with_(**changes)
    exchange.masks_problem, exchange.masks_wanted = None, ()


def untune(exchange: Exchange) -> None:
    """Back to the thresholds that the turn was made with."""
    exchange.tuned = exchange.shown = None
    _forget_masks_job(exchange)


def _forget_masks_job(exchange: Exchange) -> None:
    if exchange.masks_job is not None:
        exchange.masks_job.cancel()
        collect_masks(exchange)
    exchange.masks_job, exchange.masks_wanted = None, ()


def _measure(session: Session, exchange: Exchange, prompts: tuple[Prompt, ...]) -> None:
    _forget_masks_job(exchange)
    exchange.masks_wanted = prompts
    parts, store, picture = engines.engines(), session.store, exchange.picture

    def work(job: Job) -> Iterator[tuple[str, MaskLogits]]:
        assert picture is not None
        before = _calls(parts)[1]
        job.deadline = time.monotonic() + parts.limits.turn_seconds
        image = store.open(picture)
        try:
            for prompt in prompts:
                job.check()
                yield prompt.digest, parts.segmenter.segment(image, (prompt,), job)
        finally:
            exchange.segmenter_calls += _calls(parts)[1] - before

    exchange.masks_job = engines.worker().submit(session.id, work)


def collect_masks(exchange: Exchange, wait: float = 0.0) -> None:
    """Take the masks measured for boxes that a slider let in."""
    with exchange.lock:
        handle, turn = exchange.masks_job, exchange.turn
        if handle is None or turn is None:
            return
        done = handle.finished
        measured = dict(handle.drain(wait))
        if measured:
            exchange.turn = replace(turn, bank=MappingProxyType({**turn.bank, **measured}))
        if done:
            exchange.masks_job = None
            if handle.error is not None:
                exchange.masks_problem = _problem_of(handle)


def wait_for_masks(exchange: Exchange, at_most: float) -> bool:
    """Collect masks for up to `at_most` seconds; True where the page should be drawn anew."""
    if exchange.masks_job is None:
        return False
    end = time.monotonic() + at_most
    while exchange.masks_job is not None and time.monotonic() < end:
        collect_masks(exchange, 0.05)
    return True


def replay(turn: Turn) -> dict[str, Any]:
    """What a turn measured, to be given to the next one about the same words."""
    given: dict[str, Any] = {"segment": dict(turn.bank)}
    if turn.prediction is not None:
        given["classify"] = turn.prediction
        chosen = turn.decision.intent if turn.decision else None
        if chosen is not None and decide(turn.prediction, turn.thresholds).intent != chosen:
            given["decide"] = chosen  # the user said so
    named = turn.keywords is not None and (turn.keywords.phrases or turn.keywords.everything)
    if turn.proposals is not None and named and not turn.failures:
        given["propose"] = turn.proposals
        given["exclude"] = turn.excluded
    return given
