"""Evens out the light between the pieces of a fill, in the gradient domain (Perez, Gangnet and Blake 2003).

Inside a piece its own gradients hold; across a seam the mean of what both pieces would go on with, which counts the
less the more the two disagree: a true edge is no seam to smooth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.editing.exemplar import Indices
from core.types.arrays import Bools, Doubles, Floats, Pixels

TOLERANCE = 20.0  # of 255: a seam whose sides disagree by this much counts half
ANCHOR = 2e-3  # weight of the pieces' own colours: keeps the middle of a large hole from drifting
STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
Entries = tuple[Indices, Indices, NDArray[np.float64]]


def correction(rgb: Pixels, hole: Bools, known: Bools, sources: tuple[Indices, Indices]) -> Floats:
    """(h, w, 3) float32 to add to the colour of each cell of the hole; 0 elsewhere.

    sources: each cell's row and column (a known cell's: its own); the four neighbours of a hole's sources are known.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import splu

    count = int(np.count_nonzero(hole))
    number = np.cumsum(hole).reshape(hole.shape) - 1
    right = np.zeros((count, 3))
    entries: list[Entries] = [(np.arange(count), np.arange(count), np.full(count, ANCHOR))]
    for step in STEPS:
        entries += _links(rgb.astype(np.float64), hole, known, sources, number, step, right)
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    solved = splu(coo_matrix((values, (rows, columns)), shape=(count, count)).tocsc()).solve(right)
    result = np.zeros((*hole.shape, 3), np.float32)
    result[hole] = solved
    return result


def _links(
    colours: Doubles, hole: Bools, known: Bools, sources: tuple[Indices, Indices], number: Indices,
    step: tuple[int, int], right: Doubles,
) -> list[Entries]:  # fmt: skip
    """Rows of the normal equations for the links of each cell p to its neighbour q = p + step; adds to `right`.

    The corrections' difference c_p - c_q wants to be what the sources lack of a smooth passage: 0 inside a piece.
    """
    y, x = np.nonzero(hole)
    ny, nx = y + step[0], x + step[1]
    linked = (ny >= 0) & (ny < hole.shape[0]) & (nx >= 0) & (nx < hole.shape[1])
    linked[linked] = (hole | known)[ny[linked], nx[linked]]
    y, x, ny, nx = y[linked], x[linked], ny[linked], nx[linked]
    py, px, qy, qx = sources[0][y, x], sources[1][y, x], sources[0][ny, nx], sources[1][ny, nx]
    lack = colours[qy, qx] - colours[py + step[0], px + step[1]]
    open_ = hole[ny, nx]
    lack[open_] += colours[qy[open_] - step[0], qx[open_] - step[1]] - colours[py[open_], px[open_]]
    lack[open_] /= 2
    weight = 1 / (1 + (np.abs(lack).mean(1) / TOLERANCE) ** 2)
    cell = number[y, x]  # each cell once: it has one neighbour in this direction
    right[cell] += weight[:, None] * lack
    return [(cell, cell, weight), (cell[open_], number[ny, nx][open_], -weight[open_])]
