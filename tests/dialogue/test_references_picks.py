"""Which objects places, sizes and names pick; ties ask back; every button resolves; nothing ever raises."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialogue.engines import Engines
from core.dialogue.naming import is_plural, plural, same_noun, singular, where
from core.dialogue.references import resolve
from core.packing import pack, unpack
from core.types.boxes import Box
from core.types.language import Filter, FilterKind, IntentName, Phrase
from core.types.reference import Change, Operation, Order, Selector
from core.types.turn import Answer, Turn
from tests.dialogue.references_helpers import first, keep, labels, photo, question, scene_engines, then

SIDE, SIZE, ORDER, COUNT = FilterKind.SIDE, FilterKind.SIZE, FilterKind.ORDER, FilterKind.COUNT
ROW: dict[str, Box] = {  # small, middle, large, middle, small; evenly spread
    "a": (2.0, 30.0, 12.0, 40.0), "b": (24.0, 26.0, 40.0, 42.0), "c": (50.0, 16.0, 70.0, 44.0),
    "d": (80.0, 24.0, 97.0, 41.0), "e": (106.0, 28.0, 117.0, 39.0),
}  # fmt: skip


def turn_with(boxes: dict[str, Box], name: str = "dog") -> tuple[Turn, Engines]:
    engines = scene_engines([(name, box, 0.9 - n / 100) for n, box in enumerate(boxes.values())])
    return first(f"segment the {name}s", engines), engines


def picked(boxes: dict[str, Box], **selector: Any) -> str:
    turn, engines = turn_with(boxes)
    found = then(keep(**selector), turn, engines)
    names = {box: name for name, box in boxes.items()}
    return "".join(names[d.box] for d in found.detections.items)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([Filter(SIDE, "left")], "a"), ([Filter(SIDE, "right")], "e"), ([Filter(SIDE, "top")], "c"),
        ([Filter(SIDE, "center")], "c"), ([Filter(SIDE, "left"), Filter(COUNT, "", 2)], "ab"),
        ([Filter(SIDE, "left"), Filter(SIDE, "right")], "ae"), ([Filter(SIDE, "left"), Filter(COUNT, "", 0)], "ab"),
        ([Filter(SIZE, "largest")], "c"), ([Filter(SIZE, "smallest")], "a"), ([Filter(SIZE, "largest", 2)], "d"),
        ([Filter(SIZE, "largest"), Filter(COUNT, "", 3)], "bcd"),
        ([Filter(SIZE, "smallest"), Filter(COUNT, "", 0)], "ae"),
        ([Filter(ORDER, "left", 2)], "b"), ([Filter(ORDER, "right", 2)], "d"), ([Filter(ORDER, "left", -1)], "e"),
        ([Filter(ORDER, "", -1)], "e"), ([Filter(ORDER, "", -1), Filter(COUNT, "", 2)], "de"),
        ([Filter(SIDE, "right"), Filter(SIZE, "largest")], "d"),
    ],
)  # fmt: skip
def test_places_and_sizes(filters: list[Filter], names: str) -> None:
    assert picked(ROW, filters=tuple(filters)) == names


CORNERS: dict[str, Box] = {
    "a": (2.0, 2.0, 20.0, 20.0), "b": (90.0, 2.0, 112.0, 22.0), "c": (4.0, 50.0, 30.0, 76.0),
    "d": (95.0, 55.0, 111.0, 75.0)
}  # fmt: skip


@pytest.mark.parametrize(
    ("across", "down", "name"), [("left", "top", "a"), ("right", "top", "b"), ("right", "bottom", "d")]
)
def test_corners(across: str, down: str, name: str) -> None:
    assert picked(CORNERS, filters=(Filter(SIDE, down), Filter(SIDE, across))) == name


TWINS: dict[str, Box] = {"a": (10.0, 10.0, 40.0, 40.0), "b": (70.0, 10.0, 100.0, 40.0), "c": (45.0, 60.0, 55.0, 70.0)}
STACKED: dict[str, Box] = {"a": (10.0, 5.0, 30.0, 25.0), "b": (10.0, 45.0, 30.0, 65.0), "c": (80.0, 5.0, 90.0, 15.0)}


@pytest.mark.parametrize(
    ("boxes", "filters", "offered"),
    [
        (TWINS, (Filter(SIZE, "largest"),), ["1 dog, left", "2 dog, right", "Both of them"]),
        (STACKED, (Filter(SIDE, "left"),), ["1 dog, top", "2 dog, bottom", "Both of them"]),
        (STACKED, (Filter(ORDER, "left", 2),), ["1 dog, top", "2 dog, bottom", "Both of them"]),
        (ROW, (Filter(ORDER, "left", 7),), ["1 dog, left", "2 dog, 2nd from left", "3 dog, 3rd from left",
                                            "4 dog, 4th from left", "5 dog, right"]),
    ],
)  # fmt: skip
def test_what_fits_alike_asks_back(boxes: dict[str, Box], filters: tuple[Filter, ...], offered: list[str]) -> None:
    turn, engines = turn_with(boxes)
    assert labels(question(keep(filters=filters), turn, engines)) == offered


def test_nearly_one_size_is_one_size_but_two_percent_more_is_not() -> None:
    def boxes(side: float) -> dict[str, Box]:
        return {"a": (0.0, 0.0, 40.0, 40.0), "b": (60.0, 0.0, 60.0 + side, 40.0)}

    largest = keep(filters=(Filter(SIZE, "largest"),))
    turn, engines = turn_with(boxes(40.0))
    assert isinstance(resolve(largest, turn, photo(), engines), Answer)
    assert picked(boxes(44.0), filters=(Filter(SIZE, "largest"),)) == "b"


def test_many_objects_get_some_buttons_and_a_word_about_the_rest() -> None:
    boxes: dict[str, Box] = {str(n): (n * 9.0, 10.0, n * 9.0 + 8, 20.0) for n in range(12)}
    turn, engines = turn_with(boxes)
    asked = question(keep(pronoun=True), turn, engines)
    assert len(labels(asked)) == 8 and "4 more can be named by their numbers" in asked.text


def test_an_exact_name_goes_before_one_that_only_ends_so() -> None:
    engines = scene_engines([("dog", ROW["a"], 0.9), ("hot dog", ROW["c"], 0.8)])
    turn = first("describe everything", engines)
    assert [d.phrase for d in then(keep(phrase="dogs"), turn, engines).detections.items] == ["dog"]


def test_an_adjective_that_was_not_measured_asks_back() -> None:
    turn, engines = turn_with(ROW, "chair")
    assert "was not measured" in question(keep(phrase="wooden chair"), turn, engines).text


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("several", "one"),
    [("dogs", "dog"), ("buses", "bus"), ("people", "person"), ("children", "child"), ("ponies", "pony"),
     ("fire hydrants", "fire hydrant"), ("boxes", "box"), ("glass", "glass"), ("bus", "bus"), ("women", "woman")],
)  # fmt: skip
def test_singulars(several: str, one: str) -> None:
    assert singular(several) == one and (is_plural(several) or several == one)


@pytest.mark.parametrize(
    ("one", "several"), [("dog", "dogs"), ("person", "people"), ("bus", "buses"), ("pony", "ponies")]
)
def test_plurals(one: str, several: str) -> None:
    assert plural(one) == several == plural(several)


def test_a_noun_is_its_phrase_or_the_end_of_it() -> None:
    assert same_noun("dogs", "brown dog") and same_noun("hydrant", "fire hydrants") and not same_noun("dog", "dogma")


def test_places_of_objects_above_each_other() -> None:
    column = [(0.0, y, 10.0, y + 5) for y in (0.0, 20.0, 40.0)]
    assert [where(column, n) for n in range(3)] == ["top", "middle", "bottom"] and where(column[:1], 0) == ""


# -- properties ------------------------------------------------------------------------------------------------------

ENGINES = scene_engines()


@functools.cache
def bases() -> tuple[tuple[Turn, tuple[Turn, ...]], ...]:
    dogs = first("segment the dogs", ENGINES)
    left = then(keep(filters=(Filter(SIDE, "left"),)), dogs, ENGINES)
    pets = first("find the dogs and the cat", ENGINES)
    everything = first("describe everything", ENGINES)
    some = then(keep(numbers=(1, 4)), everything, ENGINES)
    return (
        (dogs, ()), (left, (dogs,)), (pets, ()), (everything, ()), (some, (everything,)),
        (first("segment the horse", ENGINES), ()),
    )  # fmt: skip


filters = st.builds(
    Filter, st.sampled_from(FilterKind), st.sampled_from(["", "left", "right", "top", "bottom", "center", "largest"]),
    st.integers(-3, 5),
).filter(
    lambda f: (f.kind == SIDE and f.value in ("left", "right", "top", "bottom", "center"))
    or (f.kind == SIZE and f.value == "largest")
    or (f.kind == ORDER and f.value not in ("largest", "center") and f.number)
    or (f.kind == COUNT and not f.value and f.number >= 0)
)  # fmt: skip
selectors = st.builds(
    Selector, st.just("that"), st.lists(st.integers(1, 6), max_size=2).map(tuple),
    st.lists(filters, max_size=2).map(tuple), st.sampled_from(["", "dog", "cats", "horse"]),
    st.sampled_from([(), ("red",), ("red", "blue")]), st.booleans(),
    st.booleans(), st.booleans(),
)  # fmt: skip
orders = st.builds(
    Order, st.sampled_from([op for op in Operation if op != Operation.UNDO]), st.just("that"),
    st.none() | selectors,
    st.sampled_from([(), (Phrase("cat", "cat"),), (Phrase("dogs", "dogs"), Phrase("cow", "cow"))]),
    st.sampled_from([IntentName.SEGMENT, IntentName.INPAINT, IntentName.ANSWER]), st.just("do that"),
    st.none() | st.floats(-2, 200), st.sampled_from(["", "px", "percent", "times", "score"]),
    st.sampled_from(["box", "mask_cut", "colour"]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(orders, st.integers(0, 5), st.none() | st.integers(0, 9))
def test_any_order_resolves_or_asks_and_every_button_resolves(order: Order, which: int, selected: int | None) -> None:
    base, before = bases()[which]
    found = resolve(order, base, photo(), ENGINES, selected, before)
    if isinstance(found, Change):
        assert found.references[0].words and found.references[0].meaning
        return
    assert found.text
    for action in found.actions:
        if action.kind == "refer":
            clicked = unpack(Order, action.value)
            answer = resolve(clicked, base, photo(), ENGINES, selected, before)
            assert isinstance(answer, Change), (action.label, clicked)


@settings(max_examples=60, deadline=None)
@given(orders)
def test_orders_travel_in_buttons_unchanged(order: Order) -> None:
    assert unpack(Order, pack(order)) == order
