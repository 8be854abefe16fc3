"""A request inside a chat: which pictures it is about, which earlier result it refers to, and the turns that follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from core.dialogue import wording
from core.dialogue.engines import Engines
from core.dialogue.orders import read_order
from core.dialogue.turn import run_turn
from core.dialogue.which_pictures import Named, named_pictures
from core.errors import WorkbenchError
from core.jobs import Job
from core.types.boxes import Box
from core.types.events import About, Completed, Event
from core.types.image import ImageAsset
from core.types.language import IntentName
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.reference import Adjustments, Operation, Order
from core.types.speech import Transcript
from core.types.thresholds import Thresholds
from core.types.turn import Action, Answer, Clicked, Failure, Request, Status, Turn, new_id

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Memory:
    """What a request may refer to.

    pictures: of the chat, in the order they came; their numbers count from 1. records: the finished exchanges of the
    branch shown, oldest first. chosen: numbers of the pictures that the user picked; () means the newest. selected: the
    object selected in the picture of the last result.
    """

    pictures: tuple[PictureRef, ...] = ()
    records: tuple[Record, ...] = ()
    chosen: tuple[int, ...] = ()
    selected: int | None = None


@dataclass(frozen=True)
class Piece:
    """One picture's share of a request.

    question: asked back instead of a turn. given: what is known of its stages. thresholds: None for the request's own.
    user_boxes, clicked, adjustments: made by hand and by the dialogue until now. transcript: where the text was spoken,
    what was heard.
    """

    picture: PictureRef | None
    text: str
    order: Order | None = None
    base: Turn | None = None
    before: tuple[Turn, ...] = ()
    undoes: str = ""
    given: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    question: Answer | None = None
    thresholds: Thresholds | None = None
    user_boxes: tuple[Box, ...] = ()
    clicked: tuple[Clicked, ...] = ()
    adjustments: Adjustments = field(default_factory=Adjustments)
    transcript: Transcript | None = None

    @classmethod
    def again(cls, picture: PictureRef | None, turn: Turn, given: Mapping[str, Any]) -> Piece:
        """A turn's share once more, with all that was made by hand in it."""
        return cls(
            picture, turn.text, given=given, thresholds=turn.thresholds, user_boxes=turn.user_boxes,
            clicked=turn.clicked, adjustments=turn.adjustments, transcript=turn.transcript,
        )  # fmt: skip


def looked(turn: Turn) -> bool:
    """Whether a turn looked at its picture, so that later words may refer to what it found."""
    return bool(turn.image_digest and turn.keywords is not None) and turn.status not in (Status.ASKED, Status.FAILED)


def in_force(records: Sequence[Record]) -> list[Record]:
    """The records that were not taken back and looked at a picture, oldest first: the last one is in force."""
    stack: list[Record] = []
    for record in records:
        undone = next((r.turn.undoes for r in record.results if r.turn.undoes), "")
        if undone:
            stack = stack[: next((n for n, r in enumerate(stack) if r.node == undone), len(stack))]
        elif any(looked(result.turn) for result in record.results):
            stack.append(record)
    return stack


def plan(text: str, memory: Memory, engines: Engines, order: Order | None = None) -> tuple[Piece, ...]:
    """The pieces of a request, one for each picture, at least one.

    order: already known (a button was clicked, a request is run again). No engine but those of language is asked.
    """
    stack = in_force(memory.records)
    named = named_pictures(text, memory.pictures)
    if named.unknown:
        return (Piece(None, text, question=wording.no_such_picture(named.unknown, len(memory.pictures))),)
    if named.other and not _others(memory, stack):
        return (Piece(_about(named, memory, stack)[0], text, question=wording.no_other_picture()),)
    pending = pending_actions(memory.records)
    if order is None and pending:
        chosen = chosen_action(text, pending)
        if chosen is not None and chosen.kind == "say":
            return plan(str(chosen.value), replace(memory, records=memory.records[:-1]), engines)
        if chosen is not None and chosen.kind == "intent":
            return _as_intent(IntentName(chosen.value), memory)
        if chosen is not None and chosen.kind != "refer":
            return (Piece(memory.records[-1].results[-1].picture, text, question=wording.press(chosen)),)
    if order is None:
        order = _read(named.bare or ("the same" if named.bare != text else text), engines, pending, stack)
    if order is None:
        return tuple(Piece(picture, named.spoken) for picture in _about(named, memory, stack))
    return _refer(text, order, named, memory, stack)


def _read(text: str, engines: Engines, pending: Sequence[Action], stack: Sequence[Record]) -> Order | None:
    """The order in a text; None for a request of its own, or where language cannot be read now: the turn says so."""
    in_view = [d.phrase for record in stack[-1:] for r in record.results for d in r.turn.detections.items]
    try:
        order = read_order(text, engines, pending, frozenset(in_view))
    except WorkbenchError:
        return None
    alone = order is not None and not stack and order.operation == Operation.INTENT
    return None if alone else order  # "remove it" as a first request: the turn says what it can see


def _as_intent(intent: IntentName, memory: Memory) -> tuple[Piece, ...]:
    """The last request again, meant as this intent."""
    last = memory.records[-1]
    return tuple(
        Piece(result.picture, result.turn.text, given=MappingProxyType({"decide": intent})) for result in last.results
    )


def _about(named: Named, memory: Memory, stack: Sequence[Record] = ()) -> list[PictureRef | None]:
    """The pictures of a request: named in it, or chosen by the user, or the newest."""
    pictures = memory.pictures
    if not pictures:
        return [None]
    numbers: Sequence[int] = named.numbers
    if named.other and not numbers:
        numbers = _others(memory, stack)[-1:]
    numbers = numbers or [n for n in memory.chosen if 1 <= n <= len(pictures)] or [len(pictures)]
    return [pictures[n - 1] for n in numbers]


def _others(memory: Memory, stack: Sequence[Record]) -> list[int]:
    """The numbers of the pictures that the last result is not about."""
    last = _digests(stack[-1:])
    return [n for n, picture in enumerate(memory.pictures, 1) if picture.digest not in last]


def _digests(records: Sequence[Record]) -> set[str]:
    return {result.picture.digest for record in records for result in record.results if result.picture}


def _refer(text: str, order: Order, named: Named, memory: Memory, stack: Sequence[Record]) -> tuple[Piece, ...]:
    if order.operation == Operation.UNDO:
        return _undo(text, order, stack, bool(pending_actions(memory.records)))
    if not stack:
        return (Piece(_about(named, memory)[0], text, order),)
    if order.operation == Operation.REPEAT:
        return _repeat(text, order, named, memory, stack)
    pieces = []
    wanted = {memory.pictures[n - 1].digest for n in named.numbers}
    record = next((r for r in reversed(stack) if not wanted or _digests([r]) & wanted), None)
    if record is None:
        return _repeat(text, order, named, memory, stack)
    results = [r for r in record.results if looked(r.turn) and r.picture and (not wanted or r.picture.digest in wanted)]
    with_objects = [
        r for r in results if r.turn.detections.items
    ]  # of several pictures, those where there is something
    for result in with_objects or results:
        if result.picture is not None:
            before = _turns_on(result.picture, stack, but=record)
            pieces.append(Piece(result.picture, text, order, result.turn, before))
    return tuple(pieces)


def _undo(text: str, order: Order, stack: Sequence[Record], asked: bool) -> tuple[Piece, ...]:
    """The result before the last one; where a question stands open, that is put aside, and nothing else."""
    if not stack:
        return (Piece(None, text, order, question=wording.nothing_to_undo()),)
    if asked:
        return tuple(Piece(r.picture, text, order, r.turn) for r in stack[-1].results if r.picture and looked(r.turn))
    top = stack[-1]
    taken = {r.picture.digest: r.turn for r in top.results if r.picture}
    if len(stack) < 2:
        return tuple(Piece(r.picture, text, order, None, (r.turn,), top.node) for r in top.results if looked(r.turn))
    last = top.results[-1].turn
    return tuple(
        Piece(r.picture, text, order, r.turn, (taken.get(r.picture.digest, last),), top.node)
        for r in stack[-2].results
        if r.picture and looked(r.turn)
    )


def _repeat(text: str, order: Order, named: Named, memory: Memory, stack: Sequence[Record]) -> tuple[Piece, ...]:
    """The last request on other pictures (named, chosen, or the newest), or about other things on the same ones."""
    record = stack[-1]
    bases = {r.picture.digest: r.turn for r in record.results if r.picture and looked(r.turn)}
    anyone = next(iter(bases.values()))
    told = bool(named.numbers or named.other or named.this)
    if order.phrases and not told:
        targets: list[PictureRef | None] = [r.picture for r in record.results if r.picture]
    else:
        targets = _about(named, memory, stack)
    if not order.phrases and not told and {t.digest for t in targets if t} <= set(bases) and len(memory.pictures) < 2:
        return (Piece(targets[0], text, order, question=wording.no_other_picture()),)
    return tuple(
        Piece(target, text, order, bases.get(target.digest, anyone) if target else anyone, ()) for target in targets
    )


def _turns_on(picture: PictureRef, stack: Sequence[Record], but: Record) -> tuple[Turn, ...]:
    results: Iterator[Result] = (r for record in stack if record is not but for r in record.results)
    return tuple(r.turn for r in results if r.picture and r.picture.digest == picture.digest and looked(r.turn))


# -- answers to a question that the workbench asked ------------------------------------------------------------------


def pending_actions(records: Sequence[Record]) -> tuple[Action, ...]:
    """The buttons of the question with which the last exchange ended; () where it did not end with one."""
    if not records or not records[-1].results or records[-1].results[-1].turn.status != Status.ASKED:
        return ()
    return records[-1].results[-1].turn.answer.actions


def chosen_action(text: str, actions: Sequence[Action]) -> Action | None:
    """The button that a text names: by its label, or by its place ("2")."""
    said = _plain(text)
    for action in actions:
        if said and said == _plain(action.label):
            return action
    refers = any(action.kind == "refer" for action in actions)  # there a number is an object's
    if said.isdigit() and not refers and 1 <= int(said) <= len(actions):
        return actions[int(said) - 1]
    return None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


# -- running ---------------------------------------------------------------------------------------------------------


def converse(
    pieces: Sequence[Piece],
    engines: Engines,
    job: Job,
    thresholds: Thresholds,
    open_picture: Callable[[PictureRef], ImageAsset],
    restore: Callable[[Turn], Turn] = lambda turn: turn,
    selected: int | None = None,
) -> Iterator[Event]:
    """The events of every piece, in order: `About`, then those of its turn, `Completed` last. Stop ends the rest too.

    restore: puts back what was measured for a stored turn (its `proposals` stay None where that is gone).
    """
    for number, piece in enumerate(pieces, 1):
        if number > 1 and job.cancelled:
            return
        yield About(piece.picture, number, len(pieces))
        if piece.question is not None:
            digest = piece.picture.digest if piece.picture else ""
            yield Completed(Turn(new_id(), piece.text, Status.ASKED, thresholds, digest, answer=piece.question))
            continue
        base = restore(piece.base) if piece.base is not None else None
        try:
            image = open_picture(piece.picture) if piece.picture else None
        except WorkbenchError as error:  # the other pictures are still asked about
            failure = Failure("open", error.message, error.remedy, kind=type(error).__name__)
            digest = piece.picture.digest if piece.picture else ""
            yield Completed(Turn(new_id(), piece.text, Status.FAILED, thresholds, digest, failures=(failure,)))
            continue
        numbers = thresholds
        if piece.thresholds is not None:
            numbers = piece.thresholds.beside(thresholds, "propose" not in piece.given)
        request = Request(
            piece.text, image, numbers, piece.user_boxes, piece.clicked, piece.order, base,
            piece.before, selected, piece.adjustments, piece.undoes, piece.transcript,
        )  # fmt: skip
        yield from run_turn(request, engines, job, piece.given)
