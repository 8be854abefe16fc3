"""Everyday objects on photographs that scikit-image ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data

from core import geometry
from core.detection.embedded.everyday import FLOOR, EverydayObjects
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View
from core.jobs import Job
from core.shared_models.everyday import CLASSES
from core.types.boxes import Basis
from core.types.image import ImageAsset


def find(cache: Path, pixels: np.ndarray, *names: tuple[str, ...], tiles: bool = False) -> Found:
    targets = [Target(Basis.CLASS, n) for n in names]
    return EverydayObjects(cache, tiles).find(View.of(ImageAsset.of(pixels)), targets, Job())


PHOTOS = [
    (skimage.data.chelsea, "cat", 0.47, (0, 4, 414, 296)),
    (skimage.data.astronaut, "person", 0.61, (8, 9, 369, 512)),
    (skimage.data.coffee, "cup", 0.57, (169, 10, 414, 262)),
]


@pytest.mark.parametrize(("photo", "name", "score", "box"), PHOTOS, ids=[p[1] for p in PHOTOS])
def test_photographs(weights_dir: Path, photo, name: str, score: float, box: tuple[int, ...]) -> None:  # type: ignore[no-untyped-def]
    found = find(weights_dir, photo(), (name,))
    best = int(found.scores[:, 0].argmax())
    assert found.scores[best, 0] == pytest.approx(score, abs=0.03)
    assert geometry.iou(found.boxes[best], box)[0, 0] > 0.9
    assert found.labels[best] == name and found.basis == Basis.CLASS and "human" in found.engine.version


def test_all_classes_are_scored_and_a_group_takes_its_best(weights_dir: Path) -> None:
    photo = skimage.data.chelsea()
    found = find(weights_dir, photo, *[(n,) for n in CLASSES], ("dog", "cat", "bird"))
    assert found.scores.shape[1] == 81 and (found.scores.max(1) >= FLOOR).all()
    group = found.scores[:, [CLASSES.index(n) for n in ("dog", "cat", "bird")]].max(1)
    assert (found.scores[:, 80] == group).all()


def test_scores_below_any_useful_threshold_are_kept(weights_dir: Path) -> None:
    found = find(weights_dir, skimage.data.chelsea(), ("dog",))
    assert len(found.boxes) and 0 < found.scores.max() < 0.25, "the nearest miss needs them"


def test_tiles_find_what_is_small_in_a_large_picture(weights_dir: Path) -> None:
    scene = np.full((2200, 2200, 3), 120, np.uint8)
    cat = skimage.data.chelsea()
    scene[1700:2000, 1600:2051] = cat
    truth = (1600, 1700, 2051, 2000)
    best = {}
    for tiles in (False, True):
        found = find(weights_dir, scene, ("cat",), tiles=tiles)
        right = geometry.iou(found.boxes, truth)[:, 0] > 0.5
        best[tiles] = found.scores[right, 0].max(initial=0)
        assert (found.boxes <= 2200).all()
    assert best[True] > best[False]
