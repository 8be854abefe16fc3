"""Training: the shortcut for left-out voices against honest refits, and the project's utterances themselves."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.errors import EngineUnavailable
from core.intent.features import read
from core.intent.head import CLASSES
from core.intent.train import RIDGE, _calibration, _inverse, _left_out, fit, utterances
from core.settings import ASSETS
from core.types.language import INTENTS, IntentName
from tests.intent.engine import glossary, small_assets


def test_left_out_scores_are_those_of_a_fit_without_the_voice() -> None:
    random = np.random.default_rng(3)
    features = random.normal(size=(40, 12)).astype(np.float32)
    kernel = features @ features.T
    targets = np.eye(CLASSES, dtype=np.float32)[random.integers(0, CLASSES, 40)] - np.float32(1 / CLASSES)
    voices = [f"voice {row % 7}" for row in range(40)]
    inverse = _inverse(kernel.copy())
    scores = _left_out(inverse, inverse @ targets, targets, voices)
    for voice in set(voices):
        out = np.array([v == voice for v in voices])
        ridge = RIDGE * np.eye(int((~out).sum()))
        honest = kernel[np.ix_(out, ~out)] @ np.linalg.solve(kernel[np.ix_(~out, ~out)] + ridge, targets[~out])
        assert np.allclose(scores[out], honest, atol=2e-3)


def test_calibration_makes_scores_that_are_half_noise_as_sure_as_they_are_right() -> None:
    random = np.random.default_rng(4)
    truth = random.integers(0, CLASSES, 4000)
    scores = 0.6 * np.eye(CLASSES)[truth] + random.normal(0, 0.35, (4000, CLASSES))
    turn, shift = _calibration(scores[:2000], truth[:2000])
    logits = scores[2000:] @ turn + shift
    chances = np.exp(logits - logits.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    right = chances.argmax(1) == truth[2000:]
    assert abs(float(chances.max(1).mean() - right.mean())) < 0.03
    assert right.mean() > 0.5


def test_a_head_without_vectors_knows_its_own_sentences() -> None:
    texts = [(f"{verb} the {noun}", intent) for verb, intent in VERBS.items() for noun in ("dog", "cat", "red car")]
    readings = [read(text, glossary()) for text, _ in texts]
    head = fit(readings, [i for _, i in texts], [f"{n % 3}" for n in range(len(texts))], lambda: np.zeros((0, 384)))
    for reading, (_, intent) in zip(readings, texts, strict=True):
        chances = head.probabilities(reading, None)
        assert INTENTS[int(chances.argmax())] == intent
        assert chances.sum() == pytest.approx(1)


VERBS = {
    "describe": IntentName.ANSWER,
    "locate": IntentName.DETECT,
    "segment": IntentName.SEGMENT,
    "give me a mask of": IntentName.MASK,
    "remove": IntentName.INPAINT,
    "upscale": IntentName.UPSCALE,
    "make a cartoon of": IntentName.IMAGE_TO_IMAGE,
    "draw me a new picture of": IntentName.TEXT_TO_IMAGE,
    "thank you for": IntentName.OTHER,
}


def test_voices_are_contiguous_parts_of_each_intent_of_a_file(tmp_path: Path) -> None:
    rows = utterances(small_assets(tmp_path) / "intents")
    for intent in INTENTS:
        voices = [row.voice for row in rows if row.intent == intent]
        assert voices == sorted(voices) and len(set(voices)) == 8


@pytest.mark.parametrize(
    ("content", "say"),
    [
        ("text,intent\nfind it,detect\nfind me,serach\n", "line 3"),
        ("words,label\nfind it,detect\n", "bad.csv"),
        ("text,intent\n\xff", "bad.csv"),
        ("text,intent\nfind it\n", "line 2"),
    ],
)
def test_a_bad_row_is_an_error_that_names_its_place(tmp_path: Path, content: str, say: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content.encode("latin-1"))
    with pytest.raises(EngineUnavailable, match=say) as caught:
        utterances(tmp_path)
    assert "image_to_image" in caught.value.remedy


def test_no_utterances_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="every intent"):
        utterances(tmp_path)


def test_the_projects_utterances_are_many_and_contradict_each_other_nowhere() -> None:
    rows = utterances(ASSETS / "intents")
    assert len(rows) >= 3300
    assert min(Counter(row.intent for row in rows).values()) >= 250
    seen = Counter(" ".join(re.findall(r"\w+", row.text.casefold())) for row in rows)
    assert [text for text, count in seen.items() if count > 1] == []
    foreign = sum(glossary().language(row.text) is not None for row in rows)
    assert foreign >= len(rows) / 10
