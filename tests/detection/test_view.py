"""The shared small copy and the way back to the picture's own pixels."""

from __future__ import annotations

import numpy as np
import pytest

from core.detection.embedded.view import SIDE, View
from core.types.image import ImageAsset


def view(height: int, width: int) -> View:
    return View.of(ImageAsset.of(np.zeros((height, width, 3), np.uint8)))


def test_a_small_picture_is_not_copied() -> None:
    one = view(480, 640)
    assert one.rgb is one.image.pixels


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (8, 2000), (2000, 8), (1, 9000)])
def test_a_large_picture_is_bounded_and_never_empty(height: int, width: int) -> None:
    shape = view(height, width).rgb.shape
    assert max(shape) == SIDE and min(shape[:2]) >= 1


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (8, 2000)])
def test_boxes_come_back_to_the_whole_picture_and_stay_inside(height: int, width: int) -> None:
    one = view(height, width)
    h, w = one.rgb.shape[:2]
    boxes = one.to_picture([[0, 0, w, h], [w / 2, h / 2, w + 9, h + 9]], one.rgb)
    assert boxes.tolist() == [[0, 0, width, height], [width / 2, height / 2, width, height]]
