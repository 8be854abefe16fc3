"""Segment Anything beside its libraries: the same logits bit by bit, for every kind of prompt and picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import geometry, masking
from core.jobs import Job
from core.ports import Segmenter
from core.registry import EngineContext, build
from core.segmentation.enlarge import enlarge
from core.segmentation.view import inside
from core.settings import ASSETS
from core.types.image import ImageAsset
from core.types.masks import Prompt
from tests.checkpoints import sam as checkpoints

SIZES = {"wide": (300, 190), "tall": (97, 310), "square": (256, 256), "tiny": (9, 8), "slim": (420, 9)}
PROMPTS = {
    "box": Prompt((2.3, 1.2, 7.9, 6.4)),
    "click": Prompt(None, ((4.0, 3.0, True),)),
    "clicks": Prompt(None, ((4.0, 3.0, True), (8.5, 7.25, False), (1.0, 8.0, True))),
    "a negative click alone": Prompt(None, ((4.5, 3.0, False),)),
    "box and clicks": Prompt((0.0, 0.0, 8.0, 7.0), ((4.1, 3.0, True), (8.0, 2.0, False))),
    "box partly outside": Prompt((-30.0, -20.0, 6.0, 900.0)),
    "box without width": Prompt((3.0, 1.0, 3.0, 6.0)),
    "the whole picture": Prompt((-1.0, -1.0, 5000.0, 5000.0)),
}


def noise(width: int, height: int, seed: int = 0) -> ImageAsset:
    """Blurred noise: something at every scale."""
    small = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    return ImageAsset.of(np.array(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)))


class OriginalLibrary:
    """`SamPredictor` on a checkpoint."""

    def __init__(self, path: Path) -> None:
        from segment_anything import SamPredictor

        self.predictor = SamPredictor(checkpoints.library_sam(checkpoint=path))

    def masks(self, image: ImageAsset, prompt: Prompt, several: bool) -> tuple[Any, Any, Any]:
        """Low-resolution logits (C, h, w), predicted IoU (C,), and logits of the picture's pixels (C, H, W)."""
        import torch

        self.predictor.set_image(image.pixels)
        to_square, size = self.predictor.transform, (image.height, image.width)
        points = labels = boxes = None
        if prompt.points:
            places = torch.tensor([[p[:2] for p in prompt.points]], dtype=torch.float)
            points = to_square.apply_coords_torch(places, size)
            labels = torch.tensor([[int(p[2]) for p in prompt.points]])
        if prompt.box is not None:
            box = inside(prompt.box, image.width, image.height)
            boxes = to_square.apply_boxes_torch(torch.tensor([box], dtype=torch.float), size)
        masks, quality, low = self.predictor.predict_torch(points, labels, boxes, None, several, return_logits=True)
        return low[0].numpy(), quality[0].numpy(), masks[0].numpy()


class TransformersLibrary:
    """Model and processor of transformers, with pixels in and masks out."""

    def __init__(self, kind: str, path: Path) -> None:
        import transformers

        name = {"sam": "Sam", "sam_hq": "SamHQ", "sam2": "Sam2"}[kind]
        self.kind = kind
        self.model = getattr(transformers, f"{name}Model").from_pretrained(path).eval()
        self.processor = getattr(transformers, f"{name}Processor").from_pretrained(path)

    def masks(self, image: ImageAsset, prompt: Prompt, several: bool) -> tuple[Any, Any, Any]:
        """As `OriginalLibrary.masks`."""
        import torch

        asked: dict[str, Any] = {}
        if prompt.points:
            asked["input_points"] = [[[list(p[:2]) for p in prompt.points]]]
            asked["input_labels"] = [[[int(p[2]) for p in prompt.points]]]
        if prompt.box is not None:
            box = inside(prompt.box, image.width, image.height)
            assert box is not None
            asked["input_boxes"] = [[list(box)]]
        inputs = self.processor(images=Image.fromarray(image.pixels), return_tensors="pt", **asked)
        sizes = inputs.pop("original_sizes"), inputs.pop("reshaped_input_sizes", None)
        with torch.no_grad():
            found = self.model(**inputs, multimask_output=several)
        given = [found.pred_masks, *(s for s in (sizes[:1] if self.kind == "sam2" else sizes))]
        full = self.processor.post_process_masks(*given, binarize=False)[0][0]
        return found.pred_masks[0, 0].numpy(), found.iou_scores[0, 0].numpy(), full.numpy()


@pytest.fixture(scope="module", params=["segment_anything", *checkpoints.TRANSFORMERS])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Segmenter, Any]:
    """The engine and the library itself, on one checkpoint."""
    folder, kind = tmp_path_factory.mktemp("sam"), request.param
    if kind == "segment_anything":
        path = checkpoints.tiny_original(folder / "tiny.pth")
        library: Any = OriginalLibrary(path)
    else:
        path = checkpoints.tiny_transformers(folder / kind, kind)
        library = TransformersLibrary(kind, path)
    backend = "segment_anything" if kind == "segment_anything" else "transformers"
    return build("segmentation", backend, {"model": str(path)}, EngineContext(folder, ASSETS)), library


@pytest.mark.parametrize("size", SIZES)
def test_every_logit_is_the_librarys(both: tuple[Segmenter, Any], size: str) -> None:
    """All prompts in one request: what else is asked changes nothing."""
    engine, library = both
    image = noise(*SIZES[size])
    logits = engine.segment(image, list(PROMPTS.values()), Job())
    for row, (name, prompt) in enumerate(PROMPTS.items()):
        one, several = (library.masks(image, prompt, multiple) for multiple in (False, True))
        low = np.concatenate([one[0], several[0]])
        quality = np.concatenate([one[1], several[1]])
        np.testing.assert_array_equal(logits.logits[row], low, err_msg=name)
        np.testing.assert_array_equal(logits.quality[row], np.clip(quality, 0, 1), err_msg=name)
        assert len(np.unique(low)) > 100 and len(low) == 4


@pytest.mark.parametrize("size", ["wide", "tall", "tiny"])
def test_the_mask_cut_at_one_half_is_the_librarys(both: tuple[Segmenter, Any], size: str) -> None:
    """The libraries take logits above 0, the policy takes those at 0 too: a pixel of exactly 0 would differ."""
    engine, library = both
    image = noise(*SIZES[size])
    picture = (image.width, image.height)
    for prompt in (PROMPTS["box"], PROMPTS["click"]):
        logits = engine.segment(image, [prompt], Job())
        frame = logits.frames[0]
        assert frame is not None and frame.ambiguous == (prompt.box is None)
        full = np.concatenate([library.masks(image, prompt, several)[2] for several in (False, True)])
        for candidate, want in enumerate(full):
            got, (x, y) = enlarge(logits.logits[0, candidate], frame, -np.inf, picture)
            assert (x, y) == (0, 0)
            np.testing.assert_array_equal(got, want)
        chosen = masking.candidate(logits, 0)
        assert (chosen == 0) == (prompt.box is not None)
        level = float(np.median(full[chosen]))  # a random model may well put everything on one side of 0
        cut = float(geometry.sigmoid(np.array([level], np.float32))[0])
        for share in (0.5, cut):
            exact = geometry.logit(share)
            assert not (full[chosen] == exact).any()
            mask = masking.cut_mask(logits, 0, share, picture).full()
            np.testing.assert_array_equal(mask, full[chosen] > exact)


def test_maps_say_the_same_as_frames(both: tuple[Segmenter, Any]) -> None:
    """Cropped first and enlarged once, as whoever has no torch must do it: a few pixels of a thousand differ."""
    engine, _ = both
    for size in ("wide", "tall", "square"):
        image = noise(*SIZES[size])
        picture = (image.width, image.height)
        logits = engine.segment(image, [PROMPTS["box"]], Job())
        frame = logits.frames[0]
        assert frame is not None
        exact, _ = enlarge(logits.logits[0, 1], frame, -np.inf, picture)
        near, origin = geometry.enlarge_logits(logits.logits[0, 1], logits.maps[0], logits.extents[0], picture)
        level = float(np.median(exact))
        assert near.shape == exact.shape and origin == (0, 0)
        assert ((near >= level) == (exact >= level)).mean() > 0.98
