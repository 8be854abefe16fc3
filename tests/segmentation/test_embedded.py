"""The embedded segmenter's own promises: what it says when weights are missing, and how head and cut work together."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from core.jobs import Job
from core.registry import EngineContext
from core.segmentation import affine
from core.segmentation.clicks import known_box, window_box
from core.segmentation.embedded import CUT, HEAD, EmbeddedSegmenter
from core.segmentation.graph_cut import graph_cut
from core.segmentation.mask_head import MaskHead
from core.segmentation.view import LONGEST, inside, view_of
from core.settings import ASSETS
from core.shared_models.everyday import shared_net
from core.types.boxes import Box
from core.types.image import ImageAsset
from core.types.masks import Prompt

CAT = (0.0, 4.0, 412.0, 297.0)


@pytest.fixture(scope="module")
def cat() -> ImageAsset:
    return ImageAsset.of(skimage.data.chelsea())


def test_the_head_is_the_file_that_its_notes_describe() -> None:
    found = hashlib.sha256((ASSETS / "models" / "mask_head.onnx").read_bytes()).hexdigest()
    assert found in (ASSETS / "models" / "README.md").read_text()


def test_without_weights_the_graph_cut_works_alone_and_says_so(tmp_path: Path, cat: ImageAsset) -> None:
    segmenter = EmbeddedSegmenter(EngineContext(tmp_path, ASSETS))
    logits = segmenter.segment(cat, [Prompt(CAT)], Job())
    assert logits.engines == (CUT,) and "Graph cut alone" in logits.notes[0] and "weights" in logits.notes[0]
    assert (logits.logits > 0).mean() > 0.3
    status = segmenter.status()
    assert status.ready and status.remedy_action == "fetch_weights" and "alone" in status.reason


def test_without_the_head_the_graph_cut_works_alone_and_says_so(
    tmp_path: Path, weights_dir: Path, cat: ImageAsset
) -> None:
    segmenter = EmbeddedSegmenter(EngineContext(weights_dir, tmp_path))
    logits = segmenter.segment(cat, [Prompt(CAT)], Job())
    assert logits.engines == (CUT,) and "mask head" in logits.notes[0]
    assert "mask head is missing" in segmenter.status().reason and segmenter.status().remedy


def test_box_head_and_clicks_each_name_their_engine(weights_dir: Path, cat: ImageAsset) -> None:
    segmenter = EmbeddedSegmenter(EngineContext(weights_dir, ASSETS))
    prompts = [
        Prompt(CAT), Prompt(CAT, ((230, 150, True),)), Prompt(None, ((230, 150, True),)), Prompt((900, 0, 950, 9)),
    ]  # fmt: skip
    logits = segmenter.segment(cat, prompts, Job())
    assert logits.engines == (HEAD, CUT, HEAD, CUT)
    assert logits.notes[0] == "" and "everyday detector" in logits.notes[2] and "outside" in logits.notes[3]
    assert (logits.logits[3] < 0).all()


def test_head_and_cut_have_three_and_one_of_four_parts(
    tmp_path: Path, cat: ImageAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sure(self: MaskHead, rgb: np.ndarray, box: Box) -> tuple[np.ndarray, np.ndarray]:
        return np.ones((256, 256), np.float32), affine.grid_map(box, 256)

    monkeypatch.setattr(MaskHead, "probability", sure)
    context = EngineContext(tmp_path, ASSETS)
    both, alone = (
        1 / (1 + np.exp(-EmbeddedSegmenter(context, mask_head=head).segment(cat, [Prompt(CAT)], Job()).logits[0, 0]))
        for head in (True, False)
    )
    assert both.shape == (256, 256)
    np.testing.assert_allclose(both, 0.75 + 0.25 * alone, atol=1e-3)


def test_the_heads_cells_lie_where_its_map_says(weights_dir: Path, cat: ImageAsset) -> None:
    head = MaskHead(ASSETS / "models" / "mask_head.onnx", shared_net(weights_dir))
    box = (100.0, 60.0, 300.0, 200.0)
    probability, to_cells = head.probability(cat.pixels, box)
    assert probability.shape == (256, 256)
    pixel = affine.moved((200.5, 130.5, 201.5, 130.5), to_cells)  # the pixel at the box's centre, and its neighbour
    assert pixel[:2] == pytest.approx((128.5, 128.5)) and pixel[2] - pixel[0] == pytest.approx(256 / (200 * 1.6))


def test_a_click_on_the_cat_takes_the_detectors_box(weights_dir: Path, cat: ImageAsset) -> None:
    net = shared_net(weights_dir)
    box = known_box(net, cat, [(230, 150, True)])
    assert box is not None and box[0] < 60 and 380 < box[2] < 430
    beside = known_box(net, cat, [(230, 150, True), (400, 100, False)])
    assert beside is None or not (beside[0] <= 400 <= beside[2] and beside[1] <= 100 <= beside[3])
    assert known_box(net, cat, [(0, 0, True), (450, 299, True), (450, 0, True), (230, 150, False)]) is None


def test_the_window_around_clicks_holds_the_positive_ones() -> None:
    image = ImageAsset.of(np.zeros((100, 200, 3), np.uint8))
    x0, y0, x1, y1 = window_box(image, [(50, 50, True), (90, 60, True), (180, 90, False)])
    assert x0 < 50 and x1 > 90 and x1 < 180 and y0 < 50 and y1 > 60
    assert window_box(image, [(180, 90, False)])[2] > 180


@pytest.mark.parametrize(
    ("box", "want"),
    [
        ((10, 20, 30, 40), (10, 20, 30, 40)),
        ((-5, -5, 30, 40), (0, 0, 30, 40)),
        ((10.4, 20, 10.4, 40), (10, 20, 11, 40)),
        ((100, 20, 100, 40), (99, 20, 100, 40)),
        ((0, 0, 0, 0), (0, 0, 1, 1)),
        ((101, 0, 120, 10), None),
        ((-9, 0, -1, 10), None),
    ],
)
def test_boxes_are_brought_inside(box: tuple[float, ...], want: tuple[float, ...] | None) -> None:
    assert inside(box, 100, 80) == want  # type: ignore[arg-type]


def test_a_view_maps_back_to_the_picture() -> None:
    rgb = np.zeros((3000, 4000, 3), np.uint8)
    rgb[1000:1100, 2000:2100] = 255
    view = view_of(rgb, (1500.0, 500.0, 2700.0, 1600.0))
    assert max(view.pixels.shape[:2]) == LONGEST
    x0, y0, x1, y1 = affine.moved((2000, 1000, 2100, 1100), view.to_view)
    bright = view.pixels[..., 0] > 127
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    found = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    np.testing.assert_allclose(found, (x0, y0, x1, y1), atol=1)


def test_maps_chain_and_invert() -> None:
    first = affine.grid_map((10, 20, 50, 100), 256)
    np.testing.assert_allclose(affine.moved((10, 20, 50, 100), first), (0, 0, 256, 256))
    np.testing.assert_allclose(affine.chained(affine.inverted(first), first), np.eye(2, 3), atol=1e-9)


def test_a_cut_that_separates_nothing_gives_the_ellipse_and_says_so() -> None:
    rgb = np.full((100, 100, 3), 80, np.uint8)
    rgb[20:80, 20:80] = (200, 60, 40)
    cut = graph_cut(rgb, (20.0, 20.0, 80.0, 80.0))
    assert not cut.converged and 0.7 < cut.mask.sum() / 60**2 < 0.85


def test_clicks_hold_at_their_place_however_small() -> None:
    rgb = np.full((100, 100, 3), 80, np.uint8)
    rgb[30:70, 30:70] = (200, 60, 40)
    cut = graph_cut(rgb, (10.0, 10.0, 90.0, 90.0), [(16.0, 16.0, True), (50.0, 50.0, False)])
    places = [affine.moved((x, x, x, x), cut.to_window)[:2] for x in (16, 50, 40)]
    assert [bool(cut.mask[int(y), int(x)]) for x, y in places] == [True, False, True]
