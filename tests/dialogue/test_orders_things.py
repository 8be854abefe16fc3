"""Things in view whose names are words of the orders too; words that are shown as said; phrases looked for as named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.dialogue.orders import read_order
from core.types.language import IntentName
from core.types.reference import Operation, Selector
from tests.dialogue.orders_helpers import ENGINES, LEFT, MANY, NAMED, ONE, RIGHT, SMALLEST, Reserved, read

THINGS = (*NAMED, "box", "red circle", "ring", "frame", "picture", "mask", "text")
KEEP, ADD, REJECT = Operation.KEEP, Operation.ADD, Operation.REJECT


def thing(words: str, phrase: str, *filters: object, colour: str = "", others: bool = False) -> Selector:
    return Selector(words, (), tuple(filters), phrase, (colour,) if colour else (), others=others)  # type: ignore[arg-type]


NAMED_SO = [
    ("only the green box", KEEP, thing("the green box", "box", ONE, colour="green")),
    ("the green box only", KEEP, thing("the green box", "box", ONE, colour="green")),
    ("just the boxes", KEEP, thing("the boxes", "boxes")),
    ("only the boxes on the left", KEEP, thing("the boxes on the left", "boxes", LEFT, MANY)),
    ("the box on the left", KEEP, thing("the box on the left", "box", LEFT)),
    ("no, the red circle", KEEP, thing("the red circle", "circle", ONE, colour="red")),
    ("I meant the red box", KEEP, thing("the red box", "box", ONE, colour="red")),
    ("only the picture on the right", KEEP, thing("the picture on the right", "picture", RIGHT)),
    ("just the ring please", KEEP, thing("the ring", "ring")),
    ("keep the smallest box", KEEP, thing("the smallest box", "box", SMALLEST)),
    ("the other box", KEEP, thing("the other box", "box", ONE, others=True)),
    ("not the blue box", REJECT, thing("the blue box", "box", ONE, colour="blue")),
    ("without the blue box", REJECT, thing("the blue box", "box", ONE, colour="blue")),
    ("drop the red circle", REJECT, thing("the red circle", "circle", ONE, colour="red")),
    ("forget the picture on the wall", REJECT, thing("the picture on the wall", "picture", ONE)),
    ("I don't need the mask", REJECT, thing("the mask", "mask")),
    ("hide the text", REJECT, thing("the text", "text")),
    ("the frame is wrong, leave it out", REJECT, thing("the frame", "frame")),
    ("exclude the ring on the left", REJECT, thing("the ring on the left", "ring", LEFT)),
    ("and the white mask as well", ADD, thing("the white mask", "mask", ONE, colour="white")),
    ("put the small box back", ADD, thing("the small box", "box", SMALLEST)),
]


@pytest.mark.parametrize(("text", "operation", "selector"), NAMED_SO)
def test_a_thing_in_view_may_be_called_a_box_or_a_mask(text: str, operation: Operation, selector: Selector) -> None:
    found = read(text, THINGS)
    assert (found.operation, found.selector) == (operation, selector)


NEW_THINGS = ["the green box", "the wooden box", "the red circle", "the blue frame", "the picture on the wall",
              "the text on the sign", "the ring", "the yellow ball", "the large ball", "the second dog",
              "the cup on the table", "the man in the red shirt", "the left box"]  # fmt: skip


@pytest.mark.parametrize("name", NEW_THINGS)
def test_what_is_added_is_looked_for_as_a_request_of_its_own_would(name: str) -> None:
    wanted = ENGINES.keywords.extract(f"segment {name}").phrases
    for text in (f"and {name} too", f"also {name}", f"add {name}", f"{name} as well please"):
        found = read(text, (*NAMED, "box"))
        assert (found.operation, found.phrases) == (ADD, wanted), text


FORMS = [
    ("just boxes please", IntentName.DETECT), ("just a box please", IntentName.DETECT),
    ("only a bounding box", IntentName.DETECT), ("a simple box is enough", IntentName.DETECT),
    ("just the mask", IntentName.MASK), ("just an outline", IntentName.SEGMENT), ("as a mask", IntentName.MASK),
]  # fmt: skip


@pytest.mark.parametrize(("text", "intent"), FORMS)
def test_where_no_thing_is_called_so_it_is_the_form_of_the_result(text: str, intent: IntentName) -> None:
    found = read(text)
    assert (found.operation, found.intent) == (Operation.INTENT, intent)


FRESH = """outline the red circle|find the green box|read the text|what does the text say?|remove the mask|mask the box
where is the box?|circle the dog|frame the cat|cut out the green box|count the boxes|describe the picture on the wall
make the picture bigger|widen the picture|draw a box around the cat|a picture of a dog|a mask of the dog
the picture on the wall is crooked|only red when it is dark|I want the background removed|I mean it
there should be more light|could the dog be a bit bigger?|everyone but the dog is smiling|oops my cat ate it
I changed my mind about cats|my mistake was buying a cat|you are too kind|just have a look at the dog
also make the sky pink|put a hat on her|turn him into a zombie|what is the man in the red shirt doing?
segment the tallest person|the longest river in the world""".replace("\n", "|").split("|")


@pytest.mark.parametrize("text", FRESH)
def test_a_request_about_such_things_is_one_of_its_own(text: str) -> None:
    reserved = replace(ENGINES, intent=Reserved())
    assert read_order(text, reserved, (), (*THINGS, "person")) is None


FIRST = "only the dog|just the dog|only the left dog|just the dog on the left|only dogs|I only need the dog|her|not him"


@pytest.mark.parametrize("text", FIRST.split("|"))
def test_where_nothing_is_in_view_what_is_named_is_a_request_of_its_own(text: str) -> None:
    assert read_order(text, ENGINES, ()) is None


def test_a_right_word_is_no_slip() -> None:
    found = read("how large is it?")
    assert (found.operation, found.words) == (Operation.INTENT, "how large is it")
    assert read("were are they").selector is None  # all of them


SLIPS = [
    ("only teh lefft one", "only teh lefft one", "teh lefft one"),
    ("onyl the secnd", "onyl the secnd", "the secnd"),
    ("make it biger", "make it biger", None),
]


@pytest.mark.parametrize(("text", "words", "pointing"), SLIPS)
def test_slips_are_shown_as_they_were_typed(text: str, words: str, pointing: str | None) -> None:
    found = read(text)
    assert (found.words, found.selector and found.selector.words) == (words, pointing)
    for _, kind, value in found.choices:
        assert kind != "refer" or value["words"] == words


def test_the_name_of_a_thing_in_view_is_no_slip() -> None:
    assert read("only the firs", (*NAMED, "fir")).phrases[0].text == "firs"
    assert read("only the firs one").selector == Selector("the firs one", (1,))
