"""Tiny Segment Anything models of random weights, saved as the libraries save theirs. They need torch and them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

SEED = 7
SIDE, WIDTH, CELLS = 256, 32, 64  # px of the square; of the embeddings; of a row of logits
TRANSFORMERS = ("sam", "sam_hq", "sam2")
DECODER = {"hidden_size": WIDTH, "mlp_dim": 32, "num_hidden_layers": 1, "num_attention_heads": 2}


def quiet_torch() -> Any:
    """Torch on two threads; the test is skipped where it or a library of the models is missing."""
    for name in ("torchvision", "segment_anything", "transformers"):
        pytest.importorskip(name, reason="the large models' libraries are not installed")
    torch = pytest.importorskip("torch", reason="the large models' libraries are not installed")
    torch.set_num_threads(2)
    return torch


def shaken(torch: Any, model: Any) -> Any:
    """Every parameter random: some start at zero, and logits all alike would hide a mistake."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.08)
    return model.eval()


def tiny_original(file: Path, side: int = SIDE) -> Path:
    """A checkpoint of segment-anything: a global and a windowed block."""
    torch = quiet_torch()
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        torch.save(shaken(torch, library_sam(side)).state_dict(), file)
    return file


def library_sam(side: int = SIDE, checkpoint: Path | None = None) -> Any:
    """As the package builds its own, small."""
    import torch
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    cells = side // 16
    sam = Sam(
        ImageEncoderViT(
            depth=2, embed_dim=WIDTH, img_size=side, mlp_ratio=2, num_heads=2, patch_size=16, qkv_bias=True,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), use_rel_pos=True, global_attn_indexes=[1], window_size=7,
            out_chans=WIDTH,
        ),
        PromptEncoder(
            embed_dim=WIDTH, image_embedding_size=(cells, cells), input_image_size=(side, side), mask_in_chans=4
        ),
        MaskDecoder(
            num_multimask_outputs=3, transformer_dim=WIDTH, iou_head_depth=2, iou_head_hidden_dim=24,
            transformer=TwoWayTransformer(depth=2, embedding_dim=WIDTH, mlp_dim=40, num_heads=8),
        ),
        pixel_mean=[123.675, 116.28, 103.53], pixel_std=[58.395, 57.12, 57.375],
    )  # fmt: skip
    if checkpoint is not None:
        sam.load_state_dict(torch.load(checkpoint, weights_only=True))
    return sam.eval()


def tiny_transformers(folder: Path, kind: str) -> Path:
    """A folder of transformers with SAM ("sam"), SAM-HQ ("sam_hq") or SAM 2 ("sam2") and its processor."""
    torch = quiet_torch()
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        model, processor = {"sam": _sam, "sam_hq": _sam_hq, "sam2": _sam2}[kind]()
        shaken(torch, model).save_pretrained(folder)
        processor.save_pretrained(folder)
    return folder


def _vision() -> dict[str, Any]:
    return {
        "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "mlp_dim": 32, "output_channels": WIDTH,
        "image_size": SIDE, "patch_size": 16, "global_attn_indexes": [0, 1], "window_size": 7, "num_pos_feats": 16,
    }  # fmt: skip


def _prompts() -> dict[str, Any]:
    return {"hidden_size": WIDTH, "image_size": SIDE, "patch_size": 16, "mask_input_channels": 4}


def _image_processor() -> Any:
    from transformers import SamImageProcessor

    return SamImageProcessor(
        size={"longest_edge": SIDE}, pad_size={"height": SIDE, "width": SIDE}, mask_size={"longest_edge": CELLS},
        mask_pad_size={"height": CELLS, "width": CELLS},
    )  # fmt: skip


def _sam() -> tuple[Any, Any]:
    from transformers import (
        SamConfig,
        SamMaskDecoderConfig,
        SamModel,
        SamProcessor,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    decoder = SamMaskDecoderConfig(**DECODER, iou_head_hidden_dim=WIDTH)
    config = SamConfig(
        vision_config=SamVisionConfig(**_vision()), prompt_encoder_config=SamPromptEncoderConfig(**_prompts()),
        mask_decoder_config=decoder,
    )  # fmt: skip
    return SamModel(config), SamProcessor(_image_processor())


def _sam_hq() -> tuple[Any, Any]:
    from transformers import (
        SamHQConfig,
        SamHQMaskDecoderConfig,
        SamHQModel,
        SamHQProcessor,
        SamHQPromptEncoderConfig,
        SamHQVisionConfig,
    )

    decoder = SamHQMaskDecoderConfig(**DECODER, iou_head_hidden_dim=WIDTH, vit_dim=WIDTH)
    config = SamHQConfig(
        vision_config=SamHQVisionConfig(**_vision()), prompt_encoder_config=SamHQPromptEncoderConfig(**_prompts()),
        mask_decoder_config=decoder,
    )  # fmt: skip
    return SamHQModel(config), SamHQProcessor(_image_processor())


def _sam2() -> tuple[Any, Any]:
    from transformers import (
        Sam2Config,
        Sam2HieraDetConfig,
        Sam2ImageProcessorFast,
        Sam2MaskDecoderConfig,
        Sam2Model,
        Sam2Processor,
        Sam2PromptEncoderConfig,
        Sam2VisionConfig,
    )

    hiera = Sam2HieraDetConfig(
        hidden_size=16, num_attention_heads=1, image_size=[SIDE, SIDE], blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[16, 32, 64, 128], num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[8, 4, 8, 4], global_attention_blocks=[3],
        window_positional_embedding_background_size=[7, 7],
    )  # fmt: skip
    vision = Sam2VisionConfig(
        backbone_config=hiera, backbone_channel_list=[128, 64, 32, 16], fpn_hidden_size=WIDTH,
        backbone_feature_sizes=[[64, 64], [32, 32], [16, 16]],
    )  # fmt: skip
    config = Sam2Config(
        vision_config=vision, prompt_encoder_config=Sam2PromptEncoderConfig(**_prompts()),
        mask_decoder_config=Sam2MaskDecoderConfig(**DECODER, iou_head_hidden_dim=WIDTH),
    )  # fmt: skip
    processor = Sam2ImageProcessorFast(
        size={"height": SIDE, "width": SIDE}, mask_size={"height": CELLS, "width": CELLS}
    )
    return Sam2Model(config), Sam2Processor(image_processor=processor)
