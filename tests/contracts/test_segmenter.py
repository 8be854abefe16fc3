"""One suite for every segmentation back-end: whatever box or click on whatever picture, the answer is sound masks.

Segment Anything runs on tiny checkpoints of random weights: what a mask should show is asked of the others alone.
"""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from core import geometry, masking
from core.errors import Cancelled, EngineTimeout, InputError
from core.jobs import Job
from core.ports import Segmenter
from core.registry import EngineContext, build
from core.settings import ASSETS
from core.types.boxes import Box
from core.types.image import ImageAsset
from core.types.masks import MaskLogits, Prompt
from tests.checkpoints import sam as checkpoints
from tests.threads import answers_at_once

TRAINED = {"embedded": {}, "embedded without head": {"mask_head": False}}
LOCAL = ("segment_anything", *checkpoints.TRANSFORMERS)
CUT = 0.45
DISC = (300, 180, 90)  # x, y, radius


@pytest.fixture(scope="module", params=TRAINED)
def trained(request: pytest.FixtureRequest, weights_dir: Path) -> Segmenter:
    """An engine with weights that know objects."""
    engine: Segmenter = build("segmentation", "embedded", TRAINED[request.param], EngineContext(weights_dir, ASSETS))
    return engine


@pytest.fixture(scope="module", params=[*TRAINED, *LOCAL])
def segmenter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    if request.param in TRAINED:
        context = EngineContext(request.getfixturevalue("weights_dir"), ASSETS)
        engine: Segmenter = build("segmentation", "embedded", TRAINED[request.param], context)
        return engine
    folder = tmp_path_factory.mktemp("sam")
    if request.param == "segment_anything":
        backend, model = request.param, checkpoints.tiny_original(folder / "tiny.pth")
    else:
        backend, model = "transformers", checkpoints.tiny_transformers(folder / "tiny", request.param)
    engine = build("segmentation", backend, {"model": str(model)}, EngineContext(folder, ASSETS))
    return engine


@pytest.fixture(scope="module")
def disc() -> ImageAsset:
    """A textured orange disc on textured blue."""
    noise = np.random.default_rng(0).integers(-12, 13, (360, 520, 3))
    pixels = np.full((360, 520, 3), (40, 70, 150)) + noise
    y, x = np.mgrid[:360, :520]
    inside = (x - DISC[0]) ** 2 + (y - DISC[1]) ** 2 <= DISC[2] ** 2
    pixels[inside] = (np.full((360, 520, 3), (230, 140, 30)) + noise)[inside]
    return ImageAsset.of(pixels.astype(np.uint8))


def true_disc(scale: float = 1.0) -> np.ndarray:
    y, x = np.mgrid[: round(360 * scale), : round(520 * scale)]
    return np.asarray((x - DISC[0] * scale) ** 2 + (y - DISC[1] * scale) ** 2 <= (DISC[2] * scale) ** 2)


def box_of(x: float, y: float, radius: float) -> Box:
    return x - radius, y - radius, x + radius, y + radius


def full(logits: MaskLogits, row: int, image: ImageAsset) -> np.ndarray:
    """(H, W) bool of the first candidate."""
    size = (image.width, image.height)
    enlarged, (x, y) = geometry.enlarge_logits(logits.logits[row, 0], logits.maps[row], logits.extents[row], size)
    crop = geometry.sigmoid(enlarged)
    result = np.zeros((image.height, image.width), bool)
    result[y : y + crop.shape[0], x : x + crop.shape[1]] = crop >= CUT
    return result


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def check(logits: MaskLogits, image: ImageAsset, prompts: list[Prompt]) -> MaskLogits:
    """What holds for every answer."""
    assert len(logits) == len(prompts) == len(logits.notes) == len(logits.engines)
    assert np.isfinite(logits.logits).all() and np.isfinite(logits.maps).all()
    assert all(engine.name for engine in logits.engines)
    assert (logits.extents[:, :2] >= 0).all()
    assert (logits.extents[:, 2] <= image.width).all() and (logits.extents[:, 3] <= image.height).all()
    assert (np.isnan(logits.quality) | ((logits.quality >= 0) & (logits.quality <= 1))).all()
    for row in range(len(prompts)):
        for cut in (CUT, 0.0):
            mask = masking.cut_mask(logits, row, cut, (image.width, image.height))
            assert mask.size == (image.width, image.height) and 0 <= mask.stability <= 1
            assert mask.full().shape == (image.height, image.width)
    return logits


def test_no_prompt_gives_no_mask(segmenter: Segmenter, disc: ImageAsset) -> None:
    assert len(segmenter.segment(disc, [], Job())) == 0


def test_a_clear_object_is_cut_out_of_its_box(trained: Segmenter, disc: ImageAsset) -> None:
    prompts = [Prompt(box_of(*DISC))]
    logits = check(trained.segment(disc, prompts, Job()), disc, prompts)
    assert iou(full(logits, 0, disc), true_disc()) > 0.88


ODD: dict[str, Box] = {
    "at the corner": (0, 0, 80, 60),
    "partly outside": (-60, -40, 200, 150),
    "far corner outside": (400, 300, 900, 700),
    "one pixel wide": (100, 20, 101, 300),
    "one pixel high": (20, 100, 400, 101),
    "no area": (150, 150, 150, 150),
    "no width": (150, 100, 150, 200),
    "on the edge": (519.5, 100, 520, 200),
    "whole picture": (0, 0, 520, 360),
    "larger than the picture": (-500, -500, 1500, 1500),
    "fractions": (10.3, 20.7, 77.1, 91.9),
    "outside": (600, 400, 700, 500),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_boxes_give_masks_inside_them(trained: Segmenter, disc: ImageAsset, name: str) -> None:
    prompts = [Prompt(ODD[name])]
    mask = full(check(trained.segment(disc, prompts, Job()), disc, prompts), 0, disc)
    x0, y0, x1, y1 = ODD[name]
    grown = np.zeros_like(mask)
    grown[max(0, int(y0) - 2) : max(0, int(y1) + 3), max(0, int(x0) - 2) : max(0, int(x1) + 3)] = True
    assert not (mask & ~grown).any()
    assert mask.any() == (name != "outside")


def test_every_odd_box_is_answered(segmenter: Segmenter, disc: ImageAsset) -> None:
    """One that lies outside with nothing, whatever the cut."""
    prompts = [Prompt(box, points) for box in ODD.values() for points in ((), ((150.0, 150.0, False),))]
    logits = check(segmenter.segment(disc, prompts, Job()), disc, prompts)
    for row, prompt in enumerate(prompts):
        if prompt.box == ODD["outside"]:
            assert logits.notes[row]
            for cut in (0.0, CUT, 1.0):
                assert not masking.cut_mask(logits, row, cut, (520, 360)).area


@pytest.mark.parametrize("box", [(50, 50, 20, 80), (0, 0, np.nan, 9), (0, 0, np.inf, 9)])
def test_what_is_no_box_is_refused(segmenter: Segmenter, disc: ImageAsset, box: Box) -> None:
    with pytest.raises(InputError) as caught:
        segmenter.segment(disc, [Prompt(box)], Job())
    assert caught.value.remedy


@pytest.mark.parametrize("size", [(8, 8), (9, 300), (300, 9)])
def test_tiny_pictures(segmenter: Segmenter, size: tuple[int, int]) -> None:
    image = ImageAsset.of(np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8))
    prompts = [Prompt((0, 0, size[1], size[0])), Prompt((1, 1, 5, 6)), Prompt(None, ((3, 3, True),))]
    check(segmenter.segment(image, prompts, Job()), image, prompts)


def test_flat_pictures_give_a_mask_and_no_error(trained: Segmenter) -> None:
    image = ImageAsset.of(np.full((200, 200, 3), 90, np.uint8))
    prompts = [Prompt((40, 40, 120, 160))]
    assert full(check(trained.segment(image, prompts, Job()), image, prompts), 0, image).any()


def test_clicks_alone_find_the_object_under_them(trained: Segmenter, disc: ImageAsset) -> None:
    x, y, radius = DISC
    prompts = [
        Prompt(None, ((x, y, True),)),
        Prompt(None, ((x, y, True), (x + radius * 0.8, y, True), (20, 20, False))),
    ]
    logits = check(trained.segment(disc, prompts, Job()), disc, prompts)
    for row in range(2):
        mask = full(logits, row, disc)
        assert mask[y, x] and (mask & true_disc()).sum() > 0.9 * mask.sum()


def test_clicks_correct_a_box(trained: Segmenter, disc: ImageAsset) -> None:
    box = box_of(DISC[0], DISC[1], 150)
    kept, dropped = (
        full(trained.segment(disc, [Prompt(box, ((DISC[0], DISC[1] - 120, positive),))], Job()), 0, disc)
        for positive in (True, False)
    )
    place = (DISC[1] - 120, DISC[0])
    assert kept[place] and not dropped[place]


def test_a_click_outside_the_picture_is_refused(segmenter: Segmenter, disc: ImageAsset) -> None:
    with pytest.raises(InputError):
        segmenter.segment(disc, [Prompt(None, ((900.0, 10.0, True),))], Job())


def test_large_pictures_give_the_same_mask_and_stay_fast(trained: Segmenter, disc: ImageAsset) -> None:
    scale = 4000 / 520
    large = ImageAsset.of(cv2.resize(disc.pixels, (4000, round(360 * scale)), interpolation=cv2.INTER_CUBIC))
    prompts = [Prompt(box_of(*(v * scale for v in DISC)))]
    began = time.process_time()
    logits = trained.segment(large, prompts, Job())
    assert time.process_time() - began < 2.0  # of the processor; far more than it takes, far less than a full-size cut
    mask = cv2.resize(full(check(logits, large, prompts), 0, large).astype(np.uint8), (520, 360)).astype(bool)
    assert iou(mask, full(trained.segment(disc, [Prompt(box_of(*DISC))], Job()), 0, disc)) > 0.93
    assert logits.nbytes < 2_000_000


def test_order_and_company_do_not_matter(segmenter: Segmenter, disc: ImageAsset) -> None:
    prompts = [
        Prompt(box_of(*DISC)), Prompt(None, ((260.0, 150.0, True),)), Prompt((0, 0, 520, 360), ((1.0, 1.0, False),)),
        Prompt((10, 10, 90, 200)),
    ]  # fmt: skip
    together = segmenter.segment(disc, prompts, Job())
    for row, prompt in enumerate(prompts):
        np.testing.assert_array_equal(segmenter.segment(disc, [prompt], Job()).logits[0], together.logits[row])


def test_eight_threads_get_the_same_answer(segmenter: Segmenter, disc: ImageAsset) -> None:
    prompts = [Prompt(box_of(*DISC)), Prompt((10, 10, 90, 200))]
    answers = answers_at_once(lambda: segmenter.segment(disc, prompts, Job()).logits.tobytes())
    assert len(answers) == 8 and len(set(answers)) == 1


def test_it_stops_between_prompts(segmenter: Segmenter, disc: ImageAsset) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        segmenter.segment(disc, [Prompt(box_of(*DISC))], job)
    with pytest.raises(EngineTimeout):
        segmenter.segment(disc, [Prompt(box_of(*DISC))] * 200, Job(deadline=time.monotonic() + 0.05))


def test_a_photographed_cat_is_cut_out_of_its_box(trained: Segmenter) -> None:
    image = ImageAsset.of(skimage.data.chelsea())
    mask = full(trained.segment(image, [Prompt((0, 4, 412, 297))], Job()), 0, image)
    assert mask[110:200, 180:280].mean() > 0.95, "its face"
    assert mask[4:60, :12].mean() < 0.2 and 0.4 < mask[4:297, :412].mean() < 0.92, "not its surroundings"


def test_the_status_is_told_without_loading(segmenter: Segmenter) -> None:
    assert segmenter.status().ready
