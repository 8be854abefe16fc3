"""Codes written by zxing-cpp, read back upright, turned, small, and several at once."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data
from zxingcpp import BarcodeFormat

from core.detection.embedded.codes import Codes
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.types.arrays import Pixels
from core.types.boxes import Basis
from core.types.image import ImageAsset
from tests.detection.pictures import coded, placed

KINDS = {
    "qr code": (BarcodeFormat.QRCode, "https://example.org/42"),
    "barcode": (BarcodeFormat.Code128, "PARCEL-0042"),
}


def find(pixels: Pixels, *names: str, thorough: bool = True) -> Found:
    targets = [Target(Basis.CODE, (n,)) for n in names or ("code",)]
    return Codes(thorough).find(View.of(ImageAsset.of(pixels)), targets, Job())


def turned(pixels: Pixels, angle: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderValue=(190, 190, 190)), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("angle", [0, 20, 45, 90, 130])
def test_codes_are_decoded_at_any_angle(kind: str, angle: float) -> None:
    form, content = KINDS[kind]
    part = coded(content, form, 3)
    x, y = (640 - part.shape[1]) // 2, (480 - part.shape[0]) // 2
    found = find(turned(placed({(x, y): part}), angle))
    assert found.labels == (content,) and found.scores.tolist() == [[1.0]]
    centre = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
    assert centre == pytest.approx([320, 240], abs=60)


def test_two_codes_and_only_the_kind_asked_for() -> None:
    parts = {(20, 20): coded(KINDS["qr code"][1], BarcodeFormat.QRCode, 3),
             (200, 300): coded(KINDS["barcode"][1], BarcodeFormat.Code128, 2)}  # fmt: skip
    found = find(placed(parts), "qr code", "barcode", "code")
    rows = dict(zip(found.labels, found.scores.tolist(), strict=True))
    assert rows == {KINDS["qr code"][1]: [1, 0, 1], KINDS["barcode"][1]: [0, 1, 1]}
    assert find(placed(parts), "barcode").labels == (KINDS["barcode"][1],)


def test_the_same_content_thrice_is_three_codes() -> None:
    part = coded("same", BarcodeFormat.QRCode, 4)
    found = find(placed({(30, 30): part, (400, 30): part, (30, 300): part}))
    assert found.labels == ("same",) * 3


def test_a_small_code_in_a_large_picture_needs_every_pixel() -> None:
    scene = placed({(2900, 2300): coded("far away", BarcodeFormat.QRCode, 2)}, 3600, 2700)
    found = find(scene)
    assert found.labels == ("far away",)
    assert found.boxes[0] == pytest.approx([2908, 2308, 2950, 2350], abs=16)
    assert find(scene, thorough=False).labels == ()


def test_no_code_in_a_photograph() -> None:
    assert find(skimage.data.astronaut()).labels == ()
