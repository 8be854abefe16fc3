"""Reading a request about which objects are in force, from its words alone: keep, add, reject."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.dialogue.operations import OPERATIONS
from core.types.language import Filter
from core.types.reference import Operation, Selector
from tests.dialogue.orders_helpers import (
    BOTTOM,
    LARGEST,
    LEFT,
    MANY,
    MIDDLE,
    ONE,
    RIGHT,
    SMALLEST,
    TOP,
    TWO,
    order,
    read,
)  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "text"), [(op, text) for op, entry in OPERATIONS.items() for text in entry.examples]
)
def test_every_example_of_the_table_is_its_operation(operation: Operation, text: str) -> None:
    assert read(text).operation == operation


SELECTORS = [
    # places
    ("only the left one", (LEFT,)),
    ("the left one only", (LEFT,)),
    ("just the left one please", (LEFT,)),
    ("OK, now keep only the LEFT one!!!", (LEFT,)),
    ("👉 the left one 🙏", (LEFT,)),
    ("the one on the left please", (LEFT,)),
    ("only the leftmost one", (LEFT,)),
    ("the one furthest left", (LEFT,)),
    ("I mean the right one", (RIGHT,)),
    ("the one on the far right", (RIGHT,)),
    ("no, the right one", (RIGHT,)),
    ("not the left one, the right one", (RIGHT,)),
    ("the right one, not the left one", (RIGHT,)),
    ("and the one on the right?", (RIGHT,)),
    ("what about the right one?", (RIGHT,)),
    ("now the right one", (RIGHT,)),
    ("the top one", (TOP,)),
    ("the one at the bottom", (BOTTOM,)),
    ("the one in the middle", (MIDDLE,)),
    ("the top left one", (TOP, LEFT)),
    ("just the one in the bottom left corner", (BOTTOM, LEFT)),
    ("the two on the left", (LEFT, TWO)),
    ("show only the left two", (LEFT, TWO)),
    ("the left ones", (LEFT, MANY)),
    # places in a row
    ("the second from the right", (order("right", 2),)),
    ("third from left", (order("left", 3),)),
    ("the last one", (order("", -1),)),
    ("the last two", (order("", -1), TWO)),
    # sizes
    ("the biggest one", (LARGEST,)),
    ("focus on the largest", (LARGEST,)),
    ("the smaller of the two", (SMALLEST,)),
    ("only the two largest", (LARGEST, TWO)),
    ("the second largest", (replace(LARGEST, number=2),)),
    ("the big ones", (LARGEST, MANY)),
    # slips of the keyboard, German, Spanish
    ("onyl the lfet one", (LEFT,)),
    ("only teh lefft one", (LEFT,)),
    ("nur das linke", (LEFT,)),
    ("solo el de la izquierda", (LEFT,)),
]


@pytest.mark.parametrize(("text", "filters"), SELECTORS)
def test_keep_by_place_and_size(text: str, filters: tuple[Filter, ...]) -> None:
    found = read(text)
    assert (found.operation, found.selector and found.selector.filters) == (Operation.KEEP, filters)


NUMBERED = [
    ("the second", (2,)), ("2nd", (2,)), ("The Second.", (2,)), ("#2", (2,)), ("no. 2", (2,)), ("No 3", (3,)),
    ("number two", (2,)), ("nr 2", (2,)), ("object 2", (2,)), ("2", (2,)), ("2 and 3", (2, 3)),
    ("1, 2 and 4", (1, 2, 4)),
    ("1-3", (1, 2, 3)), ("objects 1 to 3", (1, 2, 3)), ("numbers one and three", (1, 3)),
    ("the first and the third", (1, 3)), ("the first two", (1, 2)), ("keep 1 & 3", (1, 3)),
    ("could you please just keep the third", (3,)), ("ok now only the second one, thanks!", (2,)),
    ("i meant number 2", (2,)), ("take the second", (2,)), ("dog 2", (2,)), ("dog number 2", (2,)),
    ("the secnd one", (2,)), ("nur der zweite", (2,)), ("sólo el segundo", (2,)), ("how about the second?", (2,)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "numbers"), NUMBERED)
def test_keep_by_number(text: str, numbers: tuple[int, ...]) -> None:
    found = read(text)
    assert (found.operation, found.selector and found.selector.numbers) == (Operation.KEEP, numbers)


KEPT = [
    ("the red one", Selector("the red one", filters=(ONE,), colours=("red",))),
    ("the red ones", Selector("the red ones", colours=("red",))),
    ("only the red and the blue one", Selector("the red and the blue one", colours=("red", "blue"))),
    ("only that one", Selector("that one", pronoun=True)),
    ("just the selected one", Selector("the selected one", pronoun=True)),
    ("keep both", Selector("both", everything=True)),
    ("no, the other one", Selector("the other one", filters=(ONE,), others=True)),
    ("only the others", Selector("the others", others=True)),
    ("only the dogs", Selector("the dogs", phrase="dogs")),
    ("the dog alone", Selector("the dog", phrase="dog")),
    ("the dog on the left", Selector("the dog on the left", filters=(LEFT,), phrase="dog")),
    ("only the brown dog", Selector("the brown dog", filters=(ONE,), phrase="dog", colours=("brown",))),
]


@pytest.mark.parametrize(("text", "selector"), KEPT)
def test_keep_by_what_they_are(text: str, selector: Selector) -> None:
    found = read(text)
    assert (found.operation, found.selector) == (Operation.KEEP, selector)


def test_several_things_are_kept_at_once() -> None:
    assert [p.text for p in read("only the dogs and the cats").phrases] == ["dogs", "cats"]


ADDED = [
    ("and the cats", "cats"), ("and the cats?", "cats"), ("and people too", "people"), ("also the red car", "red car"),
    ("add the ball", "ball"), ("as well as the trees", "trees"), ("the cat as well", "cat"), ("auch der ball", "ball"),
    ("and the cup on the table too", "cup"), ("also segment the horse", "horse"), ("segment the horse too", "horse"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "phrase"), ADDED)
def test_add_a_thing(text: str, phrase: str) -> None:
    found = read(text)
    assert (found.operation, [p.text for p in found.phrases]) == (Operation.ADD, [phrase])


ADDED_BACK = ["the other one too", "the others too", "and the left one", "and 3", "number 3 too", "include the third",
              "bring back the second", "and the rest", "add the second one", "also the other dog"]  # fmt: skip


@pytest.mark.parametrize("text", ADDED_BACK)
def test_add_an_object_put_away(text: str) -> None:
    found = read(text)
    assert found.operation == Operation.ADD and found.selector is not None


REJECTED = [
    ("not that one", Selector("that one", pronoun=True)),
    ("not the left one", Selector("the left one", filters=(LEFT,))),
    ("the second is wrong", Selector("the second", (2,))),
    ("number 2 is not a dog", Selector("number 2", (2,))),
    ("all except the second", Selector("the second", (2,))),
    ("remove the second from the list", Selector("the second", (2,))),
    ("leave the second out", Selector("the second", (2,))),
    ("ignore the second one", Selector("the second one", (2,))),
    ("i don't want the left one", Selector("the left one", filters=(LEFT,))),
    ("hide number 2", Selector("number 2", (2,))),
    ("not the second or the third", Selector("the second or the third", (2, 3))),
    ("without the cat", Selector("the cat", phrase="cat")),
    ("no dogs", Selector("dogs", phrase="dogs")),
    ("everything but the dog", Selector("the dog", phrase="dog")),
    ("nicht das linke", Selector("the left", filters=(LEFT,))),
    ("no el de la izquierda", Selector("the left one", filters=(LEFT,))),
]


@pytest.mark.parametrize(("text", "selector"), REJECTED)
def test_reject(text: str, selector: Selector) -> None:
    found = read(text)
    assert (found.operation, found.selector) == (Operation.REJECT, selector)
