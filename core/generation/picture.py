"""What can be measured of a picture as a whole: size, colours, sharpness, brightness."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.colours import shares
from core.generation.phrasing import listing, percent
from core.types.arrays import Pixels
from core.types.image import ImageAsset
from core.types.scene import SceneObject

SIDE = 640  # sharpness depends on scale: it is measured at this long side
# Variance of the Laplacian (Pech-Pacheco et al. 2000) at that side: below, a photograph looks blurred; above, sharp.
BLURRED, SHARP = 60.0, 250.0
DARK, BRIGHT = 60, 195  # mean luma, 0 to 255


def size_line(image: ImageAsset) -> str:
    """ "The picture is 640 x 480 px (0.3 megapixels)."."""
    megapixels = image.width * image.height / 1e6
    return f"The picture is {image.width} x {image.height} px ({megapixels:.1f} megapixels)."


def colour_line(image: ImageAsset) -> str:
    """The picture's main colours by share of its pixels."""
    small = _small(image.pixels, 160).reshape(-1, 3)
    top = sorted(shares(small).items(), key=lambda pair: -pair[1])[:3]
    named = [f"{name} ({percent(share)})" for name, share in top if share >= 0.08]
    return f"Main colours: {listing(named)}." if named else "No colour stands out."


def quality_line(image: ImageAsset, objects: Sequence[SceneObject]) -> str:
    """Sharpness and brightness of the picture, or of each object asked about."""
    if not objects:
        return f"The picture is {_judge(image.pixels)}."
    parts = []
    for o in objects:
        x0, y0, x1, y1 = (round(v) for v in o.detection.box)
        crop = image.pixels[max(0, y0) : max(y1, y0 + 1), max(0, x0) : max(x1, x0 + 1)]
        parts.append(f"the {o.detection.phrase} ({o.number}) is {_judge(crop)}")
    text = listing(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _judge(pixels: Pixels) -> str:
    luma = cv2.cvtColor(_small(pixels, SIDE), cv2.COLOR_RGB2GRAY)
    sharpness = float(cv2.Laplacian(luma, cv2.CV_64F).var())
    word = "blurred" if sharpness < BLURRED else "sharp" if sharpness > SHARP else "moderately sharp"
    mean = float(luma.mean())
    light = "dark" if mean < DARK else "bright" if mean > BRIGHT else "of medium brightness"
    return f"{word} (variance of the Laplacian {sharpness:.0f}) and {light} (mean {mean:.0f} of 255)"


def _small(pixels: Pixels, side: int) -> Pixels:
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
