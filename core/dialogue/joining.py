"""Adding: a thing newly named, or an object of the picture that was put away before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.dialogue.meant import Meant, meant, nothing_more, selector_of, the_person, which
from core.dialogue.naming import joined, same_noun, told
from core.dialogue.narrowing import let_in
from core.dialogue.selecting import fits, pick
from core.dialogue.shown import Context, Item
from core.policy import FAMILIES
from core.types.boxes import Basis
from core.types.language import IntentName, Keywords, Phrase
from core.types.reference import Adjustments, Change, Keep, Operation, Order, Reference
from core.types.turn import Act, Answer, Turn

Build = Callable[..., Change]


def join(order: Order, context: Context, build: Build) -> Change | Answer:
    """The change with more in force, or a question: what should be added? build: makes the change."""
    if order.phrases and not (order.selector is not None and order.selector.others):
        return _named(order, context, build)
    chosen = _back(order, context)
    if chosen.question is not None:
        return chosen.question
    return _with(order, context, build, chosen.items, ())


def _back(order: Order, context: Context) -> Meant:
    """The objects put away that words without a new thing mean."""
    selector = order.selector
    if selector is not None and (person := the_person(selector, context.put_away())):
        return Meant(person)
    if selector is None or (selector.pronoun and not selector.everything):
        return Meant(question=nothing_more(order))
    if selector.others:
        return meant(order, context)
    if selector.everything:
        away = context.put_away()
        return Meant(away) if away else Meant(question=nothing_more(order))
    first = None
    for pool in context.pools():
        found = pick(selector, pool, context)
        if found.found and all(item.now for item in found.found):
            away = tuple(item for item in pool if not item.now)
            found = found if selector.numbers else pick(selector, away, context)
        if found.found:
            return Meant(found.found)
        first = first or found
    if first is None:
        return Meant(question=nothing_more(order))
    away = tuple(i for i in first.candidates if not i.now) or context.put_away()
    return Meant(question=which(order, away, f"{first.trouble} Which one should be added?", context, True))


def _named(order: Order, context: Context, build: Build) -> Change | Answer:
    """Things named: put-away objects of that kind come back, others are looked for."""
    assert context.base.keywords is not None
    away: list[Item] = []
    new: list[Phrase] = []
    pool = context.put_away()
    for phrase in order.phrases:
        spoken = order.selector if len(order.phrases) == 1 and order.selector and order.selector.phrase else None
        selector = spoken or selector_of(phrase, order.selector)
        found = pick(selector, pool, context).found if pool else ()
        if found and any(
            same_noun(selector.phrase, item.phrase) or selector.phrase == item.detection.label for item in found
        ):
            away += found
        elif not _is_there(phrase, context):
            new.append(phrase)
    return _with(order, context, build, tuple(away), tuple(new))


def _is_there(phrase: Phrase, context: Context) -> bool:
    """Whether the thing is asked for already, as it is named."""
    base = context.base
    assert base.keywords is not None
    listed = not base.keywords.phrases and not phrase.colours and any(fits(i, phrase.text) for i in context.items)
    return listed or any(
        same_noun(phrase.text, p.text) and set(phrase.colours) <= set(p.colours) and not p.filters
        for p in base.keywords.phrases
    )


def _with(
    order: Order, context: Context, build: Build, items: Sequence[Item], new: tuple[Phrase, ...]
) -> Change | Answer:
    base = context.base
    assert base.keywords is not None
    away = tuple(item for item in items if not item.now)
    keywords, adjustments = let_in(away, base.keywords, base.adjustments)
    adjustments = _pinned(away, context, keywords, _without_idle(away, context, adjustments))
    if new and not base.keywords.phrases:
        keywords, adjustments = _listed(context, keywords, adjustments)
    keywords = replace(keywords, phrases=(*keywords.phrases, *new), everything=keywords.everything and not new)
    acts = _acts(order, base, keywords, tuple(p.text for p in new), away)
    return build(base, _reference(order, context, items, away, new), adjustments, keywords, acts)


def _without_idle(away: Sequence[Item], context: Context, adjustments: Adjustments) -> Adjustments:
    """Without keeps that hold everything again."""
    widest = max((len(pool) for pool in context.pools()), default=0)
    if not away or len(away) + len(context.items) < widest:
        return adjustments
    kept = [k for k in adjustments.kept if not any(item.phrase in k.phrases for item in away)]
    return replace(adjustments, kept=tuple(kept))


def _pinned(away: Sequence[Item], context: Context, keywords: Keywords, adjustments: Adjustments) -> Adjustments:
    """Phrases that lost their filters keep to what is in force and what was added."""
    assert context.base.keywords is not None
    freed = {p.text for p in context.base.keywords.phrases if p.filters} - {
        p.text for p in keywords.phrases if p.filters
    }
    texts = tuple(dict.fromkeys(item.phrase for item in away if item.phrase in freed))
    if not texts:
        return adjustments
    boxes = tuple(i.anchor for i in (*context.items, *away) if i.phrase in texts)
    return replace(adjustments, kept=(*adjustments.kept, Keep(texts, boxes)))


def _listed(context: Context, keywords: Keywords, adjustments: Adjustments) -> tuple[Keywords, Adjustments]:
    """Everything was listed: what is in force stays, by its names, and nothing else of these names joins."""
    items = [item for item in context.items if item.detection.basis != Basis.USER]
    names = tuple(dict.fromkeys(item.phrase for item in items))
    keep = Keep(names, tuple(item.anchor for item in items))
    keywords = replace(keywords, phrases=tuple(Phrase(name, name) for name in names))
    return keywords, replace(adjustments, kept=(*adjustments.kept, keep)) if names else adjustments


def _acts(order: Order, base: Turn, keywords: Keywords, new: tuple[str, ...], away: Sequence[Item]) -> tuple[Act, ...]:
    """The acts about the new things too; one more act where something else is to be done with them."""
    if order.intent is not None and not _akin(order.intent, base.intent):
        named = {p.text for p in keywords.phrases}
        phrases = (*new, *(i.phrase for i in away if i.phrase in named))
        return (*base.acts, Act(order.intent, order.text or order.words, tuple(dict.fromkeys(phrases))))
    return tuple(
        replace(act, phrases=tuple(dict.fromkeys((*act.phrases, *new)))) if act.phrases else act for act in base.acts
    )


def _akin(intent: IntentName, other: IntentName | None) -> bool:
    return intent == other or any(intent in family and other in family for family in FAMILIES)


def _reference(
    order: Order, context: Context, items: Sequence[Item], away: Sequence[Item], new: tuple[Phrase, ...]
) -> Reference:
    parts = []
    pool = next((p for p in context.pools() if all(i in p for i in away)), tuple(away)) if away else ()
    if away:
        parts.append(f"{told(away, pool)}, put away before")
    if new:
        parts.append(f"looked for newly: {joined([p.text for p in new])}")
    if not parts:
        there = told([i for i in items if i.now], context.items) if items else joined([p.text for p in order.phrases])
        parts.append(f"{there} is there already" if len(items) < 2 else f"{there} are there already")
    turn = (away[0].turn if away else "") or context.base.id
    numbers = tuple(i.number for i in away) if away and away[0].turn else ()
    return Reference(order.words, Operation.ADD, "; ".join(parts), numbers, tuple(p.text for p in new), turn)
