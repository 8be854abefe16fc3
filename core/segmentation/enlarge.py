"""Logits of Segment Anything models in the picture's own pixels, bit for bit as the models' libraries enlarge them.

`postprocess_masks`: bilinear to the square, its part that is the picture, bilinear to the picture. Only the region that
can reach a level is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.shared_models.placement import torch_for
from core.types.arrays import Bools, Floats
from core.types.masks import Frame

ROUNDING = 16 * float(np.finfo(np.float32).eps)  # of the largest logit: a mean may come out above what it is made of
KERNELS = 128  # torch takes another kernel up to this height + width, which rounds otherwise (ATen, UpSampleKernel.cpp)


@dataclass(frozen=True)
class _Span:
    """Pixels [low, high) of one axis of the picture, of the source pixels [first, last) that they are made of."""

    low: int
    high: int
    first: int
    last: int

    def __bool__(self) -> bool:
        return self.high > self.low


def enlarge(grid: Floats, frame: Frame, level: float, picture: tuple[int, int]) -> tuple[Floats, tuple[int, int]]:
    """((h, w) float32, its upper left corner (x, y)) of a grid; no pixel outside of it is at or above `level`.

    Equal bit for bit to what the libraries compute on a CPU. Raises `EngineUnavailable` without torch.
    """
    torch = torch_for()
    width, height = picture
    with torch.inference_mode():
        values = torch.from_numpy(np.array(grid, np.float32))[None, None]
        square = _resized(torch, values, frame.side, frame.side)
        part = square[..., : frame.part[1], : frame.part[0]]
        cells = part[0, 0].numpy()
        largest = float(np.abs(grid).max())
        reaching = ~(cells < level - ROUNDING * max(largest, 1.0))  # everywhere, where a logit is no number
        rows, columns = _span(reaching.any(1), height), _span(reaching.any(0), width)
        if not rows or not columns:
            return np.zeros((0, 0), np.float32), (0, 0)
        if _pays(rows, columns, width, height):
            region = _region(torch, part, rows, columns, width, height)
        else:
            region = _resized(torch, part, height, width)[0, 0, rows.low : rows.high, columns.low : columns.high]
    return np.asarray(region.numpy(), np.float32), (columns.low, rows.low)


def _resized(torch: Any, values: Any, height: int, width: int) -> Any:
    return torch.nn.functional.interpolate(values, (height, width), mode="bilinear", align_corners=False)


def _span(reaching: Bools, length: int) -> _Span:
    """Of an axis of `length` pixels: those that source pixels which reach the level have a part in, and one more."""
    found = np.flatnonzero(reaching)
    if not len(found):
        return _Span(0, 0, 0, 0)
    sources = len(reaching)
    scale = length / sources
    low = max(0, int(np.floor((found[0] - 0.5) * scale - 0.5)) - 1)
    high = min(length, int(np.ceil((found[-1] + 1.5) * scale - 0.5)) + 2)
    first = max(0, int(np.floor((low + 0.5) / scale - 0.5)) - 1)
    last = min(sources, int(np.floor((high - 0.5) / scale - 0.5)) + 3)
    return _Span(low, high, first, last)


def _pays(rows: _Span, columns: _Span, width: int, height: int) -> bool:
    """Whether two passes compute less than one, by the same kernel."""
    across, down = rows.last - rows.first, columns.high - columns.low
    same = min(across + width, height + down) > KERNELS
    return same and across * width + height * down < height * width


def _region(torch: Any, part: Any, rows: _Span, columns: _Span, width: int, height: int) -> Any:
    """First along x, over the rows that count; then along y, over the columns that count.

    Each pass leaves the other axis as long as it is, so that its weights there are 1 and 0: nothing is rounded twice,
    and the sum is the library's own, x inside y.
    """
    across = _resized(torch, part[..., rows.first : rows.last, :], rows.last - rows.first, width)
    whole = torch.zeros((1, 1, part.shape[-2], columns.high - columns.low))  # the kernel counts from the first row
    whole[..., rows.first : rows.last, :] = across[..., columns.low : columns.high]
    return _resized(torch, whole, height, columns.high - columns.low)[0, 0, rows.low : rows.high]
