"""Whatever was understood or seen wrongly can be put right: the rest of the turn runs again, the old answer stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.dialogue.engines import Engines
from core.dialogue.turn import run_turn
from core.errors import EngineFailed
from core.evaluation.intents import read_csv
from core.evaluation.phrases import read_rows
from core.jobs import Job
from core.sessions.examples import intents_csv, phrases_csv
from core.sessions.store import SessionStore
from core.types.events import Completed
from core.types.language import IntentName
from core.types.turn import Request, Turn
from pages.shared import engines as shared
from tests.fakes import FakeSegmenter
from tests.pages.conftest import OBJECTS, App, calls, detector_of, plain_engines, serve
from tests.pages.hands import Hands, boxes, hands_on

Visit = Callable[..., App]
FIRST, SECOND = OBJECTS[0][1], OBJECTS[1][1]
BY_HAND = (62.0, 5.0, 118.0, 70.0)
ELSEWHERE = (2.0, 2.0, 18.0, 9.0)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return hands_on(monkeypatch)


def why(app: App) -> App:
    """Open the trace of the last answer."""
    app.at.session_state[f"why-{app.part.id}"] = True
    return app.run()


def mean(app: App, intent: IntentName) -> App:
    """Correct what the last request was meant as."""
    why(app).at.selectbox(key=f"intent-{app.part.id}").set_value(intent)
    return app.run()


def name(app: App, *phrases: str) -> App:
    """Correct what the last request was about, chip by chip."""
    why(app)
    app.at.session_state[f"phrases-{app.part.id}"] = list(phrases)
    return app.run().press("Run again with these")


def turn_back(app: App, word: str = "Earlier", what: str = "Version") -> App:
    return app.press_key(f"{what}-{word}-{app.last.id}")


# -- the old answer stands behind ------------------------------------------------------------------------------------


def test_another_intent_runs_the_rest_again_and_the_old_answer_stands_behind(
    visit: Visit, engines: Engines, kept_chats: SessionStore
) -> None:
    app = visit().ask("find the cat")
    assert app.said[1].startswith("Found 2 cats") and "Version" not in app.captions
    before = calls(engines)
    mean(app, IntentName.SEGMENT)
    assert app.said[1].startswith("Outlined 2 cats") and len(app.said) == 2
    assert "Version 2 of 2" in app.captions and "meant as “Outline it”" in app.captions
    assert calls(engines) == before
    turn_back(app)
    assert app.said[1].startswith("Found 2 cats") and "Version 1 of 2" in app.captions
    kept = kept_chats.load(app.session.owner, app.session.chat.id)
    assert list(kept.shown.values()) == [app.last.id] and len(kept.records) == 2
    turn_back(app, "Later")
    assert app.said[1].startswith("Outlined 2 cats") and "Version 2 of 2" in app.captions
    assert not kept_chats.load(app.session.owner, app.session.chat.id).shown


def test_what_follows_refers_to_the_version_in_view(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    name(app, "dog").slide("box", 0.1)
    assert app.said[-1].startswith("Outlined 1 dog")
    turn_back(app).ask("only the left one")
    assert boxes(app.part) == [FIRST]


def test_phrases_are_added_and_only_the_new_one_is_looked_for(visit: Visit, engines: Engines) -> None:
    app = visit().ask("segment the cat")
    name(app, "cat", "dog")
    assert [phrases for _, phrases in detector_of(engines).calls] == [("cat",), ("dog",)]
    app.slide("box", 0.15)
    assert list(app.table()["phrase"]) == ["cat", "cat", "dog"]
    assert "about cat, dog" in app.captions


def test_a_phrase_that_is_removed_or_renamed_goes_and_what_was_measured_stays(visit: Visit, engines: Engines) -> None:
    app = visit().ask("segment the cat and the dog")
    before = calls(engines)
    name(app, "dog")
    assert app.said[-1].startswith("No dog found") and calls(engines) == before
    name(app, "red zebra")
    assert "zebra" in app.said[-1] and app.part.turn.keywords is not None
    (phrase,) = app.part.turn.keywords.phrases
    assert (phrase.head, phrase.colours) == ("zebra", ("red",))  # read as if it had been said
    assert "Version 3 of 3" in app.captions


def test_chips_cannot_be_sent_empty_or_unchanged(visit: Visit) -> None:
    app = why(visit().ask("segment the cat"))
    assert "Run again with these" not in app.labels
    app.at.session_state[f"phrases-{app.part.id}"] = []
    app.run()
    assert next(b for b in app.at.button if b.label == "Run again with these").disabled


# -- a replay is a turn ----------------------------------------------------------------------------------------------


def fresh(app: App, text: str, given: dict[str, Any], **more: Any) -> Turn:
    """A turn of its own with the same values, on engines that remember nothing."""
    picture = app.session.chat.pictures[0]
    request = Request(text, shared.pictures().open(picture), app.part.turn.thresholds, **more)
    events = list(run_turn(request, plain_engines(), Job(), given))
    assert isinstance(events[-1], Completed)
    return events[-1].turn


def same(a: Turn, b: Turn) -> None:
    assert (a.intent, a.keywords, a.acts) == (b.intent, b.keywords, b.acts)
    assert a.detections == b.detections
    assert [mask.digest for mask in a.masks.items] == [mask.digest for mask in b.masks.items]
    assert (a.answer, a.status, a.warnings) == (b.answer, b.status, b.warnings)


TWO_ACTS = "remove the cat and find the dog"
ONE_ACT = ["segment the cat", "segment the cat and the dog", "segment everything"]


@pytest.mark.parametrize("text", ONE_ACT)
def test_a_replay_from_the_intent_is_a_turn_so_meant(visit: Visit, text: str) -> None:
    app = mean(visit().ask(text), IntentName.DETECT)
    same(app.part.turn, fresh(app, text, {"decide": IntentName.DETECT}))


@pytest.mark.parametrize("text", ONE_ACT)
def test_a_replay_from_the_phrases_is_a_turn_about_them(visit: Visit, text: str) -> None:
    app = name(visit().ask(text), "cat", "tree")
    keywords = app.part.turn.keywords
    assert keywords is not None and [phrase.text for phrase in keywords.phrases] == ["cat", "tree"]
    same(app.part.turn, fresh(app, text, {"extract": keywords}))


def acts(app: App) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(act.intent), act.phrases) for act in app.part.turn.acts]


def test_two_acts_meant_as_one_are_one_about_all(visit: Visit) -> None:
    app = mean(visit().ask(TWO_ACTS), IntentName.DETECT)
    assert acts(app) == [("detect", ("cat", "dog"))] and app.part.edited is None


def test_of_two_acts_each_keeps_its_own_things(visit: Visit) -> None:
    app = visit().ask(TWO_ACTS)
    name(app, "cat", "tree")
    assert acts(app) == [("inpaint", ("cat",)), ("detect", ("tree",))]
    name(app, "tree", "bird")
    assert acts(app) == [("inpaint", ("bird",)), ("detect", ("tree",))]
    name(app, "tree")
    assert acts(app) == [("detect", ("tree",))] and app.part.edited is None


@pytest.mark.parametrize("text", [*ONE_ACT, TWO_ACTS])
def test_a_replay_with_a_box_is_a_turn_with_it(visit: Visit, hands: Hands, text: str) -> None:
    app = visit().ask(text)
    hands.draw(app, ELSEWHERE)
    same(app.part.turn, fresh(app, text, {}, user_boxes=(ELSEWHERE,)))


@pytest.mark.parametrize("text", [*ONE_ACT, TWO_ACTS])
def test_a_replay_without_an_object_is_a_turn_without_it(visit: Visit, hands: Hands, text: str) -> None:
    app = visit().ask(text)
    hands.reject(app, 1)
    assert FIRST not in boxes(app.part)
    same(app.part.turn, fresh(app, text, {}, adjustments=app.part.turn.adjustments))


def test_a_correction_keeps_where_the_sliders_stood(visit: Visit, hands: Hands) -> None:
    app = visit().ask("segment the cat").slide("box", 0.1)
    hands.reject(app, 1)
    assert len(boxes(app.part)) == 2 and app.part.thresholds.box == 0.1


def test_a_correction_of_what_is_no_longer_measured_measures_again_and_says_so(
    visit: Visit, hands: Hands, monkeypatch: pytest.MonkeyPatch, kept_chats: SessionStore
) -> None:
    app = visit().ask("segment the cat")
    kept_chats.measurements.forget([app.part.turn.id])
    app.part.turn = app.part.turn.light()
    parts = plain_engines()
    serve(monkeypatch, parts)
    hands.reject(app, 1)
    assert boxes(app.part) == [SECOND] and calls(parts) == 1
    assert "measured again" in app.captions


def test_a_correction_that_breaks_is_tried_again_with_what_was_given(
    visit: Visit, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("find the cat")
    broken = plain_engines(segmenter=FakeSegmenter(error=EngineFailed("The mask head broke.", "Fetch it again.")))
    serve(monkeypatch, broken)
    mean(app, IntentName.SEGMENT)
    assert "The mask head broke." in app.errors
    serve(monkeypatch, plain_engines())
    app.press("Try again")
    assert app.said[-1].startswith("Outlined 2 cats") and "meant as “Outline it”" in app.captions


# -- labelled examples -----------------------------------------------------------------------------------------------


def test_corrections_are_kept_as_examples_that_the_evaluation_reads(
    visit: Visit, kept_chats: SessionStore, tmp_path: Path
) -> None:
    text = 'find the "cat", please;\nnow'
    app = mean(visit().ask(text), IntentName.SEGMENT)
    name(app, "cat", "brown dog")
    examples = kept_chats.examples(app.session.owner)
    intents, phrases = tmp_path / "intents.csv", tmp_path / "phrases.csv"
    intents.write_bytes(intents_csv(examples))
    phrases.write_bytes(phrases_csv(examples))
    assert read_csv(intents) == [(text, IntentName.SEGMENT)]  # one for a request, however often it was corrected
    assert read_rows(phrases) == [(text, ("cat", "brown dog"))]
    assert kept_chats.examples("browser somebody else") == []
    app.go_home()
    assert "1 corrected request" in app.captions


def test_an_intent_chosen_from_a_question_labels_no_phrases(visit: Visit, kept_chats: SessionStore) -> None:
    app = visit().ask("maybe the cat").press("Outline it")
    (example,) = kept_chats.examples(app.session.owner)
    assert example.intent == IntentName.SEGMENT and example.phrases is None


def test_words_that_refer_are_labelled_with_no_phrases(visit: Visit, kept_chats: SessionStore) -> None:
    app = mean(visit().ask("segment the cat").ask("only the left one"), IntentName.DETECT)
    assert app.said[-1].startswith("Found 1 cat")
    (example,) = kept_chats.examples(app.session.owner)
    assert (example.text, example.intent, example.phrases) == ("only the left one", IntentName.DETECT, None)


def test_boxes_and_rejections_are_no_examples(visit: Visit, hands: Hands, kept_chats: SessionStore) -> None:
    app = visit().ask("segment the cat")
    hands.draw(app, ELSEWHERE)
    hands.reject(app, 1)
    assert kept_chats.examples(app.session.owner) == []
