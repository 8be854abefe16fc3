"""Numbers that an order moves: a threshold by a step or to a value, the masks' edges by pixels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from core.dialogue.meant import Meant, meant, outline_first
from core.dialogue.naming import told
from core.dialogue.shown import Context, Item
from core.packing import pack
from core.types.boxes import Basis, Box
from core.types.masks import Mask
from core.types.reference import Adjustments, Operation, Order, Reference
from core.types.thresholds import Thresholds
from core.types.turn import Action, Answer, Turn

BOX_STEP, TEXT_STEP, CUT_STEP, COLOUR_STEP = 0.1, 0.1, 0.1, 0.1  # by which a threshold moves where no value is said
EDGE_STEP = 0.05  # of the square root of an object's area: how far its edge moves where no amount is said
LEAST_PX = 1.0
_STEPS = {"box": BOX_STEP, "text": TEXT_STEP, "mask_cut": CUT_STEP, "colour": COLOUR_STEP}
_NAMES = {
    "box": "the box threshold", "text": "the text threshold", "mask_cut": "the mask cut",
    "colour": "the colour threshold",
}  # fmt: skip


# -- thresholds ------------------------------------------------------------------------------------------------------


def move_threshold(order: Order, base: Turn) -> tuple[Reference, Thresholds] | Answer:
    """What the threshold becomes, or a question where the value said is no share."""
    old = effective(base, order.target)
    if order.unit == "score":
        value = order.amount or 0.0
        if not 0 <= value <= 1:
            return _no_share(order, value)
        new = value
    else:
        step = abs(order.amount) if order.amount is not None else _STEPS[order.target]
        new = old + (step if order.operation == Operation.RAISE else -step)
    new = round(min(1.0, max(0.0, new)), 3)
    raised = new > old or (new == old and order.operation == Operation.RAISE)
    operation = Operation.RAISE if raised else Operation.LOWER
    meaning = f"{_NAMES[order.target]} from {old:g} to {new:g}"
    if new == old:
        end = {0.0: ", as low as it goes", 1.0: ", as high as it goes"}.get(new, "")
        meaning = f"{_NAMES[order.target]} is {new:g} already{end}"
    if order.target == "text" and base.proposals is not None and base.proposals.peaks is None:
        meaning += "; without effect here, where no single words were scored"
    return Reference(order.words, operation, meaning, turn=base.id), _with(base, order, new, new - old)


def effective(base: Turn, target: str = "box") -> float:
    """The number that decides now; for boxes that of the basis which most objects have."""
    if target == "text":
        return base.thresholds.words
    if target != "box":
        return float(getattr(base.thresholds, target))
    if base.thresholds.box is not None:
        return base.thresholds.box
    bases: list[Basis] = [d.basis for d in base.detections.items if d.basis != Basis.USER]
    bases = bases or list(base.proposals.basis if base.proposals is not None else ())
    most = Counter(bases).most_common(1)[0][0] if bases else Basis.CLASS
    listed = base.proposals is not None and base.proposals.listed
    return base.thresholds.for_box(most, "", listed)


def _with(base: Turn, order: Order, value: float, step: float) -> Thresholds:
    """The thresholds with the number moved; numbers of single phrases move along."""
    if order.target != "box":
        return base.thresholds.with_(**{order.target: value})
    single = {
        phrase: value if order.unit == "score" else round(min(1.0, max(0.0, old + step)), 3)
        for phrase, old in base.thresholds.phrase.items()
    }
    return base.thresholds.with_(box=value, phrase=single)


def _no_share(order: Order, value: float) -> Answer:
    text = f"{value:g} is no share between 0 and 1, so the threshold stays at what it is."
    if not 1 < value <= 100:
        return Answer(text, (Action("help", "What can I say?"),))
    meant_share = replace(order, amount=value / 100)
    return Answer(text, (Action("refer", f"Use {value / 100:g}", pack(meant_share)),))


# -- edges -----------------------------------------------------------------------------------------------------------


def move_edges(order: Order, context: Context) -> tuple[Reference, Adjustments] | Answer:
    """How far each mask's edge moves, or a question: whose, or outline first?"""
    known = any(item.mask is not None for item in context.items)
    chosen = meant(order, context) if known else Meant()
    if chosen.question is not None:
        return chosen.question
    outlined = [item for item in chosen.items if item.mask is not None]
    if not outlined:
        text = "There is no mask to move the edge of yet: outline the objects first, then say it again."
        return Answer(text, (outline_first(),))
    moved = [(item, *_pixels(order, item.mask)) for item in outlined if item.mask is not None]
    grown = tuple((item.anchor, pixels) for item, pixels, _ in moved if pixels)
    adjustments = replace(context.base.adjustments, grown=_summed(context.base.adjustments.grown, grown))
    numbers = tuple(item.number for item in outlined)
    meaning = _told(order, outlined, [pixels for _, pixels, _ in moved], context)
    if any(limited for _, _, limited in moved):
        meaning += "; no further in, or nothing would be left"
    bare = len(chosen.items) - len(outlined)
    meaning += f"; {bare} without a mask stay{'s' if bare == 1 else ''} as before" if bare else ""
    return Reference(order.words, order.operation, meaning, numbers, turn=context.base.id), adjustments


def _pixels(order: Order, mask: Mask) -> tuple[float, bool]:
    """By how many pixels this mask's edge moves out (negative: in), and whether that is less than was asked."""
    side = math.sqrt(mask.area)
    amount = order.amount
    if amount is None or order.unit not in ("px", "percent", "times"):
        pixels = max(LEAST_PX, EDGE_STEP * side)
    elif order.unit == "px":
        pixels = abs(amount)
    else:  # of the object's width: both of its edges move
        factor = amount if order.unit == "times" else 1 + amount / 100
        if order.operation == Operation.SHRINK and order.unit == "percent":
            factor = 1 - amount / 100
        elif order.operation == Operation.SHRINK and factor > 1:
            factor = 1 / factor  # "three times smaller"
        pixels = abs(factor - 1) / 2 * side
    pixels = float(max(LEAST_PX, round(pixels)))
    if order.operation == Operation.GROW:
        return min(pixels, float(max(mask.size))), False
    most = _deepest(mask)
    return -min(pixels, most), pixels > most


def _deepest(mask: Mask) -> float:
    """The most that a mask can shrink by, in whole pixels, and still have one left."""
    bits = np.pad(mask.crop().astype(np.uint8), 1)
    deep = float(cv2.distanceTransform(bits, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())
    return float(max(0, math.ceil(deep) - 1))


def _summed(old: Sequence[tuple[Box, float]], new: Sequence[tuple[Box, float]]) -> tuple[tuple[Box, float], ...]:
    """One entry for each box; what comes to nothing leaves."""
    total = dict(old)
    for box, pixels in new:
        total[box] = total.get(box, 0.0) + pixels
    return tuple((box, pixels) for box, pixels in total.items() if pixels)


def _told(order: Order, items: Sequence[Item], pixels: Sequence[float], context: Context) -> str:
    way = "out" if order.operation == Operation.GROW else "in"
    low, high = min(abs(p) for p in pixels), max(abs(p) for p in pixels)
    far = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"the mask's edge of {told(items, context.items)}, {far} px {way}"
