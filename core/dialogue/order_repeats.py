"""Orders to do the same again: on another picture, or about other things."""

from __future__ import annotations

import re
from collections.abc import Collection

from core.dialogue.order_names import read_named
from core.dialogue.order_selectors import read_selector
from core.dialogue.order_words import Said
from core.ports import KeywordExtractor
from core.types.reference import Operation, Order

_AND_WHAT = re.compile(r"(?:and )?(?:now|and|what about|how about|and what about|and how about)(?: ,)* (?P<rest>.+)")
_PICTURE = (
    r"(?: (?:on|in|for|to|with|at|of|over))?(?: (?:this|that|the|these|those|all|both|every|each|my"
    r"|of))*(?: (?:other|new|next|last|newest|latest|previous|second|third|first|fourth|fifth"
    r"|\d{1,3}(?:th)?|number \d{1,3}))*(?: (?:pictures?|images?|photos?|pics?|photographs?"
    r"|shots?))(?: (?:too|as well|also|number|\d{1,3}|one|two|three|four|five|and|,))*"
)
_THIS = (
    r"(?: (?:on|in|for|to|with))? (?:this|that|the (?:new|other|next|newest|latest|last|second|first|third"
    r"|previous)|all|both|each|every|these|those|(?:all|both) of them|here|everywhere)(?: (?:one|ones"
    r"|here))?(?: (?:too|as well|also))?"
)
_SAME = (
    r"(?:and )?(?:now )?(?:(?:do |try |run |apply |repeat |make (?:it )?|have |i want |show me |give me )?(?:the "
    r"|exactly the |exact |all the )*same(?: thing| again| request| question| procedure| stuff)?(?: again| here| there"
    r"| please)?"
    r"|(?:do|repeat|try|run|apply|say|ask) (?:that|it|this)(?: again| once more| here| over)?"
    r"|repeat(?: that| it)?|again|once more|one more time|same again|ditto|likewise|do it again"
    r"|redo(?: (?:that|it))?|over again|encore|another time|once again|same request|run (?:it|that) again)(?: ,)*"
)
_REPEATS = re.compile(
    rf"{_SAME}(?:{_PICTURE}|{_THIS})?(?: ,)*(?: please)?|(?:and )?now(?: (?:do|try))?(?:{_PICTURE}|{_THIS})"
    r"|(?:and|now|and now|do|now do|do that|do it|do this)(?: (?:on|in|for|with))?"
    rf"|(?:and|what about|how about|and what about|and how about)(?:{_PICTURE}| (?:in |on |for "
    r"|with )?(?:this|the new|the next) (?:one|picture)| here| this| in (?:this|the new|the next"
    rf"|the other) one)|(?:now |also |and )?(?:on|for|in|to)(?:{_PICTURE}|{_THIS})"
    r"|das(?:selbe| gleiche)(?: hier| noch ?mal)?|noch ?mal|lo mismo(?: aqu(?:í|i))?|ot(?:ra|her) vez"
    r"|(?:and )?(?:the )?next (?:one|picture|image|photo)|(?:and |also )?here(?: too| as well)?"
    r"|(?:do )?this one (?:too|as well|next|(?:in )?the same way|likewise)"
    r"|wiederhol(?:e)? (?:das|es)|das(?:selbe| gleiche) auf diesem bild"
    r"|encore une fois|the selbe|the gleiche"
)
_SAME_FOR = re.compile(
    r"(?:and )?(?:now )?(?:(?:do |try |run |repeat |ask )?(?:the |exactly the )?same(?: thing| question)?"
    r"|(?:do|try) (?:that|it|this)(?: again)?|repeat(?: (?:that|it|this))?|again|likewise"
    r"|ditto)(?: ,)* (?:for|with|to|on|but (?:for|with)|goes for) (?P<rest>.+)"
    r"|(?:and|now|and now) (?:for|with) (?P<b>.+)"
)
_PICTURE_WORDS = re.compile(r"\b(?:pictures?|images?|photos?|photographs?|pics?)\b")


def read_repeat(said: Said, extractor: KeywordExtractor, before: Collection[str]) -> Order | None:
    """ "The same on this picture", "again", "what about people?"."""
    if re.match(r"(?:and )?(?:what|how) about .*(?:too|as well)$", said.whole):
        return None  # one thing more
    for text in dict.fromkeys((said.text, said.whole)):
        if _REPEATS.fullmatch(text):
            return Order(Operation.REPEAT, said.text)
    same = _SAME_FOR.fullmatch(said.text) or _SAME_FOR.fullmatch(said.whole)
    match = same or _AND_WHAT.fullmatch(said.whole)
    rest = next((part for part in match.groupdict().values() if part), "") if match else ""
    if not rest or rest.startswith(("and ", ",")):
        return None
    rest = rest.removesuffix(" too").removesuffix(" as well").removesuffix(" again")
    if _PICTURE_WORDS.search(rest):
        return None
    if (selector := read_selector(rest)) is not None:  # "what about the second?": the same about another object
        adds = (
            said.whole.startswith("and ")
            and not said.asks
            and not said.whole.startswith(("and what", "and how", "and now"))
        )
        return None if adds else Order(Operation.KEEP, said.text, selector)
    if (
        not _SAME_FOR.fullmatch(said.text)
        and said.whole.startswith("and ")
        and not said.whole.startswith(("and what about", "and how about", "and now"))
    ):
        return None
    named = read_named(rest, extractor, before, True)
    if named is None:
        return None
    if not named.phrases:
        return Order(Operation.KEEP, said.text, named.selector)
    return Order(Operation.REPEAT, said.text, phrases=named.plain)
