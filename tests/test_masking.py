"""Masks whose edge is moved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from core.masking import grown
from core.types.masks import Mask


def disc(width: int = 80, height: int = 60, radius: float = 12.0, at: tuple[int, int] = (40, 30)) -> Mask:
    y, x = np.mgrid[:height, :width]
    return Mask.of((x - at[0]) ** 2 + (y - at[1]) ** 2 <= radius**2)


@pytest.mark.parametrize("pixels", [1, 3, 7, -1, -3, -7])
def test_the_edge_moves_by_so_many_pixels_everywhere(pixels: int) -> None:
    mask = disc()
    bits = mask.full()
    distance = ndimage.distance_transform_edt(~bits if pixels > 0 else bits)
    wanted = distance <= pixels if pixels > 0 else distance > -pixels
    assert np.array_equal(grown(mask, pixels).full(), wanted)


def test_growing_stops_at_the_picture_and_shrinking_does_not_begin_there() -> None:
    whole = Mask.of(np.ones((20, 30), bool))
    assert grown(whole, 5).area == 600
    assert grown(whole, -5).area == 600
    half = np.zeros((20, 30), bool)
    half[:, :15] = True
    assert np.flatnonzero(grown(Mask.of(half), -5).full()[0]).tolist() == list(range(10))


def test_nothing_is_left_of_a_small_mask_shrunk_far_and_nothing_grows_from_nothing() -> None:
    assert grown(disc(radius=3), -10).area == 0
    empty = Mask.of(np.zeros((5, 5), bool))
    assert grown(empty, 3) is empty
    same = disc()
    assert grown(same, 0.3) is same
