"""A quick look of a slow Grounding DINO: when there is one, and what it measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data

from core.detection import grounding_dino
from core.detection.grounding_dino import Grounding
from core.jobs import Job
from core.shared_models.everyday import CLASSES
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from tests.checkpoints.grounding_dino import Make, maker

SIDES: dict[str, dict[str, int]] = {"groundingdino": {}, "transformers": {"side": 800, "longest": 1333}}


@pytest.fixture(scope="module", params=SIDES)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def make_large(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Whose frames have 800 px, as the published ones'."""
    return maker(backend, tmp_path_factory.mktemp(backend), **SIDES[backend])


@pytest.fixture(scope="module")
def cat() -> ImageAsset:
    return ImageAsset.of(np.ascontiguousarray(skimage.data.chelsea()[::2, ::2]))


def _seen(detector: Grounding, ask: Callable[[], Proposals | None]) -> tuple[Proposals | None, list[int]]:
    """The answer, and the shortest side of the frames that the model saw."""
    module, sides = detector.model.get(Job()).module, []

    def look(module: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        sides.append(min((inputs[0] if inputs else named["pixel_values"]).shape[-2:]))

    hook = module.register_forward_pre_hook(look, with_kwargs=True)
    try:
        return ask(), sides
    finally:
        hook.remove()


def test_a_slow_detector_has_a_coarser_preview(make_large: Make, cat: ImageAsset) -> None:
    slow = make_large(preview_seconds=0.0)
    full, sides = _seen(slow, lambda: slow.propose(cat, ("dog",), Job()))
    assert sides == [800]
    preview, sides = _seen(slow, lambda: slow.preview(cat, ("dog",), Job()))
    assert sides == [384] and full is not None and preview is not None
    assert "preview at 384 px" in preview.engines[0].note and preview.engines[0].name == slow.name
    assert preview.captions == full.captions and preview.digest != full.digest
    assert preview.boxes.max() > 120, "in the picture's pixels, which has 226 x 150"
    assert slow.propose(cat, ("dog",), Job()).digest == full.digest


def test_a_quick_detector_has_no_preview(make_large: Make, cat: ImageAsset) -> None:
    quick = make_large(preview_seconds=60.0)
    quick.propose(cat, ("dog",), Job())
    assert quick.preview(cat, ("dog",), Job()) is None
    assert make_large(preview_seconds=0.0).preview(cat, ("dog",), Job()) is None, "a tiny model is expected to be quick"


def test_before_the_first_pass_a_large_model_on_the_cpu_is_expected_to_be_slow(
    make_large: Make, cat: ImageAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounding_dino, "FULL_PARAMETERS", 1000)
    assert make_large(preview_seconds=2.0).preview(cat, ("dog",), Job()) is not None
    assert make_large(preview_seconds=60.0).preview(cat, ("dog",), Job()) is None


def test_several_passes_take_as_much_longer(make_large: Make, cat: ImageAsset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding_dino, "FULL_PARAMETERS", 1000)
    detector = make_large(preview_seconds=1.5 * grounding_dino.FULL_SECONDS)
    assert detector.preview(cat, ("dog",), Job()) is None
    assert detector.preview(cat, [f"old {name}" for name in CLASSES] + list(CLASSES), Job()) is not None


def test_a_detector_whose_frames_are_as_small_has_no_preview(cat: ImageAsset, backend: str, tmp_path: Path) -> None:
    small = maker(backend, tmp_path)(preview_seconds=0.0)
    small.propose(cat, ("dog",), Job())
    assert (small.preview(cat, ("dog",), Job()) is None) is (backend == "transformers")


def test_nothing_to_ask_has_no_preview(make_large: Make, cat: ImageAsset) -> None:
    slow = make_large(preview_seconds=0.0)
    slow.propose(cat, ("dog",), Job())
    assert slow.preview(cat, (), Job()) is None and slow.preview(cat, ("",), Job()) is None
