"""Which word groups of a request may stand for an object, and which one does, by a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.types.language import Filter, Keywords, Phrase

# Words that join two parts of a name: no name begins or ends with one ("bowl of fruit", "copo de água").
LINKS = frozenset(["of", "and", "with", "de", "du", "des", "da", "do", "dos", "das", "del", "von", "et", "und", "y"])


def offered(phrase: Phrase, longest: int, barred: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Neighbouring words of a phrase that hold its noun, `longest` words at most; most words first. Never empty.

    "old brown dog" offers itself, "brown dog" and "dog". A noun that is longer itself offers its last words. barred:
    names of other things; where nothing else is left, the phrase stands as it was said.
    """
    words, head = phrase.text.split(), phrase.head.split()
    first = _find(words, head)
    if first < 0:  # an adjective alone ("the red one"), or a noun that the parser put together
        first, head = 0, words
    if len(head) > longest:
        groups = [head[-longest:]]
    else:
        groups = [
            words[start : start + length]
            for length in range(min(longest, len(words)), len(head) - 1, -1)
            for start in range(max(0, first + len(head) - length), min(first, len(words) - length) + 1)
        ]
    found = (" ".join(g) for g in groups if len(g) == 1 or not LINKS & {g[0].lower(), g[-1].lower()})
    return tuple(dict.fromkeys(group for group in found if group not in barred)) or (phrase.text,)


def _find(words: Sequence[str], part: Sequence[str]) -> int:
    """Where `part` begins in `words`, -1 where it does not stand there; the last place counts."""
    places = range(len(words) - len(part), -1, -1)
    return next((at for at in places if part and list(words[at : at + len(part)]) == list(part)), -1)


def named(groups: Mapping[Phrase, Sequence[str]], scores: Mapping[str, float]) -> dict[Phrase, str]:
    """Each phrase's best scored word group; its longest one where the best would also stand for another phrase."""
    best = {phrase: max(own, key=lambda group: scores[group]) for phrase, own in groups.items()}
    taken = list(best.values())
    return {phrase: group if taken.count(group) == 1 else groups[phrase][0] for phrase, group in best.items()}


def joined(found: Keywords, names: Mapping[Phrase, str], kept: Sequence[str]) -> tuple[Phrase, ...]:
    """The kept phrases under their names, in the order said, with the nouns, colours and filters that were parsed.

    Two phrases of one name become one, which is checked for no colour: either would do.
    """
    result: dict[str, Phrase] = {}
    for phrase in found.phrases:
        name = names[phrase]
        if name not in kept:
            continue
        said = replace(phrase, text=name)
        other = result.get(name)
        result[name] = said if other is None else _either(other, said)
    return tuple(result.values())


def _either(one: Phrase, other: Phrase) -> Phrase:
    filters: dict[Filter, None] = dict.fromkeys((*one.filters, *other.filters))
    same = one.colours == other.colours
    return replace(one, colours=one.colours if same else (), filters=tuple(filters))
