"""Exported examples are read back by the readers that evaluate them, every text as it was said."""

from __future__ import annotations

from pathlib import Path

from core.evaluation import intents, phrases
from core.sessions.examples import Example, intents_csv, phrases_csv
from core.types.language import IntentName

ODD = (
    'say "cut", then; the dog',
    "=HYPERLINK(1)",
    "-2 dogs @home",
    "two\nlines\r\nof text",
    "שלום 👋🏽 الكلب",
    "'quoted'",
    "a,b,,c",
)


def test_intents_are_read_back(tmp_path: Path) -> None:
    examples = [Example("1", text, IntentName.SEGMENT, None) for text in ODD]
    examples += [Example("2", "only phrases", None, ("dog",)), Example("3", " ", IntentName.DETECT)]
    file = tmp_path / "intents.csv"
    file.write_bytes(intents_csv(examples))
    assert intents.read_csv(file) == [(text, IntentName.SEGMENT) for text in ODD]


def test_phrases_are_read_back(tmp_path: Path) -> None:
    examples = [Example("1", text, IntentName.SEGMENT, ("brown dog", 'the "best" cat')) for text in ODD]
    examples += [Example("2", "nothing is meant", None, ()), Example("3", "only an intent", IntentName.DETECT)]
    examples += [Example("4", "odd", None, ("a; b", " c\n d "))]
    file = tmp_path / "phrases.csv"
    file.write_bytes(phrases_csv(examples))
    rows = phrases.read_rows(file)
    assert rows[:-2] == [(text, ("brown dog", 'the "best" cat')) for text in ODD]
    assert rows[-2:] == [("nothing is meant", ()), ("odd", ("a b", "c d"))]


def test_no_example_gives_the_header_alone() -> None:
    assert intents_csv([]) == b'"text","intent"\r\n' and phrases_csv([]) == b'"text","targets"\r\n'


def test_half_a_character_does_not_break_the_file(tmp_path: Path) -> None:
    file = tmp_path / "intents.csv"
    file.write_bytes(intents_csv([Example("1", "a \ud83d dog", IntentName.SEGMENT)]))
    assert intents.read_csv(file) == [("a ? dog", IntentName.SEGMENT)]
