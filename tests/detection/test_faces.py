"""Faces: the net, and the cascade that stands in where its weights are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data

from core import geometry
from core.detection.embedded.faces import FLOOR, HAAR, SIDE, Faces, anchors, decode
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.types.boxes import Basis
from core.types.image import ImageAsset

ASTRONAUT = (173, 75, 277, 178)


def find(cache: Path, pixels: np.ndarray) -> Found:
    return Faces(cache).find(View.of(ImageAsset.of(pixels)), [Target(Basis.FACE)], Job())


def test_the_astronauts_face(weights_dir: Path) -> None:
    found = find(weights_dir, skimage.data.astronaut())
    best = int(found.scores[:, 0].argmax())
    assert found.scores[best, 0] == pytest.approx(0.88, abs=0.03)
    assert geometry.iou(found.boxes[best], ASTRONAUT)[0, 0] > 0.95


def test_no_face_in_a_cup_of_coffee(weights_dir: Path) -> None:
    assert find(weights_dir, skimage.data.coffee()).scores.max(initial=0) < 0.7


def test_a_narrow_picture_is_letterboxed(weights_dir: Path) -> None:
    left, right = 150, 300
    found = find(weights_dir, np.ascontiguousarray(skimage.data.astronaut()[:400, left:right]))
    best = found.boxes[found.scores[:, 0].argmax()]
    shifted = np.array(ASTRONAUT) - [left, 0, left, 0]
    assert geometry.iou(best, shifted)[0, 0] > 0.7


def test_without_weights_the_cascade_finds_it_and_says_so(tmp_path: Path) -> None:
    found = find(tmp_path, skimage.data.astronaut())
    assert found.engine == HAAR and "python -m core weights" in found.engine.note
    best = int(found.scores[:, 0].argmax())
    assert found.scores[best, 0] > 0.8 and geometry.iou(found.boxes[best], ASTRONAUT)[0, 0] > 0.5


def test_anchors_lie_at_cell_centres() -> None:
    centres = anchors()
    assert centres.shape == (896, 2)
    assert centres[0].tolist() == [8, 8] and centres[2].tolist() == [24, 8]
    assert centres[512].tolist() == [16, 16] and centres[-1].tolist() == [240, 240]
    assert centres.max() < SIDE


def test_candidates_of_one_face_become_their_weighted_mean() -> None:
    raw = [np.full((1, 2, 16, 16), -50, np.float32), np.full((1, 6, 8, 8), -50, np.float32),
           np.zeros((1, 32, 16, 16), np.float32), np.zeros((1, 96, 8, 8), np.float32)]  # fmt: skip
    raw[0][0, :, 4, 4] = 2.0, 0.0  # two anchors of one cell: sigmoid .88 and .5
    raw[2][0, [2, 3, 18, 19], 4, 4] = 40.0  # both 40 pixels wide and high
    raw[2][0, 16, 4, 4] = 8.0  # the weaker one 8 pixels to the right
    boxes, scores = decode(raw)
    assert scores.tolist() == pytest.approx([0.8808], abs=1e-3) and scores[0] > FLOOR
    shift = 8 * 0.5 / (0.5 + 0.8808)
    assert boxes[0].tolist() == pytest.approx([52 + shift, 52, 92 + shift, 92], abs=0.01)
