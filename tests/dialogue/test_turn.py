"""One turn, with engines that are faked: its events, its statuses, its two acts."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import EngineUnavailable
from core.settings import Limits
from core.types.boxes import Basis, Box, Suggestion
from core.types.events import (
    Asked,
    Completed,
    Edited,
    Extracted,
    Grounded,
    Said,
    Segmented,
    Understood,
)
from core.types.language import IntentName, Keywords, Phrase
from core.types.turn import Status
from tests.dialogue.helpers import LEFT, PETS, RIGHT, events_of, shown, turn_of
from tests.fakes import (
    FakeDescriber,
    FakeDetector,
    FakeEditor,
    FakeKeywords,
    fake_engines,
    painted,
    picture,
)


def test_the_straight_line() -> None:
    engines = fake_engines(PETS)
    events = events_of("segment the dog", engines)
    kinds = (Understood, Extracted, Grounded, Segmented, Said, Completed)
    assert tuple(type(e) for e in events if type(e) in kinds) == kinds
    turn = events[-1].turn  # type: ignore[union-attr]
    assert turn.status == Status.DONE
    assert turn.intent == IntentName.SEGMENT
    assert shown(turn) == [("dog", LEFT)]
    assert [mask.area for mask in turn.masks.items] == [900]
    assert turn.answer.text == "segment: 1 dog."
    assert set(turn.timings_ms) == {"classify", "extract", "propose", "segment", "choose", "answer"}
    assert {"intent", "keywords", "detection", "segmentation"} <= set(turn.engines)
    assert turn.image_digest == picture().digest
    assert not turn.failures


def test_detection_cuts_no_masks() -> None:
    engines = fake_engines(PETS)
    turn = turn_of("find the dog", engines)
    assert shown(turn) == [("dog", LEFT)]
    assert [mask.area for mask in turn.masks.items] == [0]
    assert engines.segmenter.calls == 0  # type: ignore[attr-defined]


def test_two_acts_run_in_order_and_speak_of_their_own_objects() -> None:
    describer = FakeDescriber()
    turn = turn_of("segment the dog and tell me how many cats there are", fake_engines(PETS, describer=describer))
    assert [act.intent for act in turn.acts] == [IntentName.SEGMENT, IntentName.ANSWER]
    assert turn.answer.text == "segment: 1 dog. answer: 2 cats."
    assert [[o.detection.phrase for o in scene.objects] for scene in describer.scenes] == [["dog"], ["cats"]]


def test_removing_edits_the_picture_under_the_mask_only() -> None:
    events = events_of("remove the dog")
    turn = events[-1].turn  # type: ignore[union-attr]
    assert any(isinstance(event, Edited) for event in events)
    changed = (turn.edited.pixels != picture().pixels).any(axis=2)
    assert np.array_equal(changed, turn.masks.items[0].full())


def test_a_second_removal_goes_on_from_the_first() -> None:
    text = "remove the dog, tell me how many cats there are and then erase the cat"
    turn = turn_of(text)
    assert [act.intent for act in turn.acts] == [IntentName.INPAINT, IntentName.ANSWER, IntentName.INPAINT]
    assert turn.edited is not None
    for x, y in ((20, 20), (70, 20)):
        assert tuple(turn.edited.pixels[y, x]) == FakeEditor.FILL


def test_nothing_found_is_a_value_and_suggestions_survive_it() -> None:
    suggestion = Suggestion((1.0, 1.0, 9.0, 9.0), 0.5, "unicorn")
    engines = fake_engines(detector=FakeDetector((), ("unicorn",), (suggestion,)))
    turn = turn_of("segment the unicorn", engines)
    assert turn.status == Status.DONE
    assert not shown(turn)
    assert turn.suggestions == (suggestion,)


def test_an_uncertain_intent_is_asked_back_and_looks_at_nothing() -> None:
    engines = fake_engines(PETS)
    events = events_of("maybe the dog", engines)
    turn = events[-1].turn  # type: ignore[union-attr]
    assert turn.status == Status.ASKED
    assert any(isinstance(event, Asked) for event in events)
    assert [a.value for a in turn.answer.actions] == ["segment", "inpaint", "detect"]
    assert engines.detector.calls == 0  # type: ignore[attr-defined]


def test_the_users_answer_to_it_is_obeyed() -> None:
    turn = turn_of("the dog, maybe", given={"decide": "segment"})
    assert turn.status == Status.DONE
    assert turn.intent == IntentName.SEGMENT
    assert shown(turn) == [("dog", LEFT)]


def test_a_request_that_names_nothing_asks_which_object() -> None:
    turn = turn_of("segment it")
    assert turn.status == Status.ASKED
    assert not shown(turn)
    assert [a.value for a in turn.answer.actions] == ["segment the dog", "segment the cat"]


def test_a_question_that_names_nothing_lists_the_picture_without_masks() -> None:
    engines = fake_engines(PETS)
    turn = turn_of("what is in the picture", engines)
    assert turn.status == Status.DONE
    assert [p for p, _ in shown(turn)] == ["dog", "cat"]
    assert engines.segmenter.calls == 0  # type: ignore[attr-defined]


def test_a_box_drawn_by_hand_is_what_this_means() -> None:
    engines = fake_engines(PETS)
    mine: Box = (0.0, 0.0, 20.0, 20.0)
    turn = turn_of("segment this", engines, user_boxes=(mine,))
    assert shown(turn) == [("object", mine)], "and nothing else"
    assert turn.detections.items[0].basis == Basis.USER
    assert [mask.area for mask in turn.masks.items] == [400]
    assert engines.detector.calls == 0  # type: ignore[attr-defined]


def test_without_a_picture_it_asks_for_one() -> None:
    turn = turn_of("segment the dog", image=None)
    assert turn.status == Status.ASKED
    assert "picture" in turn.answer.text


@pytest.mark.parametrize(
    ("text", "says"), [("hello", "not seem to be about"), ("enlarge the picture", "super-resolution")]
)
def test_small_talk_and_missing_engines_end_early(text: str, says: str) -> None:
    engines = fake_engines(PETS)
    turn = turn_of(text, engines)
    assert turn.status == Status.DONE
    assert says in turn.answer.text
    assert engines.detector.calls == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["enlarge the picture and then segment the dog", "segment the dog, then upscale the picture"]
)
def test_a_missing_engine_does_not_take_the_other_act_with_it(text: str) -> None:
    turn = turn_of(text)
    assert shown(turn) == [("dog", LEFT)]
    assert [mask.area for mask in turn.masks.items] == [900]
    assert "segment: 1 dog" in turn.answer.text
    assert "super-resolution" in turn.answer.text


def test_what_is_to_be_left_out_is_looked_for_too() -> None:
    texts = {"segment all pets": Keywords((Phrase("dog"), Phrase("cat")), excluded=("cat",))}
    turn = turn_of("segment all pets", fake_engines(PETS, keywords=FakeKeywords(texts)))
    assert shown(turn) == [("dog", LEFT)]
    assert turn.excluded == (RIGHT,)


@pytest.mark.parametrize(("text", "says"), [("  ", "empty"), ("x" * 21, "at most 20")])
def test_requests_that_cannot_be_read(text: str, says: str) -> None:
    turn = turn_of(text, fake_engines(PETS, limits=Limits(text_chars=20)))
    assert turn.status == Status.FAILED
    assert says in turn.failures[0].message
    assert turn.failures[0].remedy
    assert says in turn.answer.text


def test_acts_about_the_same_kind_of_thing_each_get_their_own() -> None:
    """The detector scores "cats" and "red cat" alike; the red one is both."""
    red, grey = (10.0, 10.0, 40.0, 40.0), (60.0, 10.0, 90.0, 40.0)
    image = painted({red: (200, 20, 20)})
    describer = FakeDescriber()
    engines = fake_engines((("cat", red, 0.9), ("cat", grey, 0.8)), describer=describer)
    turn = turn_of("how many cats are there and outline the red cat", engines, image=image)
    assert sorted(shown(turn)) == [("cats", grey), ("red cat", red)]
    counted, outlined = describer.scenes
    assert [o.detection.phrase for o in counted.objects] == ["cats", "cats"]
    assert [o.detection.box for o in outlined.objects] == [red]


def test_where_the_detector_cannot_work_nothing_is_claimed_of_the_picture() -> None:
    engines = fake_engines(detector=FakeDetector(error=EngineUnavailable("No weights.", "Fetch them.")))
    for text in ("what is in the picture", "is there a dog", "segment the dog"):
        turn = events_of(text, engines)[-1].turn  # type: ignore[union-attr]
        assert turn.status == Status.FAILED
        assert turn.answer.text.startswith("The picture was not looked at")
        assert turn.failures[0].remedy == "Fetch them."
