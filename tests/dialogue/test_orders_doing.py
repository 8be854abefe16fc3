"""Reading what else a request may do: edges, undo, the same again, other intents, thresholds."""

from __future__ import annotations

import pytest

from core.types.language import IntentName
from core.types.reference import Operation, Selector
from tests.dialogue.orders_helpers import LARGEST, LEFT, ONE, read

EDGES = [
    ("grow", Operation.GROW, None, ""),
    ("make the mask a bit bigger", Operation.GROW, None, ""),
    ("expand by 10%", Operation.GROW, 10.0, "percent"),
    ("make it 5 px bigger", Operation.GROW, 5.0, "px"),
    ("extend the outline by 3 pixels on all sides", Operation.GROW, 3.0, "px"),
    ("make the mask twice as wide", Operation.GROW, 2.0, "times"),
    ("the mask is too small", Operation.GROW, None, ""),
    ("a little wider please", Operation.GROW, None, ""),
    ("make them bigger", Operation.GROW, None, ""),
    ("tighten it up a bit", Operation.SHRINK, None, ""),
    ("erode by 2 px", Operation.SHRINK, 2.0, "px"),
    ("the mask is too loose", Operation.SHRINK, None, ""),
    ("make the mask half as big", Operation.SHRINK, 0.5, "times"),
    ("reduce the mask by 10%", Operation.SHRINK, 10.0, "percent"),
    ("contract the selection by 4 pixels", Operation.SHRINK, 4.0, "px"),
]


@pytest.mark.parametrize(("text", "operation", "amount", "unit"), EDGES)
def test_edges(text: str, operation: Operation, amount: float | None, unit: str) -> None:
    found = read(text)
    assert (found.operation, found.amount, found.unit, found.choices) == (operation, amount, unit, ())


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("grow the mask of the second one", Selector("the second one", (2,))),
        ("make the mask of number 2 4 px larger", Selector("number 2", (2,))),
        ("make the left one bigger", Selector("the left one", filters=(LEFT,))),
        ("shrink the left one by 2 px", Selector("the left one", filters=(LEFT,))),
        ("grow the dog's mask", Selector("the dog", phrase="dog")),
        ("tighter around the dog", Selector("the dog", phrase="dog")),
    ],
)
def test_edges_of_single_objects(text: str, selector: Selector) -> None:
    assert read(text).selector == selector


@pytest.mark.parametrize("text", ["make it bigger", "bigger", "larger!", "make it a bit larger", "make that bigger"])
def test_bigger_alone_does_not_say_what(text: str) -> None:
    assert [label for label, _, _ in read(text).choices] == ["The mask", "The picture", "The label"]


@pytest.mark.parametrize("text", ["make it smaller", "smaller", "shrink it"])
def test_smaller_alone_is_the_mask_or_the_picture(text: str) -> None:
    found = read(text)
    assert (found.operation, [c[0] for c in found.choices]) == (Operation.SHRINK, ["The mask", "The picture"])


UNDONE = ["Undo!", "please undo that", "no, undo that", "go back one step", "ctrl+z", "oops, undo", "nevermind", "nvm",
          "undo the last change", "cancel that", "scratch that", "forget it", "put it back", "udno", "deshacer",
          "rückgängig", "mach das rückgängig", "that was wrong", "as it was before"]  # fmt: skip


@pytest.mark.parametrize("text", UNDONE)
def test_undo(text: str) -> None:
    assert read(text).operation == Operation.UNDO


REPEATED = [
    "again", "the same", "same here", "do that again", "now this one", "once more", "same thing here please", "now",
    "do the same on the other picture", "repeat that on the third picture", "and on this picture?", "and here?",
    "what about this picture?", "for all pictures", "nochmal", "lo mismo", "on picture 2",
]  # fmt: skip


@pytest.mark.parametrize("text", REPEATED)
def test_repeat_on_another_picture(text: str) -> None:
    found = read(text)
    assert (found.operation, found.phrases) == (Operation.REPEAT, ())


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("what about cars", "cars"), ("and what about the trees?", "trees"), ("how about red cars?", "red cars"),
        ("do the same for the bus", "bus"), ("same question for the birds", "birds"), ("now people", "people"),
        ("try that with the horse", "horse"), ("likewise for the bus", "bus"),
        ("what about the cup on the table?", "cup"),
    ],
)  # fmt: skip
def test_repeat_about_other_things(text: str, phrase: str) -> None:
    found = read(text, ("dog",))
    assert (found.operation, [p.text for p in found.phrases]) == (Operation.REPEAT, [phrase])


INPAINT, SEGMENT, MASK, DETECT, ANSWER = (
    IntentName.INPAINT, IntentName.SEGMENT, IntentName.MASK, IntentName.DETECT, IntentName.ANSWER,
)  # fmt: skip
INTENDED = [
    ("erase it", INPAINT), ("get rid of it", INPAINT), ("can you remove it from the picture?", INPAINT),
    ("remvoe it", INPAINT), ("entferne es", INPAINT), ("quítalo", INPAINT), ("remove both", INPAINT),
    ("remove dog 2", INPAINT), ("replace it with a vase", INPAINT), ("make the second one disappear", INPAINT),
    ("remove only the left one", INPAINT), ("segment it", SEGMENT), ("outline the second one", SEGMENT),
    ("outlines please", SEGMENT), ("trace the outline of it", SEGMENT), ("mask it", MASK), ("as masks please", MASK),
    ("now as a transparent png", MASK), ("give me a mask of it", MASK), ("cut the left one out", MASK),
    ("save it as a png", MASK), ("boxes only", DETECT), ("draw a box around it", DETECT),
    ("show me the second one", DETECT),
    ("where's the left one", DETECT), ("highlight them", DETECT), ("how many are there?", ANSWER),
    ("how many?", ANSWER),
    ("what is number 3?", ANSWER), ("what color is it", ANSWER), ("how big is dog 2?", ANSWER),
    ("tell me how big it is", ANSWER), ("describe it", ANSWER), ("is it red?", ANSWER),
    ("what does it look like?", ANSWER),
]  # fmt: skip


@pytest.mark.parametrize(("text", "intent"), INTENDED)
def test_another_intent(text: str, intent: IntentName) -> None:
    found = read(text)
    assert (found.operation, found.intent, found.text) == (Operation.INTENT, intent, text)


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("remove it", Selector("it", pronoun=True)),
        ("remove them", None),
        ("count them", None),
        ("just boxes please", None),
        ("remove the red one", Selector("the red one", filters=(ONE,), colours=("red",))),
        ("remove the others", Selector("the others", others=True)),
        ("how wide is the largest one?", Selector("the largest one", filters=(LARGEST,))),
    ],
)
def test_the_objects_of_another_intent(text: str, selector: Selector | None) -> None:
    assert read(text).selector == selector


def test_a_thing_more_with_another_intent_says_which() -> None:
    found = read("also remove the horse")
    assert (found.operation, found.intent, [p.text for p in found.phrases]) == (Operation.ADD, INPAINT, ["horse"])


THRESHOLDS = [
    ("a bit stricter please", Operation.RAISE, None, "", "box"),
    ("set the threshold to 0.5", Operation.RAISE, 0.5, "score", "box"),
    ("threshold 60%", Operation.RAISE, 0.6, "score", "box"),
    ("threshold 0,6", Operation.RAISE, 0.6, "score", "box"),
    ("threshold 60", Operation.RAISE, 60.0, "score", "box"),
    ("only above 0.6", Operation.RAISE, 0.6, "score", "box"),
    ("increase the threshold by 0.1", Operation.RAISE, 0.1, "by", "box"),
    ("raise the mask threshold", Operation.RAISE, None, "", "mask_cut"),
    ("raise the color threshold", Operation.RAISE, None, "", "colour"),
    ("raise the text threshold", Operation.RAISE, None, "", "text"),
    ("text threshold 0.2", Operation.LOWER, 0.2, "score", "text"),
    ("too many boxes", Operation.RAISE, None, "", "box"),
    ("only the sure ones", Operation.RAISE, None, "", "box"),
    ("drop the threshold by 0.05", Operation.LOWER, 0.05, "by", "box"),
    ("threshold .2", Operation.LOWER, 0.2, "score", "box"),
    ("more sensitive", Operation.LOWER, None, "", "box"),
    ("you missed some", Operation.LOWER, None, "", "box"),
    ("lower the mask threshold a bit", Operation.LOWER, None, "", "mask_cut"),
]


@pytest.mark.parametrize(("text", "operation", "amount", "unit", "target"), THRESHOLDS)
def test_thresholds(text: str, operation: Operation, amount: float | None, unit: str, target: str) -> None:
    found = read(text)
    assert (found.operation, found.amount, found.unit, found.target) == (operation, amount, unit, target)
