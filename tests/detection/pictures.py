"""Pictures that the tests draw, with known answers."""

from __future__ import annotations

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from core.types.arrays import Pixels
from core.types.image import ImageAsset

Rectangle = tuple[int, int, int, int]


def written(lines: list[str], size: int = 28, width: int = 640, height: int = 480) -> ImageAsset:
    """Black print on white, the first line at (40, 40)."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((40, 40 + number * 2 * size), line, fill="black", font=ImageFont.load_default(size))
    return ImageAsset.of(np.asarray(picture))


def coded(content: str, kind: zxingcpp.BarcodeFormat, scale: int = 4) -> Pixels:
    """(h, w, 3): one code, black on white, with its quiet zone."""
    grey = np.array(zxingcpp.create_barcode(content, kind).to_image(scale=scale))
    return np.repeat(grey[..., None], 3, axis=2)


def placed(parts: dict[tuple[int, int], Pixels], width: int = 640, height: int = 480, ground: int = 190) -> Pixels:
    """Parts pasted on plain grey, each at its (x, y)."""
    canvas = np.full((height, width, 3), ground, np.uint8)
    for (x, y), part in parts.items():
        canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    return canvas


def painted(shapes: dict[Rectangle, tuple[int, int, int]], width: int = 640, height: int = 480) -> Pixels:
    """Coloured rectangles on grey."""
    canvas = np.full((height, width, 3), 150, np.uint8)
    for (x0, y0, x1, y1), colour in shapes.items():
        canvas[y0:y1, x0:x1] = colour
    return canvas


def landscape(horizon: float = 0.5, width: int = 400, height: int = 300) -> Pixels:
    """A blue sky that grows lighter towards the horizon, over rough dark ground."""
    rng = np.random.default_rng(5)
    edge = int(horizon * height)
    picture = rng.integers(20, 110, (height, width, 3), dtype=np.uint8)
    shade = np.linspace(0, 1, max(edge, 1))[:edge, None, None]
    picture[:edge] = ((1 - shade) * np.array([90, 145, 210]) + shade * np.array([170, 205, 245])).astype(np.uint8)
    return picture
