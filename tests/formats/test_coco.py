"""COCO: pycocotools reads what we write, and every mask comes back bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as compiled
from pycocotools.coco import COCO

from core.formats.bundle import json_bytes
from core.formats.coco import Annotated, coco, rle, run_lengths
from core.types.masks import Mask
from tests.formats.turns import PICTURE, finished

BITMAPS = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(lambda shape: arrays(bool, shape))


@given(BITMAPS)
def test_run_lengths_come_back_bit_for_bit(bits: np.ndarray) -> None:
    mask = Mask.of(bits)
    assert sum(run_lengths(mask)) == bits.size
    assert rle(mask)["counts"].encode() == compiled.encode(np.asfortranarray(bits, np.uint8))["counts"]
    assert np.array_equal(compiled.decode(rle(mask)).astype(bool), bits)


@given(BITMAPS, st.integers(0, 5), st.integers(0, 5))
def test_a_crop_lies_where_it_was_cut(bits: np.ndarray, x: int, y: int) -> None:
    size = (x + bits.shape[1] + 3, y + bits.shape[0] + 2)
    full = np.zeros((size[1], size[0]), bool)
    full[y : y + bits.shape[0], x : x + bits.shape[1]] = bits
    mask = Mask.of(bits, origin=(x, y), size=size)
    assert np.array_equal(mask.full(), full)
    assert np.array_equal(compiled.decode(rle(mask)).astype(bool), full)


def test_pycocotools_reads_the_file(tmp_path: Path) -> None:
    turn = finished()
    file = tmp_path / "coco.json"
    file.write_bytes(json_bytes(coco([Annotated(PICTURE, turn.detections, turn.masks)])))
    truth = COCO(str(file))
    assert [c["name"] for c in truth.loadCats(truth.getCatIds())] == ["cat", "dog"]
    assert len(truth.anns) == 2
    for annotation, detection, mask in zip(truth.anns.values(), turn.detections.items, turn.masks.items, strict=True):
        assert np.array_equal(truth.annToMask(annotation).astype(bool), mask.full())
        x0, y0, x1, y1 = detection.box
        assert annotation["bbox"] == [x0, y0, x1 - x0, y1 - y0]
        assert annotation["area"] == mask.area
        assert (annotation["basis"], annotation["engine"]) == (detection.basis, detection.engine.name)


def test_detections_load_as_results(tmp_path: Path) -> None:
    turn = finished()
    file = tmp_path / "coco.json"
    file.write_bytes(json_bytes(coco([Annotated(PICTURE, turn.detections, turn.masks)])))
    truth = COCO(str(file))
    results = [{k: a[k] for k in ("image_id", "category_id", "bbox", "score")} for a in truth.anns.values()]
    loaded = truth.loadRes(results)
    assert sorted(a["score"] for a in loaded.anns.values()) == [0.8, 0.9]


def test_masks_load_as_results_bit_for_bit(tmp_path: Path) -> None:
    """Two pictures, one of them without masks: ids stay unique, categories are shared."""
    turn, boxes = finished(), finished("where are the cat and the dog")
    pictures = [Annotated(PICTURE, t.detections, t.masks, f"{n}.png") for n, t in enumerate((turn, boxes))]
    told = coco(pictures)
    file = tmp_path / "coco.json"
    file.write_bytes(json_bytes(told))
    truth = COCO(str(file))
    assert len(truth.anns) == 4 and len(truth.imgs) == 2 and len(truth.cats) == 2
    loaded = truth.loadRes(json.loads(file.read_bytes())["annotations"])
    for number, mask in enumerate(turn.masks.items, 1):
        assert np.array_equal(loaded.annToMask(loaded.anns[number]).astype(bool), mask.full())
    assert loaded.annToMask(loaded.anns[3])[40, 40] == 1  # the box's outline


def test_a_box_without_a_mask_says_so_and_keeps_its_outline() -> None:
    turn = finished("where are the cat and the dog")
    (first, _) = coco([Annotated(PICTURE, turn.detections, turn.masks)])["annotations"]
    assert first["has_mask"] is False
    assert first["segmentation"] == [[10.0, 10.0, 90.0, 10.0, 90.0, 70.0, 10.0, 70.0]]
    assert json.loads(json_bytes(first))["area"] == 80 * 60
