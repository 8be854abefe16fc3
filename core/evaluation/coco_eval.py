"""Boxes against objects as pycocotools scores them (Lin et al. 2014): who lies on what, and average precision.

Boxes are xyxy pixels, and COCO's [x, y, width, height] only inside. pycocotools prints what it does: not from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.curves import IOU
from core.types.arrays import Bools, Doubles
from core.types.truth import TrueObject

MOST = 100  # boxes of one category in one picture that average precision looks at (COCO's maxDets)
FIRST = 1  # number of the first annotation: pycocotools takes a match with number 0 for none
ANY_AREA = (0.0, 1e10)  # COCO's range "all"


@dataclass(frozen=True, eq=False)
class Found:
    """Boxes of one category in one picture. boxes: (N, 4) xyxy. scores: (N,); of equals the first comes first."""

    picture: int
    category: int
    boxes: NDArray[Any]
    scores: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Matched:
    """on: (N,) the object that each box lies on, -1 for none. crowd: (M,) bool."""

    on: NDArray[np.intp]
    crowd: Bools

    @property
    def nowhere(self) -> Bools:
        """(N,) bool. Boxes on a crowd are neither nowhere nor right."""
        return self.on < 0

    @property
    def right(self) -> Bools:
        """(N,) bool."""
        single: Bools = ~np.append(self.crowd, False)[self.on]
        return single & ~self.nowhere

    @property
    def missed(self) -> Bools:
        """(M,) bool: objects that no box lies on; a crowd is none."""
        return ~self.crowd & ~np.isin(np.arange(len(self.crowd)), self.on)


def overlaps(boxes: ArrayLike, objects: ArrayLike, crowd: ArrayLike | None = None) -> Doubles:
    """(N, M) intersection over union, computed in doubles; with a crowd (M,) over the box alone."""
    from pycocotools import mask

    ours, theirs = _xywh(boxes), _xywh(objects)
    if not len(ours) or not len(theirs):
        return np.zeros((len(ours), len(theirs)))
    flags = np.zeros(len(theirs), bool) if crowd is None else np.asarray(crowd, bool)
    return np.asarray(mask.iou(ours, theirs, flags.astype(np.uint8)), np.float64)


def match(boxes: ArrayLike, objects: ArrayLike, crowd: ArrayLike, iou: float = IOU) -> Matched:
    """Which boxes lie on which objects. boxes: (N, 4), best first; objects: (M, 4); crowd: (M,) bool.

    A box takes the free object that it overlaps most, of equals the last. Where there is none it lies on a crowd, which
    stays free. So what a box lies on never depends on worse ones.
    """
    overlap, crowds = overlaps(boxes, objects, crowd), np.asarray(crowd, bool)
    near, free = overlap >= iou, np.ones(len(crowds), bool)
    on = np.full(len(overlap), -1, np.intp)
    for row in np.flatnonzero(near.any(1)):
        here = np.flatnonzero(near[row] & free)[::-1]
        here = here[~crowds[here]] if not crowds[here].all() else here
        if len(here):
            on[row] = here[overlap[row, here].argmax()]
            free[on[row]] = crowds[on[row]]
    return Matched(on, crowds)


def average_precisions(
    pictures: Iterable[int], categories: Sequence[int], objects: Iterable[TrueObject], found: Iterable[Found]
) -> dict[int, tuple[float, float] | None]:
    """(AP, AP50) of each category, COCO's over IoU .50 to .95 and at .50; None where it has no object but crowds.

    found: all boxes, without any threshold; of one category and picture at most once.
    """
    names, wanted = list(dict.fromkeys(pictures)), set(categories)
    true = [_annotation(o) for o in objects if o.category in wanted]
    scored = _evaluated(names, sorted(wanted), true, [entry for f in found for entry in _entries(f)])
    precision = scored.eval["precision"][:, :, :, 0, 0]  # IoU thresholds x recalls x categories
    return {
        key: (float(p.mean()), float(p[0].mean())) if (p := precision[:, :, n]).min() >= 0 else None
        for n, key in enumerate(sorted(wanted))
    }


def _evaluated(pictures: list[int], categories: list[int], true: list[Any], found: list[Any]) -> Any:
    """A finished COCOeval of boxes of every size."""
    from pycocotools import coco, cocoeval

    # A module's own name goes before the built-in one. To swap sys.stdout would take other threads' lines along.
    coco.print = cocoeval.print = _nothing
    sides = []
    for entries in (true, found):
        side = coco.COCO()
        side.dataset = {
            "images": [{"id": key} for key in pictures],
            "categories": [{"id": key} for key in categories],
            "annotations": [{**a, "id": number} for number, a in enumerate(entries, FIRST)],
        }
        side.createIndex()
        sides.append(side)
    scored = cocoeval.COCOeval(*sides, "bbox")
    scored.params.areaRng, scored.params.areaRngLbl, scored.params.maxDets = [list(ANY_AREA)], ["all"], [MOST]
    scored.evaluate()
    scored.accumulate()
    return scored


def _nothing(*_: object, **__: object) -> None:
    """What is printed here."""


def _annotation(o: TrueObject) -> dict[str, Any]:
    place = {"image_id": o.picture, "category_id": o.category}
    return {**place, "bbox": _xywh([o.box])[0].tolist(), "area": o.area, "iscrowd": int(o.crowd)}


def _entries(found: Found) -> list[dict[str, Any]]:
    """The best of them, as many as COCO looks at."""
    best = np.argsort(-np.asarray(found.scores, np.float64), kind="stable")[:MOST]
    place = {"image_id": found.picture, "category_id": found.category, "iscrowd": 0}
    return [
        {**place, "bbox": box, "area": box[2] * box[3], "score": score}
        for box, score in zip(_xywh(found.boxes[best]).tolist(), found.scores[best].tolist(), strict=True)
    ]


def _xywh(boxes: ArrayLike) -> Doubles:
    """(N, 4), contiguous, as pycocotools' compiled part needs them."""
    b = np.asarray(boxes, np.float64).reshape(-1, 4)
    return np.ascontiguousarray(np.concatenate([b[:, :2], b[:, 2:] - b[:, :2]], axis=1))
