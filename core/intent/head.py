"""The trained head: plain arrays that turn a reading and its sentence vector into nine probabilities."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.intent.features import Reading, Vocabulary
from core.types.arrays import Doubles, Floats
from core.types.language import INTENTS

SHARPNESS = 2.0  # of the kernel on sentence vectors: exp(-SHARPNESS (1 - cosine))
CLASSES = len(INTENTS)


def similarity(left: Floats, right: Floats) -> Floats:
    """(A, B) kernel between unit vectors (A, D) and (B, D): 1 for equal ones."""
    return np.asarray(np.exp(SHARPNESS * (left @ right.T - 1)), np.float32)


def softmax(logits: Doubles) -> Doubles:
    """Row-wise; (N, C) to (N, C)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


@dataclass(frozen=True, eq=False)
class Head:
    """Kernel ridge regression on one-hot intents, then a calibration fitted on voices that were left out.

    weights: (features, 9), what the words and letters add. vectors: (rows, 384), the training sentences, empty without
    an embedding; support: (rows, 9), what likeness to each of them adds. bias: (9,).
    turn: (9, 9), shift: (9,): scores @ turn + shift are log-probabilities up to a constant.
    """

    vocabulary: Vocabulary
    weights: Floats
    vectors: Floats
    support: Floats
    bias: Floats
    turn: Doubles
    shift: Doubles

    def scores(self, reading: Reading, vector: Floats | None) -> Doubles:
        """(9,) before calibration. vector: (384,), or None where the head was trained without."""
        row = self.vocabulary.rows([reading])
        total = row.values @ self.weights[row.columns] + self.bias
        if vector is not None and len(self.vectors):
            total = total + similarity(vector[None], self.vectors)[0] @ self.support
        return np.asarray(total, np.float64)

    def probabilities(self, reading: Reading, vector: Floats | None) -> Doubles:
        """(9,), in the order of `INTENTS`, sum 1."""
        return np.asarray(softmax((self.scores(reading, vector) @ self.turn + self.shift)[None])[0], np.float64)

    def save(self, file: Path) -> None:
        """Written beside its place, then moved there: a reader sees all of it or nothing. Raises `OSError`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        names = "\n".join(self.vocabulary.names).encode()
        handle, part = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                np.savez(
                    stream,
                    names=np.frombuffer(names, np.uint8),
                    idf=self.vocabulary.idf,
                    weights=self.weights,
                    vectors=self.vectors.astype(np.float16),  # they come as half floats (train.py): nothing is lost
                    support=self.support,
                    bias=self.bias,
                    turn=self.turn,
                    shift=self.shift,
                )
            Path(part).replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(part).unlink()
            raise

    @classmethod
    def load(cls, file: Path) -> Head:
        """Raises `OSError` where there is no file and `ValueError` where it is not a head."""
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return cls._of(dict(arrays))
        except OSError:
            raise
        except Exception as error:  # zipfile, zlib and numpy raise classes of their own for a damaged file
            raise ValueError(f"{file} holds no trained head ({error})") from error

    @classmethod
    def _of(cls, arrays: Mapping[str, NDArray[Any]]) -> Head:
        names = arrays["names"].tobytes().decode().split("\n")
        vectors = arrays["vectors"].astype(np.float32)
        shapes = {
            "idf": (len(names),),
            "weights": (len(names), CLASSES),
            "support": (len(vectors), CLASSES),
            "bias": (CLASSES,),
            "turn": (CLASSES, CLASSES),
            "shift": (CLASSES,),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} must be finite and {shape}, but is {arrays[name].shape}")
        rest = {name: arrays[name] for name in ("weights", "support", "bias", "turn", "shift")}
        return cls(Vocabulary(names, arrays["idf"]), vectors=vectors, **rest)
