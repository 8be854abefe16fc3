"""One suite for every intent back-end: whatever is said, nine probabilities come back, and always the same ones."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.ports import IntentClassifier
from core.registry import EngineContext, allowed_backends, allowed_options, build
from core.settings import ASSETS
from core.types.language import INTENTS, IntentPrediction
from tests.checkpoints.distilbert import tiny_distilbert_folder
from tests.intent.engine import trained


@contextmanager
def _trained() -> Iterator[IntentClassifier]:
    yield trained()


@contextmanager
def _zero_shot() -> Iterator[IntentClassifier]:
    """On a tiny checkpoint of random weights."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    with tempfile.TemporaryDirectory() as folder:
        model = tiny_distilbert_folder(Path(folder) / "nli")
        options = {**(allowed_options("intent", "zero_shot") or {}), "model": str(model), "device": "cpu"}
        yield build("intent", "zero_shot", options, EngineContext(Path(folder), ASSETS))


ENGINES = {"embedded": _trained, "zero_shot": _zero_shot}
TEXTS = (
    "segment the dog",
    "where's the exit?",
    "don't box it, just tell me what it is",
    "Wie viele Äpfel sind das?",
    "",
    "🙂",
    "a new picture of a castle",
)
ODD = (
    *("", " ", "\n\n", "\x00\x01\x02", "🙂🙃", "12345", "?", "'", '"', "<b>segment</b>", "segment " * 2000),
    *("\ud800 lone surrogate", "e\u0301" * 50, "שלום", "犬はどこですか", "a" * 30_000, "not not not not", ", , , ,"),
)


def test_every_back_end_is_under_this_contract() -> None:
    assert set(allowed_backends("intent")) == set(ENGINES)


@pytest.fixture(scope="module", params=sorted(ENGINES))
def classifier(request: pytest.FixtureRequest) -> Iterator[IntentClassifier]:
    with ENGINES[request.param]() as engine:
        yield engine


def check(prediction: IntentPrediction) -> None:
    assert len(prediction.scores) == len(INTENTS)
    assert all(0 <= score <= 1 for score in prediction.scores)
    assert sum(prediction.scores) == pytest.approx(1, abs=1e-6)
    assert prediction.engine


def test_one_prediction_a_text_in_order(classifier: IntentClassifier) -> None:
    predictions = classifier.classify(TEXTS)
    assert len(predictions) == len(TEXTS)
    for prediction in predictions:
        check(prediction)
    assert classifier.classify(TEXTS[::-1]) == predictions[::-1]


def test_no_text_is_no_prediction(classifier: IntentClassifier) -> None:
    assert classifier.classify([]) == []


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_are_predicted_too(classifier: IntentClassifier, text: str) -> None:
    check(classifier.classify([text])[0])


def test_a_batch_equals_its_single_texts(classifier: IntentClassifier) -> None:
    assert classifier.classify(TEXTS) == [classifier.classify([text])[0] for text in TEXTS]


def test_eight_threads_get_the_same_answers(classifier: IntentClassifier) -> None:
    expected = classifier.classify(TEXTS)
    results: list[list[IntentPrediction]] = []

    def ask() -> None:
        results.append(classifier.classify(TEXTS))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_status_is_ready(classifier: IntentClassifier) -> None:
    assert classifier.status().ready
