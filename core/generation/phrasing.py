"""Small pieces of English: numbers, plurals, places, lists."""

from __future__ import annotations

from collections.abc import Sequence

IRREGULAR = {
    "person": "people", "man": "men", "woman": "women", "child": "children", "mouse": "mice", "knife": "knives",
    "sheep": "sheep", "skis": "skis", "scissors": "scissors", "foot": "feet", "tooth": "teeth", "leaf": "leaves",
    "loaf": "loaves", "shelf": "shelves", "wolf": "wolves", "goose": "geese", "fish": "fish", "deer": "deer",
    "broccoli": "broccoli", "text": "text", "sky": "sky", "glasses": "glasses", "jeans": "jeans",
    "bus": "buses", "lens": "lenses", "potato": "potatoes", "tomato": "tomatoes", "cookie": "cookies",
    "movie": "movies", "hoodie": "hoodies", "policeman": "policemen", "fireman": "firemen", "wife": "wives",
    "calf": "calves", "scarf": "scarves", "half": "halves", "binoculars": "binoculars", "shorts": "shorts",
    "trousers": "trousers", "pants": "pants", "tongs": "tongs", "pliers": "pliers", "sunglasses": "sunglasses",
}  # fmt: skip
SINGULAR = {plural: single for single, plural in IRREGULAR.items()}


def plural(words: str) -> str:
    """ "brown dog" -> "brown dogs"; what is plural already stays."""
    *first, last = words.split(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif last in SINGULAR or (last.endswith("s") and not last.endswith(("ss", "us", "is"))):
        return words
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return " ".join([*first, last])


def singular(words: str) -> str:
    """ "brown dogs" -> "brown dog"; by simple endings only."""
    *first, last = words.split(" ")
    if last in SINGULAR:
        last = SINGULAR[last]
    elif last.endswith("ies") and len(last) > 4:
        last = last[:-3] + "y"
    elif last.endswith(("ches", "shes", "xes", "sses")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in IRREGULAR:
        last = last[:-1]
    return " ".join([*first, last])


def count(number: int, words: str) -> str:
    """ "1 dog", "3 people"."""
    return f"{number} {singular(words) if number == 1 else plural(words)}"


def listing(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def score(value: float) -> str:
    """ ".47": two digits, never rounded up to 1."""
    return "1.0" if value >= 1 else f"{min(value, 0.99):.2f}".lstrip("0")


def percent(share: float) -> str:
    """ "34 %", "0.4 %", "under 0.1 %"."""
    if share <= 0:
        return "0 %"
    value = share * 100
    if value < 0.1:
        return "under 0.1 %"
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"
