"""Words that say in which form the objects are wanted: "just boxes", "as a mask", "outlines only"."""

from __future__ import annotations

import re

from core.types.language import IntentName

_FORM = (
    (IntentName.DETECT, r"(?:bounding )?box(?:es)?|bboxes|rectangles?|frames?"),
    (IntentName.SEGMENT, r"(?:the )?(?:exact )?(?:outlines?|contours?|shapes?|silhouettes?|segmentations?|segments?)"),
    (
        IntentName.MASK,
        r"(?:a |an |the )?(?:black and white |binary |transparent )?(?:masks?|cutouts?|pngs?|mattes?|stickers?"
        r"|stencils?)(?: files?)?",
    ),
)
_BEFORE_FORM = (
    r"(?:(?:and |but |or )?(?:now|just|only|rather|with|as|in|use|show|show me|give me|make|i want|draw|do"
    r"|switch to|change to|back to|instead|simply|merely)(?: only| just| as| the)?(?: of (?:it|them))? )+"
)
_FORMS = tuple(
    (
        intent,
        re.compile(rf"{_BEFORE_FORM}(?:{form})(?: only| instead| now| too| as well| alone)*"),
        re.compile(
            rf"(?:{form})(?: (?P<sure>only|instead|now|alone|too|as well|are enough|is enough|will do|would do"
            r"|suffice))?"
        ),
    )
    for intent, form in _FORM
)
_SINGLE = re.compile(  # "just a box"
    rf"(?:{_BEFORE_FORM}(?:an?|one|the)|an?|one) (?:(?:simple|plain|bare|single|normal|usual|mere) )*"
    r"(?P<form>\w+(?: \w+)?)(?: (?:only|instead|now|is enough|will do|would do|is fine|is all i (?:need|want)))?"
)
_FORM_NOT = re.compile(
    r"(?P<rest>.+?)(?: ,)* (?:not|no|and no|instead of|rather than) (?:the |a )?(?:masks?|outlines?"
    r"|box(?:es)?|cutouts?|contours?|rectangles?)"
)
_BARE = {
    "segment": IntentName.SEGMENT, "outline": IntentName.SEGMENT, "trace": IntentName.SEGMENT,
    "detect": IntentName.DETECT, "locate": IntentName.DETECT, "remove": IntentName.INPAINT,
    "erase": IntentName.INPAINT, "delete": IntentName.INPAINT, "cut out": IntentName.MASK,
    "mask": IntentName.MASK, "describe": IntentName.ANSWER, "measure": IntentName.ANSWER,
}  # fmt: skip


def read_form(text: str, sure: bool) -> IntentName | None:
    """ "Just boxes", "as a mask", "outlines only". sure: the word alone is enough."""
    if refused := _FORM_NOT.fullmatch(text):
        text, sure = refused["rest"], True
    for intent, cued, alone in _FORMS:
        match = alone.fullmatch(text)
        if cued.fullmatch(text) or (match and (sure or match["sure"])):
            return intent
    if sure and (single := _SINGLE.fullmatch(text)):
        return read_form(single["form"], True)
    return _BARE.get(text) if sure else None
