"""What `select` makes of the proposals is what the libraries themselves return with the same thresholds.

Checked on one phrase. Where ours differs, on purpose:
- A score equal to a threshold passes; in the libraries it does not. Theirs are asked one step of float32 lower.
- The libraries return a box that no token of the phrase speaks for, labelled "" or "[SEP]"; ours has no phrase then
  and is left out.
- Boxes are clipped to the picture, and those without area in it are left out.
- Best score first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from core.jobs import Job
from core.policy import select
from core.registry import EngineContext, allowed_options, build
from core.settings import ASSETS
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from core.types.thresholds import Thresholds
from tests.checkpoints.grounding_dino import built, tiny_options

PHRASES = ("dog", "red ball", "unicorns")
CROPS = {
    "wide": (slice(0, 300), slice(0, 451)),
    "tall": (slice(0, 300), slice(100, 200)),
    "square": (slice(90, 240), slice(90, 240)),
}
Rows = list[tuple[tuple[float, ...], float, str]]
Library = Callable[[float, float], Rows]


def picture(shape: str) -> ImageAsset:
    return ImageAsset.of(np.ascontiguousarray(skimage.data.chelsea()[CROPS[shape]]))


@pytest.fixture(scope="module", params=["groundingdino", "transformers"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def options(backend: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return tiny_options(backend, tmp_path_factory.mktemp(backend))


@pytest.fixture(scope="module")
def detector(backend: str, options: dict[str, str]) -> Any:
    whole = {**(allowed_options("detection", backend) or {}), **options}
    return build("detection", backend, whole, EngineContext(Path(options["model"]).parent, ASSETS))


class Replayed:
    """A stock model whose one answer is kept: `predict` runs its model again for every threshold."""

    def __init__(self, model: Any) -> None:
        self.model, self.tokenizer = model, model.tokenizer
        self.answers: dict[str, Any] = {}

    def to(self, device: str) -> Replayed:
        return self

    def __call__(self, pictures: Any, captions: list[str]) -> Any:
        key = f"{captions} {tuple(pictures.shape)} {float(pictures.sum())}"
        if key not in self.answers:
            self.answers[key] = self.model(pictures, captions=captions)
        return self.answers[key]


@pytest.fixture(scope="module")
def library(backend: str, options: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """From a picture and a phrase to the library's own boxes (xyxy pixels), scores and labels under two thresholds."""
    folder = tmp_path_factory.mktemp("pictures")
    make = _original if backend == "groundingdino" else _transformers
    return make(options, folder)


def _original(options: dict[str, str], folder: Path) -> Callable[[ImageAsset, str], Library]:
    import torch
    from groundingdino.util.inference import load_image, predict
    from groundingdino.util.misc import clean_state_dict
    from torchvision.ops import box_convert

    stock = built(Path(options["text_encoder"]))
    stock.load_state_dict(clean_state_dict(torch.load(options["model"], weights_only=True)["model"]))  # strictly
    model = Replayed(stock.eval())

    def of(image: ImageAsset, phrase: str) -> Library:
        file = folder / f"{image.digest}.png"
        Image.fromarray(image.pixels).save(file)
        source, prepared = load_image(str(file))
        height, width, _ = source.shape

        def ask(box: float, text: float) -> Rows:
            boxes, scores, labels = predict(model, prepared, phrase.title(), box, text, device="cpu")
            whole = boxes * torch.Tensor([width, height, width, height])  # as in the library's `annotate`
            xyxy = box_convert(boxes=whole, in_fmt="cxcywh", out_fmt="xyxy").numpy()
            return [(tuple(b), float(s), label) for b, s, label in zip(xyxy, scores, labels, strict=True)]

        return ask

    return of


def _transformers(options: dict[str, str], folder: Path) -> Callable[[ImageAsset, str], Library]:
    import torch
    from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

    processor = AutoProcessor.from_pretrained(options["model"])
    model = AutoModelForZeroShotObjectDetection.from_pretrained(options["model"]).eval()

    def of(image: ImageAsset, phrase: str) -> Library:
        shown = Image.fromarray(image.pixels)
        inputs = processor(images=shown, text=[[phrase]], return_tensors="pt")
        with torch.no_grad():
            outputs = model(**inputs)

        def ask(box: float, text: float) -> Rows:
            (found,) = processor.post_process_grounded_object_detection(
                outputs, inputs.input_ids, threshold=box, text_threshold=text, target_sizes=[shown.size[::-1]]
            )
            rows = zip(found["boxes"].numpy(), found["scores"], found["text_labels"], strict=True)
            return [(tuple(b), float(s), label) for b, s, label in rows]

        return ask

    return of


def ours(proposals: Proposals, image: ImageAsset, box: float, text: float) -> list[tuple[tuple[float, ...], float]]:
    limits = Thresholds(box=box, text=text, nms_iou=1.0)
    return [(d.box, d.score) for d in select(proposals, limits, (image.width, image.height)).items]


def theirs(rows: Rows, image: ImageAsset) -> list[tuple[tuple[float, ...], float]]:
    """The library's rows with what ours does on purpose."""
    limits = np.array([image.width, image.height] * 2, np.float32)
    kept = []
    for box, score, label in rows:
        clipped = np.clip(np.array(box, np.float32), 0, limits)
        if re.sub(r"\[\w+\]|\.", "", label).strip() and (clipped[2:] > clipped[:2]).all():
            kept.append((tuple(clipped.tolist()), score))
    return sorted(kept, key=lambda row: -row[1])


def below(value: float) -> float:
    """The next smaller number of float32, not below 0: `> below(x)` is `>= x` of all scores above 0."""
    return float(np.nextafter(np.float32(value), np.float32(0)))


def pairs(proposals: Proposals) -> Iterator[tuple[float, float]]:
    """A grid, random pairs, and pairs of which one or both are exactly scores that were measured."""
    random = np.random.default_rng(3)
    grid = [0.0, 0.05, 0.25, 0.5, 0.9, 1.0]
    yield from ((box, text) for box in grid for text in grid)
    yield from (tuple(pair) for pair in np.float32(random.random((20, 2))).tolist())  # type: ignore[misc]
    assert proposals.peaks is not None
    for _ in range(20):
        peak, word = float(random.choice(proposals.peaks)), float(random.choice(proposals.scores[:, 0]))
        yield from ((peak, word), (peak, float(np.float32(random.random()))), (0.0, word))


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("shape", CROPS)
def test_selected_boxes_are_the_librarys_own(detector: Any, library: Any, shape: str, phrase: str) -> None:
    image = picture(shape)
    proposals = detector.propose(image, (phrase,), Job())
    ask = library(image, phrase)
    sizes = set()
    for box, text in pairs(proposals):
        expected = theirs(ask(below(box), below(text)), image)
        assert ours(proposals, image, box, text) == expected, (box, text)
        sizes.add(len(expected))
    assert len(sizes) > 5, "the thresholds chose differently"


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_score_equal_to_a_threshold_is_where_ours_differs(detector: Any, library: Any, phrase: str) -> None:
    image = picture("wide")
    proposals = detector.propose(image, (phrase,), Job())
    ask = library(image, phrase)
    at = float(np.sort(proposals.peaks)[len(proposals) // 2])
    assert len(ours(proposals, image, at, 0.0)) == len(theirs(ask(at, 0.0), image)) + 1


def test_a_box_that_only_special_tokens_speak_for_has_no_phrase(detector: Any, library: Any) -> None:
    """The library returns it, with a label that names nothing asked for."""
    image = picture("wide")
    proposals = detector.propose(image, ("dog",), Job())
    labels = [label for _, _, label in library(image, "dog")(below(0.5), below(0.5))]
    assert any("dog" not in label for label in labels)
    assert len(ours(proposals, image, 0.5, 0.5)) == sum("dog" in label for label in labels)
