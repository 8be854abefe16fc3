"""What survives of a turn when a step breaks, when it is stopped, and when it is played again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import EngineFailed, EngineUnavailable
from core.jobs import Job
from core.types.boxes import Proposals
from core.types.events import (
    StepFailed,
)
from core.types.image import ImageAsset
from core.types.language import IntentName, IntentPrediction, Keywords, Phrase
from core.types.turn import Status
from tests.dialogue.helpers import LEFT, PETS, RIGHT, events_of, shown, turn_of
from tests.fakes import (
    FakeDescriber,
    FakeDetector,
    FakeEditor,
    FakeIntent,
    FakeKeywords,
    FakeSegmenter,
    fake_engines,
)

BROKEN = EngineUnavailable("The weights are missing.", "Fetch them.")


def test_a_detector_that_is_missing_fails_the_turn_but_not_a_box_drawn_by_hand() -> None:
    engines = fake_engines(detector=FakeDetector(error=BROKEN))
    events = events_of("segment the dog", engines)
    (failed,) = [event.failure for event in events if isinstance(event, StepFailed)]
    assert (failed.stage, failed.message, failed.remedy) == ("propose", BROKEN.message, BROKEN.remedy)
    assert failed.kind == "EngineUnavailable"
    assert events[-1].turn.status == Status.FAILED  # type: ignore[union-attr]
    by_hand = turn_of("segment the dog", engines, user_boxes=(LEFT,))
    assert by_hand.status == Status.DONE
    assert [mask.area for mask in by_hand.masks.items] == [900]


@pytest.mark.parametrize("error", [EngineFailed("It broke.", "Try again."), RuntimeError("a bug of its own")])
@pytest.mark.parametrize(
    ("stage", "parts"),
    [
        ("segment", {"segmenter": FakeSegmenter}),
        ("edit", {"editor": FakeEditor}),
        ("answer", {"describer": FakeDescriber}),
    ],
)
def test_a_later_step_that_breaks_keeps_the_boxes(stage: str, parts: Mapping[str, Any], error: Exception) -> None:
    engines = fake_engines(PETS, **{name: fake(error=error) for name, fake in parts.items()})
    turn = turn_of("remove the dog", engines)
    assert [f.stage for f in turn.failures] == [stage]
    assert str(error).split(".")[0] in turn.failures[0].message
    assert turn.failures[0].remedy
    assert turn.failures[0].instead
    assert turn.status == Status.DONE
    assert shown(turn) == [("dog", LEFT)]
    assert [mask.area for mask in turn.masks.items] == [0 if stage == "segment" else 900]


@pytest.mark.parametrize("parts", [{"intent": FakeIntent}, {"keywords": FakeKeywords}, {"detector": FakeDetector}])
def test_a_bug_of_an_early_engine_ends_the_turn_with_a_word(parts: Mapping[str, Any]) -> None:
    engines = fake_engines(PETS, **{name: fake(error=ValueError("odd shape")) for name, fake in parts.items()})
    turn = turn_of("segment the dog", engines)
    assert turn.status == Status.FAILED
    assert "odd shape" in turn.failures[0].message
    assert turn.answer.text


def stopping_after(masks: int, job: Job) -> FakeSegmenter:
    class Stopping(FakeSegmenter):
        def segment(self, image: ImageAsset, prompts: Any, job_: Job) -> Any:
            result = super().segment(image, prompts, job_)
            if len(self.calls) == masks:
                job.cancel()
            return result

    return Stopping()


def test_stop_keeps_what_was_measured() -> None:
    job = Job()
    turn = turn_of("segment the dog and the cat", fake_engines(PETS, segmenter=stopping_after(1, job)), job)
    assert turn.status == Status.STOPPED
    assert [mask.area for mask in turn.masks.items] == [900, 0]
    assert len(turn.bank) == 1
    assert any("Stopped" in warning for warning in turn.warnings)


def test_stopped_before_it_began() -> None:
    job = Job()
    job.cancel()
    turn = turn_of("segment the dog", job=job)
    assert turn.status == Status.STOPPED
    assert turn.keywords is not None
    assert turn.proposals is None


def test_time_that_is_up_keeps_the_boxes() -> None:
    job = Job()

    class Late(FakeSegmenter):
        def segment(self, image: ImageAsset, prompts: Any, job_: Job) -> Any:
            result = super().segment(image, prompts, job_)
            job.deadline = 0.0
            return result

    turn = turn_of("segment the dog and the cat", fake_engines(PETS, segmenter=Late()), job)
    assert shown(turn) == [("dog", LEFT), ("cat", RIGHT)]
    assert [mask.area for mask in turn.masks.items] == [900, 0]
    assert {f.kind for f in turn.failures} == {"EngineTimeout"}


def test_a_replay_measures_nothing() -> None:
    first = turn_of("segment the dog")
    silent = EngineFailed("must not be called", "")
    engines = fake_engines(
        detector=FakeDetector(error=silent), segmenter=FakeSegmenter(error=silent), keywords=FakeKeywords(error=silent)
    )
    given = {"extract": first.keywords, "propose": first.proposals, "segment": first.bank}
    again = turn_of("segment the dog", engines, given=given)
    assert not again.failures
    assert shown(again) == shown(first)
    assert [m.digest for m in again.masks.items] == [m.digest for m in first.masks.items]


def test_given_proposals_that_are_empty_are_not_measured_again() -> None:
    engines = fake_engines(PETS)
    nothing = Proposals.none(("dog",))
    assert not shown(turn_of("segment the dog", engines, given={"propose": nothing}))


def test_phrases_that_given_proposals_lack_are_measured_and_others_leave() -> None:
    engines = fake_engines(PETS)
    dogs = turn_of("segment the dog", engines).proposals
    again = turn_of("segment the cat and the dog", engines, given={"propose": dogs})
    assert shown(again) == [("cat", RIGHT), ("dog", LEFT)]
    assert engines.detector.calls == 2  # type: ignore[attr-defined]
    assert shown(turn_of("segment the cat", engines, given={"propose": again.proposals})) == [("cat", RIGHT)]
    assert engines.detector.calls == 2  # type: ignore[attr-defined]


def test_corrected_phrases_and_intent_are_used() -> None:
    given = {"extract": Keywords((Phrase("cat"),)), "classify": IntentPrediction.certain(IntentName.DETECT)}
    turn = turn_of("segment the dog", given=given)
    assert (turn.intent, shown(turn)) == (IntentName.DETECT, [("cat", RIGHT)])
    assert turn.acts[0].phrases == ("cat",)


def test_equal_requests_give_equal_turns() -> None:
    one, two = (turn_of("segment the dog and the cat") for _ in range(2))
    assert one.id != two.id
    assert shown(one) == shown(two)
    assert [m.digest for m in one.masks.items] == [m.digest for m in two.masks.items]
    assert one.answer == two.answer
