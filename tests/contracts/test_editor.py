"""One suite for every editing back-end: what is masked changes, nothing else does, and the result says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, InputError
from core.geometry import dilate
from core.jobs import Job
from core.ports import ImageEditor
from core.registry import EngineContext, allowed_options, build
from core.settings import ASSETS
from core.types.image import ImageAsset
from core.types.masks import Mask, MaskSet
from tests.threads import answers_at_once

BUILT = ("embedded",)
REACH = 0.06  # of the object's size: dilation and rim may go so far, and a few pixels at least
LEAST_REACH = 6.0


@pytest.fixture(scope="module", params=BUILT)
def editor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ImageEditor:
    options = allowed_options("editing", request.param) or {}
    engine: ImageEditor = build("editing", request.param, options, EngineContext(tmp_path_factory.mktemp("c"), ASSETS))
    return engine


@pytest.fixture(scope="module")
def scene() -> ImageAsset:
    """Stripes with noise."""
    y, x = np.mgrid[:240, :320]
    stripes = 120 + 60 * np.sin(x / 4) + np.random.default_rng(0).normal(0, 6, (240, 320)) + 0 * y
    return ImageAsset.of(np.clip(stripes, 0, 255).astype(np.uint8)[..., None].repeat(3, 2))


def disc(x: float, y: float, radius: float, shape: tuple[int, int] = (240, 320)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)


def masks(*bitmaps: np.ndarray) -> MaskSet:
    return MaskSet(tuple(Mask.of(bitmap) for bitmap in bitmaps))


MASKED = {
    "middle": [disc(160, 120, 30)],
    "two": [disc(80, 120, 20), disc(240, 100, 25)],
    "touching": [disc(100, 120, 20), disc(135, 120, 20)],
    "corner": [disc(0, 0, 40)],
    "edge": [disc(320, 120, 40)],
    "one pixel": [disc(50, 50, 0)],
    "scratch": [np.eye(240, 320, 10, dtype=bool)],
    "half the picture": [np.arange(320)[None].repeat(240, 0) < 150],
    "and an empty one": [disc(160, 120, 30), np.zeros((240, 320), bool)],
}


@pytest.mark.parametrize("name", MASKED)
def test_only_what_is_masked_and_its_rim_changes(editor: ImageEditor, scene: ImageAsset, name: str) -> None:
    bitmaps = MASKED[name]
    edited = editor.edit(scene, masks(*bitmaps), "remove it", Job())
    changed = (edited.pixels != scene.pixels).any(-1)
    union = np.logical_or.reduce(bitmaps)
    reach = max(LEAST_REACH, REACH * max(b.sum() for b in bitmaps) ** 0.5)
    assert not (changed & ~dilate(union, reach)).any()
    assert changed[union].mean() > 0.3
    assert edited.digest != scene.digest and edited.digest == ImageAsset.of(edited.pixels).digest
    assert edited.notes != scene.notes, "the picture says that it was changed"


def test_the_picture_given_is_left_as_it_is(editor: ImageEditor, scene: ImageAsset) -> None:
    before = scene.pixels.copy()
    editor.edit(scene, masks(disc(160, 120, 30)), "", Job())
    assert (scene.pixels == before).all()


@pytest.mark.parametrize("given", [MaskSet(), masks(np.zeros((240, 320), bool))])
def test_nothing_masked_is_refused(editor: ImageEditor, scene: ImageAsset, given: MaskSet) -> None:
    with pytest.raises(InputError, match="nothing to fill") as caught:
        editor.edit(scene, given, "remove it", Job())
    assert caught.value.remedy


@pytest.mark.parametrize("share", [0.9, 1.0])
def test_nearly_everything_masked_is_refused(editor: ImageEditor, scene: ImageAsset, share: float) -> None:
    bitmap = np.arange(320)[None].repeat(240, 0) < 320 * share
    with pytest.raises(InputError, match="too little is left") as caught:
        editor.edit(scene, masks(bitmap), "remove it", Job())
    assert caught.value.remedy


def test_a_mask_of_another_picture_is_refused(editor: ImageEditor, scene: ImageAsset) -> None:
    with pytest.raises(InputError, match="size"):
        editor.edit(scene, masks(np.ones((10, 10), bool)), "remove it", Job())


@pytest.mark.parametrize("size", [(8, 8), (8, 400), (400, 8), (20, 20)])
def test_tiny_pictures(editor: ImageEditor, size: tuple[int, int]) -> None:
    image = ImageAsset.of(np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8))
    bitmap = np.zeros(size, bool)
    bitmap[size[0] // 2 - 1 : size[0] // 2 + 1, size[1] // 2 - 1 : size[1] // 2 + 1] = True
    assert editor.edit(image, masks(bitmap), "", Job()).pixels.shape == image.pixels.shape


def test_it_is_the_same_every_time_and_in_every_thread(editor: ImageEditor, scene: ImageAsset) -> None:
    given = masks(disc(160, 120, 25))
    answers = answers_at_once(lambda: editor.edit(scene, given, "", Job()).digest)
    assert len(answers) == 8 and len(set(answers)) == 1


def test_it_stops_in_the_middle(editor: ImageEditor, scene: ImageAsset) -> None:
    job = Job(lambda fraction, text: job.cancel())
    with pytest.raises(Cancelled):
        editor.edit(scene, masks(disc(160, 120, 30)), "", job)


def test_the_status_is_told(editor: ImageEditor, tmp_path: Path) -> None:
    assert editor.status().ready
