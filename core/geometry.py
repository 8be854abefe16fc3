"""Arithmetic on boxes and masks. Boxes are float xyxy with edges between pixels: pixel i covers [i, i + 1)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.types.arrays import Bools, Doubles, Floats, expect

LOGIT_RANGE = 60.0  # exp(-60) is far below float32's 1 - p; keeps infinities out of the interpolation
THIRDS = (1 / 3, 2 / 3)
COLUMNS, ROWS = ("left", "", "right"), ("top", "", "bottom")


def as_boxes(boxes: ArrayLike) -> Floats:
    """(N, 4) float32 of anything that holds N boxes, none included."""
    return np.asarray(boxes, np.float32).reshape(-1, 4)


def clip(boxes: ArrayLike, width: float, height: float) -> Floats:
    """(N, 4): the part of each box that lies inside the picture; a box outside becomes empty, never inverted."""
    limits = np.array([width, height, width, height], np.float32)
    return np.asarray(np.clip(as_boxes(boxes), 0, limits), np.float32)


def area(boxes: ArrayLike) -> Floats:
    """(N,) square pixels; 0 for an inverted box."""
    b = as_boxes(boxes)
    sides: Floats = np.maximum(b[:, 2:] - b[:, :2], 0)
    return sides[:, 0] * sides[:, 1]


def intersection(boxes_a: ArrayLike, boxes_b: ArrayLike) -> Floats:
    """(N, M) square pixels that box n of `boxes_a` and box m of `boxes_b` share."""
    a, b = as_boxes(boxes_a)[:, None], as_boxes(boxes_b)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared: Floats = np.maximum(sides, 0).prod(-1)
    return shared


def iou(boxes_a: ArrayLike, boxes_b: ArrayLike) -> Floats:
    """(N, M) intersection over union in [0, 1]; 0 where both boxes are empty."""
    shared = intersection(boxes_a, boxes_b)
    union = area(boxes_a)[:, None] + area(boxes_b)[None] - shared
    ratio: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio


def nms(boxes: ArrayLike, scores: ArrayLike, iou_limit: float) -> NDArray[np.intp]:
    """Indices of the boxes to keep, best score first: one goes when it overlaps a kept one by more than `iou_limit`.

    Equal scores keep their order. Call it once a phrase: boxes of different phrases may well lie on each other.
    """
    order = np.argsort(-np.asarray(scores, np.float64).reshape(-1), kind="stable")
    overlap = iou(boxes, boxes)
    gone = np.zeros(len(order), bool)
    kept = []
    for index in order:
        if not gone[index]:
            kept.append(index)
            gone |= overlap[index] > iou_limit
    return np.array(kept, np.intp)


def scale(boxes: ArrayLike, factor_x: float, factor_y: float | None = None) -> Floats:
    """(N, 4) boxes in a picture resized by these factors."""
    factor_y = factor_x if factor_y is None else factor_y
    return as_boxes(boxes) * np.array([factor_x, factor_y, factor_x, factor_y], np.float32)


def outward(box: ArrayLike, width: int, height: int) -> tuple[int, int, int, int]:
    """Integer xyxy of every pixel that the box touches, inside the picture; (0, 0, 0, 0) where it touches none."""
    x0, y0, x1, y1 = (float(v) for v in clip(box, width, height)[0])
    left, top, right, bottom = int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1))
    return (left, top, right, bottom) if right > left and bottom > top else (0, 0, 0, 0)


def place(box: ArrayLike, width: int, height: int) -> str:
    """Where the box's centre lies, by thirds of the picture: "top left", "right", ..., "center"."""
    x0, y0, x1, y1 = (float(v) for v in as_boxes(box)[0])
    column = COLUMNS[int(np.searchsorted(THIRDS, (x0 + x1) / 2 / width))]
    row = ROWS[int(np.searchsorted(THIRDS, (y0 + y1) / 2 / height))]
    return f"{row} {column}".strip() or "center"


def boxes_to_stored(boxes: ArrayLike, orientation: int, stored_size: tuple[int, int]) -> Floats:
    """(N, 4) boxes of the upright picture in the frame of its file, whose size is (width, height) `stored_size`."""
    swapped = {6: 8, 8: 6}.get(orientation, orientation)
    upright_size = stored_size if orientation < 5 else (stored_size[1], stored_size[0])
    return boxes_to_upright(boxes, swapped, upright_size)


def boxes_to_upright(boxes: ArrayLike, orientation: int, stored_size: tuple[int, int]) -> Floats:
    """(N, 4) boxes of the file's frame, whose size is (width, height) `stored_size`, in the upright picture."""
    expect(1 <= orientation <= 8, f"orientation must be 1 to 8, but got {orientation}")
    b, (width, height) = as_boxes(boxes), stored_size
    if orientation >= 5:
        b, width, height = b[:, [1, 0, 3, 2]], height, width
    x0, y0, x1, y1 = b.T
    if orientation in (2, 3, 6, 7):
        x0, x1 = width - x1, width - x0
    if orientation in (3, 4, 7, 8):
        y0, y1 = height - y1, height - y0
    return np.stack([x0, y0, x1, y1], axis=1).astype(np.float32)


def enlarge_logits(
    logits: Floats, to_cells: Doubles, extent: ArrayLike, size: tuple[int, int]
) -> tuple[Floats, tuple[int, int]]:
    """One object's logit grid (h, w) in the picture's own pixels, inside `extent` only, and the crop's (x, y) origin.

    to_cells: (2, 3), maps picture to cells, centres at integers + 0.5 on both sides (`MaskLogits.maps`).
    size: (width, height) of the picture. Linear between cell centres (to 1/32 of a cell); its rim reaches on outside.
    A pixel belongs to the object where the logit is at least `logit(cut)`: no exponential is needed to cut.
    """
    x0, y0, x1, y1 = outward(extent, *size)
    if x1 == x0:
        return np.zeros((0, 0), np.float32), (0, 0)
    matrix = np.array(to_cells, np.float64)
    matrix[:, 2] += matrix[:, :2] @ (x0 + 0.5, y0 + 0.5) - 0.5  # cv2 counts whole pixels at integers, from the crop
    crop = cv2.warpAffine(
        np.clip(logits, -LOGIT_RANGE, LOGIT_RANGE).astype(np.float32),
        matrix,
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(crop, np.float32), (x0, y0)


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-logits)), float32, without overflow."""
    if not logits.size:
        return np.zeros(logits.shape, np.float32)
    clipped = np.clip(logits, -LOGIT_RANGE, LOGIT_RANGE).astype(np.float32)
    inverse: Floats = np.asarray(cv2.exp(-clipped), np.float32).reshape(logits.shape)
    inverse += 1
    return np.reciprocal(inverse, out=inverse)


def logit(probability: float) -> float:
    """The logit at which `sigmoid` reaches `probability`: every logit passes 0, only the range's end passes 1."""
    if not 0 < probability < 1:
        return -np.inf if probability <= 0 else LOGIT_RANGE
    return float(np.log(probability / (1 - probability)))


def dilate(mask: Bools, radius: float) -> Bools:
    """(H, W): every pixel whose centre lies within `radius` pixels (Euclid) of the centre of a pixel of the mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows) or radius <= 0:
        return mask.copy()
    reach = int(np.ceil(radius))
    top, bottom = max(int(rows[0]) - reach, 0), int(rows[-1]) + 1 + reach
    left, right = max(int(columns[0]) - reach, 0), int(columns[-1]) + 1 + reach
    window = (slice(top, bottom), slice(left, right))
    distance = cv2.distanceTransform((~mask[window]).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    result = np.zeros_like(mask)
    result[window] = distance <= radius + 1e-3  # the transform's square roots are rounded
    return result
