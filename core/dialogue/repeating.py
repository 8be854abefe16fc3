"""The same request again: about other things on the picture, or on another picture with what carries over to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.dialogue.meant import plain
from core.dialogue.naming import joined
from core.types.language import Filter, FilterKind, IntentPrediction, Keywords, Phrase
from core.types.reference import Adjustments, Change, Order, Reference
from core.types.turn import Act, Turn


def repeat(order: Order, base: Turn, same_picture: bool) -> Change:
    """The change that asks again what `base` was asked."""
    assert base.keywords is not None
    given: dict[str, Any] = {"classify": base.prediction} if base.prediction is not None else {}
    adjustments, lost = Adjustments(), ""
    if order.phrases:
        phrases = tuple(plain(p) for p in order.phrases)
        keywords = replace(
            base.keywords, phrases=phrases, everything=False, refers_back=False, filters=(), replacement=""
        )
        acts = about(base.acts, base.keywords.phrases, phrases)
        if same_picture:
            given |= measured(base)
            if base.proposals is None or base.proposals.listed:  # asked for by name, other thresholds hold
                given.pop("propose", None)
        meaning = f"the same about {joined([p.text for p in phrases])}"
    elif same_picture:
        keywords, acts, adjustments = base.keywords, base.acts, base.adjustments
        given |= measured(base)
        meaning = "the same once more"
    else:
        keywords, lost = carried(base)
        acts = about(base.acts, base.keywords.phrases, keywords.phrases)
        meaning = "the same on this picture"
    if order.intent is not None:  # "remove it on picture 2", which was not looked at yet
        acts = (Act(order.intent, order.text or order.words, tuple(p.text for p in keywords.phrases)),)
        given["classify"] = IntentPrediction.certain(order.intent, "dialogue")
    if not same_picture and order.phrases:
        meaning += " on this picture"
    given |= {"extract": keywords, **({"acts": acts} if acts else {})}
    reference = Reference(
        order.words, order.operation, meaning + lost, (), tuple(p.text for p in order.phrases), base.id
    )
    return Change((reference,), adjustments, base.thresholds, given)


def measured(base: Turn) -> dict[str, Any]:
    """What is known of the picture, as far as it is kept."""
    known: dict[str, Any] = {"segment": base.bank, "exclude": base.excluded}
    return known if base.proposals is None else {**known, "propose": base.proposals}


def about(acts: Sequence[Act], old: Sequence[Phrase], new: Sequence[Phrase]) -> tuple[Act, ...]:
    """The acts about other phrases, in their words too where the old ones are said."""
    texts = tuple(p.text for p in new)
    changed = []
    for act in acts:
        words = act.text
        for phrase in old if texts else ():
            words = re.sub(
                rf"\b{re.escape(phrase.text)}\b", lambda _: joined(texts), words, count=1, flags=re.IGNORECASE
            )
        changed.append(replace(act, text=words, phrases=texts))
    return tuple(changed)


def carried(base: Turn) -> tuple[Keywords, str]:
    """The keywords for another picture, with what was kept as filters; and what does not carry over, in words."""
    assert base.keywords is not None
    phrases, lost = list(base.keywords.phrases), []
    left = {d.phrase for d in base.detections.items}
    everything = base.keywords.everything
    for keep in base.adjustments.kept:
        held = [p for p in phrases if p.text in keep.phrases]
        if not phrases and left:  # everything was listed, some of it was kept
            held = [Phrase(name, name) for name in keep.phrases]
            phrases, everything = list(held), False
        gone = {p.text for p in held if p.text not in left} if left else set()
        phrases = [p for p in phrases if p.text not in gone]
        if keep.filters:
            phrases = [_picked(p, keep.filters) if p.text in keep.phrases else p for p in phrases]
        elif not gone:
            lost.append("which of the objects were kept")
    if base.adjustments.rejected:
        lost.append("the objects put away")
    if base.adjustments.grown:
        lost.append("how far masks were grown or shrunk")
    if base.user_boxes or base.clicked:
        lost.append("what was drawn or clicked by hand")
    keywords = replace(base.keywords, phrases=tuple(phrases), everything=everything, refers_back=False, filters=())
    told = "; not carried over: " + joined(list(dict.fromkeys(lost))) if lost else ""
    return keywords, told


def _picked(phrase: Phrase, filters: Sequence[Filter]) -> Phrase:
    """The phrase with what picked among its objects; a colour becomes one of its words."""
    colours = tuple(f.value for f in filters if f.kind == FilterKind.COLOUR and f.value not in phrase.colours)
    picks = tuple(f for f in filters if f.kind != FilterKind.COLOUR and f not in phrase.filters)
    text = " ".join((*colours, phrase.text))
    return replace(phrase, text=text, colours=(*colours, *phrase.colours), filters=(*phrase.filters, *picks))
