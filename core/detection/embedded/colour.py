"""Basis colour: connected regions of a colour that was named; what they are was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.colours import BASIC, map_of
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View, shrink
from core.jobs import Job
from core.types.arrays import Bools, Floats, Pixels
from core.types.boxes import Basis
from core.types.engine import EngineInfo

SIDE = 480
SMOOTH, SPREAD = (7, 40.0, 7.0), 1.2  # bilateral filter (diameter, colour, space); blur of the colour map
BELONGS = 0.5  # how far a pixel's colour must fit
LEAST = 0.002  # smallest region, as a share of the picture
MOST = 10  # regions of one colour
HALF_AREA = 0.01  # share of the picture at which a region's size counts half
CENTRE = 0.45  # spread of the weight that falls off from the middle
# a region that runs into so many edges of the picture is likely ground or wall
AT_EDGES = (1.0, 0.9, 0.6, 0.35, 0.2)
INFO = EngineInfo("embedded/colour", "", "Only the colour was looked for; what the region is was not checked.")


@dataclass(frozen=True)
class Region:
    """One connected region in the small copy: integer xyxy, and a score in [0, 1]."""

    box: tuple[int, int, int, int]
    score: float


class ColourRegions:
    """Regions of basic colours. Needs no weights."""

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """A target of several colours means a thing that carries them all. Labels: the colours."""
        small = shrink(view.rgb, SIDE)
        terms = map_of(np.asarray(cv2.bilateralFilter(small, *SMOOTH), np.uint8))
        boxes, scores, labels = [], [], []
        for column, target in enumerate(targets):
            job.check()
            fits = np.asarray(terms[..., [BASIC.index(name) for name in target.names]].sum(-1), np.float32)
            for region in regions(fits):
                boxes.append(region.box)
                scores.append([region.score if c == column else 0.0 for c in range(len(targets))])
                labels.append(" and ".join(target.names))
        return Found.of(Basis.COLOUR, INFO, view.to_picture(boxes, small), scores, labels, len(targets))


def regions(fits: Floats) -> list[Region]:
    """(h, w) how far each pixel fits -> its regions, best first: large, pure, compact, central ones lead."""
    fits = np.asarray(cv2.GaussianBlur(fits, (0, 0), SPREAD), np.float32)
    opened = cv2.morphologyEx((fits > BELONGS).astype(np.uint8), cv2.MORPH_OPEN, _disc(3))
    mask = np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _disc(5)), np.uint8)
    count, marks, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for index in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[index])
        if area < LEAST * mask.size:
            continue
        inside = marks[y : y + h, x : x + w] == index
        purity = float(fits[y : y + h, x : x + w][inside].mean())
        score = purity * _size(area / mask.size) * (0.4 + 0.6 * _solidity(inside, area))
        score *= _position(stats[index], centres[index], mask)
        found.append(Region((x, y, x + w, y + h), score))
    return sorted(found, key=lambda r: -r.score)[:MOST]


def _size(share: float) -> float:
    return share / (share + HALF_AREA)


def _solidity(inside: Bools, area: int) -> float:
    """The region's share of its convex hull."""
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.vstack(outlines)))
    return min(1.0, area / max(hull, area, 1))


def _position(stats: Sequence[int], centre: Sequence[float], mask: Pixels) -> float:
    height, width = mask.shape
    x, y, w, h = (int(v) for v in stats[:4])
    edges = int(x <= 1) + int(y <= 1) + int(x + w >= width - 1) + int(y + h >= height - 1)
    off = ((centre[0] / width - 0.5) ** 2 + (centre[1] / height - 0.5) ** 2) / CENTRE**2
    return AT_EDGES[edges] * (0.5 + 0.5 * float(np.exp(-off / 2)))


def _disc(size: int) -> Pixels:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
