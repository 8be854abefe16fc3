"""Orders that move the masks' edges out or in: "grow the mask", "tighter", "a bit wider around the dog"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.dialogue.order_selectors import read_selector
from core.dialogue.order_words import NUMBERS, Said, hear
from core.packing import pack
from core.types.reference import Operation, Order, Selector

Picker = Callable[[str], Selector | None]  # words to the objects meant; None where they name none

ENLARGE, REDUCE = "enlarge the picture", "scale the picture down"  # what the buttons under "make it bigger" say
LABEL = "label_size"  # the button's kind: the labels in the picture

_NOUNS = (
    r"(?:masks?|outlines?|edges?|contours?|selections?|borders?|boundar(?:y|ies)|silhouettes?|segmentations?|cutouts?)"
)
_MASKS = re.compile(rf"\b(?:(?:the|my|that|this|all|both) )*{_NOUNS}(?!\w)")
_OWNED = re.compile(rf"\b(its|his|her|their) {_NOUNS}(?!\w)")
_OWNERS = {"its": "it", "his": "him", "her": "her", "their": "them"}
_COUNTED = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|a couple of|a"
_AMOUNT = re.compile(
    r"\b(?:by )?(?:about |around |roughly |exactly |another )?"
    rf"(?:(?P<amount>\d+(?:\.\d+)?|{_COUNTED})(?: more)? ?(?P<unit>px|pixels?|percent"
    r"|times)(?: as| more)?"
    r"|(?P<word>twice|double|half|triple|thrice)(?: as| the size| the width)?|by (?P<plain>\d+(?:\.\d+)?"
    r"|a quarter|a third|half))\b"
)
_SOFTLY = re.compile(
    r"\b(?:just )?(?:a little bit|a bit|a little|a tad|a touch|a tiny bit|slightly|somewhat|much|a lot"
    r"|some more|a step|even"
    r"|further|way|still|far|again|a notch|on all sides|all a?round|everywhere|in every direction)\b"
)
_WORDED = {**NUMBERS, "fifteen": 15, "twenty": 20, "a couple of": 2, "a": 1}
_TIMES = {"twice": 2.0, "double": 2.0, "triple": 3.0, "thrice": 3.0, "half": 0.5}
_SHARES = {"a quarter": 25.0, "a third": 33.0, "half": 50.0}

_WIDER = r"(?:bigger|larger|wider|looser|thicker|fatter|broader|more generous|generous|big|wide|large|thick|loose)"
_TIGHTER = r"(?:smaller|tighter|narrower|thinner|closer|snugger|slimmer|small|tight|narrow|thin)"
_GROW = r"(?:grow|dilate|fatten|inflate|thicken|loosen|widen|broaden|expand|pad|feather out)"
_GROW_TOO = r"(?:enlarge|extend|increase|stretch|spread|scale up|push out|move out|double|open up|make bigger)"
_SHRINK = r"(?:tighten(?: up)?|erode|contract|thin(?: out)?|narrow|slim)"
_SHRINK_TOO = r"(?:shrink|reduce|decrease|scale down|pull in|move in|draw in|trim|make smaller)"
_ADDED = r"(?:add (?:to|around|round)|(?:more )?(?:around|round)|give more to)"
_TAKEN = r"(?:(?:remove|take|shave|cut|trim)(?: away)? (?:from|off)(?: of)?|less (?:around|round))"
_OF = r"(?: (?:of|around|round|for|on|at) (?P<of>.+))?"
_WHOSE = r"(?: (?:of|around|round|for|on) (?P<a>.+?))?"
_LET = r"(?:(?:can|could|may|might|should|would|let|have|make|get|i want|we want|i need|i prefer|want|need) )?"
_BE = (
    r"(?: (?:is|are|be|should|must|can|could|would|might|needs?|has|have|had|ought|better|to|wants?|gets?|do|with|use"
    r"|go|come|move|reach|extend|sit|lie|moved|pushed|pulled|brought|also|all))"
)
_ROOM = (  # what is wrong with an edge that lies too far in
    rf"(?:give|leave|allow) MASK{_WHOSE} (?:more )?(?:room|space|margin|air|slack|padding)",
    rf"MASK{_WHOSE}{_BE}+ more (?:room|space|margin|air|slack|padding)",
    rf"MASK{_WHOSE} (?:cuts? (?:off|away|into)|miss(?:es)?|loses?|clips?|leaves? out)"
    r"(?: (?:too|parts?|bits?|some|off|of|the|it|him|her|them|object|thing|edges?))+",
)
_SPILT = (  # and too far out
    rf"MASK{_WHOSE} (?:takes? in|includes?|covers?|contains?|catch(?:es)?|spills?|has|have|goes|go|grabs?)"
    r"(?: (?:over|some|of|the|it))* (?:too|background|surroundings)(?: (?:of|the|background|surroundings|around|it))*",
)


def _shapes(
    sure: str, perhaps: str, adjective: str, other: str, way: str, taken: str, more: tuple[str, ...]
) -> tuple[re.Pattern[str], ...]:
    """Shapes of an order with its amount gone and "MASK" for the mask's words; groups a, of: whose."""
    return tuple(
        re.compile(shape)
        for shape in (
            rf"(?:{sure}|{perhaps}) MASK{_OF}(?: (?:out|in|up))?",
            rf"(?:{sure}|{perhaps}) (?P<a>.+?)(?: ?'s?)? MASK(?: (?:out|in|up))?",
            rf"{_LET}MASK{_WHOSE}{_BE}* {adjective}{_OF}",
            rf"{_LET}(?P<a>.+?)(?: ?'s?)? MASK{_BE}* {adjective}",
            rf"(?:make |i want |have |use )?(?:a |an )?{adjective} MASK{_OF}",
            rf"MASK{_WHOSE} (?:is|are|was|were|seems?|looks?|feels?|came out)(?: all| both)? too {other}{_OF}",
            rf"(?P<a>.+?)(?: ?'s?)? MASK (?:is|are|was|were|seems?|looks?|feels?|came out)(?: all| both)? too {other}",
            rf"{adjective} (?:around|round|on|at|to) (?P<of>.+)",
            rf"{sure} (?:around|round) (?P<of>.+)",
            rf"(?:move|push|pull|bring|set|take|let|draw) MASK{_WHOSE} {way}",
            rf"(?:move|push|pull|bring|take|draw) (?P<a>.+?)(?: ?'s?)? MASK {way}",
            rf"{_LET}MASK{_WHOSE}{_BE}+ {way}",
            rf"{taken} MASK{_OF}",
            rf"(?:{sure}|{perhaps}) MASK size",
            rf"{_LET}MASK{_WHOSE}{_BE}+ (?:{sure}|{perhaps})",
            rf"{sure}(?: (?:out|in|up))?",
            rf"{sure} (?P<a>.+?)(?: (?:out|in|up))?",
            *more,
        )
    )


_SHAPES = (
    (Operation.GROW, _shapes(_GROW, _GROW_TOO, _WIDER, _TIGHTER, "out", _ADDED, _ROOM)),
    (Operation.SHRINK, _shapes(_SHRINK, _SHRINK_TOO, _TIGHTER, _WIDER, "in", _TAKEN, _SPILT)),
)
_PIXELS = (  # an amount in pixels is one of a mask's edge, whatever is named
    (Operation.GROW, re.compile(rf"(?:(?:make|have) (?P<a>.+) )?{_WIDER}{_OF}|{_GROW_TOO}(?: (?P<b>.+))?")),
    (Operation.SHRINK, re.compile(rf"(?:(?:make|have) (?P<a>.+) )?{_TIGHTER}{_OF}|{_SHRINK_TOO}(?: (?P<b>.+))?")),
)
_ALONE = (  # adjectives that are said of an edge, not of a picture
    (Operation.GROW, re.compile(r"(?:make (?P<a>.+) )?(?:wider|looser|thicker)")),
    (Operation.SHRINK, re.compile(r"(?:make (?P<a>.+) )?(?:tighter|narrower|snugger|thinner)")),
)
_ANY = re.compile(rf"{_WIDER}|{_TIGHTER}|{_GROW}|{_GROW_TOO}|{_SHRINK}|{_SHRINK_TOO}|\d(?: more)? (?:px|pixel)")
_TURNED = re.compile(r"\b(out|in)wards?\b")
_TO_IT = re.compile(r"\b(?:it|them|that)\b")
_IT = r"(?:it|that|this|that one|this one)"
_VAGUE = (
    (Operation.GROW, re.compile(rf"bigger|larger|(?:make|i want|have) {_IT} (?:bigger|larger)")),
    (Operation.SHRINK, re.compile(rf"smaller|(?:make|i want|have) {_IT} smaller|shrink {_IT}")),
)
_EACH = (  # several, or one picked out, are no picture
    (Operation.GROW, re.compile(r"make (?P<a>.+) (?:bigger|larger)")),
    (Operation.SHRINK, re.compile(r"make (?P<a>.+) smaller")),
    (Operation.SHRINK, re.compile(r"shrink (?P<a>.+)")),
)


@dataclass(frozen=True)
class _Read:
    """The words without amount and softeners, masks as "MASK"."""

    text: str
    amount: float | None
    unit: str


def read_edges(said: Said, pick: Picker) -> Order | None:
    """The order to move edges, or None. pick: reads whose edge is meant."""
    if not (_ANY.search(said.text) or _MASKS.search(said.text)):
        return None
    order = _read(said, pick)
    if order is not None or " , " not in said.text:
        return order
    wrong, _, remedy = said.text.partition(" , ")  # "the outline is too tight, loosen it"
    order = _read(Said(wrong), pick)
    done = _read(Said(_TO_IT.sub("the mask", hear(remedy).text)), pick) if order is not None else None
    if order is None or done is None or done.operation != order.operation:
        return None
    amount, unit = (done.amount, done.unit) if done.amount is not None else (order.amount, order.unit)
    return replace(order, words=said.text, amount=amount, unit=unit)


def _read(said: Said, pick: Picker) -> Order | None:
    read = _stripped(said.text)
    for operation, shapes in _SHAPES:
        for shape in shapes:
            if (match := shape.fullmatch(read.text)) and (order := _order(operation, said, read, match, pick)):
                return order
    tables = [*(_PIXELS if read.unit == "px" else ()), *_ALONE]
    for operation, shape in tables:
        if (match := shape.fullmatch(read.text)) and (order := _order(operation, said, read, match, pick)):
            return order
    if read.amount is not None:
        return None  # "twice as large" may well be the picture
    for operation, shape in _VAGUE:
        if shape.fullmatch(read.text):
            return _asked(operation, said)
    for operation, shape in _EACH:
        match = shape.fullmatch(read.text)
        selector = read_selector(match["a"]) if match else None
        if match and selector is not None:  # "make the dog bigger" would be another picture
            return Order(operation, said.text, selector)
    return None


def _stripped(text: str) -> _Read:
    """The words without the amount and what only softens; the mask's words as "MASK"."""
    amount, unit = None, ""
    if match := _AMOUNT.search(text):
        amount, unit = _amount(match)
        text = f"{text[: match.start()]} {text[match.end() :]}"
    text = _OWNED.sub(lambda m: f"MASK of {_OWNERS[m[1]]}", _TURNED.sub(r"\1", _SOFTLY.sub(" ", text)))
    text = _MASKS.sub("MASK", text).replace("MASK's too ", "MASK is too ")
    return _Read(" ".join(text.replace(",", " ").split()), amount, unit)


def _amount(match: re.Match[str]) -> tuple[float, str]:
    if match["word"]:
        return _TIMES[match["word"]], "times"
    if match["plain"]:
        return (_SHARES[match["plain"]], "percent") if match["plain"] in _SHARES else (float(match["plain"]), "px")
    value = float(_WORDED.get(match["amount"], match["amount"]))
    unit = match["unit"]
    return value, unit if unit in ("percent", "times") else "px"


def _order(operation: Operation, said: Said, read: _Read, match: re.Match[str], pick: Picker) -> Order | None:
    """The order, or None where the words that should say whose edge is meant do not."""
    if read.unit == "times" and read.amount is not None and read.amount < 1:
        operation = Operation.SHRINK  # "half as big"
    about = next((words for key, words in match.groupdict().items() if words), "")
    if about in ("", "MASK"):
        return Order(operation, said.text, amount=read.amount, unit=read.unit)
    if "MASK" in about:
        about = about.replace("MASK of ", "").replace(" MASK", "").strip()
    selector = pick(about.removesuffix("'s").removesuffix(" '").strip())
    if selector is None:
        return None
    if selector.everything:
        selector = replace(selector, pronoun=False)
    return Order(operation, said.text, selector, amount=read.amount, unit=read.unit)


def _asked(operation: Operation, said: Said) -> Order:
    """ "Make it bigger": the words do not say what."""
    grows = operation == Operation.GROW
    choices: list[tuple[str, str, Any]] = [
        ("The mask", "refer", pack(Order(operation, said.text))),
        ("The picture", "say", ENLARGE if grows else REDUCE),
    ]
    if grows:
        choices.append(("The label", LABEL, "bigger"))
    return Order(operation, said.text, choices=tuple(choices))
