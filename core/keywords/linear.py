"""Slots without a parse, by what stands before each chunk: a verb, a preposition, "and", or nothing."""

from __future__ import annotations

from core.keywords.attach import ordered_through
from core.keywords.lexicon import Lexicon
from core.keywords.structure import Structure
from core.keywords.words import BREAKS, ENDS, INNER, NAMING, Chunk, Kind, Slot, Tag, Word, near

_PREPS = frozenset((Tag.PREP, Tag.OF, Tag.TO))
_SKIPPED = frozenset((Tag.MARK, Tag.ADVERB, Tag.PARTICLE, Tag.PRONOUN))
_SUBJECTS = frozenset(["i", "you", "we", "they", "he", "she", "it"])
_LISTING_PREPS = frozenset(("between", "with", "without", "among", "except"))


def settle(words: list[Word], lexicon: Lexicon) -> None:
    """Verbs that are no orders, by endings and neighbours, in place: "should be removed", "have it outlined"."""
    for index, word in enumerate(words):
        if word.tag not in (Tag.NOUN, Tag.META, Tag.ATTRIBUTE) or " " in word.text:
            continue
        before, after = near(words, index - 1), near(words, index + 1)
        while before == Tag.ADVERB and index > 1:
            before = near(words, index - 2)
            break
        subject = index > 0 and words[index - 1].tag == Tag.PRONOUN and words[index - 1].text in _SUBJECTS
        ruled = before in (Tag.AUX, Tag.NOT, Tag.NOUN, Tag.WH) and lexicon.has("verbforms", word.text)
        past = word.text.endswith("ed") and before in (Tag.AUX, Tag.NOUN) and after not in INNER
        modal = (
            before in (Tag.AUX, Tag.PRONOUN)
            and lexicon.is_verb(word.text)
            and after in NAMING | {Tag.PREP, Tag.PRONOUN}
        )
        compares = word.text.endswith("er") and (before in (Tag.AUX, Tag.PRONOUN) or _text(words, index + 1) == "than")
        if compares:
            word.tag = Tag.ADJECTIVE
        elif subject or past or modal or (ruled and after != Tag.NOUN):
            word.tag = Tag.VERB


def _text(words: list[Word], index: int) -> str:
    return words[index].text if index < len(words) else ""


def attach_by_neighbours(structure: Structure) -> None:
    """Fill every chunk's slot, verb, prep, parent and joined, and every verb's kind and cluster."""
    _kinds(structure)
    for number in range(len(structure.chunks)):
        _attach(structure, number)


def _kinds(structure: Structure) -> None:
    """A verb right after a thing or its relative pronoun begins a relative clause; all others are one cluster."""
    words, top = structure.words, -1
    for index, word in enumerate(words):
        if word.tag in ENDS:
            top = -1
        if word.tag not in (Tag.VERB, Tag.AUX):
            continue
        relative = _opens_relative(structure, index)
        if relative:
            structure.kinds[index], structure.clusters[index] = Kind.RELATIVE, index
            continue
        if word.order or top < 0:
            top = index
        structure.kinds[index], structure.clusters[index] = Kind.MAIN, top


def _opens_relative(structure: Structure, index: int) -> bool:
    words, before = structure.words, index - 1
    while before >= 0 and words[before].tag in (Tag.ADVERB, Tag.MARK):
        before -= 1
    if words[index].order:
        return False
    if structure.lexicon.has("participles", words[index].text):
        passive = near(words, before) == Tag.AUX and structure.kinds.get(before) == Kind.MAIN
        return not passive and near(words, before) not in BREAKS
    return (
        near(words, before) == Tag.WH
        and before - 1 in structure.of_word
        and words[before].text in ("who", "that", "which")
    )


def _attach(structure: Structure, number: int) -> None:
    words, chunk = structure.words, structure.chunks[number]
    if near(words, chunk.end) == Tag.OWNER:
        chunk.slot, chunk.parent = Slot.OWNER, structure.of_word.get(chunk.end + 1)
        return
    index = chunk.start - 1
    while index >= 0 and words[index].tag in _SKIPPED:
        index -= 1
    before = near(words, index) if index >= 0 else Tag.STOP
    if before == Tag.OWNER:
        index = structure.chunks[number - 1].start - 1
        before = near(words, index) if index >= 0 else Tag.STOP
    if (order := ordered_through(structure, index)) >= 0:
        chunk.slot, chunk.verb = Slot.OBJECT, order
        return
    if before in _PREPS:
        chunk.slot, chunk.prep = Slot.PREP, words[index].text
        chunk.parent = _host(structure, index - 1)
        chunk.verb = _verb_before(structure, index) if chunk.parent is None else -1
    elif before in (Tag.AND, Tag.COMMA) or index in structure.of_word:
        _listed(structure, number)
    else:
        _in_clause(structure, chunk)


def _host(structure: Structure, index: int) -> int | None:
    while index >= 0 and structure.words[index].tag in (Tag.MARK, Tag.ADVERB, Tag.PARTICLE):
        index -= 1
    return structure.of_word.get(index)


def _verb_before(structure: Structure, index: int) -> int:
    for i in range(index - 1, -1, -1):
        if structure.words[i].tag in ENDS:
            return -1
        if i in structure.kinds:
            return i
    return -1


def _listed(structure: Structure, number: int) -> None:
    chunk = structure.chunks[number]
    start = structure.sentence(chunk.start)[0]
    if number == 0 or structure.chunks[number - 1].start < start:
        _in_clause(structure, chunk)
        return
    joined = number - 1
    while structure.chunks[joined].joined is not None:
        joined = structure.chunks[joined].joined or 0
    place = structure.chunks[joined]
    # "the dog on the sofa and the cat": a determiner begins a new target, unless the preposition takes a list
    if place.slot == Slot.PREP and place.parent is not None and place.prep not in _LISTING_PREPS and chunk.determiner:
        joined = place.parent
    chunk.joined = joined


def _in_clause(structure: Structure, chunk: Chunk) -> None:
    verb = _verb_before(structure, chunk.start)
    chunk.verb = verb
    following = next((i for i in range(chunk.end, structure.sentence(chunk.start)[1]) if i in structure.kinds), -1)
    if verb < 0 and following >= 0 and structure.kinds[following] == Kind.MAIN and not structure.words[following].order:
        chunk.slot, chunk.verb = Slot.SUBJECT, following
    elif verb >= 0 and structure.words[verb].tag == Tag.AUX and structure.kinds[verb] == Kind.MAIN:
        chunk.slot = Slot.SUBJECT
