"""Requests of a chat: handed to the worker, their events collected, their results kept.

No engine runs in a page's script. What the script misses (a click, a rerun, another page) waits in the job's queue.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from core.dialogue.conversation import Piece, converse, plan
from core.dialogue.engines import Engines
from core.dialogue.tally import Tally
from core.errors import StorageError, WorkbenchError
from core.jobs import Job
from core.shared_models import memory
from core.types.events import About, Completed, Progress
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.reference import Order
from core.types.speech import Transcript
from pages.shared import chats, engine_work, engines, keeping, state
from pages.shared.state import Chat, Exchange, Glance, Part, Problem, Session
from pages.shared.steps import glance_of, line_of
from pages.shared.warming import settle

REPORT = "Try again; if it happens again, report it with the text of the request."
REPLACED = "Stopped: a newer request took its place"
KEPT_BANKS = 6  # answers that keep their mask logits in memory; those of older ones are read back when a slider moves


def ask(text: str, order: Order | None = None, how: str = "", transcript: Transcript | None = None) -> Exchange:
    """A new request at the end of the branch in view. transcript: what was heard, where it was spoken."""
    session = state.begin()
    chat = session.chat
    chat.problem = next(reversed(chat.troubles.values()), None)
    if session.while_running == state.REPLACE:
        for earlier in chat.path():
            earlier.replaced |= earlier.handle is not None and earlier.stopped is None
            stop(earlier)
    if not chat.exchanges:
        chats.name_after(session, chat, text)
    last = next((e for e in reversed(chat.path()) if e.parts), None)
    selected = next((part.selected for part in last.parts if part.selected), None) if last else None
    record = Record(text, parent=chat.head, how=how, pictures=tuple(chat.current))
    exchange = Exchange(record, order=order, selected=selected, transcript=transcript)
    return _begin(session, chat, exchange)


def send(text: str) -> None:
    """A request about the pictures that the chat is about (for buttons)."""
    ask(text)


def again(old: Exchange, pieces: tuple[Piece, ...] = (), how: str = "") -> Exchange:
    """Another version of an exchange, which then stands behind it: run anew, or from `pieces`."""
    session = state.begin()
    chat = session.chat_of(old)
    stop(old)
    record = Record(old.record.text, node=old.record.node, parent=old.record.parent, how=how,
                    pictures=old.record.pictures or tuple(chat.current))  # fmt: skip
    exchange = Exchange(record, pieces=pieces, order=old.order, selected=old.selected, transcript=old.transcript)
    chat.shown.pop(old.record.node, None)
    return _begin(session, chat, exchange, chat.head)


def resend(old: Exchange, text: str) -> Exchange:
    """Another text in place of an earlier one: a new branch beside it; what followed stays on the old one."""
    session = state.begin()
    chat = session.chat_of(old)
    old.editing = False
    record = Record(text, parent=old.record.parent, pictures=old.record.pictures)
    exchange = Exchange(record, selected=old.selected)
    return _begin(session, chat, exchange)


def _begin(session: Session, chat: Chat, exchange: Exchange, head: str = "") -> Exchange:
    """Note the exchange in chat and store, and hand it to the worker."""
    chat.exchanges[exchange.id] = exchange
    chat.head = head or exchange.record.node
    chat.cleared = ""
    keep = _keeper(session, chat, exchange)
    if keeping.keep(session, chat):
        keeping.keep_rest(session, chat)  # before what follows it
        keep(exchange.record)
        keeping.save_view(session, chat)

    def report(fraction: float | None, said: str) -> None:
        exchange.live.fraction, exchange.live.text = fraction, said

    work = _work(chat, exchange, engines.engines(), keep)
    exchange.handle = engines.worker().submit(session.id, work, Job(report))
    return exchange


def _keeper(session: Session, chat: Chat, exchange: Exchange) -> Callable[[Record], None]:
    """Writes a record of this chat; what cannot be kept is said beside the answer, which stays."""
    store, owner = engines.store(), session.owner
    missed: list[Problem] = []

    def keep(record: Record) -> None:
        if not chat.saved:
            return
        try:
            chat.note(store.put(owner, chat.id, record))
        except StorageError as error:
            exchange.unkept = Problem(error.message, error.remedy)
            missed.append(exchange.unkept)
            return
        exchange.kept = record.finished
        if exchange.unkept in missed:
            exchange.unkept = None

    return keep


def _work(chat: Chat, exchange: Exchange, parts: Engines, keep: Callable[[Record], None]) -> Any:
    """The generator function that the worker runs."""

    def work(job: Job) -> Iterator[Any]:
        steps: list[str] = []
        results: list[Result] = []
        failed = None
        try:
            yield from _answered(chat, exchange, parts, job, steps, results)
        except Exception as error:  # what was done until then is kept
            problem = problem_of(error)
            failed = (problem.message, problem.remedy)
        kept = tuple(replace(r, turn=r.turn.light()) for r in results)
        if exchange.replaced:
            steps.append(REPLACED)
            yield REPLACED
        record = replace(exchange.record, results=kept, steps=tuple(steps), failed=failed, finished=True)
        keep(record)
        yield record
        results.clear()
        if "torch" not in sys.modules:  # what torch freed goes back when the worker rests: a next pass would want it
            memory.trim()
        settle()

    return work


def _answered(
    chat: Chat, exchange: Exchange, parts: Engines, job: Job, steps: list[str], results: list[Result]
) -> Iterator[Any]:
    """The turns of a request: lines, quick looks and results as they come; steps and results gather them, too."""
    job.check()
    job.deadline = time.monotonic() + parts.limits.turn_seconds
    for earlier in chat.path(exchange.record.parent):
        collect(earlier)  # a request that waited refers to what came just before it
    pieces = exchange.pieces or plan(exchange.record.text, chats.memory(chat, exchange), parts, exchange.order)
    if exchange.transcript is not None:
        pieces = tuple(replace(piece, transcript=exchange.transcript) for piece in pieces)
    about: PictureRef | None = None
    tally, restored, store = Tally(parts), engines.measurements().restored, engines.pictures()
    thresholds = engines.settings().thresholds
    for event in converse(pieces, parts, job, thresholds, store.open, restored, exchange.selected):
        if isinstance(event, About):
            about, tally = event.picture, Tally(parts)
        if isinstance(event, Progress):
            exchange.live.text, exchange.live.fraction = event.text, event.fraction
        elif isinstance(event, Completed):
            result = tally.result(event.turn, about, store.keep_edited)
            results.append(result)
            engine_work.note(result)
            yield result
            _put_away(exchange, result)
            if result.turn.undoes:  # its picture is the one that the chat is about again
                chat.chosen = tuple(n for n, known in enumerate(chat.pictures, 1) if known == result.picture)
        elif line := line_of(event):
            steps.append(line)
            yield line
        if (glance := glance_of(event, about)) is not None:
            yield glance


def _put_away(exchange: Exchange, result: Result) -> None:
    """Write what takes a moment, after the answer is on its way: the changed picture, and what was measured."""
    try:
        if result.edited is not None:
            engines.pictures().save(result.edited)
        if result.turn.proposals is not None:
            engines.measurements().save(result.turn)
    except StorageError as error:
        exchange.unkept = Problem(error.message, error.remedy)


def collect(exchange: Exchange, wait: float = 0.0) -> None:
    """Take what the exchange's job has yielded; waits up to `wait` seconds for the first of it."""
    with exchange.lock:
        handle = exchange.handle
        if handle is None:
            return
        items, done = handle.take(wait)
        for item in items:
            if isinstance(item, Result):
                exchange.glance = None
                exchange.parts.append(
                    Part(exchange, len(exchange.parts), item.picture, item.turn, item.edited, item.seconds,
                         item.detector_calls, item.segmenter_calls)
                )  # fmt: skip
            elif isinstance(item, Record):
                exchange.record, exchange.handle = item, None
                exchange.problem = Problem(*item.failed) if item.failed is not None else None
            elif isinstance(item, Glance):
                if exchange.glance is not None or not item.whole:  # what was not shown is not replaced
                    exchange.glance = item
            else:
                exchange.steps.append(item)
        if done and exchange.handle is not None:
            exchange.handle = None
            exchange.problem = problem_of(handle.error)
            failed = (exchange.problem.message, exchange.problem.remedy)
            exchange.record = replace(exchange.record, failed=failed, finished=True)


def problem_of(error: BaseException | None) -> Problem:
    """What a job broke with, as it is shown."""
    if isinstance(error, WorkbenchError):
        return Problem(error.message, error.remedy)
    return Problem(f"Something broke: {type(error).__name__}: {error}"[:300], REPORT)


def collect_all(chat: Chat) -> None:
    """Take what every job of the chat has yielded; old answers at their own thresholds drop what was measured."""
    exchanges = list(chat.exchanges.values())
    for exchange in exchanges:
        collect(exchange)
    for exchange in exchanges[:-KEPT_BANKS]:
        for part in exchange.parts:
            if part.turn.bank and part.tuned is None:
                part.turn = part.turn.light()


def stop(exchange: Exchange) -> None:
    """Ask a running request to end; what it measured is kept. One that waits ends now."""
    handle = exchange.handle
    if handle is not None:
        exchange.stopped = exchange.stopped or time.monotonic()
        engines.worker().cancel(handle)
