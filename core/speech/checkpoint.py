"""Whisper's checkpoints: the names that the package knows, and a checkpoint file to a model."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import math
import pickle
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from core.shared_models.placement import Placement

PACKAGE = "whisper"
PARTS = ("dims", "model_state_dict")  # of a checkpoint, as openai-whisper saves it
CHECK = "Give a checkpoint of openai-whisper, or one of its names."
SHOWN = 3  # names of missing tensors that an error tells


@cache
def _table(name: str) -> Mapping[str, Any]:
    """A literal of the package's own module, read without running it: importing it would import torch."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return {}
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [t.id for t in node.targets if isinstance(t, ast.Name)] == [name]:
            return dict(ast.literal_eval(node.value))
    return {}


def address(model: str) -> str:
    """Where a known name's checkpoint lies ("base": an address with its SHA-256); anything else unchanged."""
    return str(_table("_MODELS").get(model, model))


def load(path: Path, name: str, placement: Placement, torch: Any) -> Any:
    """A `whisper.model.Whisper` on its device. name: as in the settings; a known one has its heads for word times.

    Nothing but tensors is read from the file. On a GPU the matrices are kept in float16, as the package would cast them
    at every use. Raises `EngineUnavailable` where the file is another kind of checkpoint, or the device cannot run it.
    """
    half = placement.dtype == torch.float16
    if placement.device.type == "mps" or not (half or placement.dtype == torch.float32):
        raise EngineUnavailable(
            f"Whisper does not run on {placement}.", 'Set device = "cpu" or "cuda", and dtype = "auto".'
        )
    whisper = importlib.import_module("whisper.model")
    checkpoint = _read(path, torch)
    try:
        model = _empty(torch, whisper, whisper.ModelDimensions(**checkpoint["dims"]))
    except TypeError as error:
        raise EngineUnavailable(f"{path} holds no dimensions of Whisper ({error}).", CHECK) from error
    _check(model, checkpoint["model_state_dict"], path)
    matrices = {
        f"{name}.{part}"
        for name, module in model.named_modules()
        if half and isinstance(module, whisper.Linear | whisper.Conv1d)
        for part in ("weight", "bias")
    }
    tensors = {
        name: tensor.half() if name in matrices else tensor.float()
        for name, tensor in checkpoint["model_state_dict"].items()
    }
    model.load_state_dict(tensors, assign=True)
    model.requires_grad_(False)
    if heads := _table("_ALIGNMENT_HEADS").get(name):
        model.set_alignment_heads(heads)
    return model.to(placement.device)


def _empty(torch: Any, whisper: Any, dims: Any) -> Any:
    """A model without memory for its weights; its two buffers that no checkpoint has are filled as the package does."""
    model = whisper.Whisper.__new__(whisper.Whisper)
    torch.nn.Module.__init__(model)
    model.dims = dims
    with torch.device("meta"):
        model.encoder = whisper.AudioEncoder(
            dims.n_mels, dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer
        )
        model.decoder = whisper.TextDecoder(
            dims.n_vocab, dims.n_text_ctx, dims.n_text_state, dims.n_text_head, dims.n_text_layer
        )
    mask = torch.full((dims.n_text_ctx, dims.n_text_ctx), -math.inf).triu_(1)
    model.decoder.register_buffer("mask", mask, persistent=False)
    heads = torch.zeros(dims.n_text_layer, dims.n_text_head, dtype=torch.bool)
    heads[dims.n_text_layer // 2 :] = True
    model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)  # a sparse one cannot be on "meta"
    return model


def _read(path: Path, torch: Any) -> dict[str, Any]:
    try:
        mapped = zipfile.is_zipfile(path)  # torch's files of before 2020 are not, and cannot be mapped
        checkpoint = torch.load(path, map_location="cpu", mmap=mapped, weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError, KeyError) as error:
        raise EngineUnavailable(f"{path} is no checkpoint of tensors alone, or it is damaged.", CHECK) from error
    missing = [part for part in PARTS if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get(part), dict)]
    if missing:
        raise EngineUnavailable(f"{path} is no checkpoint of Whisper: it has no {' and no '.join(missing)}.", CHECK)
    return dict(checkpoint)


def _check(model: Any, tensors: Mapping[str, Any], path: Path) -> None:
    """Every tensor of the model is in the file; none may be missing, foreign or of another shape."""
    own = model.state_dict()
    problems = {
        "lacks": [name for name in own if name not in tensors],
        "has unknown": [name for name in tensors if name not in own],
        "has other shapes of": [n for n, tensor in tensors.items() if n in own and tensor.shape != own[n].shape],
    }
    told = [
        f"{what} {len(names)} tensors ({', '.join(names[:SHOWN])}{', ...' * (len(names) > SHOWN)})"
        for what, names in problems.items()
        if names
    ]
    if told:
        raise EngineUnavailable(f"{path} does not fit its own dimensions: it {'; '.join(told)}.", CHECK)
