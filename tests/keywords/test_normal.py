"""Text as typed or dictated, to plain tokens."""

from __future__ import annotations

import pytest

from core.keywords.lexicon import load_compounds, load_lexicon, parse_lexicon
from core.keywords.normal import CORRECTION, clean, tokens, without_stutter
from core.settings import ASSETS


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Don't  TOUCH it!", ["do", "n't", "touch", "it", "."]),
        ("the dogs’ tails", ["the", "dogs", "'s", "tails"]),
        ("the stop sign", ["the", "stop sign"]),
        ("two traffic lights", ["two", "traffic lights"]),
        ("next to the sofa", ["beside", "the", "sofa"]),
        ("the cat, no wait, the dog", ["the", "cat", ",", ",", CORRECTION, ",", "the", "dog"]),
        ("[dog] — cat", [",", "dog", ",", ",", "cat"]),
        ("get rid of the the dog", ["remove", "the", "dog"]),
        ("find 🐶 at https://example.org/x", ["find", "at"]),
    ],
)
def test_tokens(text: str, want: list[str]) -> None:
    assert tokens(clean(text), load_lexicon(ASSETS, "english"), load_compounds(ASSETS)) == want


def test_stutter_counts_once() -> None:
    assert without_stutter(["on", "the", "on", "the", "left"]) == ["on", "the", "left"]
    assert without_stutter(["dog", ",", "dog", ","]) == ["dog", ",", "dog", ","]


def test_word_lists_read_sections_values_and_joined_words() -> None:
    lexicon = parse_lexicon("[sides] # where\nleft=left bas=bottom\n[meta]\nbounding_box é\n")
    assert lexicon.value("sides", "bas") == "bottom"
    assert lexicon.has("meta", "bounding box") and "bounding box" in lexicon.joined
    assert lexicon.has("meta", "e")  # as hurried people type it
    assert not lexicon.has("meta", "where") and not lexicon.has("absent", "left")
