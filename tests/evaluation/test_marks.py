"""Marks from a file's truth: which picture, which phrase, which way up; what is told; and the way back to a file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import geometry
from core.evaluation.marks import fit, suggest, to_coco
from core.formats.annotations import read_annotations
from core.types.boxes import Box
from core.types.picture import PictureRef
from core.types.truth import Mark, Marks, TrueObject, Truth

SIZE = (60, 40)
CAT: Box = (10.0, 5.0, 30.0, 25.0)
DOG: Box = (40.0, 0.0, 60.0, 40.0)
CATEGORIES = {1: "cat", 2: "dog"}
NAMES = {1: "cat", 2: "a dog"}
NOT_HERE = "1 picture of the file is not among the pictures here: 1 object left out"


def picture(name: str, key: str = "", **more: Any) -> PictureRef:
    return PictureRef(key or f"key of {name}", f"digest of {name}", name, *SIZE, stored_size=SIZE, **more)


def one(number: int, category: int, box: Box, crowd: bool = False) -> TrueObject:
    return TrueObject(number, category, box, 1.0, crowd)


def truth(names: dict[int, str], *objects: TrueObject, size: tuple[int, int] | None = SIZE) -> Truth:
    return Truth(names, dict.fromkeys(names, size) if size else {}, CATEGORIES, objects)


def test_objects_become_marks_of_their_phrases() -> None:
    known = truth({1: "a.png", 2: "b.png"}, one(1, 1, CAT), one(1, 2, DOG), one(1, 1, DOG, crowd=True))
    found = fit(replace(known, left_out=("1 line was bad.",)), [picture("a.png"), picture("b.png")], NAMES)
    assert found.marks == {
        "key of a.png": Marks((Mark("cat", CAT), Mark("a dog", DOG), Mark("cat", DOG, True))),
        "key of b.png": Marks(),
    }
    assert found.used == 2
    assert found.lines == (
        "Used: 2 pictures, 2 objects of 2 phrases, and 1 group (crowds, which count neither way).",
        "1 line was bad.",
    )


def test_categories_without_a_phrase_are_told_with_their_objects() -> None:
    known = truth({1: "a.png"}, one(1, 1, CAT), one(1, 2, DOG), one(1, 2, CAT))
    found = fit(known, [picture("a.png")], {1: "cat", 2: ""})
    assert found.marks["key of a.png"] == Marks((Mark("cat", CAT),))
    assert found.lines[1:] == ("No phrase stands for 2 objects of 1 category (dog: 2).",)
    nothing = fit(known, [picture("a.png")], {})
    assert (nothing.marks, nothing.used) == ({"key of a.png": Marks()}, 0)
    assert nothing.lines[0] == "Used: 1 picture, 0 objects of 0 phrases."
    assert nothing.lines[1:] == ("No phrase stands for 3 objects of 2 categories (dog: 2, cat: 1).",)


@pytest.mark.parametrize(
    ("theirs", "ours", "matched", "says"),
    [
        (["a.png"], ["a.png"], 1, ""),
        (["train\\A.PNG"], ["a.png"], 1, ""),
        (["x/y/a.jpg"], ["a.png"], 1, ""),
        (["a"], ["a.png"], 1, ""),
        (["a.rf.1"], ["a.rf.1.png"], 1, ""),
        (["Zoe\u0308.png"], ["Zo\u00eb.png"], 1, ""),
        ([f"{'long' * 30}.png"], [f"{'long' * 18}lon….png"], 1, ""),
        (["long" * 30], [f"{'long' * 18}lon….png"], 1, ""),
        (["a.jpg", "a.png"], ["a.png", "a.jpg"], 2, ""),
        (["a.jpg", "a.png"], ["a.png"], 1, NOT_HERE + " (a.jpg)"),
        (["a"], ["a.png", "a.jpg"], 0, "1 picture of the file has a name that several pictures have: 1 object"),
        (["x/a.png", "y/a.png"], ["a.png"], 0, "2 pictures of the file have a name that several pictures"),
        (["a.png"], ["a.png", "b.png"], 1, "Nothing is known of 1 picture here (b.png)."),
        (["c.png"], ["a.png"], 0, NOT_HERE + " (c.png)."),
    ],
)  # fmt: skip
def test_which_picture_is_which(theirs: list[str], ours: list[str], matched: int, says: str) -> None:
    known = truth(dict(enumerate(theirs)), *(one(n, 1, CAT) for n in range(len(theirs))))
    found = fit(known, [picture(name) for name in ours], NAMES)
    assert (len(found.marks), found.used) == (matched, matched)
    assert (says in " | ".join(found.lines)) if says else len(found.lines) == 1


def test_a_picture_that_comes_twice_is_one_and_two_of_one_name_are_told() -> None:
    known = truth({1: "a.png"}, one(1, 1, CAT))
    assert fit(known, [picture("a.png"), picture("a.png")], NAMES).used == 1
    two = fit(known, [picture("a.png", "k1"), picture("a.png", "k2")], NAMES)
    assert not two.marks
    assert "a name that several pictures have" in two.lines[1]


def test_each_name_goes_to_its_own_picture() -> None:
    known = truth({1: "a.jpg", 2: "a.png"}, one(1, 1, CAT), one(2, 2, DOG))
    found = fit(known, [picture("a.png"), picture("a.jpg")], NAMES)
    assert found.marks["key of a.jpg"].objects == (Mark("cat", CAT),)
    assert found.marks["key of a.png"].objects == (Mark("a dog", DOG),)


@pytest.mark.parametrize("orientation", range(5, 9))
def test_boxes_of_the_stored_picture_are_turned_upright(orientation: int) -> None:
    ref = replace(picture("a.png"), width=40, height=60, stored_size=SIZE, orientation=orientation)
    found = fit(truth({1: "a.png"}, one(1, 1, CAT)), [ref], NAMES)
    (mark,) = found.marks[ref.key].objects
    pixels = np.zeros((40, 60), bool)
    pixels[5:25, 10:30] = True
    turned = {5: pixels.T, 6: np.rot90(pixels, -1), 7: np.rot90(pixels.T, 2), 8: np.rot90(pixels)}[orientation]
    rows, columns = np.flatnonzero(turned.any(1)), np.flatnonzero(turned.any(0))
    assert mark.box == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert np.array_equal(geometry.boxes_to_upright(CAT, orientation, SIZE)[0], mark.box)
    assert "1 picture is annotated as the file stores it" in found.lines[1]
    upright = fit(truth({1: "a.png"}, one(1, 1, CAT), size=(40, 60)), [ref], NAMES)
    assert upright.marks[ref.key].objects == (Mark("cat", CAT),)
    assert len(upright.lines) == 1


def test_a_size_that_does_not_tell_the_way_up_is_told() -> None:
    half_turn = picture("a.png", orientation=3)
    for known in (truth({1: "a.png"}, one(1, 1, CAT)), truth({1: "a.png"}, one(1, 1, CAT), size=None)):
        found = fit(known, [half_turn], NAMES)
        assert found.marks[half_turn.key].objects == (Mark("cat", CAT),)
        assert "taken as upright" in found.lines[1]


def test_annotations_of_another_size_are_left_out() -> None:
    found = fit(truth({1: "a.png"}, one(1, 1, CAT), size=(120, 80)), [picture("a.png")], NAMES)
    assert not found.marks
    assert found.lines[1] == (
        "1 picture has another size than the file says: left out (a.png 60 × 40, there 120 × 80, 1 object)."
    )
    turned = fit(truth({1: "a.png"}, one(1, 1, CAT), size=(40, 60)), [picture("a.png")], NAMES)
    assert not turned.marks


def test_boxes_of_a_file_without_sizes_are_held_to_the_pictures() -> None:
    known = truth({1: "a.png"}, one(1, 1, (50, 30, 90, 90)), one(1, 1, (60, 0, 70, 9)), size=None)
    found = fit(known, [picture("a.png")], NAMES)
    assert found.marks["key of a.png"].objects == (Mark("cat", (50, 30, 60, 40)),)
    assert found.lines[1:] == (
        "1 object beyond the picture's edge: only the part inside is used (in a.png).",
        "1 object outside the picture: left out (in a.png).",
    )


def test_500_pictures_of_another_place_are_a_few_short_lines() -> None:
    known = truth({n: f"there {n}.png" for n in range(500)}, *(one(n, 1, CAT) for n in range(500)))
    found = fit(known, [picture(f"here {n}.png") for n in range(500)], NAMES)
    assert (found.marks, found.used) == ({}, 0)
    assert found.lines == (
        "Used: 0 pictures, 0 objects of 0 phrases.",
        "500 pictures of the file are not among the pictures here: 500 objects left out"
        " (there 0.png, there 1.png, there 2.png, …).",
        "Nothing is known of 500 pictures here (here 0.png, here 1.png, here 2.png, …).",
    )
    sizes = fit(
        replace(known, sizes=dict.fromkeys(range(500), (6, 4))), [picture(f"there {n}.png") for n in range(500)], NAMES
    )
    assert len(sizes.lines) == 2 and len(sizes.lines[1]) < 250


@pytest.mark.parametrize(
    ("category", "phrase"),
    [
        ("cat", "cat"), ("Cat", "cat"), ("cats", "cat"), ("cat", "Cats"), ("traffic_light", "traffic lights"),
        ("traffic-light", "traffic light"), ("trafficlight", "traffic light"), ("people", "person"),
        ("potatoes", "potato"), ("buses", "bus"), ("cookies", "cookie"), ("puppy", "puppies"),
        ("wine  glass", "wine glasses"),
        ("STRASSE", "straße"),
    ],
)  # fmt: skip
def test_a_category_suggests_its_phrase(category: str, phrase: str) -> None:
    assert suggest({7: category}, ["zebra", phrase]) == {7: phrase}


def test_the_nearest_phrase_is_suggested_and_none_where_none_fits() -> None:
    assert suggest({1: "cats", 2: "cat", 3: "Cat"}, ["Cat", "cats", "cat"]) == {1: "cats", 2: "cat", 3: "Cat"}
    assert suggest({1: "cat", 2: "cats", 3: "cattle", 4: "", 5: "_"}, ["cat", ""]) == {
        1: "cat", 2: "cat", 3: "", 4: "", 5: "",
    }  # fmt: skip
    assert suggest({1: "cat"}, []) == {1: ""}


edges = st.tuples(st.integers(0, 58), st.integers(0, 38), st.integers(1, 60), st.integers(1, 40), st.integers(0, 3))
boxes = edges.map(
    lambda v: (v[0] + v[4] / 8, v[1] + v[4] / 8, min(60.0, v[0] + v[2] + v[4] / 4), min(40.0, v[1] + v[3] + v[4] / 4))
)
marks_ = st.lists(st.builds(Mark, st.sampled_from(["cat", "red ball", "Bär"]), boxes, st.booleans()), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Marks, marks_.map(tuple), marks_.map(tuple), st.booleans()), min_size=1, max_size=4))
def test_marks_come_back_from_their_file(known: list[Marks]) -> None:
    refs = [picture(f"{n}.png") for n in range(len(known))]
    told = to_coco(refs, {ref.key: marks for ref, marks in zip(refs[:-1], known, strict=False)})
    assert len(told["images"]) < len(refs), "a picture without marks is not in the file"
    if not told["images"]:
        return
    read = read_annotations([("marks.json", json.dumps(told).encode())], {})
    found = fit(read, refs, suggest(read.categories, ["cat", "red ball", "Bär"]))
    assert found.marks == {
        ref.key: replace(marks, refused=())
        for ref, marks in zip(refs[:-1], known, strict=False)
        if marks.objects or marks.complete
    }


def test_the_file_of_marks_is_one_for_pycocotools(tmp_path: Any) -> None:
    from pycocotools.coco import COCO

    refs = [picture("a.png"), picture("b.png"), picture("c.png")]
    marks = {
        refs[0].key: Marks((Mark("cat", CAT), Mark("dog", DOG, True)), refused=(Mark("bird", DOG),)),
        refs[1].key: Marks((Mark("cat", CAT),), complete=False),
        refs[2].key: Marks((), refused=(Mark("cat", CAT),), complete=False),
    }
    file = tmp_path / "marks.json"
    file.write_text(json.dumps(to_coco(refs, marks)))
    read = COCO(str(file))
    assert [i["file_name"] for i in read.imgs.values()] == ["a.png", "b.png"]
    assert [(a["bbox"], a["iscrowd"]) for a in read.anns.values()] == [
        ([10, 5, 20, 20], 0), ([40, 0, 20, 40], 1), ([10, 5, 20, 20], 0),
    ]  # fmt: skip
    assert [c["name"] for c in read.cats.values()] == ["cat", "dog"]
    again = fit(read_annotations([("m.json", file.read_bytes())], {}), refs, {1: "cat", 2: "dog"})
    assert "1 picture is not annotated completely" in again.lines[2]
