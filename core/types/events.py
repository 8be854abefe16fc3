"""What happens while a turn runs, in order. A page draws events; a test collects them in a list."""

from __future__ import annotations

from dataclasses import dataclass

from core.types.boxes import Detections, Proposals
from core.types.image import ImageAsset
from core.types.language import IntentDecision, IntentPrediction, Keywords
from core.types.masks import MaskSet
from core.types.picture import PictureRef
from core.types.reference import Reference
from core.types.speech import Spoken, Transcript
from core.types.turn import Act, Answer, Failure, Turn


@dataclass(frozen=True)
class Progress:
    """A stage begins or moves on. fraction in [0, 1], or None where unknown."""

    stage: str
    text: str
    fraction: float | None = None


@dataclass(frozen=True)
class About:
    """The turn of one of the request's pictures begins: the `number`th of `count`, from 1."""

    picture: PictureRef | None
    number: int
    count: int


@dataclass(frozen=True)
class Heard:
    """Speech became text: what was measured, and the words that act."""

    transcript: Transcript
    spoken: Spoken


@dataclass(frozen=True)
class Resolved:
    """Words that refer to the last result were resolved."""

    references: tuple[Reference, ...]


@dataclass(frozen=True)
class Understood:
    """The intent is decided."""

    prediction: IntentPrediction
    decision: IntentDecision
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Asked:
    """The turn needs an answer from the user before it can go on."""

    decision: IntentDecision


@dataclass(frozen=True)
class Extracted:
    """The object phrases are known."""

    keywords: Keywords


@dataclass(frozen=True)
class Grounded:
    """Boxes were measured and chosen."""

    proposals: Proposals
    detections: Detections


@dataclass(frozen=True)
class Preview:
    """Boxes of a quick, coarse pass, shown until those of the full one are `Grounded`."""

    proposals: Proposals
    detections: Detections


@dataclass(frozen=True)
class Segmented:
    """Masks were measured and cut; detections carry their checks now."""

    detections: Detections
    masks: MaskSet


@dataclass(frozen=True)
class Edited:
    """The picture was changed."""

    image: ImageAsset


@dataclass(frozen=True)
class Said:
    """The answer, so far."""

    answer: Answer


@dataclass(frozen=True)
class StepFailed:
    """A step broke; the turn goes on with what can still be done."""

    failure: Failure


@dataclass(frozen=True)
class Completed:
    """The last event of every turn."""

    turn: Turn


Event = (
    Progress
    | About
    | Heard
    | Resolved
    | Understood
    | Asked
    | Extracted
    | Preview
    | Grounded
    | Segmented
    | Edited
    | Said
    | StepFailed
    | Completed
)
