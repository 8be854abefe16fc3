"""Words that name objects by what they are: "the dogs", "the brown dog on the left", "dog 2", "the other cat"."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from core.colours import canonical
from core.dialogue.naming import is_plural, same_noun
from core.dialogue.order_selectors import DETERMINERS, JOINTS, MANY, ONE, look_of, read_selector
from core.dialogue.order_words import SIDES, SIZES, number, ordinal, word_set
from core.ports import KeywordExtractor
from core.types.language import Filter, FilterKind, Keywords, Phrase
from core.types.reference import Selector

_LONGEST_NAME = 9  # words of what names objects
_NOUN_NUMBER = re.compile(r"(?:the )?(?P<noun>[^\W\d]+(?: [^\W\d]+)?) (?P<mark>number )?(?P<digits>\d{1,3})")
_NUMBER_NOUN = re.compile(r"(?:the )?number (?P<digits>\d{1,3}) ?,? (?:the )?(?P<noun>[^\W\d]+)")
_AMONG = re.compile(r"(?P<which>(?:the |only |just )?[\w ]+) of (?:all )?(?P<noun>(?:the|these|those) .+)")
_FURTHEST = re.compile(
    r" (?:furthest|farthest|nearest|closest)(?: (?:to|on|at))?(?: the)? (?=(?:left|right|top|bottom)$)"
)
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
    " keep too also now again then something"
    " anything nothing everything threshold bigger smaller more less fewer"
)
# Words of the order language that name things too: where one is in view, or a look is said of it.
_BARRED = word_set("picture image photo mask masks outline outlines box boxes")
_MADE = _BARRED | word_set(
    "pictures images photos frame frames ring rings circle circles rectangle rectangles contour contours cutout cutouts"
    " selection selections border borders edge edges"
)
_HUNG = word_set("picture pictures photo photos")  # things by where they are: "the picture on the wall"
_MATTER = word_set("wooden wood cardboard paper metal plastic glass steel brass iron leather stone tin empty")
_PREPS = word_set("on in at near beside behind under over above below next of off inside front between against")
_LITTLE = word_set("a an some one ones both each every big small")
_PLACING = re.compile(
    r" (?:on|at|in|to|from) (?:the |its )?(?:far |very )?(?:left|right|top|bottom|middle|center|centre"
    r"|upper|lower)\b.*$"
)
_POSSESSIVE = re.compile(r"\w'|s'(?:\s|$)")


@dataclass(frozen=True)
class Named:
    """Objects named by what they are.

    phrases: each with the colours and filters said of it. plain: the same as they are looked for newly.
    """

    selector: Selector
    phrases: tuple[Phrase, ...]
    plain: tuple[Phrase, ...] = ()


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
        known = is_known(noun, before)
        if not (known or " number " in f" {text} ") or set(noun.split()) & (_NO_NAME if known else _NO_NAME | _BARRED):
            return None
        return Named(Selector(text, (int(numbered["digits"]),), phrase=noun), ())
    if (among := _AMONG.fullmatch(text)) and (which := read_selector(among["which"])) and not which.everything:
        return _among(which, text, read_named(among["noun"], extractor, before, placed))
    if (made := _made(text, extractor, before)) is not None:
        return made
    text = _FURTHEST.sub(" on the ", _THAT_IS.sub(" ", text))
    other = _OTHER_NOUN.fullmatch(text)
    name, colours = look_of(other["noun"] if other else text)
    if not _is_name(name, before, placed):
        return None
    plain = _extracted(name, extractor)
    sized = _sized(name, before)
    found = tuple(_shown_order(p, sized) for p in _extracted(sized, extractor))
    if not found or not plain:
        return None
    first = found[0]
    if colours:
        first = replace(first, colours=tuple(dict.fromkeys((*first.colours, *colours))))
    single = first.colours or (set(name.split()) & _PREPS and is_known(first.head, before))
    if single and not is_plural(first.head) and not first.filters:
        first = replace(first, filters=(ONE,))
    selector = Selector(text, (), first.filters, uncoloured(first), first.colours, others=other is not None)
    return Named(selector, (first, *found[1:]), plain)


def _made(text: str, extractor: KeywordExtractor, before: Collection[str]) -> Named | None:
    """A thing in view that is called a box, a mask, a picture: "the green box", "the picture on the left"."""
    words = text.split()
    place = next((n for n, w in enumerate(words) if w in _MADE and is_known(w, before)), None)
    if not place or words[0] in ("a", "an"):
        return None
    noun = words[place]
    words[place] = "ones" if is_plural(noun) else "one"
    pointed = read_selector(" ".join(words))
    if pointed is None and not set(words[:place]) <= DETERMINERS:
        return None
    if pointed is None and words[place + 1 :]:
        return None
    selector = replace(pointed or Selector(), words=text, phrase=noun)
    phrase = Phrase(" ".join((*selector.colours, noun)), noun, selector.colours, selector.filters)
    if selector.numbers:
        return Named(selector, ())
    return Named(selector, (phrase,), _extracted(text, extractor) or (replace(phrase, filters=()),))


def _is_name(name: str, before: Collection[str], placed: bool) -> bool:
    """Whether words can name things: no clause, and no mask or box of the result."""
    bare = _PLACING.sub("", name).split()
    if set(bare) & _NO_NAME or not any(c.isalpha() for w in bare for c in w) or bare[0] in _PREPS:
        return False
    if not placed and set(bare) & _PREPS:
        return False
    return all(_is_thing(n, bare, before) for n, word in enumerate(bare) if word in _BARRED)


def _is_thing(place: int, words: list[str], before: Collection[str]) -> bool:
    said = words[place - 1] if place else ""
    if said in ("a", "an"):
        return False  # "a box" is a form
    hung = words[place] in _HUNG and words[place + 1 : place + 2] and words[place + 1] in _PREPS
    return bool(is_known(words[place], before) or canonical(said) or said in _MATTER or hung)


def _sized(name: str, before: Collection[str]) -> str:
    """The sizes said of things in view as sizes that pick ("the small dog": the smallest)."""
    words = name.split()
    if not any(is_known(word, before) for word in words):
        return name
    return " ".join(SIZES.get(word, word) for word in words)


def _extracted(name: str, extractor: KeywordExtractor) -> tuple[Phrase, ...]:
    """The phrases where they, and what places them, are all that the words say; else none."""
    found = extractor.extract(name)
    phrases = tuple(p for p in found.phrases if p.head)
    if len(phrases) < len(found.phrases) or found.everything or found.excluded or found.replacement:
        return ()
    return phrases if _covers(found, _PLACING.sub("", name)) else ()


def _among(which: Selector, text: str, named: Named | None) -> Named | None:
    """As in "the largest of the dogs"."""
    if named is None or len(named.phrases) != 1:
        return None
    phrase = replace(named.phrases[0], filters=which.filters)
    return Named(
        replace(which, words=text, phrase=named.selector.phrase, colours=named.selector.colours), (phrase,), (phrase,)
    )


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
    measure = next((SIZES[w] for w in text.split() if SIZES.get(w) not in (None, "largest", "smallest")), "")
    if measure:
        filters = tuple(replace(f, value=measure) if f.kind == FilterKind.SIZE else f for f in filters)
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
