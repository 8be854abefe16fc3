"""The settings file as a page writes it: only what differs, comments kept, at once or not at all."""

from __future__ import annotations

import os
import stat
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.errors import SettingsError, StorageError
from core.settings import Settings, load_settings
from core.settings_file import fingerprint, save, set_in

DINO = {"backend": "transformers", "model": "/models/dino", "device": "cpu", "dtype": "auto"}
PLAIN = {"backend": "embedded", "tiles": False}
RUNTIME = {"offline": True, "keep_memory": True, "threads": 2, "preview_seconds": 2.0, "encodings_mb": 64.0}
COMMENTED = """\
# Our machine's settings.
[limits]          # small pictures only
megapixels = 20   # of the scanner

# The detector that the team agreed on.
[detection]   # see the wiki
# do not touch before Friday
backend = "transformers"  # the big one
model = 'IDEA-Research/grounding-dino-base'

# Whose mask it is.
[segmentation]
mask_head = false # slow machine
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VLP_WORKBENCH_SETTINGS", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workbench.local.toml"


def put(file: Path, text: str | None = None, seen: str | None = None, **changes: Any) -> Settings:
    """Save as a page that has just read the file does, and read it back."""
    if text is not None:
        file.write_text(text, encoding="utf-8", newline="")
    new = save(file, changes, fingerprint(file) if seen is None else seen)
    assert new == fingerprint(file)
    assert [p.name for p in file.parent.iterdir()] == [file.name], "nothing else is left behind"
    return load_settings(environ={}, local=file)


def test_a_new_file_holds_only_what_differs_from_the_tracked_defaults(file: Path) -> None:
    settings = put(file, detection=DINO, segmentation={"backend": "embedded", "mask_head": True}, local=RUNTIME)
    assert tomllib.loads(file.read_text()) == {
        "detection": {"backend": "transformers", "model": "/models/dino", "device": "cpu"},
        "local": {"offline": True, "threads": 2},
    }
    assert dict(settings.ports["detection"].options) == {k: v for k, v in DINO.items() if k != "backend"}
    assert (settings.runtime.offline, settings.runtime.threads) == (True, 2)


def test_comments_order_and_other_tables_stay(file: Path) -> None:
    put(file, COMMENTED, detection=DINO)
    assert file.read_text() == COMMENTED.replace(
        "model = 'IDEA-Research/grounding-dino-base'\n", 'model = "/models/dino"\ndevice = "cpu"\n'
    )


def test_another_back_end_drops_the_keys_that_mean_nothing_to_it(file: Path) -> None:
    settings = put(file, COMMENTED, detection=PLAIN)
    text = file.read_text()
    assert "model" not in text and 'backend = "embedded"  # the big one' in text
    assert settings.ports["detection"].backend == "embedded"
    assert not settings.ports["segmentation"].options["mask_head"], "the other tables count as before"


def test_back_to_the_tracked_defaults(file: Path) -> None:
    settings = put(file, COMMENTED, detection=None, segmentation=None)
    assert settings.ports["detection"].backend == "embedded" and settings.ports["segmentation"].options["mask_head"]
    assert settings.limits.megapixels == 20
    for comment in (
        "# Our machine's",
        "# of the scanner",
        "that the team agreed on.",
        "# do not touch",
        "# Whose mask",
    ):
        assert comment in file.read_text()
    put(file, '[detection]\nbackend = "transformers"\n', detection=None)
    assert file.read_text() == "", "an empty table says nothing"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[limits]\nobjects = 3 # no newline at the end",
        '[detection]\r\nbackend = "embedded"\r\ntiles = true\r\n\r\n# next\r\n[limits]\r\nobjects = 3\r\n',
        '\ufeff[detection]\nbackend = "embedded"\n',
        'detection = { backend = "embedded", tiles = true } # in a line\n[limits]\nobjects = 3\n',
        'detection.backend = "embedded"\nlimits.objects = 3\n',
        "[detection]\n[limits]\nobjects = 3\n[thresholds.by_basis]\nclass = 0.3\n",
    ],
    ids=["empty", "no newline", "windows", "byte order mark", "inline", "dotted", "empty table"],
)
def test_every_way_of_writing_a_table(file: Path, text: str) -> None:
    before = tomllib.loads(text.removeprefix("\ufeff"))
    settings = put(file, text, detection=DINO)
    after = tomllib.loads(file.read_text(encoding="utf-8"))
    assert {k: v for k, v in after.items() if k != "detection"} == {k: v for k, v in before.items() if k != "detection"}
    assert settings.ports["detection"].options["model"] == "/models/dino"
    lines = file.read_bytes()
    assert lines.count(b"\r\n") in (0, lines.count(b"\n")), "one kind of line ending"


def test_what_tomlkit_cannot_edit_is_left_to_its_owner(file: Path) -> None:
    text = 'detection.backend = "transformers"\nlimits.objects = 3\ndetection.model = "x"\n'
    file.write_text(text)
    with pytest.raises(SettingsError, match="by hand"):
        put(file, detection=PLAIN)
    assert file.read_text() == text


def test_wordings_in_a_table_of_their_own_and_hostile_texts(file: Path) -> None:
    words = {"segment": 'say "outline"\n[detection]\nbackend = "evil:Class"', "answer": "\\ ' # \x00 \u2028 🐈"}
    zero = {"backend": "zero_shot", "model": "m", "device": "auto", "dtype": "auto", "template": "{}", "top_k": 3,
            "labels": words}  # fmt: skip
    for text in ("", '[intent]\nbackend = "zero_shot"\n[intent.labels]\nmask = "cut" # ours\n# tail\n'):
        settings = put(file, text, intent=zero)
        assert dict(settings.ports["intent"].options["labels"]) == words
        assert settings.ports["detection"].backend == "embedded"
    assert "# tail" in file.read_text()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"detection": {**DINO, "device": 3}}, "device"),
        ({"detection": {**DINO, "speed": 3}}, "speed"),
        ({"detection": {"backend": "evil.module:Class"}}, "evil"),
        ({"detection": {"backend": "dino"}}, "dino"),
        ({"local": {**RUNTIME, "preview_seconds": -1.0}}, "preview_seconds"),
        ({"limits": {"objects": 3}}, "limits"),
        ({"access": {"administrators": ["me@example.org"]}}, "access"),
        ({"detection": {**DINO, "model": "\ud800"}}, "by hand"),
    ],
)
def test_what_is_refused_leaves_the_file_alone(file: Path, changes: dict[str, Any], names: str) -> None:
    file.write_text(COMMENTED)
    with pytest.raises(SettingsError) as caught:
        put(file, **changes)
    assert names in str(caught.value)
    assert ".local.toml." not in str(caught.value), "the file that was tried is not named"
    assert file.read_text() == COMMENTED
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_a_class_of_ones_own_is_never_changed_from_a_page(file: Path) -> None:
    text = '[detection]\nbackend = "my.module:Class"\nmodel = "x"\n'
    for values in (DINO, None):
        with pytest.raises(SettingsError, match="not set from a page"):
            put(file, text, detection=values)
        assert file.read_text() == text
    assert put(file, text, local=RUNTIME).ports["detection"].backend == "my.module:Class"


def test_a_file_broken_by_hand_is_not_touched(file: Path) -> None:
    for text in ("[detection\nbackend = 1\n", "[limits]\nobjects = -1\n"):
        file.write_text(text)
        with pytest.raises(SettingsError):
            put(file, detection=DINO)
        assert file.read_text() == text
    file.write_bytes(b"\xff\xfe[")
    with pytest.raises(SettingsError, match="not valid TOML"):
        put(file, detection=DINO)
    assert file.read_bytes() == b"\xff\xfe["


def test_a_change_in_between_is_not_written_over(file: Path) -> None:
    seen = fingerprint(file)
    put(file, detection=DINO)
    text = file.read_text()
    with pytest.raises(SettingsError, match="changed meanwhile"):
        put(file, seen=seen, local=RUNTIME)
    assert file.read_text() == text
    put(file, local=RUNTIME)
    assert tomllib.loads(file.read_text())["detection"]["model"] == "/models/dino"


def test_of_many_who_save_at_once_one_wins_and_the_others_are_told(file: Path) -> None:
    seen, done, told = fingerprint(file), [], []

    def one(number: int) -> None:
        try:
            save(file, {"local": {**RUNTIME, "threads": number}}, seen)
            done.append(number)
        except SettingsError:
            told.append(number)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(told)) == (1, 7)
    assert tomllib.loads(file.read_text())["local"]["threads"] == done[0]


def test_a_later_file_that_counts_more_is_named(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = tmp_path / "more" / "later.toml"
    later.parent.mkdir()
    later.write_text('[detection]\nbackend = "embedded"\n')
    monkeypatch.setenv("VLP_WORKBENCH_SETTINGS", str(later))
    with pytest.raises(SettingsError, match=r"later\.toml"):
        save(file, {"detection": DINO}, fingerprint(file))
    assert not file.exists()
    save(file, {"local": RUNTIME}, fingerprint(file))
    where = set_in(load_settings(local=file))
    assert (where["detection"], where["local"]) == (str(later), str(file))


def test_the_caller_may_refuse_what_would_count(file: Path) -> None:
    def refuse(settings: Settings) -> None:
        assert settings.ports["detection"].options["model"] == "/models/dino"
        raise SettingsError("Not this one.", "Another.")

    with pytest.raises(SettingsError, match="Not this one"):
        save(file, {"detection": DINO}, "", refuse)
    assert not file.exists()


def test_permissions_and_links_stay(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "real" / "settings.toml"
    real.parent.mkdir()
    real.write_text("[limits]\nobjects = 3\n")
    real.chmod(0o600)
    file.symlink_to(real)
    save(file, {"detection": DINO}, fingerprint(file))
    assert file.is_symlink() and "transformers" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    file.write_text(COMMENTED)
    with pytest.raises(StorageError, match="No space left"):
        save(file, {"detection": DINO}, fingerprint(file))
    assert file.read_text() == COMMENTED
    assert [p.name for p in tmp_path.iterdir()] == [file.name]
    monkeypatch.undo()
    under = tmp_path / "workbench.local.toml" / "deeper.toml"
    with pytest.raises(StorageError):
        save(under, {"detection": DINO}, "")
