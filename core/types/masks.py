"""Masks: what a segmenter measured (`MaskLogits`) and what a policy cut (`MaskSet`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.types.arrays import Bools, Doubles, Floats, Pixels, digest, expect, frozen
from core.types.boxes import Box
from core.types.engine import EngineInfo


@dataclass(frozen=True)
class Prompt:
    """What to cut out: a box, clicks, or both.

    box: xyxy pixels or None. points: (x, y, positive) in pixels of the upright picture.
    """

    box: Box | None = None
    points: tuple[tuple[float, float, bool], ...] = ()

    def __post_init__(self) -> None:
        expect(self.box is not None or bool(self.points), "a prompt needs a box or at least one point")

    @property
    def digest(self) -> str:
        return digest(self.box, self.points)


@dataclass(frozen=True)
class Frame:
    """How a model laid a picture into the square that its logits cover; with it they enlarge as the model's own do.

    side: px of the square to which logits are enlarged first. part: (width, height) of the picture in it, upper left
    (the whole square where the picture was stretched). ambiguous: the prompt may mean several things (a lone click);
    candidate 0 answers a clear prompt, the others an ambiguous one.
    """

    side: int
    part: tuple[int, int]
    ambiguous: bool = False


@dataclass(frozen=True, eq=False)
class MaskLogits:
    """Every score the segmenter measured, before any cut.

    logits: (N, C, h, w) float32, C candidates a prompt; a pixel belongs to the object where sigmoid(logit) >= cut.
    quality: (N, C) float32 in [0, 1], the segmenter's own estimate of IoU (NaN where it gives none).
    maps: (N, 2, 3) float64, affine maps from picture pixels (x, y) to logit cells, pixel centres at integers + 0.5.
    extents: (N, 4) float32 xyxy: nothing of object n lies outside.
    engines: N, who measured each. notes: N, what the user must know of each ("graph cut alone"), or "".
    frames: N, how to enlarge where a model has its own way, which then counts instead of the map; else None.
    """

    logits: Floats
    quality: Floats
    maps: Doubles
    extents: Floats
    engines: tuple[EngineInfo, ...]
    notes: tuple[str, ...]
    frames: tuple[Frame | None, ...] = ()

    def __post_init__(self) -> None:
        logits, quality = frozen(self.logits, np.float32), frozen(self.quality, np.float32)
        maps, extents = frozen(self.maps, np.float64), frozen(self.extents, np.float32)
        count = len(logits)
        expect(logits.ndim == 4, f"logits must be (N, C, h, w), but got {logits.shape}")
        expect(quality.shape == logits.shape[:2], f"quality must be {logits.shape[:2]}, but got {quality.shape}")
        expect(maps.shape == (count, 2, 3), f"maps must be ({count}, 2, 3), but got {maps.shape}")
        expect(extents.shape == (count, 4), f"extents must be ({count}, 4), but got {extents.shape}")
        expect(len(self.engines) == count and len(self.notes) == count, f"engines and notes must have {count} entries")
        frames = self.frames or (None,) * count
        expect(len(frames) == count, f"frames must have {count} entries")
        object.__setattr__(self, "frames", frames)
        for name, value in (("logits", logits), ("quality", quality), ("maps", maps), ("extents", extents)):
            object.__setattr__(self, name, value)

    @classmethod
    def none(cls) -> MaskLogits:
        """No prompt, no mask."""
        zero = np.zeros
        return cls(
            zero((0, 1, 1, 1), np.float32), zero((0, 1), np.float32), zero((0, 2, 3)), zero((0, 4), np.float32), (), ()
        )

    def __len__(self) -> int:
        return len(self.logits)

    @cached_property
    def digest(self) -> str:
        """What masks cut from these are remembered by: two segmenters may be asked the same."""
        return digest(self.logits, self.quality, self.maps, self.extents, self.frames)

    @property
    def nbytes(self) -> int:
        return int(self.logits.nbytes + self.quality.nbytes + self.maps.nbytes + self.extents.nbytes)


@dataclass(frozen=True, eq=False)
class Mask:
    """One object's pixels, kept small: the bits of its bounding box, packed.

    size: (width, height) of the picture. box: integer xyxy of the crop (empty: 0, 0, 0, 0).
    packed: the crop's bits by row, `numpy.packbits`. area: pixels. stability: IoU of the masks cut a little
    below and above the chosen cut, in [0, 1] (Segment Anything, Kirillov et al. 2023, appendix).
    """

    size: tuple[int, int]
    box: tuple[int, int, int, int]
    packed: Pixels
    area: int
    stability: float = 1.0

    @classmethod
    def of(
        cls,
        bitmap: Bools,
        stability: float = 1.0,
        origin: tuple[int, int] = (0, 0),
        size: tuple[int, int] | None = None,
    ) -> Mask:
        """From a (h, w) bool bitmap whose upper left corner lies at `origin` of a picture of `size` (width, height)."""
        bitmap = np.asarray(bitmap, bool)
        size = size or (bitmap.shape[1], bitmap.shape[0])
        rows, columns = np.flatnonzero(bitmap.any(1)), np.flatnonzero(bitmap.any(0))
        if not len(rows):
            return cls(size, (0, 0, 0, 0), frozen(np.zeros(0, np.uint8), np.uint8), 0, stability)
        y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        crop = bitmap[y0:y1, x0:x1]
        box = (x0 + origin[0], y0 + origin[1], x1 + origin[0], y1 + origin[1])
        return cls(size, box, frozen(np.packbits(crop, axis=1), np.uint8), int(crop.sum()), stability)

    def crop(self) -> Bools:
        """(h, w) bool: the bits inside `box`."""
        if not self.area:
            return np.zeros((0, 0), bool)
        return np.unpackbits(self.packed, axis=1, count=self.box[2] - self.box[0]).astype(bool)

    def full(self) -> Bools:
        """(H, W) bool in the picture's own size."""
        result = np.zeros((self.size[1], self.size[0]), bool)
        x0, y0, x1, y1 = self.box
        if self.area:
            result[y0:y1, x0:x1] = self.crop()
        return result

    @property
    def digest(self) -> str:
        return digest(self.size, self.box, self.packed)


@dataclass(frozen=True)
class MaskSet:
    """One mask for each detection, in the same order; the cut and the candidate that made them."""

    items: tuple[Mask, ...] = ()
    cut: float = 0.5
    notes: tuple[str, ...] = ()
    engines: tuple[EngineInfo, ...] = ()

    def __len__(self) -> int:
        return len(self.items)
