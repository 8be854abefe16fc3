"""Scoring of object phrases, with an extractor whose answers are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InputError
from core.evaluation.phrases import PhraseError, evaluate, read_rows
from core.ports import KeywordExtractor
from core.types.engine import EngineStatus
from core.types.language import Keywords, Phrase


class Split(KeywordExtractor):
    """Every word of a text is a phrase."""

    def extract(self, text: str) -> Keywords:
        return Keywords(tuple(Phrase(word) for word in text.split()))

    def status(self) -> EngineStatus:
        return EngineStatus(True)


def test_counts_are_over_phrases_and_sentences() -> None:
    report = evaluate([("dog cat", ("the Dog", "cat")), ("cup bus", ("cup", "van")), ("tree", ())], Split())
    assert report.precision == pytest.approx(3 / 5)
    assert report.recall == pytest.approx(3 / 4)
    assert report.f1 == pytest.approx(6 / 9)
    assert report.exact == pytest.approx(1 / 3)
    assert report.errors == (PhraseError("cup bus", ("van",), ("bus",)), PhraseError("tree", (), ("tree",)))


def test_doubles_count_once_and_nothing_expected_is_no_error() -> None:
    report = evaluate([("dog dog", ("dog",)), ("", ())], Split())
    assert (report.f1, report.exact, report.errors) == (1.0, 1.0, ())
    assert evaluate([], Split()).f1 == 1.0


def test_rows_are_read_or_refused_with_a_remedy(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text('text,targets\n"cut out the cat, the dog", cat ; dog ;\nhello,\n', encoding="utf-8")
    assert read_rows(good) == [("cut out the cat, the dog", ("cat", "dog")), ("hello", ())]
    bad.write_text("sentence,targets\nx,y\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'text'") as failure:
        read_rows(bad)
    assert "text,targets" in failure.value.remedy
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "absent.csv")
