"""Dialogue that refers: what a request does to the result before it, and what its words were resolved to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.types.boxes import Box
from core.types.language import Filter, IntentName, Phrase
from core.types.thresholds import Thresholds


class Operation(StrEnum):
    """The closed table of what a request may do to the last result (`core/dialogue/operations.py` explains each)."""

    KEEP = "keep"
    ADD = "add"
    REJECT = "reject"
    GROW = "grow"
    SHRINK = "shrink"
    UNDO = "undo"
    REPEAT = "repeat"
    INTENT = "intent"
    RAISE = "raise"
    LOWER = "lower"


@dataclass(frozen=True)
class Selector:
    """Which of the objects shown are meant.

    words: as said. numbers: as shown, from 1. filters: side, size, order, count. phrase: what they must be ("dog"), ""
    for any. colours: basic colour words their own pixels must carry. pronoun: "it", "that one", "them": the selected
    object, or the only one. others: those that are not in force now ("the other one too"), or all but the rest of the
    selector names. everything: "all of them".
    """

    words: str = ""
    numbers: tuple[int, ...] = ()
    filters: tuple[Filter, ...] = ()
    phrase: str = ""
    colours: tuple[str, ...] = ()
    pronoun: bool = False
    others: bool = False
    everything: bool = False


@dataclass(frozen=True)
class Order:
    """One request that refers, as read from its words alone: no object was looked at yet.

    words: those that refer. selector: the objects meant, None for all in force. phrases: things newly named.
    intent: what to do now (INTENT; also "remove the left one"). text: the question or request to answer now.
    amount, unit: "px", "percent" or "times" for masks, "score" for a threshold set to a value; None for one step.
    target: which number RAISE and LOWER move: "box", "text", "mask_cut" or "colour". choices: operations between which
    the words do not decide ("make it bigger"), as (label, kind of action, value) for buttons; empty where they do.
    """

    operation: Operation
    words: str
    selector: Selector | None = None
    phrases: tuple[Phrase, ...] = ()
    intent: IntentName | None = None
    text: str = ""
    amount: float | None = None
    unit: str = ""
    target: str = "box"
    choices: tuple[tuple[str, str, Any], ...] = ()


@dataclass(frozen=True)
class Reference:
    """What words were resolved to, as it is shown.

    meaning: in plain words ("object 2, the dog on the left"). objects: numbers as shown in the turn `turn`.
    phrases: things newly named.
    """

    words: str
    operation: Operation
    meaning: str
    objects: tuple[int, ...] = ()
    phrases: tuple[str, ...] = ()
    turn: str = ""


@dataclass(frozen=True)
class Keep:
    """Of these phrases, only these boxes stay in force. filters: how they were picked, for another picture."""

    phrases: tuple[str, ...]
    boxes: tuple[Box, ...]
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Adjustments:
    """What the dialogue did to the objects, on top of the numbers that choose.

    kept: each narrows the phrases that it names. rejected: boxes put away. grown: by box, how far the mask's edge
    moved out (pixels; in where negative).
    """

    kept: tuple[Keep, ...] = ()
    rejected: tuple[Box, ...] = ()
    grown: tuple[tuple[Box, float], ...] = ()

    def allows(self, box: Box, phrase: str) -> bool:
        """Whether an object stays in force."""
        if any(same_box(box, other) for other in self.rejected):
            return False
        return all(phrase not in k.phrases or any(same_box(box, b) for b in k.boxes) for k in self.kept)

    def growth(self, box: Box) -> float:
        """Pixels by which this object's mask grew."""
        return sum(pixels for other, pixels in self.grown if same_box(box, other))


SAME_PIXELS = 0.51  # boxes come from the same measurement; storing may round them


def same_box(a: Box, b: Box) -> bool:
    """Whether two boxes are one measurement."""
    return all(abs(x - y) <= SAME_PIXELS for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class Change:
    """How a request that refers changes the turn it builds on; `run_turn` replays that turn with it.

    references: what was resolved. given: stages that need no new measurement. adjustments, thresholds: in force now.
    said: a sentence put before the answer ("Took back ..."), or "".
    """

    references: tuple[Reference, ...]
    adjustments: Adjustments
    thresholds: Thresholds
    given: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    said: str = ""
