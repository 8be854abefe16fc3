"""Outlines: they cover the mask's own pixels, holes and parts included, and stay small."""

from __future__ import annotations

import re
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.contours import MOST_POINTS, path_data, pixel_edges, polygons
from core.types.masks import Mask


def filled(outlines: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: the pixels whose centre lies inside by the even-odd rule."""
    width, height = size
    y, x = np.mgrid[:height, :width] + 0.5
    inside = np.zeros((height, width), bool)
    for outline in outlines:
        for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, 0), strict=True):
            if y0 != y1:
                inside ^= ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def iou(mask: Mask) -> float:
    want, got = mask.full(), filled(polygons(mask), mask.size)
    return float((want & got).sum() / (want | got).sum())


def blob(seed: int, size: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(size, size))
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), size / 10) > 0)


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
@settings(deadline=None)
def test_the_edges_of_any_bitmap_enclose_exactly_its_pixels(bitmap: np.ndarray) -> None:
    assert np.array_equal(filled(pixel_edges(bitmap), bitmap.shape[::-1]), bitmap)


def test_one_pixel_is_a_square() -> None:
    bits = np.zeros((40, 60), bool)
    bits[30, 50] = True
    (square,) = polygons(Mask.of(bits))
    assert {tuple(p) for p in square.tolist()} == {(50, 30), (51, 30), (51, 31), (50, 31)}
    assert iou(Mask.of(bits)) == 1


def test_a_mask_that_fills_the_picture_touches_its_border() -> None:
    (frame,) = polygons(Mask.of(np.ones((30, 50), bool)))
    assert frame.min(0).tolist() == [0, 0] and frame.max(0).tolist() == [50, 30] and len(frame) == 4


def test_holes_and_parts_are_contours_of_their_own() -> None:
    bits = np.zeros((200, 300), bool)
    bits[20:120, 20:120] = True
    bits[50:80, 50:80] = False
    bits[60:70, 60:70] = True  # a part inside the hole
    bits[150:190, 200:290] = True
    assert len(polygons(Mask.of(bits))) == 4
    assert iou(Mask.of(bits)) == 1
    assert not filled(polygons(Mask.of(bits)), (300, 200))[55, 55]


@pytest.mark.parametrize("size", [40, 120, 400])
@pytest.mark.parametrize("seed", range(4))
def test_blobs_of_every_size_are_followed(seed: int, size: int) -> None:
    assert iou(Mask.of(blob(seed, size))) >= 0.97


def test_large_outlines_take_few_points() -> None:
    disc = cv2.circle(np.zeros((1000, 1000), np.uint8), (500, 500), 450, 1, -1).astype(bool)
    (circle,) = polygons(Mask.of(disc))
    assert len(circle) < 400
    assert np.abs(np.hypot(*(circle - 500.5).T) - 450).max() < 1.5


def test_a_thin_diagonal_line_is_not_lost() -> None:
    line = np.eye(3000, dtype=bool)
    assert 3 <= sum(map(len, polygons(Mask.of(line)))) <= MOST_POINTS
    assert np.ptp(np.concatenate(polygons(Mask.of(line))), axis=0).tolist() == [3000, 3000]


@pytest.mark.parametrize("share", [0.02, 0.4])
@pytest.mark.parametrize("side", [600, 2500])
def test_noise_is_bounded(side: int, share: float) -> None:
    noise = np.random.default_rng(0).random((side, side)) < share
    start = time.process_time()
    found = polygons(Mask.of(noise))
    assert found and sum(map(len, found)) <= MOST_POINTS
    assert time.process_time() - start < 5


def test_nothing_has_no_outline() -> None:
    assert polygons(Mask.of(np.zeros((5, 5), bool))) == []
    assert set(path_data(Mask.of(np.zeros((5, 5), bool)))) == {""}


def test_path_data_draws_the_same_polygons_where_the_mask_lies() -> None:
    mask = Mask.of(blob(1, 90), origin=(300, 200), size=(500, 400))
    drawn = []
    for x, y, steps in re.findall(r"M([\d.]+) ([\d.]+)l([-\d. ]+)z", path_data(mask)[0]):
        moves = np.array(steps.split(), float).reshape(-1, 2)
        drawn.append(np.cumsum(np.concatenate([[[float(x), float(y)]], moves]), 0))
    assert all(np.array_equal(a, b) for a, b in zip(drawn, polygons(mask), strict=True))
    assert min(p.min() for p in drawn) >= 200
    assert path_data(mask) is path_data(mask)  # made once


def test_coarser_levels_take_fewer_points_and_stay_near() -> None:
    turn = np.linspace(0, 2 * np.pi, 720)
    radius = 1000 + np.random.default_rng(0).normal(0, 4, 720)
    ragged = (np.stack([np.cos(turn) * radius, np.sin(turn) * radius], 1) + 1100).astype(np.int32)
    bits = cv2.fillPoly(np.zeros((2200, 2200), np.uint8), [ragged], 1).astype(bool)
    fine, _, middle, coarse = path_data(Mask.of(bits))
    assert len(fine) > 2 * len(middle) > 4 * len(coarse) > 0
    corners = np.cumsum(np.array(coarse.strip("Mz").replace("l", " ").split(), float).reshape(-1, 2), 0)
    assert np.abs(np.hypot(*(corners - 1100).T) - 1000).max() < 20
