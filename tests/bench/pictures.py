"""The pictures that are timed: photographs of scikit-image, enlarged where a size is asked for."""

from __future__ import annotations

import cv2
import numpy as np

from core.pictures import open_picture
from core.samples import SAMPLES, load
from core.settings import Limits
from core.types.image import ImageAsset


def sample(key: str) -> ImageAsset:
    """A sample picture by its key, through the picture door."""
    return open_picture(load(next(s for s in SAMPLES if s.key == key)), key, Limits())


def resized(image: ImageAsset, width: int, height: int, seed: int = 0) -> ImageAsset:
    """The picture at another size; `seed` changes a few pixels, so that nothing measured before is remembered."""
    pixels = cv2.resize(image.pixels, (width, height), interpolation=cv2.INTER_CUBIC)
    corner = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
    pixels[:8, :8] = corner
    return ImageAsset.of(np.asarray(pixels, np.uint8), image.name)


def mosaic(width: int, height: int) -> ImageAsset:
    """Four photographs in one picture of this size: many objects."""
    tiles = [sample(key).pixels for key in ("astronaut", "cat", "coffee", "motorcycle")]
    cells = [cv2.resize(t, (width // 2, height // 2), interpolation=cv2.INTER_CUBIC) for t in tiles]
    return ImageAsset.of(np.vstack([np.hstack(cells[:2]), np.hstack(cells[2:])]), "mosaic")
