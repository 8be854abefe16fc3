"""One suite for every intent back-end: whatever is said, nine probabilities come back, and always the same ones."""

from __future__ import annotations

import threading

import pytest

from core.ports import IntentClassifier
from core.registry import allowed_backends
from core.types.language import INTENTS, IntentPrediction
from tests.intent.engine import trained

ENGINES = {"embedded": trained}
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
def classifier(request: pytest.FixtureRequest) -> IntentClassifier:
    return ENGINES[request.param]()


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
