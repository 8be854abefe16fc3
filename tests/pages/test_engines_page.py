"""The Engines page: what serves each port, and what can be done with one engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.registry import PORTS
from core.settings import ROOT
from pages.shared import access, engine_work, views_engines
from pages.shared import engines as shared
from pages.shared.access import Verdict
from tests.pages.conftest import CHAT, png, until
from tests.pages.engines_page import ENGINES, LOCAL, Visit, choose, finished, save, words
from tests.pages.local_engine import PARAMETERS, LocalDetector


def test_every_port_is_listed_with_its_engine(visit_engines: Visit) -> None:
    app = visit_engines(LOCAL)
    told = words(app)
    for port in PORTS:
        assert f"**{views_engines.title_of(port)}**" in told
    assert ":gray[local]" in told and ":gray[embedded]" in told
    assert "Model: tiny · auto, float32" in told
    assert "Ready, loads at its first use · Not used yet" in told
    assert "No planner is installed." in told
    assert "remembered measurements" in told
    assert str(ROOT) in told


def test_others_only_read(visit_engines: Visit, settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = choose(visit_engines(LOCAL), "embedded")
    LocalDetector.made[0].loaded = True
    app.run()
    monkeypatch.setattr(access, "verdict", lambda: Verdict(False, "Only at the machine."))
    app.press_key("unload-detection")
    assert LocalDetector.made[0].loaded and not engine_work.works(), "the page may be old: rights count now"
    assert settings_file.read_text() == LOCAL
    assert "Read only. Only at the machine." in words(app)
    assert not [label for label in app.labels if label in ("Change", "Save", "Back to the tracked defaults")]
    assert app.at.button(key="unload-detection").disabled
    assert not app.at.button(key="test-detection").disabled, "a test is no more than a request"


def test_a_download_shows_its_progress_and_ends_ready(visit_engines: Visit, settings_file: Path) -> None:
    LocalDetector.here.clear()
    app = visit_engines(LOCAL)
    assert "The weights of tiny are not here. Download them." in words(app)
    assert app.at.button(key="test-detection").disabled
    app.press_key("download-detection")
    until(lambda: engine_work.works()["detection"].fraction == 0.25)
    app.run()
    assert app.at.button(key="download-detection").disabled
    assert "Cancel" in app.labels
    assert engine_work.works()["detection"].text == "downloading tiny"
    turn = shared.worker().submit("somebody", lambda job: iter([1]))
    assert turn.wait(5), "no turn waits for a download"
    LocalDetector.go.set()
    finished("detection")
    app.run()
    assert "The weights are here." in words(app)
    assert "download-detection" not in [button.key for button in app.at.button]


def test_a_download_can_be_cancelled_and_begun_again(visit_engines: Visit) -> None:
    LocalDetector.here.clear()
    app = visit_engines(LOCAL).press_key("download-detection").run()
    app.press_key("cancel-detection")
    finished("detection")
    assert "Stopped." in app.run().errors
    assert not app.at.button(key="download-detection").disabled


def test_a_test_is_a_real_call_and_is_noted(visit_engines: Visit) -> None:
    app = visit_engines(LOCAL).press_key("test-detection")
    finished("detection")
    app.run()
    assert len(LocalDetector.made[0].calls) == 1
    told = words(app)
    assert "1 box for “cat” in the sample picture, the best with 0.80." in told
    assert "Last used just now by a test" in told
    assert "In memory, 12 MB" in told


def test_a_test_that_fails_says_why_and_what_to_do(visit_engines: Visit) -> None:
    app = visit_engines('[detection]\nbackend = "local"\nmodel = "/gone"\n')
    assert "There is no model at /gone. Check the path." in words(app)
    app.press_key("test-detection")
    finished("detection")
    assert "There is no model at /gone." in app.run().errors and "Check the path." in app.errors


@pytest.mark.parametrize("port", ["intent", "keywords", "answering", "editing", "segmentation"])
def test_the_embedded_engines_can_be_tested(visit_engines: Visit, port: str) -> None:
    app = visit_engines("").press_key(f"test-{port}")
    finished(port)
    work = engine_work.works()[port]
    assert work.problem is None and work.said
    assert work.said.split(":")[0].strip(".")[:40] in words(app.run())


def test_unloading_says_what_it_freed(visit_engines: Visit) -> None:
    app = visit_engines(LOCAL)
    assert "unload-detection" not in [button.key for button in app.at.button]
    LocalDetector.made[0].loaded = True
    app.run()
    assert "loaded models 12 MB" in words(app) and PARAMETERS == 12_300_000
    app.press_key("unload-detection")
    finished("detection")
    told = words(app.run())
    assert "Unloaded: 12 MB of weights." in told
    assert not LocalDetector.made[0].loaded
    assert "Ready, loads at its first use" in told


def test_a_turn_uses_the_new_engine_and_is_noted(visit_engines: Visit) -> None:
    app = visit_engines("")
    save(choose(app, "local"))
    app.go(CHAT).upload(png()).ask("segment the cat")
    assert len(LocalDetector.made[-1].calls) == 1
    assert app.part.turn.proposals is not None and app.part.turn.proposals.engines[0].name == "fake"
    told = words(app.go(ENGINES))
    assert "Last used just now by a turn" in told
    noted = dict(engine_work.calls())
    assert {"detection", "segmentation", "intent", "keywords", "answering"} <= set(noted)
    app.go(CHAT).ask("segment the cat")
    assert engine_work.calls()["detection"] == noted["detection"], "what is remembered is no call"
    assert engine_work.calls()["intent"].at > noted["intent"].at
