"""Box and clicks to mask by colour and edges: GrabCut (Rother et al. 2004) on the shrunk window of a box.

The window, the ellipse prior, two iterations and the cleaning are what measured best on boxes of photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.segmentation.affine import chained, inverted, moved, resample
from core.types.arrays import Bools, Doubles, Floats, Pixels
from core.types.boxes import Box

Point = tuple[float, float, bool]
MARGIN, RIM = 0.25, 4  # the window: the box and a quarter of its sides all around, and 4 px
LONGEST = 256  # px of the window while it is cut: 320 gains nothing and takes half as long again
ITERATIONS = 2
CORE = 0.6  # of the box's half axes: the ellipse that surely belongs to the object
CLICK = 0.05  # of the box's longer side: radius of a click's disc
LEAST_BACKGROUND = 0.02  # of the window; below it the box's corners serve as background
COVERAGE = (0.12, 0.985)  # of the box; beyond, the cut has failed and the inscribed ellipse is the better guess
KEEP_PART, FILL_HOLE = 0.1, 0.03  # of the largest part; of the mask
OPENING = 0.01  # of the window's shorter side


@dataclass(frozen=True)
class Cut:
    """mask: (h, w) bool of the window. to_window: (2, 3), view to window. converged: False: it is the box's ellipse."""

    mask: Bools
    to_window: Doubles
    converged: bool

    def soft(self, to_grid: Doubles, cells: int, sigma: float) -> Floats:
        """The mask on a grid (cells, cells), blurred by `sigma` window pixels, in [0, 1]. to_grid: view to grid."""
        blurred = cv2.GaussianBlur(self.mask.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return resample(np.asarray(blurred, np.float32), chained(to_grid, inverted(self.to_window)), cells)


def graph_cut(rgb: Pixels, box: Box, points: Sequence[Point] = (), core: float = CORE) -> Cut:
    """rgb, box and points (x, y, positive): in pixels of one view. core: of the half axes, surely the object's.

    A click always holds at its place.
    """
    small, to_window = _window(rgb, box)
    labels, inside, ellipse = _labels(small.shape[:2], moved(box, to_window), core)
    given = _clicked(labels.shape, points, to_window, max(box[2] - box[0], box[3] - box[1]))
    labels[given >= 0] = given[given >= 0]
    cut = _grab_cut(small, labels)
    converged = cut is not None
    mask = ellipse if cut is None else cut & inside
    coverage = int(np.count_nonzero(mask)) / max(1, int(np.count_nonzero(inside)))
    if not points and not COVERAGE[0] <= coverage <= COVERAGE[1]:
        mask, converged = ellipse, False
    mask = (_cleaned(mask) | (given == cv2.GC_FGD)) & (given != cv2.GC_BGD)
    return Cut(mask, to_window, converged)


def _clicked(shape: tuple[int, ...], points: Sequence[Point], to_window: Doubles, longer: float) -> NDArray[np.int16]:
    """What the clicks say of each pixel: GC_FGD or GC_BGD on a disc around each, -1 elsewhere; the last click holds."""
    given = np.full(shape, -1, np.int16)
    radius = max(2, int(CLICK * longer * to_window[0, 0]))
    for x, y, positive in points:
        cx, cy = to_window[:, :2] @ (x, y) + to_window[:, 2]
        cv2.circle(given, (int(cx), int(cy)), radius, cv2.GC_FGD if positive else cv2.GC_BGD, -1)
    return given


def _window(rgb: Pixels, box: Box) -> tuple[Pixels, Doubles]:
    height, width = rgb.shape[:2]
    mx, my = MARGIN * (box[2] - box[0]) + RIM, MARGIN * (box[3] - box[1]) + RIM
    x0, y0 = max(0, int(box[0] - mx)), max(0, int(box[1] - my))
    x1, y1 = min(width, int(np.ceil(box[2] + mx))), min(height, int(np.ceil(box[3] + my)))
    crop = rgb[y0:y1, x0:x1]
    scale = LONGEST / max(crop.shape[:2])
    if scale < 1:
        size = (max(8, int((x1 - x0) * scale)), max(8, int((y1 - y0) * scale)))
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
    sx, sy = crop.shape[1] / (x1 - x0), crop.shape[0] / (y1 - y0)
    return crop, np.array([[sx, 0, -x0 * sx], [0, sy, -y0 * sy]], np.float64)


def _labels(shape: tuple[int, int], box: Box, core: float) -> tuple[Pixels, Bools, Bools]:
    """GrabCut's start: background outside the box, object in its core; and the box and its ellipse as masks."""
    height, width = shape
    x0, y0 = _whole(box[0], 0, width - 1), _whole(box[1], 0, height - 1)
    x1, y1 = _whole(box[2], x0 + 1, width), _whole(box[3], y0 + 1, height)
    y, x = np.mgrid[0:height, 0:width]
    ax, ay = max(1.0, (x1 - x0) / 2), max(1.0, (y1 - y0) / 2)
    radius = ((x - (x0 + x1) / 2) / ax) ** 2 + ((y - (y0 + y1) / 2) / ay) ** 2
    inside = np.zeros(shape, bool)
    inside[y0:y1, x0:x1] = True
    labels = np.full(shape, cv2.GC_BGD, np.uint8)
    labels[inside] = cv2.GC_PR_FGD
    labels[inside & (radius < core**2)] = cv2.GC_FGD
    if np.count_nonzero(labels == cv2.GC_BGD) < LEAST_BACKGROUND * labels.size:
        labels[inside & (radius > 1)] = cv2.GC_BGD
    return labels, inside, inside & (radius <= 1)


def _whole(value: float, low: int, high: int) -> int:
    return min(max(round(value), low), high)


def _grab_cut(rgb: Pixels, labels: Pixels) -> Bools | None:
    """None where OpenCV cannot build its colour models (all of one label, or too few pixels)."""
    cv2.setRNGSeed(0)  # of this thread: the colour models start from k-means
    bgr, models = np.ascontiguousarray(rgb[..., ::-1]), np.zeros((2, 1, 65))
    try:
        cv2.grabCut(bgr, labels, (0, 0, 0, 0), models[0], models[1], ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def _cleaned(mask: Bools) -> Bools:
    """Without threads, specks and small holes."""
    side = round(min(mask.shape) * OPENING) | 1
    bits = mask.astype(np.uint8)
    if side >= 3:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        bits = np.asarray(cv2.morphologyEx(bits, cv2.MORPH_OPEN, kernel), np.uint8)
    count, parts, table, _ = cv2.connectedComponentsWithStats(bits, connectivity=8)
    if count > 1:
        areas = table[:, cv2.CC_STAT_AREA].copy()
        areas[0] = 0
        bits = np.isin(parts, np.flatnonzero(areas >= KEEP_PART * areas.max())).astype(np.uint8)
        bits[parts == 0] = 0
    count, holes, table, _ = cv2.connectedComponentsWithStats(1 - bits, connectivity=4)
    height, width = mask.shape
    for hole, (x, y, w, h, area) in enumerate(table[1:], start=1):
        enclosed = x > 0 and y > 0 and x + w < width and y + h < height
        if enclosed and area < FILL_HOLE * bits.sum():
            bits[holes == hole] = 1
    return bits.astype(bool)
