"""What is known of a picture when a question about it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.types.boxes import Detection, NearestMiss, Reading, Suggestion
from core.types.image import ImageAsset
from core.types.language import IntentName, Keywords
from core.types.masks import Mask


@dataclass(frozen=True)
class SceneObject:
    """One chosen object with its mask (None where there is none) and its own pixels' colours, largest share first."""

    number: int
    detection: Detection
    mask: Mask | None = None
    colours: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Scene:
    """Picture, objects, and what was nearly found: everything an embedded answer may use.

    edited: the picture was changed as asked. listed: everything was asked for, not single phrases. readings: how each
    asked phrase was understood.
    thresholds: for each phrase, the box threshold that decided.
    """

    image: ImageAsset
    intent: IntentName
    keywords: Keywords
    objects: tuple[SceneObject, ...] = ()
    misses: tuple[NearestMiss, ...] = ()
    readings: tuple[Reading, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    listed: bool = False
    edited: bool = False
