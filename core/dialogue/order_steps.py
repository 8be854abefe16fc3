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
    r"|like before|i (?:did not|never) mean (?:that|it|this|to(?: do (?:that|it|this))?)"
    r"|once more undo|never ?mind , undo|(?:geh )?zur(?:ü|u)ck)|not what i (?:meant|wanted)"
    r"|that (?:is|was) not what i (?:meant|wanted)|that was"
    r" (?:all )?(?:wrong|an? (?:mistake|error|accident|slip)|not (?:right|it))|undo undo"
    r"|(?:oops|whoops|oopsie|ouch)(?: (?:oops|whoops))?|that was the wrong (?:one|thing|object|button)"
    r"|i (?:pressed|clicked|hit|picked|took|chose|said) the wrong (?:one|thing|object|button)|my (?:mistake|bad|fault"
    r"|error)|i take (?:that|it|this) back"
    r"|that is not what i (?:asked for|had in mind|was after)|not what i (?:asked for|had in mind)"
    r"|forget what i (?:just )?said|i (?:have )?changed my mind|i made a mistake"
    r"|(?:put|leave|set|make|have|restore) (?:it|them|that|everything)(?: back)? (?:to )?(?:the way|as|how|like|what)"
    r" (?:it|they|things) (?:was|were)(?: before)?"
    r"|(?:it|that|this|they) (?:was|were|looked) better before|i (?:liked|preferred) (?:it|that|them)(?: better| more)?"
    r"(?: before| how it was| as it was)|before was better|that (?:made|makes) it worse"
    r"|ruckgangig|rückgängig|(?:mach(?:e)? )?(?:das|es|the|it) (?:wieder )?r(?:ü|u)ckg(?:ä|a)ngig|zur(?:ü|u)ck"
    r"|deshacer|deshaz(?:lo)?|deshacer eso|volver(?: atr(?:á|a)s)?|atr(?:á|a)s|annuler|desfazer"
)

_VALUE = r"(?P<value>-?\d+(?:\.\d+)?)(?P<percent> percent)?"
_KIND = r"(?:(?P<kind>mask|outline|edge|colour|text|word|box|detection|confidence|score|probability|object) )?"
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
    r"(?:weak(?:er)?|unsure|uncertain|doubtful|faint(?:er)?|shaky|dubious|iffy|borderline|questionable|unlikely"
    r"|possible"
    r"|less (?:sure|certain|confident|likely))"
)
_DEGREE = (
    r"(?:(?:so|very|really|that|quite|too|completely|entirely|absolutely|most|totally|pretty|fairly|at all|all) )*"
)
_WHICH = (
    r"(?:the (?:ones|things|objects|boxes|results|hits)|those|what|whatever|things|ones|anything|any|all"
    r"|everything)(?: that"
    r"| which)?"
)
_DOUBT = (  # "the doubtful ones", "the ones you are not sure of", "guesses"
    rf"(?:(?:the |any |all (?:the )?)?{_WEAK} {_THINGS}|{_WHICH}(?: that| which)? you (?:are|were|feel)"
    rf" (?:not {_DEGREE}(?:sure|certain|confident|convinced)|less (?:sure|certain|confident)|unsure|uncertain"
    r"|doubtful|in doubt|only guessing)(?: (?:of|about))?|(?:the |any |all )?(?:guesses|maybes|doubtful cases))"
)
_SURELY = (
    rf"{_WHICH} you (?:are|were|feel) {_DEGREE}(?:sure|certain|confident|convinced)(?: (?:of|about))?"
    r"|(?:the )?safe bets|the (?:safe|sure|clear) cases"
)
_HIDE = (
    r"(?:hide|drop|remove|delete|forget(?: about)?|leave out|discard|skip|ignore|omit|exclude|lose|get rid of|take out"
    r"|take away|put away|throw out|without|no|not|do not (?:show|include|keep|count)(?: me)?)"
)
_OVER = r"(?:you|that|it|this) (?:are|were|is|was|seems?)(?: being)?(?: (?:far|way|much|a bit|a little|still))* too"
_LOOSE = r"(?:generous|lenient|lax|tolerant|permissive|sensitive|easygoing|trusting)"
_STERN = r"(?:strict|picky|careful|cautious|selective|choosy|fussy|demanding|conservative|hesitant|timid|harsh)"
_SOME = r"(?:some|a few|one|two|three|several|many|a couple|quite a few|a lot|lots|others|some others|half)"
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
    rf"{_SOFTLY}(?:stricter|strict|pickier|choosier|fussier|picky|more (?:{_STERN}|certain)"
    rf"|less {_LOOSE}|not (?:be )?(?:so|as|too|that|quite so) {_LOOSE})",
    rf"{_OVER} {_LOOSE}|you are not (?:strict|picky|careful|selective) enough|do not be (?:so|as|too|that"
    rf"|quite so) {_LOOSE}",
    rf"{_HIDE} {_DOUBT}(?: out| away)?",
    rf"(?:{_ONLY}|include only|i only want|i want only) (?:{_SURELY})",
    rf"(?:{_SURELY}) (?:only|alone)",
    rf"(?:{_ONLY})(?: the)?(?: (?:very|really|most))? {_SURE}(?: {_THINGS})?",
    rf"(?:show |give |use )?(?:me )?(?:fewer|less) {_THINGS}",
    rf"(?:(?:that|it) is |there are |these are )?(?:far |way )?too many(?: {_THINGS})?",
)
_LOWERS = _patterns(
    rf"{_DOWN}(?: down)?(?: the)? {_KIND}{_BAR}{_BY}",
    rf"turn(?: the)? {_KIND}{_BAR} down{_BY}",
    rf"lower (?:it|that){_BY}",
    rf"(?:use )?(?:an? )?lower {_KIND}{_BAR}",
    rf"{_SOFTLY}(?:less {_STERN}|laxer|lenient"
    rf"|more (?:{_LOOSE}|relaxed)|not (?:be )?(?:so|as|too|that|quite so) {_STERN})",
    rf"{_OVER} {_STERN}|you are not (?:generous|lenient|tolerant) enough|do not be (?:so|as|too|that"
    rf"|quite so) {_STERN}",
    rf"(?:(?:show|include|add|allow|keep|let in|also|even|and)(?: me)? )+{_DOUBT}(?: too| as well| also)?",
    rf"{_DOUBT} (?:too|as well|also)",
    rf"(?:(?:i think|it seems|it looks like|looks like|seems like|i am afraid|i guess)(?: that)? )?"
    rf"(?:you (?:have )?(?:missed|overlooked|forgot|forgotten|skipped) {_SOME}(?: more)?(?: of (?:them|those))?"
    rf"|{_SOME}(?: of (?:them|those))? (?:is|are|were) (?:still )?missing"
    rf"|there (?:are|is) (?:still )?{_SOME} missing|there (?:(?:should|must) be|are) (?:some |still )?more(?: of them)?"
    r"|you did not (?:find|get|catch|see|mark) (?:all|everything|them all|all of (?:them|those)"
    r"|every one)(?: of them)?)",
    r"let more (?:of them )?(?:through|in|pass)",
    rf"(?:(?:show|include|add|allow|keep|let in|also|even|and)(?: me)? )+(?:the )?{_WEAK}(?: {_THINGS})?"
    r"(?: too| as well| also)?",
    rf"(?:the )?{_WEAK} {_THINGS}(?: too| as well| also)",
    r"(?:show(?: me)?|find) more(?: of (?:them|those))?|(?:but )?there are more(?: of them)?|(?:show "
    r"|give |find )?(?:me )?more (?:boxes|detections|objects|results|hits"
    r"|matches|candidates)",
    r"(?:(?:that|it) is |there are |these are )?(?:far |way )?too few(?: (?:boxes|detections|objects|results|hits))?",
)
MIDDLE = 0.35  # where a value is said, the operation is named by it until the threshold in force is known


def read_undo(said: Said) -> Order | None:
    """ "undo", "go back", "never mind", "I did not mean that, take it back"."""
    for text in (said.text, said.whole):
        clauses = [c.strip() for c in re.split(r" , | and | so ", text) if c.strip()]
        if _UNDO.fullmatch(text) or (clauses and all(_UNDO.fullmatch(clause) for clause in clauses)):
            return Order(Operation.UNDO, said.text)
    return None


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
    """The number that moves: "box", "text", "mask_cut" or "colour"."""
    kind = match.groupdict().get("kind")
    if kind in ("text", "word"):
        return "text"
    if kind in ("mask", "outline", "edge"):
        return "mask_cut"
    return "colour" if kind == "colour" else "box"
