"""What the detector takes a phrase for: an own lexicon first, then the nearest class name, then its colour alone."""

from __future__ import annotations

import csv
import functools
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core.detection.embedded import words as w
from core.shared_models.everyday import CLASSES
from core.types.boxes import Basis, Reading

FILE = "lexicon/classes.csv"
NOT_COVERED = "-"
SPECIAL = {
    "face": Basis.FACE, "text": Basis.TEXT, "code": Basis.CODE, "qr code": Basis.CODE, "barcode": Basis.CODE,
    "sky": Basis.PLACE,
}  # fmt: skip
SHORTEST_PLAIN = 4  # letters of a word that may be written without its accents: "bär" is not "bar"
ANIMALS = frozenset(CLASSES[CLASSES.index("bird") : CLASSES.index("giraffe") + 1])
MOST_UNCHECKED, LONGEST_NOUN = 4, 60  # words and characters that a note repeats
NO_RECOGNISER = "no built-in recogniser knows it"


@dataclass(frozen=True)
class Target:
    """What a recogniser is asked for: class names, kinds of code, or colours; no names where it knows but one thing."""

    basis: Basis
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understood:
    """One phrase: how it is read, and (None where nothing covers it) what is looked for."""

    reading: Reading
    target: Target | None = None


@dataclass(frozen=True)
class Entry:
    """One row of the lexicon; `classes` is empty where no recogniser covers the word."""

    classes: tuple[str, ...]
    note: str


class Lexicon:
    """Reads phrases. `nearest` maps a noun to the class whose name lies near, or None. Thread-safe."""

    def __init__(self, assets: Path, nearest: Callable[[str], str | None]) -> None:
        self._file = assets / FILE
        self._nearest = nearest
        self.read = functools.lru_cache(4096)(self._read)

    @functools.cached_property
    def table(self) -> dict[str, Entry]:
        """Every word, and the same without accents and spaces where that is no other word."""
        with self._file.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        table: dict[str, Entry] = {name: Entry((name,), "") for name in CLASSES}
        for row in rows:
            classes = () if row["class"] == NOT_COVERED else tuple(row["class"].split("|"))
            table[unicodedata.normalize("NFC", row["word"])] = Entry(classes, row["note"])
        for word, entry in list(table.items()):
            for variant in (_plain(word), word.replace("-", " ")):
                if len(variant) >= SHORTEST_PLAIN:
                    table.setdefault(variant, entry)
        return table

    @functools.cached_property
    def _joined(self) -> dict[str, Entry]:
        """Compounds written as one word ("firehydrant") or as two ("tooth brush")."""
        return {word.replace(" ", "").replace("-", ""): entry for word, entry in self.table.items()}

    def _read(self, phrase: str) -> Understood:
        if w.is_everything(phrase):
            return Understood(Reading(phrase, True, "everything"), Target(Basis.CLASS, CLASSES))
        said = w.tokens(phrase)
        if any(word in w.SAYS for word in said[1 : w.MOST_WORDS]):
            return Understood(Reading(phrase, True, "text"), Target(Basis.TEXT))  # "the sign that says exit"
        pieces = w.take_apart(said)
        for span in (said[: w.MOST_WORDS], *pieces.spans):
            start, entry = self._longest(span, whole_units=True)
            if entry is not None:
                return self._known(phrase, span[:start], " ".join(span[start:]), entry)
        head, trailing = self._without_trailing_colours(pieces.head)
        start, entry = self._longest(head)
        if entry is not None and entry.classes:
            return self._known(phrase, head[:start], " ".join(head[start:]), entry)
        if entry is None and (text := self._said_of_text(phrase, head)) is not None:
            return text
        return self._unknown(phrase, head, trailing, blocked=entry is not None)

    def _said_of_text(self, phrase: str, head: tuple[str, ...]) -> Understood | None:
        """ "the word 'exit'": the noun leads, and what it says follows."""
        content = [word for word in head if word not in w.SILENT]
        entry = self._look_up((content[0],)) if len(content) > 1 else None
        if entry is None or "text" not in entry.classes:
            return None
        return self._known(phrase, tuple(content[1:]), content[0], entry)

    def _longest(self, words: tuple[str, ...], whole_units: bool = False) -> tuple[int, Entry | None]:
        """The longest ending of the words that the lexicon knows.

        whole_units: only an ending that reaches over an "of" counts ("cup of coffee"), or the whole phrase.
        """
        for start in range(len(words)):
            if whole_units and start and not any(word in w.OF for word in words[start + 1 :]):
                break
            entry = self._look_up(words[start:])
            if entry is not None:
                return start, entry
        return len(words), None

    def _look_up(self, words: tuple[str, ...]) -> Entry | None:
        stem = " ".join(words[:-1])
        for last in w.singulars(words[-1]):
            candidate = f"{stem} {last}".strip()
            for form in (candidate, candidate.replace("-", " ")):
                if form in self.table:
                    return self.table[form]
            if len(words) <= 2 and (len(words) == 2 or len(last) > 6):
                joined = self._joined.get(candidate.replace(" ", "").replace("-", ""))
                if joined is not None:
                    return joined
        return None

    def _without_trailing_colours(self, head: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """ "perro marrón", "voiture rouge": in Romance languages the colour follows."""
        end = len(head)
        while end > 1 and w.split_colours(head[end - 1 : end])[1] and self._longest(head[: end - 1])[1] is not None:
            end -= 1
        return head[:end], head[end:]

    def _known(self, phrase: str, before: tuple[str, ...], noun: str, entry: Entry) -> Understood:
        if not entry.classes:
            return self._unknown(phrase, (*before, *noun.split()), (), blocked=True)
        others, _ = w.split_colours(before)
        unchecked = [word for word in others if word not in w.SILENT and word not in w.PLACEHOLDERS][:MOST_UNCHECKED]
        notes = [_note(entry, noun)]
        if unchecked:
            notes.append(f"'{' '.join(unchecked)[:LONGEST_NOUN]}' was not checked")
        basis = SPECIAL.get(entry.classes[0], Basis.CLASS)
        if basis == Basis.FACE and any(self._is_animal(word) for word in others):
            return Understood(Reading(phrase, False, "", "the built-in face detector knows human faces only", False))
        names = entry.classes if basis in (Basis.CLASS, Basis.CODE) else ()
        reading = Reading(phrase, True, ", ".join(entry.classes), "; ".join(n for n in notes if n), entry.note != "~")
        return Understood(reading, Target(basis, names))

    def _is_animal(self, word: str) -> bool:
        entry = self._look_up((word,))
        return entry is not None and bool(set(entry.classes) & ANIMALS)

    def _unknown(self, phrase: str, head: tuple[str, ...], trailing: tuple[str, ...], blocked: bool) -> Understood:
        others, colours = w.split_colours(head)
        colours = tuple(dict.fromkeys((*colours, *w.split_colours(trailing)[1])))
        noun = " ".join(word for word in others if word not in w.SILENT and word not in w.PLACEHOLDERS)
        said = noun if len(noun) <= LONGEST_NOUN else noun[:LONGEST_NOUN] + "…"
        if noun and not blocked:
            near = self._nearest(noun)
            if near is not None:
                note = f"taken as '{near}'; not verified as {noun}"
                return Understood(Reading(phrase, True, near, note, False), Target(Basis.CLASS, (near,)))
        if colours:
            name = " and ".join(colours)
            note = f"the noun '{said}' was not checked, only the colour {name}" if noun else "found by its colour alone"
            return Understood(Reading(phrase, True, name, note, not noun), Target(Basis.COLOUR, colours))
        note = NO_RECOGNISER if noun else "no word in it names a thing"
        return Understood(Reading(phrase, False, "", note, False))


def _note(entry: Entry, noun: str) -> str:
    name = f"taken as '{entry.classes[0]}'"
    match entry.note:
        case "":
            return ""
        case "=":
            return name
        case "*":
            return f"{name}: '{noun}' is not verified"
        case "any":
            return f"taken as any of: {', '.join(entry.classes)}"
        case "~":
            return f"{name}; not verified as {noun}"
        case text if text.startswith("!"):
            return text[1:]
        case text:
            return f"{name}: {text} is not verified"


def without(understood: Understood, why: str) -> Understood:
    """The same phrase where its recogniser cannot work here: not covered, and why."""
    reading = replace(understood.reading, covered=False, note=f"not looked for: {why}")
    return Understood(reading)


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
