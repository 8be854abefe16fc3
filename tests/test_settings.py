"""Settings: what overlays what, and errors that name the file, the key and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.dialogue.engines import assemble, build_port
from core.errors import EngineUnavailable, SettingsError
from core.registry import BACKENDS, PORTS, Backend, EngineContext, build
from core.settings import DEFAULTS, Limits, Settings, load_settings
from core.types.boxes import Basis
from core.types.thresholds import Thresholds

NOWHERE = Path("/nowhere/workbench.local.toml")
CONTEXT = EngineContext(Path("/nowhere"), Path("/nowhere"))


class PlugIn:
    """A back-end of one's own, found as tests.test_settings:PlugIn."""

    def __init__(self, context: EngineContext, *, speed: int = 1) -> None:
        self.cache_dir, self.speed = context.cache_dir, speed


def read(tmp_path: Path, text: str, name: str = "mine.toml") -> Settings:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {}, NOWHERE)


def test_the_tracked_defaults_are_the_ones_documented_in_the_types() -> None:
    """So that a reader of either knows the numbers, and a turn without settings files behaves the same."""
    settings = load_settings(None, {}, NOWHERE)
    assert settings.limits == Limits()
    assert {port.backend for port in settings.ports.values()} == {"embedded"}
    assert tuple(settings.ports) == PORTS
    for name in ("nms_iou", "min_area", "mask_cut", "colour", "abstain_score", "abstain_margin", "box", "text"):
        assert getattr(settings.thresholds, name) == getattr(Thresholds(), name), name
    assert set(settings.thresholds.by_basis) == set(Basis) - {Basis.USER, Basis.PHRASE}
    assert settings.sources == (str(DEFAULTS),)


def test_later_sources_overlay_earlier_ones_key_by_key(tmp_path: Path) -> None:
    files = {}
    for name, mask_cut in (("local", 0.1), ("environment", 0.2), ("extra", 0.3)):
        files[name] = tmp_path / f"{name}.toml"
        files[name].write_text(f"[thresholds]\nmask_cut = {mask_cut}\n[thresholds.by_basis]\nclass = {mask_cut}\n")
    files["local"].write_text(files["local"].read_text() + "face = 0.11\n[limits]\nobjects = 7\n")
    environ = {"VLP_WORKBENCH_SETTINGS": str(files["environment"])}
    before = load_settings(None, {}, NOWHERE).thresholds

    local = load_settings(None, {}, files["local"])
    assert (local.thresholds.mask_cut, local.thresholds.by_basis["class"]) == (0.1, 0.1)
    assert local.thresholds.by_basis["text"] == before.by_basis["text"], "the other bases stay"
    assert load_settings(None, environ, files["local"]).thresholds.mask_cut == 0.2
    extra = load_settings(files["extra"], environ, files["local"])
    assert (extra.thresholds.mask_cut, extra.thresholds.by_basis["face"], extra.limits.objects) == (0.3, 0.11, 7)
    assert extra.sources == (str(DEFAULTS), *(str(files[n]) for n in ("local", "environment", "extra")))


def test_the_cache_folder_comes_from_the_environment() -> None:
    assert load_settings(None, {"VLP_WORKBENCH_CACHE": "/some/where"}, NOWHERE).cache_dir == Path("/some/where")
    assert load_settings(None, {}, NOWHERE).cache_dir.name == "vlp-workbench"


@pytest.mark.parametrize(
    ("text", "names", "allowed"),
    [
        ("[detektion]\n", "[detektion]", "detection"),
        ("detection = 3\n", "detection must be a table", "[detection]"),
        ("[detection]\nbackend = 'dino'\n", "'dino'", "embedded"),
        ("[detection]\nbackend = 7\n", "7", "package.module:Class"),
        ("[detection]\nbackend = ':x'\n", "':x'", "package.module:Class"),
        ("[detection]\nbackend = '.relative:X'\n", "'.relative:X'", "package.module:Class"),
        ("[detection]\nspeed = 1\n", "[detection] speed", "backend"),
        ("[thresholds]\nmask = 0.5\n", "mask", "mask_cut"),
        ("[thresholds]\nmask_cut = 1.5\n", "mask_cut", "between 0 and 1"),
        ("[thresholds]\nmask_cut = nan\n", "mask_cut", "between 0 and 1"),
        ("[thresholds]\nmask_cut = 'high'\n", "mask_cut", "float"),
        ("[thresholds]\nmask_cut = true\n", "mask_cut", "float"),
        ("[thresholds]\nby_basis = 0.5\n", "by_basis", "one number for each"),
        ("[thresholds.by_basis]\nklass = 0.5\n", "klass", "phrase, class, face"),
        ("[thresholds.listed]\nclass = 2\n", "class = 2", "between 0 and 1"),
        ("[thresholds.phrase]\ndog = false\n", "dog", "between 0 and 1"),
        ("[limits]\nmegapixel = 3\n", "megapixel", "megapixels"),
        ("[limits]\nmegapixels = 0\n", "megapixels", "positive"),
        ("[limits]\nmegapixels = inf\n", "megapixels", "finite"),
        ("[limits]\nmemo_mb = nan\n", "memo_mb", "positive"),
        ("[limits]\nobjects = 2.5\n", "objects", "int"),
        ("[limits]\nobjects = true\n", "objects", "int"),
        ("[limits\n", "not valid TOML", "line"),
    ],
)
def test_an_error_names_the_file_the_key_and_what_is_allowed(
    tmp_path: Path, text: str, names: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "mine.toml") in caught.value.message
    assert names in caught.value.message
    assert allowed in caught.value.remedy


def test_the_error_names_the_file_that_is_wrong_not_the_last(tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong.toml", tmp_path / "right.toml"
    wrong.write_text("[limits]\nobjects = -1\n")
    right.write_text("[limits]\nobjects = 3\n")
    with pytest.raises(SettingsError, match=r"wrong\.toml"):
        load_settings(right, {}, wrong)


@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_files_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mine.toml"
    if kind == "folder":
        file.mkdir()
    elif kind == "binary":
        file.write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(SettingsError, match=r"mine\.toml") as caught:
        load_settings(file, {}, NOWHERE)
    assert caught.value.remedy


def test_a_byte_order_mark_and_whole_numbers_are_welcome(tmp_path: Path) -> None:
    settings = read(tmp_path, "\ufeff[limits]\nupload_mb = 5\nobjects = 4.0\n[thresholds]\nbox = 1\n")
    assert (settings.limits.upload_mb, settings.limits.objects, settings.thresholds.box) == (5.0, 4, 1.0)
    assert isinstance(settings.limits.objects, int)


def test_another_back_end_drops_the_old_ones_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, ("detection", "small"), Backend("tests.test_settings:PlugIn", {"speed": 1}))
    monkeypatch.setitem(BACKENDS, ("detection", "large"), Backend("tests.test_settings:PlugIn", {"tiles": 2}))
    local = tmp_path / "local.toml"
    local.write_text("[detection]\nbackend = 'small'\nspeed = 9\n")
    other = tmp_path / "other.toml"
    other.write_text("[detection]\nbackend = 'large'\n")
    same = tmp_path / "same.toml"
    same.write_text("[detection]\nbackend = 'small'\n")
    assert dict(load_settings(None, {}, local).ports["detection"].options) == {"speed": 9}
    assert dict(load_settings(same, {}, local).ports["detection"].options) == {"speed": 9}
    assert dict(load_settings(other, {}, local).ports["detection"].options) == {"tiles": 2}


def test_a_plug_in_is_built_from_a_file_with_its_own_keys(tmp_path: Path) -> None:
    settings = read(tmp_path, "[intent]\nbackend = 'tests.test_settings:PlugIn'\nspeed = 3\n")
    engine = build_port(settings, "intent")
    assert (engine.speed, engine.cache_dir) == (3, settings.cache_dir)
    assert assemble(settings).intent.speed == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("backend", "options", "error", "says"),
    [
        ("no_such_package.engine:Class", {}, EngineUnavailable, "no_such_package"),
        ("tests.test_settings:Missing", {}, SettingsError, "Missing"),
        ("tests.test_settings:PlugIn", {"colour": 1}, EngineUnavailable, "colour"),
        ("tests.fixtures_broken:PlugIn", {}, EngineUnavailable, "tests.fixtures_broken"),
    ],
)
def test_what_cannot_be_built_says_why(backend: str, options: dict[str, Any], error: type, says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        build("intent", backend, options, CONTEXT)
    assert caught.value.remedy


def test_an_engine_that_cannot_be_built_is_no_error_until_it_is_used(tmp_path: Path) -> None:
    settings = read(tmp_path, "[intent]\nbackend = 'no_such_package.engine:Class'\n")
    engines = assemble(settings)
    status = engines.intent.status()
    assert not status.ready
    assert "no_such_package" in status.reason
    with pytest.raises(EngineUnavailable, match="no_such_package"):
        engines.intent.classify(["segment the dog"])


def test_ports_without_an_engine_say_what_is_missing() -> None:
    settings = load_settings(None, {}, NOWHERE)
    for port in ("speech", "planning"):
        status = build_port(settings, port).status()
        assert not status.ready
        assert status.reason
        assert status.remedy
