"""Trains the head on the labelled utterances, in seconds, and calibrates it on voices that it has not heard.

Kernel ridge regression: min |K a - Y|^2 + RIDGE a'Ka, with K the sum of a linear kernel on words and letters and a
Gaussian one on sentence vectors. Leaving a group g out needs no second fit: with C = (K + RIDGE I)^-1 its residuals are
C_gg^-1 (C Y)_g (Rasmussen and Williams 2006, 5.4.2, for blocks instead of single rows).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import EngineUnavailable
from core.intent.features import Reading, Sparse, Vocabulary
from core.intent.head import CLASSES, Head, similarity, softmax
from core.types.arrays import Doubles, Floats
from core.types.language import INTENTS, IntentName

RECIPE = "1"  # raise it with any change of features, head or training: kept heads are then trained anew
RIDGE = 0.3
EMBEDDING_WEIGHT = 2.0  # of the kernel on sentence vectors, beside the weights in features.py
VOICES = 8  # a file is a sequence of voices, each intent in the same order: so many contiguous parts stand for them
BLOCK = 512  # rows
CALIBRATION_RIDGE = 1e-5  # keeps the calibration finite where an intent is never mistaken


@dataclass(frozen=True)
class Utterance:
    """One labelled text. voice: who says it, as far as a file's order tells: left out together."""

    text: str
    intent: IntentName
    voice: str


def utterances(folder: Path) -> list[Utterance]:
    """Every row of every CSV file (columns text, intent). Raises `EngineUnavailable`, naming file and line."""
    result: list[Utterance] = []
    for file in sorted(folder.glob("*.csv")):
        rows = _rows(file)
        counts = {intent: sum(i == intent for _, i in rows) for intent in INTENTS}
        place = dict.fromkeys(INTENTS, 0)
        for text, intent in rows:
            voice = place[intent] * VOICES // counts[intent]
            place[intent] += 1
            result.append(Utterance(text, intent, f"{file.stem} {voice}"))
    if len({u.intent for u in result}) < CLASSES:
        raise EngineUnavailable(
            f"{folder} does not hold labelled utterances of every intent.",
            "Restore assets/intents from the project's archive.",
        )
    return result


def _rows(file: Path) -> list[tuple[str, IntentName]]:
    rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            for row in reader:
                rows.append(((row["text"] or "").strip(), IntentName((row["intent"] or "").strip())))
    except (OSError, ValueError, KeyError, csv.Error) as error:
        line = f", line {reader.line_num}" if "reader" in locals() else ""
        raise EngineUnavailable(
            f"The labelled utterances in {file.name}{line} cannot be used: {error}.",
            f"Give it the columns text,intent with an intent out of {', '.join(INTENTS)}.",
        ) from error
    return rows


def fit(
    readings: Sequence[Reading],
    labels: Sequence[IntentName],
    voices: Sequence[str],
    sentence_vectors: Callable[[], Floats],
) -> Head:
    """A head from readings, their intents and voices, and their sentence vectors: (N, 384), or (0, 384) without.

    The vectors are asked for late: they may be measured while the words are counted.
    """
    vocabulary = Vocabulary.learn(readings)
    matrix = _matrix(vocabulary.rows(readings), len(vocabulary.names))
    kernel = _likeness(matrix) + 1  # the 1 that is added everywhere is the bias
    vectors = sentence_vectors().astype(np.float16).astype(np.float32)  # as kept, so that a kept head answers the same
    if len(vectors):
        kernel += EMBEDDING_WEIGHT * similarity(vectors, vectors)
    targets = np.zeros((len(readings), CLASSES), np.float32)
    truth = np.array([INTENTS.index(label) for label in labels])
    targets[np.arange(len(truth)), truth] = 1
    inverse = _inverse(kernel)
    dual = inverse @ (targets - 1 / CLASSES)
    unheard = _left_out(inverse, dual, targets - 1 / CLASSES, voices)
    turn, shift = _calibration(unheard, truth)
    return Head(
        vocabulary=vocabulary,
        weights=np.asarray(matrix.T @ dual, np.float32),
        vectors=vectors,
        support=np.asarray(EMBEDDING_WEIGHT * dual[: len(vectors)], np.float32),
        bias=np.asarray(dual.sum(axis=0), np.float32),
        turn=turn,
        shift=shift,
    )


def _matrix(rows: Sparse, features: int) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((rows.values, rows.columns, rows.starts), shape=(len(rows.starts) - 1, features))


def _likeness(matrix: Any) -> Floats:
    """(N, N) products of the rows, in blocks: their sparse form would be twice as large as the dense one."""
    other = matrix.T.tocsr()
    result = np.empty((matrix.shape[0], matrix.shape[0]), np.float32)
    for start in range(0, len(result), BLOCK):
        result[start : start + BLOCK] = (matrix[start : start + BLOCK] @ other).toarray()
    return result


def _inverse(kernel: Floats) -> Floats:
    """(K + RIDGE I)^-1 by Cholesky. `kernel` is used up."""
    from scipy.linalg import lapack

    kernel[np.diag_indices_from(kernel)] += RIDGE
    factor, _ = lapack.spotrf(kernel.T, lower=1, overwrite_a=1, clean=0)
    half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(half)
    inverse += np.tril(inverse, -1).T
    return np.asarray(inverse, np.float32)


def _left_out(inverse: Floats, dual: Floats, targets: Floats, voices: Sequence[str]) -> Doubles:
    """(N, 9) scores of every row by the head that has not heard its voice."""
    groups: dict[str, list[int]] = {}
    for row, voice in enumerate(voices):
        groups.setdefault(voice, []).append(row)
    scores = np.zeros(targets.shape, np.float64)
    for rows in groups.values():
        scores[rows] = targets[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)].astype(np.float64), dual[rows])
    return scores


def _calibration(scores: Doubles, truth: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    """(9, 9) and (9,): a logistic regression of the intent on the scores, every intent weighing the same."""
    from scipy.optimize import minimize

    share = 1 / np.bincount(truth, minlength=CLASSES)[truth] / CLASSES
    hot = np.eye(CLASSES)[truth]

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        turn, shift = flat[:-CLASSES].reshape(CLASSES, CLASSES), flat[-CLASSES:]
        chances = softmax(scores @ turn + shift)
        slope = share[:, None] * (chances - hot)
        value = -(share * np.log(chances[np.arange(len(truth)), truth] + 1e-300)).sum()
        gradient = np.concatenate([(scores.T @ slope + 2 * CALIBRATION_RIDGE * turn).ravel(), slope.sum(axis=0)])
        return value + CALIBRATION_RIDGE * float((turn**2).sum()), gradient

    start = np.concatenate([10 * np.eye(CLASSES).ravel(), np.zeros(CLASSES)])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return best[:-CLASSES].reshape(CLASSES, CLASSES), best[-CLASSES:]
