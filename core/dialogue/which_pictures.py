"""Which of a chat's pictures a text names: by number, by place, by file name, or all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from core.types.picture import PictureRef

ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
NOUN = r"(?:pictures?|images?|photos?|photographs?|pics?)"
WHERE = r"(?:\s*\b(?:in|on|from|of|for|with|over|at|to)\b)?"
NUMBER = rf"(?:no\.?\s*|number\s+|\#\s*)?(?:\d{{1,3}}|{'|'.join(NUMBERS)})\b"
LISTED = re.compile(
    rf"{WHERE}\s*\b(?:the\s+)?{NOUN}\s+({NUMBER}(?:\s*(?:,|and|&|\+)\s*(?:{NOUN}\s+)?{NUMBER})*)", re.IGNORECASE
)
PLACED = re.compile(rf"{WHERE}\s*\bthe\s+({'|'.join(ORDINALS)}|last|newest|latest|new)\s+{NOUN}\b", re.IGNORECASE)
ALL = re.compile(
    rf"{WHERE}\s*\b(?:(?:all|both|every|each)\s+(?:of\s+)?(?:the\s+|these\s+|my\s+)?{NOUN}"
    rf"|(?:all|both)\s+of\s+(?:the|these|my)\s+{NOUN})\b",
    re.IGNORECASE,
)
OTHER = re.compile(rf"{WHERE}\s*\bthe\s+(?:other|next|remaining)\s+({NOUN})\b", re.IGNORECASE)
SAME_ON_OTHER = re.compile(
    r"(?<=same)(?: thing)? (?:on|for|with|in) the (?:other|next|remaining) ones?\b", re.IGNORECASE
)
THIS = re.compile(rf"{WHERE}\s*\b(?:this|that)\s+(?:new\s+)?{NOUN}\b", re.IGNORECASE)
THE_PICTURE = " in the picture "
STEM_CHARS = 3


@dataclass(frozen=True)
class Named:
    """What a text says of pictures.

    numbers: those named, from 1, in the order of the chat; () where none is. bare: the text without the words that name
    them. spoken: the text with "the picture" in their place. other: "the other picture(s)" than the last result's.
    this: "this picture": the current one. unknown: words that name a picture which is not there.
    """

    numbers: tuple[int, ...]
    bare: str
    spoken: str
    other: bool = False
    this: bool = False
    unknown: str = ""


def named_pictures(text: str, pictures: Sequence[PictureRef]) -> Named:
    """Read the pictures out of a text. A text that names none is left exactly as it is."""
    found: set[int] = set()
    unknown: list[str] = []
    count = len(pictures)

    def listed(match: re.Match[str]) -> None:
        numbers = [_number(word) for word in re.findall(rf"\d+|{'|'.join(NUMBERS)}", match.group(1).lower())]
        unknown.extend(match.group(0).strip() for number in numbers if not 1 <= number <= count)
        found.update(number for number in numbers if 1 <= number <= count)

    def placed(match: re.Match[str]) -> None:
        number = ORDINALS.get(match.group(1).lower(), count)
        if 1 <= number <= count:
            found.add(number)
        else:
            unknown.append(match.group(0).strip())

    def everything(match: re.Match[str]) -> None:
        found.update(range(1, count + 1))

    bare = spoken = text
    rules: list[tuple[re.Pattern[str], Callable[[re.Match[str]], None]]] = [
        (LISTED, listed), (PLACED, placed), (ALL, everything),
    ]  # fmt: skip
    rules += [(pattern, _adds(found, number)) for number, pattern in _names(pictures)]
    for pattern, take in rules:
        matches = list(pattern.finditer(bare))
        for match in matches:
            take(match)
        if matches:
            bare, spoken = pattern.sub(" ", bare), pattern.sub(THE_PICTURE, spoken)
    other, this = bool(OTHER.search(bare) or SAME_ON_OTHER.search(bare)), bool(THIS.search(bare))
    if other or this:
        for pattern in (OTHER, SAME_ON_OTHER, THIS):
            bare, spoken = pattern.sub(" ", bare), pattern.sub(THE_PICTURE, spoken)
    if bare != text:
        bare, spoken = _tidy(bare), _tidy(spoken)
    return Named(tuple(sorted(found)), bare, spoken, other, this, ", ".join(dict.fromkeys(unknown)))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word]


def _adds(found: set[int], number: int) -> Callable[[re.Match[str]], None]:
    def take(_: re.Match[str]) -> None:
        found.add(number)

    return take


def _names(pictures: Sequence[PictureRef]) -> list[tuple[int, re.Pattern[str]]]:
    """A pattern for each picture: its file name; its stem only beside a word for a picture ("cat" is mostly a cat)."""
    patterns = []
    for number, picture in enumerate(pictures, 1):
        name, stem = re.escape(picture.name), re.escape(PurePath(picture.name).stem)
        whole = rf"(?:the\s+)?(?:{NOUN}\s+)?[\"“'‘]?{name}[\"”'’]?" if "." in picture.name else ""
        beside = rf"(?:the\s+)?{NOUN}\s+[\"“'‘]?{stem}[\"”'’]?|the\s+[\"“'‘]?{stem}[\"”'’]?\s+{NOUN}"
        either = "|".join(part for part in (whole, beside if len(stem) >= STEM_CHARS else "") if part)
        if either:
            patterns.append((number, re.compile(rf"{WHERE}\s*(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)))
    return patterns


def _tidy(text: str) -> str:
    return re.sub(r"\s+([?.!,])", r"\1", " ".join(text.split())).strip(" ,")
