"""Reading a request that refers to the last result: words only, no object is looked at.

In this order: a button of the question before, undo, thresholds, mask edges, the same again, reject, add, keep, another
intent. Slips of the keyboard are mended first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.dialogue.engines import Engines
from core.dialogue.order_edges import read_edges
from core.dialogue.order_intents import read_intent
from core.dialogue.order_names import read_named
from core.dialogue.order_objects import read_add, read_keep, read_reject
from core.dialogue.order_pending import read_pending
from core.dialogue.order_repeats import read_repeat
from core.dialogue.order_selectors import PERSONS, read_selector
from core.dialogue.order_slips import as_said, repaired
from core.dialogue.order_steps import read_threshold, read_undo
from core.dialogue.order_words import LONGEST_TEXT, MOST_WORDS, Said, hear
from core.types.reference import Order, Selector
from core.types.thresholds import Thresholds
from core.types.turn import Action

_WHOLE = ("the picture", "the image", "the photo", "this picture", "this image", "this photo")  # has no edge to move
_DEFAULT = Thresholds()


def read_order(
    text: str,
    engines: Engines,
    pending: Sequence[Action] = (),
    named_before: Collection[str] = (),
    thresholds: Thresholds = _DEFAULT,
) -> Order | None:
    """What a text does to the last result, or None where it is a request of its own.

    pending: the buttons of the question that the turn before ended with. named_before: phrases in force. thresholds:
    those that decide an intent.
    """
    if len(text) > LONGEST_TEXT:
        return None
    said = hear(text)
    if not said.text or len(said.words) > MOST_WORDS:
        return None
    answers, order = read_pending(said, pending)
    if answers:
        return order
    whole = repaired(said.whole, named_before)
    mended = Said(repaired(said.text, named_before), said.corrects, said.asks, whole)
    for reading in (mended, said) if mended != said else (said,):
        order = _read(reading, text.strip(), engines, named_before, thresholds)
        if order is not None and not (_is_person(order) and not named_before):
            return as_said(order, reading.whole, said.whole)
    return None


def _is_person(order: Order) -> bool:
    """ "Her" is nobody where nothing is in view."""
    return order.selector is not None and order.selector.words in PERSONS


def _read(said: Said, text: str, engines: Engines, before: Collection[str], thresholds: Thresholds) -> Order | None:
    def pick(words: str) -> Selector | None:
        if words in _WHOLE:
            return None
        named = None if read_selector(words) else read_named(words, engines.keywords, before)
        return named.selector if named else read_selector(words)

    return (
        read_undo(said)
        or read_threshold(said)
        or read_edges(said, pick)
        or read_repeat(said, engines.keywords, before)
        or read_reject(said, engines.keywords, before)
        or read_add(said, engines.keywords, before)
        or read_keep(said, engines.keywords, before)
        or read_intent(said, text, engines, before, thresholds)
    )
