"""Resolving what moves a number or goes elsewhere: thresholds, mask edges, undo, the same again, "make it bigger"."""

from __future__ import annotations

import math

import pytest

from core.dialogue.engines import Engines
from core.dialogue.moving import BOX_STEP, COLOUR_STEP, CUT_STEP, EDGE_STEP, TEXT_STEP
from core.packing import pack
from core.types.language import Filter, FilterKind, IntentName, Phrase
from core.types.masks import Mask
from core.types.reference import Operation, Order, Selector
from core.types.turn import Status, Turn
from tests.dialogue.references_helpers import (
    A,
    B,
    C,
    change,
    first,
    keep,
    labels,
    objects,
    order_of,
    photo,
    question,
    then,
)  # fmt: skip
from tests.fakes import default_thresholds, painted

LEFT, LARGEST = Filter(FilterKind.SIDE, "left"), Filter(FilterKind.SIZE, "largest")
CLASS = default_thresholds().for_box("class")  # type: ignore[arg-type]


def area(turn: Turn, number: int = 1) -> int:
    return turn.masks.items[number - 1].area


# -- thresholds ------------------------------------------------------------------------------------------------------


def test_a_step_up_and_down(dogs: Turn, engines: Engines) -> None:
    up = change(Order(Operation.RAISE, "be stricter"), dogs, engines)
    down = change(Order(Operation.LOWER, "less strict"), dogs, engines)
    assert up.thresholds.box == pytest.approx(CLASS + BOX_STEP)
    assert down.thresholds.box == pytest.approx(CLASS - BOX_STEP)
    assert up.references[0].meaning == f"the box threshold from {CLASS:g} to {CLASS + BOX_STEP:g}"


def test_a_value_decides_which_objects_pass(dogs: Turn, engines: Engines) -> None:
    turn = then(Order(Operation.RAISE, "threshold 0.75", amount=0.75, unit="score"), dogs, engines)
    assert objects(turn) == "AB"
    assert objects(then(Order(Operation.LOWER, "threshold 0.1", amount=0.1, unit="score"), turn, engines)) == "ABC"


def test_it_is_called_what_it_does(dogs: Turn, engines: Engines) -> None:
    """ "Threshold 0.3" is no lowering where 0.25 holds."""
    found = change(Order(Operation.LOWER, "threshold 0.3", amount=0.3, unit="score"), dogs, engines)
    assert found.references[0].operation == Operation.RAISE


@pytest.mark.parametrize(
    ("target", "name", "step"), [("mask_cut", "mask_cut", CUT_STEP), ("colour", "colour", COLOUR_STEP)]
)
def test_the_other_thresholds_move_where_named(
    target: str, name: str, step: float, dogs: Turn, engines: Engines
) -> None:
    found = change(Order(Operation.RAISE, "raise it", target=target), dogs, engines)
    assert getattr(found.thresholds, name) == pytest.approx(getattr(dogs.thresholds, name) + step)
    assert found.thresholds.box is None


def test_the_text_threshold_moves_from_the_usual_one_and_says_where_it_does_nothing(
    dogs: Turn, engines: Engines
) -> None:
    found = change(Order(Operation.RAISE, "raise it", target="text"), dogs, engines)
    assert found.thresholds.text == pytest.approx(dogs.thresholds.words + TEXT_STEP) and found.thresholds.box is None
    assert "without effect here" in found.references[0].meaning


def test_the_end_of_the_scale_is_said(dogs: Turn, engines: Engines) -> None:
    low = change(Order(Operation.LOWER, "threshold 0", amount=0.0, unit="score"), dogs, engines)
    from dataclasses import replace

    found = change(Order(Operation.LOWER, "lower"), replace(dogs, thresholds=low.thresholds), engines)
    assert found.thresholds.box == 0.0 and "as low as it goes" in found.references[0].meaning


def test_what_is_no_share_asks_back(dogs: Turn, engines: Engines) -> None:
    order = Order(Operation.RAISE, "threshold 60", amount=60.0, unit="score")
    asked = question(order, dogs, engines)
    assert "60 is no share between 0 and 1" in asked.text and labels(asked) == ["Use 0.6"]
    assert change(order_of(asked, "Use 0.6"), dogs, engines).thresholds.box == 0.6
    assert labels(question(Order(Operation.LOWER, "threshold -1", amount=-1.0, unit="score"), dogs, engines)) == []


def test_numbers_of_single_phrases_move_along(dogs: Turn, engines: Engines) -> None:
    from dataclasses import replace

    own = replace(dogs, thresholds=dogs.thresholds.with_(phrase={"dogs": 0.85}))
    step = change(Order(Operation.LOWER, "less strict"), own, engines).thresholds
    assert step.phrase["dogs"] == pytest.approx(0.85 - BOX_STEP)
    assert (
        change(Order(Operation.RAISE, "0.7", amount=0.7, unit="score"), own, engines).thresholds.phrase["dogs"] == 0.7
    )


def test_by_an_amount(dogs: Turn, engines: Engines) -> None:
    found = change(Order(Operation.LOWER, "lower it by 0.05", amount=0.05, unit="by"), dogs, engines)
    assert found.thresholds.box == pytest.approx(CLASS - 0.05)


# -- edges -----------------------------------------------------------------------------------------------------------


def test_every_mask_grows_by_a_step_of_its_size(dogs: Turn, engines: Engines) -> None:
    turn = then(Order(Operation.GROW, "grow the mask"), dogs, engines)
    for number in (1, 2, 3):
        pixels = max(1, round(EDGE_STEP * math.sqrt(area(dogs, number))))
        assert turn.adjustments.growth(dogs.detections.items[number - 1].box) == pixels
        assert area(turn, number) > area(dogs, number)


def test_pixels_percent_and_times(dogs: Turn, engines: Engines) -> None:
    side = math.sqrt(area(dogs))
    for operation, amount, unit, expected in (
        (Operation.GROW, 5.0, "px", 5.0),
        (Operation.GROW, 20.0, "percent", round(side / 10)),
        (Operation.GROW, 2.0, "times", round(side / 2)),
        (Operation.SHRINK, 4.0, "px", -4.0),
        (Operation.SHRINK, 0.5, "times", -round(side / 4)),
        (Operation.SHRINK, 2.0, "times", -round(side / 4)),
    ):
        found = change(Order(operation, "so much", amount=amount, unit=unit), dogs, engines)
        assert found.adjustments.growth(A) == expected, (operation, amount, unit)


def test_growth_adds_up_and_comes_back_to_nothing(dogs: Turn, engines: Engines) -> None:
    wider = then(Order(Operation.GROW, "5 px wider", amount=5.0, unit="px"), dogs, engines)
    twice = then(Order(Operation.GROW, "3 px wider", amount=3.0, unit="px"), wider, engines)
    assert twice.adjustments.growth(A) == 8.0
    back = then(Order(Operation.SHRINK, "8 px smaller", amount=8.0, unit="px"), twice, engines)
    assert back.adjustments.grown == () and area(back) == area(dogs)


def test_only_the_masks_named_move(dogs: Turn, engines: Engines) -> None:
    turn = then(Order(Operation.GROW, "grow the mask of the second", Selector("the second", (2,))), dogs, engines)
    assert (area(turn, 1), area(turn, 2) > area(dogs, 2)) == (area(dogs, 1), True)
    assert turn.references[0].objects == (2,)


def test_a_mask_is_never_shrunk_to_nothing(dogs: Turn, engines: Engines) -> None:
    turn = then(Order(Operation.SHRINK, "shrink by 500 px", amount=500.0, unit="px"), dogs, engines)
    assert all(m.area > 0 for m in turn.masks.items) and "nothing would be left" in turn.references[0].meaning


def test_without_masks_outlining_comes_first(engines: Engines) -> None:
    boxes = first("find the dogs", engines)
    asked = then(Order(Operation.GROW, "grow the mask"), boxes, engines)
    assert (asked.status, labels(asked.answer)) == (Status.ASKED, ["Outline them first"])
    outlined = then(order_of(asked, "Outline them first"), boxes, engines)
    assert then(Order(Operation.GROW, "grow the mask"), outlined, engines).status == Status.DONE


CHOICES = (
    ("The mask", "refer", pack(Order(Operation.GROW, "make it bigger"))),
    ("The picture", "say", "enlarge the picture"),
    ("The label", "label_size", "bigger"),
)


def test_bigger_asks_what(dogs: Turn, engines: Engines) -> None:
    asked = then(Order(Operation.GROW, "make it bigger", choices=CHOICES), dogs, engines)
    assert asked.status == Status.ASKED
    assert asked.answer.text == "What should change with “make it bigger”: the mask, the picture or the label?"
    assert [(a.kind, a.label) for a in asked.answer.actions] == [(kind, label) for label, kind, _ in CHOICES]
    assert area(then(order_of(asked, "The mask"), dogs, engines)) > area(dogs)


def test_bigger_offers_no_mask_where_there_is_none(engines: Engines) -> None:
    asked = question(Order(Operation.GROW, "make it bigger", choices=CHOICES), first("find the dogs", engines), engines)
    assert [a.label for a in asked.actions] == ["The picture", "The label"]


def test_bigger_without_any_result_is_the_picture(engines: Engines) -> None:
    asked = question(Order(Operation.GROW, "make it bigger", choices=CHOICES), None, engines)
    assert asked.actions[0].label == "The picture"


# -- undo ------------------------------------------------------------------------------------------------------------


def test_the_result_before_is_in_force_again_with_everything(dogs: Turn, engines: Engines) -> None:
    stricter = then(Order(Operation.RAISE, "threshold 0.75", amount=0.75, unit="score"), dogs, engines)
    left = then(keep(filters=(LEFT,)), stricter, engines, before=(dogs,))
    assert objects(left) == "A"
    calls = engines.detector.calls  # type: ignore[attr-defined]
    turn = then(Order(Operation.UNDO, "undo"), stricter, engines, before=(left,))
    assert (objects(turn), turn.thresholds, turn.acts) == ("AB", stricter.thresholds, stricter.acts)
    assert turn.answer.text.startswith("Took back “only that”.")
    assert "2 objects are marked again" in turn.references[0].meaning
    assert objects(then(Order(Operation.UNDO, "undo"), dogs, engines, before=(stricter,))) == "ABC"
    assert engines.detector.calls == calls  # type: ignore[attr-defined]


def test_nothing_left_to_take_back_is_said(dogs: Turn, engines: Engines) -> None:
    assert "nothing left to take back" in question(Order(Operation.UNDO, "undo"), None, engines).text
    last = question(Order(Operation.UNDO, "undo"), None, engines, before=(dogs,))
    assert last.text == "Took back “segment the dogs”. Nothing is marked now."


# -- the same again --------------------------------------------------------------------------------------------------

CAT = Order(Operation.REPEAT, "what about the cat?", phrases=(Phrase("cat", "cat"),))


def test_the_same_about_other_things(dogs: Turn, engines: Engines) -> None:
    turn = then(CAT, dogs, engines)
    assert (objects(turn), turn.intent) == ("D", IntentName.SEGMENT)
    assert [(a.text, a.phrases) for a in turn.acts] == [("segment the cat", ("cat",))]
    assert engines.detector.engine.calls[-1][1] == ("cat",)  # type: ignore[attr-defined]


def test_what_was_kept_does_not_bind_other_things(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    assert objects(then(CAT, left, engines)) == "D"
    again = Order(Operation.REPEAT, "what about the dogs?", phrases=(Phrase("dogs", "dogs"),))
    assert objects(then(again, left, engines)) == "ABC"


def test_the_same_question_about_a_list_asks_by_name(engines: Engines) -> None:
    turn = then(CAT, first("describe everything", engines), engines)
    assert (objects(turn), turn.keywords and turn.keywords.everything) == ("D", False)


OTHER = painted({A: (20, 20, 220), B: (220, 20, 20), C: (20, 20, 220)}, 130, 90)


def test_the_same_on_another_picture_measures_that_one(dogs: Turn, engines: Engines) -> None:
    turn = then(Order(Operation.REPEAT, "the same"), dogs, engines, image=OTHER)
    assert (objects(turn), turn.image_digest, turn.intent) == ("ABC", OTHER.digest, IntentName.SEGMENT)
    assert engines.detector.engine.calls[-1] == (OTHER.digest, ("dogs",))  # type: ignore[attr-defined]
    assert turn.references[0].meaning == "the same on this picture"


def test_picks_carry_over_as_filters(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    assert objects(then(Order(Operation.REPEAT, "the same"), left, engines, image=OTHER)) == "A"
    red = then(keep(colours=("red",)), dogs, engines)
    assert objects(red) == "AC"
    turn = then(Order(Operation.REPEAT, "the same"), red, engines, image=OTHER)
    assert [(p.text, p.colours) for p in turn.keywords.phrases] == [("red dogs", ("red",))]  # type: ignore[union-attr]


def test_things_put_away_by_name_stay_away(engines: Engines) -> None:
    pets = first("segment the dogs and the cat", engines)
    cat = then(keep(phrase="cat"), pets, engines)
    found = change(Order(Operation.REPEAT, "the same"), cat, engines, image=OTHER, same_picture=False)
    assert [p.text for p in found.given["extract"].phrases] == ["cat"]


def test_what_does_not_carry_over_is_said(dogs: Turn, engines: Engines) -> None:
    second = then(keep(numbers=(2,)), dogs, engines)
    grown = then(Order(Operation.GROW, "wider"), second, engines)
    rejected = then(Order(Operation.REJECT, "not that", Selector("1", (1,))), grown, engines)
    found = change(Order(Operation.REPEAT, "the same"), rejected, engines, image=OTHER, same_picture=False)
    for lost in ("which of the objects were kept", "the objects put away", "how far masks were grown"):
        assert lost in found.references[0].meaning
    assert found.adjustments.kept == () and "propose" not in found.given and "segment" not in found.given


def test_what_came_back_whole_carries_over_whole(dogs: Turn, engines: Engines) -> None:
    left = then(keep(numbers=(1,)), dogs, engines)
    back = then(Order(Operation.ADD, "the others too", Selector("the others", others=True)), left, engines, (dogs,))
    assert objects(back) == "ABC" and back.adjustments.kept == ()
    found = change(Order(Operation.REPEAT, "the same"), back, engines, image=OTHER, same_picture=False)
    assert "not carried over" not in found.references[0].meaning


def test_again_on_the_same_picture_changes_nothing(dogs: Turn, engines: Engines) -> None:
    left = then(keep(filters=(LEFT,)), dogs, engines)
    assert objects(then(Order(Operation.REPEAT, "again"), left, engines)) == "A"


def test_masks_are_as_before(dogs: Turn) -> None:
    assert isinstance(dogs.masks.items[0], Mask) and photo().digest == dogs.image_digest
