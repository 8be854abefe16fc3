"""A detector that scores words: its text threshold is a slider, and phrases measured apart can be measured together."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pages.shared.views_downloads import contents
from tests.fake_models import WordDetector
from tests.pages.conftest import OBJECTS, App, plain_engines, serve
from tests.pages.test_corrections import name, why

Visit = Callable[..., App]


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> WordDetector:
    found = WordDetector(OBJECTS)
    serve(monkeypatch, plain_engines(detector=found))
    return found


def test_the_text_threshold_chooses_without_the_detector(visit: Visit, detector: WordDetector) -> None:
    app = visit().ask("find the cat")
    slider = app.at.slider(key=f"text-{app.part.id}")
    assert not slider.disabled and slider.value == 0.25 and "word of its phrase" in slider.help
    assert len(app.table()) == 1  # .8 passes the box threshold .5, and its word .5 the text threshold
    app.slide("text", 0.6)
    assert not app.part.shown.detections.items  # type: ignore[union-attr]
    app.slide("text", 0.5)
    assert len(app.table()) == 1 and len(detector.captions) == 1


def test_a_box_whose_words_are_unlikely_is_the_nearest_miss_and_can_be_let_in(
    visit: Visit, detector: WordDetector
) -> None:
    detector.words = 0.1
    app = visit().ask("find the cat")
    assert app.said[1] == "No cat found: the best candidate's words score .10, and .25 is needed."
    why(app)
    assert "no word of the phrase reaches the text threshold" in app.markdown
    assert "text threshold 0.25" in app.markdown
    app.press("Show it")
    assert app.part.thresholds.text == 0.1 and app.part.thresholds.box is None
    assert app.said[1].startswith("Found 1 cat") and len(detector.captions) == 1


def test_where_no_words_are_scored_the_slider_says_which_engine_it_is(visit: Visit) -> None:
    app = visit().ask("find the cat")
    slider = app.at.slider(key=f"text-{app.part.id}")
    assert slider.disabled and "(fake)" in slider.help and "no single words" in slider.help


def test_a_phrase_added_later_is_told_and_can_be_measured_together(visit: Visit, detector: WordDetector) -> None:
    app = why(visit().ask("find the cat"))
    assert "Measured apart" not in app.markdown and "Measure together" not in app.labels
    name(app, "cat", "dog")
    why(app)
    assert detector.captions == ["cat .", "dog ."]
    assert "“cat”: measured first, under the caption “cat .”" in app.markdown
    assert "“dog”: measured on its own, under the caption “dog .”" in app.markdown
    told = json.loads(contents(app.session, app.part)["manifest.json"])
    assert [made["caption"] for made in told["engines"]["passes"]] == ["cat .", "dog ."]
    app.press("Measure together")
    assert detector.captions[2:] == ["cat . dog ."]
    assert app.last.record.how == "measured together" and "Version 3 of 3" in app.captions
    told = json.loads(contents(app.session, app.part)["manifest.json"])
    assert [made["caption"] for made in told["engines"]["passes"]] == ["cat . dog ."]
    why(app)
    assert "Measured apart" not in app.markdown and "Measure together" not in app.labels


def test_a_phrase_taken_out_again_leaves_no_pass_behind_it(visit: Visit, detector: WordDetector) -> None:
    app = visit().ask("find the cat")
    name(app, "cat", "dog")
    name(app, "cat")
    why(app)
    assert "Measured apart" not in app.markdown and detector.captions == ["cat .", "dog ."]


def test_the_trace_names_who_served_each_stage(visit: Visit, detector: WordDetector) -> None:
    app = why(visit().ask("segment the cat"))
    assert "Finds boxes: fake/words" in app.markdown and "Cuts masks: fake" in app.markdown
    assert "Understands requests: fake" in app.markdown and "fake/words 2: scores single words" in app.markdown


def test_a_text_threshold_can_be_said(visit: Visit, detector: WordDetector) -> None:
    app = visit().ask("find the cat").ask("text threshold 0.6")
    assert not app.part.turn.detections.items and app.part.turn.thresholds.text == 0.6
    app.ask("lower the text threshold")
    assert app.part.turn.thresholds.text == 0.5 and len(app.part.turn.detections.items) == 1
    assert len(detector.captions) == 1
