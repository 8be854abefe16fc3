"""What stands out, offered as a suggestion."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from core import geometry
from core.detection.embedded.salient import MOST, measure, suggest
from core.detection.embedded.view import View
from core.types.image import ImageAsset
from tests.detection.pictures import painted


def test_a_coloured_thing_on_plain_ground_stands_out() -> None:
    picture = painted({(240, 160, 400, 320): (200, 40, 40)})
    found = suggest(View.of(ImageAsset.of(picture)), "gnome")
    assert geometry.iou(found[0].box, (240, 160, 400, 320))[0, 0] > 0.7
    assert found[0].phrase == "gnome" and 0.5 < found[0].score <= 1


def test_suggestions_are_few_sorted_and_in_the_pictures_pixels() -> None:
    shapes = {(60 + 150 * i, 80 + 60 * (i % 2), 140 + 150 * i, 200 + 60 * (i % 2)): (40 * i, 30, 220 - 40 * i)
              for i in range(4)}  # fmt: skip
    large = np.kron(painted(shapes), np.ones((3, 3, 1), np.uint8))
    found = suggest(View.of(ImageAsset.of(large)), "gnome")
    assert 0 < len(found) <= MOST
    assert max(s.box[2] for s in found) > 640, "in the pixels of the large picture"


@pytest.mark.parametrize("picture", [np.full((200, 300, 3), 90, np.uint8), np.zeros((9, 9, 3), np.uint8)])
def test_nothing_stands_out_of_nothing(picture: np.ndarray) -> None:
    assert suggest(View.of(ImageAsset.of(picture)), "gnome") == ()


def test_saliency_is_a_map_from_0_to_1() -> None:
    values = measure(np.ascontiguousarray(skimage.data.coffee()[::2, ::2]))
    assert values is not None and values.shape == (200, 300)
    assert values.min() == 0 and values.max() == pytest.approx(1)
