"""The word lists of assets/lexicon: closed classes by section, numbers and sides by value, protected compounds."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from core.errors import EngineUnavailable

FOLDER = "lexicon"
COMPOUNDS = "compounds.txt"
TEXTUAL = frozenset(
    ("replacements", "interjections", "fillers", "corrections")
)  # sections that rewrite the text itself


@dataclass(frozen=True)
class Lexicon:
    """One language's closed word classes; every word lower-cased, words of one entry joined by a blank.

    words: section to its entries. values: section to entry to what it stands for ("second" to "2").
    """

    words: Mapping[str, frozenset[str]]
    values: Mapping[str, Mapping[str, str]]
    joined: frozenset[str] = frozenset()  # entries of several words, to be kept whole

    def has(self, section: str, word: str) -> bool:
        return word in self.words.get(section, ())

    def is_verb(self, word: str) -> bool:
        """Whether requests use the word as a verb (it may be a noun elsewhere)."""
        return self.has("verbs", word) or self.has("bareverbs", word)

    def value(self, section: str, word: str) -> str | None:
        return self.values.get(section, {}).get(word)


def parse_lexicon(text: str) -> Lexicon:
    """`[section]` lines, then entries between blanks: "word", "two_words" or "word=value"; `#` begins a comment."""
    words: dict[str, set[str]] = {}
    values: dict[str, dict[str, str]] = {}
    section = ""
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
            continue
        for entry in line.split():
            word, _, value = entry.replace("_", " ").partition("=")
            for spelling in (word, unaccented(word)):
                words.setdefault(section, set()).add(spelling)
                if value:
                    values.setdefault(section, {})[spelling] = value
    joined = {e for name, entries in words.items() if name not in TEXTUAL for e in entries if " " in e}
    return Lexicon(
        MappingProxyType({name: frozenset(entries) for name, entries in words.items()}),
        MappingProxyType({name: MappingProxyType(pairs) for name, pairs in values.items()}),
        frozenset(joined),
    )


def unaccented(word: str) -> str:
    """The word as hurried people type it: "dónde" as "donde"."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


@functools.lru_cache(maxsize=32)
def load_lexicon(assets: Path, language: str) -> Lexicon:
    """Raises `EngineUnavailable` where the file is missing."""
    return parse_lexicon(_read(assets / FOLDER / f"{language}.txt"))


@functools.lru_cache(maxsize=4)
def load_compounds(assets: Path) -> re.Pattern[str]:
    """A pattern that finds protected compounds in lower-case text, singular or plural, longest first."""
    lines = (line.partition("#")[0].strip() for line in _read(assets / FOLDER / COMPOUNDS).splitlines())
    names = sorted((line for line in lines if line), key=len, reverse=True)
    spellings = "|".join(re.escape(name).replace(r"\ ", "[ -]").replace(r"\-", "[ -]?") for name in names)
    return re.compile(rf"\b(?:{spellings})(?:e?s)?\b")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise EngineUnavailable(
            f"The word list {file} cannot be read: {error.strerror}.", "Restore assets/lexicon from the repository."
        ) from error
