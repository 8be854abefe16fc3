"""Resolving an order against one result: what its words stand for, and how the turn that follows differs.

Nothing is measured here: for one picture everything known goes along, so that only what is newly named costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.dialogue.engines import Engines
from core.dialogue.joining import join
from core.dialogue.meant import Meant, meant
from core.dialogue.moving import move_edges, move_threshold
from core.dialogue.naming import joined, same_noun, told
from core.dialogue.narrowing import narrowed
from core.dialogue.repeating import measured, repeat
from core.dialogue.selecting import fits
from core.dialogue.shown import Context, Item
from core.packing import pack
from core.types.image import ImageAsset
from core.types.language import IntentName, IntentPrediction, Keywords
from core.types.reference import Adjustments, Change, Operation, Order, Reference
from core.types.thresholds import Thresholds
from core.types.turn import Act, Action, Answer, Turn

WITHOUT_OBJECTS = (Operation.ADD, Operation.REPEAT, Operation.LOWER, Operation.RAISE, Operation.UNDO)


def resolve(
    order: Order,
    base: Turn | None,
    image: ImageAsset | None,
    engines: Engines,
    selected: int | None = None,
    before: Sequence[Turn] = (),
    same_picture: bool = True,
) -> Change | Answer:
    """How the turn changes that builds on `base`, or the question that has to be answered first.

    base: the turn in force (of an undo: the one that comes into force again; None where none does). before: earlier
    turns on the picture, newest last (of an undo, the last one is taken back). selected: number of the object selected
    in the picture. same_picture: whether the new turn is about the picture of `base`.
    """
    if order.operation == Operation.UNDO:
        return _undo(order, base, before)
    if base is None or base.keywords is None:
        return _nothing_yet(order)
    if order.choices:
        return _choice(order, base)
    if order.operation == Operation.REPEAT or not same_picture:
        return repeat(replace(order, operation=Operation.REPEAT), base, same_picture)
    if not base.detections.items and not _can_do_without(order):
        return _no_objects(order)
    return _OPERATIONS[order.operation](order, Context(base, image, engines, selected, tuple(before)))


def _can_do_without(order: Order) -> bool:
    whole = order.operation == Operation.INTENT and order.selector is None
    return whole or order.operation in WITHOUT_OBJECTS


# -- questions -------------------------------------------------------------------------------------------------------


def _nothing_yet(order: Order) -> Answer:
    actions = [Action("help", "What can I say?")]
    for _, kind, value in order.choices:
        if kind == "say":
            actions.insert(0, Action("say", "The picture", value))
    return Answer("There is nothing yet to refer to. Ask for something in a picture first.", tuple(actions))


def _no_objects(order: Order) -> Answer:
    weaker = Order(Operation.LOWER, order.words)
    return Answer(
        f"Nothing is marked now that “{order.words}” could be about.",
        (Action("refer", "Show weaker ones", pack(weaker)), Action("help", "What can I say?")),
    )


def _choice(order: Order, base: Turn) -> Answer:
    """ "Make it bigger": what? Masks are offered only where there is one."""
    outlined = any(mask.area for mask in base.masks.items)
    choices = [c for c in order.choices if c[1] != "refer" or outlined]
    names = [label.removeprefix("The ").lower() for label, _, _ in choices]
    *first, last = names
    listed = f"{', '.join(first)} or {last}" if first else last
    return Answer(
        f"What should change with “{order.words}”: the {listed.replace(', ', ', the ').replace(' or ', ' or the ')}?",
        tuple(Action(kind, label, value) for label, kind, value in choices),
    )


# -- operations ------------------------------------------------------------------------------------------------------


def _undo(order: Order, base: Turn | None, before: Sequence[Turn]) -> Change | Answer:
    taken = before[-1] if before else None
    if base is None:
        text = "There is nothing left to take back."
        if taken is not None:
            text = f"Took back “{taken.text}”. Nothing is marked now."
        return Answer(text, (Action("help", "What can I say?"),))
    count = len(base.detections.items)
    objects = "1 object is" if count == 1 else f"{count or 'no'} objects are"
    said = f"Took back “{taken.text}”." if taken is not None else ""
    reference = Reference(
        order.words, Operation.UNDO, f"back to “{base.text}”: {objects} marked again",
        tuple(range(1, count + 1)), turn=base.id,
    )  # fmt: skip
    return _change(base, reference, base.adjustments, said=said)


def _keep(order: Order, context: Context) -> Change | Answer:
    chosen = meant(order, context)
    if chosen.question is not None:
        return chosen.question
    keywords, adjustments = narrowed(order, chosen, context)
    reference = _reference(order, chosen, context, "only ")
    return _change(context.base, reference, adjustments, keywords)


def _reject(order: Order, context: Context) -> Change | Answer:
    base = context.base
    if (dropped := _unseen(order, context)) is not None:
        return dropped
    chosen = meant(order, context)
    if chosen.question is not None:
        return chosen.question
    adjustments = base.adjustments
    boxes = (*adjustments.rejected, *(item.anchor for item in chosen.items))
    adjustments = replace(adjustments, rejected=tuple(dict.fromkeys(boxes)))
    return _change(base, _reference(order, chosen, context, "put away: "), adjustments)


def _unseen(order: Order, context: Context) -> Change | None:
    """A thing that was asked for and not found is no longer asked for."""
    base = context.base
    assert base.keywords is not None
    named = [p.head or p.text for p in order.phrases]
    gone = [
        p.text
        for p in base.keywords.phrases
        if any(same_noun(n, p.text) for n in named) and not base.detections.of(p.text)
    ]
    rest = tuple(p for p in base.keywords.phrases if p.text not in gone)
    if not gone or not rest or any(_names(n, context.items) for n in named):
        return None
    acts = tuple(replace(a, phrases=tuple(t for t in a.phrases if t not in gone)) for a in base.acts)
    meaning = f"{joined(gone)}: none was found, and none is looked for any more"
    reference = Reference(order.words, Operation.REJECT, meaning, phrases=tuple(gone), turn=base.id)
    return _change(base, reference, base.adjustments, replace(base.keywords, phrases=rest), acts)


def _names(noun: str, items: Sequence[Item]) -> bool:
    return any(fits(item, noun) for item in items)


def _intent(order: Order, context: Context) -> Change | Answer:
    base = context.base
    assert base.keywords is not None and order.intent is not None
    chosen = meant(order, context)
    if chosen.question is not None:
        return chosen.question
    keywords, adjustments = base.keywords, base.adjustments
    if not chosen.whole:
        keywords, adjustments = narrowed(order, chosen, context)
    keywords = replace(keywords, replacement=_replacement(order, context.engines))
    if not keywords.phrases and not (base.user_boxes or base.clicked):
        keywords = replace(keywords, everything=True)
    named = {p.text for p in keywords.phrases}
    phrases = tuple(dict.fromkeys(i.phrase for i in chosen.items if i.phrase in named))
    acts = (Act(order.intent, order.text or order.words, phrases),)
    reference = _reference(order, chosen, context, f"{_DOES[order.intent]} ")
    change = _change(base, reference, adjustments, keywords, acts)
    return replace(change, given={**change.given, "classify": IntentPrediction.certain(order.intent, "dialogue")})


_DOES = {
    IntentName.ANSWER: "a question about", IntentName.DETECT: "show boxes of", IntentName.SEGMENT: "outline",
    IntentName.MASK: "mask or cut-out of", IntentName.INPAINT: "remove",
}  # fmt: skip


def _replacement(order: Order, engines: Engines) -> str:
    """What should stand instead ("replace it with a vase")."""
    return engines.keywords.extract(order.text).replacement if order.intent == IntentName.INPAINT and order.text else ""


def _add(order: Order, context: Context) -> Change | Answer:
    return join(order, context, _change)


def _threshold(order: Order, context: Context) -> Change | Answer:
    moved = move_threshold(order, context.base)
    if isinstance(moved, Answer):
        return moved
    return _change(context.base, moved[0], context.base.adjustments, thresholds=moved[1])


def _edges(order: Order, context: Context) -> Change | Answer:
    moved = move_edges(order, context)
    return moved if isinstance(moved, Answer) else _change(context.base, moved[0], moved[1])


_OPERATIONS: dict[Operation, Callable[[Order, Context], Change | Answer]] = {
    Operation.KEEP: _keep, Operation.ADD: _add, Operation.REJECT: _reject, Operation.GROW: _edges,
    Operation.SHRINK: _edges, Operation.INTENT: _intent, Operation.RAISE: _threshold, Operation.LOWER: _threshold,
}  # fmt: skip


def _reference(order: Order, chosen: Meant, context: Context, does: str) -> Reference:
    """What the words stand for; numbers are those of the turn in force, or of the earlier one that showed them."""
    items = chosen.items
    now = all(item.now for item in items)
    turn = context.base.id if now else (items[0].turn if items else "")
    numbers = tuple(item.now if now else item.number for item in items) if turn else ()
    among = context.items if now else next((p for p in context.pools() if all(i in p for i in items)), items)
    told_of = told(items, among)
    if chosen.whole and len(items) > 1:
        told_of = "both objects" if len(items) == 2 else f"all {len(items)} objects"
    if not now:
        told_of += ", put away before"
    return Reference(order.words, order.operation, does + told_of, numbers, turn=turn)


def _change(
    base: Turn, reference: Reference, adjustments: Adjustments, keywords: Keywords | None = None,
    acts: tuple[Act, ...] = (), thresholds: Thresholds | None = None, said: str = "",
) -> Change:  # fmt: skip
    """The change with everything that is known of the picture, so that no engine is asked again."""
    given: dict[str, Any] = measured(base)
    if base.prediction is not None:
        given["classify"] = base.prediction
    if acts or base.acts:
        given["acts"] = acts or base.acts
    given["extract"] = keywords or base.keywords
    return Change((reference,), adjustments, thresholds or base.thresholds, given, said)
