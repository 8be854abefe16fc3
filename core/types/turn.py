"""One exchange: what was asked, what was measured, what was chosen, what was said."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.types.boxes import Box, Detections, Proposals, Suggestion
from core.types.image import ImageAsset
from core.types.language import IntentDecision, IntentName, IntentPrediction, Keywords
from core.types.masks import MaskLogits, MaskSet, Prompt
from core.types.reference import Adjustments, Order, Reference
from core.types.speech import Transcript
from core.types.thresholds import Thresholds


def new_id() -> str:
    """A random identity for a turn or chat."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Clicked:
    """An object clicked by hand: what the segmenter is asked, and what the object stands for ("": the first phrase)."""

    prompt: Prompt
    phrase: str = ""


@dataclass(frozen=True)
class Request:
    """What the user asks: words, usually a picture, the numbers that choose, and what was drawn or clicked by hand.

    order, base: where the words refer, what they do, and the turn on whose result they do it (None: there is none yet).
    before: the turns on the picture until now. selected: the number of the object selected in it. adjustments: what the
    dialogue did to the objects until now. undoes: the node of the exchange that this one takes back. transcript: where
    the text was spoken, what was heard.
    """

    text: str
    image: ImageAsset | None
    thresholds: Thresholds
    user_boxes: tuple[Box, ...] = ()
    clicked: tuple[Clicked, ...] = ()
    order: Order | None = None
    base: Turn | None = None
    before: tuple[Turn, ...] = ()
    selected: int | None = None
    adjustments: Adjustments = field(default_factory=Adjustments)
    undoes: str = ""
    transcript: Transcript | None = None
    id: str = field(default_factory=new_id)


class Status(StrEnum):
    """How a turn ended."""

    DONE = "done"
    ASKED = "asked"  # the turn ended with a question to the user
    STOPPED = "stopped"  # Stop was pressed; what was measured is kept
    FAILED = "failed"  # a step broke and nothing could be delivered


@dataclass(frozen=True)
class Act:
    """One thing to do in a turn: an intent, the part of the text that asks for it, and the phrases it is about."""

    intent: IntentName
    text: str
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A step that broke in the middle of a turn: what, why, the remedy, and what was done instead."""

    stage: str
    message: str
    remedy: str = ""
    instead: str = ""
    kind: str = "EngineFailed"


@dataclass(frozen=True)
class Action:
    """Something the user can do next, as a button: `kind` names it, `value` carries what it needs.

    Kinds: "refer" (do this to the last result: a packed `Order`), "intent" (run again as this intent), "say" (send this
    text), "threshold" (let boxes pass from this score on), "text" (let words pass from this score on), "colour" (let a
    colour pass from this share on), "unfilter" (run again without side, size, order and number), "take" (take a
    suggested box, xyxy), "draw_box", "label_size" ("bigger" or "smaller" labels in the picture), "again" (run again at
    the thresholds shown), "sample" (open a picture), "help" (what can be said), "fetch_weights".
    """

    kind: str
    label: str
    value: Any = None


@dataclass(frozen=True)
class Answer:
    """What was said, as plain text, with the actions that help next."""

    text: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Turn:
    """Everything of one exchange; the stages' values are None where the turn did not come that far.

    bank: one row of logits for every prompt measured, by prompt digest. masks: one for each detection, in order (area 0
    where none was cut). filled: digests of the masks under which the picture was changed. timings_ms: by stage.
    engines: the engine that served each stage. references: what the words that refer were resolved to; base: the turn
    on whose result this one builds; undoes: the node of the exchange that it takes back; adjustments: what the dialogue
    did to the objects. transcript: where the text was spoken, what was heard.
    """

    id: str
    text: str
    status: Status
    thresholds: Thresholds
    image_digest: str = ""
    user_boxes: tuple[Box, ...] = ()
    clicked: tuple[Clicked, ...] = ()
    references: tuple[Reference, ...] = ()
    adjustments: Adjustments = field(default_factory=Adjustments)
    base: str = ""
    undoes: str = ""
    excluded: tuple[Box, ...] = ()
    prediction: IntentPrediction | None = None
    decision: IntentDecision | None = None
    acts: tuple[Act, ...] = ()
    keywords: Keywords | None = None
    proposals: Proposals | None = None
    detections: Detections = field(default_factory=Detections)
    bank: Mapping[str, MaskLogits] = field(default_factory=lambda: MappingProxyType({}))
    masks: MaskSet = field(default_factory=MaskSet)
    suggestions: tuple[Suggestion, ...] = ()
    answer: Answer = field(default_factory=Answer)
    edited: ImageAsset | None = None
    filled: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    engines: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    timings_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    transcript: Transcript | None = None

    def light(self) -> Turn:
        """The turn without what its measurements hold; they are kept, and put back, elsewhere."""
        return replace(self, proposals=None, bank=MappingProxyType({}))

    @property
    def intent(self) -> IntentName | None:
        """The first act's intent."""
        return self.acts[0].intent if self.acts else (self.decision.intent if self.decision else None)
