"""Whisper's checkpoints: the names that the package knows, and a checkpoint file to a model."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pickle
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
        model = whisper.Whisper(whisper.ModelDimensions(**checkpoint["dims"]))
    except TypeError as error:
        raise EngineUnavailable(f"{path} holds no dimensions of Whisper ({error}).", CHECK) from error
    _fill(model, {name: tensor.float() for name, tensor in checkpoint["model_state_dict"].items()}, path)
    if heads := _table("_ALIGNMENT_HEADS").get(name):
        model.set_alignment_heads(heads)
    if half:
        for module in model.modules():
            if isinstance(module, whisper.Linear | whisper.Conv1d):
                module.half()
    return model.to(placement.device)


def _read(path: Path, torch: Any) -> dict[str, Any]:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError, KeyError) as error:
        raise EngineUnavailable(f"{path} is no checkpoint of tensors alone, or it is damaged.", CHECK) from error
    missing = [part for part in PARTS if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get(part), dict)]
    if missing:
        raise EngineUnavailable(f"{path} is no checkpoint of Whisper: it has no {' and no '.join(missing)}.", CHECK)
    return dict(checkpoint)


def _fill(model: Any, tensors: Mapping[str, Any], path: Path) -> None:
    """Take every tensor of the model from the file; none may be missing, foreign or of another shape."""
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
    model.load_state_dict(tensors, assign=True)
    model.requires_grad_(False)
