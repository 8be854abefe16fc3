"""SAM, SAM-HQ and SAM 2 of the library transformers, behind one interface."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import EngineUnavailable
from core.segmentation.sam_network import Click, Encoding, Network, fitted, limits
from core.shared_models.folders import refuse_own_code, some_of, version_of
from core.shared_models.passes import mixed
from core.shared_models.placement import Placement
from core.types.arrays import Floats
from core.types.boxes import Box
from core.types.engine import EngineInfo

REMEDY = "Give a folder or a hub name with config.json, preprocessor_config.json and weights of SAM, SAM-HQ or SAM 2."
NAMED = 3  # of the tensors that do not fit


@dataclass(frozen=True)
class Kind:
    """model, processor: classes of transformers. stretched: the picture fills the square; logits are enlarged once."""

    model: str
    processor: str
    stretched: bool = False


SAM2 = Kind("Sam2Model", "Sam2ImageProcessorFast", stretched=True)
KINDS = {
    "sam": Kind("SamModel", "SamImageProcessor"),
    "sam_hq": Kind("SamHQModel", "SamImageProcessor"),
    "sam2": SAM2,
    "sam2_video": SAM2,  # as SAM 2 is published: the parts for single pictures are the same
}


def kind_of(folder: Path) -> Kind:
    """What a model's config says that it is. Raises `EngineUnavailable` where it is none of `KINDS`, or names code."""
    refuse_own_code(folder)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        found = str(config["model_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineUnavailable(f"{folder} has no readable config.json with a model_type.", REMEDY) from error
    if found not in KINDS:
        raise EngineUnavailable(
            f"{folder} holds a model of type '{found}', which does not segment by boxes and clicks here.",
            f"Allowed types: {', '.join(KINDS)}.",
        )
    return KINDS[found]


class TransformersNetwork(Network):
    """Bit-equal to the model's forward pass on its processor's inputs, for both settings of `multimask_output`."""

    def __init__(self, torch: Any, folder: Path, name: str, placement: Placement) -> None:
        kind = kind_of(folder)
        transformers = importlib.import_module("transformers")
        if not hasattr(transformers, kind.model):
            raise EngineUnavailable(
                f"transformers {transformers.__version__} has no {kind.model}.",
                "Install the version of requirements.txt.",
            )
        where = {"pretrained_model_name_or_path": str(folder), "local_files_only": True, "trust_remote_code": False}
        self._processor = getattr(transformers, kind.processor).from_pretrained(**where)
        model, told = getattr(transformers, kind.model).from_pretrained(
            **where, dtype=torch.float32, output_loading_info=True
        )
        _check_fit(told, folder)
        self.model = model.to(placement.device).requires_grad_(False).eval()
        self._decoder = Once(self.model.mask_decoder.transformer)
        self._kind, self._torch, self._placement = kind, torch, placement
        prompts = model.config.prompt_encoder_config
        self.cells = 4 * (int(prompts.image_size) // int(prompts.patch_size))
        self._input = int(prompts.image_size)  # px of the model's own square, in which boxes and clicks are placed
        self.side = self.cells if kind.stretched else self._input
        self.candidates = int(model.config.mask_decoder_config.num_multimask_outputs) + 1
        short = name.rstrip("/").split("/")[-1]
        self.info = EngineInfo(
            f"transformers/{short}", f"{version_of('transformers', folder)}, {kind.model}", limits(torch, placement)
        )

    def encode(self, pixels: Any) -> Encoding:
        torch, (height, width) = self._torch, pixels.shape[:2]
        part = (self.cells, self.cells) if self._kind.stretched else fitted(width, height, self._input)
        writable = np.array(pixels)  # torch warns of others
        prepared = self._processor(images=writable, input_data_format="channels_last", return_tensors="pt")
        inputs = prepared["pixel_values"].to(self._placement.device, torch.float32)
        with torch.inference_mode(), mixed(torch, self._placement):
            found = self.model.get_image_embeddings(inputs)
        if isinstance(found, tuple):  # SAM-HQ: its decoder looks at the first intermediate layer alone
            found = [found[0], found[1][0]]
        features = tuple(f.float() for f in (found if isinstance(found, list) else [found]))
        return Encoding(features, (width, height), part)

    def decode(self, encoding: Encoding, box: Box | None, clicks: Sequence[Click]) -> tuple[Floats, Floats]:
        with self._torch.inference_mode(), self._decoder.kept():
            one, several = (
                self.model(
                    **self._features(encoding), **self._prompt(encoding.size, box, clicks), multimask_output=multiple
                )
                for multiple in (False, True)
            )
            logits = self._torch.cat([one.pred_masks, several.pred_masks], 2)[0, 0]
            quality = self._torch.cat([one.iou_scores, several.iou_scores], 2)[0, 0]
        return logits.float().cpu().numpy(), quality.float().cpu().numpy()

    def _features(self, encoding: Encoding) -> dict[str, Any]:
        features = encoding.features
        if self._kind.model == "SamHQModel":
            return {"image_embeddings": features[0], "intermediate_embeddings": [features[1]]}
        return {"image_embeddings": list(features) if self._kind.stretched else features[0]}

    def _prompt(self, size: tuple[int, int], box: Box | None, clicks: Sequence[Click]) -> dict[str, Any]:
        """Tensors as the library's processor makes them, fresh each time: `Sam2Model` writes into its boxes."""
        to = {"device": self._placement.device}
        prompt: dict[str, Any] = {}
        if clicks:
            places = self._placed(np.array([click[:2] for click in clicks], np.float64), size)
            prompt["input_points"] = places[None, None].to(**to)
            prompt["input_labels"] = self._torch.tensor([[[int(click[2]) for click in clicks]]], **to)
        if box is not None:
            corners = np.array(box, np.float32).astype(np.float64).reshape(2, 2)
            prompt["input_boxes"] = self._placed(corners, size).reshape(1, 1, 4).to(**to)
        return prompt

    def _placed(self, places: Any, size: tuple[int, int]) -> Any:
        """(N, 2) of the picture in the model's square: the processor of SAM 2 counts in float32, those before in 64."""
        torch, target = self._torch, (self._input, self._input) if self._kind.stretched else fitted(*size, self._input)
        single = self._kind.stretched or self._placement.device.type == "mps"  # which has no float64
        found = torch.tensor(places, dtype=torch.float32 if single else torch.float64)
        found[:, 0] *= target[0] / size[0]
        found[:, 1] *= target[1] / size[1]
        return found


def _check_fit(told: dict[str, Any], folder: Path) -> None:
    """Raises `EngineUnavailable` for tensors which the library would make up at random.

    What a checkpoint has besides is no fault: that of a video model carries its memory.
    """
    missing = sorted(told["missing_keys"])
    wrong = sorted(str(key[0] if isinstance(key, tuple) else key) for key in told["mismatched_keys"])
    for verb, names in (("lacks", missing), ("has in another shape", wrong)):
        if names:
            raise EngineUnavailable(f"The weights in {folder}: it {verb} {some_of(names, NAMED)}.", REMEDY)


class Once:
    """A module that answers for a second call with its first answer, inside `kept`, in the same thread.

    A decoder's transformer takes most of its time, and is the same for one mask and for several.
    """

    def __init__(self, module: Any) -> None:
        self._forward: Callable[..., Any] = module.forward
        self._thread = threading.local()
        module.forward = self._answer

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While inside, every call in this thread must be with the same input."""
        self._thread.answers = []
        try:
            yield
        finally:
            del self._thread.answers

    def _answer(self, *args: Any, **kwargs: Any) -> Any:
        answers = getattr(self._thread, "answers", None)
        if answers is None:
            return self._forward(*args, **kwargs)
        if not answers:
            answers.append(self._forward(*args, **kwargs))
        return answers[0]
