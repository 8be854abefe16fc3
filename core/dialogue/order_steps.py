"""Orders that take a step: back (undo), or a threshold up or down."""

from __future__ import annotations

import re

from core.dialogue.order_words import Said
from core.types.reference import Operation, Order

_THAT = r"(?:that|it|this|(?:the )?last(?: (?:one|step|change|thing|action|request|result|command|edit))?)"
_UNDO = re.compile(
    rf"(?:undo|revert|cancel|reverse|discard|scrap|scratch|strike)(?: {_THAT})?(?: again| once more)?"
    r"|undo (?:my |the )?"
    r"(?:last |previous )?(?:change|step|action|edit|removal|selection)s?|(?:go|one step|step|take me"
    r"|move) back(?: (?:one|a"
    r" step|one step|again|to (?:before|the (?:last|previous) (?:one|result|step|state)|how it was)))?|back|one back"
    rf"|take (?:that|it|this) back|take back {_THAT}|roll(?: (?:that|it))? back|never ?mind(?: {_THAT})?|nevermind|nvm"
    r"|(?:forget|scrap|ignore) (?:that|it|this|about (?:that|it|this))|ctrl(?: and| plus|-|\+)? ?z|cmd(?: "
    r"|-)?z|previous(?: result| state| one)?"
    r"|(?:restore|back to|return to|show(?: me)?|bring back) (?:the )?(?:previous|last|old"
    r"|earlier)(?: (?:one|result|state|version|selection))"
    r"|(?:as|like|how) it was(?: before)?|(?:put|bring|give) (?:it|them|that|everything) back"
    r"|(?:back one step|back a step|revert to (?:the )?(?:previous|last)(?: one| result)?|as before"
    r"|like before|i did not mean that"
    r"|once more undo|never ?mind , undo|(?:geh )?zur(?:ü|u)ck)|not what i (?:meant|wanted)"
    r"|that (?:is|was) not what i (?:meant|wanted)|that was (?:wrong|a mistake|not right)|undo undo"
    r"|ruckgangig|rückgängig|(?:mach(?:e)? )?(?:das|es|the|it) (?:wieder )?r(?:ü|u)ckg(?:ä|a)ngig|zur(?:ü|u)ck"
    r"|deshacer|deshaz(?:lo)?|deshacer eso|volver(?: atr(?:á|a)s)?|atr(?:á|a)s|annuler|desfazer"
)

_VALUE = r"(?P<value>-?\d+(?:\.\d+)?)(?P<percent> percent)?"
_KIND = r"(?:(?P<kind>mask|outline|edge|colour|box|detection|confidence|score|probability|object) )?"
_BAR = r"(?:threshold|cut ?-?off|cutoff|confidence|limit|bar|cut|certainty|min(?:imum)? (?:score|confidence)|score)s?"
_UP = r"(?:raise|increase|up|bump up|turn up|higher|lift|put up)"
_DOWN = r"(?:lower|decrease|reduce|drop|turn down|bring down|bump down|put down)"
_BY = (
    r"(?: (?:a bit|a little|a little bit|slightly|some|a step|a lot|further|some more|more|again|up|down|a notch))*"
    rf"(?: by {_VALUE})?"
)
_THINGS = (
    r"(?:boxes|box|detections?|objects?|results?|hits?|matches|things|candidates|ones|(?:of )?(?:them|those)"
    r"|false (?:alarms|positives|hits))"
)
_SURE = r"(?:sure|certain|confident|safe|strong|clear|reliable|definite|likely|surest|safest|clearest|best)"
_WEAK = (
    r"(?:weak(?:er)?|unsure|uncertain|doubtful|faint(?:er)?|questionable|unlikely|possible"
    r"|less (?:sure|certain|confident|likely))"
)
_ONLY = r"(?:only|just)(?: (?:show|keep))?(?: me)?|(?:show|keep)(?: me)? only|keep|show(?: me)?"
_SOFTLY = r"(?:(?:be|a bit|a little|much|even|do it|make it|look|slightly|try|please) )*"


def _patterns(*shapes: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(shape) for shape in shapes)


_SETS = _patterns(
    rf"(?:(?:set|put|use|try|make|change|move)(?: an?| the)? )?(?:the )?{_KIND}{_BAR}"
    rf"(?: (?:to|at|of|is|be|on|about|above|over))?(?: ,)? {_VALUE}",
    rf"(?:{_UP}|{_DOWN})(?: the)? {_KIND}{_BAR}(?: up| down)? to {_VALUE}",
    rf"(?:{_ONLY})(?: {_THINGS}| everything)? (?:above|over|from|better than|at least"
    rf"|with (?:an? )?(?:score|confidence)s? (?:of|above|over)(?: at least)?) {_VALUE}",
)
_RAISES = _patterns(
    rf"{_UP}(?: up)?(?: the)? {_KIND}{_BAR}{_BY}",
    rf"turn(?: the)? {_KIND}{_BAR} up{_BY}",
    rf"raise (?:it|that){_BY}",
    rf"(?:use )?(?:an? )?higher {_KIND}{_BAR}",
    rf"{_SOFTLY}(?:stricter|strict|pickier|more (?:strict|careful|selective|picky|cautious|certain)"
    r"|less (?:lenient|tolerant|generous|sensitive))",
    rf"(?:{_ONLY})(?: the)?(?: (?:very|really|most))? {_SURE}(?: {_THINGS})?",
    r"(?:only|just) (?:what|those|the ones|the ones that)(?: that)? you are (?:really )?(?:sure"
    r"|certain)(?: (?:of|about))?",
    rf"(?:show |give |use )?(?:me )?(?:fewer|less) {_THINGS}",
    rf"(?:(?:that|it) is |there are |these are )?(?:far |way )?too many(?: {_THINGS})?",
)
_LOWERS = _patterns(
    rf"{_DOWN}(?: down)?(?: the)? {_KIND}{_BAR}{_BY}",
    rf"turn(?: the)? {_KIND}{_BAR} down{_BY}",
    rf"lower (?:it|that){_BY}",
    rf"(?:use )?(?:an? )?lower {_KIND}{_BAR}",
    rf"{_SOFTLY}(?:less (?:strict|picky|selective|careful|cautious)|laxer|lenient"
    r"|more (?:lenient|tolerant|generous|sensitive|relaxed|permissive)|not (?:be )?(?:so|as|too|that) strict)",
    rf"(?:(?:show|include|add|allow|keep|let in|also|even|and)(?: me)? )+(?:the )?{_WEAK}(?: {_THINGS})?"
    r"(?: too| as well| also)?",
    rf"(?:the )?{_WEAK} {_THINGS}(?: too| as well| also)",
    r"(?:show(?: me)?|find) more(?: of (?:them|those))?|(?:but )?there are more(?: of them)?|(?:show "
    r"|give |find )?(?:me )?more (?:boxes|detections|objects|results|hits"
    r"|matches|candidates)",
    r"(?:(?:that|it) is |there are |these are )?(?:far |way )?too few(?: (?:boxes|detections|objects|results|hits))?",
    r"you (?:have )?missed (?:some|a few|one|two|several|many)(?: of them)?",
)
MIDDLE = 0.35  # where a value is said, the operation is named by it until the threshold in force is known


def read_undo(said: Said) -> Order | None:
    """ "undo", "go back", "never mind"."""
    return Order(Operation.UNDO, said.text) if _UNDO.fullmatch(said.text) or _UNDO.fullmatch(said.whole) else None


def read_threshold(said: Said) -> Order | None:
    """ "be stricter", "threshold 0.6", "raise the mask threshold by 0.1"."""
    for text in dict.fromkeys((said.text, said.whole)):
        for pattern in _SETS:
            if match := pattern.fullmatch(text):
                value = _share(match)
                operation = Operation.RAISE if value >= MIDDLE else Operation.LOWER
                return Order(operation, text, amount=value, unit="score", target=_target(match))
        for operation, shapes in ((Operation.RAISE, _RAISES), (Operation.LOWER, _LOWERS)):
            match = next((m for shape in shapes if (m := shape.fullmatch(text))), None)
            if match is not None:
                by = _share(match) if match.groupdict().get("value") else None
                return Order(operation, text, amount=by, unit="by" if by is not None else "", target=_target(match))
    return None


def _share(match: re.Match[str]) -> float:
    value = float(match["value"])
    return value / 100 if match["percent"] else value


def _target(match: re.Match[str]) -> str:
    """The number that moves: "box", "mask_cut" or "colour"."""
    kind = match.groupdict().get("kind")
    if kind in ("mask", "outline", "edge"):
        return "mask_cut"
    return "colour" if kind == "colour" else "box"
