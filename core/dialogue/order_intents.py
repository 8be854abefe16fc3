"""Orders to do something else with the objects in force: "remove it", "just boxes please", "how big is the second?"."""

from __future__ import annotations

import re
from collections.abc import Collection

from core.dialogue.engines import Engines
from core.dialogue.order_forms import read_form
from core.dialogue.order_names import read_named
from core.dialogue.order_selectors import read_selector
from core.dialogue.order_words import Said, word_set
from core.policy import decide
from core.types.language import IntentName
from core.types.reference import Operation, Order, Selector
from core.types.thresholds import Thresholds

ACTING = (IntentName.ANSWER, IntentName.DETECT, IntentName.SEGMENT, IntentName.MASK, IntentName.INPAINT)

_REMOVE = (
    r"remove|erase|delete|get rid of|eliminate|retouch|inpaint|wipe(?: out| away)?|take (?:out|away|off)"
    r"|photoshop out|paint over|paint out|edit out|clean up|make (?=.+ (?:disappear|vanish|go away"
    r"|invisible))"
)
_SEGMENT = (
    r"segment|outline|trace|contour|draw (?:the |an )?(?:outlines?|contours?|shapes?) (?:of|around|round)"
    r"|(?:show|give) (?:me )?(?:the |an )?(?:exact )?(?:outlines?|contours?|shapes?) (?:of|for)"
    r"|outlines? (?:of|for|around)|go round|trace (?:the )?(?:outlines?|edges?) of"
)
_MASK = (
    r"mask(?: out)?|cut out|crop out|extract|isolate|key out|cutout|(?:a |the )?masks? (?:of|for)|(?:give"
    r"|make|create|export|save|download|get|i want|generate|build)(?: me)? (?:a |an "
    r"|the )?(?:black and white |binary |transparent |alpha )?(?:masks?|cutouts?|png|mattes?|stickers?"
    r"|stencils?|pngs)(?: of| for| from)?|(?:a |the )?cutouts? of|save only"
)
_DETECT = (
    r"box|detect|find|locate|mark|highlight|circle|point (?:at|to|out)|show(?: me)?|(?:draw|put|place"
    r"|give me)(?: me)? (?:a |the )?(?:bounding )?(?:box(?:es)?|rectangles?|frames?|circles?"
    r"|ring) (?:around|round|on|over|for)|box(?:es)? (?:around|for|on)|pinpoint|indicate|frame"
)
_ANSWER = (
    r"count(?: up)?|describe|measure|tell me (?:more )?about|identify|name|read(?: out)?"
    r"|tell me the (?:size|colour|colours|width|height|area|position|number) of|(?:give me )?the (?:size"
    r"|colour|colours|width|height|area|position|number) of"
)
_VERBS = tuple(
    (intent, re.compile(rf"(?:{verbs}) (?P<rest>.+)"))
    for intent, verbs in (
        (IntentName.INPAINT, _REMOVE), (IntentName.SEGMENT, _SEGMENT), (IntentName.MASK, _MASK),
        (IntentName.ANSWER, _ANSWER), (IntentName.DETECT, _DETECT),
    )
)  # fmt: skip
_AROUND = tuple(
    (intent, re.compile(pattern))
    for intent, pattern in (
        (IntentName.INPAINT, r"(?:replace|swap|exchange|substitute) (?P<rest>.+?) (?:with|for|by) (?!\d).+"),
        (IntentName.INPAINT, r"(?:wipe|take|edit|paint|photoshop|airbrush|crop|clean) (?P<rest>.+?) (?:out|away|off)"),
        (IntentName.INPAINT, r"make (?P<rest>.+?) (?:disappear|vanish|go away|invisible|be gone|gone)"),
        (IntentName.MASK, r"(?:cut|crop|key) (?P<rest>.+?) (?:out|free)(?: of the (?:picture|image|photo))?"),
        (IntentName.MASK, r"(?:mask) (?P<rest>.+?) out"),
        (IntentName.MASK,
            r"(?:give|save|export|download|get|deliver|make|i want|turn|show|keep)(?: me)? (?P<rest>.+?) (?:as"
            r"|into|to) (?:a |an |one )?(?:\w+ )?(?:masks?|cutouts?|pngs?|files?|stickers?|stencils?"
            r"|mattes?)(?: file)?"),
        (IntentName.MASK,
            r"(?P<rest>.+?) as (?:a |an )?(?:transparent |binary |black and white )?(?:masks?|cutouts?|pngs?"
            r"|stickers?|mattes?)(?: file)?"),
        (IntentName.DETECT, r"point (?P<rest>.+?) out"),
        (IntentName.DETECT,
            r"(?:show me )?where (?:is|are|was|were) (?P<rest>.+)|(?:show me |tell me )?where (?P<b>.+?) (?:is"
            r"|are)"),
    )
)  # fmt: skip
_ASKS = re.compile(
    r"(?:tell me |do you know |can you see |and |say |estimate |i want to know )*(?:how (?:big|large|small"
    r"|tall|wide|high|long|heavy|old|far away|many pixels|much (?:space|area|of the picture)|thick|broad)"
    r"|(?:what|which)(?: kind of| sort of)?(?: colours?| size| shape| breed| type| kind| width| height| area)?)"
    r"(?: (?:is|are|was|were|does|do|has|have))? (?P<rest>.+?)(?: (?:made of|made from|called|look like"
    r"|looks like|have|cover|measure|take up|doing|wearing|holding|is|are|exactly|roughly|in pixels|in px"
    r"|in the picture))?"
)
_IS_IT = re.compile(
    r"(?:tell me )?(?:is|are) (?P<rest>it|they|that one|this one|the .+? one|both|number \d+|all of them"
    r"|those|these) (?:really |very |all |mostly |also |more )*"
    r"(?P<rest2>big|bigger|large|small|smaller|red|green|blue|yellow|orange|brown|black|white|grey|gray"
    r"|pink|purple|bigger than .*|larger than .*|smaller than .*|sharp|round|the same(?: size| colour)?"
    r"|on the (?:left|right)|in the (?:middle|center|centre|foreground|background)|an? \w+(?: \w+)?)"
)
_ITS = re.compile(
    r"(?:tell me |what is |what are |and |give me )*(?:(?:the )?(?:its|their|his|her)) (?:exact )?"
    r"(?:colours?|sizes?|shapes?|widths?|heights?|areas?|positions?|breeds?|names?|types?|dimensions?)"
)
_COMPARED = re.compile(
    r"(?:and )?which(?: one| object| of (?:them|these|those|the two|the three))? (?:is"
    r"|are) (?:the )?(?P<rest>\w+)(?: one)?"
)
_COUNTS = re.compile(
    r"(?:and )?(?:how many(?: (?:are|is) (?:there|they|it|that|left|these|those)| (?:of them"
    r"|of those)(?: (?:are there|do you see|can you see))?| do you (?:see|have)| is that in total"
    r"| in total| altogether)?|count|count up|the (?:number|count)|what is the (?:count|number|total)"
    r"|number of them)"
)
_LONE = re.compile(
    r"(?:tell me )?(?:and )?(?P<ask>how (?:big|large|tall|wide|high|long)|(?:what|which) (?:colours?"
    r"|sizes?)|where(?: exactly)?|what (?:are|is) the (?:colours?|sizes?|positions?|dimensions?)"
    r"|the (?:colours?|sizes?))"
)
_TAIL = re.compile(
    r"(?: ,)* (?:from (?:it|there|(?:the|this|my) (?:picture|image|photo|scene))|in (?:it|there|(?:the"
    r"|this|my) (?:picture|image|photo|scene))|completely|entirely|again|for good|too|as well|also"
    r"|(?:very |really )?(?:carefully|precisely|exactly|properly|neatly|roughly)"
    r"|(?:with|by) (?:a |an )?(?:box(?:es)?|outlines?|rectangles?|masks?)|in (?:red|green|blue|yellow)"
    r"|and fill (?:in )?(?:the )?(?:gap|hole|background|it)(?: in)?|please|only|alone|exactly|with boxes)$"
)
_ALSO = re.compile(r"^(?:(?:now|just|only|also|and|plus|then|additionally) )+")
_TOO = re.compile(r" (?:too|as well|also)\b")
_WEATHER = re.compile(
    r"\bit (?:going to |gonna |still |really |already )*(?:rain|snow|day\b|night|dark\b|light\b|morning"
    r"|evening|late\b|early\b|summer|winter|spring|autumn|warm\b|cold\b|hot\b|sunny|cloudy|possible|ok\b"
    r"|okay|safe\b|true|worth|me\b|you\b|an? (?:\w+ )?(?:photo|picture|painting|drawing|render"
    r"|real photo))"
    r"|\bwhat (?:time|season|year|month|day|date|weather)\b|\bit is (?:raining|snowing)|\bthe (?:picture|image|photo)\b"
    r"|\b(?:was|is) (?:it|this|that) taken|\bit \w+ here\b|\bthis was taken|\brain\b|\bhow late\b"
)
_WHOLE = word_set("this that these those")  # "what is this?" may well be the picture
_MOST_FREE = 12  # words of a free question that refers
_SPAN = 6  # words of what refers inside a question
_STARTS = word_set("the that this it them both all number object those these they another")


def read_intent(
    said: Said, text: str, engines: Engines, before: Collection[str], thresholds: Thresholds
) -> Order | None:
    """The order, or None. text: the request as written, which the describer or editor gets to read."""
    form = read_form(said.text, bool(before)) or read_form(said.whole, bool(before))
    if form is not None:
        return Order(Operation.INTENT, said.text, intent=form, text=text)
    if _ITS.fullmatch(said.text) and before:
        return Order(Operation.INTENT, said.text, Selector("its", pronoun=True), intent=IntentName.ANSWER, text=text)
    if said.text == "remove all" and before:
        return Order(Operation.INTENT, said.text, intent=IntentName.INPAINT, text=text)
    compared = _COMPARED.fullmatch(said.text)
    if compared and (selector := read_selector(f"the {compared['rest']} one")):
        return Order(Operation.INTENT, said.text, selector, intent=IntentName.ANSWER, text=text)
    if _COUNTS.fullmatch(said.text) or (_LONE.fullmatch(said.text) and before):
        lone = _LONE.fullmatch(said.text)
        where = lone is not None and lone["ask"].startswith("where")
        return Order(Operation.INTENT, said.text, intent=IntentName.DETECT if where else IntentName.ANSWER, text=text)
    return _framed(said, text, engines, before) or _free(said, text, engines, before, thresholds)


def _framed(said: Said, text: str, engines: Engines, before: Collection[str]) -> Order | None:
    for words in dict.fromkeys((_ALSO.sub("", said.text), said.text)):
        for intent, pattern in (*_AROUND, *_VERBS):
            match = pattern.fullmatch(words)
            if match is None:
                continue
            rest = next(part for part in match.groupdict().values() if part)
            if order := _with(intent, said, text, rest, engines, before, pattern):
                return order
        for pattern in (_IS_IT, _ASKS):
            match = pattern.fullmatch(words)
            if match and not _WEATHER.search(words) and (order := _asked(said, text, match["rest"], engines, before)):
                return order
    return None


def _with(
    intent: IntentName, said: Said, text: str, rest: str, engines: Engines, before: Collection[str],
    pattern: re.Pattern[str],
) -> Order | None:  # fmt: skip
    """The order to do something with what `rest` points at."""
    while tail := _TAIL.search(rest):
        rest = rest[: tail.start()]
    rest = rest.removeprefix("only ").removeprefix("just ").removesuffix(" please")
    too = bool(_TOO.search(said.text) or re.match(r"(?:and )?(?:also|then also|and|plus) ", said.whole))
    selector = _pointed(rest, engines, before)
    if selector is None:
        return _added(intent, said, rest, engines, before) if too else None
    if selector.everything and not selector.pronoun and not before and intent != IntentName.INPAINT:
        return None  # "find everything" is a request of its own
    if rest in ("everything", "all", "each", "all the objects", "all objects", "every object"):
        return None
    if rest in ("the objects", "the things", "the results") and not before:
        return None
    if rest in _WHOLE and not before and intent == IntentName.ANSWER:
        return None
    if too and not selector.pronoun:
        return Order(Operation.ADD, said.text, selector, intent=intent, text=text)
    return Order(Operation.INTENT, said.text, _all(selector), intent=intent, text=text)


def _added(intent: IntentName, said: Said, rest: str, engines: Engines, before: Collection[str]) -> Order | None:
    """ "Also segment the cat": one thing more, where something is there already."""
    named = read_named(rest, engines.keywords, before) if before else None
    if named is None or not named.phrases:
        return None
    return Order(Operation.ADD, said.text, named.selector, named.plain, intent, said.text)


def _pointed(rest: str, engines: Engines, before: Collection[str]) -> Selector | None:
    """What points at objects shown; a noun does so with a number only ("dog 2")."""
    selector = read_selector(rest)
    if selector is None and re.search(r"\d", rest):
        named = read_named(rest, engines.keywords, before)
        selector = named.selector if named and not named.phrases else None
    return selector


def _asked(said: Said, text: str, rest: str, engines: Engines, before: Collection[str]) -> Order | None:
    selector = _pointed(rest, engines, before)
    if selector is None or rest in (
        "everything",
        "all",
        "there",
        "the objects",
        "the lot",
        "the things",
        "the results",
    ):
        return None
    if rest in _WHOLE and not before:
        return None
    return Order(Operation.INTENT, said.text, _all(selector), intent=IntentName.ANSWER, text=text)


def _all(selector: Selector) -> Selector | None:
    """Nothing to choose where all in force are meant."""
    return None if selector.everything and not selector.others else selector


def _free(said: Said, text: str, engines: Engines, before: Collection[str], thresholds: Thresholds) -> Order | None:
    """A question or request in words of its own, about "it" or "the left one", that names nothing else."""
    words = said.words
    if not before or not 2 <= len(words) <= _MOST_FREE or "," in words or _WEATHER.search(said.text):
        return None
    selector = _inside(words)
    if selector is None:
        return None
    found = engines.keywords.extract(said.text)
    if found.everything or found.excluded or any(p.head for p in found.phrases):
        return None
    intent = decide(engines.intent.classify([text])[0], thresholds).intent
    if intent not in ACTING:
        return None
    return Order(Operation.INTENT, said.text, _all(selector), intent=intent, text=text)


def _inside(words: list[str]) -> Selector | None:
    """What refers, inside a sentence: its longest words that read as a selector; the first such place."""
    for start, word in enumerate(words):
        if word not in _STARTS or (start and words[start - 1] in ("on", "at", "to", "in") and word == "the"):
            continue
        for end in range(min(len(words), start + _SPAN), start, -1):
            span = " ".join(words[start:end])
            if span not in ("all", "both", "that", "this", "those", "these") and (selector := read_selector(span)):
                return selector
    return None
