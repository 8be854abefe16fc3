"""Thresholds that move: an answer chosen anew from what was measured. Only what is not there any more is measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.dialogue.answering import retune
from core.dialogue.conversation import Piece, converse
from core.errors import EngineFailed, StorageError
from core.jobs import Job
from core.types.events import Completed
from core.types.masks import MaskLogits, Prompt
from core.types.turn import Turn
from pages.shared import engines, turns
from pages.shared.state import Part, Session

AGAIN = "What had been measured was no longer kept, so it was measured again."


def shown(session: Session, part: Part, latest: bool = False) -> Turn:
    """The turn at the thresholds of its sliders: as measured, or chosen anew from what was measured.

    Boxes newly let in are handed to the worker for their masks; `collect` takes them.
    """
    turn = part.turn
    if latest and turn.proposals is None and measured(turn):
        turn = part.turn = engines.measurements().restored(turn)  # quick; the sliders then tell what was measured
    if part.tuned is None or part.picture is None:
        part.shown = None
        return turn
    if turn.proposals is None:
        turn = part.turn = engines.measurements().restored(turn)
    if turn.proposals is None:
        if part.job is None and part.problem is None:
            _measure_again(session, part)
        return part.shown or turn
    known = part.shown
    if known is not None and known.thresholds == part.tuned and known.bank is turn.bank:
        return known
    try:
        image = engines.pictures().open(part.picture)
    except StorageError as error:
        part.problem = turns.problem_of(error)
        return known or turn
    changed, missing = retune(turn, image, part.tuned, engines.engines())
    part.shown = changed
    under_way = part.job is not None or part.problem is not None
    if not missing:
        _forget_job(part)
    elif not (under_way and set(missing) <= set(part.wanted)):
        _measure_masks(session, part, missing)
    return changed


def tune(part: Part, **changes: Any) -> None:
    """Other thresholds for one answer; none of the engines is called."""
    part.tuned = part.thresholds.with_(**changes)
    part.problem, part.wanted = None, ()


def untune(part: Part) -> None:
    """Back to the thresholds that the turn was made with."""
    part.tuned = part.shown = part.problem = None
    _forget_job(part)


def _forget_job(part: Part) -> None:
    if part.job is not None:
        engines.worker().cancel(part.job)
        collect(part)
    part.job, part.wanted, part.again = None, (), False


def _measure_masks(session: Session, part: Part, prompts: tuple[Prompt, ...]) -> None:
    _forget_job(part)
    part.wanted = prompts
    parts, store, picture = engines.engines(), engines.pictures(), part.picture
    assert picture is not None

    def work(job: Job) -> Iterator[dict[str, MaskLogits]]:
        job.check()
        before = getattr(parts.segmenter, "calls", 0)
        job.deadline = time.monotonic() + parts.limits.turn_seconds
        image = store.open(picture)
        try:
            for prompt in prompts:
                job.check()
                yield {prompt.digest: parts.segmenter.segment(image, (prompt,), job)}
        finally:
            part.segmenter_calls += getattr(parts.segmenter, "calls", 0) - before

    part.job = engines.worker().submit(session.id, work)


def _measure_again(session: Session, part: Part) -> None:
    """Detector and segmenter once more, for the words and objects of the turn as they are."""
    part.again, turn = True, part.turn
    parts, store = engines.engines(), engines.pictures()
    given = {key: value for key, value in replay(turn).items() if key not in ("propose", "segment")}
    piece = Piece.again(part.picture, turn, given)

    def work(job: Job) -> Iterator[Turn]:
        job.check()
        before = getattr(parts.detector, "calls", 0)
        job.deadline = time.monotonic() + parts.limits.turn_seconds
        for event in converse((piece,), parts, job, turn.thresholds, store.open):
            if isinstance(event, Completed):
                part.detector_calls += getattr(parts.detector, "calls", 0) - before
                job.check()
                for failure in event.turn.failures:  # nothing that was shown is given up for it
                    raise EngineFailed(failure.message, failure.remedy)
                again = replace(turn, proposals=event.turn.proposals, bank=event.turn.bank)
                yield again
                engines.measurements().save(again)

    part.job = engines.worker().submit(session.id, work)


def collect(part: Part, wait: float = 0.0) -> None:
    """Take what was measured for the sliders."""
    with part.exchange.lock:
        handle = part.job
        if handle is None:
            return
        items, done = handle.take(wait)
        for item in items:
            if isinstance(item, Turn):
                part.turn, part.note = item, AGAIN
            else:
                part.turn = replace(part.turn, bank=MappingProxyType({**part.turn.bank, **item}))
        if done:
            part.job, part.again = None, False
            if handle.error is not None:
                part.problem = turns.problem_of(handle.error)


def wait_for(part: Part, at_most: float) -> bool:
    """Collect for up to `at_most` seconds; True where the page should be drawn anew."""
    if part.job is None:
        return False
    end = time.monotonic() + at_most
    while part.job is not None and time.monotonic() < end:
        collect(part, 0.05)
    return True


def replay(turn: Turn) -> dict[str, Any]:
    """What a turn measured and was told, as `run_turn` takes it; a correction is put on top."""
    given: dict[str, Any] = {"segment": dict(turn.bank)}
    if turn.references:
        given["resolve"] = turn.references
    if turn.prediction is not None:
        given["classify"] = turn.prediction
    if turn.acts and turn.decision is not None and turn.decision.intent is not None:
        given["acts"] = turn.acts
    if turn.keywords is not None:
        given["extract"] = turn.keywords
    if turn.proposals is not None and measured(turn):
        given["propose"] = turn.proposals
        given["exclude"] = turn.excluded
    return given


def measured(turn: Turn) -> bool:
    """Whether a turn measured what it asked for."""
    return turn.keywords is not None and bool(turn.keywords.phrases or turn.keywords.everything) and not turn.failures
