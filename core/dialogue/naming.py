"""How objects are named to the user: which noun is which, where each stands, labels for buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.dialogue.order_words import word_set
from core.dialogue.shown import Item
from core.types.boxes import Box

MOST_TOLD = 4  # objects that are named one by one

_IRREGULAR = {
    "people": "person", "persons": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse",
    "geese": "goose", "feet": "foot", "teeth": "tooth", "knives": "knife", "wolves": "wolf", "leaves": "leaf",
    "loaves": "loaf", "shelves": "shelf", "calves": "calf", "oxen": "ox", "policemen": "policeman",
    "firemen": "fireman", "kiddies": "kid", "puppies": "puppy",
}  # fmt: skip
_NO_PLURAL = word_set(
    "bus glass dress grass canvas gas lens chess cross mattress compass cactus octopus walrus hippopotamus"
    " tennis trousers scissors jeans shorts sunglasses glasses pants tights binoculars sheep fish deer series"
)
_ES = re.compile(r"(?:s|x|z|ch|sh)es$")


def singular(noun: str) -> str:
    """The singular of an English noun by rule and a list of exceptions; only its last word changes."""
    before, _, last = noun.rpartition(" ")
    return f"{before} {_singular(last)}".strip()


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _NO_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")) or len(word) < 4:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if _ES.search(word) else word[:-1]


def is_plural(noun: str) -> bool:
    """Whether a noun stands for several by its form."""
    last = noun.split()[-1] if noun.split() else ""
    return _singular(last) != last or last in ("sheep", "fish", "deer")


def same_noun(noun: str, phrase: str) -> bool:
    """Whether a noun is a phrase's own or its last words ("dogs" of "brown dog", "hydrant" of "fire hydrant")."""
    wanted, given = singular(noun.lower()), singular(phrase.lower())
    return wanted == given or given.endswith(f" {wanted}") or wanted.endswith(f" {given}")


def where(boxes: Sequence[Box], index: int) -> str:
    """Where one of several boxes stands among them: "left", "middle", "2nd from left", "top" ...; "" if alone."""
    if len(boxes) < 2:
        return ""
    across = [(b[0] + b[2]) / 2 for b in boxes]
    down = [(b[1] + b[3]) / 2 for b in boxes]
    flat = max(across) - min(across) >= max(down) - min(down)
    centres, names = (across, ("left", "right")) if flat else (down, ("top", "bottom"))
    rank = sorted(range(len(boxes)), key=lambda n: (centres[n], n)).index(index)
    if rank in (0, len(boxes) - 1):
        return names[rank > 0]
    return "middle" if len(boxes) == 3 else f"{ranked(rank + 1)} from {names[0]}"


def ranked(number: int) -> str:
    """As in "1st", "2nd", "11th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def label(item: Item, among: Sequence[Item]) -> str:
    """An object on a button: "2 dog, right"; its place is that among the objects of its kind."""
    place = _place(item, among)
    return f"{item.number} {singular(item.phrase)}" + (f", {place}" if place else "")


def told(items: Sequence[Item], among: Sequence[Item]) -> str:
    """Objects in plain words: "object 2, the dog on the left", "objects 1 and 3: dog on the left, dog on the right"."""
    if not items:
        return "no object"
    if len(items) == 1:
        return f"object {items[0].number}, the {_placed(items[0], among)}"
    numbers = joined([str(i.number) for i in items])
    if len(items) > MOST_TOLD:
        kinds = joined(list(dict.fromkeys(plural(i.phrase) for i in items)))
        return f"objects {numbers} ({kinds})"
    return f"objects {numbers}: {', '.join(_placed(i, among) for i in items)}"


def plural(noun: str) -> str:
    """The plural by rule; a noun that is one already stays."""
    if is_plural(noun) or noun.split()[-1:] == ["people"]:
        return noun
    if noun.endswith("person"):
        return f"{noun[:-6]}people"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def joined(words: Sequence[str]) -> str:
    """As in "1, 2 and 3"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _placed(item: Item, among: Sequence[Item]) -> str:
    place = _place(item, among)
    said = {"left": "on the left", "right": "on the right", "middle": "in the middle", "top": "at the top",
            "bottom": "at the bottom"}  # fmt: skip
    return f"{singular(item.phrase)} {said.get(place, place)}".strip()


def _place(item: Item, among: Sequence[Item]) -> str:
    same = [i for i in among if i.phrase == item.phrase]
    index = next((n for n, i in enumerate(same) if i.anchor == item.anchor), None)
    return "" if index is None else where([i.detection.box for i in same], index)
