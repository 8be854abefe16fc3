"""Words and chunks with who stands where: slot, preposition, verb and parent of a chunk, kind and cluster of a verb."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from core.keywords.lexicon import Lexicon
from core.keywords.words import ENDS, Chunk, Kind, Tag, Word, near


@dataclass(slots=True)
class Structure:
    """A sentence's words and chunks. kinds, clusters: verb index to the clause's kind and to its topmost verb."""

    words: list[Word]
    chunks: list[Chunk]
    lexicon: Lexicon
    kinds: dict[int, Kind] = field(default_factory=dict)
    clusters: dict[int, int] = field(default_factory=dict)
    of_word: dict[int, int] = field(default_factory=dict)

    negated: set[int] = field(default_factory=set)  # chunks found to be left out so far
    _spans: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.of_word = {i: n for n, chunk in enumerate(self.chunks) for i in range(chunk.start, chunk.end)}
        start = 0
        ends = [i for i, word in enumerate(self.words) if word.tag in ENDS]
        for end in (*ends, len(self.words)):
            self._spans += [(start, end)] * (end + 1 - start)
            start = end + 1

    def sentence(self, index: int) -> tuple[int, int]:
        """The span of the sentence around a word, its closing mark excluded."""
        return self._spans[index]

    def asks(self, index: int) -> bool:
        """Whether the word's sentence is a question: by its mark, or by how it begins."""
        start, end = self.sentence(index)
        if near(self.words, end) == Tag.QUESTION and end < len(self.words):
            return True
        skipped = (Tag.ADVERB, Tag.AND, Tag.COMMA, Tag.MARK)
        spoken = (w for w in itertools.islice(self.words, start, end) if w.tag not in skipped or w.text == "there")
        opening = list(itertools.islice(spoken, 2))
        forbids = opening[:2] and opening[-1].tag == Tag.NOT and self._forbids(start, end)
        if forbids:
            return False
        if len(opening) == 2 and opening[0].tag == Tag.PREP:
            opening = opening[1:]  # "in which corner is ..."
        return bool(opening) and (opening[0].tag in (Tag.AUX, Tag.WH) or opening[0].text in ("what", "which", "whose"))

    def _forbids(self, start: int, end: int) -> bool:
        """As in "don't segment the cat", which begins with an auxiliary and asks nothing; "don't you see it" does."""
        negation = next(i for i in range(start, end) if self.words[i].tag == Tag.NOT)
        return near(self.words, negation + 1) not in (Tag.PRONOUN, Tag.THE, Tag.A)
