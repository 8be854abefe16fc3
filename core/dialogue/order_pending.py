"""Answers to a question with buttons: which of them a text names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.dialogue.order_selectors import read_selector
from core.dialogue.order_words import SIDES, Said, hear, word_set
from core.packing import unpack
from core.types.reference import Order, Selector
from core.types.turn import Action

_NUMBER = re.compile(r"^\W*(\d{1,3})\b")
_EVERY = re.compile(r"^(?:all|both|everything)\b", re.IGNORECASE)
_LIGHT = word_set("the a an of them one please it is with that to i mean just only")
_NONE = re.compile(r"(?:none|neither|nothing)(?: of (?:them|these|those))?|no")


def read_pending(said: Said, actions: Sequence[Action]) -> tuple[bool, Order | None]:
    """Whether the text answers the question, and the order of its button (None: a button of another kind)."""
    action = _chosen(said, actions)
    if action is None:
        return False, None
    if action.kind != "refer":
        return True, None
    return True, action.value if isinstance(action.value, Order) else unpack(Order, action.value)


def _chosen(said: Said, actions: Sequence[Action]) -> Action | None:
    if not actions or not said.text or _NONE.fullmatch(said.text):
        return None
    labels = [hear(action.label) for action in actions]
    for text in (said.whole, said.text):
        for action, label in zip(actions, labels, strict=True):
            if text in (label.whole, label.text):
                return action
    selector = read_selector(said.text) or read_selector(f"the {said.text}")
    if selector is not None and (chosen := _picked(selector, actions)):
        return chosen
    wanted = [w for w in said.words if w not in _LIGHT]
    fitting = [a for a, label in zip(actions, labels, strict=True) if wanted and set(wanted) <= set(label.words)]
    return fitting[0] if len(fitting) == 1 else None


def _picked(selector: Selector, actions: Sequence[Action]) -> Action | None:
    """By the number in the label, else by place; by side or size in the label's words; "all"."""
    if selector.everything:
        return next((a for a in actions if _EVERY.match(a.label)), None)
    numbered = {int(m[1]): a for a in actions if (m := _NUMBER.match(a.label))}
    if len(selector.numbers) == 1 and not selector.filters:
        number = selector.numbers[0]
        if numbered:
            return numbered.get(number)
        return actions[number - 1] if number <= len(actions) else None
    last = [f.number for f in selector.filters if f.kind == "order" and not f.value]
    if last and not numbered:
        place = last[0] if last[0] < 0 else last[0] - 1
        return actions[place] if -len(actions) <= place < len(actions) else None
    if last == [-1]:
        return numbered[max(numbered)]
    if selector.colours or selector.numbers:
        return None
    values = {"center": "middle", "largest": "larger", "smallest": "smaller"}
    wanted = [values.get(f.value, f.value) for f in selector.filters if f.value]
    fitting = [a for a in actions if wanted and all(w in _words(a.label) for w in wanted)]
    return fitting[0] if len(fitting) == 1 else None


def _words(label: str) -> set[str]:
    words = set(re.findall(r"\w+", label.lower()))
    return words | {"middle" if SIDES.get(w) == "center" else w for w in words}
