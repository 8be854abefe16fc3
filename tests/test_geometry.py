"""Arithmetic on boxes and masks, against slow and obvious references."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core import geometry
from tests.orientations import array_to_upright

CORNER = st.floats(-20, 60, width=32)
BOX = st.tuples(CORNER, CORNER, CORNER, CORNER).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)
BOXES = st.lists(BOX, min_size=1, max_size=6)
INTEGER_BOX = st.tuples(*[st.integers(0, 12)] * 4).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)


def painted(box: tuple[int, int, int, int]) -> np.ndarray:
    grid = np.zeros((12, 12), bool)
    grid[box[1] : box[3], box[0] : box[2]] = True
    return grid


@given(INTEGER_BOX, INTEGER_BOX)
def test_iou_counts_pixels(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> None:
    pa, pb = painted(a), painted(b)
    union = (pa | pb).sum()
    want = (pa & pb).sum() / union if union else 0.0
    assert geometry.iou([a], [b])[0, 0] == pytest.approx(want, abs=1e-6)


@given(BOXES, st.floats(0.1, 0.9))
def test_kept_boxes_do_not_overlap_and_the_others_do(boxes: list[tuple[float, ...]], limit: float) -> None:
    scores = [1 / (n + 1) for n in range(len(boxes))]
    kept = [int(i) for i in geometry.nms(boxes, scores, limit)]
    overlap = geometry.iou(boxes, boxes)
    assert kept == sorted(kept)  # best score first
    for i in kept:
        assert all(overlap[i, j] <= limit for j in kept if j != i)
    for gone in set(range(len(boxes))) - set(kept):
        assert any(overlap[gone, k] > limit for k in kept if k < gone)


@given(BOXES)
def test_clipped_boxes_lie_inside_and_are_never_inverted(boxes: list[tuple[float, ...]]) -> None:
    clipped = geometry.clip(boxes, 30, 20)
    assert (clipped >= 0).all() and (clipped[:, 2] <= 30).all() and (clipped[:, 3] <= 20).all()
    assert (clipped[:, 2:] >= clipped[:, :2]).all()


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0, 0, 10, 10), "top left"),
        ((45, 45, 55, 55), "center"),
        ((90, 40, 100, 60), "right"),
        ((40, 90, 60, 99), "bottom"),
    ],
)
def test_places_are_thirds_of_the_picture(box: tuple[int, int, int, int], place: str) -> None:
    assert geometry.place(box, 100, 100) == place


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_turn_with_their_pixels(orientation: int) -> None:
    stored = np.zeros((20, 30), bool)
    stored[3:8, 5:17] = True
    upright = array_to_upright(stored, orientation)
    rows, columns = np.flatnonzero(upright.any(1)), np.flatnonzero(upright.any(0))
    want = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    turned = geometry.boxes_to_upright([(5, 3, 17, 8)], orientation, (30, 20))
    assert tuple(turned[0]) == want
    assert tuple(geometry.boxes_to_stored(turned, orientation, (30, 20))[0]) == (5, 3, 17, 8)


def slow_value(grid: np.ndarray, x: float, y: float) -> float:
    """Bilinear between cell centres; the rim's cells reach on outside."""
    height, width = grid.shape
    u, v = x - 0.5, y - 0.5
    c, r = math.floor(u), math.floor(v)
    fx, fy = u - c, v - r
    at = lambda row, column: float(grid[min(max(row, 0), height - 1), min(max(column, 0), width - 1)])  # noqa: E731
    top = at(r, c) * (1 - fx) + at(r, c + 1) * fx
    bottom = at(r + 1, c) * (1 - fx) + at(r + 1, c + 1) * fx
    return top * (1 - fy) + bottom * fy


def test_logits_are_enlarged_as_slow_interpolation_says() -> None:
    grid = np.random.default_rng(3).normal(0, 2, (6, 8)).astype(np.float32)
    to_cells = np.array([[0.25, 0, -1.0], [0, 0.2, -0.5]])
    crop, (x0, y0) = geometry.enlarge_logits(grid, to_cells, (3, 4, 33, 30), (40, 35))
    assert (x0, y0) == (3, 4) and crop.shape == (26, 30)
    for y in range(0, 26, 5):
        for x in range(0, 30, 7):
            column, row = to_cells @ (x + x0 + 0.5, y + y0 + 0.5, 1)
            assert crop[y, x] == pytest.approx(slow_value(grid, column, row), abs=0.15)  # cv2 works to 1/32 of a cell


def test_nothing_outside_the_picture_is_enlarged() -> None:
    crop, _ = geometry.enlarge_logits(np.ones((4, 4), np.float32), np.eye(2, 3), (50, 50, 60, 60), (40, 40))
    assert crop.size == 0


@given(arrays(bool, (9, 11)), st.floats(0, 4))
def test_dilation_reaches_every_pixel_within_the_radius(mask: np.ndarray, radius: float) -> None:
    grown = geometry.dilate(mask, radius)
    ys, xs = np.nonzero(mask)
    for y in range(9):
        for x in range(11):
            nearest = min((math.hypot(y - a, x - b) for a, b in zip(ys, xs, strict=True)), default=math.inf)
            if abs(nearest - radius) > 1e-3:
                assert grown[y, x] == (nearest <= radius)


@given(st.floats(0.001, 0.999))
def test_logit_and_sigmoid_are_inverse(probability: float) -> None:
    assert geometry.sigmoid(np.array([[geometry.logit(probability)]], np.float32))[0, 0] == pytest.approx(
        probability, abs=1e-5
    )
