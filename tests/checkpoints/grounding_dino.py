"""Tiny Grounding DINOs of random weights, saved as the libraries save theirs. They need torch and the libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from core.detection.grounding_dino import Grounding
from core.registry import EngineContext, allowed_options, build
from core.settings import ASSETS
from core.types.runtime import Runtime
from tests.checkpoints.bert import HIDDEN, LONGEST, tiny_bert_folder, vocabulary

Make = Callable[..., Grounding]
SEED = 5
SWIN = {"embed_dim": 16, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 2, 2], "window_size": 7}
# one level of features and one made from it: a pass at 800 px takes half a second
SMALL = {
    "enc_layers": 1, "dec_layers": 2, "dim_feedforward": 32, "nheads": 4, "num_queries": 50,
    "return_interm_indices": [3], "num_feature_levels": 2, "use_checkpoint": False, "use_transformer_ckpt": False,
}  # fmt: skip
SPREAD = 0.3  # random scores lie near 1 otherwise


def tiny_original(path: Path, **changes: Any) -> tuple[Path, Path]:
    """A checkpoint of groundingdino-py and the folder of its text encoder. changes: of its configuration."""
    torch = quiet_torch()
    bert = tiny_bert_folder(path / "bert")
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        model = built(bert, **changes)
        with torch.no_grad():
            model.feat_map.weight.mul_(SPREAD)
            for head in {id(h): h for h in model.bbox_embed}.values():
                torch.nn.init.normal_(head.layers[-1].weight, std=0.1)  # boxes of every shape
    file = path / "tiny.pth"
    torch.save({"model": model.state_dict()}, file)
    return file, bert


def built(bert: Path, **changes: Any) -> Any:
    """A model as the package builds it: its own code, with a small Swin and no download."""
    from groundingdino.config import GroundingDINO_SwinT_OGC as packaged
    from groundingdino.models import build_model
    from groundingdino.models.GroundingDINO.backbone import backbone
    from groundingdino.models.GroundingDINO.backbone.swin_transformer import SwinTransformer
    from groundingdino.util import get_tokenlizer
    from transformers import BertConfig, BertModel

    def swin(name: str, pretrain_img_size: int, **options: Any) -> Any:
        return SwinTransformer(pretrain_img_size=pretrain_img_size, **SWIN, **options)

    def text_model(name: str) -> Any:
        return BertModel(BertConfig.from_pretrained(name))

    values = {**vars(packaged), **SMALL, "text_encoder_type": str(bert), **changes}
    with (
        patch.object(backbone, "build_swin_transformer", swin),
        patch.object(get_tokenlizer, "get_pretrained_language_model", text_model),
    ):
        return build_model(SimpleNamespace(**values))


def quiet_torch() -> Any:
    """Torch with one thread: two of a tiny model only wait for each other where other work runs."""
    import torch

    torch.set_num_threads(1)
    return torch


def tiny_transformers(path: Path, side: int = 200, longest: int = 333) -> Path:
    """A folder of transformers with model and processor. side, longest: of the frames that it sees, in pixels."""
    from transformers import (
        AutoTokenizer,
        BertConfig,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        GroundingDinoProcessor,
        SwinConfig,
    )

    torch = quiet_torch()
    tokenizer = AutoTokenizer.from_pretrained(tiny_bert_folder(path / "bert"))
    config = GroundingDinoConfig(
        backbone_config=SwinConfig(**{**SWIN, "out_indices": [2, 3, 4], "image_size": 224}),
        text_config=BertConfig(
            hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
            vocab_size=len(vocabulary()), max_position_embeddings=LONGEST,
        ),
        d_model=32, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
        encoder_attention_heads=4, decoder_attention_heads=4, num_queries=50,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        model = GroundingDinoForObjectDetection(config)
    folder = path / "tiny-grounding-dino"
    model.save_pretrained(folder)
    pictures = GroundingDinoImageProcessor(size={"shortest_edge": side, "longest_edge": longest})
    GroundingDinoProcessor(image_processor=pictures, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def tiny_options(backend: str, folder: Path, **changes: Any) -> dict[str, str]:
    """Settings of a detection back-end with a tiny model, made in the folder; skips where its libraries are missing."""
    needed = ("torch", "transformers", "torchvision", "timm", "groundingdino")
    for package in needed if backend == "groundingdino" else needed[:3]:
        pytest.importorskip(package, reason=f"the package '{package}' is not installed")
    if backend == "groundingdino":
        file, bert = tiny_original(folder, **changes)
        return {"model": str(file), "text_encoder": str(bert)}
    return {"model": str(tiny_transformers(folder, **changes))}


def maker(backend: str, folder: Path, **changes: Any) -> Make:
    """Makes engines of a tiny model: with a `preview_seconds`, and options of the back-end."""
    options = tiny_options(backend, folder, **changes)

    def make(preview_seconds: float = 2.0, **changed: str) -> Grounding:
        whole = {**(allowed_options("detection", backend) or {}), **options, **changed}
        context = EngineContext(folder, ASSETS, Runtime(preview_seconds=preview_seconds))
        engine: Grounding = build("detection", backend, whole, context)
        return engine

    return make
