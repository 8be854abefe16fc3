"""A request inside a chat: its pictures, the result it refers to, the turns that follow."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from core.dialogue.conversation import Memory, Piece, chosen_action, converse, in_force, plan
from core.dialogue.engines import Engines
from core.jobs import Job
from core.types.events import About, Completed
from core.types.image import ImageAsset
from core.types.language import IntentName, IntentPrediction
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.turn import Action, Status, Turn
from tests.dialogue.references_helpers import A, B, C, D, photo, scene_engines
from tests.fakes import FakeIntent, default_thresholds, picture


class Talk:
    """A chat without a page."""

    def __init__(self, *pictures: ImageAsset, engines: Engines | None = None) -> None:
        self.engines = engines or scene_engines()
        self.images = {image.digest: image for image in pictures}
        self.refs = [PictureRef(i.digest, i.digest, f"{n}.png", i.width, i.height) for n, i in enumerate(pictures, 1)]
        self.records: list[Record] = []
        self.chosen: tuple[int, ...] = ()
        self.selected: int | None = None

    @property
    def memory(self) -> Memory:
        return Memory(tuple(self.refs), tuple(self.records), self.chosen, self.selected)

    def say(self, text: str, **more: Any) -> list[Turn]:
        return self.run(text, plan(text, self.memory, self.engines, **more))

    def run(
        self, text: str, pieces: tuple[Piece, ...], job: Job | None = None, restore: Any = lambda t: t
    ) -> list[Turn]:
        results, about = [], None
        events = converse(
            pieces, self.engines, job or Job(), default_thresholds(), lambda ref: self.images[ref.digest],
            restore, self.selected,
        )  # fmt: skip
        for event in events:
            if isinstance(event, About):
                about = event.picture
            if isinstance(event, Completed):
                results.append(Result(about, event.turn))
        self.records.append(Record(text, results=tuple(results), finished=True))
        return [result.turn for result in results]

    def numbers(self) -> list[int]:
        """The pictures of the last record."""
        return [self.refs.index(result.picture) + 1 for result in self.records[-1].results if result.picture]


def boxes(turn: Turn) -> Collection[object]:
    return [d.box for d in turn.detections.items]


def two() -> Talk:
    return Talk(photo(), picture(130, 90))


def test_the_newest_picture_is_meant_unless_others_are_chosen_or_named() -> None:
    talk = two()
    talk.say("find the dog")
    assert talk.numbers() == [2]
    talk.chosen = (1,)
    talk.say("find the dog")
    assert talk.numbers() == [1]
    talk.say("find the dog in picture 2")
    assert talk.numbers() == [2]
    talk.say("find the dog in all pictures")
    assert talk.numbers() == [1, 2]
    talk.say("find the dog in 1.png")
    assert talk.numbers() == [1]


def test_a_picture_that_is_not_there_is_asked_back_and_nothing_is_looked_at() -> None:
    talk = two()
    (turn,) = talk.say("find the dog in picture 7")
    assert turn.status == Status.ASKED and "There are 2 pictures" in turn.answer.text
    assert talk.engines.detector.calls == 0  # type: ignore[attr-defined]


def test_words_refer_to_the_last_result_wherever_the_newest_picture_is() -> None:
    talk = two()
    talk.say("find the dog in picture 1")
    (turn,) = talk.say("only the left one")
    assert talk.numbers() == [1] and boxes(turn) == [A]
    assert turn.base == talk.records[0].results[0].turn.id


def test_what_refers_measures_nothing() -> None:
    talk = Talk(photo())
    talk.say("segment the dog")
    calls = talk.engines.detector.calls, talk.engines.segmenter.calls  # type: ignore[attr-defined]
    talk.say("only the left one")
    talk.say("undo")
    talk.say("not the second")
    assert (talk.engines.detector.calls, talk.engines.segmenter.calls) == calls  # type: ignore[attr-defined]


def test_undo_goes_back_step_by_step_and_then_says_that_nothing_is_left() -> None:
    talk = Talk(photo())
    talk.say("find the dog")
    talk.say("only the left one")
    talk.say("find the cat")
    assert boxes(talk.say("undo")[0]) == [A]
    assert boxes(talk.say("undo")[0]) == [A, B, C]
    (last,) = talk.say("undo")
    assert last.status == Status.DONE and not last.detections.items and last.references
    (nothing,) = talk.say("undo")
    assert nothing.status == Status.ASKED and "nothing left" in nothing.answer.text
    assert not in_force(talk.records)


def test_undo_returns_to_the_picture_of_the_result_before() -> None:
    talk = two()
    talk.say("find the dog in picture 1")
    talk.say("find the dog in picture 2")
    assert boxes(talk.say("undo")[0]) == [A, B, C]
    assert talk.numbers() == [1]


def test_after_an_undo_words_refer_to_what_is_in_force_again() -> None:
    talk = Talk(photo())
    talk.say("find the dog")
    talk.say("find the cat")
    talk.say("undo")
    assert boxes(talk.say("only the right one")[0]) == [C]


def test_a_question_back_and_a_failure_change_nothing_of_what_is_in_force() -> None:
    talk = Talk(photo())
    talk.say("find the dog")
    talk.say("find the dog in picture 9")
    assert boxes(talk.say("only the left one")[0]) == [A]


def test_the_same_on_another_picture() -> None:
    talk = two()
    talk.say("find the dog in picture 1")
    talk.say("the same on picture 2")
    assert talk.numbers() == [2]
    talk.say("the same on all pictures")
    assert talk.numbers() == [1, 2]
    assert [t.text for t in (r.turn for r in talk.records[-1].results)] == ["the same on all pictures"] * 2


def test_the_same_where_there_is_no_other_picture_asks_for_one() -> None:
    talk = Talk(photo())
    talk.say("find the dog")
    (turn,) = talk.say("the same on the other picture")
    assert turn.status == Status.ASKED and "no other picture" in turn.answer.text


def test_what_refers_to_a_result_on_several_pictures_acts_on_each() -> None:
    talk = Talk(photo(), photo_wide())
    talk.say("find the dog in both pictures")
    turns = talk.say("only the left one")
    assert [boxes(t) for t in turns] == [[A], [A]]
    (one,) = talk.say("only the left one in picture 2")
    assert talk.numbers() == [2] and boxes(one) == [A]


def photo_wide() -> ImageAsset:
    return replace(picture(121, 81), name="wide")


def test_a_button_is_chosen_by_its_words_or_its_place() -> None:
    actions = (Action("say", "segment the dog", "segment the dog"), Action("help", "What can I say?"))
    assert chosen_action("Segment the dog!", actions) is actions[0]
    assert chosen_action("2", actions) is actions[1]
    assert chosen_action("3", actions) is None
    assert chosen_action("", actions) is None
    assert chosen_action("find the cat", actions) is None


def test_a_question_of_intent_is_answered_with_words() -> None:
    doubt = IntentPrediction(tuple(0.3 if i in (1, 2, 4) else 0.1 / 6 for i in range(9)))
    talk = Talk(photo(), engines=scene_engines(intent=FakeIntent({"the dog": doubt})))
    (turn,) = talk.say("the dog")
    assert turn.status == Status.ASKED
    label = next(a.label for a in turn.answer.actions if a.value == IntentName.DETECT)
    (again,) = talk.say(label)
    assert again.text == "the dog" and again.intent == IntentName.DETECT and boxes(again) == [A, B, C]


def test_a_measurement_that_is_gone_is_taken_again_and_said() -> None:
    talk = Talk(photo())
    talk.say("segment the dog")
    old = talk.records[0].results[0]
    talk.records[0] = replace(talk.records[0], results=(replace(old, turn=replace(old.turn, proposals=None, bank={})),))
    talk.engines.memo._items.clear()
    before = talk.engines.detector.calls  # type: ignore[attr-defined]
    (turn,) = talk.say("only the left one")
    assert boxes(turn) == [A] and turn.masks.items[0].area
    assert talk.engines.detector.calls == before + 1  # type: ignore[attr-defined]
    assert any("measured again" in warning for warning in turn.warnings)


def test_stored_measurements_are_put_back_before_words_refer_to_them() -> None:
    talk = Talk(photo())
    (whole,) = talk.say("segment the dog")
    old = talk.records[0].results[0]
    talk.records[0] = replace(talk.records[0], results=(replace(old, turn=replace(old.turn, proposals=None, bank={})),))
    before = talk.engines.detector.calls  # type: ignore[attr-defined]
    pieces = plan("only the left one", talk.memory, talk.engines)
    (turn,) = talk.run("only the left one", pieces, restore=lambda t: whole)
    assert boxes(turn) == [A] and talk.engines.detector.calls == before  # type: ignore[attr-defined]


def test_stop_ends_the_pictures_that_are_left() -> None:
    talk, job = two(), Job()
    pieces = plan("find the dog in both pictures", talk.memory, talk.engines)
    job.cancel()
    turns = talk.run("find the dog in both pictures", pieces, job)
    assert [turn.status for turn in turns] == [Status.STOPPED]


def test_a_selected_object_is_what_it_means() -> None:
    talk = Talk(photo())
    talk.say("segment the dog and the cat")
    talk.selected = 4
    (turn,) = talk.say("remove it")
    assert boxes(turn) == [D] and turn.edited is not None


@pytest.mark.parametrize("text", ["only the left one", "undo", "the same on this picture", "grow the mask"])
def test_words_that_refer_to_nothing_ask_back(text: str) -> None:
    talk = Talk(photo())
    (turn,) = talk.say(text)
    assert turn.status == Status.ASKED and turn.answer.text


def test_what_was_undone_stays_undone_when_it_is_corrected() -> None:
    talk = Talk(photo())
    talk.say("find the dog")
    talk.say("find the cat")
    talk.say("undo")
    talk.records[1] = replace(talk.records[1], id="another version")
    assert boxes(talk.say("only the left one")[0]) == [A]
