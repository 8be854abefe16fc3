"""Basis place: sky, by colour, smoothness, and lying at the top of the picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View, shrink
from core.jobs import Job
from core.types.arrays import Bools, Floats, Pixels
from core.types.boxes import Basis
from core.types.engine import EngineInfo

SIDE = 320
SMOOTH_BELOW = 22.0  # mean gradient of grey levels
LEAST_AREA, LEAST_TOP = 0.01, 0.08  # of the picture; of its upper edge
LEAD, LEAD_SPREAD = 4.0, 6.0  # L* by which the sky is brighter than the rest; both ends of it are ceilings and walls
LOW_FROM, LOW_MOST, LOW_SPREAD = 0.85, 0.25, 0.1  # share of the lowest rows that it may cover
INFO = EngineInfo("embedded/sky", "", "By colour, smoothness and place: 3 of 10 such claims are wrong.")


class Sky:
    """The sky as one box. Needs no weights."""

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """None or one box; its score is .5 where the rule (190 pictures: P .69, R .72) just holds."""
        small = shrink(view.rgb, SIDE)
        mask, score = sky(small)
        if not mask.any():
            return Found.of(Basis.PLACE, INFO, [], [], [], len(targets))
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        boxes = view.to_picture([[float(v) for v in box]], small)
        return Found.of(Basis.PLACE, INFO, boxes, [[score] * len(targets)], ["sky"], len(targets))


def sky(rgb: Pixels) -> tuple[Bools, float]:
    """(h, w) which pixels may be sky, and a score in [0, 1] of the whole."""
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    lightness, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    blue = (b < -4) & (lightness > 35) & (a < 12)
    cloudy = (lightness > 70) & (np.abs(b) < 14) & (np.abs(a) < 8)
    mask = _at_the_top((blue | cloudy) & (_texture(rgb) < SMOOTH_BELOW))
    if not mask.any():
        return mask, 0.0
    rest = lightness[~mask]
    lead = float(lightness[mask].mean() - rest.mean()) if rest.size else -100.0
    low = float(mask[int(LOW_FROM * len(mask)) :].mean())
    score = min(_soft((lead - LEAD) / LEAD_SPREAD), _soft((LOW_MOST - low) / LOW_SPREAD))
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    return closed > 0, score


def _texture(rgb: Pixels) -> Floats:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(cv2.boxFilter(slope, -1, (9, 9)), np.float32)


def _at_the_top(candidates: Bools) -> Bools:
    """The connected parts that hold enough of the picture's upper edge."""
    height, width = candidates.shape
    opened = cv2.morphologyEx(candidates.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, marks, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    mask = np.zeros(candidates.shape, bool)
    for index in range(1, count):
        at_edge = np.count_nonzero(marks[: max(2, height // 50)] == index)
        if stats[index][4] > LEAST_AREA * mask.size and at_edge > LEAST_TOP * width:
            mask |= marks == index
    return mask


def _soft(margin: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(margin, -50, 50))))
