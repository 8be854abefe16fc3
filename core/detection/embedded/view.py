"""What the recognisers share: the picture, made small once, and the value in which each hands back what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from core import geometry
from core.detection.embedded.lexicon import Target
from core.jobs import Job
from core.types.arrays import Floats, Pixels
from core.types.boxes import Basis
from core.types.engine import EngineInfo
from core.types.image import ImageAsset

SIDE = 1280  # longest side of the shared small copy; the nets see 512 and 256 of it


@dataclass(frozen=True, eq=False)
class View:
    """A picture and its copy of at most `SIDE` pixels; `rgb` is (h, w, 3) uint8."""

    image: ImageAsset
    rgb: Pixels

    @classmethod
    def of(cls, image: ImageAsset) -> View:
        return cls(image, shrink(image.pixels, SIDE))

    def to_picture(self, boxes: Sequence[Sequence[float]] | Floats, seen: Pixels) -> Floats:
        """(N, 4) boxes in pixels of `seen`, a resized copy of the whole picture, to pixels of the picture itself."""
        height, width = seen.shape[:2]
        scaled = geometry.scale(boxes, self.image.width / width, self.image.height / height)
        return geometry.clip(scaled, self.image.width, self.image.height)


@dataclass(frozen=True, eq=False)
class Found:
    """What one recogniser measured: boxes (N, 4) in the picture's pixels, scores (N, K) for K targets, N labels."""

    basis: Basis
    engine: EngineInfo
    boxes: Floats
    scores: Floats
    labels: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls, basis: Basis, engine: EngineInfo, boxes: Sequence[Sequence[float]] | Floats,
        scores: Sequence[Sequence[float]] | Floats, labels: Sequence[str], targets: int,
    ) -> Found:  # fmt: skip
        """From lists or arrays that may be empty."""
        columns = np.asarray(scores, np.float32).reshape(-1, targets)
        return cls(basis, engine, geometry.as_boxes(boxes), np.clip(columns, 0, 1), tuple(labels))


class Recogniser(Protocol):
    """Finds what one basis can verify. Loads at first use; thread-safe."""

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """One column of scores for each target, all of this recogniser's basis. Raises `EngineUnavailable`."""
        ...


def shrink(rgb: Pixels, side: int) -> Pixels:
    """The picture with its longest side at most `side`, never empty; itself where it is small enough."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
