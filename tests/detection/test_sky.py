"""The sky by its rule."""

from __future__ import annotations

import numpy as np
import pytest

from core.detection.embedded.lexicon import Target
from core.detection.embedded.sky import Sky
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.types.arrays import Pixels
from core.types.boxes import Basis
from core.types.image import ImageAsset
from tests.detection.pictures import landscape


def find(pixels: Pixels) -> Found:
    return Sky().find(View.of(ImageAsset.of(pixels)), [Target(Basis.PLACE)], Job())


@pytest.mark.parametrize("horizon", [0.25, 0.5, 0.7])
def test_a_blue_gradient_above_dark_ground_is_sky(horizon: float) -> None:
    found = find(landscape(horizon))
    assert found.labels == ("sky",) and found.scores[0, 0] >= 0.5
    assert found.boxes[0] == pytest.approx([0, 0, 400, 300 * horizon], abs=12)


def test_an_overcast_sky() -> None:
    picture = landscape(0.4)
    picture[:120] = np.linspace(200, 240, 120)[:, None, None]
    assert find(picture).scores.max() >= 0.5


@pytest.mark.parametrize(
    "picture",
    [landscape(0.5)[::-1], np.full((300, 400, 3), 225, np.uint8), landscape(0.98)],
    ids=["below the ground", "a white wall", "blue to the bottom"],
)
def test_what_is_no_sky_stays_below_the_threshold(picture: Pixels) -> None:
    assert find(np.ascontiguousarray(picture)).scores.max(initial=0) < 0.5


def test_a_ceiling_that_is_darker_than_the_room_is_no_sky() -> None:
    picture = landscape(0.5)
    picture[:150] = (95, 110, 140)
    picture[150:] = np.clip(picture[150:].astype(int) + 140, 0, 255)
    assert 0 < find(picture).scores.max() < 0.5, "measured, and below the threshold"


def test_rough_blue_is_no_sky() -> None:
    picture = landscape(0.5)
    rng = np.random.default_rng(2)
    picture[:150] = np.clip(picture[:150] + rng.normal(0, 60, (150, 400, 1)), 0, 255).astype(np.uint8)
    assert find(picture).scores.max(initial=0) < 0.5
