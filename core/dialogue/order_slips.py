"""Slips of the keyboard: mended to read a request by, never in the words that are shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from core.dialogue.naming import plural, singular
from core.dialogue.order_words import word_set
from core.packing import pack, unpack
from core.types.reference import Order

_SLIPS = {
    "teh": "the", "hte": "the", "adn": "and", "nad": "and", "lft": "left", "rite": "right", "secound": "second",
    "ur": "your", "tehm": "them", "wiht": "with", "wat": "what", "waht": "what", "hwo": "how",
}  # fmt: skip
_SPELT = word_set(
    "left right middle center centre bottom upper lower leftmost rightmost largest biggest smallest bigger"
    " larger smaller first second third fourth fifth last only just keep number object remove delete erase"
    " segment outline mask again same undo other others without except forget colour both three four seven eight"
    " also plus shrink grow expand tighten tighter wider threshold stricter strict lower raise more fewer boxes"
    " this that those these them what where which about people picture everything remaining revert never mind"
    " back"
)
_REAL = word_set(
    "tree trees there their then than thin though though form forms from sing lats loft lift lefts rights mast"
    " mart lats trio tight eights masks objects numbers whit plum fist mask's firsts seconds bock bake beck"
    " sever ever wader wide wilder lowered raised hop ale alas als lats moor mare mire mined mime hat whet"
    " were seen large rise arise ease eras booth forge forth lager abut moore lowe sven"
)


def repaired(text: str, names: Collection[str] = ()) -> str:
    """The text with slips mended where only one word of the tables can have been meant, word by word.

    names: of things in view; their words are none.
    """
    known = {part for name in names for word in name.lower().split() for part in (word, singular(word), plural(word))}
    return " ".join(word if word in known else _mended(word) for word in text.split())


def as_said(order: Order, mended: str, said: str) -> Order:
    """The order with its words as they were before the slips in them were mended (`repaired`)."""

    def back(words: str) -> str:
        part, whole = words.split(), mended.split()
        starts = (n for n in range(len(whole)) if part and whole[n : n + len(part)] == part)
        start = next(starts, None)
        return words if start is None else " ".join(said.split()[start : start + len(part)])

    if mended == said:
        return order
    selector = replace(order.selector, words=back(order.selector.words)) if order.selector else None
    choices = tuple(
        (label, kind, pack(as_said(unpack(Order, value), mended, said)) if kind == "refer" else value)
        for label, kind, value in order.choices
    )
    return replace(order, words=back(order.words), text=back(order.text), selector=selector, choices=choices)


def _mended(word: str) -> str:
    if word in _SLIPS:
        return _SLIPS[word]
    if len(word) < 4 or word in _SPELT or word in _REAL or not word.isalpha():
        return word
    near = {known for known in _variants(word) if known in _SPELT}
    return near.pop() if len(near) == 1 else word


def _variants(word: str) -> set[str]:
    """Words from which this one comes by two letters swapped, one letter doubled, or one left out."""
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    single = {word[:i] + word[i + 1 :] for i in range(len(word) - 1) if word[i] == word[i + 1]}
    added = {word[:i] + c + word[i:] for i in range(1, len(word) + 1) for c in "abcdefghijklmnopqrstuvwxyz"}
    return swapped | added | single
