"""A word-by-word English reading of German, French, Spanish, Portuguese, Italian and Dutch requests.

The sentence embedding knows English only. A gloss is no translation: word order stays, unknown words stay.
Table (assets/intents/glosses.tsv): one meaning a line, one language a column, forms apart by ";", "stem*" for a
beginning.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import EngineUnavailable

# Frequent English words: evidence against another language where that language does not have them too.
_FREQUENT = """
the a an of is are was were in on to this that these those it its and or but not no me my i you your we our us he she
his her him they them their there here what which who whose where when why how many much can could would will should
do does did don't please with without from for at by out up off over under behind into than then so just only all
every each any some one two three be been have has had get got give make put take show tell find let want need like
look see know think say says cut draw outline remove picture photo image make it's i'd i'm that's what's new more less
bigger as if about around left right top bottom same other another file black white
"""
ENGLISH = frozenset(_FREQUENT.split())
LONGEST = 5  # words of a phrase in the table
STEM = 3  # letters a stem must have
SHARE = 0.5  # of a one-word or two-word text that must be known in the other language


def fold(text: str) -> str:
    """Lower case without accents; typographic apostrophes straight."""
    plain = text.lower().replace("’", "'").replace("ß", "ss")
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


@dataclass
class _Language:
    words: dict[str, str] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)

    def add(self, form: str, english: str) -> None:
        if form.endswith("*"):
            self.stems.setdefault(form[:-1], english)
        elif " " in form:
            self.phrases.setdefault(form, english)
        elif form:
            self.words.setdefault(form, english)

    def find(self, word: str) -> str | None:
        """The English of a word; the longest stem where the word itself is unknown."""
        if word in self.words:
            return self.words[word]
        for length in range(len(word), STEM - 1, -1):
            if word[:length] in self.stems:
                return self.stems[word[:length]]
        return None


class Glossary:
    """The table, read once. Immutable afterwards."""

    def __init__(self, table: str) -> None:
        head, *lines = table.splitlines()
        self._languages = {name: _Language() for name in head.split("\t")[1:]}
        for line in lines:
            english, *cells = line.split("\t")
            for language, cell in zip(self._languages.values(), cells, strict=True):
                for form in cell.split(";"):
                    language.add(fold(form.strip()), english)

    @classmethod
    def read(cls, file: Path) -> Glossary:
        try:
            return cls(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EngineUnavailable(
                f"The glosses {file} cannot be read ({error}).", "Restore the file from the project's archive."
            ) from error

    def language(self, text: str) -> str | None:
        """The language that a text is in, or None for English and for what is not known."""
        spoken = re.findall(r"[a-z']+", fold(text))
        words = [part for word in spoken for part in ([word] if word in ENGLISH else word.split("'")) if part]
        if not words:
            return None
        known = {name: [w for w in words if language.find(w) is not None] for name, language in self._languages.items()}
        best = max(known, key=lambda name: len(known[name]))
        own = sum(word not in ENGLISH for word in known[best])
        english = sum(word in ENGLISH and self._languages[best].find(word) is None for word in words)
        return best if own > english and (own >= 2 or own / len(words) >= SHARE) else None

    def english(self, text: str) -> str:
        """The text itself where it is English, else its gloss."""
        name = self.language(text)
        if name is None:
            return text
        language, words = self._languages[name], re.findall(r"[a-z0-9]+|[?!.,;:]", fold(text))
        result, at = [], 0
        while at < len(words):
            length, gloss = self._at(language, words, at)
            result.append(gloss)
            at += length
        return " ".join(result)

    @staticmethod
    def _at(language: _Language, words: list[str], at: int) -> tuple[int, str]:
        """How many words are read at a place, and their English."""
        for length in range(min(LONGEST, len(words) - at), 1, -1):
            phrase = " ".join(words[at : at + length])
            if phrase in language.phrases:
                return length, language.phrases[phrase]
        return 1, language.find(words[at]) or words[at]
