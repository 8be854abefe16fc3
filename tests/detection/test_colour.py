"""Regions of a named colour."""

from __future__ import annotations

import pytest

from core.detection.embedded.colour import ColourRegions
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.types.arrays import Pixels
from core.types.boxes import Basis
from core.types.image import ImageAsset
from tests.detection.pictures import painted

RED, BLUE, GREEN, WHITE = (210, 25, 30), (20, 60, 210), (30, 150, 50), (250, 250, 250)


def find(pixels: Pixels, *colours: tuple[str, ...]) -> Found:
    targets = [Target(Basis.COLOUR, c) for c in colours]
    return ColourRegions().find(View.of(ImageAsset.of(pixels)), targets, Job())


def test_each_colour_is_found_in_its_own_column() -> None:
    picture = painted({(100, 100, 220, 240): RED, (400, 200, 520, 330): BLUE})
    found = find(picture, ("red",), ("blue",), ("green",))
    assert found.labels == ("red", "blue")
    assert found.boxes[0] == pytest.approx([100, 100, 220, 240], abs=4)
    assert found.boxes[1] == pytest.approx([400, 200, 520, 330], abs=4)
    assert (found.scores > 0).tolist() == [[True, False, False], [False, True, False]]


def test_a_larger_picture_gives_boxes_in_its_own_pixels() -> None:
    found = find(painted({(1000, 800, 1900, 1500): GREEN}, 3000, 2200), ("green",))
    assert found.boxes[0] == pytest.approx([1000, 800, 1900, 1500], abs=16)


def test_the_larger_and_more_central_region_leads() -> None:
    picture = painted({(280, 180, 380, 300): RED, (10, 10, 60, 60): RED})
    found = find(picture, ("red",))
    assert found.boxes[0][0] == pytest.approx(280, abs=4)
    assert found.scores[0, 0] > 0.35 > found.scores[1, 0]


def test_ground_that_fills_the_picture_scores_low() -> None:
    walls = painted({(0, 0, 640, 480): GREEN, (280, 200, 360, 280): RED})
    found = find(walls, ("green",), ("red",))
    scores = {label: float(score.max()) for label, score in zip(found.labels, found.scores, strict=True)}
    assert scores["red"] > scores["green"]


def test_two_colours_are_one_thing_that_carries_both() -> None:
    stripes = {(200, 150 + 20 * i, 400, 170 + 20 * i): (RED if i % 2 else WHITE) for i in range(8)}
    found = find(painted(stripes), ("red", "white"))
    assert found.boxes[0] == pytest.approx([200, 150, 400, 310], abs=5)
    assert found.labels[0] == "red and white"


def test_specks_are_no_regions() -> None:
    assert len(find(painted({(300, 200, 308, 208): RED}), ("red",)).boxes) == 0
