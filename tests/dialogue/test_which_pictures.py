"""Which pictures a text names."""

from __future__ import annotations

import pytest

from core.dialogue.which_pictures import named_pictures
from core.types.picture import PictureRef

NAMES = ("astronaut.jpg", "cat.png", "IMG_0042.JPG", "street")
PICTURES = tuple(PictureRef(name, name, name, 10, 10) for name in NAMES)


@pytest.mark.parametrize(
    ("text", "numbers", "spoken"),
    [
        ("segment the dog in picture 2", (2,), "segment the dog in the picture"),
        ("Segment the dog on image no. 3.", (3,), "Segment the dog in the picture."),
        ("how many people are in the first photo?", (1,), "how many people are in the picture?"),
        ("count the people in pictures 1 and 3", (1, 3), "count the people in the picture"),
        ("count the people in pictures 1, 2 and 4", (1, 2, 4), "count the people in the picture"),
        ("find the cat in cat.png", (2,), "find the cat in the picture"),
        ("is there a person in the astronaut picture?", (1,), "is there a person in the picture?"),
        ("what is in img_0042.jpg?", (3,), "what is in the picture?"),
        ("segment the dog in picture two", (2,), "segment the dog in the picture"),
        ("segment the dog in the last picture", (4,), "segment the dog in the picture"),
        ("segment the dog in all pictures", (1, 2, 3, 4), "segment the dog in the picture"),
        ("how many cats are in each of the pictures?", (1, 2, 3, 4), "how many cats are in the picture?"),
        ("count them in both images", (1, 2, 3, 4), "count them in the picture"),
    ],
)
def test_pictures_are_read_out_of_the_text(text: str, numbers: tuple[int, ...], spoken: str) -> None:
    named = named_pictures(text, PICTURES)
    assert (named.numbers, named.spoken) == (numbers, spoken)
    assert not named.unknown


@pytest.mark.parametrize(
    "text",
    [
        "segment the cat",
        "segment the picture frame",
        "what is in the picture?",
        "paint a new picture of a castle",
        "where are the two photos on the wall?",
        "find the second dog",
        "is this street wet?",
        "",
        "🙂 picture this",
    ],
)
def test_a_text_that_names_no_picture_stays_exactly_as_it_is(text: str) -> None:
    named = named_pictures(text, PICTURES)
    assert (named.numbers, named.bare, named.spoken, named.other) == ((), text, text, False)


def test_the_words_are_cut_out_of_what_refers() -> None:
    assert named_pictures("the same on picture 2", PICTURES).bare == "the same"
    assert named_pictures("now on all pictures", PICTURES).bare == "now"
    assert named_pictures("do that again on the third image, please", PICTURES).bare == "do that again, please"
    other = named_pictures("the same on the other picture", PICTURES)
    assert (other.bare, other.other, other.numbers) == ("the same", True, ())
    this = named_pictures("and on this picture?", PICTURES)
    assert (this.bare, this.this) == ("and?", True)


def test_a_picture_that_is_not_there_is_told() -> None:
    assert named_pictures("segment the dog in picture 9", PICTURES).unknown == "in picture 9"
    assert named_pictures("segment the dog in the fifth picture", PICTURES).unknown == "in the fifth picture"
    assert named_pictures("segment the dog in picture 1", ()).unknown == "in picture 1"


def test_names_are_text_not_patterns() -> None:
    odd = tuple(PictureRef(name, name, name, 1, 1) for name in ("a(b[c.*.png", "", ".png"))
    assert named_pictures("what is in a(b[c.*.png?", odd).numbers == (1,)
    assert named_pictures("what is this?", odd).numbers == ()


def test_a_long_text_is_read_at_once() -> None:
    text = "the the picture and " * 1000
    assert named_pictures(text, PICTURES).numbers == ()
