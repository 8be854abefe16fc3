"""The objects that an order means: the selected one, those in force, or those of the picture that were put away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.dialogue.naming import label, singular
from core.dialogue.order_selectors import MANY, PERSONS
from core.dialogue.order_words import word_set
from core.dialogue.selecting import Pick, overall, pick
from core.dialogue.shown import Context, Item
from core.packing import pack
from core.types.language import Filter, FilterKind, IntentName, Phrase
from core.types.reference import Operation, Order, Selector
from core.types.turn import Action, Answer

MOST_BUTTONS = 8
OUTLINE = "outline them"
PEOPLE = word_set(  # who "he" and "she" may be, besides an animal that stands alone
    "person man woman boy girl child kid baby lady gentleman guy player rider driver skier surfer cyclist farmer worker"
)
WIDENED = (Operation.KEEP, Operation.INTENT)  # may mean objects that were put away


@dataclass(frozen=True)
class Meant:
    """The objects of an order, or the question to be answered first. whole: all in force, none was singled out."""

    items: tuple[Item, ...] = ()
    question: Answer | None = None
    whole: bool = False


def meant(order: Order, context: Context) -> Meant:
    """What the order's selector (or the things it names) stands for."""
    if order.phrases and order.operation != Operation.ADD:
        found: list[Item] = []
        for phrase in order.phrases:
            part = _one(order, selector_of(phrase, order.selector), context)
            if part.question is not None:
                return part
            found += part.items
        return Meant(tuple(dict.fromkeys(found)))
    return _one(order, order.selector, context)


def selector_of(phrase: Phrase, spoken: Selector | None) -> Selector:
    """The objects that one phrase names."""
    said = [w for w in phrase.text.split() if w not in phrase.colours or w == phrase.head]
    words = spoken.words if spoken else phrase.text
    others = bool(spoken and spoken.others)
    return Selector(words, (), phrase.filters, " ".join(said) or phrase.head, phrase.colours, others=others)


def _one(order: Order, selector: Selector | None, context: Context) -> Meant:
    items = context.items
    if selector is None:
        return Meant(items, whole=True)
    if selector.others:
        return _others(order, selector, context)
    if selector.everything:
        wider = next(context.pools(), ()) if len(items) < 2 and order.operation == Operation.KEEP else ()
        return Meant(wider) if wider else Meant(items, whole=True)
    if selector.pronoun:
        return _pointed(order, selector, context)
    found = pick(selector, items, context)
    if order.operation in WIDENED and _too_narrow(selector, found, items, order.operation):
        for pool in context.pools():
            wider_pick = pick(selector, pool, context)
            if wider_pick.found or (wider_pick.candidates and len(items) < 2):
                found = wider_pick
                break
    return _settled(order, found, context)


def _too_narrow(selector: Selector, found: Pick, items: Sequence[Item], operation: Operation) -> bool:
    """Whether the words cannot be about the objects in force alone: none fits, or there is one only to pick from."""
    picks = any(f.kind != FilterKind.COUNT or f.number != 1 for f in selector.filters)
    vacuous = len(items) == 1 and (picks or operation == Operation.KEEP)
    return (not found.found and not found.unmeasured) or vacuous


def _pointed(order: Order, selector: Selector, context: Context) -> Meant:
    """ "It", "that one": the selected object, or the only one; a mask's edge moves for all where none is selected."""
    items = context.items
    if context.selected is not None and 1 <= context.selected <= len(items):
        return Meant((items[context.selected - 1],))
    if len(items) == 1:
        return Meant(items, whole=True)
    if one := the_person(selector, items):
        return Meant(one)
    if order.operation in (Operation.GROW, Operation.SHRINK):
        return Meant(items, whole=True)
    together = order.operation == Operation.INTENT
    return Meant(question=which(order, items, "Which one do you mean?", context, together))


def the_person(selector: Selector, items: Sequence[Item]) -> tuple[Item, ...]:
    """The one person among some objects, where "she" or "him" is said."""
    people = tuple(item for item in items if set(singular(item.phrase).split()[-1:]) & PEOPLE)
    return people if selector.words in PERSONS and len(people) == 1 else ()


def _others(order: Order, selector: Selector, context: Context) -> Meant:
    """The objects put away; where there are none, all in force but the selected one."""
    away = context.put_away()
    if selector.numbers:  # from a button: numbers of a wider set
        for pool in context.pools():
            numbered = tuple(i for i in pool if i.number in selector.numbers and not i.now)
            if len(numbered) == len(selector.numbers):
                return Meant(numbered)
        left = away if order.operation == Operation.ADD else context.items
        return _settled(order, Pick((), "That object is not known any more.", left), context)
    outside = order.operation in (Operation.ADD, *WIDENED)
    items = away if outside and away else ()
    if not items and order.operation != Operation.ADD and context.selected is not None:
        items = tuple(i for i in context.items if i.number != context.selected)
    if not items:
        if order.operation == Operation.ADD or len(context.items) < 2:
            return Meant(question=nothing_more(order))
        return Meant(question=which(order, context.items, "Which ones do you mean?", context, False))
    return _settled(order, pick(replace(selector, others=False), items, context), context)


def _settled(order: Order, found: Pick, context: Context) -> Meant:
    if found.found:
        return Meant(found.found)
    if found.unmeasured:
        return Meant(question=Answer(f"{found.trouble} Outline them first, then say it again.", (outline_first(),)))
    several = len(found.candidates) > 1 and _alike(order, found, context)
    return Meant(question=which(order, found.candidates, f"{found.trouble} Which one do you mean?", context, several))


def _alike(order: Order, found: Pick, context: Context) -> bool:
    """Whether all of the candidates may be meant: they fit alike, and are not simply all there is."""
    return order.operation != Operation.REJECT and len(found.candidates) < len(context.items)


def outline_first() -> Action:
    """The button that gives every object in force its mask."""
    order = Order(Operation.INTENT, OUTLINE, intent=IntentName.SEGMENT, text=OUTLINE)
    return Action("refer", "Outline them first", pack(order))


def which(order: Order, items: Sequence[Item], question: str, context: Context, together: bool) -> Answer:
    """A question with a button for each object, and one for all where that may be meant."""
    if order.operation in (Operation.GROW, Operation.SHRINK):
        items = [item for item in items if item.mask is not None]
    if not items:
        return Answer(question.replace(" Which one do you mean?", ""), (Action("help", "What can I say?"),))
    shown = items[:MOST_BUTTONS]
    actions = [Action("refer", label(i, items), pack(_about([i], order))) for i in shown]
    if together and len(items) > 1:
        name = "Both of them" if len(items) == 2 else "All of them"
        whole = len(items) == len(context.items) and all(i.now for i in items)
        everything = replace(order, selector=None, phrases=(), choices=()) if whole else _about(items, order)
        actions.append(Action("refer", name, pack(everything)))
    for phrase in order.phrases if order.operation == Operation.KEEP else ():
        other = Order(Operation.REPEAT, order.words, phrases=(plain(phrase),))
        actions.append(Action("refer", f"Look for {phrase.text}", pack(other)))
    more = f" ({len(items) - len(shown)} more can be named by their numbers.)" if len(items) > len(shown) else ""
    return Answer(question + more, tuple(actions))


def _about(items: Sequence[Item], order: Order) -> Order:
    """The order about these objects and no others, by their numbers."""
    away = not all(i.now for i in items)
    numbers = tuple(i.number if away else i.now for i in items)
    words = f"number {numbers[0]}" if len(numbers) == 1 else order.words
    return replace(order, selector=Selector(words, numbers, others=away), phrases=(), choices=())


def plain(phrase: Phrase) -> Phrase:
    """The phrase as a detector and the picks after it take it."""
    filters = tuple(
        replace(f, value="left") if f.kind == FilterKind.ORDER and not f.value else overall(f)
        for f in phrase.filters
        if f != MANY and not (phrase.colours and f == Filter(FilterKind.COUNT, "", 1))
    )
    return replace(phrase, filters=filters)


def nothing_more(order: Order) -> Answer:
    """Words that name neither a thing nor an object put away."""
    return Answer(
        f"Nothing of this picture was put away, so I cannot tell what “{order.words}” adds. Name what to look for.",
        (Action("help", "What can I say?"),),
    )
