"""Clicks without a box: where the object may lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.segmentation.graph_cut import Point
from core.shared_models.everyday import EverydayNet
from core.types.boxes import Box
from core.types.image import ImageAsset

WINDOW = 0.25  # of the picture's shorter side: the best single size around clicks on the objects of photographs
FLOOR = 0.1  # an everyday peak below it is noise: the window is as good


def known_box(net: EverydayNet, image: ImageAsset, points: Sequence[Point]) -> Box | None:
    """The everyday net's best box that holds every positive and no negative click; None where it knows none.

    Raises `EngineUnavailable` without the everyday weights.
    """
    boxes, scores = net.measure(image.pixels)
    fits = scores.max(1, initial=0) >= FLOOR
    for x, y, positive in points:
        holds = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
        fits &= holds if positive else ~holds
    rows = np.flatnonzero(fits)
    if not len(rows):
        return None
    x0, y0, x1, y1 = (float(v) for v in boxes[rows[scores[rows].max(1).argmax()]])
    return x0, y0, x1, y1


def window_box(image: ImageAsset, points: Sequence[Point]) -> Box:
    """A window around the positive clicks (around all of them where none is positive)."""
    chosen = [p for p in points if p[2]] or list(points)
    xs, ys = [p[0] for p in chosen], [p[1] for p in chosen]
    reach = WINDOW * min(image.width, image.height) / 2
    return min(xs) - reach, min(ys) - reach, max(xs) + reach, max(ys) + reach
