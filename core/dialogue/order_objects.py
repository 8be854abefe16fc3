"""Orders about which objects are in force: keep, add, reject."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from core.dialogue.order_names import Named, is_known, read_named
from core.dialogue.order_selectors import read_selector
from core.dialogue.order_words import Said, word_set
from core.ports import KeywordExtractor
from core.types.reference import Operation, Order

_KEEP = (
    r"(?:(?:only|just) (?:show|display|have(?! an? )|take|pick|select|want|need)(?: me)?"
    r"|(?:only|just) keep(?: just| only)?"
    r"|(?:only|just) (?:leave|use|include)|only|just|nothing (?:but|except)|keep(?: just| only)?"
    r"|leave(?: only| just)?|(?:show|display)(?: me)? (?:only|just)|have (?:only|just)"
    r"|(?:limit|restrict) (?:it|this|that|yourself) to|narrow (?:it|this|that)? ?(?:down )?to|use only"
    r"|focus on|concentrate on|(?:stick|stay) (?:to|with)|include only"
    r"|(?:i|we) (?:only|just|really only) (?:need|care (?:about|for))|(?:i|we) need (?:only|just)"
    r"|(?:i am|we are) (?:only|just) interested in|(?:i am|we are) interested (?:only|just) in"
    r"|(?:all|the only (?:one|thing))(?: that)? (?:i|we) (?:need|want|care (?:about|for)|am interested in)(?: is| are))"
)
_MEANT = (
    r"(?:(?:what |the ones? (?:that )?)?i (?:(?:actually|only|really|just|have|had|simply|obviously) )*(?:mean|meant"
    r"|said|wanted|asked for|(?:am|was) (?:only |just |really )*(?:talking about|thinking of|referring to"
    r"|after|looking for))(?: is| was| are| were)?(?: only| just)?|i want(?: only| just)?"
    r"|i (?:only|just) want(?:ed)?|the ones? (?:that )?(?:i|we) (?:want|need)(?: is| are)"
    r"|(?:it is|it was|that is)|take|choose|pick|select|use|go (?:with|for)|settle (?:on|for)"
    r"|rather|make (?:it|that)|not ,|no ,)"
)
_MEANT_LATER = re.compile(
    r"(?:it is |it was |that is )?(?P<rest>.+?)(?: is| was| are| were)?(?: the ones?| what)?(?: that| which)?"
    r" i (?:actually |really |only )*(?:mean|meant|want|wanted|need|needed|asked for)"
)
_STRONG = re.compile(rf"{_KEEP} (?P<rest>.+?)(?: only| alone|(?: ,)*(?: and)? nothing else)?")
_AFTER = re.compile(r"(?P<rest>.+?) (?:only|alone|and nothing else|and no other|and no others)")
_CORRECTED = re.compile(rf"{_MEANT} (?P<rest>.+)")
_NOT_BUT = re.compile(r"(?:not|no) (?P<not>.+?)(?: ,)* (?:but(?: rather)?|, rather|i mean|, i mean|,) (?P<rest>.+)")
_BUT_NOT = re.compile(r"(?P<rest>.+?)(?: ,)* (?:and |but )?not (?P<not>.+)")
_TURN_TO = re.compile(r"(?:and )?now (?P<rest>.+)")

_REJECTS = re.compile(
    r"(?:drop|reject|put away|forget(?: about)?|exclude|ignore|discard|skip|leave out|omit|hide|deselect|unselect"
    r"|dismiss|disregard|throw out|kick out|rule out|count out|ditch)"
    r" (?P<rest>.+?)(?: too| as well| also)?"
)
_REJECTS_LATER = re.compile(
    r"(?:leave|keep|count|rule) (?P<rest>.+) out"
    r"(?: of (?:it|this|that|there|here|the (?:list|selection|results?|set)))?"
    r"|(?:take|remove|delete|drop) (?P<b>.+) (?:from|off|out of) (?:the |my )?(?:list|selection|results?|set|table)"
)
_REFUSES = re.compile(
    r"(?:not|without|minus|except(?: for)?|no need for|no|but not|and not|do not (?:want|need|include|keep|use|count"
    r"|show|take"
    r"|select|mark)(?: me)?|(?:i|we) (?:do|did) not (?:want|need|mean|ask for|care about)|never ?mind(?: about)?)"
    r" (?P<rest>.+?)(?: either)?"
)
_ALL_BUT = re.compile(
    r"(?:(?:keep|show|leave|take|use|i want|i need|i mean|only) )?(?:all|everything|every one|everyone|everybody"
    r"|all of them|all (?:of )?(?:the|these|those) (?P<kind>\w+)|all the (?:others|rest))(?: of them)?(?: ,)*"
    r" (?:but(?: not)?|except(?: for)?|excepting|besides|apart from|aside from|other than|minus|without|save for"
    r"|not) (?P<rest>.+)"
)
_ONLY_BUT = re.compile(
    r"(?:drop|forget|discard|exclude|hide|reject|ignore|skip|throw out|leave out|deselect|put away)"
    r" (?:all|everything|every one|everyone|everybody|all of them|all the (?:others|rest)|the rest)(?: of them)?"
    r" (?:but|except(?: for)?|besides|apart from|aside from|other than|save for) (?P<rest>.+)"
)
_LEAVE_IT = (  # "the second is wrong, leave it out"
    r"(?:(?: ,| so| and| ,? just| ,? please)*"
    r" (?:leave|drop|forget|reject|exclude|put|keep|kick|throw|hide|ignore|skip|discard|take)"
    r" (?:it|him|her|them|that|that one)(?: out| off| away)?)?"
)
_WRONG = re.compile(
    r"(?P<rest>.+?) (?:is|are|was|were) (?:(?:clearly|obviously|just|simply|plainly) )?(?:wrong|incorrect|a mistake"
    r"|mistaken|a false (?:alarm|positive|hit)|not (?:right|correct|it|one|(?:an?|the|really an?|my) \w+(?: \w+)?))"
    + _LEAVE_IT
    + r"|(?P<b>.+?) (?:do|does) not (?:count|belong|fit)(?: there| here| in)?"
    + _LEAVE_IT
    + r"|(?P<c>.+?) (?:should|must|need) not (?:be|have been|count)(?: (?:there|here|in (?:it|there|the list)|included"
    r"|counted|marked|selected|part of (?:it|this)))?" + _LEAVE_IT
)

_ADDS = re.compile(
    r"(?:(?:and )?(?:do not|never) forget(?: about)?|and also|also|plus|and|as well as|add(?: back)?|include|(?:i"
    r"|we) (?:would )?(?:also|still) (?:want|need|like)"
    r"|also (?:add"
    r"|include|show|take|keep)|and (?:add|include)|additionally)(?: ,)* (?P<rest>.+?)(?P<too> too| as well"
    r"| also| again| back(?: in)?| please)*"
)
_ADDS_LATER = re.compile(r"(?P<rest>.+?)(?: ,)* (?:too|as well|also|in addition)")
_BACK = re.compile(
    r"(?:bring|put|take|add|get) (?P<rest>.+) back(?: in)?|(?:put|bring|take|get|add) back (?P<b>.+)"
    r"|(?:re-?add|restore) (?P<c>.+)"
)
_JOINING = re.compile(r"^(?:(?:also|and|add|include|with|what about|how about) )+")
_ADD_NEW = re.compile(r"add (?:an?|some) .*")  # puts something new into the picture

_LONE = word_set(  # words that may just as well be said of something else
    "first second last final top bottom upper middle center big small little large rest"
)
_VAGUE = word_set("it that this they them these those he she him her")
_SAID_OF_ALL = word_set(  # may be said of an answer, a mask, a picture
    "tall taller short shorter wide wider thin thinner narrow narrower long longer"
)
_BARE_STARTS = ("the ", "that ", "this ", "those ", "these ", "only ", "number ", "my ")


def read_reject(said: Said, extractor: KeywordExtractor, before: Collection[str]) -> Order | None:
    """ "Not that one", "without the second", "forget the ball", "all but 2"."""
    for pattern, surely in (
        (_ALL_BUT, False),
        (_REJECTS_LATER, True),
        (_REJECTS, True),
        (_REFUSES, False),
        (_WRONG, False),
    ):
        for text in dict.fromkeys((said.text, said.whole)):
            match = pattern.fullmatch(text)
            groups = match.groupdict() if match else {}
            rest = next((groups[name] for name in ("rest", "b", "c") if groups.get(name)), "")
            if not rest or rest.startswith(("to ", "that you")) or (said.corrects and text.startswith("no ")):
                continue
            if "," in rest.split() and not re.search(r"\b(?:and|or)\b", rest):
                continue  # "not the dog, the cat" takes something else
            order = _about(Operation.REJECT, said, rest, extractor, before, surely and bool(before), surely)
            if order is not None and not (pattern is _WRONG and _is_topic(order)):
                return _of_kind(order, groups.get("kind") or "", before)
    return None


def _of_kind(order: Order, kind: str, before: Collection[str]) -> Order:
    """ "All the dogs but the left one": the left one of the dogs."""
    if order.selector is None or order.selector.phrase or not is_known(kind, before):
        return order
    return replace(order, selector=replace(order.selector, phrase=kind))


def _is_topic(order: Order) -> bool:
    """ "It is not a dog" may be said of the whole picture."""
    return order.selector is None or order.selector.words in ("it", "this", "they", "he", "she", "everything")


def read_add(said: Said, extractor: KeywordExtractor, before: Collection[str]) -> Order | None:
    """ "And the ball too", "also the cat", "the second one too", "and the other one as well"."""
    for pattern in (_BACK, _ADDS, _ADDS_LATER):
        for text in dict.fromkeys((said.text, said.whole)):
            match = pattern.fullmatch(text)
            if not match or _ADD_NEW.fullmatch(text):
                continue
            rest = next(part for part in match.groupdict().values() if part)
            rest = _JOINING.sub("", rest).removesuffix(" too").removesuffix(" as well")
            order = _about(Operation.ADD, said, rest, extractor, before, pattern is not _BACK, True)
            if order is not None:
                return order
    return None


def read_keep(said: Said, extractor: KeywordExtractor, before: Collection[str]) -> Order | None:
    """ "Only the left one", "the second", "number 3", "I mean the one on the right", "only the dogs"."""
    texts = tuple(dict.fromkeys((said.text, said.whole)))
    for pattern, surely in (
        (_ONLY_BUT, False),
        (_STRONG, True),
        (_NOT_BUT, False),
        (_BUT_NOT, False),
        (_AFTER, False),
        (_CORRECTED, False),
        (_MEANT_LATER, False),
        (_TURN_TO, False),
    ):
        for text in texts:
            match = pattern.fullmatch(text)
            if not match or (pattern is _CORRECTED and match["rest"] == "it"):
                continue  # "I mean it"
            rest = match["rest"]
            if pattern is _BUT_NOT and (meant := _CORRECTED.fullmatch(rest)):
                rest = meant["rest"]
            order = _about(Operation.KEEP, said, rest, extractor, before, surely and bool(before), surely)
            refused = match.groupdict().get("not")
            if order is not None and (
                refused is None or read_selector(refused) or read_named(refused, extractor, before)
            ):
                return order
    return _bare(said, extractor, before)


def _bare(said: Said, extractor: KeywordExtractor, before: Collection[str]) -> Order | None:
    """Words that name objects and say nothing else."""
    text = said.text.removeprefix("just ")
    selector = read_selector(text)
    if selector is not None:
        vague = selector.pronoun and text in _VAGUE
        whole = (
            selector.everything
            and not selector.pronoun
            and text not in ("both", "both of them", "all of them", "all of those")
        )
        modest = text == "right" or text in _SAID_OF_ALL or (selector.colours and not text.startswith(_BARE_STARTS))
        lone = text in _LONE
        return None if vague or whole or modest or (lone and not before) else Order(Operation.KEEP, said.text, selector)
    if before and (text.startswith(_BARE_STARTS) or text[-1:].isdigit()):
        return _about(Operation.KEEP, said, text, extractor, before, False)
    return None


def _about(
    operation: Operation,
    said: Said,
    rest: str,
    extractor: KeywordExtractor,
    before: Collection[str],
    surely: bool,
    placed: bool = False,
) -> Order | None:
    """The order about what `rest` points at or names. surely: even where what it names is not in force."""
    rest = rest.removesuffix(" please").strip(" ,")
    if (selector := read_selector(rest)) is not None:
        return None if rest in ("to", "that is") else Order(operation, said.text, selector)
    named = read_named(rest, extractor, before, placed)
    if named is None or not (surely or _all_known(named, before)):
        return None
    phrases = named.plain if operation == Operation.ADD else named.phrases
    return Order(operation, said.text, named.selector, phrases)


def _all_known(named: Named, before: Collection[str]) -> bool:
    if not named.phrases:
        return True  # an object's number was said
    return all(is_known(p.head, before) or is_known(p.text, before) for p in named.phrases)
