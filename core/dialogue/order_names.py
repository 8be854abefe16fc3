"""Words that name objects by what they are: "the dogs", "the brown dog on the left", "dog 2", "the other cat"."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from core.colours import canonical
from core.dialogue.naming import is_plural, same_noun
from core.dialogue.order_selectors import DETERMINERS, JOINTS, MANY, ONE, read_selector
from core.dialogue.order_words import SIDES, SIZES, number, ordinal, word_set
from core.ports import KeywordExtractor
from core.types.language import Filter, FilterKind, Keywords, Phrase
from core.types.reference import Selector

_LONGEST_NAME = 9  # words of what names objects
_NOUN_NUMBER = re.compile(r"(?:the )?(?P<noun>[^\W\d]+(?: [^\W\d]+)?) (?P<mark>number )?(?P<digits>\d{1,3})")
_NUMBER_NOUN = re.compile(r"(?:the )?number (?P<digits>\d{1,3}) ?,? (?:the )?(?P<noun>[^\W\d]+)")
_AMONG = re.compile(r"(?P<which>(?:the |only |just )?[\w ]+) of (?:all )?(?P<noun>(?:the|these|those) .+)")
_THAT_IS = re.compile(r" (?:that|which) (?:is|are) (?=(?:on|at|in|to) )")
_OTHER_NOUN = re.compile(
    r"(?:all )?(?:of )?(?:the )?(?P<word>other|others|another|remaining)(?: (?:two|three|four))? (?P<noun>.+)"
)
# Words that make a clause or a place of what would be the name of a thing.
_NO_NAME = word_set(
    "what which who whom whose where when why how is are was were be been am do does did have has had can could"
    " will would shall should may might must i you he she we they it them me him us if because while so to into"
    " onto as than there not no never please tell make give show let want need like same style background"
    " foreground by for with without from remove erase delete drop lose forget segment find detect replace swap cut add"
    " keep picture image photo too also now again then something"
    " anything nothing everything mask masks outline outlines box boxes threshold bigger smaller more less fewer"
)
_PREPS = word_set("on in at near beside behind under over above below next of off inside front between against")
_LITTLE = word_set("a an some one ones both each every big small")
_PLACING = re.compile(
    r" (?:on|at|in|to|from) (?:the |its )?(?:far |very )?(?:left|right|top|bottom|middle|center|centre"
    r"|upper|lower)\b.*$"
)
_POSSESSIVE = re.compile(r"\w'|s'(?:\s|$)")


@dataclass(frozen=True)
class Named:
    """Objects named by what they are. phrases: each with the colours and filters said of it."""

    selector: Selector
    phrases: tuple[Phrase, ...]


def read_named(
    text: str, extractor: KeywordExtractor, before: Collection[str] = (), placed: bool = False
) -> Named | None:
    """Objects named by what they are ("the dogs", "the brown dog on the left", "dog 2"); None for anything else.

    before: phrases in force: "dog 2" is an object's number only where dogs are in force or "number" is said. placed:
    whether another thing may place it ("the cup on the table").
    """
    words = text.split()
    if not words or len(words) > _LONGEST_NAME or _POSSESSIVE.search(text):
        return None
    if numbered := (_NOUN_NUMBER.fullmatch(text) or _NUMBER_NOUN.fullmatch(text)):
        noun = numbered["noun"].removesuffix(" number")
        if not (" number " in f" {text} " or is_known(noun, before)) or set(noun.split()) & _NO_NAME:
            return None
        return Named(Selector(text, (int(numbered["digits"]),), phrase=noun), ())
    if (among := _AMONG.fullmatch(text)) and (which := read_selector(among["which"])) and not which.everything:
        return _among(which, text, read_named(among["noun"], extractor, before, placed))
    text = _THAT_IS.sub(" ", text)
    other = _OTHER_NOUN.fullmatch(text)
    name = other["noun"] if other else text
    bare = _PLACING.sub("", name)
    if (
        set(bare.split()) & _NO_NAME
        or not any(c.isalpha() for c in bare)
        or bare.split()[0] in _PREPS
        or (not placed and set(bare.split()) & _PREPS)
    ):
        return None
    found = extractor.extract(name)
    phrases = tuple(_shown_order(p, name) for p in found.phrases if p.head)
    if not phrases or len(phrases) < len(found.phrases) or found.everything or found.excluded or found.replacement:
        return None
    if not _covers(found, bare):
        return None
    first = phrases[0]
    if first.colours and not is_plural(first.head) and not first.filters:
        first = replace(first, filters=(ONE,))
        phrases = (first, *phrases[1:])
    selector = Selector(text, (), first.filters, uncoloured(first), first.colours, others=other is not None)
    return Named(selector, phrases)


def _among(which: Selector, text: str, named: Named | None) -> Named | None:
    """As in "the largest of the dogs"."""
    if named is None or len(named.phrases) != 1:
        return None
    phrase = replace(named.phrases[0], filters=which.filters)
    return Named(replace(which, words=text, phrase=named.selector.phrase, colours=named.selector.colours), (phrase,))


def _covers(found: Keywords, text: str) -> bool:
    """Whether the phrases, and what places them, are all that the words say."""
    said = {part for phrase in (*(p.text for p in found.phrases), *found.context) for part in phrase.split()}
    rest = [w for w in text.split() if w not in said and w not in DETERMINERS and w not in JOINTS | _PREPS]
    return all(w in SIDES or w in SIZES or w in _LITTLE or number(w) or ordinal(w) is not None for w in rest)


def _shown_order(phrase: Phrase, text: str) -> Phrase:
    """ "The second dog" is the second as shown unless a side is said; "the left dogs" are as many as there are."""
    filters = phrase.filters
    if " from " not in text:
        filters = tuple(
            replace(f, value="") if (f.kind == FilterKind.ORDER and f.number != 1) or _first(f, text) else f
            for f in filters
        )
    single = any(f.kind in (FilterKind.SIDE, FilterKind.SIZE) for f in filters)
    if single and is_plural(phrase.head) and not any(f.kind == FilterKind.COUNT for f in filters):
        filters = (*filters, MANY)
    return replace(phrase, filters=filters)


def _first(chosen: Filter, text: str) -> bool:
    return chosen.kind == FilterKind.ORDER and "first" in text.split()


def uncoloured(phrase: Phrase) -> str:
    """A phrase's words without its colours; its head where only that is left."""
    words = [
        w for w in phrase.text.split() if not (phrase.colours and canonical(w) in phrase.colours and w != phrase.head)
    ]
    return " ".join(words) or phrase.head


def is_known(noun: str, before: Collection[str]) -> bool:
    """Whether a noun is among the phrases in force."""
    return any(same_noun(noun, phrase) for phrase in before)
