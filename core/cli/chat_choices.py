"""A question that was asked back, answered by typing: the number or the words of one of its choices."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.dialogue.conversation import chosen_action
from core.errors import InputError
from core.packing import unpack
from core.types.reference import Order
from core.types.turn import Action

TYPED = ("refer", "intent", "say")  # kinds of actions that are a request; the others are buttons of a page
BY_HAND = {  # what can be typed in place of such a button; {} is its value, let in by the hundredth below it
    "sample": "/open FILE",
    "help": "/help",
    "fetch_weights": "python -m core weights",
    "threshold": "threshold {}",
    "text": "text threshold {}",
    "colour": "colour threshold {}",
    "draw_box": "python -m core ask IMAGE TEXT --use-box X0,Y0,X1,Y1",
}
OBJECT = re.compile(r"\d+(?= )")


@dataclass(frozen=True)
class Choice:
    """number: as typed; an object's own where the choice is an object. order: what it does to the last result."""

    number: str
    text: str
    order: Order | None = None


def choices(actions: Sequence[Action]) -> list[Choice]:
    """What can be chosen by typing.

    Where some are objects, they keep the numbers under which the table shows them, and the others have none.
    """
    offered = [(action, _order(action)) for action in actions if action.kind in TYPED]
    objects = [_object(action) for action, _ in offered]
    return [
        Choice(number if any(objects) else str(place), action.label, order)
        for place, ((action, order), number) in enumerate(zip(offered, objects, strict=True), 1)
    ]


def picked(text: str, actions: Sequence[Action]) -> Choice | None:
    """The choice whose number or words were typed. Raises `InputError` where it is one that only a page can do."""
    offered = choices(actions)
    said = text.strip().rstrip(".)")
    for choice in offered:
        if said == choice.number:
            return choice
    named = None if said.isdigit() else chosen_action(text, actions)
    if named is None:
        return None
    if named.kind not in TYPED:
        typed = by_hand(named)
        remedy = f"Type: {typed}" if typed else "Choose another answer, or ask for something else."
        raise InputError(f"“{named.label}” cannot be done here.", remedy)
    return next(choice for choice in offered if choice.text == named.label)


def by_hand(action: Action) -> str:
    """What can be typed for an action that is no request, or ""."""
    value = action.value if isinstance(action.value, float) else 0.0
    return BY_HAND.get(action.kind, "").format(f"{math.floor(value * 100) / 100:g}")


def _order(action: Action) -> Order | None:
    if action.kind != "refer":
        return None
    return action.value if isinstance(action.value, Order) else unpack(Order, action.value)


def _object(action: Action) -> str:
    """The number of the object that a label begins with ("2 dog, right"), or ""."""
    found = OBJECT.match(action.label) if action.kind == "refer" else None
    return found[0] if found else ""
