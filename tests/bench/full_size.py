"""Checkpoints of full size with random weights, as the published ones are saved: what is timed is their arithmetic."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

WORDS = 30_522  # of BERT's vocabulary
PEOPLED = ("brown", "dog", "red", "ball", "sofa", "person", "cat", "cup")


def bert(folder: Path) -> Path:
    """BERT base with its weights: the libraries' own loader reads them. 440 MB."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(chr(c) for c in range(33, 127)), *PEOPLED]
    names = [*dict.fromkeys(known), *(f"[unused{n}]" for n in range(WORDS))][:WORDS]
    (folder / "vocab.txt").write_text("\n".join(names) + "\n")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=512).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(BertConfig()).save_pretrained(folder)
    return folder


def grounding_dino(file: Path, encoder: Path) -> Path:
    """Grounding DINO, Swin-T: 172.8 M parameters, 660 MB."""
    import torch

    torch.manual_seed(0)
    torch.save({"model": library_grounding_dino(encoder).state_dict()}, file)
    return file


def library_grounding_dino(encoder: Path, checkpoint: Path | None = None) -> Any:
    """As `groundingdino.util.inference.load_model` makes it, with the text encoder from a folder."""
    import groundingdino
    import torch
    from groundingdino.models import build_model
    from groundingdino.util.misc import clean_state_dict
    from groundingdino.util.slconfig import SLConfig

    config = Path(groundingdino.__file__).parent / "config" / "GroundingDINO_SwinT_OGC.py"
    options = SLConfig.fromfile(str(config))
    options.device, options.text_encoder_type = "cpu", str(encoder)
    with contextlib.redirect_stdout(io.StringIO()):
        model = build_model(options)
    if checkpoint is not None:
        model.load_state_dict(clean_state_dict(torch.load(checkpoint, map_location="cpu")["model"]), strict=False)
    return model.eval()


def sam(file: Path) -> Path:
    """Segment Anything, vit_b: 93.7 M parameters, 358 MB."""
    import torch
    from segment_anything import sam_model_registry

    torch.manual_seed(0)
    torch.save(sam_model_registry["vit_b"]().state_dict(), file)
    return file
