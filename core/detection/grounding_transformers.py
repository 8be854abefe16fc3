"""Grounding DINO by the library transformers: a folder or repository with `config.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.detection.grounding_captions import Captioner
from core.detection.grounding_model import OTHERWISE, PICTURE, STRIDES, hush, load_module, pil_image, roomy
from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models.folders import refuse_own_code, version_of
from core.shared_models.passes import mixed, translated
from core.shared_models.placement import Placement
from core.types.arrays import Floats, Pixels

PACKAGE = "transformers"
FAMILY = ("grounding-dino", "mm-grounding-dino")
NAMED = 3  # missing tensors that a message names


class Transformed:
    """See `Grounder`."""

    def __init__(self, torch: Any, model: Any, processor: Any, placement: Placement, version: str) -> None:
        self._torch, self._model, self._processor, self._placement = torch, model, processor, placement
        self._corners = load_module("transformers.image_transforms").center_to_corners_format
        size = processor.image_processor.size
        self.side, self._longest = int(size["shortest_edge"]), int(size["longest_edge"])
        self.captioner = Captioner(processor.tokenizer, model.config.max_text_len)
        self.version = version

    def measure(self, picture: Pixels, caption: str, side: int, job: Job) -> tuple[Floats, Floats]:
        torch, device, config = self._torch, self._placement.device, self._model.config
        longest = round(self._longest * side / self.side)
        picture = roomy(picture, side, longest, STRIDES[: config.num_feature_levels], config.num_queries)
        height, width = picture.shape[:2]
        size = {"shortest_edge": side, "longest_edge": longest}
        with translated("Grounding DINO", PICTURE, OTHERWISE), torch.inference_mode():
            inputs = self._processor(
                images=pil_image(picture), text=caption, size=size, return_tensors="pt",
                input_data_format="channels_last",  # it would take a picture of three rows for three channels
            )  # fmt: skip
            with mixed(torch, self._placement):
                outputs = self._model(**inputs.to(device))
            scores = outputs.logits.float().cpu().sigmoid()[0]
            boxes = self._corners(outputs.pred_boxes.float().cpu()[0])
            return scores.numpy(), (boxes * torch.tensor([width, height, width, height])).numpy()


def load(torch: Any, folder: Path, placement: Placement) -> tuple[Transformed, Any]:
    """The model and its processor. Raises `EngineUnavailable` where it is another model or lacks tensors."""
    hush()
    transformers = load_module("transformers")
    refuse_own_code(folder)
    where = {"pretrained_model_name_or_path": str(folder), "local_files_only": True, "trust_remote_code": False}
    config = transformers.AutoConfig.from_pretrained(**where)
    if config.model_type not in FAMILY:
        raise EngineUnavailable(
            f"{folder} holds a model of the kind {config.model_type!r}, not a Grounding DINO.",
            "Set [detection] model to one, such as IDEA-Research/grounding-dino-tiny.",
        )
    processor = transformers.AutoProcessor.from_pretrained(**where)
    model, told = transformers.AutoModelForZeroShotObjectDetection.from_pretrained(
        **where, weights_only=True, dtype=torch.float32, output_loading_info=True
    )
    missing = sorted(told["missing_keys"])
    if missing:
        named = ", ".join(repr(name) for name in missing[:NAMED])
        raise EngineUnavailable(
            f"The weights in {folder} lack {len(missing)} tensors of Grounding DINO, such as {named}.",
            "Check that the folder holds this kind of model; if it was downloaded, delete it and download it again.",
        )
    model = model.eval().requires_grad_(False).to(placement.device)
    processor(text="warm .", return_tensors="pt")  # sets its tokenizer up before several threads use it
    return Transformed(torch, model, processor, placement, version_of(PACKAGE, folder)), model
