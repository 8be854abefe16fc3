"""One text, one or several acts: split at seams only, and only where every part is certain."""

from __future__ import annotations

import pytest

from core.dialogue.acts import find_acts, keywords_of, split_clauses
from core.types.language import Filter, FilterKind, IntentName, Keywords, Phrase
from core.types.turn import Act
from tests.fakes import FakeIntent, FakeKeywords, default_thresholds, shared

SEGMENT, ANSWER, DETECT = IntentName.SEGMENT, IntentName.ANSWER, IntentName.DETECT


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("segment the dog", ["segment the dog"]),
        ("segment the dog and the cat", ["segment the dog and the cat"]),
        ("segment the dog and tell me its size", ["segment the dog", "tell me its size"]),
        ("segment the dog, then count the cats", ["segment the dog", "count the cats"]),
        ("Segment the dog. How large is it?", ["Segment the dog", "How large is it?"]),
        ("find the cup; and then remove the spoon", ["find the cup", "remove the spoon"]),
        ("find the show dog", ["find the show dog"]),
        ("and count", ["and count"]),
        ("", [""]),
    ],
)
def test_seams(text: str, parts: list[str]) -> None:
    assert split_clauses(text) == parts


def acts_of(text: str, whole: IntentName, intent: FakeIntent | None = None) -> list[tuple[IntentName, str]]:
    found = find_acts(text, whole, intent or FakeIntent(), default_thresholds())
    return [(act.intent, act.text) for act in found]


def test_two_acts_in_the_order_said() -> None:
    text = "segment the dog and tell me how large it is"
    assert acts_of(text, SEGMENT) == [(SEGMENT, "segment the dog"), (ANSWER, "tell me how large it is")]


def test_neighbours_of_one_intent_are_one_act() -> None:
    text = "segment the dog, outline the cat and tell me how many birds there are"
    assert acts_of(text, SEGMENT) == [
        (SEGMENT, "segment the dog, outline the cat"),
        (ANSWER, "tell me how many birds there are"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("segment the dog and maybe tell the cat", "a part is uncertain"),
        ("segment the dog. then say hello to everyone", "a part is small talk"),
        ("segment the dog, count", "a part of one word is none"),
        ("find the dog, count the cats, segment the cup, and remove the spoon", "more than three"),
        ("segment the dog and outline the cat", "both are the same"),
    ],
)
def test_otherwise_the_text_is_one_act(text: str, why: str) -> None:
    assert acts_of(text, SEGMENT) == [(SEGMENT, text)], why


def test_the_whole_must_be_one_of_the_parts() -> None:
    assert acts_of("find the dog and tell me its size", IntentName.MASK) == [
        (IntentName.MASK, "find the dog and tell me its size")
    ]


def test_one_certain_part_does_not_carry_an_uncertain_one() -> None:
    torn = FakeIntent({"tell me its size": shared({ANSWER: 0.4, IntentName.INPAINT: 0.38})})
    assert len(acts_of("segment the dog and tell me its size", SEGMENT, torn)) == 1


def test_an_act_that_refers_back_is_about_the_phrases_before() -> None:
    acts, keywords = keywords_of((Act(SEGMENT, "segment the dog"), Act(ANSWER, "how large is it")), FakeKeywords())
    assert [act.phrases for act in acts] == [("dog",), ("dog",)]
    assert [p.text for p in keywords.phrases] == ["dog"]
    assert not keywords.refers_back


def test_each_act_keeps_its_own_phrases_and_the_turn_has_all_of_them() -> None:
    acts, keywords = keywords_of((Act(SEGMENT, "segment the dog"), Act(ANSWER, "how many cats")), FakeKeywords())
    assert [act.phrases for act in acts] == [("dog",), ("cats",)]
    assert [p.text for p in keywords.phrases] == ["dog", "cats"]


def test_merging_keeps_what_any_part_said() -> None:
    left, right = (Phrase("dog", "dog", filters=(Filter(FilterKind.SIDE, side),)) for side in ("left", "right"))
    said = {
        "a": Keywords((left,), context=("sofa", "cat"), excluded=("cup",), dropped=(("b", "verb"),)),
        "b": Keywords((right, Phrase("cat")), everything=True, replacement="vase"),
    }
    _, keywords = keywords_of((Act(SEGMENT, "a"), Act(DETECT, "b")), FakeKeywords(said))
    assert keywords.phrases == (left, right, Phrase("cat")), "one text with two filters stays two"
    assert keywords.context == ("sofa",), "a target is no context"
    assert keywords.excluded == ("cup",)
    assert keywords.dropped == (("b", "verb"),)
    assert not keywords.everything, "phrases were named"
    assert keywords.replacement == "vase"


def test_nothing_named_refers_back() -> None:
    (act,), keywords = keywords_of((Act(SEGMENT, "segment it"),), FakeKeywords())
    assert act.phrases == ()
    assert keywords.refers_back
