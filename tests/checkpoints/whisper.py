"""A Whisper of 6.7 MB with random weights, saved as the package saves its own: its vocabulary is the floor."""

from __future__ import annotations

import dataclasses
from pathlib import Path

TOKENS = 51_865  # of a multilingual model; one fewer for an English-only one


def make(path: Path, tokens: int = TOKENS, seed: int = 2) -> Path:
    """Write the checkpoint. Random weights hear words in everything; this seed's, at times within a short sound."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.set_num_threads(1)  # layers this small only wait for a second thread
    dims = ModelDimensions(
        n_mels=80, n_audio_ctx=1500, n_audio_state=32, n_audio_head=2, n_audio_layer=1, n_vocab=tokens,
        n_text_ctx=448, n_text_state=32, n_text_head=2, n_text_layer=1,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Whisper(dims)
        for parameter in model.parameters():
            if parameter.dim() > 1:  # some are left as the memory was
                torch.nn.init.normal_(parameter, std=0.05)
    torch.save({"dims": dataclasses.asdict(dims), "model_state_dict": model.state_dict()}, path)
    return path
