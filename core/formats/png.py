"""Masks as PNG: one index picture of all objects, one black and white picture an object, one cut-out an object."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, PngImagePlugin

from core.overlay import colour_of, largest_first
from core.pictures import PNG_LEVEL, encode_png
from core.types.arrays import Pixels
from core.types.image import ImageAsset
from core.types.masks import Mask

MOST_OBJECTS = 255  # a palette's entries, less the background


def index_map(masks: Sequence[Mask], size: tuple[int, int]) -> Pixels:
    """(H, W) uint8: 0 is background, n is object n (from 1); `size` is (width, height).

    Where objects overlap the smaller one lies on top; of two with equal area, the one with the lower number. Objects
    after the 255th are left out.
    """
    result = np.zeros((size[1], size[0]), np.uint8)
    for number, mask in largest_first(masks[:MOST_OBJECTS]):
        x0, y0, x1, y1 = mask.box
        result[y0:y1, x0:x1][mask.crop()] = number
    return result


def index_png(masks: Sequence[Mask], labels: Sequence[str], size: tuple[int, int]) -> bytes:
    """`index_map` as a palette PNG in the overlay's colours; each label stands in a text chunk "object N"."""
    palette = [0, 0, 0] + [value for number in range(1, MOST_OBJECTS + 1) for value in colour_of(number)]
    picture = Image.fromarray(index_map(masks, size))
    picture.putpalette(palette)
    text = PngImagePlugin.PngInfo()
    for number, label in enumerate(labels[:MOST_OBJECTS], 1):
        text.add_itxt(f"object {number}", label)
    stream = io.BytesIO()
    picture.save(stream, "PNG", pnginfo=text, compress_level=PNG_LEVEL, bits=8)
    return stream.getvalue()


def mask_png(mask: Mask) -> bytes:
    """8-bit grey, the picture's size: 255 on the object, 0 elsewhere."""
    return encode_png(mask.full().view(np.uint8) * np.uint8(255))


def cutout_png(image: ImageAsset, mask: Mask) -> bytes:
    """RGBA with straight alpha, as large as the mask's box; what is transparent is black, so that nothing hides there.

    Raises `ValueError` for an empty mask: there is nothing to cut out.
    """
    if not mask.area:
        raise ValueError("an empty mask has no cut-out")
    x0, y0, x1, y1 = mask.box
    inside = mask.crop()
    cut = np.zeros((*inside.shape, 4), np.uint8)
    cut[inside, :3] = image.pixels[y0:y1, x0:x1][inside]
    cut[inside, 3] = 255
    return encode_png(cut)
