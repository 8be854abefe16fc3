"""Sliders choose anew from what was measured: no detector runs, and everything shown follows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from core.dialogue.engines import Engines
from core.errors import EngineFailed
from core.formats.bundle import zip_bytes
from pages.shared import turns
from pages.shared.views_downloads import contents
from tests.fakes import FakeSegmenter
from tests.pages.conftest import CHAT, App, detector_of, plain_engines, png, serve

Visit = Callable[..., App]


def test_a_slider_changes_boxes_counts_and_words_without_the_detector(visit: Visit, engines: Engines) -> None:
    app = visit().ask("how many cats are there?")
    assert app.said[1] == "At least 2 cats."
    calls = len(detector_of(engines).calls)
    app.slide("box", 0.5)
    assert app.said[1] == "At least 1 cat."
    assert len(app.table()) == 1 and "1 of 3 measured boxes pass" in app.captions
    app.slide("box", 0.1)
    assert app.said[1] == "At least 3 cats."
    assert len(detector_of(engines).calls) == calls


def test_a_box_let_in_gets_its_mask_in_the_worker(visit: Visit, engines: Engines) -> None:
    app = visit().ask("segment the cat").slide("box", 0.1)
    assert list(app.table()["area_px"]) == [1600, 2000, 690]
    assert app.part.segmenter_calls == 3
    app.slide("box", 0.5).slide("box", 0.1)
    assert app.part.segmenter_calls == 3  # what was measured once is kept


def test_reset_goes_back_to_the_settings(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    assert "Reset" not in app.labels
    app.slide("box", 0.9)
    assert app.at.slider(key=f"box-{app.part.id}").value == 0.9
    app.press("Reset")
    assert app.at.slider(key=f"box-{app.part.id}").value == 0.25
    assert len(app.table()) == 2


def test_a_slider_stays_with_its_answer_and_survives_a_page_switch(visit: Visit) -> None:
    app = visit().ask("segment the cat").slide("box", 0.5).ask("find the cat")
    first, second = (e.parts[0] for e in app.session.chat.path())
    assert len(app.table()) == 2
    app.go_home().go(CHAT)
    assert app.at.slider(key=f"box-{second.id}").value == 0.25
    assert first.shown is not None and len(first.shown.detections) == 1


def test_earlier_answers_open_their_sliders_in_an_expander(visit: Visit) -> None:
    app = visit().ask("segment the cat").ask("find the dog")
    first = app.session.chat.path()[0].parts[0]
    assert not [slider for slider in app.at.slider if slider.key == f"box-{first.id}"]
    app.at.session_state[f"details-{first.id}"] = True
    app.run().slide("box", 0.5, first)
    assert first.shown is not None and len(first.shown.detections) == 1


def test_controls_without_effect_are_disabled_and_say_why(visit: Visit) -> None:
    app = visit().ask("find the zebra")
    for name, why in (("box", "Nothing was measured"), ("mask_cut", "no masks"), ("text", "no single words")):
        slider = app.at.slider(key=f"{name}-{app.part.id}")
        assert slider.disabled and why in slider.help, name
    app.ask("segment the cat")
    assert not app.at.slider(key=f"box-{app.part.id}").disabled
    assert "class 0.25" in app.at.slider(key=f"box-{app.part.id}").help


def test_a_mask_that_cannot_be_measured_is_said_once_and_the_boxes_stay(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    broken = plain_engines(segmenter=FakeSegmenter(error=EngineFailed("The mask head broke.", "Fetch it again.")))
    serve(monkeypatch, broken)
    app.slide("box", 0.1)
    assert "The mask head broke." in app.errors
    assert len(app.table()) == 3


def test_the_downloads_are_of_what_the_sliders_show(visit: Visit) -> None:
    app = visit().ask("segment the cat").slide("box", 0.5)
    files = contents(app.session, app.part)
    assert files["objects.csv"].decode().count("\n") == 2  # header and one object
    assert [name for name in files if name.startswith("masks/")] == ["masks/01_cat.png"]
    with zipfile.ZipFile(io.BytesIO(zip_bytes(files))) as archive:
        assert {"overlay.png", "index.png", "coco.json", "manifest.json"} <= set(archive.namelist())
    app.slide("box", 0.1)
    assert contents(app.session, app.part)["objects.csv"].decode().count("\n") == 4


def test_the_changed_picture_is_in_the_downloads(visit: Visit) -> None:
    app = visit().ask("remove the cat")
    assert contents(app.session, app.part)["edited.png"].startswith(b"\x89PNG")


def test_old_answers_drop_their_logits_and_get_them_back_without_the_detector(visit: Visit, engines: Engines) -> None:
    app = visit()
    for number in range(turns.KEPT_BANKS + 1):
        app.upload(png(colour=(number, 0, 0))).ask("segment the cat")
    app.run()
    first = app.session.chat.path()[0].parts[0]
    assert not first.turn.bank and all(mask.area for mask in first.turn.masks.items)
    calls = len(detector_of(engines).calls)
    app.at.session_state[f"details-{first.id}"] = True
    app.run().slide("mask_cut", 0.6, first).run()
    assert first.shown is not None and [mask.area for mask in first.shown.masks.items] == [1600, 2000]
    assert len(detector_of(engines).calls) == calls
