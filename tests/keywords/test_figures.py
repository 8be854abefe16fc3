"""Floors for the labelled sentences, so that a change that costs accuracy is seen.

dev_phrases.csv was used while the rules were written. check_phrases.csv was written last, in other words; its first run
gave F1 .90, after which five of its errors were cured: neither is a figure for unseen sentences.
"""

from __future__ import annotations

from pathlib import Path

from core.evaluation.phrases import evaluate, read_rows
from core.ports import KeywordExtractor

HERE = Path(__file__).parent
DEV_FLOOR, CHECK_FLOOR, RULES_FLOOR = 0.97, 0.85, 0.90


def test_dev_sentences(extractor: KeywordExtractor) -> None:
    report = evaluate(read_rows(HERE / "dev_phrases.csv"), extractor)
    assert report.sentences >= 160
    assert report.f1 >= DEV_FLOOR, report.errors


def test_check_sentences(extractor: KeywordExtractor) -> None:
    report = evaluate(read_rows(HERE / "check_phrases.csv"), extractor)
    assert report.sentences >= 60
    assert report.f1 >= CHECK_FLOOR, report.errors


def test_dev_sentences_by_rules_alone(rules: KeywordExtractor) -> None:
    assert evaluate(read_rows(HERE / "dev_phrases.csv"), rules).f1 >= RULES_FLOOR


def test_a_sentence_takes_milliseconds(extractor: KeywordExtractor) -> None:
    rows = [("please could you find the brown dog and the red ball next to the sofa", ("brown dog", "red ball"))] * 30
    assert evaluate(rows, extractor).ms < 60  # 5 ms on a quiet core; the machine may be shared
