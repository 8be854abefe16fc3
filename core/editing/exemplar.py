"""Fills a hole of a small picture with pieces of its surroundings (Criminisi, Perez and Toyama 2004).

The patch on the hole's rim with the highest priority (confidence times strength of the edge that runs into the hole) is
completed first, from the known patch that fits its known pixels best. The result is a map of sources, not pixels, so
that the same pieces can be taken from the full picture.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.types.arrays import Bools, Floats, Pixels

Indices = NDArray[np.intp]
HALF = 6  # patches are 13 x 13 cells: 9 x 9 as in the paper lose the rhythm of bricks
SIDE = 2 * HALF + 1
CANDIDATES = 8000  # sources compared with each patch; more are thinned out to a lattice
REFINED = 16  # of the best, whose neighbours are compared too
DISTANCE = 0.05  # share of the largest squared colour error that a source a whole window away must make up for
LEAST_DATA = 1e-3  # of an edge's strength, so that flat regions have a priority too


def fill_sources(
    rgb: Pixels, hole: Bools, known: Bools, allowed: Bools, check: Callable[[], None]
) -> tuple[Indices, Indices]:
    """(rows, columns), each (h, w): where every pixel's colour comes from; known pixels come from themselves.

    hole: pixels to fill. known: pixels to go by (another hole's are neither). allowed: patch centres to copy from, at
    least one; their patches lie in the picture and are known. check: called once a patch.
    """
    work = _Work(rgb, hole, known, allowed)
    while work.hole.any():
        check()
        work.step()
    return work.rows[HALF:-HALF, HALF:-HALF] - HALF, work.columns[HALF:-HALF, HALF:-HALF] - HALF


class _Work:
    """Everything is padded by half a patch, so that patches at the picture's border need no special case."""

    def __init__(self, rgb: Pixels, hole: Bools, known: Bools, allowed: Bools) -> None:
        lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
        pad = ((HALF, HALF), (HALF, HALF))
        self.picture = np.pad(lab, (*pad, (0, 0)), mode="edge")
        self.hole = np.pad(hole, pad)
        self.known = np.pad(known & ~hole, pad)  # the padding itself is never known
        self.confidence = self.known.astype(np.float32)
        height, width = self.hole.shape
        self.rows, self.columns = (a.astype(np.intp) for a in np.mgrid[0:height, 0:width])
        self.scale = DISTANCE * 255**2 * SIDE * SIDE * 3 / max(height, width) ** 2
        self.allowed = np.pad(allowed, pad)
        self.y, self.x = np.nonzero(self.allowed)
        self.gap = int(np.ceil((len(self.y) / CANDIDATES) ** 0.5)) - 1
        thinned = (self.y % (self.gap + 1) == 0) & (self.x % (self.gap + 1) == 0)
        if thinned.any():
            self.y, self.x = self.y[thinned], self.x[thinned]
        self.windows = sliding_window_view(self.picture, (SIDE, SIDE), axis=(0, 1))
        patches = self.windows[self.y - HALF, self.x - HALF].reshape(len(self.y), -1)  # channel, row, column
        self.patches = np.concatenate([patches**2, patches], axis=1)

    def step(self) -> None:
        """Complete the patch of highest priority."""
        y, x = self._next()
        window = (slice(y - HALF, y + HALF + 1), slice(x - HALF, x + HALF + 1))
        known, missing = self.known[window], self.hole[window]
        sy, sx = self._source(y, x, self.picture[window], known)
        source = (slice(sy - HALF, sy + HALF + 1), slice(sx - HALF, sx + HALF + 1))
        self.confidence[window][missing] = self.confidence[window][known].sum() / (SIDE * SIDE)
        self.picture[window][missing] = self.picture[source][missing]
        self.rows[window][missing] = self.rows[source][missing]
        self.columns[window][missing] = self.columns[source][missing]
        self.known[window][missing] = True
        self.hole[window][missing] = False

    def _next(self) -> tuple[int, int]:
        """The rim's pixel of highest priority: confidence times data (equations 1 and 2 of the paper)."""
        hole = self.hole.astype(np.uint8)
        rim = (hole - cv2.erode(hole, np.ones((3, 3), np.uint8))).astype(bool)
        y, x = np.nonzero(rim)
        confidence = cv2.boxFilter(self.confidence, -1, (SIDE, SIDE), borderType=cv2.BORDER_CONSTANT)[y, x]
        light = self.picture[..., 0]
        gy, gx = (cv2.Sobel(light, cv2.CV_32F, *d, borderType=cv2.BORDER_REPLICATE) for d in ((0, 1), (1, 0)))
        inner = cv2.erode(self.known.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        strength = np.where(inner, gx**2 + gy**2, 0)
        ny, nx = (cv2.Sobel(hole.astype(np.float32), cv2.CV_32F, *d)[y, x] for d in ((0, 1), (1, 0)))
        norm = np.hypot(nx, ny) + 1e-6
        best = self._strongest(strength, y, x)
        across = np.abs(-gy.ravel()[best] * nx / norm + gx.ravel()[best] * ny / norm) / (4 * 255)
        index = int(np.argmax(confidence * (across + LEAST_DATA)))
        return int(y[index]), int(x[index])

    def _strongest(self, strength: Floats, y: Indices, x: Indices) -> Indices:
        """For each rim pixel, the flat index of the strongest known gradient in its patch."""
        reach = np.arange(-HALF, HALF + 1)
        rows = np.clip(y[:, None, None] + reach[:, None], 0, strength.shape[0] - 1)
        columns = np.clip(x[:, None, None] + reach, 0, strength.shape[1] - 1)
        flat = (rows * strength.shape[1] + columns).reshape(len(y), -1)
        chosen = strength.ravel()[flat].argmax(1)
        return np.asarray(flat[np.arange(len(y)), chosen])

    def _source(self, y: int, x: int, patch: Floats, known: Bools) -> tuple[int, int]:
        """The allowed patch whose pixels differ least where this one's are known."""
        mask = np.broadcast_to(known, (3, SIDE, SIDE)).astype(np.float32)
        values = patch.transpose(2, 0, 1)
        wanted = np.concatenate([mask.ravel(), (-2 * mask * values).ravel()])
        error = np.einsum("ij,j->i", self.patches, wanted)  # BLAS would start threads for a millisecond's work
        error += self._far(y, x, self.y, self.x, wanted)
        best = np.argpartition(error, min(REFINED, len(error) - 1))[:REFINED]
        return self._refined(y, x, best, wanted)

    def _refined(self, y: int, x: int, best: Indices, wanted: Floats) -> tuple[int, int]:
        """The best of some sources and all their allowed neighbours: sources were thinned out."""
        reach = np.arange(-self.gap, self.gap + 1)
        rows = np.clip(self.y[best, None, None] + reach[:, None], HALF, self.hole.shape[0] - 1 - HALF)
        columns = np.clip(self.x[best, None, None] + reach, HALF, self.hole.shape[1] - 1 - HALF)
        rows, columns = np.broadcast_arrays(rows, columns)
        fits = self.allowed[rows, columns]
        rows, columns = rows[fits], columns[fits]
        patches = self.windows[rows - HALF, columns - HALF].reshape(len(rows), -1)
        error = patches**2 @ wanted[: patches.shape[1]] + patches @ wanted[patches.shape[1] :]
        error += self._far(y, x, rows, columns, wanted)
        index = int(np.argmin(error))
        return int(rows[index]), int(columns[index])

    def _far(self, y: int, x: int, rows: Indices, columns: Indices, wanted: Floats) -> Floats:
        """What each source's distance counts, for the share of the patch that is known."""
        share = wanted[: len(wanted) // 2].mean()
        return np.asarray(self.scale * share * ((rows - y) ** 2 + (columns - x) ** 2), np.float32)
