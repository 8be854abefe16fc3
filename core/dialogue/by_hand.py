"""What a user's hand does to a turn's objects: the turn to be run again, with a box, a click or an object more or less.

What the dialogue kept, put away and grew stays in force; what was made by hand is in force whatever was kept before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.types.boxes import Box, Detection
from core.types.masks import Prompt
from core.types.reference import Adjustments, same_box
from core.types.turn import Clicked, Turn

Points = Sequence[tuple[float, float, bool]]  # x, y, positive


def with_box(turn: Turn, box: Box) -> Turn:
    """One more box."""
    boxes = tuple(dict.fromkeys((*turn.user_boxes, box)))
    return replace(turn, user_boxes=boxes, adjustments=_letting_in(turn.adjustments, box, _first(turn)))


def with_box_moved(turn: Turn, old: Box, new: Box) -> Turn:
    """One of the boxes drawn by hand in another place; what was said to it goes with it."""
    boxes = tuple(new if known == old else known for known in turn.user_boxes)
    return replace(turn, user_boxes=boxes, adjustments=_moved(turn.adjustments, old, new))


def with_clicks(turn: Turn, points: Points, chosen: Detection | None = None) -> Turn:
    """One more object, clicked; or a chosen one that is cut anew with the clicks, in its place."""
    prompt, adjustments = Prompt(None, tuple(points)), turn.adjustments
    if chosen is None:
        adjustments = _letting_in(adjustments, _anchor(prompt), _first(turn))
    elif chosen.points:
        prompt = Prompt(chosen.prompted, (*chosen.points, *points))
    else:
        prompt = Prompt(chosen.box, tuple(points))
        adjustments = _moved(adjustments, chosen.box, _anchor(prompt))
        adjustments = replace(adjustments, rejected=(*adjustments.rejected, chosen.box))
    others = tuple(clicked for clicked in turn.clicked if _anchor(clicked.prompt) != _anchor(prompt))
    made = Clicked(prompt, chosen.phrase if chosen is not None else "")
    return replace(turn, clicked=(*others, made), adjustments=adjustments)


def without(turn: Turn, chosen: Detection) -> Turn:
    """One object put away."""
    rejected = (*turn.adjustments.rejected, chosen.anchor)
    return replace(turn, adjustments=replace(turn.adjustments, rejected=rejected))


def _first(turn: Turn) -> str:
    """The phrase that an object made by hand stands for."""
    return turn.keywords.phrases[0].text if turn.keywords is not None and turn.keywords.phrases else ""


def _anchor(prompt: Prompt) -> Box:
    """`Detection.anchor` of what is clicked so: a pixel at the first click, and no click, no box."""
    x, y, _ = prompt.points[0]
    return (x - 0.5, y - 0.5, x + 0.5, y + 0.5)


def _letting_in(adjustments: Adjustments, anchor: Box, phrase: str) -> Adjustments:
    """With an object in force that was not there when others of its phrase were kept."""
    kept = tuple(replace(k, boxes=(*k.boxes, anchor)) if phrase in k.phrases else k for k in adjustments.kept)
    rejected = tuple(box for box in adjustments.rejected if not same_box(box, anchor))
    return replace(adjustments, kept=kept, rejected=rejected)


def _moved(adjustments: Adjustments, old: Box, new: Box) -> Adjustments:
    """With all that was said to one object said to it in its new place."""

    def place(box: Box) -> Box:
        return new if same_box(box, old) else box

    return Adjustments(
        tuple(replace(keep, boxes=tuple(map(place, keep.boxes))) for keep in adjustments.kept),
        tuple(box for box in adjustments.rejected if not same_box(box, new)),
        tuple((place(box), pixels) for box, pixels in adjustments.grown),
    )
