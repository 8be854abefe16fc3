"""The everyday net: its peaks against a slow reference, and what it sees on a photograph and on odd pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from core.errors import EngineUnavailable
from core.shared_models.everyday import CLASSES, EverydayNet, letterbox, peaks, shared_net
from core.types.arrays import Pixels
from tests.threads import answers_at_once


@pytest.fixture(scope="module")
def net(weights_dir: Path) -> EverydayNet:
    return shared_net(weights_dir)


@pytest.fixture(scope="module")
def cat() -> Pixels:
    return np.asarray(skimage.data.chelsea(), np.uint8)


def slow_peaks(heat: np.ndarray) -> list[tuple[float, int, int]]:
    found: dict[tuple[int, int], float] = {}
    for plane in heat:
        for y, x in np.ndindex(plane.shape):
            if plane[y, x] == plane[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max() and plane[y, x] > 0:
                found[y, x] = max(found.get((y, x), 0.0), float(plane[y, x]))
    return sorted(((v, *place) for place, v in found.items()), key=lambda f: -f[0])


def test_peaks_are_the_maxima_of_their_neighbourhoods() -> None:
    heat = np.random.default_rng(0).random((5, 9, 12)).astype(np.float32)
    want = [(y, x) for _, y, x in slow_peaks(heat)]
    for keep in (5, 500):
        rows, columns = peaks(heat, keep)
        assert list(zip(rows, columns, strict=True)) == want[:keep]
    assert len(peaks(np.zeros_like(heat), 20)[0]) == 0


def test_the_letterbox_keeps_the_aspect() -> None:
    picture, scale = letterbox(np.full((100, 400, 3), 200, np.uint8))
    assert picture.shape == (1, 3, 512, 512) and scale == 512 / 400
    assert (picture[0, :, :128] == 200).all() and (picture[0, :, 128:] == 0).all()


def test_there_are_eighty_different_classes() -> None:
    assert len(set(CLASSES)) == 80 and CLASSES[0] == "person" and CLASSES[15] == "cat" and CLASSES[79] == "toothbrush"


@pytest.mark.parametrize("scale", [1, 8])
def test_the_cat_is_found_at_any_size(net: EverydayNet, cat: Pixels, scale: int) -> None:
    height, width = cat.shape[0] * scale, cat.shape[1] * scale
    boxes, scores = net.measure(cv2.resize(cat, (width, height), interpolation=cv2.INTER_CUBIC))
    assert boxes.shape == (len(scores), 4) and scores.shape[1] == 80 and 100 < len(boxes) <= 300
    assert (boxes >= 0).all() and (boxes[:, [0, 2]] <= width).all() and (boxes[:, [1, 3]] <= height).all()
    assert (scores >= 0).all() and (scores <= 1).all()
    assert CLASSES[scores[0].argmax()] == "cat" and scores[0].max() > 0.4
    x0, y0, x1, y1 = boxes[0] / scale
    assert x0 < 150 and x1 > 300 and y0 < 60 and y1 > 250


@pytest.mark.parametrize("shape", [(8, 8), (1, 600), (600, 1), (64, 2000)])
def test_odd_pictures_give_boxes_inside(net: EverydayNet, shape: tuple[int, int]) -> None:
    boxes, _ = net.measure(np.random.default_rng(0).integers(0, 255, (*shape, 3)).astype(np.uint8))
    assert np.isfinite(boxes).all() and (boxes >= 0).all()
    assert (boxes[:, 2] <= shape[1]).all() and (boxes[:, 3] <= shape[0]).all()


def test_eight_threads_get_the_same_answer(net: EverydayNet, cat: Pixels) -> None:
    answers = answers_at_once(lambda: b"".join(a.tobytes() for a in net.measure(cat)))
    assert len(answers) == 8 and len(set(answers)) == 1


def test_features_feed_the_mask_head(net: EverydayNet, cat: Pixels) -> None:
    heat, features = net.features(np.ascontiguousarray(cat[20:276, 100:356]))
    assert heat.shape == (80, 64, 64) and features.shape == (128, 64, 64)
    assert heat[CLASSES.index("cat")].max() == heat.max()
    with pytest.raises(ValueError, match="crop must be"):
        net.features(cat)


def test_there_is_one_net_a_cache_and_it_says_what_is_missing(tmp_path: Path) -> None:
    net = shared_net(tmp_path)
    assert net is shared_net(tmp_path)
    with pytest.raises(EngineUnavailable, match="fetched"):
        net.measure(np.zeros((8, 8, 3), np.uint8))
