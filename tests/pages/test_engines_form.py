"""The forms of the Engines page: what they save, what they refuse, and whom they let."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from pages.shared import access, views_engines_fields
from pages.shared import engines as shared
from pages.shared.access import Verdict
from tests.pages.conftest import CHAT, until
from tests.pages.engines_page import LOCAL, Visit, choose, key_of, save, words
from tests.pages.local_engine import LocalDetector

MINE = "tests.pages.local_engine:LocalDetector"


def test_a_saved_engine_is_written_and_serves_at_once(visit_engines: Visit, settings_file: Path) -> None:
    LocalDetector.here.add("/mine")
    app = visit_engines("# ours\n[limits]\nobjects = 7 # seven\n")
    before = shared.engines()
    choose(app, "local")
    app.at.text_input(key=key_of(app, "model")).set_value(" /mine ")
    app.at.number_input(key=key_of(app, "beams")).set_value(3)
    save(app)
    assert settings_file.read_text() == (
        '# ours\n[limits]\nobjects = 7 # seven\n\n[detection]\nbackend = "local"\nmodel = "/mine"\nbeams = 3\n'
    )
    now = shared.engines()
    assert now.detector.engine.options["model"] == "/mine"  # type: ignore[attr-defined]
    assert now.segmenter.engine is before.segmenter.engine and now.intent is before.intent  # type: ignore[attr-defined]
    assert "Model: /mine" in words(app)
    assert not app.at.text_input, "the form is closed"


def test_the_old_model_leaves_memory_and_what_is_not_changed_stays(visit_engines: Visit, settings_file: Path) -> None:
    app = visit_engines(LOCAL)
    (old,) = LocalDetector.made
    old.loaded = True
    app.press_key("change-local")
    app.at.toggle(key=key_of(app, "offline")).set_value(True)
    save(app)
    assert shared.settings().runtime.offline and "offline = true" in settings_file.read_text()
    until(lambda: not old.loaded)
    assert len(LocalDetector.made) == 2, "how models of this process run is part of them"
    app.press_key("change-local").press_key(key_of(app, "reset"))
    assert len(LocalDetector.made) == 3, "what no port uses any more is not kept for later"
    app.press_key("change-segmentation")
    app.at.toggle(key=key_of(app, "mask_head")).set_value(False)
    new, memo = LocalDetector.made[-1], shared.engines().memo
    new.loaded = True
    save(app)
    assert "mask_head = false" in settings_file.read_text()
    assert shared.engines().detector.engine is new and new.loaded  # type: ignore[attr-defined]
    assert shared.engines().memo is not memo, "measurements of another segmenter are not mixed in"
    memo = shared.engines().memo
    app.press_key("change-editing")
    app.at.number_input(key=key_of(app, "dilate")).set_value(0.1)
    save(app)
    assert shared.engines().memo is memo


@pytest.mark.parametrize(("model", "says"), [("  ", "Model is empty"), ("refused", "no entailment label")])
def test_what_is_refused_is_said_beside_the_form_and_not_written(
    visit_engines: Visit, settings_file: Path, model: str, says: str
) -> None:
    app = choose(visit_engines(LOCAL), "local")
    app.at.text_input(key=key_of(app, "model")).set_value(model)
    save(app)
    assert says in app.errors
    assert settings_file.read_text() == LOCAL
    assert app.at.text_input(key=key_of(app, "model")).value == model, "what was typed is still there"
    app.at.text_input(key=key_of(app, "model")).set_value("tiny")
    save(app)
    assert not app.errors and not app.at.text_input


@pytest.mark.parametrize(
    ("name", "now", "given", "says"),
    [
        ("device", "auto", "gpu", "cuda:1"),
        ("device", "auto", "cuda:1; rm", "cuda:1"),
        ("template", "Asks to {}.", "Asks.", "{}"),
        ("text_encoder", "bert", " ", "empty"),
    ],
)
def test_what_no_engine_could_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, now: str, given: str, says: str
) -> None:
    monkeypatch.setattr("streamlit.session_state", {"field": given})
    with pytest.raises(SettingsError) as caught:
        views_engines_fields.given(name, now, "field")
    assert says in str(caught.value)


def test_numbers_and_wordings_keep_their_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.session_state", {"a": 2, "b": 3, "c": True, "d-segment": " cut ", "e": "cuda:1"})
    given = views_engines_fields.given
    assert repr([given("diversity", 0.5, "a"), given("top_k", 9, "b"), given("tiles", False, "c")]) == "[2.0, 3, True]"
    assert given("labels", {"mine": "x", "answer": "y"}, "d") == {"mine": "x", "segment": "cut"}
    assert (given("device", "auto", "e"), given("language", "en", "none")) == ("cuda:1", "en")


def test_back_to_the_tracked_defaults(visit_engines: Visit, settings_file: Path) -> None:
    app = visit_engines(LOCAL)
    app.press_key("change-detection").press_key(key_of(app, "reset"))
    assert settings_file.read_text() == "" and ":gray[local]" not in words(app)
    app.press_key("change-detection")
    assert "Back to the tracked defaults" not in app.labels


def test_two_tabs_do_not_write_over_each_other(visit_engines: Visit, settings_file: Path) -> None:
    one, two = choose(visit_engines(""), "local"), visit_engines()
    two.press_key("change-local")
    two.at.toggle(key=key_of(two, "offline")).set_value(True)
    save(one)
    text = settings_file.read_text()
    save(two)
    assert "changed meanwhile" in two.errors and settings_file.read_text() == text
    assert two.at.toggle(key=key_of(two, "offline")).value, "what was typed is still there"
    save(two)
    assert not two.errors
    assert 'backend = "local"' in settings_file.read_text() and "offline = true" in settings_file.read_text()


@pytest.mark.parametrize("text", ["[detection\n", "[limits]\nobjects = -1\n"])
def test_a_file_broken_by_hand_locks_nobody_out(visit_engines: Visit, settings_file: Path, text: str) -> None:
    app = visit_engines(text)
    assert str(settings_file) in app.errors and ("line 1" in app.errors or "objects" in app.errors)
    assert "mended by hand" in words(app)
    assert "Change" not in app.labels and settings_file.read_text() == text
    settings_file.write_text("")
    assert not app.run().errors and "Change" in app.labels
    settings_file.write_text(text)
    app.run()
    assert str(settings_file) in app.errors and "Change" not in app.labels
    assert "**Finding things**" in words(app), "what was read before still serves"
    assert app.go(CHAT).errors == ""


def test_a_change_by_hand_counts_when_it_is_asked_for(visit_engines: Visit, settings_file: Path) -> None:
    app = visit_engines("")
    settings_file.write_text(LOCAL)
    app.run()
    assert "changed since they were read" in words(app) and ":gray[local]" not in words(app)
    app.press_key("reread")
    assert ":gray[local]" in words(app) and "changed since" not in words(app)


def test_a_class_of_ones_own_is_shown_and_never_set(visit_engines: Visit, settings_file: Path) -> None:
    text = f'[detection]\nbackend = "{MINE}"\nmodel = "tiny"\ndevice = "cpu"\n'
    app = visit_engines(text).press_key("change-detection")
    assert f"An engine of your own, {MINE}, set in {settings_file}." in words(app)
    assert not app.at.selectbox and "Save" not in app.labels
    assert not app.at.button(key="test-detection").disabled


def test_a_file_that_counts_more_is_named(
    visit_engines: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "later.toml"
    later.write_text("[detection]\ntiles = true\n")
    monkeypatch.setenv("VLP_WORKBENCH_SETTINGS", str(later))
    app = visit_engines("").press_key("change-detection")
    assert f"[detection] is set by {later}" in words(app)
    assert "Save" not in app.labels


def test_rights_count_when_it_is_saved(
    visit_engines: Visit, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = choose(visit_engines(LOCAL), "embedded")
    monkeypatch.setattr(access, "verdict", lambda: Verdict(False, "Only at the machine."))
    save(app)
    assert settings_file.read_text() == LOCAL and ":gray[local]" in words(app)
