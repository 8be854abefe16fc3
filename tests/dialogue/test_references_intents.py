"""Resolving what a request refers to, against one result: other intents, and where there is nothing to refer to."""

from __future__ import annotations

from dataclasses import replace

from core.dialogue.engines import Engines
from core.types.language import Filter, FilterKind, IntentName
from core.types.reference import Operation, Order, Selector
from core.types.turn import Act, Status, Turn
from tests.dialogue.references_helpers import (
    IT,
    A,
    C,
    add,
    change,
    do,
    first,
    keep,
    labels,
    objects,
    order_of,
    photo,
    question,
    reject,
    scene_engines,
    then,
)  # fmt: skip
from tests.fakes import picture

LEFT, RIGHT = Filter(FilterKind.SIDE, "left"), Filter(FilterKind.SIDE, "right")
LARGEST, ONE = Filter(FilterKind.SIZE, "largest"), Filter(FilterKind.COUNT, "", 1)


# -- another intent --------------------------------------------------------------------------------------------------


def test_the_only_object_is_it(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    turn = then(do(IntentName.INPAINT, IT, "remove it"), left, engines)
    assert turn.acts == (Act(IntentName.INPAINT, "remove it", ("dogs",)),)
    assert len(turn.filled) == 1 and turn.edited is not None
    assert turn.references[0].meaning == "remove object 1, the dog"


def test_it_of_several_asks_back_with_all(dogs: Turn, engines: Engines) -> None:
    asked = then(do(IntentName.INPAINT, IT, "remove it"), dogs, engines)
    assert labels(asked.answer) == ["1 dog, left", "2 dog, middle", "3 dog, right", "All of them"]
    one = then(order_of(asked, "2 dog, middle"), dogs, engines)
    assert (objects(one), len(one.filled)) == ("B", 1)
    everything = then(order_of(asked, "All of them"), dogs, engines)
    assert (objects(everything), len(everything.filled)) == ("ABC", 3)


def test_it_is_the_selected_object(dogs: Turn, engines: Engines) -> None:
    turn = then(do(IntentName.ANSWER, IT, "how big is it?"), dogs, engines, selected=2)
    assert (objects(turn), turn.intent, turn.acts[0].text) == ("B", IntentName.ANSWER, "how big is it?")


def test_them_are_all_in_force(pets: Turn, engines: Engines) -> None:
    turn = then(do(IntentName.DETECT, None, "just boxes"), pets, engines)
    assert (objects(turn), turn.intent) == ("ABCD", IntentName.DETECT)


def test_a_named_object_alone_is_dealt_with(pets: Turn, engines: Engines) -> None:
    turn = then(do(IntentName.INPAINT, Selector("number 4", (4,)), "remove number 4"), pets, engines)
    assert (objects(turn), turn.acts[0].phrases, len(turn.filled)) == ("D", ("cat",), 1)


def test_missing_masks_alone_are_measured(engines: Engines) -> None:
    boxes = first("find the dogs", engines)
    calls = engines.detector.calls  # type: ignore[attr-defined]
    turn = then(do(IntentName.SEGMENT, None, "now segment them"), boxes, engines)
    assert all(m.area for m in turn.masks.items) and engines.detector.calls == calls  # type: ignore[attr-defined]


def test_a_list_of_everything_can_be_outlined(engines: Engines) -> None:
    base = first("describe everything", engines)
    turn = then(do(IntentName.SEGMENT, None, "outline them"), base, engines)
    assert len(objects(turn)) == 5 and all(m.area for m in turn.masks.items)


def test_a_replacement_is_read_from_the_words(dogs: Turn) -> None:
    from core.types.language import Keywords
    from tests.fakes import FakeKeywords

    text = "replace it with a vase"
    engines = scene_engines(keywords=FakeKeywords({text: Keywords(refers_back=True, replacement="vase")}))
    found = change(do(IntentName.INPAINT, Selector("number 1", (1,)), text), dogs, engines)
    assert found.given["extract"].replacement == "vase"


# -- nothing to refer to ---------------------------------------------------------------------------------------------


def test_without_a_result_every_order_says_so(engines: Engines) -> None:
    for operation in Operation:
        order = Order(operation, "that", IT, intent=IntentName.SEGMENT)
        assert "nothing" in question(order, None, engines).text.lower()


def test_without_objects_what_needs_one_asks(engines: Engines) -> None:
    base = first("segment the horse", engines)
    assert objects(base) == ""
    for order in (keep(numbers=(1,)), reject(pronoun=True), do(IntentName.INPAINT, IT), Order(Operation.GROW, "wider")):
        asked = question(order, base, engines)
        assert "Nothing is marked now that" in asked.text and labels(asked) == ["Show weaker ones"]
    assert objects(then(add("and the dogs too", "dogs"), base, engines)) == "ABC"
    assert then(do(IntentName.ANSWER, None, "count them"), base, engines).status == Status.DONE


def test_measurements_that_are_gone_are_made_again(dogs: Turn, engines: Engines) -> None:
    stored = replace(dogs, proposals=None, bank={})
    assert objects(then(keep(filters=(LEFT,)), stored, engines)) == "A"


def test_objects_drawn_by_hand_can_be_meant(engines: Engines) -> None:
    from core.dialogue.turn import run_turn
    from core.jobs import Job
    from core.types.turn import Request
    from tests.fakes import default_thresholds

    *_, last = run_turn(Request("segment this", photo(), default_thresholds(), (A, C)), engines, Job())
    base = last.turn  # type: ignore[attr-defined]
    assert objects(base) == "AC"
    assert objects(then(keep(filters=(RIGHT,)), base, engines)) == "C"


def test_a_turn_on_another_picture_is_not_changed(dogs: Turn, engines: Engines) -> None:
    other = picture(100, 70)
    order = do(IntentName.INPAINT, IT, "remove it")
    found = change(order, dogs, engines, image=other, same_picture=False)
    assert "propose" not in found.given and found.given["acts"][0].intent == IntentName.INPAINT
