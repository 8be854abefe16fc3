"""Resolving what a request refers to, against one result: keep, add, reject, and other intents."""

from __future__ import annotations

from typing import Any

import pytest

from core.dialogue.engines import Engines
from core.types.language import Filter, FilterKind, IntentName, Phrase
from core.types.reference import Operation, Order, Selector
from core.types.turn import Status, Turn
from tests.dialogue.references_helpers import (
    add,
    do,
    first,
    keep,
    labels,
    objects,
    order_of,
    question,
    reject,
    scene_engines,
    then,
)  # fmt: skip

LEFT, RIGHT = Filter(FilterKind.SIDE, "left"), Filter(FilterKind.SIDE, "right")
LARGEST, ONE = Filter(FilterKind.SIZE, "largest"), Filter(FilterKind.COUNT, "", 1)


# -- keep ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picked", "left"),
    [
        ({"filters": (LEFT,)}, "A"), ({"filters": (RIGHT,)}, "C"), ({"numbers": (2,)}, "B"),
        ({"numbers": (1, 3)}, "AC"),
        ({"filters": (LARGEST,)}, "B"), ({"colours": ("red",)}, "AC"), ({"colours": ("blue",), "filters": (ONE,)}, "B"),
        ({"phrase": "dog"}, "ABC"), ({"everything": True}, "ABC"),
    ],
)  # fmt: skip
def test_only_the_objects_named_stay(picked: dict[str, Any], left: str, dogs: Turn, engines: Engines) -> None:
    turn = then(keep(**picked), dogs, engines)
    assert (turn.status, objects(turn), turn.intent) == (Status.DONE, left, IntentName.SEGMENT)


def test_keeping_measures_nothing_and_says_what_was_meant(dogs: Turn) -> None:
    from core.errors import EngineFailed

    broken = scene_engines()
    broken.detector.engine.error = EngineFailed("must not be asked", "")  # type: ignore[attr-defined]
    broken.segmenter.engine.error = EngineFailed("must not be asked", "")  # type: ignore[attr-defined]
    turn = then(keep(filters=(LEFT,)), dogs, broken)
    assert (turn.status, objects(turn), turn.failures) == (Status.DONE, "A", ())
    (reference,) = turn.references
    assert (reference.meaning, reference.objects, reference.turn) == (
        "only object 1, the dog on the left",
        (1,),
        dogs.id,
    )


def test_things_are_kept_by_name(pets: Turn, engines: Engines) -> None:
    order = Order(Operation.KEEP, "only the cat", Selector("the cat", phrase="cat"), (Phrase("cat", "cat"),))
    assert objects(then(order, pets, engines)) == "D"


def test_what_was_kept_is_kept_when_thresholds_let_others_in(dogs: Turn, engines: Engines) -> None:
    turn = then(keep(numbers=(1,)), dogs, engines)
    assert objects(then(Order(Operation.LOWER, "more boxes"), turn, engines)) == "A"


def test_the_selected_object_is_that_one(dogs: Turn, engines: Engines) -> None:
    assert objects(then(keep(pronoun=True), dogs, engines, selected=2)) == "B"


def test_that_one_of_several_asks_back(dogs: Turn, engines: Engines) -> None:
    asked = then(keep(pronoun=True), dogs, engines)
    assert (asked.status, labels(asked.answer)) == (Status.ASKED, ["1 dog, left", "2 dog, middle", "3 dog, right"])
    assert objects(then(order_of(asked, "3 dog, right"), dogs, engines)) == "C"


def test_one_of_two_red_ones_asks_back_with_both(dogs: Turn, engines: Engines) -> None:
    asked = then(keep(colours=("red",), filters=(ONE,)), dogs, engines)
    assert labels(asked.answer) == ["1 dog, left", "3 dog, right", "Both of them"]
    assert objects(then(order_of(asked, "Both of them"), dogs, engines)) == "AC"


@pytest.mark.parametrize("number", [5, 60])
def test_a_number_that_is_not_there_names_what_is(number: int, dogs: Turn, engines: Engines) -> None:
    asked = question(keep(numbers=(number,)), dogs, engines)
    assert f"There is no object {number}: there are 3." in asked.text and len(labels(asked)) == 3


def test_a_thing_that_is_not_there_can_be_looked_for(dogs: Turn, engines: Engines) -> None:
    order = Order(Operation.KEEP, "only the cat", Selector("the cat", phrase="cat"), (Phrase("cat", "cat"),))
    asked = then(order, dogs, engines)
    assert asked.status == Status.ASKED and labels(asked.answer)[-1] == "Look for cat"
    assert objects(then(order_of(asked, "Look for cat"), dogs, engines)) == "D"


def test_another_choice_is_made_among_what_was_put_away(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    for order, meant in ((keep(filters=(RIGHT,)), "C"), (keep(numbers=(2,)), "B"), (keep(colours=("blue",)), "B")):
        turn = then(order, left, engines, before=(dogs,))
        assert objects(turn) == meant
        assert turn.references[0].turn == dogs.id and "put away before" in turn.references[0].meaning


def test_a_place_said_in_the_request_is_no_longer_in_the_way(engines: Engines) -> None:
    """ "Segment the left dog", "I mean the right one": the phrase's own filter gives way."""
    from core.types.language import Keywords
    from tests.fakes import FakeKeywords

    left_dog = Keywords((Phrase("dog", "dog", filters=(LEFT,)),))
    engines = scene_engines(keywords=FakeKeywords({"segment the left dog": left_dog}))
    base = first("segment the left dog", engines)
    assert objects(base) == "A"
    assert objects(then(keep(filters=(RIGHT,)), base, engines)) == "C"
    assert objects(then(add("the right one too", filters=(RIGHT,)), base, engines)) == "AC"


def test_colours_need_masks_and_say_so(engines: Engines) -> None:
    boxes = first("find the dogs", engines)
    asked = then(keep(colours=("red",), filters=(ONE,)), boxes, engines)
    assert asked.status == Status.ASKED and "no outline yet" in asked.answer.text
    outlined = then(order_of(asked, "Outline them first"), boxes, engines)
    assert (outlined.intent, objects(outlined)) == (IntentName.SEGMENT, "ABC")
    assert objects(then(keep(colours=("blue",), filters=(ONE,)), outlined, engines)) == "B"


def test_colours_of_masks_measured_before_are_enough(dogs: Turn, engines: Engines) -> None:
    boxes = then(do(IntentName.DETECT, None, "just boxes"), dogs, engines)
    assert not any(m.area for m in boxes.masks.items) and objects(boxes) == "ABC"
    assert objects(then(keep(colours=("blue",), filters=(ONE,)), boxes, engines)) == "B"


def test_a_colour_that_none_has_asks_back(dogs: Turn, engines: Engines) -> None:
    asked = question(keep(colours=("pink",), filters=(ONE,)), dogs, engines)
    assert "None of the objects is pink enough." in asked.text and len(labels(asked)) == 3


# -- add -------------------------------------------------------------------------------------------------------------


def test_a_new_thing_joins_and_only_it_is_measured(dogs: Turn, engines: Engines) -> None:
    turn = then(add("and the cat too", "cat"), dogs, engines)
    assert objects(turn) == "ABCD"
    assert engines.detector.engine.calls[-1][1] == ("cat",)  # type: ignore[attr-defined]
    assert turn.references[0].phrases == ("cat",)
    assert [(a.text, a.phrases) for a in turn.acts] == [("segment the dogs", ("dogs", "cat"))]


def test_a_new_thing_joins_what_was_kept(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    assert objects(then(add("and the cat too", "cat"), left, engines, before=(dogs,))) == "AD"


def test_a_new_thing_joins_a_list_of_everything(engines: Engines) -> None:
    base = then(keep(phrase="cat"), first("describe everything", engines), engines)
    assert objects(then(add("and the ball too", "ball"), base, engines)) in ("DE", "ED")


@pytest.mark.parametrize(
    ("picked", "joined"),
    [
        ({"numbers": (2,)}, "AB"),
        ({"filters": (RIGHT,)}, "AC"),
        ({"others": True}, "ABC"),
        ({"everything": True}, "ABC"),
    ],
)  # fmt: skip
def test_objects_put_away_come_back(picked: dict[str, Any], joined: str, dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    assert objects(then(add("that too", **picked), left, engines, before=(dogs,))) == joined


def test_a_rejected_object_comes_back(dogs: Turn, engines: Engines) -> None:
    rest = then(reject(numbers=(2,)), dogs, engines)
    assert objects(rest) == "AC"
    turn = then(add("the other one too", others=True, filters=(ONE,)), rest, engines, before=(dogs,))
    assert objects(turn) == "ABC" and turn.references[0].objects == (2,)


def test_a_thing_put_away_comes_back_by_name(pets: Turn, engines: Engines) -> None:
    only_dogs = then(keep(phrase="dog"), pets, engines)
    calls = engines.detector.calls  # type: ignore[attr-defined]
    assert objects(then(add("and the cat too", "cat"), only_dogs, engines, before=(pets,))) == "ABCD"
    assert engines.detector.calls == calls  # type: ignore[attr-defined]


def test_only_what_is_meant_comes_back(dogs: Turn, engines: Engines) -> None:
    two = then(keep(numbers=(1, 2)), dogs, engines)
    one = then(keep(numbers=(1,)), two, engines, before=(dogs,))
    other = add("the other one too", others=True, filters=(ONE,))
    assert objects(then(other, one, engines, before=(dogs, two))) == "AB"


def test_the_other_one_of_two_asks_back(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    asked = then(add("the other one too", others=True, filters=(ONE,)), left, engines, before=(dogs,))
    assert asked.status == Status.ASKED and [label[0] for label in labels(asked.answer)] == ["2", "3"]
    assert objects(then(order_of(asked, labels(asked.answer)[1]), left, engines, before=(dogs,))) == "AC"


def test_nothing_put_away_asks_what_should_be_added(dogs: Turn, engines: Engines) -> None:
    assert "Name what to look for" in question(add("the others too", others=True), dogs, engines).text


def test_what_is_there_already_changes_nothing(dogs: Turn, engines: Engines) -> None:
    turn = then(add("and the dogs too", "dogs"), dogs, engines)
    assert objects(turn) == "ABC" and "there already" in turn.references[0].meaning


def test_another_intent_for_the_new_thing_becomes_an_act_of_its_own(dogs: Turn, engines: Engines) -> None:
    turn = then(add("also remove the cat", "cat", intent=IntentName.INPAINT), dogs, engines)
    assert [(a.intent, a.phrases) for a in turn.acts] == [
        (IntentName.SEGMENT, ("dogs",)), (IntentName.INPAINT, ("cat",)),
    ]  # fmt: skip
    assert objects(turn) == "ABCD" and len(turn.filled) == 1


# -- reject ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picked", "left"),
    [({"filters": (LEFT,)}, "BC"), ({"numbers": (1, 2)}, "C"), ({"colours": ("red",)}, "B"), ({"phrase": "dog"}, "")],
)
def test_rejected_objects_are_put_away(picked: dict[str, Any], left: str, dogs: Turn, engines: Engines) -> None:
    turn = then(reject(**picked), dogs, engines)
    assert (turn.status, objects(turn), turn.edited) == (Status.DONE, left, None)


def test_not_that_one_asks_back_unless_one_is_selected(dogs: Turn, engines: Engines) -> None:
    asked = then(reject(pronoun=True), dogs, engines)
    assert len(labels(asked.answer)) == 3
    assert objects(then(order_of(asked, "1 dog, left"), dogs, engines)) == "BC"
    assert objects(then(reject(pronoun=True), dogs, engines, selected=3)) == "AB"


def test_a_thing_that_was_not_found_is_no_longer_looked_for(engines: Engines) -> None:
    base = first("segment the dogs and the horse", engines)
    order = Order(
        Operation.REJECT, "forget the horse", Selector("the horse", phrase="horse"), (Phrase("horse", "horse"),)
    )
    turn = then(order, base, engines)
    assert turn.keywords is not None and [p.text for p in turn.keywords.phrases] == ["dogs"]
    assert objects(turn) == "ABC" and "none was found" in turn.references[0].meaning


def test_several_things_are_put_away_at_once(pets: Turn, engines: Engines) -> None:
    named = (Phrase("dogs", "dogs"), Phrase("cat", "cat"))
    assert objects(then(Order(Operation.REJECT, "no dogs", Selector("dogs"), named), pets, engines)) == ""
