"""Words that pick among the objects shown: "the left one", "1 and 3", "the two largest", "it", "the brown dog"."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from core.colours import canonical
from core.dialogue.order_words import SIDES, SIZES, number, ordinal, word_set
from core.types.language import Filter, FilterKind
from core.types.reference import Selector

MANY = Filter(FilterKind.COUNT, "", 0)  # "the left ones": as many as there are
ONE = Filter(FilterKind.COUNT, "", 1)

PERSONS = ("he", "she", "him", "her")
_SINGULAR = re.compile(
    rf"it|that|this|{'|'.join(PERSONS)}|(?:that|this|the same|the selected|the marked|the highlighted)"
    r" (?:one|thing|object|item)|the selection"
    r"|th(?:e|at|is) (?:thing|object|item)|(?:the one|what) (?:that )?i (?:just )?(?:selected|clicked"
    r"|marked|picked|chose)"
)
_PLURAL = re.compile(
    r"(?:all |both )?(?:of )?(?:them|these|those)(?: (?:ones|things|objects|two|three|four|all|both))?|they"
    r"|the (?:objects|things|results)"
)
_ALL = re.compile(
    r"(?:all|both|each|every one|everyone)(?: of)?(?: the)?(?: (?:them|these|those|two|three|four|five"
    r"|ones|objects|things))?"
    r"|everything|every (?:one|object|thing)|all (?:of )?the objects|each one|the lot"
)
_OTHERS = re.compile(
    r"(?:(?:all )?(?:of )?the )?(?:other|remaining|missing) (?:(?P<many>ones|objects|things)|(?P<count>two|three|four)"
    r"|(?:one|object))|the others?|others|another(?: one)?|the (?:rest|remaining|remainder)|(?:the )?rest"
    r"|all the others"
    r"|all others|all the rest"
)
_OTHERS_ONE = re.compile(r"(?:(?:the )?(?:other|missing) (?:one|object)|the other|another(?: one)?)")
DETERMINERS = word_set("the that this those these my our his her their all just any")
_NUMBERED = re.compile(r"(?:the )?(?:numbers?|objects?|items?|boxe?s?|masks?|results?|instances?)(?: numbers?)? (?=\w)")
_HEADS = {"one": False, "object": False, "thing": False, "item": False, "ones": True, "objects": True, "things": True}
JOINTS = word_set(", and or plus")
_SKIPPED = word_set("far very extreme outer most furthest farthest")
_LOOKS = re.compile(  # "the one in green", "the ones with a red collar": of both, the colour is what can be checked
    r"(?P<who>.+?)(?: (?:that|which|who) (?:is|are|has|have|wears?))? (?:in|with|wearing|holding|carrying|dressed in"
    r"|wears|has)(?: (?:an?|the|his|her|its|their|some|all|bright|dark|light))* (?P<look>.+)"
)
_ANYONE = re.compile(r"(?:the |that |those )?(?:(?P<many>ones)|one)")
_PLACE = re.compile(
    r"(?:(?:which|that) (?:is|are) )?(?P<prep>on|at|to|in|from|near|toward|towards|nearest|closest|furthest|farthest)"
    r"(?: to)?(?: the)?(?: (?:far|very|extreme|outer))? (?P<first>\S+)(?: (?P<second>left|right))?"
    r"(?: (?:side|half|corner|edge|end|part|hand side))?(?: of (?:the |this |my )?(?:picture|image|photo"
    r"|pic|frame|screen|scene|group|row))?"
)
_OF_THEM = re.compile(
    r" (?:out )?of (?:the |these |those )?(?:two|three|four|five|them|these|those|lot|all|all of them|objects)$"
)


@functools.lru_cache(maxsize=512)
def read_selector(text: str) -> Selector | None:
    """Words that point at objects without naming what they are; None where any word is left over."""
    text = _OF_THEM.sub("", text) if len(text.split()) > 3 else text
    if _SINGULAR.fullmatch(text):
        return Selector(text, pronoun=True)
    if _PLURAL.fullmatch(text):
        return Selector(text, pronoun=True, everything=True)
    if _ALL.fullmatch(text):
        return Selector(text, everything=True)
    if others := _OTHERS.fullmatch(text):
        count = number(others["count"]) if others["count"] else 0
        one = bool(_OTHERS_ONE.fullmatch(text))
        filters = (Filter(FilterKind.COUNT, "", count),) if count else ((ONE,) if one else ())
        return Selector(text, filters=filters, others=True)
    return _numbered(text) or _picked(text) or _looking(text)


def look_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Who is meant and the colours they show ("the man in the red shirt": "the man", red); no colours where none is."""
    match = _LOOKS.fullmatch(text)
    words = [w for w in match["look"].split() if w not in JOINTS] if match else []
    colours = [colour for word in words if (colour := canonical(word))]
    leading = [canonical(word) for word in words[: len(colours)]]
    clear = bool(colours) and leading == colours and len(words) - len(colours) <= 2 and words[-1] not in SIDES
    return (match["who"], tuple(dict.fromkeys(colours))) if match and clear else (text, ())


def _looking(text: str) -> Selector | None:
    """As in "the one in green"."""
    who, colours = look_of(text)
    if not colours:
        return None
    if anyone := _ANYONE.fullmatch(who):
        return Selector(text, filters=() if anyone["many"] else (ONE,), colours=colours)
    selector = _picked(who)
    return replace(selector, words=text, colours=(*selector.colours, *colours)) if selector else None


def _numbered(text: str) -> Selector | None:
    """As in "number 3", "1 and 3", "objects 2 to 4", "2"."""
    cue = _NUMBERED.match(text)
    words = (text[cue.end() :] if cue else text.removeprefix("the ")).split()
    if not words or words[-1] in JOINTS or words[0] in JOINTS:
        return None
    found: list[int] = []
    span = False
    for place, word in enumerate(words):
        if word in JOINTS or word in ("the", "number", "numbers", "object"):
            continue
        if word in ("to", "through", "until") and found and place + 1 < len(words):
            span = True
            continue
        value = None if word.startswith("0") or (len(word) > 2 and word.isdigit()) else number(word)
        if not value or (value == 1 and word == "one" and len(words) == 1 and not cue):
            return None
        found += range(found[-1] + 1, value + 1) if span else [value]
        span = False
    spelt = not cue and not words[-1].isdigit() and (len(found) == 1 or "plus" in words)  # "two" is how many
    joined = len(found) == 1 or cue or any(w in (*JOINTS, "to", "through", "until") for w in words)
    return Selector(text, numbers=tuple(dict.fromkeys(found))) if found and joined and not spelt else None


@dataclass
class _Picks:
    """What was read of one noun phrase until now."""

    filters: list[Filter]
    ordinals: list[int]
    colours: list[str]
    count: int = 0
    plural: bool = False
    others: bool = False
    headed: bool = False


def _picked(text: str) -> Selector | None:
    """As in "the two largest", "the red one", "the second from the right", "the ones on the left"."""
    words = text.split()
    picks = _Picks([], [], [], plural=words[0] in ("those", "these") if words else False)
    place = _modifiers(words, picks)
    if not words or (words[place - 1 : place] and words[place - 1] in JOINTS):
        return None
    if words[0] in ("this", "that") and not picks.headed:
        return None  # "this big"
    rest = " ".join(words[place:])
    origin = ""
    if rest:
        match = _PLACE.fullmatch(rest)
        sides = [SIDES[w] for w in (match["first"], match["second"]) if w in SIDES] if match else []
        if match is None or not sides or match["first"] not in SIDES:
            return None
        origin = sides[0] if match["prep"] == "from" else ""
        if match["prep"] in ("furthest", "farthest") or not origin:
            picks.filters += [Filter(FilterKind.SIDE, side) for side in sides]
        elif not picks.ordinals and not picks.count:
            return None
    return _selector(text, picks, origin)


def _modifiers(words: list[str], picks: _Picks) -> int:
    """Reads determiner, modifiers and head; the place where they end."""
    place = 1 if words and words[0] in DETERMINERS else 0
    while place < len(words):
        word = words[place]
        if word in _HEADS:
            picks.headed, picks.plural = True, picks.plural or _HEADS[word]
        elif picks.headed and word not in JOINTS and word != "the":
            return place
        elif word in SIDES:
            picks.filters.append(Filter(FilterKind.SIDE, SIDES[word]))
        elif word in SIZES:
            rank = picks.ordinals.pop() if picks.ordinals and words[place - 1] not in ("the", *JOINTS) else 0
            picks.filters.append(Filter(FilterKind.SIZE, SIZES[word], max(rank, 0)))
        elif (place_said := ordinal(word)) is not None:
            picks.ordinals.append(place_said)
        elif (count := number(word)) and count > 1:
            picks.count = count
        elif word in ("other", "others", "remaining"):
            picks.others = True
        elif colour := canonical(word):
            picks.colours.append(colour)
        elif word not in _SKIPPED and word not in JOINTS and word != "the":
            return place
        place += 1
    return place


def _selector(text: str, picks: _Picks, origin: str) -> Selector | None:
    """The finished selector, or None where nothing was picked."""
    numbers: tuple[int, ...] = ()
    filters = list(picks.filters)
    ordinals, count = picks.ordinals, picks.count
    if origin and count and (not ordinals or ordinals == [1]):  # "the first two from the left"
        filters.append(Filter(FilterKind.SIDE, origin))
    elif origin or any(place < 0 for place in ordinals):
        filters += [Filter(FilterKind.ORDER, origin, place) for place in ordinals if origin or place < 0]
        numbers = () if origin else tuple(place for place in ordinals if place > 0)
    elif ordinals == [1] and count:
        numbers, count = tuple(range(1, count + 1)), 0
    else:
        numbers = tuple(dict.fromkeys(ordinals))
    if not (filters or numbers or picks.colours or picks.others):
        return None
    if count > 1:
        filters.append(Filter(FilterKind.COUNT, "", count))
    elif picks.plural and any(f.kind in (FilterKind.SIDE, FilterKind.SIZE) for f in filters) and not numbers:
        filters.append(MANY)
    elif not picks.plural and (picks.others or (picks.colours and len(set(picks.colours)) == 1)) and not filters:
        filters.append(ONE)
    return Selector(
        text, numbers, tuple(dict.fromkeys(filters)), colours=tuple(dict.fromkeys(picks.colours)), others=picks.others
    )
