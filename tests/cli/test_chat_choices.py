"""Typed answers to a question: objects keep their numbers, other choices are counted, buttons of a page are refused."""

from __future__ import annotations

import pytest

from core.cli.chat_choices import by_hand, choices, picked
from core.errors import InputError
from core.packing import pack
from core.types.reference import Operation, Order, Selector
from core.types.turn import Action


def about(*numbers: int) -> Order:
    return Order(Operation.REJECT, "not that one", Selector("it", numbers))


OBJECTS = (
    Action("refer", "2 dog, left", pack(about(2))),
    Action("refer", "5 dog, right", pack(about(5))),
    Action("refer", "Both of them", pack(about(2, 5))),
    Action("help", "What can I say?"),
)
OTHERS = (Action("label_size", "The label", "bigger"), Action("say", "The picture", "enlarge the picture"))


def test_objects_are_chosen_by_the_number_that_the_table_shows() -> None:
    assert [choice.number for choice in choices(OBJECTS)] == ["2", "5", ""]
    assert [getattr(picked(said, OBJECTS), "order", None) for said in ("5", "2.", "both of them", "1", "3")] == [
        about(5), about(2), about(2, 5), None, None,
    ]  # fmt: skip


def test_other_choices_are_counted_and_those_of_a_page_left_out() -> None:
    assert [(choice.number, choice.text) for choice in choices(OTHERS)] == [("1", "The picture")]
    choice = picked("1", OTHERS)
    assert choice is not None
    assert choice.text == "The picture"
    assert picked("something else", OTHERS) is None


def test_what_only_a_page_can_do_is_refused_with_what_to_type() -> None:
    with pytest.raises(InputError, match="The label"):
        picked("the label!", OTHERS)
    with pytest.raises(InputError) as refused:
        picked("what can I say", OBJECTS)
    assert refused.value.remedy == "Type: /help"


def test_a_threshold_is_typed_a_little_below_the_score_that_must_pass() -> None:
    assert by_hand(Action("threshold", "Show it (.24)", 0.2398)) == "threshold 0.23"
    assert by_hand(Action("colour", "Show it anyway", 0.1)) == "colour threshold 0.1"
    assert by_hand(Action("take", "Take the dashed region", (0.0, 0.0, 9.0, 9.0))) == ""
