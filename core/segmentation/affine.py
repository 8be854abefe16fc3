"""Maps without rotation between picture, view, window and grid: (2, 3) float64, pixel centres at integers + 0.5."""

from __future__ import annotations

import cv2
import numpy as np

from core.types.arrays import Doubles, Floats
from core.types.boxes import Box


def moved(box: Box, matrix: Doubles) -> Box:
    """A box under a map without rotation."""
    (x0, y0), (x1, y1) = (matrix[:, :2] @ corner + matrix[:, 2] for corner in (box[:2], box[2:]))
    return float(x0), float(y0), float(x1), float(y1)


def grid_map(box: Box, cells: int) -> Doubles:
    """(2, 3) map that spreads a box over cells x cells, centres at integers + 0.5."""
    sx, sy = cells / (box[2] - box[0]), cells / (box[3] - box[1])
    return np.array([[sx, 0, -box[0] * sx], [0, sy, -box[1] * sy]], np.float64)


def inverted(matrix: Doubles) -> Doubles:
    """The inverse of a (2, 3) map."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -linear @ matrix[:, 2:]])


def chained(second: Doubles, first: Doubles) -> Doubles:
    """First `first`, then `second`."""
    return np.hstack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2:] + second[:, 2:]])


def resample(values: Floats, to_grid: Doubles, cells: int) -> Floats:
    """An array on a grid (cells, cells), linear; maps count centres at integers + 0.5, OpenCV at integers."""
    matrix = to_grid.copy()
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    warped = cv2.warpAffine(values, matrix, (cells, cells), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped)
