"""An exam of requests that refer (`tests/exams/references.csv`), written from the table of operations alone.

A row is right where the operation is right and all that the row says of objects, phrases, intent and amount. What each
column means for an operation is said in `verdict`; `tests/exams/README.md` describes the columns for readers.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.dialogue.engines import Engines
from core.dialogue.orders import read_order
from core.dialogue.references import resolve
from core.evaluation.phrases import normal
from core.keywords.embedded import EmbeddedKeywords
from core.registry import EngineContext
from core.settings import ASSETS
from core.types.boxes import Box, Detections
from core.types.image import ImageAsset
from core.types.language import Keywords, Phrase
from core.types.masks import MaskSet
from core.types.reference import Adjustments, Change, Keep, Operation, Order, Reference
from core.types.turn import Answer, Turn, new_id
from tests.dialogue.helpers import turn_of
from tests.fakes import FakeKeywords, fake_engines, painted
from tests.intent.engine import trained

EXAM = Path(__file__).parents[1] / "exams" / "references.csv"
FLOOR = 0.95  # of all rows
TAKEN = 0.05  # of requests of their own, at most, taken for a reference
FRESH, ASKS, SAYS = "none", "ask", "nothing"
SIZE = (200, 120)
BROWN, BLACK, WHITE, RED = (139, 69, 19), (15, 15, 15), (245, 245, 245), (220, 20, 20)
BLUE, GREEN, YELLOW = (20, 40, 220), (20, 150, 40), (240, 220, 20)
Colour = tuple[int, int, int]
Shown = tuple[str, Box, Colour]  # one object: its phrase, where it is, its colour

DOGS: tuple[Shown, ...] = (("dog", (10, 20, 70, 80), BROWN), ("dog", (130, 35, 160, 65), BLACK))
CAT: tuple[Shown, ...] = (("cat", (60, 20, 120, 80), WHITE),)
PEOPLE: tuple[Shown, ...] = (  # left to right on one ground line; the middle of the picture lies between 2 and 3
    ("person", (20, 65, 40, 115), RED),
    ("person", (65, 35, 95, 115), BLUE),
    ("person", (113, 85, 127, 115), GREEN),
    ("person", (148, 50, 172, 115), YELLOW),
)
MIXED: tuple[Shown, ...] = (
    ("dog", (10, 10, 70, 50), BROWN),
    ("dog", (130, 15, 170, 45), WHITE),
    ("ball", (20, 80, 40, 100), RED),
    ("ball", (150, 80, 180, 110), BLUE),
    ("person", (85, 5, 115, 115), GREEN),
)
THREE_DOGS: tuple[Shown, ...] = (
    ("dog", (10, 30, 50, 70), BROWN),
    ("dog", (70, 20, 130, 80), WHITE),
    ("dog", (160, 35, 190, 65), BLACK),
)
ASKED = {  # the last request of a context, and what it found, in the order in which it is numbered
    "two_dogs": ("segment the dogs", DOGS),
    "narrowed": ("segment the dogs", DOGS),
    "new_picture": ("segment the dogs", DOGS),
    "one_cat": ("segment the cat", CAT),
    "people_row": ("find the people", PEOPLE),  # boxes alone, no masks
    "mixed": ("segment the dogs, the balls and the person", MIXED),
    "dropped": ("segment the dogs, the balls and the person", MIXED),
    "asked_count": ("how many dogs are there?", THREE_DOGS),
    "first": ("", ()),  # nothing was asked yet
}


@dataclass(frozen=True)
class Context:
    """base: the turn in force (None: none yet), after those of `before`. image: the picture that is open now."""

    shown: tuple[Shown, ...]
    image: ImageAsset
    engines: Engines
    base: Turn | None
    before: tuple[Turn, ...] = ()
    same_picture: bool = True

    def number(self, box: Box) -> int:
        """The context's number of a box."""
        return next((n for n, shown in enumerate(self.shown, 1) if np.allclose(shown[1], box, atol=0.6)), 0)

    def number_in(self, reference: Reference, shown_as: int) -> int:
        """The context's number of an object that a reference names by its number in a turn."""
        turn = next((t for t in (*self.before, self.base) if t is not None and t.id == reference.turn), self.base)
        assert turn is not None
        items = turn.detections.items
        return self.number(items[shown_as - 1].box) if 0 < shown_as <= len(items) else 0


@cache
def context(name: str) -> Context:
    text, shown = ASKED[name]
    image = painted({box: colour for _, box, colour in shown}, *SIZE)
    objects = tuple((phrase, box, 0.95 - 0.03 * n) for n, (phrase, box, _) in enumerate(shown))
    spoken = FakeKeywords({text: Keywords(tuple(Phrase(p, p) for p in dict.fromkeys(p for p, _, _ in shown)))})
    engines = fake_engines(objects, intent=trained(), keywords=EmbeddedKeywords(EngineContext(Path("unused"), ASSETS)))
    if not shown:
        return Context(shown, image, engines, None)
    turn = turn_of(text, fake_engines(objects, keywords=spoken), image=image)
    if name == "new_picture":
        other = painted({(80, 10, 140, 90): BROWN}, *SIZE)
        return Context(shown, other, engines, turn, (), same_picture=False)
    if name == "narrowed":
        kept = Adjustments(kept=(Keep(("dog",), (shown[0][1],)),))
        return Context(shown, image, engines, _after(turn, "only the left one", Operation.KEEP, kept), (turn,))
    if name == "dropped":
        rejected = Adjustments(rejected=(shown[1][1], shown[3][1]))
        text = "not the white dog and not the blue ball"
        return Context(shown, image, engines, _after(turn, text, Operation.REJECT, rejected), (turn,))
    return Context(shown, image, engines, turn)


def _after(turn: Turn, text: str, operation: Operation, adjustments: Adjustments) -> Turn:
    """The turn that a request to narrow this one ends in."""
    stay = [n for n, d in enumerate(turn.detections.items) if adjustments.allows(d.box, d.phrase)]
    named = [n + 1 for n in range(len(turn.detections)) if (n in stay) == (operation == Operation.KEEP)]
    return replace(
        turn,
        id=new_id(),
        text=text,
        base=turn.id,
        adjustments=adjustments,
        references=(Reference(text, operation, text, tuple(named), (), turn.id),),
        detections=Detections(tuple(turn.detections.items[n] for n in stay), turn.detections.misses),
        masks=MaskSet(tuple(turn.masks.items[n] for n in stay), turn.masks.cut),
    )


@dataclass(frozen=True)
class Row:
    context: str
    selected: int | None
    utterance: str
    operation: str
    objects: frozenset[int]
    phrases: frozenset[str]
    intents: frozenset[str]
    amount: float | None
    note: str


def _parts(cell: str, mark: str = ";") -> list[str]:
    return [part.strip() for part in cell.split(mark) if part.strip()]


@cache
def rows() -> tuple[Row, ...]:
    with EXAM.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Row(
                line["context"],
                int(line["selected"]) if line["selected"] else None,
                line["utterance"],
                line["operation"],
                frozenset(int(part) for part in _parts(line["objects"])),
                frozenset(_parts(line["phrases"])),
                frozenset(_parts(line["intent"], "/")),
                float(line["amount"]) if line["amount"] else None,
                line["note"],
            )
            for line in csv.DictReader(lines)
        )


def verdict(row: Row) -> str:
    """What is wrong with how a row is taken, or ""."""
    place = context(row.context)
    named = tuple(dict.fromkeys(phrase for phrase, _, _ in place.shown))
    order = read_order(row.utterance, place.engines, named_before=named)
    if order is None or row.operation == FRESH:
        return "" if order is None and row.operation == FRESH else f"read as {order.operation if order else FRESH}"
    if place.base is None:  # there is nothing to resolve it on: the turn says so
        return "" if row.operation == SAYS else f"read as {order.operation}"
    base, before = place.base, place.before
    if order.operation == Operation.UNDO and before:  # what comes into force again, and what is taken back
        base, before = before[-1], (place.base,)
    answer = resolve(
        order, base, place.image, place.engines,
        selected=row.selected, before=before, same_picture=place.same_picture,
    )  # fmt: skip
    if isinstance(answer, Answer):
        return _asked(row, order, answer)
    return "; ".join(_changed(row, order, answer, place))


def _asked(row: Row, order: Order, answer: Answer) -> str:
    """Where it asks back there is a button for each object that might be meant, at least."""
    if row.operation not in (ASKS, SAYS):
        return f"{order.operation} asks: {answer.text}"
    if not answer.text:
        return "asks without words"
    few = row.operation == ASKS and len(answer.actions) < len(row.objects)
    return f"only {len(answer.actions)} buttons" if few else ""


def _changed(row: Row, order: Order, change: Change, place: Context) -> Iterator[str]:
    """What differs. Objects: those in force afterwards (keep, add, reject, undo), or those meant (the others)."""
    operations = {str(r.operation) for r in change.references} or {str(order.operation)}
    if row.operation not in operations:
        yield f"taken as {', '.join(sorted(operations))}"
        return
    objects = _objects(row.operation, change, place)
    if row.objects and objects != row.objects:
        yield f"objects {sorted(objects)}"
    phrases = {normal(phrase) for r in change.references for phrase in r.phrases}
    if row.operation in (Operation.ADD, Operation.REPEAT) and phrases != row.phrases:
        yield f"phrases {sorted(phrases)}"
    intents = {str(i) for i in (order.intent, change.given.get("decide")) if i is not None}
    if row.intents and not intents & row.intents:
        yield f"intent {sorted(intents)}"
    if row.amount is not None and not any(np.isclose(a, row.amount) for a in _amounts(row.operation, order, change)):
        yield f"amount {order.amount} {order.unit}"


def _objects(operation: str, change: Change, place: Context) -> set[int]:
    """In the context's numbers."""
    in_force = {n for n, (phrase, box, _) in enumerate(place.shown, 1) if change.adjustments.allows(box, phrase)}
    if operation in (Operation.GROW, Operation.SHRINK):
        sign = 1 if operation == Operation.GROW else -1
        return {n for n in in_force if change.adjustments.growth(place.shown[n - 1][1]) * sign > 0}
    meant = {place.number_in(r, n) for r in change.references for n in r.objects}
    return meant if operation == Operation.INTENT and meant else in_force


def _amounts(operation: str, order: Order, change: Change) -> list[float]:
    """The numbers that an amount said may be found in."""
    if operation in (Operation.RAISE, Operation.LOWER):
        numbers = change.thresholds
        return [n for n in (numbers.box, numbers.mask_cut, numbers.colour, *numbers.phrase.values()) if n is not None]
    return [] if order.amount is None else [abs(order.amount)]


@cache
def verdicts() -> tuple[tuple[Row, str], ...]:
    """Every row with what is wrong with it; a row that breaks something is wrong, and the exam goes on."""
    found = []
    for row in rows():
        context(row.context)  # what cannot be built is no mistake of a row
        try:
            found.append((row, verdict(row)))
        except Exception as error:
            found.append((row, f"raised {type(error).__name__}: {error}"))
    return tuple(found)


def report() -> str:
    """Shares by operation, and every wrong row."""
    total, right = Counter(r.operation for r, _ in verdicts()), Counter(r.operation for r, w in verdicts() if not w)
    shares = [f"{name} {right[name]}/{total[name]}" for name in total]
    wrong = [f"{r.context}[{r.selected or ''}] {r.utterance!r}: {r.operation}, but {w}" for r, w in verdicts() if w]
    return "\n".join((f"{sum(right.values())}/{len(verdicts())} right: {', '.join(shares)}", *wrong))


def test_references_are_taken_as_they_were_meant() -> None:
    right, number = sum(not wrong for _, wrong in verdicts()), len(verdicts())
    assert right >= FLOOR * number, report()


def test_requests_of_their_own_are_not_taken_for_references() -> None:
    fresh = [(row.utterance, wrong) for row, wrong in verdicts() if row.operation == FRESH]
    taken = [pair for pair in fresh if pair[1]]
    assert len(fresh) >= 30
    assert len(taken) <= TAKEN * len(fresh), taken


def test_the_exam_covers_the_table() -> None:
    found = Counter(row.operation for row in rows())
    assert set(found) == {*map(str, Operation), FRESH, ASKS, SAYS}
    assert min(found.values()) >= 10
    assert len({(row.context, row.selected, row.utterance.lower()) for row in rows()}) == len(rows())


@pytest.mark.parametrize("name", ASKED)
def test_contexts_show_the_objects_in_the_exams_numbering(name: str) -> None:
    place = context(name)
    if place.base is None:
        return
    shown = [place.number(d.box) for d in place.base.detections.items]
    expected = {"narrowed": [1], "dropped": [1, 3, 5]}.get(name, list(range(1, len(place.shown) + 1)))
    assert shown == expected
    assert [mask.area > 0 for mask in place.base.masks.items] == [name != "people_row"] * len(shown)
    assert all(row.objects <= set(range(1, len(place.shown) + 1)) for row in rows() if row.context == name)
