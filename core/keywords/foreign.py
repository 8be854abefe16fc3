"""German, French, Spanish and Portuguese requests, best effort: small word lists through the same rules, no parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from core.keywords import normal
from core.keywords.lexicon import Lexicon, load_lexicon
from core.keywords.words import DETERMINERS, INNER, Tag, Word

LANGUAGES = ("german", "french", "spanish", "portuguese")
# Sections whose words tell a language: what stands in nearly every request.
_TELLING = (
    "definite",
    "indefinite",
    "auxiliaries",
    "prepositions",
    "conjunctions",
    "verbs",
    "adverbs",
    "subordinators",
    "pronouns",
    "of",
)
_LEAST_SHARE = 0.34  # of a text's words must be telling, and more than are English
_ARTICLE_BONUS = 0.5  # articles tell neighbours apart: "o" is "the" in Portuguese, "or" in Spanish
_APOSTROPHE = re.compile(r"\b([ldjmtsnc]|qu)'(?=\w)", re.IGNORECASE)
_FULL = {"l": "le", "d": "de", "j": "je", "m": "me", "t": "te", "s": "se", "n": "ne", "c": "ce", "qu": "que"}
_ENCLITIC = re.compile(
    r"(?<=\w)-(?:ils|elles|tu|vous|il|elle|on|moi|nous|toi|me|nos|lhe|o|a|os|as|le|la|les)\b", re.IGNORECASE
)
_INFINITIVE = re.compile(r"^\w{3,}(?:ieren|iere|iert)$")


def language_of(cleaned: str, assets: Path, english: Lexicon) -> str:
    """The foreign language of a text, or "" for English and everything else."""
    words = [w.lower() for w in normal.plain_tokens(_split(cleaned)) if w[0].isalpha()]
    if not words:
        return ""
    best, most = "", 0.0
    for language in LANGUAGES:
        lexicon = load_lexicon(assets, language)
        hits = sum(_telling(word, lexicon) + _ARTICLE_BONUS * lexicon.has("definite", word) for word in words)
        if hits > most:
            best, most = language, hits
    own = sum(_telling(word, english) for word in words)
    if not best or most <= own or most / len(words) < _LEAST_SHARE:
        return ""
    unmistakable = (w for w in words if not _telling(w, english) and not english.has("false_friends", w))
    return best if any(_telling(word, load_lexicon(assets, best)) for word in unmistakable) else ""


def _telling(word: str, lexicon: Lexicon) -> bool:
    return any(lexicon.has(section, word) for section in _TELLING)


def _split(text: str) -> str:
    text = _ENCLITIC.sub(" ", text)
    return _APOSTROPHE.sub(lambda m: _FULL[m[1].lower()] + " ", text)


def tokens(cleaned: str, language: str) -> list[str]:
    """Tokens with their case; French apostrophes and pronouns hung on verbs are taken apart."""
    text = _split(cleaned) if language != "german" else cleaned
    return normal.without_stutter(normal.plain_tokens(text))


def settle(words: Sequence[Word], said: Sequence[str], lexicon: Lexicon) -> None:
    """Verbs by list wherever they stand; in German, capitals tell the unknown nouns, and -ieren verbs."""
    german = lexicon.has("options", "noun last")
    cased = german and any(s[0].isupper() for s, w in zip(said[1:], words[1:], strict=True) if w.tag == Tag.NOUN)
    for index, (surface, word) in enumerate(zip(said, words, strict=True)):
        determined = index > 0 and words[index - 1].tag in DETERMINERS
        if not determined and lexicon.has("verbs", word.text) and word.tag in (Tag.NOUN, Tag.META, Tag.VERB):
            word.tag, word.order = Tag.VERB, True
        elif german and word.tag == Tag.NOUN and surface[0].islower() and (cased or _INFINITIVE.match(word.text)):
            names = index + 1 < len(words) and words[index + 1].tag in INNER
            word.tag = Tag.ADJECTIVE if names else Tag.VERB


def recase(text: str, said: Sequence[str]) -> str:
    """The words as they were written, where they were not written in capitals throughout or at a sentence's start."""
    written = {s.lower(): s for n, s in enumerate(said) if n and not s.isupper() and said[n - 1] not in ".?"}
    return " ".join(written.get(word, word) for word in text.split())
