"""A slider that moves: the same turn at other numbers, from what was measured; neither detector nor segmenter runs."""

from __future__ import annotations

from core.dialogue.answering import retune
from core.dialogue.engines import Engines
from core.dialogue.turn import run_turn
from core.errors import EngineUnavailable
from core.jobs import Job
from core.memo import take
from core.types.boxes import Box
from core.types.turn import Request, Status, Turn
from tests.fakes import FakeDetector, default_thresholds, fake_engines, picture

LEFT: Box = (10.0, 10.0, 40.0, 40.0)
RIGHT: Box = (60.0, 10.0, 90.0, 40.0)
DOGS = (("dog", LEFT, 0.9), ("dog", RIGHT, 0.1))


def turn_and_engines(text: str, **more: object) -> tuple[Turn, Engines]:
    engines = fake_engines(DOGS)
    request = Request(text, picture(), default_thresholds(), **more)  # type: ignore[arg-type]
    return list(run_turn(request, engines, Job()))[-1].turn, engines  # type: ignore[union-attr]


def test_a_lower_threshold_shows_more_at_once_and_names_the_masks_still_to_measure() -> None:
    turn, engines = turn_and_engines("segment the dog")
    calls = (engines.detector.calls, engines.segmenter.calls)  # type: ignore[attr-defined]
    changed, prompts = retune(turn, picture(), turn.thresholds.with_(box=0.05), engines)
    assert [d.box for d in changed.detections.items] == [LEFT, RIGHT]
    assert [m.area for m in changed.masks.items] == [900, 0]
    assert changed.answer.text == "segment: 1 dog, 2 dog."
    assert [p.box for p in prompts] == [RIGHT]
    assert (engines.detector.calls, engines.segmenter.calls) == calls  # type: ignore[attr-defined]

    logits = engines.segmenter.segment(picture(), prompts, Job())
    bank = {**turn.bank, prompts[0].digest: take(logits, [0])}
    complete, missing = retune(
        Turn(**{**vars(changed), "bank": bank}), picture(), turn.thresholds.with_(box=0.05), engines
    )
    assert [m.area for m in complete.masks.items] == [900, 900]
    assert not missing


def test_a_higher_threshold_says_what_is_missed_now_and_back_again_is_as_before() -> None:
    turn, engines = turn_and_engines("segment the dog")
    changed, _ = retune(turn, picture(), turn.thresholds.with_(box=0.95), engines)
    assert not changed.detections.items
    assert "No dog: score 0.90" in changed.answer.text
    assert changed.thresholds.box == 0.95
    back, _ = retune(changed, picture(), turn.thresholds, engines)
    assert back.detections == turn.detections
    assert back.answer == turn.answer


def test_the_mask_threshold_needs_no_new_measurement() -> None:
    turn, engines = turn_and_engines("segment the dog")
    changed, missing = retune(turn, picture(), turn.thresholds.with_(mask_cut=0.99), engines)
    assert [m.area for m in changed.masks.items] == [0]
    assert not missing


def test_a_turn_that_asked_back_stays_as_it_is() -> None:
    for text in ("segment it", "maybe the dog"):
        turn, engines = turn_and_engines(text)
        assert turn.status == Status.ASKED
        changed, missing = retune(turn, picture(), turn.thresholds.with_(box=0.01), engines)
        assert not changed.detections.items
        assert changed.answer == turn.answer
        assert not missing


def test_a_question_about_the_whole_picture_asks_for_no_masks_when_a_slider_moves() -> None:
    turn, engines = turn_and_engines("what is in the picture")
    changed, missing = retune(turn, picture(), turn.thresholds.with_(box=0.05), engines)
    assert len(changed.detections) == 2
    assert not missing


def test_the_users_box_stays_whatever_the_threshold() -> None:
    turn, engines = turn_and_engines("segment this", user_boxes=((0.0, 0.0, 20.0, 20.0),))
    changed, _ = retune(turn, picture(), turn.thresholds.with_(box=1.0), engines)
    assert [d.box for d in changed.detections.items] == [(0.0, 0.0, 20.0, 20.0)]


def test_a_slider_claims_nothing_of_a_picture_that_was_not_looked_at() -> None:
    engines = fake_engines(detector=FakeDetector(error=EngineUnavailable("No weights.", "Fetch them.")))
    request = Request("what is in the picture", picture(), default_thresholds())
    turn = list(run_turn(request, engines, Job()))[-1].turn  # type: ignore[union-attr]
    changed, missing = retune(turn, picture(), turn.thresholds.with_(box=0.01), engines)
    assert changed.answer == turn.answer
    assert changed.answer.text.startswith("The picture was not looked at")
    assert not missing
