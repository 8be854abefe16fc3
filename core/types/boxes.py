"""Boxes: what a detector measured (`Proposals`) and what a policy chose (`Detections`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

import numpy as np

from core.types.arrays import Bools, Floats, digest, expect, frozen
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
    peaks: Q, the box score of a model that scores words: its best token of all, special ones too; None elsewhere, where
    a box's score is that of its phrase. `scores` are then the best token of each phrase's own, for the text threshold.
    captions: one per engine, the caption that its pass was given ("dog . red ball ."), "" where it takes none.
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
    peaks: Floats | None = None
    captions: tuple[str, ...] = ()

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
        if self.peaks is not None:
            peaks = frozen(self.peaks, np.float32)
            expect(peaks.shape == (count,), f"peaks must be ({count},), but got {peaks.shape}")
            object.__setattr__(self, "peaks", peaks)
        captions = self.captions or ("",) * len(self.engines)
        expect(len(captions) == len(self.engines), f"captions must have {len(self.engines)} entries")
        object.__setattr__(self, "captions", captions)

    @classmethod
    def none(cls, phrases: tuple[str, ...], readings: tuple[Reading, ...] = (), listed: bool = False) -> Proposals:
        """No box at all: a value, not an error."""
        empty = np.zeros((0, 4), np.float32)
        return cls(phrases, empty, np.zeros((0, len(phrases)), np.float32), (), (), (), (), readings, (), listed)

    def only(self, phrases: Sequence[str]) -> Proposals:
        """The columns of these phrases, in this order, and the boxes that speak about any of them.

        Where a model scored words, a box belongs to its best phrase: it leaves with that phrase.
        """
        columns = [self.phrases.index(phrase) for phrase in phrases if phrase in self.phrases]
        scores = self.scores[:, columns]
        speaks = (scores > 0).any(1) if columns else np.zeros(len(self), bool)
        if self.peaks is not None and columns:
            speaks &= ~self.worded | (scores.max(1) >= self.scores.max(1))
        rows = [int(r) for r in np.flatnonzero(speaks)]
        wanted = set(phrases)
        return replace(
            self,
            phrases=tuple(self.phrases[c] for c in columns),
            boxes=self.boxes[rows],
            scores=scores[rows],
            basis=tuple(self.basis[r] for r in rows),
            labels=tuple(self.labels[r] for r in rows),
            passes=tuple(self.passes[r] for r in rows),
            readings=tuple(r for r in self.readings if r.phrase in wanted),
            suggestions=tuple(s for s in self.suggestions if not s.phrase or s.phrase in wanted),
            peaks=None if self.peaks is None else self.peaks[rows],
        )

    def joined(self, other: Proposals) -> Proposals:
        """Both measurements of one picture; a box that both measured is one row. Their phrases must differ."""
        rows = {_row_key(self, r): r for r in range(len(self))}
        fresh = [r for r in range(len(other)) if _row_key(other, r) not in rows]
        scores = np.zeros((len(self) + len(fresh), len(self.phrases) + len(other.phrases)), np.float32)
        scores[: len(self), : len(self.phrases)] = self.scores
        place = {r: len(self) + n for n, r in enumerate(fresh)}
        for r in range(len(other)):
            at = place.get(r, rows.get(_row_key(other, r), 0))
            scores[at, len(self.phrases) :] = np.maximum(scores[at, len(self.phrases) :], other.scores[r])
        return Proposals(
            phrases=(*self.phrases, *other.phrases),
            boxes=np.concatenate([self.boxes, other.boxes[fresh]]),
            scores=scores,
            basis=(*self.basis, *(other.basis[r] for r in fresh)),
            labels=(*self.labels, *(other.labels[r] for r in fresh)),
            passes=(*self.passes, *(other.passes[r] + len(self.engines) for r in fresh)),
            engines=(*self.engines, *other.engines),
            readings=(*self.readings, *other.readings),
            suggestions=tuple(dict.fromkeys((*self.suggestions, *other.suggestions))),
            listed=self.listed,
            peaks=_peaks(self, other, fresh),
            captions=(*self.captions, *other.captions),
        )

    def __len__(self) -> int:
        return len(self.boxes)

    @cached_property
    def box_scores(self) -> Floats:
        """(Q,) float32: what the box threshold is compared with."""
        if self.peaks is not None:
            return self.peaks
        return frozen(self.scores.max(1, initial=0.0), np.float32)

    @cached_property
    def worded(self) -> Bools:
        """(Q,) bool: which boxes are of a pass that scored words: those have a text score."""
        captioned = np.array([bool(caption) for caption in self.captions], bool)
        return captioned[list(self.passes)] if self.peaks is not None and len(self) else np.zeros(len(self), bool)

    @property
    def passes_apart(self) -> int:
        """How many captions were measured apart. Scores of one are not those of another: the caption changes them."""
        return len({caption for caption in self.captions if caption})

    @property
    def nbytes(self) -> int:
        extra = 0 if self.peaks is None else self.peaks.nbytes
        return int(self.boxes.nbytes + self.scores.nbytes + extra + 200 * len(self.boxes))

    @property
    def digest(self) -> str:
        peaks = () if self.peaks is None else (self.peaks,)
        return digest(self.boxes, self.scores, self.phrases, self.basis, self.labels, self.passes, *peaks)


def _peaks(first: Proposals, second: Proposals, fresh: list[int]) -> Floats | None:
    """Of joined measurements: a box that both measured is of an engine without peaks."""
    if first.peaks is None and second.peaks is None:
        return None
    return np.concatenate([first.box_scores, second.box_scores[fresh]])


def _row_key(proposals: Proposals, row: int) -> tuple[object, ...]:
    return (proposals.boxes[row].tobytes(), proposals.basis[row], proposals.labels[row])


@dataclass(frozen=True)
class Detection:
    """One chosen object.

    box: xyxy pixels of the upright picture. phrase: the one phrase it stands for. score: in [0, 1].
    label: the engine's own name for it. index: row in the proposals that it came from (-1: the user's own box).
    alternatives: other phrases with their scores, best first.
    checks: what was measured on the object's own pixels ({"brown": 0.71}).
    note: what was not verified ("the noun 'mug' was not checked").
    points: what was clicked by hand, (x, y, positive), in the box `prompted` (None: no box); they ask the segmenter.
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
    points: tuple[tuple[float, float, bool], ...] = ()
    prompted: Box | None = None

    @property
    def anchor(self) -> Box:
        """What identifies the object whatever its mask becomes: its box, or a pixel's at the first click."""
        if not self.points:
            return self.box
        x, y, _ = self.points[0]
        return (x - 0.5, y - 0.5, x + 0.5, y + 0.5)


@dataclass(frozen=True)
class NearestMiss:
    """The best box that did not pass, and why: "score", "text", "colour", "filter", "area" or "top_k"."""

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
