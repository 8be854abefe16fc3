"""An intent classifier against labelled texts: accuracy, F1, calibration, and what was mistaken for what."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.ports import IntentClassifier
from core.types.arrays import Doubles
from core.types.language import INTENTS, IntentName

COLUMNS = ("text", "intent")
BINS = 15  # equal widths over (0, 1], as in Guo et al. 2017, "On calibration of modern neural networks"
ALLOWED = f"Allowed intents: {', '.join(INTENTS)}."


@dataclass(frozen=True)
class LabelScores:
    """One intent. Shares in [0, 1]; 0 where nothing can be divided. support: rows that have it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class WrongRow:
    """A text that was taken for something else. score: of the intent that was predicted."""

    text: str
    intent: IntentName
    predicted: IntentName
    score: float


@dataclass(frozen=True)
class IntentReport:
    """count: rows. accuracy: share whose best intent is right. macro_f1: mean over the intents that occur.

    An intent occurs where a row means it or is taken for it. ece: expected calibration error of the best score, `BINS`
    bins. ms: a text, loading excluded. confusion: rows meant (outer) and predicted (inner), in the order of `INTENTS`.
    labels: those that occur. wrong: in the order of the rows.
    """

    count: int
    accuracy: float
    macro_f1: float
    ece: float
    ms: float
    confusion: tuple[tuple[int, ...], ...]
    labels: Mapping[IntentName, LabelScores]
    wrong: tuple[WrongRow, ...]


def evaluate(rows: Sequence[tuple[str, IntentName]], classifier: IntentClassifier) -> IntentReport:
    """Raises `InputError` where there are no rows."""
    if not rows:
        raise InputError("There is no labelled text to evaluate.", "Give at least one row.")
    texts = [text for text, _ in rows]
    classifier.classify(texts[:1])  # loads, or trains: not part of the time a text takes
    start = time.perf_counter()
    scores = np.array([prediction.scores for prediction in classifier.classify(texts)], np.float64)
    ms = (time.perf_counter() - start) * 1000 / len(rows)
    truth = np.array([INTENTS.index(intent) for _, intent in rows])
    best = scores.argmax(axis=1)
    confusion = np.zeros((len(INTENTS), len(INTENTS)), np.int64)
    np.add.at(confusion, (truth, best), 1)
    labels = _labels(confusion)
    return IntentReport(
        count=len(rows),
        accuracy=float((best == truth).mean()),
        macro_f1=float(np.mean([label.f1 for label in labels.values()])),
        ece=calibration_error(scores.max(axis=1), best == truth),
        ms=ms,
        confusion=tuple(tuple(int(n) for n in line) for line in confusion),
        labels=MappingProxyType(labels),
        wrong=tuple(
            WrongRow(texts[i], INTENTS[truth[i]], INTENTS[best[i]], float(scores[i, best[i]]))
            for i in np.flatnonzero(best != truth)
        ),
    )


def calibration_error(confidence: Doubles, right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Mean gap between confidence and share right, over bins weighted by their rows; bin m is ((m-1)/bins, m/bins]."""
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = [abs(float((right[which == m] - confidence[which == m]).sum())) for m in range(bins)]
    return sum(gaps) / len(confidence)


def _labels(confusion: NDArray[np.int64]) -> dict[IntentName, LabelScores]:
    meant, predicted, hit = confusion.sum(axis=1), confusion.sum(axis=0), confusion.diagonal()
    return {
        intent: LabelScores(
            precision=_share(hit[i], predicted[i]),
            recall=_share(hit[i], meant[i]),
            f1=_share(2 * hit[i], meant[i] + predicted[i]),
            support=int(meant[i]),
        )
        for i, intent in enumerate(INTENTS)
        if meant[i] + predicted[i]
    }


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else 0.0


def read_csv(path: Path) -> list[tuple[str, IntentName]]:
    """Rows of a UTF-8 file with the columns text and intent, in any order; other columns are left alone.

    Raises `InputError`, naming the line and what is allowed.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _rows(path, csv.DictReader(stream, strict=True))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text (byte {error.start}).", "Save it as CSV in UTF-8.") from error


def _rows(path: Path, reader: csv.DictReader[str]) -> list[tuple[str, IntentName]]:
    header = "The first line must name the columns text,intent."
    rows: list[tuple[str, IntentName]] = []
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path.name}, line 1: the column {missing[0]} is missing.", header)
        for row in reader:
            rows.append(_row(f"{path.name}, line {reader.line_num}", row))
    except csv.Error as error:
        where = f"{path.name}, line {reader.reader.line_num}"  # DictReader's own number lags behind
        raise InputError(f"{where}: {error}.", 'Put a text with a comma or quote in "quotes".') from error
    if not rows:
        raise InputError(f"{path.name} holds no labelled text.", f"{header} Then one text a line.")
    return rows


def _row(where: str, row: Mapping[str, str | None]) -> tuple[str, IntentName]:
    text, intent = (row["text"] or "").strip(), (row["intent"] or "").strip()
    if not text:
        raise InputError(f"{where}: the text is empty.", "Give every line a text, or delete the line.")
    try:
        return text, IntentName(intent)
    except ValueError:
        raise InputError(f"{where}: the intent '{intent}' is unknown.", ALLOWED) from None
