"""The original Grounding DINO (Liu et al. 2023, arXiv 2303.05499) by the package groundingdino-py."""

from __future__ import annotations

import contextlib
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from core.detection.grounding_captions import Captioner
from core.detection.grounding_model import (
    OTHERWISE,
    PICTURE,
    STRIDES,
    hush,
    load_module,
    pil_image,
    roomy,
)
from core.detection.grounding_sizes import Sizes, foreign, sizes_of
from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models.folders import refuse_own_code, version_of
from core.shared_models.passes import held, mixed, translated
from core.shared_models.placement import Placement
from core.types.arrays import Floats, Pixels

PACKAGE = "groundingdino-py"
SIDE, LONGEST = 800, 1333  # `load_image` of groundingdino.util.inference
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # the same
FILLED = "position_ids"  # a buffer that not every checkpoint has, and that holds 0, 1, 2 ...
_building = threading.Lock()  # building patches the package's modules


class Original:
    """See `Grounder`."""

    side = SIDE

    def __init__(self, torch: Any, model: Any, placement: Placement, version: str, sizes: Sizes) -> None:
        self._torch, self._model, self._placement = torch, model, placement
        self._lock = threading.Lock()  # the package's Swin notes the size of its picture on its blocks
        self._transforms = load_module("groundingdino.datasets.transforms")
        self._xyxy = load_module("torchvision.ops").box_convert
        self._strides = tuple(STRIDES[-sizes.model["num_feature_levels"] :])
        self.captioner = Captioner(model.tokenizer, model.max_text_len)
        self.version = version

    def measure(self, picture: Pixels, caption: str, side: int, job: Job) -> tuple[Floats, Floats]:
        torch, device = self._torch, self._placement.device
        longest = round(LONGEST * side / SIDE)
        picture = roomy(picture, side, longest, self._strides, self._model.num_queries)
        height, width = picture.shape[:2]
        with translated("Grounding DINO", PICTURE, OTHERWISE), torch.inference_mode():
            frame = self.frame(picture, side, longest).to(device)
            with held(self._lock, job), mixed(torch, self._placement):
                outputs = self._model(frame[None], captions=[caption])
            scores = outputs["pred_logits"].float().cpu().sigmoid()[0]
            boxes = outputs["pred_boxes"].float().cpu()[0] * torch.tensor([width, height, width, height])
            return scores.numpy(), self._xyxy(boxes=boxes, in_fmt="cxcywh", out_fmt="xyxy").numpy()

    def frame(self, picture: Pixels, side: int = SIDE, longest: int = LONGEST) -> Any:
        """(3, h, w) float32, as the package's `load_image` prepares a picture."""
        steps = self._transforms
        smaller, _ = steps.resize(pil_image(picture), None, side, longest)
        frame, _ = steps.Compose([steps.ToTensor(), steps.Normalize(MEAN, DEVIATION)])(smaller, None)
        return frame


def load(torch: Any, weights: Path, text_encoder: Path, placement: Placement) -> tuple[Original, Any]:
    """The model from a `.pth` file, its text encoder's configuration and tokenizer from a folder.

    Raises `EngineUnavailable` where the checkpoint lacks tensors, or the text encoder is not the one of its training.
    """
    hush()
    state = _read(torch, weights)
    sizes = sizes_of(state)
    transformers = load_module("transformers")
    refuse_own_code(text_encoder)
    where = {"pretrained_model_name_or_path": str(text_encoder), "local_files_only": True, "trust_remote_code": False}
    config = transformers.AutoConfig.from_pretrained(**where)
    _check_text_encoder(config, sizes, text_encoder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
    with _building, _patched(tokenizer, lambda: _empty_bert(torch, transformers, config), sizes):
        model = load_module("groundingdino.models").build_model(_arguments(sizes, text_encoder))
    told = model.load_state_dict(state, strict=False)
    missing = [name for name in told.missing_keys if not name.endswith(FILLED)]
    if missing:
        raise foreign(missing, len(state))
    model = model.eval().requires_grad_(False).to(placement.device)
    model.tokenizer(["warm"], padding="longest", return_tensors="pt")  # sets it up before several threads use it
    return Original(torch, model, placement, version_of(PACKAGE, weights), sizes), model


def _read(torch: Any, weights: Path) -> Mapping[str, Any]:
    mapped = zipfile.is_zipfile(weights)  # older files cannot be mapped
    kept = torch.load(weights, map_location="cpu", mmap=mapped, weights_only=True)
    kept = kept.get("model", kept) if isinstance(kept, dict) else {}
    tensors = {name: value for name, value in kept.items() if isinstance(value, torch.Tensor)}
    return dict(load_module("groundingdino.util.misc").clean_state_dict(tensors))


def _check_text_encoder(config: Any, sizes: Sizes, folder: Path) -> None:
    found = (getattr(config, "vocab_size", 0), getattr(config, "hidden_size", 0))
    if config.model_type != "bert" or found != (sizes.vocabulary, sizes.hidden):
        raise EngineUnavailable(
            f"The text encoder in {folder} is {config.model_type!r} with {found[0]} words of {found[1]} numbers; the "
            f"checkpoint was trained with a BERT with {sizes.vocabulary} words of {sizes.hidden}.",
            "Set [detection] text_encoder to the one it was trained with (bert-base-uncased for the published ones).",
        )


def _arguments(sizes: Sizes, text_encoder: Path) -> SimpleNamespace:
    """The packaged configuration, with the checkpoint's sizes. No other is taken: it is Python, and executed."""
    packaged = vars(load_module(f"groundingdino.config.{sizes.config}"))
    values = {name: value for name, value in packaged.items() if not name.startswith("_")}
    # without recomputing layers, which is for training
    ours = {"use_checkpoint": False, "use_transformer_ckpt": False, "text_encoder_type": str(text_encoder)}
    return SimpleNamespace(**{**values, **sizes.model, **ours})


def _empty_bert(torch: Any, transformers: Any, config: Any) -> Any:
    """A BERT without its weights, which are in the checkpoint: no second copy is read from disk."""
    with torch.device("meta"):
        bert = transformers.BertModel(config)
    bert.to_empty(device="cpu")
    embeddings = bert.embeddings
    embeddings.position_ids.copy_(torch.arange(embeddings.position_ids.shape[-1])[None])
    embeddings.token_type_ids.zero_()
    return bert


@contextlib.contextmanager
def _patched(tokenizer: Any, bert: Any, sizes: Sizes) -> Iterator[None]:
    """While inside, the package builds with this tokenizer, BERT and Swin, fetches nothing and prints nothing."""
    texts = load_module("groundingdino.util.get_tokenlizer")
    backbone = load_module("groundingdino.models.GroundingDINO.backbone.backbone")
    swin = load_module("groundingdino.models.GroundingDINO.backbone.swin_transformer").SwinTransformer

    def swin_of(name: str, pretrain_img_size: int, **options: Any) -> Any:
        return swin(pretrain_img_size=pretrain_img_size, **sizes.swin, **options)

    ours = (
        (texts, "get_tokenlizer", lambda name: tokenizer),
        (texts, "get_pretrained_language_model", lambda name: bert()),
        (backbone, "build_swin_transformer", swin_of),
    )
    before = [getattr(module, name) for module, name, _ in ours]
    try:
        for module, name, value in ours:
            setattr(module, name, value)
        yield
    finally:
        for (module, name, _), value in zip(ours, before, strict=True):
            setattr(module, name, value)
