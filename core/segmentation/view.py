"""The part of a picture that one prompt needs, cut out and, where it is large, shrunk once for all that follows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import InputError
from core.segmentation.affine import moved
from core.types.arrays import Doubles, Pixels
from core.types.boxes import Box

LONGEST = 1024  # px: four times the mask head's crop, the most that its training pictures (640 px) needed
MARGIN = 0.3  # of the box's longer side, on every side: the widest window that anything here asks for
RIM = 4  # px more, for interpolation


@dataclass(frozen=True)
class View:
    """pixels: (h, w, 3) uint8. to_view: (2, 3), picture to view, centres at integers + 0.5. box: in view pixels."""

    pixels: Pixels
    to_view: Doubles
    box: Box


def view_of(rgb: Pixels, box: Box) -> View:
    """The picture around a box that lies inside it."""
    height, width = rgb.shape[:2]
    reach = MARGIN * max(box[2] - box[0], box[3] - box[1]) + RIM
    x0, y0 = max(0, int(box[0] - reach)), max(0, int(box[1] - reach))
    x1, y1 = min(width, int(np.ceil(box[2] + reach))), min(height, int(np.ceil(box[3] + reach)))
    crop = rgb[y0:y1, x0:x1]
    scale = min(1.0, LONGEST / max(crop.shape[:2]))
    if scale < 1:
        size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
    sx, sy = crop.shape[1] / (x1 - x0), crop.shape[0] / (y1 - y0)
    to_view = np.array([[sx, 0, -x0 * sx], [0, sy, -y0 * sy]], np.float64)
    return View(crop, to_view, moved(box, to_view))


def inside(box: Box, width: int, height: int) -> Box | None:
    """The part of a box inside the picture, widened to a whole pixel where it is thinner; None where it lies outside.

    Raises `InputError` for an inverted box or one that is no numbers.
    """
    if not np.isfinite(box).all() or box[2] < box[0] or box[3] < box[1]:
        raise InputError(f"The box {tuple(box)} is no box.", "Give x0, y0, x1, y1 with x0 <= x1 and y0 <= y1.")
    if box[2] < 0 or box[3] < 0 or box[0] > width or box[1] > height:
        return None
    x0, x1 = _widened(max(box[0], 0.0), min(box[2], float(width)), width)
    y0, y1 = _widened(max(box[1], 0.0), min(box[3], float(height)), height)
    return x0, y0, x1, y1


def _widened(low: float, high: float, limit: int) -> tuple[float, float]:
    if high - low >= 1:
        return low, high
    start = float(min(max(int((low + high) / 2), 0), limit - 1))
    return start, start + 1.0
