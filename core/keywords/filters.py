"""Words that pick among several objects of a phrase: sides, superlatives, ordinals, numbers."""

from __future__ import annotations

from collections.abc import Sequence

from core.keywords.lexicon import Lexicon
from core.types.language import Filter, FilterKind

_DIGITS = 3  # a longer number names something ("gate 1042"), nobody wants so many


def side_filters(words: Sequence[str], lexicon: Lexicon) -> tuple[Filter, ...]:
    """As in "top left" is two filters, each side once."""
    values = (lexicon.value("sides", word) for word in words)
    return tuple(Filter(FilterKind.SIDE, value) for value in dict.fromkeys(values) if value)


def word_filters(word: str, lexicon: Lexicon) -> tuple[Filter, ...]:
    """The filter that one word of a noun phrase stands for; an ordinal counts from the left until told otherwise."""
    if value := lexicon.value("sides", word):
        return (Filter(FilterKind.SIDE, value),)
    if value := lexicon.value("extremes", word):
        return (Filter(FilterKind.ORDER, value, 1),)
    if value := lexicon.value("sizes", word) or lexicon.value("comparatives", word):
        return (Filter(FilterKind.SIZE, value),)
    if value := lexicon.value("ordinals", word):
        return (Filter(FilterKind.ORDER, "left", int(value)),)
    if value := lexicon.value("numbers", word):
        return (Filter(FilterKind.COUNT, "", int(value)),)
    return (Filter(FilterKind.COUNT, "", int(word)),) if word.isdecimal() and len(word) <= _DIGITS else ()


def counted_from(filters: Sequence[Filter], origin: str) -> list[Filter]:
    """Ordinals of a phrase count from the side that was named; without an ordinal, the side itself is meant.

    "the first three from the left" are the three leftmost.
    """
    number = next((f for f in filters if f.kind == FilterKind.COUNT), None)
    out: list[Filter] = []
    for chosen in filters:
        if chosen.kind == FilterKind.ORDER:
            out.append(Filter(FilterKind.SIDE, origin) if number else Filter(FilterKind.ORDER, origin, chosen.number))
        else:
            out.append(chosen)
    return out


def settle(filters: Sequence[Filter], asks: bool) -> tuple[Filter, ...]:
    """Each filter once; a number in a question ("are there two dogs?") is no filter."""
    return tuple(f for f in dict.fromkeys(filters) if not (asks and f.kind == FilterKind.COUNT))
