"""An experiment with thresholds: everything needed to run it again, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from core.types.picture import PictureRef
from core.types.thresholds import Thresholds
from core.types.truth import Marks
from core.types.turn import new_id


@dataclass(frozen=True)
class EngineChoice:
    """A back-end for one port. backend: "" for the one that the settings choose. model: "" for its own default."""

    backend: str = ""
    model: str = ""


@dataclass(frozen=True)
class Variant:
    """One setting to be compared: engines and numbers under a name."""

    name: str
    thresholds: Thresholds
    detector: EngineChoice = EngineChoice()
    segmenter: EngineChoice = EngineChoice()
    id: str = field(default_factory=new_id)

    @property
    def measured_with(self) -> EngineChoice:
        """What its boxes depend on, beside picture and phrases: variants that share it share the measurement."""
        return self.detector


@dataclass(frozen=True)
class Outcome:
    """What one variant gave over all pictures, at its numbers.

    engines: who measured. counts: boxes chosen by phrase. objects: true ones, 0 where nothing is known; then the
    figures are None, as `ap` where there was no object. right: boxes on an object at IoU .5. claimed: boxes of each
    distractor. At: seconds since 1970.
    """

    variant: str
    engines: tuple[str, ...]
    counts: Mapping[str, int]
    objects: int = 0
    right: int = 0
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    ap: float | None = None
    ap50: float | None = None
    claimed: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Experiment:
    """Pictures and phrases, measured once, seen under several variants.

    pictures: in order; a key comes once. distractors: phrases that are surely absent; they are measured with the others
    and never count as objects. marks: what is known to be true, by the picture's key. truth: where the marks came from
    ("cats.json, COCO"), "" where they were made by hand. outcomes: by variant id, of the last time they were computed.
    """

    title: str
    pictures: tuple[PictureRef, ...] = ()
    phrases: tuple[str, ...] = ()
    distractors: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    marks: Mapping[str, Marks] = field(default_factory=lambda: MappingProxyType({}))
    truth: str = ""
    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    id: str = field(default_factory=new_id)

    @property
    def asked(self) -> tuple[str, ...]:
        """Every phrase that is measured, each once: the objects', then the distractors'."""
        return tuple(dict.fromkeys((*self.phrases, *self.distractors)))

    def variant(self, variant_id: str) -> Variant | None:
        return next((v for v in self.variants if v.id == variant_id), None)

    def with_(self, **changes: object) -> Experiment:
        """A copy with some fields changed, changed now."""
        return replace(self, updated=time.time(), **changes)  # type: ignore[arg-type]
