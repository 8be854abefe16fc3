"""Requests of their own are no orders; and reading never breaks, nor takes long."""

from __future__ import annotations

import csv
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialogue.engines import Engines
from core.dialogue.order_words import LONGEST_TEXT
from core.dialogue.orders import read_order
from core.intent.embedded import EmbeddedIntent
from core.keywords.embedded import EmbeddedKeywords
from core.packing import pack
from core.registry import EngineContext
from core.settings import ASSETS, ROOT
from core.types.language import IntentName
from core.types.reference import Operation, Order, Selector
from core.types.turn import Action
from tests.dialogue.orders_helpers import Reserved
from tests.fakes import fake_engines

NAMED = ("dog", "cat", "ball")
FRESH = """segment the dog|how many people are there?|segment the left dog|remove the red cup|hello|thank you very much
what is written on the sign?|undo the zip of the jacket|undo the button on his shirt|find all the cars|where is the cup?
the dog wearing a red hat is cute|what is in this picture?|describe the picture|describe this image|make it 4K
upscale it|turn it into a watercolour|make it look like a painting|is it raining?|what time is it?|who are you?
is it a photo or a painting?|draw me a castle at dawn|thanks|good morning|what can you do?|remove the background
remove the people in the background|cut out the cat as a png|count the birds|how tall is the tower?|is the door open?
what colour is the car?|segment the largest dog|outline the second person from the left|put a hat on the dog|help
add a hat to the dog|make the sky blue|make the dog bigger|replace the cup with a vase|detect everything|yes|no|ok|123
segment everything|read the sign|what does the sign say?|blur the faces|is there a stapler on the desk?|box every car
where are the keys|can you see any birds?|tell me a joke|translate this to German|what is the capital of France?
enlarge the picture|sharpen the image|make the picture bigger|red scooter|a horse|people|fire hydrant|mask the sky
give me the horse as a transparent png|swap the car for a bike|get rid of the skateboard|are there two dogs?
I would like you to remove the tourists|which of the dogs is the biggest?|find the second car from the left
the man on the left is my brother|can you find the red car|keep to the coastline, every cove|where was it taken?
leave the swans, lose the pedalo|and in the style of Hopper?|the same level, but volcanic|now at dusk|no background
what is two plus two|is the 07:42 to Crewe running?|as large as a house""".replace("\n", "|").split("|")
POINTING = (
    "it",
    "them",
    "they",
    "this",
    "that",
    "these",
    "those",
    "one",
    "ones",
    "second",
    "other",
    "others",
    "selected",
)


@pytest.fixture(scope="module")
def engines() -> Engines:
    return fake_engines(keywords=EmbeddedKeywords(EngineContext(ASSETS, ASSETS)), intent=Reserved())


@pytest.mark.parametrize("text", FRESH)
@pytest.mark.parametrize("named", [(), ("horse", "bus")])
def test_a_request_of_its_own_is_no_order(text: str, named: tuple[str, ...], engines: Engines) -> None:
    assert read_order(text, engines, (), named) is None


def utterances() -> list[str]:
    """Every text of the two exams of intents, the exam of phrases, and the training of intents."""
    exams = [ROOT / "tests" / "exams" / f"{name}.csv" for name in ("intents", "intents_2", "phrases")]
    texts = []
    for file in (*exams, *sorted((ASSETS / "intents").glob("*.csv"))):
        with file.open(encoding="utf-8", newline="") as lines:
            texts += [row["text"] for row in csv.DictReader(lines)]
    return texts


def test_single_requests_are_hardly_ever_read_as_orders(engines: Engines) -> None:
    texts = utterances()
    read = [text for text in texts if read_order(text, engines) is not None]
    false = [text for text in read if not set(text.lower().strip(".!?").split()) & set(POINTING)]
    assert len(texts) > 5000 and len(read) <= 0.005 * len(texts), read
    assert len(false) <= 0.002 * len(texts), false


def test_after_a_result_too_what_points_at_nothing_is_no_order(engines: Engines) -> None:
    texts = [text for text in utterances() if not set(text.lower().strip(".!?").split()) & set(POINTING)]
    read = [text for text in texts if read_order(text, engines, (), ("horse", "bus")) is not None]
    assert len(read) <= 0.005 * len(texts), read


def test_with_the_real_classifier_only_what_points_back_is_an_order(engines: Engines, weights_dir: Path) -> None:
    real = replace(engines, intent=EmbeddedIntent(EngineContext(weights_dir, ASSETS)))
    read = {text: read_order(text, real, (), ("horse", "bus")) for text in utterances()[::5]}
    orders = [text for text, order in read.items() if order is not None]
    assert len(orders) <= 0.012 * len(read), orders
    assert [text for text in FRESH if read_order(text, real, (), ("horse", "bus")) is not None] == []
    for text, intent in (("who signed it?", IntentName.ANSWER), ("put a frame round it", IntentName.DETECT)):
        found = read_order(text, real, (), ("horse", "bus"))
        assert found is not None and (found.operation, found.intent) == (Operation.INTENT, intent)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=LONGEST_TEXT + 20))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_order(text, fake_engines(), (Action("refer", "1 dog, left", pack(Order(Operation.KEEP, "x"))),), NAMED)


WORDS = [
    "only", "just", "not", "the", "left", "right", "second", "two", "2", "one", "ones", "and", "or", ",", "other",
    "others", "of", "it", "them", "that", "all", "both", "make", "mask", "bigger", "wider", "by", "5", "px", "a",
    "bit", "threshold", "be", "less", "more", "strict", "what", "about", "same", "do", "again", "on", "this",
    "picture", "remove", "is", "how", "big", "red", "dogs", "too", "as", "well", "but", "except", "number", "from",
    "number", "#", ".", "?",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=18))
def test_words_of_orders_in_any_order_are_read_without_an_error_and_fast(words: list[str]) -> None:
    start = time.perf_counter()
    read_order(" ".join(words), fake_engines(), (), NAMED)
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    "word", ["the left one and ", "(", "a bit ", "bigger by 5 px ", "same ", "no, ", "🙂", "\n", "1 and "]
)
def test_a_very_long_text_is_no_order_and_costs_nothing(word: str, engines: Engines) -> None:
    text = (word * 20_000)[:20_000]
    start = time.perf_counter()
    assert read_order(text, engines, (), NAMED) is None
    assert time.perf_counter() - start < 0.2


def test_the_longest_text_that_is_read_takes_little_time(engines: Engines) -> None:
    words = random.Random(4)
    for _ in range(50):
        text = " ".join(words.choices(WORDS, k=200))[:LONGEST_TEXT]
        start = time.perf_counter()
        read_order(text, engines, (), NAMED)
        assert time.perf_counter() - start < 1.0


# -- buttons of the question before ----------------------------------------------------------------------------------


def button(label: str, number: int) -> Action:
    return Action("refer", label, pack(Order(Operation.REJECT, label, Selector(label, (number,)))))


OBJECTS = (button("2 dog, left", 2), button("3 dog, right", 3), button("All of them", 0))
BIGGER = (
    Action("refer", "The mask", pack(Order(Operation.GROW, "make it bigger"))),
    Action("say", "The picture", "enlarge the picture"),
    Action("label_size", "The label", "bigger"),
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2 dog, left", 2), ("2", 2), ("number 3", 3), ("the second", 2), ("the third one", 3), ("left", 2),
        ("the left one", 2), ("the one on the right please", 3), ("all", 0), ("All of them!", 0), ("both", 0),
        ("the last one", 3), ("dog right", 3),
    ],
)  # fmt: skip
def test_a_text_that_names_a_button_is_its_order(text: str, number: int, engines: Engines) -> None:
    found = read_order(text, engines, OBJECTS, NAMED)
    assert found is not None and found.operation == Operation.REJECT and found.selector is not None
    assert found.selector.numbers == (number,)


@pytest.mark.parametrize("text", ["the mask", "mask", "Mask please", "1", "the first", "the first one"])
def test_buttons_without_numbers_are_named_by_label_or_place(text: str, engines: Engines) -> None:
    assert read_order(text, engines, BIGGER, NAMED) == Order(Operation.GROW, "make it bigger")


@pytest.mark.parametrize("text", ["the picture", "2", "the second", "the label", "the last one"])
def test_a_button_of_another_kind_is_no_order(text: str, engines: Engines) -> None:
    assert read_order(text, engines, BIGGER, NAMED) is None


def test_a_question_left_unanswered_does_not_hold_what_comes_next(engines: Engines) -> None:
    found = read_order("undo", engines, OBJECTS, NAMED)
    assert found is not None and found.operation == Operation.UNDO
    assert read_order("segment the horse", engines, OBJECTS, NAMED) is None
