"""Masks as outlines: closed polygons for drawing. The exact pixels of a mask are in the exports, not here."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.memo import Memo
from core.types.arrays import Bools
from core.types.masks import Mask

Polygon = NDArray[np.float32]

STRAY = 0.75  # picture pixels that an outline may lie off the pixels' edges
COARSE = (1.5, 4.0, 12.0)  # the same for pictures shown smaller: fewer points, drawn faster
STAIR = 0.5  # of it, what `_smoothed` takes: half a step
THIN = 16  # a mask thinner than this many strays keeps its exact edges: the same error would eat more of it
MOST_POINTS = 2000  # a mask; what is ragged enough to need more is drawn coarser
COARSER = 1.6  # the tolerance's growth, each time that there are too many points
RAGGED = 100_000  # pixels of edge between rows: a disc across 12 megapixels has 6000, noise has millions
_PATHS = Memo(16_000_000)  # bytes of path data


def path_data(mask: Mask) -> tuple[str, ...]:
    """The mask's outlines as SVG path data in picture pixels, to be filled by the even-odd rule; "" where it is empty.

    As `polygons` gives them, then coarser by each of `COARSE`, for when the picture is shown smaller. Made once for
    each mask.
    """
    key = mask.digest
    found = _PATHS.get(key)
    if isinstance(found, tuple):
        return found
    levels = [polygons(mask)]
    levels += [[_simplified(polygon, stray) for polygon in levels[0]] for stray in COARSE]
    data = tuple("".join(map(_path, level)) for level in levels)
    _PATHS.put(key, data, sum(map(len, data)) + len(key))
    return data


def _path(polygon: Polygon) -> str:
    steps = " ".join(f"{v:g}" for v in np.diff(polygon, axis=0).ravel().tolist())
    return f"M{polygon[0, 0]:g} {polygon[0, 1]:g}l{steps}z"


def polygons(mask: Mask) -> list[Polygon]:
    """Outer and hole contours, (n, 2) xy in picture pixels, halves at most, n >= 3, to be filled by the even-odd rule.

    They stray from the pixels' edges by at most 0.75 px, less where the mask is thin, more where it is too ragged
    for 2000 points (then its smallest parts and holes may be missing): for eyes, not for measuring.
    """
    if not mask.area:
        return []
    bits, cell = _calm(mask.crop())
    exact = [loop * cell for loop in pixel_edges(bits)]
    around = sum(float(np.abs(np.diff(loop, axis=0, append=loop[:1])).sum()) for loop in exact)
    exact = sorted(exact, key=len, reverse=True)[: MOST_POINTS // 4]  # no outline has fewer than four corners
    stray = min(STRAY, mask.area / around / THIN)
    if stray == STRAY:
        stray -= STAIR
        exact = [_smoothed(loop) for loop in exact]
    found = [_simplified(loop, stray) for loop in exact]
    while sum(map(len, found)) > MOST_POINTS and stray < max(mask.size):
        stray *= COARSER
        found = [_simplified(loop, stray) for loop in found]
    return [polygon + np.array(mask.box[:2], np.float32) for polygon in found]


def _calm(bits: Bools) -> tuple[Bools, int]:
    """The bitmap, and its pixels' side: what is as ragged as noise is drawn in larger pixels, set where any is."""
    cell = 1
    while np.count_nonzero(bits[1:] ^ bits[:-1]) > RAGGED:
        even = np.pad(bits, [(0, side % 2) for side in bits.shape])
        bits, cell = even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2], cell * 2
    return bits, cell


def _smoothed(loop: Polygon) -> Polygon:
    """The middles of the edges, which lie on one line where the edges are the steps of a slanted one.

    A corner between two edges longer than a step is kept: no slanted line has one.
    """
    following = np.roll(loop, -1, 0)
    long = np.abs(following - loop).sum(1) > 1
    corners = long & np.roll(long, 1)
    both = np.stack([loop, (loop + following) / 2], 1).reshape(-1, 2)
    return np.asarray(both[np.stack([corners, np.ones_like(corners)], 1).ravel()], np.float32)


def _simplified(loop: Polygon, stray: float) -> Polygon:
    """Douglas and Peucker (1973); what would collapse to a line keeps its hull, which is as near."""
    result = cv2.approxPolyDP(loop[:, None], stray, True)
    if len(result) < 3:
        result = cv2.convexHull(loop[:, None])
    return np.asarray(result[:, 0], np.float32)


def pixel_edges(bitmap: Bools) -> list[Polygon]:
    """Closed polygons along the edges of the pixels of a (h, w) bitmap: filled by the even-odd rule, its pixels alone.

    In every row of pixel corners the corners of the outline are, two by two, the ends of its level edges; in every
    column the ends of its upright ones. Going along both in turn closes each polygon. Pixels that touch only at a
    corner are one part.
    """
    padded = np.pad(np.asarray(bitmap, bool), 1)
    above, below = padded[:-1], padded[1:]
    level = above ^ below
    turns = level[:, :-1] ^ level[:, 1:]
    crossings = level[:, :-1] & level[:, 1:] & (below[:, :-1] ^ below[:, 1:])
    twice = np.flatnonzero(crossings)  # two outlines, or one twice, pass such a corner
    index = np.sort(np.concatenate([np.flatnonzero(turns), twice, twice]))
    rows, columns = np.divmod(index, turns.shape[1])
    second = np.zeros(len(index), bool)
    second[1:] = index[1:] == index[:-1]
    falling = above[rows, columns]  # the pixel to the upper left: at a crossing, the two touch along "\"
    order = np.lexsort((second ^ falling, rows, columns))
    upright = np.empty(len(index), np.intp)
    upright[order[0::2]], upright[order[1::2]] = order[1::2], order[0::2]
    corners = np.stack([columns, rows], 1).astype(np.float32)
    return [corners[loop] for loop in _loops(upright.tolist())]


def _loops(upright: list[Any]) -> list[list[int]]:
    """Corner numbers in turn: along the level edge (2k, 2k + 1), then along the upright one."""
    loops, seen = [], bytearray(len(upright))
    for start in range(0, len(upright), 2):
        loop, at = [], start
        while not seen[at]:
            other = at ^ 1
            seen[at] = seen[other] = 1
            loop += [at, other]
            at = upright[other]
        if loop:
            loops.append(loop)
    return loops
