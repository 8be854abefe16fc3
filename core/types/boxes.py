"""Boxes: what a detector measured (`Proposals`) and what a policy chose (`Detections`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from core.types.arrays import Floats, digest, expect, frozen
from core.types.engine import EngineInfo

Box = tuple[float, float, float, float]


class Basis(StrEnum):
    """What was verified of a box."""

    PHRASE = "phrase"  # an open-vocabulary model scored the words themselves
    CLASS = "class"  # a classifier knows the class that the words name
    FACE = "face"
    TEXT = "text"
    CODE = "code"
    COLOUR = "colour"  # only the colour: the noun was not checked
    PLACE = "place"  # colour, smoothness and position in the picture (sky)
    USER = "user"  # the user drew, clicked or took it


@dataclass(frozen=True)
class Reading:
    """How the detector understood one asked phrase.

    phrase: as asked. covered: some recogniser can find it. name: the class or recogniser that it was taken as.
    note: what the user must know ("taken as 'sheep'; not verified as goat"); empty where nothing is to be said.
    exact: the phrase's noun is the class itself or its synonym; False where only an embedding is near.
    """

    phrase: str
    covered: bool
    name: str = ""
    note: str = ""
    exact: bool = True


@dataclass(frozen=True)
class Suggestion:
    """A region that merely stands out. Never a detection, a count or an export until the user takes it.

    box: xyxy pixels. score: saliency in [0, 1]. phrase: what was asked when it came up.
    """

    box: Box
    score: float
    phrase: str = ""


@dataclass(frozen=True, eq=False)
class Proposals:
    """Everything a detector measured: no threshold was applied.

    phrases: P columns, as asked; when everything was asked for (`phrases=()`), the names the engine found.
    boxes: (Q, 4) float32 xyxy in pixels of the upright picture.
    scores: (Q, P) float32 in [0, 1]; 0 where a box's recogniser does not speak about a phrase.
    basis: Q, what a score of that box verifies. labels: Q, what the engine itself calls the box (class name,
    text read, code decoded). passes: Q, index into `engines`, the engine that measured the box.
    readings: one per asked phrase. suggestions: regions that merely stand out.
    listed: True when everything was asked for: other default thresholds hold.
    """

    phrases: tuple[str, ...]
    boxes: Floats
    scores: Floats
    basis: tuple[Basis, ...]
    labels: tuple[str, ...]
    passes: tuple[int, ...]
    engines: tuple[EngineInfo, ...]
    readings: tuple[Reading, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    listed: bool = False

    def __post_init__(self) -> None:
        boxes, scores = frozen(self.boxes, np.float32), frozen(self.scores, np.float32)
        count = len(boxes)
        expect(boxes.shape == (count, 4), f"boxes must be (Q, 4), but got {boxes.shape}")
        expect(
            scores.shape == (count, len(self.phrases)),
            f"scores must be ({count}, {len(self.phrases)}), but got {scores.shape}",
        )
        for name in ("basis", "labels", "passes"):
            expect(len(getattr(self, name)) == count, f"{name} must have {count} entries")
        expect(all(0 <= p < len(self.engines) for p in self.passes), "passes must index engines")
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", scores)

    @classmethod
    def none(cls, phrases: tuple[str, ...], readings: tuple[Reading, ...] = (), listed: bool = False) -> Proposals:
        """No box at all: a value, not an error."""
        empty = np.zeros((0, 4), np.float32)
        return cls(phrases, empty, np.zeros((0, len(phrases)), np.float32), (), (), (), (), readings, (), listed)

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def nbytes(self) -> int:
        return int(self.boxes.nbytes + self.scores.nbytes + 200 * len(self.boxes))

    @property
    def digest(self) -> str:
        return digest(self.boxes, self.scores, self.phrases, self.basis, self.labels, self.passes)


@dataclass(frozen=True)
class Detection:
    """One chosen object.

    box: xyxy pixels of the upright picture. phrase: the one phrase it stands for. score: in [0, 1].
    label: the engine's own name for it. index: row in the proposals that it came from (-1: the user's own box).
    alternatives: other phrases with their scores, best first.
    checks: what was measured on the object's own pixels ({"brown": 0.71}).
    note: what was not verified ("the noun 'mug' was not checked").
    """

    box: Box
    phrase: str
    score: float
    basis: Basis
    engine: EngineInfo
    label: str = ""
    index: int = -1
    alternatives: tuple[tuple[str, float], ...] = ()
    checks: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""


@dataclass(frozen=True)
class NearestMiss:
    """The best box that did not pass, and why: "score", "colour", "filter", "overlap" or "area"."""

    phrase: str
    box: Box
    score: float
    threshold: float
    why: str = "score"
    detection: Detection | None = None


@dataclass(frozen=True)
class Detections:
    """What a policy chose from proposals, and what it nearly chose. Order: best score first within each phrase."""

    items: tuple[Detection, ...] = ()
    misses: tuple[NearestMiss, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def of(self, phrase: str) -> tuple[Detection, ...]:
        """The chosen objects of one phrase."""
        return tuple(d for d in self.items if d.phrase == phrase)
