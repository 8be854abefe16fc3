"""Keeping some objects: pinned by their boxes, with what picked them kept for another picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.dialogue.meant import Meant
from core.dialogue.order_selectors import MANY
from core.dialogue.selecting import overall
from core.dialogue.shown import Context, Item
from core.types.boxes import Box
from core.types.language import Filter, FilterKind, Keywords
from core.types.reference import Adjustments, Keep, Order, same_box


def narrowed(order: Order, chosen: Meant, context: Context) -> tuple[Keywords, Adjustments]:
    """Keywords and adjustments with which only these objects are in force."""
    base = context.base
    assert base.keywords is not None
    keywords, adjustments = let_in(chosen.items, base.keywords, base.adjustments)
    in_force = (*(item.phrase for item in context.items), *(item.phrase for item in chosen.items))
    boxes = tuple(dict.fromkeys(item.anchor for item in chosen.items))
    keep = Keep(tuple(dict.fromkeys(in_force)), boxes, _carried(order))
    # an earlier one that is wider and says nothing of another picture adds nothing to this one
    earlier = tuple(k for k in adjustments.kept if k.filters or not set(k.phrases) <= set(keep.phrases))
    return keywords, replace(adjustments, kept=(*earlier, keep))


def let_in(items: Sequence[Item], keywords: Keywords, adjustments: Adjustments) -> tuple[Keywords, Adjustments]:
    """Whatever put these objects away does so no longer: a keep, a rejection, a phrase's own filters.

    Phrases whose filters leave must be pinned by a keep of the caller's.
    """
    away = [item for item in items if not item.now]
    if not away:
        return keywords, adjustments
    kept = []
    for keep in adjustments.kept:
        more = tuple(
            item.anchor
            for item in away
            if item.phrase in keep.phrases and not any(same_box(item.anchor, box) for box in keep.boxes)
        )
        kept.append(replace(keep, boxes=(*keep.boxes, *more), filters=()) if more else keep)
    rejected = tuple(box for box in adjustments.rejected if not _is_one(box, away))
    phrases = {item.phrase for item in away}
    freed = tuple(replace(p, filters=()) if p.text in phrases else p for p in keywords.phrases)
    keywords = replace(keywords, phrases=tuple(dict.fromkeys(freed)))
    return keywords, replace(adjustments, kept=tuple(kept), rejected=rejected)


def _is_one(box: Box, items: Sequence[Item]) -> bool:
    return any(same_box(box, item.anchor) for item in items)


def _carried(order: Order) -> tuple[Filter, ...]:
    """What picked the objects, as far as it says something of another picture."""
    selector = order.selector
    if selector is None or selector.numbers or selector.others or len(order.phrases) > 1:
        return ()
    picks = selector.filters
    if MANY in picks or any(f.kind == FilterKind.ORDER and not f.value for f in picks):
        return ()
    if any(f.kind == FilterKind.SIZE and f.number for f in picks):
        return ()
    useful = tuple(overall(f) for f in picks if f.kind != FilterKind.COUNT or f.number > 1)
    return (*useful, *(Filter(FilterKind.COLOUR, colour) for colour in selector.colours))
