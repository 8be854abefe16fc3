"""Figures against brute force, and files that cannot be read as labelled texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from core.errors import InputError
from core.evaluation.intents import BINS, calibration_error, evaluate, read_csv
from core.ports import IntentClassifier
from core.types.engine import EngineStatus
from core.types.language import INTENTS, IntentName, IntentPrediction


class Scripted(IntentClassifier):
    """Says what it was given, text by text."""

    def __init__(self, scores: dict[str, tuple[float, ...]]) -> None:
        self.scores = scores

    def status(self) -> EngineStatus:
        return EngineStatus(True)

    def classify(self, texts: Sequence[str]) -> list[IntentPrediction]:
        return [IntentPrediction(self.scores[text]) for text in texts]


def scripted(number: int, intents: int, seed: int) -> tuple[list[tuple[str, IntentName]], Scripted]:
    """Random texts, truths among the first `intents` intents, and scores that lean to the truth."""
    random = np.random.default_rng(seed)
    rows, scores = [], {}
    for n in range(number):
        truth = int(random.integers(0, intents))
        raw = random.random(len(INTENTS)) ** 3
        raw[truth] += random.random()
        rows.append((f"text {n}", INTENTS[truth]))
        scores[f"text {n}"] = tuple(float(v) for v in raw / raw.sum())
    return rows, Scripted(scores)


@pytest.mark.parametrize(("number", "intents"), [(400, 9), (60, 4), (1, 1)])
def test_figures_equal_the_references(number: int, intents: int) -> None:
    rows, classifier = scripted(number, intents, seed=number)
    report = evaluate(rows, classifier)
    truth = [intent for _, intent in rows]
    best = [prediction.ranked()[0][0] for prediction in classifier.classify([text for text, _ in rows])]
    assert report.count == number
    assert report.accuracy == pytest.approx(np.mean([a == b for a, b in zip(truth, best, strict=True)]))
    assert report.macro_f1 == pytest.approx(f1_score(truth, best, average="macro", zero_division=0))
    occurring = [intent for intent in INTENTS if intent in {*truth, *best}]
    assert list(report.labels) == occurring
    reference = precision_recall_fscore_support(truth, best, labels=occurring, zero_division=0)
    for i, intent in enumerate(occurring):
        found = report.labels[intent]
        assert (found.precision, found.recall, found.f1) == pytest.approx([column[i] for column in reference[:3]])
        assert found.support == reference[3][i]
    for i, meant in enumerate(INTENTS):
        for j, taken in enumerate(INTENTS):
            pairs = zip(truth, best, strict=True)
            assert report.confusion[i][j] == sum(t == meant and b == taken for t, b in pairs)
    wrong = [(text, t, b) for (text, t), b in zip(rows, best, strict=True) if t != b]
    assert [(row.text, row.intent, row.predicted) for row in report.wrong] == wrong
    assert report.ms >= 0


def test_the_calibration_error_equals_a_slow_sum_over_bins() -> None:
    random = np.random.default_rng(8)
    confidence = np.concatenate([random.random(300), np.arange(1, BINS + 1) / BINS, [1.0]])
    right = random.random(len(confidence)) < confidence**2
    slow = 0.0
    for m in range(1, BINS + 1):
        inside = [i for i, c in enumerate(confidence) if (m - 1) / BINS < c <= m / BINS]
        if inside:
            gap = abs(np.mean([right[i] for i in inside]) - np.mean([confidence[i] for i in inside]))
            slow += len(inside) / len(confidence) * gap
    assert math.isclose(calibration_error(confidence, right), slow, rel_tol=1e-9)


def test_the_calibration_error_of_a_braggart_and_of_an_honest_one() -> None:
    assert calibration_error(np.ones(10), np.zeros(10, bool)) == 1
    assert calibration_error(np.full(10, 0.7), np.arange(10) < 7) == pytest.approx(0)


def test_no_rows_are_an_input_error() -> None:
    with pytest.raises(InputError):
        evaluate([], Scripted({}))


def write(folder: Path, content: bytes) -> Path:
    (folder / "rows.csv").write_bytes(content)
    return folder / "rows.csv"


@pytest.mark.parametrize(
    "content",
    [
        b'text,intent\nfind it,detect\n"cut it, now",segment\n',
        b'\xef\xbb\xbftext,intent\r\nfind it,detect\r\n"cut it, now",segment\r\n',
        b'voice,intent,text\na,detect,find it\n\nb, segment ,"cut it, now"',
    ],
    ids=["plain", "byte order mark", "other columns"],
)
def test_files_that_are_read(tmp_path: Path, content: bytes) -> None:
    rows = read_csv(write(tmp_path, content))
    assert rows == [("find it", IntentName.DETECT), ("cut it, now", IntentName.SEGMENT)]


@pytest.mark.parametrize(
    ("content", "says", "remedy"),
    [
        (b"", "column text", "text,intent"),
        (b"text,label\nfind it,detect\n", "line 1: the column intent", "text,intent"),
        (b"text,intent\n", "no labelled text", "text,intent"),
        (b"text,intent\nfind it,detect\nfind me,serach\n", "line 3: the intent 'serach'", "image_to_image"),
        (b"text,intent\nfind it\n", "line 2: the intent ''", "upscale"),
        (b"text,intent\n ,detect\n", "line 2: the text is empty", "text"),
        (b"text,intent\nfind \xe9,detect\n", "not UTF-8", "UTF-8"),
        (b'text,intent\n"find it,detect\n', "line 2", "quotes"),
    ],
)
def test_files_that_cannot_be_read_say_where_and_what_is_allowed(
    tmp_path: Path, content: bytes, says: str, remedy: str
) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_csv(write(tmp_path, content))
    assert remedy in caught.value.remedy


def test_a_missing_file_and_a_folder_are_input_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError):
            read_csv(path)
