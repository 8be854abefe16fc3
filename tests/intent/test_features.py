"""Features of a reading, against the textbook formula computed the slow way."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from core.intent.features import (
    LETTER_WEIGHT,
    LONGEST,
    WHOLE_SHARE,
    WORD_WEIGHT,
    Reading,
    Vocabulary,
    letter_pieces,
    read,
    word_pieces,
)
from tests.intent.engine import glossary

TEXTS = ("find the dog", "find the cat please", "the dog, the dog!", "where is the cat?")


def test_words_pair_with_those_that_follow_closely() -> None:
    words, pairs = word_pieces("Cut it out, now!?")[:5], word_pieces("Cut it out, now!?")[5:]
    assert words == ["cut", "it", "out", "now", "?"]
    assert pairs == ["cut it", "cut out", "cut now", "it out", "it now", "it ?", "out now", "out ?", "now ?"]


def test_letters_stay_within_words() -> None:
    assert letter_pieces("ab c") == [" a", "ab", "b ", " ab", "ab ", " ab ", " ab ", " c", "c ", " c ", " c ", " c "]


def test_a_row_is_term_frequency_times_rarity_scaled_part_by_part() -> None:
    readings = [read(text, glossary()) for text in TEXTS]
    vocabulary = Vocabulary.learn(readings)
    rows = vocabulary.rows(readings)
    for number, reading in enumerate(readings):
        found = dict(
            zip(
                (vocabulary.names[c] for c in rows.columns[rows.starts[number] : rows.starts[number + 1]]),
                rows.values[rows.starts[number] : rows.starts[number + 1]],
                strict=True,
            )
        )
        assert found == pytest.approx(slow_row(reading, readings), rel=1e-5)


def slow_row(reading: Reading, readings: list[Reading]) -> dict[str, float]:
    views = (("w", word_pieces, "english", WORD_WEIGHT), ("l", letter_pieces, "said", LETTER_WEIGHT))
    result: dict[str, float] = {}
    for mark, pieces, whole, weight in views:
        having = Counter(
            name for r in readings for name in {*pieces(getattr(r, whole)), *pieces(r.wanted)}
        )  # texts that have it, once each
        for part, share in ((getattr(reading, whole), WHOLE_SHARE), (reading.wanted, 1 - WHOLE_SHARE)):
            counts = {n: c for n, c in Counter(pieces(part)).items() if having[n] >= 2}
            raw = {
                n: (1 + math.log(c)) * (math.log((1 + len(readings)) / (1 + having[n])) + 1) for n, c in counts.items()
            }
            length = math.sqrt(sum(v * v for v in raw.values()))
            for name, value in raw.items():
                result[mark + name] = result.get(mark + name, 0.0) + math.sqrt(weight * share) * value / length
    return result


def test_a_text_without_known_features_is_an_empty_row() -> None:
    vocabulary = Vocabulary.learn([read(text, glossary()) for text in TEXTS])
    rows = vocabulary.rows([read("", glossary()), read("🙂", glossary())])
    assert np.array_equal(rows.starts, [0, 0, 0])


def test_control_characters_and_line_breaks_are_blanks() -> None:
    assert read("find\n\x1f the \tdog", glossary()).said == "find the dog"


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert len(read("dog " * 100_000, glossary()).said) <= LONGEST
