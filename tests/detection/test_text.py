"""Printed text, drawn by the tests."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from core.detection.embedded.lexicon import Target
from core.detection.embedded.text import PrintedText, _sized
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.types.boxes import Basis
from core.types.image import ImageAsset
from tests.detection.pictures import written

LINES = ["Platform nine", "Departure 18:30", "Mind the gap"]


@pytest.fixture(scope="module")
def reader() -> PrintedText:
    return PrintedText()


def find(reader: PrintedText, image: ImageAsset) -> Found:
    return reader.find(View.of(image), [Target(Basis.TEXT)], Job())


@pytest.mark.parametrize("size", [10, 28])
def test_lines_are_read_and_placed(reader: PrintedText, size: int) -> None:
    found = find(reader, written(LINES, size))
    assert sorted(found.labels) == sorted(LINES)
    assert found.scores.min() > 0.8 and found.engine.version.startswith("rapidocr")
    first = found.boxes[found.labels.index(LINES[0])]
    assert first[0] == pytest.approx(40, abs=size / 2) and first[1] == pytest.approx(40, abs=size / 2)


def test_a_large_page_is_read_in_its_own_pixels(reader: PrintedText) -> None:
    found = find(reader, written(LINES, 90, 3000, 2000))
    assert sorted(found.labels) == sorted(LINES)
    last = found.boxes[found.labels.index(LINES[2])]
    assert last[1] == pytest.approx(40 + 4 * 90, abs=50)


def test_a_strip_with_one_line(reader: PrintedText) -> None:
    strip = written(["Departure 18:30"], 24, 600, 110)
    assert find(reader, strip).labels == ("Departure 18:30",)


@pytest.mark.parametrize(
    ("width", "height", "short", "long"),
    [(640, 480, 736, 981), (300, 300, 736, 736), (3000, 2000, 853, 1280), (2000, 8, 5, 1280)],
)
def test_small_pictures_are_enlarged_and_large_ones_bounded(width: int, height: int, short: int, long: int) -> None:
    shape = _sized(View.of(ImageAsset.of(np.zeros((height, width, 3), np.uint8)))).shape
    assert sorted(shape[:2]) == [short, long]


def test_turned_text(reader: PrintedText) -> None:
    turned = cv2.rotate(written(LINES).pixels, cv2.ROTATE_180)
    assert sorted(find(reader, ImageAsset.of(np.asarray(turned, np.uint8))).labels) == sorted(LINES)


def test_single_characters_that_the_reader_doubts_are_dropped() -> None:
    class Doubting:
        def __call__(self, picture: np.ndarray, text_score: float) -> object:
            corners = np.array([[0, 0], [10, 0], [10, 10], [0, 10]])
            return type("Read", (), {"boxes": [corners] * 4, "txts": ("O", "8", "ox", "exit"),
                                     "scores": (0.9, 0.97, 0.94, 0.7)})  # fmt: skip

    reader = PrintedText()
    reader._reader = Doubting()
    assert find(reader, written([])).labels == ("8", "exit")


@pytest.mark.parametrize("photo", [skimage.data.coffee, skimage.data.chelsea], ids=["coffee", "cat"])
def test_photographs_without_text_give_none(reader: PrintedText, photo) -> None:  # type: ignore[no-untyped-def]
    assert len(find(reader, ImageAsset.of(photo())).boxes) == 0
