"""What users corrected, as labelled examples, in the files that `evaluate-intents` and `evaluate-phrases` read."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.types.language import IntentName

INTENT_COLUMNS = ("text", "intent")
PHRASE_COLUMNS = ("text", "targets")
SEPARATOR = ";"


@dataclass(frozen=True)
class Example:
    """A request as the user says it was meant.

    record_id: the version that was corrected, or the correction. intent: None where it was not labelled. phrases: None
    where they were not; () where no object is meant. created: seconds since 1970.
    """

    record_id: str
    text: str
    intent: IntentName | None = None
    phrases: tuple[str, ...] | None = None
    created: float = field(default_factory=time.time)


def intents_csv(examples: Iterable[Example]) -> bytes:
    """UTF-8 without a byte order mark, columns text and intent; every text as it was said."""
    rows = [(e.text, str(e.intent)) for e in examples if e.intent is not None and e.text.strip()]
    return _csv(INTENT_COLUMNS, rows)


def phrases_csv(examples: Iterable[Example]) -> bytes:
    """UTF-8 without a byte order mark, columns text and targets (";" between phrases); every text as it was said."""
    rows = [(e.text, _targets(e.phrases)) for e in examples if e.phrases is not None and e.text.strip()]
    return _csv(PHRASE_COLUMNS, rows)


def _targets(phrases: Sequence[str]) -> str:
    """A phrase that holds the separator itself would be read back as two."""
    return SEPARATOR.join(" ".join(phrase.replace(SEPARATOR, " ").split()) for phrase in phrases)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Everything quoted. Nothing is put before a text that starts like a formula: the label is of the text as it is."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8", "replace")
