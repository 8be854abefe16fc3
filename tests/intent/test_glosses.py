"""Requests in six languages become English words; English and unknown texts stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import EngineUnavailable
from core.intent.glosses import Glossary, fold
from tests.intent.engine import glossary

TABLE = "english\tde\tfr\nhow many\twie viele\tcombien\nremove\tentfern*;weg\tenlev*\nthe\tder;die;das\tle;la\n"


@pytest.mark.parametrize(
    ("text", "language", "english"),
    [
        ("Wie viele Hunde sind da?", "de", "how many dog are there ?"),
        ("entferne das Auto", "de", "remove the car"),
        ("Où est le chien ?", "fr", "where is the dog ?"),
        ("¿Cuántas ventanas hay?", "es", "how many window there is ?"),
        ("tira a mulher da foto", "pt", "remove the woman of photo"),
        ("dov'è il cane", "it", "where is the dog"),
        ("hoeveel mensen staan er", "nl", "how many people staan there"),
    ],
)
def test_a_gloss(text: str, language: str, english: str) -> None:
    assert glossary().language(text) == language
    assert glossary().english(text) == english


@pytest.mark.parametrize(
    "text", ["segment the dog", "where is the red ball?", "die cut sticker of the cat", "", "42", "🙂", "zzz qqq"]
)
def test_english_and_unknown_texts_stay(text: str) -> None:
    assert glossary().language(text) is None
    assert glossary().english(text) == text


def test_phrases_go_before_words_and_long_stems_before_short_ones() -> None:
    table = Glossary(TABLE + "far away\tentfernt*\t\n")
    assert table.english("wie viele der entfernten") == "how many the far away"


def test_folding_is_blind_to_accents_and_case() -> None:
    assert fold("Größe, ÇA, l’été") == "grosse, ca, l'ete"


def test_a_missing_or_broken_table_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        Glossary.read(tmp_path / "none.tsv")
    assert caught.value.remedy
    (tmp_path / "short.tsv").write_text("english\tde\tfr\nred\trot\n")
    with pytest.raises(EngineUnavailable):
        Glossary.read(tmp_path / "short.tsv")
