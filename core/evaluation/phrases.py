"""Object phrases against labelled sentences: precision, recall and F1 over phrases, and every error."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.ports import KeywordExtractor

DETERMINERS = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "all",
        "some",
        "any",
        "every",
    ]
)
COLUMNS = ("text", "targets")


@dataclass(frozen=True)
class PhraseError:
    """One sentence whose phrases were not all right."""

    text: str
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class PhraseReport:
    """precision, recall, f1: over all phrases of all sentences (micro). exact: share of sentences with no error.

    ms: milliseconds a sentence, loading excluded. errors: in the order of the rows.
    """

    precision: float
    recall: float
    f1: float
    exact: float
    ms: float
    sentences: int
    errors: tuple[PhraseError, ...]


def normal(phrase: str) -> str:
    """A phrase as it is compared: case folded, blanks single, leading determiners dropped."""
    words = phrase.casefold().split()
    while len(words) > 1 and words[0] in DETERMINERS:
        words = words[1:]
    return " ".join(words)


def evaluate(rows: Sequence[tuple[str, tuple[str, ...]]], extractor: KeywordExtractor) -> PhraseReport:
    """Score an extractor on (text, target phrases); a phrase counts once a sentence, order does not matter.

    Where nothing was expected and nothing found, precision, recall and F1 are 1.
    """
    extractor.extract("warm")
    errors: list[PhraseError] = []
    right = found = expected = 0
    start = time.perf_counter()
    for text, targets in rows:
        want = list(dict.fromkeys(normal(target) for target in targets))
        got = list(dict.fromkeys(normal(phrase.text) for phrase in extractor.extract(text).phrases))
        right += sum(phrase in want for phrase in got)
        found, expected = found + len(got), expected + len(want)
        missed, wrong = tuple(w for w in want if w not in got), tuple(g for g in got if g not in want)
        if missed or wrong:
            errors.append(PhraseError(text, missed, wrong))
    seconds = time.perf_counter() - start
    number = max(1, len(rows))
    return PhraseReport(
        precision=_share(right, found),
        recall=_share(right, expected),
        f1=_share(2 * right, found + expected),
        exact=1 - len(errors) / number,
        ms=1000 * seconds / number,
        sentences=len(rows),
        errors=tuple(errors),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def read_rows(file: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Rows of a CSV file with the columns text and targets (";" between phrases). Raises `InputError`."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{file.name} has no column '{missing[0]}'.", "Its first line must be: text,targets")
            return [(row["text"] or "", _targets(row["targets"] or "")) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read as CSV: {error}.", "Give a UTF-8 file: text,targets") from error


def _targets(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
