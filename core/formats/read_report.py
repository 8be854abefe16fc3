"""What a reader of annotations could not use: counted by reason and told in a few lines; or an error at once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.errors import InputError
from core.types.boxes import Box

SHOWN = 3  # examples of one reason
MOST_LINES = 12
MOST_CHARS = 60  # of a name in a message
ROUNDING = 1.0  # pixels; a box that reaches further out is told, for files round in their own ways
_THIRD_PERSON = {"has": "have", "is": "are"}


@dataclass(frozen=True)
class Entry:
    """One entry of a file, as it is told. label: what `name` is ("id"), "" where it says so itself."""

    noun: str
    name: str
    label: str = ""


@dataclass
class Report:
    """strict: whatever would be left out is raised as an `InputError` with this remedy. notes: lines of other kinds."""

    remedy: str
    strict: bool = False
    notes: list[str] = field(default_factory=list)
    _told: dict[tuple[str, str, str], tuple[int, list[str]]] = field(default_factory=dict)

    def leave_out(self, entry: Entry, reason: str) -> None:
        """reason: what one entry does, its verb first ("names category_id 99, which is not in the file")."""
        if self.strict:
            raise InputError(f"The {entry.noun} {short(entry.name)} {reason}.", self.remedy)
        count, names = self._told.get((entry.noun, entry.label, reason), (0, []))
        if count < SHOWN:
            names.append(short(entry.name))
        self._told[entry.noun, entry.label, reason] = (count + 1, names)

    def lines(self) -> tuple[str, ...]:
        """The most frequent reasons first, then how many more there are."""
        groups = sorted(self._told.items(), key=lambda group: -group[1][0])
        lines = [_line(*key, *told) for key, told in groups[:MOST_LINES]]
        rest = [count for _, (count, _) in groups[MOST_LINES:]]
        if rest:
            lines.append(f"{sum(rest)} more for {counted(len(rest), 'other reason')}.")
        return (*self.notes, *lines)


def _line(noun: str, label: str, reason: str, count: int, names: list[str]) -> str:
    verb, space, after = reason.partition(" ")
    if count > 1:
        verb = _THIRD_PERSON.get(verb, verb.removesuffix("s"))
        label = f"{label}s" if label else ""
    return f"{counted(count, noun)} {verb}{space}{after} ({f'{label} ' if label else ''}{examples(names, count)})."


def counted(count: int, noun: str) -> str:
    """As in "1 entry", "3 entries"."""
    several = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{count} {noun if count == 1 else several}"


def examples(names: Iterable[object], count: int) -> str:
    """The first few of so many names, as in "a, b, c, …"."""
    first = [short(name) for name, _ in zip(names, range(SHOWN), strict=False)]
    return ", ".join(first) + (", …" if count > len(first) else "")


def short(value: object) -> str:
    """Any value on one line that can be shown."""
    return one_line(str(value)[: 4 * MOST_CHARS], MOST_CHARS)


def one_line(text: str, most: int) -> str:
    """Without control, direction and half characters, at most so many."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def numbers(values: Iterable[object]) -> tuple[float, ...] | None:
    """None where one is no number; infinite ones and "not a number" are for `fit_box` to see."""
    try:
        return tuple(float(value) for value in values)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def within(box: Box, size: tuple[int, int]) -> tuple[Box | None, bool]:
    """The part inside a picture of (width, height), None where that is nothing; and whether more than rounding went."""
    x0, y0, x1, y1 = box
    inner = (max(x0, 0.0), max(y0, 0.0), min(x1, float(size[0])), min(y1, float(size[1])))
    if inner[2] <= inner[0] or inner[3] <= inner[1]:
        return None, False
    return inner, max(abs(a - b) for a, b in zip(box, inner, strict=True)) > ROUNDING


def fit_box(box: Box, size: tuple[int, int] | None, entry: Entry, report: Report) -> Box | None:
    """The box, clipped where a lenient reader knows the picture's (width, height); None where it was left out."""
    x0, y0, x1, y1 = box
    if not all(map(math.isfinite, box)) or x1 <= x0 or y1 <= y0:
        report.leave_out(entry, "has a box of no area")
        return None
    if size is None or report.strict:
        return box
    inner, cut = within(box, size)
    if inner is None:
        report.leave_out(entry, "lies outside the picture")
    elif cut:
        report.leave_out(entry, "reaches beyond the picture: only the part inside is used")
    return inner
