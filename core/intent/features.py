"""What a request looks like to the classifier: words, word pairs and letters, of the whole and the wanted part.

Word view: words and pairs of words at most `REACH` apart. Letter view: pieces of 2 to 5 letters within words, also of
the text before any gloss, which is what carries languages and spellings that the glosses do not know.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.intent.glosses import Glossary, fold
from core.intent.wanted import wanted
from core.types.arrays import Floats

REACH = 3  # words
LETTERS = (2, 5)
FEWEST = 2  # texts of the training data that must have a feature
LONGEST = 4_000  # characters that are read of a text; a request that says nothing by then is not a request
WORD_WEIGHT, LETTER_WEIGHT = (
    0.7,
    0.35,
)  # of the views; the embedding has its own in train.py. By leave-one-file-out trials
WHOLE_SHARE = 0.35  # of the whole text, beside its wanted part


@dataclass(frozen=True)
class Reading:
    """A request, read three ways: as said, glossed in English, and only what is wanted in the end."""

    said: str
    english: str
    wanted: str

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its views. Names of features begin with a mark of their view, so that one table holds both."""
        words, letters = _counts("w", word_pieces, self.english), _counts("l", letter_pieces, self.said)
        wanted_words = words if self.wanted == self.english else _counts("w", word_pieces, self.wanted)
        wanted_letters = letters if self.wanted == self.said else _counts("l", letter_pieces, self.wanted)
        whole, rest = math.sqrt(WHOLE_SHARE), math.sqrt(1 - WHOLE_SHARE)
        return (
            Part(words, math.sqrt(WORD_WEIGHT) * whole),
            Part(wanted_words, math.sqrt(WORD_WEIGHT) * rest),
            Part(letters, math.sqrt(LETTER_WEIGHT) * whole),
            Part(wanted_letters, math.sqrt(LETTER_WEIGHT) * rest),
        )


@dataclass(frozen=True)
class Part:
    """One view of a reading. weight: the length of its row of features."""

    counts: Mapping[str, int]
    weight: float


def read(text: str, glossary: Glossary) -> Reading:
    sound = text[:LONGEST].encode("utf-8", "replace").decode()  # half characters (lone surrogates) reach no tokenizer
    said = " ".join(sound.split())
    english = glossary.english(said)
    return Reading(said, english, wanted(english))


def _counts(mark: str, pieces: Callable[[str], list[str]], text: str) -> Counter[str]:
    return Counter([mark + piece for piece in pieces(text)])


def word_pieces(text: str) -> list[str]:
    words = re.findall(r"\w+|\?", fold(text))
    pairs = [f"{a} {b}" for i, a in enumerate(words) for b in words[i + 1 : i + 1 + REACH]]
    return words + pairs


def letter_pieces(text: str) -> list[str]:
    return [piece for word in fold(text).split() for piece in _pieces(word)]


@lru_cache(maxsize=20_000)
def _pieces(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    low, high = LETTERS
    return tuple(padded[i : i + n] for n in range(low, high + 1) for i in range(max(1, len(padded) - n + 1)))


@dataclass(frozen=True)
class Sparse:
    """Rows of a sparse matrix: columns and values of row i lie between starts[i] and starts[i + 1]."""

    columns: NDArray[np.int32]
    values: Floats
    starts: NDArray[np.int64]


class Vocabulary:
    """Features with their rarity (inverse document frequency), and texts as rows of weighted features."""

    def __init__(self, names: Sequence[str], idf: Floats) -> None:
        self.names, self.idf = tuple(names), idf
        self._index = {name: i for i, name in enumerate(self.names)}
        self._idf = [float(value) for value in idf]

    @classmethod
    def learn(cls, readings: Sequence[Reading]) -> Vocabulary:
        seen: Counter[str] = Counter()
        for reading in readings:
            seen.update({name for part in reading.parts for name in part.counts})
        names = sorted(name for name, count in seen.items() if count >= FEWEST)
        idf = [math.log((1 + len(readings)) / (1 + seen[name])) + 1 for name in names]
        return cls(names, np.array(idf, np.float32))

    def rows(self, readings: Iterable[Reading]) -> Sparse:
        """Term frequency (logarithmic) times rarity; each part of each view scaled to its own weight."""
        columns: list[int] = []
        values: list[float] = []
        starts = [0]
        for reading in readings:
            row: dict[int, float] = {}
            for part in reading.parts:
                self._add(row, part)
            columns.extend(row)
            values.extend(row.values())
            starts.append(len(columns))
        return Sparse(np.array(columns, np.int32), np.array(values, np.float32), np.array(starts, np.int64))

    def _add(self, row: dict[int, float], part: Part) -> None:
        found = [(self._index[name], count) for name, count in part.counts.items() if name in self._index]
        weighted = [(i, (1 + math.log(count)) * self._idf[i]) for i, count in found]
        length = math.sqrt(sum(value * value for _, value in weighted))
        for i, value in weighted:
            row[i] = row.get(i, 0.0) + part.weight * value / length
