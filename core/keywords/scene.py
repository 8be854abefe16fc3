"""Requests without a thing: about the whole picture, or about what was found before."""

from __future__ import annotations

from core.keywords.chunks import sort_of
from core.keywords.structure import Structure
from core.keywords.wishes import belongs_back
from core.keywords.words import Sort, Tag

_SEEN = frozenset(
    [
        "see",
        "seen",
        "happen",
        "happening",
        "happens",
        "show",
        "shown",
        "shows",
        "contain",
        "contains",
        "going",
        "depicted",
        "visible",
        "spot",
        "recognise",
        "recognize",
        "notice",
        "in",
    ]
)
_POINTING = frozenset(("this", "that", "these", "those"))


def asks_for_everything(structure: Structure) -> bool:
    """As in "what is in the picture?", "describe the scene", "what can you see here"."""
    words = structure.words
    if any(sort_of(chunk) in (Sort.THING, Sort.SOFT) for chunk in structure.chunks):
        return False
    if any(w.order and structure.lexicon.has("describes", w.text) for w in words):
        return any(w.tag in (Tag.META, Tag.SOFT_META) or w.meta or w.text in _POINTING for w in words)
    asked = any(structure.lexicon.has("whats", w.text) for w in words)
    seen = any(w.text in _SEEN or w.meta or w.tag == Tag.GENERIC for w in words)
    pointing = any(w.tag in (Tag.PRONOUN, Tag.ADVERB) and w.text in (*_POINTING, "there", "here") for w in words)
    return asked and (seen or pointing or any(w.tag == Tag.META for w in words))


def points_back(structure: Structure) -> bool:
    """Whether "it", "them", "that one" stand for something found before."""
    if any(belongs_back(chunk) for chunk in structure.chunks):
        return True
    for word in structure.words:
        if word.tag == Tag.PRONOUN and (structure.lexicon.has("back", word.text) or word.text in _POINTING):
            return True
    return any(
        sort_of(chunk) == Sort.ANAPHOR or (sort_of(chunk) == Sort.MODIFIER and chunk.determiner)
        for chunk in structure.chunks
    )
