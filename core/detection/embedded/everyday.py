"""Basis class: everyday objects of 80 classes, by the shared CenterNet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core import geometry
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.shared_models.everyday import CLASSES, shared_net
from core.types.arrays import Bools, Floats
from core.types.boxes import Basis

FLOOR = 0.05  # only bounds the size: no useful threshold lies below it
KEEP = 300
TILE, TILE_WEIGHT = 0.6, 0.95  # share of a side; a tile's scores count a little less than the whole picture's
TILE_ABOVE = 1000  # longest side from which tiles show the net more than the whole picture does
CUT_MARGIN = 4.0  # a box that ends this near to a tile's inner edge was cut by it
SAME = 0.6  # IoU at which a tile's box and another box are one


class EverydayObjects:
    """The classes' scores at every peak.

    tiles: measure 2x2 overlapping parts of large pictures too (5 times slower).
    """

    def __init__(self, cache_dir: Path, tiles: bool = False) -> None:
        self._cache_dir, self._tiles = cache_dir, tiles

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """A target's score is that of its class, or of the best of its classes. Labels: each box's best class."""
        boxes, scores = self.measure(view, job)
        columns = np.stack([scores[:, [CLASSES.index(n) for n in t.names]].max(1) for t in targets], axis=1)
        kept = columns.max(1) >= FLOOR
        labels = [CLASSES[i] for i in scores[kept].argmax(1)]
        info = shared_net(self._cache_dir).info
        return Found.of(Basis.CLASS, info, boxes[kept], columns[kept], labels, len(targets))

    def measure(self, view: View, job: Job) -> tuple[Floats, Floats]:
        """Boxes (Q, 4) in pixels of the picture, scores (Q, 80), best first. Raises `EngineUnavailable`."""
        net = shared_net(self._cache_dir)
        boxes, scores = net.measure(view.rgb, KEEP)
        if self._tiles and max(view.image.width, view.image.height) >= TILE_ABOVE:
            parts = [(boxes, scores)]
            for x0, y0, x1, y1 in _tiles(view.rgb.shape[1], view.rgb.shape[0]):
                job.check()
                found, marks = net.measure(np.ascontiguousarray(view.rgb[y0:y1, x0:x1]), KEEP)
                found = found + np.array([x0, y0, x0, y0], np.float32)
                whole = ~_cut(found, (x0, y0, x1, y1), view.rgb.shape[1], view.rgb.shape[0])
                parts.append((found[whole], marks[whole] * TILE_WEIGHT))
            boxes, scores = _merge(parts)
        return view.to_picture(boxes, view.rgb), scores


def _tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    w, h = round(width * TILE), round(height * TILE)
    return [(x, y, x + w, y + h) for y in (0, height - h) for x in (0, width - w)]


def _cut(boxes: Floats, tile: tuple[int, int, int, int], width: int, height: int) -> Bools:
    """Which boxes end at an edge of the tile that is no edge of the picture."""
    x0, y0, x1, y1 = tile
    near = np.abs(boxes - np.array(tile, np.float32)) < CUT_MARGIN
    inner = np.array([x0 > 0, y0 > 0, x1 < width, y1 < height])
    cut: Bools = (near & inner).any(1)
    return cut


def _merge(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """All boxes of at least `FLOOR`, without those that double a better one of the same best class."""
    boxes = np.concatenate([b for b, _ in parts])
    scores = np.concatenate([s for _, s in parts])
    strong = scores.max(1) >= FLOOR
    boxes, scores = boxes[strong], scores[strong]
    kept: list[int] = []
    for name in np.unique(scores.argmax(1)):
        rows = np.flatnonzero(scores.argmax(1) == name)
        kept += [int(rows[i]) for i in geometry.nms(boxes[rows], scores[rows, name], SAME)]
    order = sorted(kept, key=lambda i: (-float(scores[i].max()), i))[: 2 * KEEP]
    return boxes[order], scores[order]
