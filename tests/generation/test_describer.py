"""Answers from measurement: right numbers, the nearest miss always said, nothing guessed, never silent."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from core.generation.embedded import EmbeddedDescriber
from core.generation.questions import Asked, kind_of
from core.registry import EngineContext
from core.types.boxes import Basis, Box, Detection, NearestMiss, Reading, Suggestion
from core.types.image import ImageAsset
from core.types.language import IntentName, Keywords, Phrase
from core.types.masks import Mask
from core.types.scene import Scene, SceneObject
from core.types.turn import Answer
from tests.fakes import INFO, painted, picture

BOX: Box = (0.0, 0.0, 60.0, 40.0)  # a quarter of 120 x 80, top left
SMALL: Box = (90.0, 60.0, 114.0, 76.0)
ACTS = (IntentName.ANSWER, IntentName.DETECT, IntentName.SEGMENT, IntentName.MASK, IntentName.INPAINT)
DESCRIBER = EmbeddedDescriber(EngineContext(Path("/nowhere"), Path("/nowhere")))


def thing(
    number: int, phrase: str, box: Box = BOX, basis: Basis = Basis.CLASS, masked: bool = True, **more: Any
) -> SceneObject:
    bitmap = np.zeros((80, 120), bool)
    bitmap[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])] = True
    detection = Detection(box, phrase, 0.47, basis, INFO, **more)
    return SceneObject(number, detection, Mask.of(bitmap) if masked else None, (("brown", 0.7), ("white", 0.2)))


def said(
    question: str,
    *objects: SceneObject,
    intent: IntentName = IntentName.ANSWER,
    phrases: tuple[str, ...] | None = None,
    image: ImageAsset | None = None,
    **more: Any,
) -> Answer:
    named = tuple(dict.fromkeys(o.detection.phrase for o in objects)) if phrases is None else phrases
    readings = more.pop("readings", tuple(Reading(phrase, True, phrase) for phrase in named))
    scene = Scene(
        image or picture(), intent, Keywords(tuple(Phrase(p) for p in named)), objects, readings=readings, **more
    )
    return DESCRIBER.describe(scene, question)


def kinds(answer: Answer) -> list[str]:
    return [action.kind for action in answer.actions]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how many dogs are there?", Asked.COUNT), ("wie viele Hunde?", Asked.COUNT),
        ("what colour is it", Asked.COLOUR), ("what does the sign say", Asked.READ),
        ("how large is the dog", Asked.SIZE), ("which dog is larger", Asked.COMPARE),
        ("is it sharp", Asked.SHARP), ("what is the resolution", Asked.PICTURE), ("where is the dog", Asked.PLACE),
        ("is there a dog", Asked.PRESENT), ("what is in the picture", Asked.LIST), ("describe it", Asked.LIST),
        ("why is he sad", Asked.BEYOND), ("", Asked.BEYOND),
    ],
)  # fmt: skip
def test_kinds_of_question(question: str, kind: Asked) -> None:
    assert kind_of(question) == kind


def test_counts_are_at_least_and_agree_with_their_noun() -> None:
    people = [thing(n, "people") for n in (1, 2, 3)]
    assert said("how many people are there?", *people).text == "At least 3 people."
    assert said("how many people are there?", people[0]).text == "At least 1 person."
    assert said("how many dogs and cats?", thing(1, "dogs"), thing(2, "cats")).text == "At least 1 dog and 1 cat."
    assert said("how many boxes?", thing(1, "box", basis=Basis.USER)).text == "1 box.", "the user's own are exact"


def test_sizes_come_from_masks_and_else_from_boxes() -> None:
    masked = said("how large is the dog?", thing(1, "dog")).text
    assert "25 % of the picture" in masked
    assert "60 x 40 px" in masked
    assert "not in the world" in masked
    assert "box of 60 x 40 px" in said("how large is the dog?", thing(1, "dog", masked=False)).text


def test_colours_places_and_comparisons_are_of_the_objects() -> None:
    assert said("what colour is the dog?", thing(1, "dog")).text == "The dog: mostly brown (70 %) and white (20 %)."
    assert said("where is the dog?", thing(1, "dog")).text == "The dog is at the top left."
    two = (thing(1, "dog"), thing(2, "dog", SMALL))
    assert said("where are the dogs?", *two).text == "Dog 1 is at the top left; dog 2 is at the bottom right."
    assert said("which dog is larger?", *two).text.startswith("Largest in the picture: dog 1")
    assert "only one" in said("which dog is the largest?", two[0]).text


def test_text_is_read_in_reading_order() -> None:
    lines = (
        thing(1, "text", (0.0, 50.0, 60.0, 60.0), Basis.TEXT, label="below"),
        thing(2, "text", (0.0, 10.0, 60.0, 20.0), Basis.TEXT, label="above"),
    )
    assert "“above” / “below”" in said("what does it say?", *lines).text
    assert "No readable text" in said("what does the sign say?", thing(1, "sign")).text


def test_a_report_says_what_was_done_with_what_was_measured() -> None:
    dog = thing(1, "dog", checks=MappingProxyType({"brown": 0.71}))
    text = said("", dog, intent=IntentName.SEGMENT).text
    assert text == "Outlined 1 dog (score .47, at the top left, 25 % of the picture, brown .71)."
    both = said("", thing(1, "dog"), thing(2, "dog", SMALL), intent=IntentName.DETECT).text
    assert both == "Found 2 dogs (best score .47)."
    assert "downloads" in said("", dog, intent=IntentName.MASK).text


def test_removed_is_said_only_where_the_picture_was_changed() -> None:
    assert said("", thing(1, "dog"), intent=IntentName.INPAINT).text.startswith("Found 1 dog")
    changed = said("", thing(1, "dog"), intent=IntentName.INPAINT, edited=True).text
    assert changed.startswith("Removed 1 dog")
    assert "what was behind cannot be known" in changed


@pytest.mark.parametrize(
    ("why", "says", "button"),
    [
        ("score", "No zebra found at .25; the best candidate scores .22.", "threshold"),
        ("text", "the best candidate's words score .22, and .25 is needed", "text"),
        ("colour", "brown is only .22 of it", "colour"),
        ("filter", "fewer were found", "unfilter"),
        ("area", "smaller than the minimum area", ""),
    ],
)
def test_the_nearest_miss_is_always_said_with_its_reason(why: str, says: str, button: str) -> None:
    detection = Detection(BOX, "zebra", 0.22, Basis.CLASS, INFO, checks=MappingProxyType({"brown": 0.22}))
    miss = NearestMiss("zebra", BOX, 0.22, 0.25, why, detection)
    answer = said("is there a zebra?", phrases=("zebra",), misses=(miss,), thresholds={"zebra": 0.25})
    assert says in answer.text
    assert [k for k in kinds(answer) if k != "draw_box"] == ([button] if button else [])
    assert "Yes" not in answer.text


def test_nothing_near_is_said_too() -> None:
    answer = said("is there a zebra?", phrases=("zebra",))
    assert answer.text == "No zebra found, and nothing comes near."
    assert kinds(answer) == ["draw_box"]


def test_what_no_recogniser_covers_is_not_guessed() -> None:
    unknown = (Reading("unicorn", False, "", "no recogniser knows it"),)
    bare = said("where is the unicorn?", phrases=("unicorn",), readings=unknown)
    assert "cannot recognise 'unicorn': no recogniser knows it." in bare.text
    assert kinds(bare) == ["draw_box"]
    offered = said("", phrases=("unicorn",), readings=unknown, suggestions=(Suggestion(BOX, 0.9, "unicorn"),))
    assert "merely stands out" in offered.text
    assert offered.actions[0].kind == "take"
    assert offered.actions[0].value == BOX


def test_two_words_for_one_class_cannot_be_told_apart_and_that_is_said() -> None:
    readings = (Reading("man", True, "person"), Reading("woman", True, "person"))
    man = thing(1, "man")
    text = said(
        "find the man and the woman", man, phrases=("man", "woman"), readings=readings, intent=IntentName.DETECT
    ).text
    assert "cannot tell 'woman' from 'man'" in text
    dogs = (Reading("dogs", True, "dog"), Reading("black dog", True, "dog"))
    miss = NearestMiss("black dog", BOX, 0.1, 0.25, "colour", Detection(BOX, "black dog", 0.4, Basis.CLASS, INFO))
    text = said("", thing(1, "dogs"), phrases=("dogs", "black dog"), readings=dogs, misses=(miss,)).text
    assert "cannot tell" not in text, "its colour told"


def test_limits_of_a_recogniser_are_said_once() -> None:
    faces = [thing(n, "face", basis=Basis.FACE) for n in (1, 2)]
    assert said("how many faces?", *faces).text.count("misses about half") == 1
    noted = thing(1, "goat", note="taken as 'sheep'; not verified as goat")
    assert "Taken as 'sheep'; not verified as goat." in said("how many goats?", noted).text


def test_questions_about_the_picture_need_no_object() -> None:
    image = painted({BOX: (200, 20, 20)})
    assert "120 x 80 px" in said("what is the resolution?", image=image).text
    assert "red" in said("which colours are in the picture?", image=image).text
    assert "blurred" in said("is the picture sharp?", image=picture()).text
    assert "bright" in said("is it too bright?", image=picture(colour=(250, 250, 250))).text
    inventory = said("what is in the picture?", thing(1, "dog"), phrases=(), image=image).text
    assert inventory.startswith("I see at least 1 dog.")


def test_what_measurement_cannot_answer_is_declined_with_what_would() -> None:
    answer = said("why is the dog sad?", thing(1, "dog"))
    assert "vision-language model" in answer.text
    assert "help" in kinds(answer)


QUESTIONS = (
    "how many?",
    "what colour?",
    "how big?",
    "which is the largest?",
    "what does it say?",
    "where?",
    "why?",
    "any?",
)
OBJECTS = ((), (thing(1, "dog"),), (thing(1, "dog", masked=False), thing(2, "cat", SMALL)))


@pytest.mark.parametrize(("intent", "objects"), list(itertools.product(ACTS, OBJECTS)))
def test_never_silent(intent: IntentName, objects: tuple[SceneObject, ...]) -> None:
    """Whatever was asked and found, named or listed: something is said."""
    for question in (*QUESTIONS, "what is in the picture?", "is it sharp?", "what is the resolution?"):
        for phrases, listed in ((None, False), ((), True), (("dog", "zebra"), False)):
            answer = said(question, *objects, intent=intent, phrases=phrases, listed=listed or phrases is None)
            assert answer.text.strip(), (intent, question, phrases)
            assert "  " not in answer.text
