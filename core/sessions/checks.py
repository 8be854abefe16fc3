"""What must hold in records from elsewhere before they are believed. Each check raises `ValueError`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.types.arrays import expect
from core.types.masks import Mask
from core.types.record import Record, Result


def check_arrays(plain: Any, at_most: float) -> int:
    """Bytes that the packed arrays in a plain value say they take, before any is unpacked; at most so many."""
    total, waiting = 0, [plain]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "zlib" in value and "shape" in value:
                total += math.prod(value["shape"]) * np.dtype(value["dtype"]).itemsize
                expect(0 <= total <= at_most, "its arrays are too large")
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return total


def check_record(record: Record, sizes: Mapping[str, tuple[int, int]], pixels: float) -> None:
    """sizes: of the pictures that were brought, by key. pixels: what any picture may have."""
    expect(math.isfinite(record.created), "a request has no time")
    for result in record.results:
        _check_boxes(result)
        size = sizes.get(result.picture.key) if result.picture is not None else None
        for mask in result.turn.masks.items:
            _check_mask(mask, size, pixels)


def _check_boxes(result: Result) -> None:
    found = result.turn.detections
    boxes = [*(d.box for d in found.items), *(m.box for m in found.misses), *result.turn.user_boxes]
    expect(all(math.isfinite(edge) for box in boxes for edge in box), "a box has no place")
    expect(all(math.isfinite(d.score) for d in found.items), "an object has no score")


def _check_mask(mask: Mask, size: tuple[int, int] | None, pixels: float) -> None:
    """A mask that says another size than its bits have would be drawn beside the picture, or fill the memory."""
    width, height = mask.size
    expect(width > 0 and height > 0 and width * height <= pixels, "a mask has no such size")
    expect(size is None or mask.size == size, "a mask is of another picture")
    x0, y0, x1, y1 = mask.box
    expect(0 <= x0 <= x1 <= width and 0 <= y0 <= y1 <= height, "a mask lies outside its picture")
    if not mask.area:
        return
    expect(
        mask.packed.dtype == np.uint8 and mask.packed.shape == (y1 - y0, -(-(x1 - x0) // 8)), "a mask has other bits"
    )
    expect(int(mask.crop().sum()) == mask.area, "a mask has another area")


def check_tree(records: Sequence[Record]) -> None:
    """Every exchange has one parent that is there, and leads to a first one."""
    parents: dict[str, str] = {}
    for record in records:
        expect(bool(record.id) and bool(record.node), "a request has no id")
        expect(parents.setdefault(record.node, record.parent) == record.parent, "a request has two places")
    expect(len({record.id for record in records}) == len(records), "a request is there twice")
    rooted = {""}
    for node in parents:
        path: list[str] = []
        while node not in rooted:
            expect(node in parents and len(path) <= len(parents), "a request has no place")
            path.append(node)
            node = parents[node]
        rooted.update(path)
