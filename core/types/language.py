"""What was meant: intents, object phrases and the filters that pick among objects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.types.arrays import expect


class IntentName(StrEnum):
    """The nine things a request can want (definitions: assets/intents/README.md)."""

    ANSWER = "answer"
    DETECT = "detect"
    SEGMENT = "segment"
    MASK = "mask"
    INPAINT = "inpaint"
    UPSCALE = "upscale"
    IMAGE_TO_IMAGE = "image_to_image"
    TEXT_TO_IMAGE = "text_to_image"
    OTHER = "other"


INTENTS: tuple[IntentName, ...] = tuple(IntentName)
OUTRANKED = "ranked below the others"  # why an object that was named is not looked for


@dataclass(frozen=True)
class IntentPrediction:
    """The calibrated probability of every intent for one text.

    scores: in [0, 1], in the order of `INTENTS`, sum 1. note: what limits them ("sentence embedding missing").
    """

    scores: tuple[float, ...]
    engine: str = "embedded"
    note: str = ""

    def __post_init__(self) -> None:
        expect(len(self.scores) == len(INTENTS), f"scores must have {len(INTENTS)} entries, but got {len(self.scores)}")
        expect(abs(sum(self.scores) - 1) < 1e-3, f"scores must sum to 1, but sum to {sum(self.scores):.4f}")

    def ranked(self) -> list[tuple[IntentName, float]]:
        """Intents with their scores, best first."""
        return sorted(zip(INTENTS, self.scores, strict=True), key=lambda pair: -pair[1])

    @classmethod
    def certain(cls, intent: IntentName, engine: str = "user") -> IntentPrediction:
        """An intent that was given, not measured."""
        return cls(tuple(1.0 if i == intent else 0.0 for i in INTENTS), engine)


@dataclass(frozen=True)
class IntentDecision:
    """What a policy made of the scores: an intent, or (intent None) a question between `options`."""

    intent: IntentName | None
    score: float
    options: tuple[IntentName, ...] = ()
    reason: str = ""


class FilterKind(StrEnum):
    """What picks among several objects of a phrase, after detection."""

    SIDE = "side"  # value: left, right, top, bottom, center
    SIZE = "size"  # value: largest, smallest; of objects already found also tallest, shortest, widest, narrowest
    ORDER = "order"  # value: left, right, top or bottom to count from; number: 1-based, -1 = last
    COUNT = "count"  # number: keep the best so many
    COLOUR = "colour"  # value: a basic colour on the object's own pixels; only in what a dialogue kept


@dataclass(frozen=True)
class Filter:
    """One filter ("second from the left": ORDER, value "left", number 2; "the two dogs": COUNT, number 2)."""

    kind: FilterKind
    value: str = ""
    number: int = 0


@dataclass(frozen=True)
class Phrase:
    """One object to find.

    text: what a detector is asked ("brown dog"). head: its noun, compounds whole ("dog", "fire hydrant"; "" where only
    an adjective was said: "the red one"). colours: basic colour words in it, to be checked on the object's own pixels.
    filters: what picks among several of it.
    """

    text: str
    head: str = ""
    colours: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Keywords:
    """What one text says about objects.

    phrases: targets, in the order said. context: things named only to place a target ("sofa"). excluded: things to
    leave out. dropped: (words, reason) pairs that might have been objects. everything: all objects were asked for.
    refers_back: "it", "them" stand for an earlier result. replacement: what should stand instead ("swap the cup for a
    vase"). method: "parse", "rules" or "keybert". filters: what picks among the things referred back to ("only the left
    one"). engine: who extracted ("keybert/all-MiniLM-L6-v2"). scores: (words, score in [-1, 1]) of every candidate,
    where the extractor ranks them; () where it does not.
    """

    phrases: tuple[Phrase, ...] = ()
    context: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    everything: bool = False
    refers_back: bool = False
    replacement: str = ""
    method: str = "parse"
    filters: tuple[Filter, ...] = ()
    engine: str = "embedded"
    scores: tuple[tuple[str, float], ...] = ()
