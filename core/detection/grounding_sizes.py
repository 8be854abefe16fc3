"""The sizes of a Grounding DINO checkpoint, read from its tensors: what its file is called says nothing certain."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import EngineUnavailable

BACKBONE, ENCODER, DECODER = "backbone.0.", "transformer.encoder.layers.", "transformer.decoder.layers."
EMBED = f"{BACKBONE}patch_embed.proj.weight"
BIAS = "attn.relative_position_bias_table"
OFFSETS = f"{ENCODER}0.self_attn.sampling_offsets.weight"
FORWARD = f"{ENCODER}0.linear1.weight"
QUERIES = "transformer.tgt_embed.weight"
WORDS = "bert.embeddings.word_embeddings.weight"
NEEDED = (EMBED, f"{BACKBONE}layers.0.blocks.0.{BIAS}", OFFSETS, FORWARD, QUERIES, WORDS, "input_proj.0.0.weight")
POINTS = 4  # of the deformable attention, in both packaged configurations
BASE_WIDTH = 128  # channels of Swin-B's first stage; 96 of Swin-T's


@dataclass(frozen=True)
class Sizes:
    """swin: the arguments of the package's SwinTransformer. model: what differs from the packaged configuration.

    config: the name of that configuration. vocabulary, hidden: of the text encoder.
    """

    config: str
    swin: Mapping[str, Any]
    model: Mapping[str, Any]
    vocabulary: int
    hidden: int


def sizes_of(state: Mapping[str, Any]) -> Sizes:
    """Raises `EngineUnavailable` where these are not the tensors of a Grounding DINO."""
    missing = [name for name in NEEDED if name not in state]
    if missing:
        raise foreign(missing, len(state))
    width = int(state[EMBED].shape[0])
    stages = _count(state, f"{BACKBONE}layers.")
    tables = [state[f"{BACKBONE}layers.{stage}.blocks.0.{BIAS}"] for stage in range(stages)]
    outs = [stage for stage in range(stages) if f"{BACKBONE}norm{stage}.weight" in state]
    levels = _count(state, "input_proj.")
    return Sizes(
        config="GroundingDINO_SwinB_cfg" if width == BASE_WIDTH else "GroundingDINO_SwinT_OGC",
        swin={
            "embed_dim": width,
            "depths": [_count(state, f"{BACKBONE}layers.{stage}.blocks.") for stage in range(stages)],
            "num_heads": [int(table.shape[1]) for table in tables],
            "window_size": (math.isqrt(int(tables[0].shape[0])) + 1) // 2,  # a table has (2 w - 1)^2 rows
        },
        model={
            "return_interm_indices": outs,
            "num_feature_levels": levels,
            "enc_layers": _count(state, ENCODER),
            "dec_layers": _count(state, DECODER),
            "nheads": int(state[OFFSETS].shape[0]) // (2 * levels * POINTS),
            "dim_feedforward": int(state[FORWARD].shape[0]),
            "num_queries": int(state[QUERIES].shape[0]),
        },
        vocabulary=int(state[WORDS].shape[0]),
        hidden=int(state[WORDS].shape[1]),
    )


def foreign(missing: list[str], count: int) -> EngineUnavailable:
    """The error of a checkpoint without tensors that the model needs. count: of the tensors that it has."""
    return EngineUnavailable(
        f"This is no checkpoint of Grounding DINO: of its {count} tensors none is called {_named(missing)}.",
        "Take one of the published ones (groundingdino_swint_ogc.pth, groundingdino_swinb_cogcoor.pth), or one trained "
        "from them; if it was downloaded, delete it and download it again.",
    )


def _named(names: list[str], most: int = 3) -> str:
    more = f" (nor {len(names) - most} more)" if len(names) > most else ""
    return " nor ".join(repr(name) for name in names[:most]) + more


def _count(state: Mapping[str, Any], prefix: str) -> int:
    """How many numbered parts follow the prefix."""
    found = {int(match[1]) for name in state if (match := re.match(re.escape(prefix) + r"(\d+)\.", name))}
    return len(found)
