"""Readings of verbs: who asks, what is wanted strongly, what is denied, what is to be kept."""

from __future__ import annotations

from core.keywords.chunks import sort_of
from core.keywords.structure import Structure
from core.keywords.words import BREAKS, Chunk, Slot, Sort, Tag, near

_DUTIES = frozenset(["should", "must", "ought", "shall"])
_MODALS = frozenset(["could", "can", "ca", "would", "'d", "may", "might", "will", "wo"])
_ADDRESSED = frozenset(["you", "we", "i", "one"])
_FORBIDS = frozenset(["do", "does", "did", "must", "should", "shall", "may", "need"])
_ONLY = frozenset(("only", "just", "simply", "instead"))
_THEIRS = frozenset(("its", "their", "his", "her"))
_FIRST = frozenset(("i", "we"))
_REACH = 3  # words between a negation and its verb: "do n't you ever touch"


def is_requester(structure: Structure, number: int) -> bool:
    """As in "the client wants ...", "my boss says ...": not a thing to look for."""
    chunk = structure.chunks[number]
    if chunk.slot != Slot.SUBJECT or chunk.verb < 0:
        return False
    word = structure.words[chunk.verb]
    if structure.asks(chunk.start):
        return False
    following = structure.words[chunk.verb + 1].text if chunk.verb + 1 < len(structure.words) else ""
    if word.tag == Tag.AUX and structure.lexicon.has("cares", following):
        return True
    if not structure.lexicon.has("desires", word.text):
        members = [v for v, top in structure.clusters.items() if top == chunk.verb and v - chunk.verb in (1, 2)]
        return any(structure.lexicon.has("asks", structure.words[v].text) for v in members)
    if word.text in ("want", "wants") and near(structure.words, chunk.verb + 1) == Tag.VERB:
        return False  # "the ditch wants tracing"
    if structure.lexicon.has("needs", word.text):
        after = near(structure.words, chunk.verb + 1)
        seen = structure.words[chunk.verb + 2].text if chunk.verb + 2 < len(structure.words) else ""
        if after == Tag.TO and structure.lexicon.has("perceives", seen):
            return True  # "compliance need to see it"
        others = (c for c in structure.chunks if c is not chunk and c.slot != Slot.PREP and sort_of(c) == Sort.THING)
        wants = any(structure.clusters.get(c.verb) == structure.clusters.get(chunk.verb) for c in others if c.verb >= 0)
        return wants and after not in (Tag.TO, Tag.VERB, Tag.AUX) and after not in BREAKS
    return True


def is_strong(structure: Structure, verb: int, start: int) -> bool:
    """Whether a clause is an order, a question, a wish, or a mere name, rather than a statement."""
    words, (first, last) = structure.words, structure.sentence(start)
    if verb < 0 or words[verb].order or structure.asks(start):
        return True
    top = structure.clusters.get(verb, verb)
    members = [v for v, c in structure.clusters.items() if c == top]
    if any(words[v].order for v in members):
        return True
    wishes = any(structure.lexicon.has("desires", words[v].text) for v in members)
    span = words[max(first, min([*members, verb]) - _REACH) : min(last, max([*members, verb]) + 1)]
    addressed = any(w.text in _ADDRESSED for w in span)
    modal = any(
        w.text in _DUTIES or structure.lexicon.has("needs", w.text) or (addressed and w.text in _MODALS)
        for w in span
        if w.tag in (Tag.AUX, Tag.VERB)
    )
    return wishes or (modal and not (words[verb].text in ("have", "has") and near(words, verb + 1) != Tag.TO))


def is_negative(structure: Structure, number: int) -> bool:
    """As in "not the extras", "don't touch the people", "I don't want the dog"."""
    chunk, words = structure.chunks[number], structure.words
    before = _light_before(structure, number)
    if chunk.determiner == "no" and not structure.asks(chunk.start):
        return True
    if _follows_not(structure, number) or _listed_after_not(structure, number):
        return True
    preferred = near(words, before) == Tag.COMMA and any(w.text in _ONLY for w in words[before + 1 : chunk.start])
    return chunk.slot == Slot.OBJECT and chunk.verb >= 0 and not preferred and denied(structure, chunk.verb)


def _light_before(structure: Structure, number: int) -> int:
    """The index of the word before a chunk, adverbs and marks skipped."""
    before = structure.chunks[number].start - 1
    while before >= 0 and structure.words[before].tag in (Tag.ADVERB, Tag.MARK):
        before -= 1
    return before


def _follows_not(structure: Structure, number: int) -> bool:
    before = _light_before(structure, number)
    return near(structure.words, before) == Tag.NOT and near(structure.words, before - 1) != Tag.AUX


def _listed_after_not(structure: Structure, number: int) -> bool:
    """As in "not the cats or the birds"; after a comma comes what is wanted: "not the woman, the man"."""
    first = structure.chunks[number].joined
    if first is None or near(structure.words, _light_before(structure, number)) != Tag.AND:
        return False
    return first in structure.negated or _follows_not(structure, first)


def denied(structure: Structure, verb: int) -> bool:
    """Whether a verb is forbidden or not wanted; "can't you see ...?" and "I can't find ..." deny nothing."""
    words = structure.words
    for index in range(verb - 1, max(verb - 1 - _REACH, -1), -1):
        if words[index].tag in BREAKS or (words[index].tag == Tag.VERB):
            return False
        if words[index].tag == Tag.NOT:
            if words[index].text == "never" and not (index and words[index - 1].tag == Tag.AUX):
                return True
            polite = any(w.text == "you" for w in words[index + 1 : verb]) and near(words, index - 2) not in BREAKS
            own = index > 1 and words[index - 2].text in _FIRST
            told = structure.lexicon.has("perceives", words[verb].text) and not _opens_sentence(structure, index - 1)
            if (own or told) and not structure.lexicon.has("wants", words[verb].text):
                return False
            return index > 0 and words[index - 1].text in _FORBIDS and not polite and not structure.asks(verb)
    return False


def _opens_sentence(structure: Structure, index: int) -> bool:
    """Only light words stand before it: "please don't find ..." is an order, "I still don't see ..." is none."""
    start = structure.sentence(index)[0]
    return all(w.tag in (Tag.ADVERB, Tag.COMMA, Tag.CORRECTION, Tag.AND) for w in structure.words[start:index])


def belongs_back(chunk: Chunk) -> bool:
    """As in "its edges", "their places": soft words of something found before."""
    return chunk.determiner in _THEIRS and (sort_of(chunk) == Sort.SOFT or chunk.owned)


def disclaimed(structure: Structure, verb: int) -> bool:
    """As in "the frame is not of interest": a statement that says no."""
    words = structure.words
    if structure.asks(verb):
        return False
    lacks = words[verb].text in ("got", "have") and Tag.NOT in (near(words, verb - 1), near(words, verb + 1))
    content = verb + 1 < len(words) and structure.lexicon.has("contents", words[verb + 1].text)
    return lacks or (words[verb].tag == Tag.AUX and (content or near(words, verb + 1) == Tag.NOT))


def kept_by(structure: Structure, number: int) -> bool:
    """As in "leave the birds alone", "keep the people"."""
    chunk = structure.chunks[number]
    if chunk.verb < 0 or chunk.slot != Slot.OBJECT:
        return False
    before = structure.words[max(0, chunk.verb - _REACH) : chunk.verb]
    allowed = any(w.text == "you" for w in before) and any(w.text in ("can", "may", "could") for w in before)
    return (structure.words[chunk.verb].order or allowed) and structure.lexicon.has(
        "keeps", structure.words[chunk.verb].text
    )


def acts_on_pronoun(structure: Structure, verb: int) -> bool:
    """As in "mend it for the poster": the object is something named before."""
    words = structure.words
    following = next((w for w in words[verb + 1 : verb + 3] if w.tag != Tag.PARTICLE), None) if verb >= 0 else None
    return following is not None and following.tag == Tag.PRONOUN and structure.lexicon.has("back", following.text)
