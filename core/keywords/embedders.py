"""KeyBERT (Grootendorst 2020) around a sentence embedding: the bundled MiniLM, or a sentence-transformers model."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import EngineUnavailable
from core.jobs import Job
from core.keywords.hiding import hidden
from core.shared_models.folders import CONFIG, refuse_own_code, some_of
from core.shared_models.minilm import shared_minilm
from core.shared_models.placement import INSTALL, Placement
from core.types.arrays import Floats

PACKAGES = ("sentence_transformers", "keybert")
# KeyBERT imports these where they are installed: four seconds and 700 MB that a model of our own has no use for.
_UNWANTED = ("sentence_transformers", "transformers")
OWN = "sentence_transformers."
ANOTHER = "Choose a repository or folder of a sentence-transformers model, such as all-MiniLM-L6-v2."
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
SHOWN = 5  # missing tensors that a message names

Embed = Callable[[Sequence[str]], Floats]


def keybert(embed: Embed) -> Any:
    """A KeyBERT that embeds with `embed`: texts to (N, D). Raises `EngineUnavailable` where it is not installed."""
    if importlib.util.find_spec("keybert") is None:
        raise EngineUnavailable("The package 'keybert' is not installed.", INSTALL)
    with hidden(*_UNWANTED):
        library, backend = importlib.import_module("keybert"), importlib.import_module("keybert.backend")

    class Embedder(backend.BaseEmbedder):  # type: ignore[misc, name-defined]
        def embed(self, documents: Sequence[str], verbose: bool = False) -> Floats:
            return embed([str(document) for document in documents])

    return library.KeyBERT(model=Embedder())


def bundled() -> Any:
    """KeyBERT with the project's MiniLM: no torch. Raises `EngineUnavailable`."""
    minilm = shared_minilm()
    made = keybert(minilm.embed)
    minilm.embed(["ready?"])
    return made


def load(path: Path, placement: Placement, job: Job) -> tuple[Any, Any]:
    """KeyBERT and the torch module of a sentence-transformers folder. Raises `EngineUnavailable`."""
    check(path)
    from sentence_transformers import SentenceTransformer

    job.check()
    model = SentenceTransformer(str(path), device=str(placement.device), local_files_only=True, trust_remote_code=False)
    _check_tensors(model, path)
    model.to(placement.dtype)

    def embed(texts: Sequence[str]) -> Floats:
        return np.asarray(model.encode(list(texts), show_progress_bar=False, convert_to_numpy=True), np.float32)

    return keybert(embed), model


def check(path: Path) -> None:
    """Raises `EngineUnavailable` where a folder is no such model, or names code of its own, which would be run."""
    file = path / "modules.json"
    if not file.is_file():
        raise EngineUnavailable(f"{path} is no sentence-transformers model: it has no modules.json.", ANOTHER)
    for config in path.rglob(CONFIG):
        refuse_own_code(config.parent)
    try:
        kinds = [str(one["type"]) for one in json.loads(file.read_text(encoding="utf-8"))]
        for other in path.rglob("router_config.json"):
            kinds += map(str, json.loads(other.read_text(encoding="utf-8")).get("types", {}).values())
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EngineUnavailable(f"{file} cannot be read ({error}).", "Download the model again.") from error
    foreign = [kind for kind in kinds if not kind.startswith(OWN)]
    if foreign:
        raise EngineUnavailable(f"The model {path} brings its own code ({foreign[0]}), which is never run.", ANOTHER)


def _check_tensors(model: Any, path: Path) -> None:
    """Every weight must come from the folder's files: what is missing would be random numbers. A pooler is not used.

    Raises `EngineUnavailable`, also where the folder has weights in no form that can be checked.
    """
    net = getattr(model[0], "auto_model", None)
    if net is None:
        return
    place = json.loads((path / "modules.json").read_text(encoding="utf-8"))[0].get("path", "")
    there = _stored(path / place)
    ends = {name.split(".", 1)[-1] for name in there} | there
    missing = sorted(n for n, _ in net.named_parameters() if n not in ends and not n.startswith("pooler."))
    if missing:
        raise EngineUnavailable(f"The checkpoint {path} lacks {some_of(missing, SHOWN)}.", ANOTHER)


def _stored(folder: Path) -> set[str]:
    """Names of the tensors of a folder, of the form that transformers prefers."""
    for name in ("model.safetensors", "model.safetensors.index.json", *PICKLED):
        file = folder / name
        if not file.is_file():
            continue
        if file.suffix == ".json":
            return set(json.loads(file.read_text(encoding="utf-8"))["weight_map"])
        if file.suffix == ".bin":
            loaded = importlib.import_module("torch").load(file, map_location="cpu", weights_only=True)
            return set(loaded)
        with importlib.import_module("safetensors").safe_open(file, "pt") as tensors:
            return set(tensors.keys())
    raise EngineUnavailable(f"The folder {folder} has no weights of a sentence-transformers model.", ANOTHER)
