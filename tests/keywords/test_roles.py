"""Context, exclusions, filters, replacements, and requests that name nothing."""

from __future__ import annotations

import pytest

from core.ports import KeywordExtractor
from core.types.language import Filter, FilterKind

SIDE, SIZE, ORDER, COUNT = FilterKind.SIDE, FilterKind.SIZE, FilterKind.ORDER, FilterKind.COUNT


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("segment the leftmost dog", [Filter(ORDER, "left", 1)]),
        ("the dog on the left", [Filter(SIDE, "left")]),
        ("the dog on the left side of the photo", [Filter(SIDE, "left")]),
        ("the mug in the lower right corner of the photo", [Filter(SIDE, "bottom"), Filter(SIDE, "right")]),
        ("the second dog from the left", [Filter(ORDER, "left", 2)]),
        ("the second dog from the right", [Filter(ORDER, "right", 2)]),
        ("the last dog", [Filter(ORDER, "left", -1)]),
        ("the second to last dog", [Filter(ORDER, "left", -2)]),
        ("the largest dog", [Filter(SIZE, "largest")]),
        ("the nearest dog", [Filter(SIZE, "largest")]),
        ("the smallest of the three dogs", [Filter(SIZE, "smallest")]),
        ("the two dogs", [Filter(COUNT, "", 2)]),
        ("segment both dogs", [Filter(COUNT, "", 2)]),
        ("the two biggest dogs", [Filter(COUNT, "", 2), Filter(SIZE, "largest")]),
        ("the first three dogs from the left", [Filter(SIDE, "left"), Filter(COUNT, "", 3)]),
        ("the dog in the middle", [Filter(SIDE, "center")]),
        ("the cup on the left, no, on the right", [Filter(SIDE, "right")]),
        ("are there two dogs?", []),  # a question is not answered by keeping two
        ("the dog to the left of the sofa", []),  # beside a thing, not a side of the picture
        ("the dog that is left", []),
    ],
)
def test_words_that_pick_become_filters(extractor: KeywordExtractor, text: str, filters: list[Filter]) -> None:
    (phrase,) = extractor.extract(text).phrases
    assert list(phrase.filters) == filters
    assert phrase.text in ("dog", "dogs", "mug", "cup")


def test_filters_of_what_was_found_before_travel_apart(extractor: KeywordExtractor) -> None:
    found = extractor.extract("only the left one")
    assert (found.phrases, found.refers_back, found.filters) == ((), True, (Filter(SIDE, "left"),))
    assert extractor.extract("the second from the right").filters == (Filter(ORDER, "right", 2),)


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("the brown dog and the red ball next to the sofa", ["sofa"]),
        ("the man who is wearing a hat", ["hat"]),
        ("the dog's collar", ["dog"]),
        ("the handle of the blue bucket", ["blue bucket"]),
        ("people walking in the background", ["background"]),
        ("take the lamp off the table", ["table"]),
    ],
)
def test_what_only_places_a_target_is_context(extractor: KeywordExtractor, text: str, context: list[str]) -> None:
    found = extractor.extract(text)
    assert list(found.context) == context
    assert not set(found.context) & {phrase.text for phrase in found.phrases}


@pytest.mark.parametrize(
    ("text", "phrases", "excluded"),
    [
        ("all the people except the child", ["people"], ["child"]),
        ("everything but the man and the woman", [], ["man", "woman"]),
        ("don't touch the people, remove the car", ["car"], ["people"]),
        ("don't segment the cat, segment the dog", ["dog"], ["cat"]),
        ("remove the wires but leave the birds alone", ["wires"], ["birds"]),
        ("I don't want the shadow, only the vase", ["vase"], ["shadow"]),
        ("the armchair without the cat", ["armchair"], ["cat"]),
        ("can I have this photo without the tourists", ["tourists"], []),
        ("keep only the woman", ["woman"], []),
        ("keep the dog and remove everything else", [], ["dog"]),
        ("I can't find the remote control, can you?", ["remote control"], []),
    ],
)
def test_what_is_left_out(extractor: KeywordExtractor, text: str, phrases: list[str], excluded: list[str]) -> None:
    found = extractor.extract(text)
    assert ([phrase.text for phrase in found.phrases], list(found.excluded)) == (phrases, excluded)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("swap the cup for a vase", ["cup"], "vase"),
        ("replace the wooden fence with a tall hedge", ["wooden fence"], "tall hedge"),
        ("turn the cup into a vase", ["cup"], "vase"),
        ("substitute a vase for the cup", ["cup"], "vase"),
        ("put a vase instead of the cup", ["cup"], "vase"),
        ("put a palm tree where the lamppost is", ["lamppost"], "palm tree"),
        ("replace it with a tree", [], "tree"),
        ("put a hat on the dog", ["dog"], ""),
        ("give the snowman a hat", ["snowman"], ""),
    ],
)
def test_replacements(extractor: KeywordExtractor, text: str, old: list[str], new: str) -> None:
    found = extractor.extract(text)
    assert ([phrase.text for phrase in found.phrases], found.replacement) == (old, new)


EVERYTHING = (
    "select all objects", "everything", "what is in the picture?", "describe the picture", "what do you see?",
    "what's going on here", "list all the objects", "remove everything on the table", "how many objects are there?",
)  # fmt: skip
BACK = ("it", "remove it", "make them brighter", "outline that one", "and now trace its edges")
NOTHING = ("", "  \n", "!!!", "😀", "hello", "thank you very much", "1234", "the the the")


def test_requests_without_a_thing(extractor: KeywordExtractor) -> None:
    for text in EVERYTHING:
        found = extractor.extract(text)
        assert (found.phrases, found.everything, found.refers_back) == ((), True, False), text
    for text in BACK:
        found = extractor.extract(text)
        assert (found.phrases, found.everything, found.refers_back) == ((), False, True), text
    for text in NOTHING:
        found = extractor.extract(text)
        assert (found.phrases, found.everything, found.refers_back) == ((), False, False), text


def test_a_named_thing_is_not_referred_back_to(extractor: KeywordExtractor) -> None:
    found = extractor.extract("there's a cable hanging from the ceiling; erase it")
    assert ([phrase.text for phrase in found.phrases], found.refers_back) == (["cable"], False)


def test_dropped_words_come_with_a_reason(extractor: KeywordExtractor) -> None:
    dropped = dict(extractor.extract("my boss wants you to mask the dog on the sofa, here is the picture").dropped)
    assert dropped["boss"] == "who asks"
    assert dropped["sofa"] == "only places a target"
    assert dropped["mask"] == "verb of the request"
    assert "picture" in dropped
