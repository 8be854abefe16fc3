"""Heights, widths, persons, possessives and looks, from words to objects; what is added is looked for plainly."""

from __future__ import annotations

import pytest

from core.types.boxes import Box
from core.types.language import Filter, FilterKind, IntentName
from core.types.reference import Operation
from core.types.turn import Turn
from tests.dialogue.orders_helpers import read
from tests.dialogue.references_helpers import change, first, labels, objects, question, scene_engines, then

SHAPES: dict[str, Box] = {  # tall and thin, low and wide, largest, small
    "a": (2.0, 5.0, 12.0, 75.0), "b": (20.0, 60.0, 65.0, 72.0), "c": (70.0, 20.0, 100.0, 55.0),
    "d": (104.0, 30.0, 118.0, 40.0),
}  # fmt: skip
ENGINES = scene_engines([("dog", box, 0.9 - n / 100) for n, box in enumerate(SHAPES.values())])
FAMILY = scene_engines([("person", SHAPES["c"], 0.9), ("dog", SHAPES["a"], 0.8), ("dog", SHAPES["d"], 0.7)])
SCENE = scene_engines()


def kept(text: str) -> str:
    found = then(read(text), first("segment the dogs", ENGINES), ENGINES)
    names = {box: name for name, box in SHAPES.items()}
    return "".join(names[d.box] for d in found.detections.items)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("only the tallest one", "a"), ("keep the shortest", "d"), ("just the widest", "b"), ("the thinnest one", "a"),
        ("the two widest", "bc"), ("the second tallest", "c"),
        ("the longest one", "a"), ("only the tallest dog", "a"), ("the wider one", "b"), ("the biggest dog", "c"),
        ("only the small dog", "d"), ("all but the tallest", "bcd"), ("ignore the widest dog", "acd"),
        ("the dog furthest to the right", "d"), ("the one furthest to the left", "a"),
        ("keep only the first two from the left", "ab"), ("no no, the second from the right", "c"),
    ],
)  # fmt: skip
def test_heights_and_widths(text: str, names: str) -> None:
    assert kept(text) == names


def test_on_another_picture_a_height_is_a_size_of_the_whole() -> None:
    dogs = first("segment the dogs", ENGINES)
    (keep,) = change(read("only the shortest one"), dogs, ENGINES).adjustments.kept
    assert keep.filters == (Filter(FilterKind.SIZE, "smallest"),)
    again = change(read("what about the tallest dog?"), dogs, ENGINES)
    assert again.given["extract"].phrases[0].filters == (Filter(FilterKind.SIZE, "largest"),)


def pictured() -> Turn:
    return first("find the person and the dogs", FAMILY)


@pytest.mark.parametrize("text", ["only him", "keep her", "I mean her"])
def test_she_is_the_one_person_in_view(text: str) -> None:
    assert [d.phrase for d in then(read(text), pictured(), FAMILY).detections.items] == ["person"]


def test_she_is_put_away_and_comes_back() -> None:
    base = pictured()
    without = then(read("leave her out"), base, FAMILY)
    assert [d.phrase for d in without.detections.items] == ["dogs", "dogs"]
    back = then(read("and her too"), without, FAMILY, (base,))
    assert sorted(d.phrase for d in back.detections.items) == ["dogs", "dogs", "person"]


def test_her_among_dogs_alone_asks_who_and_the_selected_one_is_meant() -> None:
    dogs = first("segment the dogs", SCENE)
    assert len(labels(question(read("only her"), dogs, SCENE))) >= 3
    assert objects(then(read("only her"), dogs, SCENE, selected=2)) == "B"


@pytest.mark.parametrize("text", ["widen its mask", "its outline is too tight", "make its mask a little bigger"])
def test_its_mask_is_that_of_the_selected_object_alone(text: str) -> None:
    dogs = first("segment the dogs", SCENE)
    moved = change(read(text), dogs, SCENE, selected=2).adjustments.grown
    assert [box for box, _ in moved] == [dogs.detections.items[1].anchor]
    assert len(change(read(text), dogs, SCENE).adjustments.grown) == 3


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("the outlines should go out by eight pixels", 8.0), ("the masks could be two pixels wider", 2.0),
        ("let the mask go out by twelve pixels", 12.0), ("the outline is too tight, loosen it by three pixels", 3.0),
        ("pull the outlines in by one pixel", -1.0), ("the edges need to come in by two pixels", -2.0),
    ],
)  # fmt: skip
def test_edges_move_by_numbers_in_words(text: str, pixels: float) -> None:
    dogs = first("segment the dogs", SCENE)
    assert {p for _, p in change(read(text), dogs, SCENE).adjustments.grown} == {pixels}


def test_two_clauses_that_disagree_move_nothing() -> None:
    assert read("the outline is too tight, loosen it").operation == Operation.GROW
    with pytest.raises(AssertionError):
        read("the outline is too tight, shrink it")


def test_a_look_is_the_colour_that_can_be_checked() -> None:
    dogs = first("segment the dogs", SCENE)
    assert objects(then(read("only the one in blue"), dogs, SCENE)) == "B"
    assert objects(then(read("the ones with red collars"), dogs, SCENE)) == "AC"
    assert objects(then(read("only the dog in blue"), dogs, SCENE)) == "B"
    assert labels(question(read("the one in red"), dogs, SCENE))[:2] == ["1 dog, left", "3 dog, right"]


def test_all_of_a_kind_but_one_is_one_of_that_kind() -> None:
    pets = first("find the dogs and the cat", SCENE)
    assert objects(then(read("all the dogs except the right one"), pets, SCENE)) == "ABD"


def test_the_dog_on_the_sofa_asks_where_several_are_dogs() -> None:
    dogs = first("segment the dogs", SCENE)
    assert len(labels(question(read("only the dog on the sofa"), dogs, SCENE))) >= 3


def test_a_coloured_thing_is_added_as_a_request_of_its_own_asks_for_it() -> None:
    dogs = first("segment the dogs", SCENE)
    wanted = change(read("and the grey ball too"), dogs, SCENE).given["extract"].phrases[-1]
    assert (wanted.text, wanted.colours, wanted.filters) == ("grey ball", ("grey",), ())


def test_what_is_done_to_one_picked_by_its_look() -> None:
    dogs = first("segment the dogs", SCENE)
    found = change(read("remove the one in blue"), dogs, SCENE)
    assert found.references[0].objects == (2,) and found.given["acts"][0].intent == IntentName.INPAINT
