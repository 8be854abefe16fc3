"""Takes the pieces that a small picture was filled with from the full picture, so that its detail is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.editing.exemplar import Indices
from core.types.arrays import Bools, Floats, Pixels

BAND = 128  # rows of the full picture at a time: memory stays small


@dataclass(frozen=True)
class _Pieces:
    """Cells of the small picture, padded by one. hole: filled. dy, dx: to their sources, in pixels of the full picture.

    whole: True at (i, j) where the cells i, i + 1 by j, j + 1 are of one piece.
    """

    hole: Bools
    dy: NDArray[np.int32]
    dx: NDArray[np.int32]
    whole: Bools


def transport(
    rgb: Pixels, wanted: Bools, corner: tuple[int, int], hole: Bools, sources: tuple[Indices, Indices],
    light: Floats, check: Callable[[], None],
) -> Pixels:  # fmt: skip
    """(h, w, 3) uint8: for each wanted pixel, the full picture's own at the small picture's offset, scaled.

    wanted: (h, w) bool, a part of the full picture `rgb` whose upper left corner is (x, y) `corner`. hole: cells of the
    small picture that were filled; sources: each cell's row and column (a known cell's: its own). Between pieces one
    fades into the other, over one cell. light: (h, w, 3) to add in each cell. Pixels that are not wanted stay 0.
    """
    step = (rgb.shape[0] / hole.shape[0], rgb.shape[1] / hole.shape[1])
    pieces, lights = _pieces(hole, sources, step), _spread(light, hole)
    result = np.zeros((*wanted.shape, 3), np.uint8)
    for top in range(0, len(wanted), BAND):
        check()
        band = wanted[top : top + BAND]
        y, x = (i.astype(np.int32) for i in np.nonzero(band))
        y, x = y + corner[1] + top, x + corner[0]
        taken = _taken(rgb, y, x, step, pieces) + _interpolated(lights, y, x, step)
        result[top : top + BAND][band] = np.clip(np.rint(taken), 0, 255).astype(np.uint8)
    return result


def _pieces(hole: Bools, sources: tuple[Indices, Indices], step: tuple[float, float]) -> _Pieces:
    rows, columns = np.mgrid[0 : hole.shape[0], 0 : hole.shape[1]]
    dy, dx = (
        np.pad(np.rint((source - own) * size).astype(np.int32), 1)
        for source, own, size in zip(sources, (rows, columns), step, strict=True)
    )
    filled = np.pad(hole, 1)
    whole = filled.copy()
    for j, i in ((0, 1), (1, 0), (1, 1)):
        for array in (dy, dx, filled):
            whole &= array == np.roll(array, (-j, -i), (0, 1))
    return _Pieces(filled, dy, dx, whole)


def _taken(
    rgb: Pixels, y: NDArray[np.int32], x: NDArray[np.int32], step: tuple[float, float], pieces: _Pieces
) -> Pixels:
    """(N, 3) uint8 for pixels (y, x) of the full picture."""
    cy, cx = ((v + 0.5) / size + 0.5 for v, size in zip((y, x), step, strict=True))  # +1 for the padding
    row, column = cy.astype(np.int32), cx.astype(np.int32)
    result = _pixels(rgb, y + pieces.dy[row, column], x + pieces.dx[row, column])
    seam = ~pieces.whole[row, column]
    if seam.any():
        y, x, row, column = y[seam], x[seam], row[seam], column[seam]
        share = (np.asarray(cy[seam] - row, np.float32), np.asarray(cx[seam] - column, np.float32))
        result[seam] = _faded(rgb, (y, x), (row, column), share, pieces)
    return result


def _faded(
    rgb: Pixels, place: tuple[NDArray[np.int32], NDArray[np.int32]], low: tuple[NDArray[np.int32], NDArray[np.int32]],
    share: tuple[Floats, Floats], pieces: _Pieces,
) -> Pixels:  # fmt: skip
    """The four cells around each pixel, weighted bilinearly; cells outside the hole do not count."""
    (y, x), (fy, fx) = place, share
    total = np.zeros((len(y), 3), np.float32)
    weights = np.zeros(len(y), np.float32)
    for j in (0, 1):
        for i in (0, 1):
            row, column = low[0] + j, low[1] + i
            weight = (fy if j else 1 - fy) * (fx if i else 1 - fx) * pieces.hole[row, column]
            taken = _pixels(rgb, y + pieces.dy[row, column], x + pieces.dx[row, column])
            total += weight[:, None] * taken
            weights += weight
    mean = total / np.maximum(weights, 1e-9)[:, None]
    return np.asarray(np.rint(mean), np.uint8)


def _spread(light: Floats, hole: Bools) -> Floats:
    """`light` padded by one cell, the cells beside the hole given the mean of their neighbours in it."""
    weight = np.pad(hole, 1).astype(np.float32)
    padded = np.pad(light, ((1, 1), (1, 1), (0, 0)))
    mean = cv2.blur(padded, (3, 3)) / np.maximum(cv2.blur(weight, (3, 3)), 1e-6)[..., None]
    return np.asarray(np.where(weight[..., None] > 0, padded, mean), np.float32)


def _interpolated(lights: Floats, y: NDArray[np.int32], x: NDArray[np.int32], step: tuple[float, float]) -> Floats:
    """(N, 3): bilinear between the cells' centres."""
    cy, cx = ((v + 0.5) / size + 0.5 for v, size in zip((y, x), step, strict=True))
    row, column = cy.astype(np.int32), cx.astype(np.int32)
    fy, fx = (np.asarray(f, np.float32)[:, None] for f in (cy - row, cx - column))
    upper = (1 - fx) * lights[row, column] + fx * lights[row, column + 1]
    lower = (1 - fx) * lights[row + 1, column] + fx * lights[row + 1, column + 1]
    return np.asarray((1 - fy) * upper + fy * lower, np.float32)


def _pixels(rgb: Pixels, y: NDArray[np.int32], x: NDArray[np.int32]) -> Pixels:
    height, width = rgb.shape[:2]
    flat = np.clip(y, 0, height - 1).astype(np.intp) * width + np.clip(x, 0, width - 1)
    return np.asarray(rgb.reshape(-1, 3).take(flat, axis=0))
