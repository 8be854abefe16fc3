"""`chat --session`: a chat that goes on where it was, in a file that is whole after every turn."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.cli import chat, chat_kept
from tests.cli.conftest import LEFT, RIGHT, Talk, TalkJson
from tests.fakes import fake_engines


@pytest.fixture
def session(tmp_path: Path) -> Path:
    folder = tmp_path / "sessions"
    folder.mkdir()
    return folder / "mine.zip"


def test_it_goes_on_with_pictures_and_turns(told: TalkJson, grey: Path, blue: Path, session: Path) -> None:
    (first,) = told("segment the dog and the cat\n", grey, "--session", session)
    pictures, greeting, kept = told("/pictures\nhello\nonly the second\n", blue, "--session", session)
    assert [p["name"] for p in pictures["pictures"]] == ["grey.png", "blue.png"]
    assert greeting["detections"] == first["detections"]
    assert [d["box"] for d in kept["detections"]] == [list(RIGHT)]
    assert kept["pictures"][0]["number"] == 1
    (undone,) = told("undo\n", "--session", session)
    assert [d["box"] for d in undone["detections"]] == [list(LEFT), list(RIGHT)]
    assert [d["mask_area"] for d in undone["detections"]] == [900, 900]


def test_nothing_is_measured_again(
    told: TalkJson, grey: Path, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("segment the dog and the cat\n", grey, "--session", session)
    parts = fake_engines()  # a new process remembers nothing, and these engines see other things
    monkeypatch.setattr(chat, "assemble", lambda settings: parts)
    saved, kept, undone = told(f"/save {tmp_path / 'o'}\nonly the second\nundo\n", "--session", session)
    assert [d["box"] for d in kept["detections"]] == [list(RIGHT)]
    assert [d["mask_area"] for d in undone["detections"]] == [900, 900]
    assert (parts.detector.calls, parts.segmenter.calls) == (0, 0)  # type: ignore[attr-defined]
    readings = json.loads(Path(saved["files"]["turn.json"]).read_text())["readings"]
    assert [reading["phrase"] for reading in readings] == ["dog", "cat"]


def test_it_goes_on_with_a_question(told: TalkJson, grey: Path, session: Path) -> None:
    (asked,) = told("maybe the dog\n", grey, "--session", session)
    (turn,) = told("1\n", "--session", session)
    assert (asked["status"], turn["status"], turn["intent"]["label"]) == ("asked", "done", "segment")


def test_a_changed_picture_is_kept(told: TalkJson, grey: Path, session: Path, tmp_path: Path) -> None:
    (turn,) = told("remove the dog\n", grey, "--session", session)
    (saved,) = told(f"/save {tmp_path / 'o'}\n", "--session", session)
    assert turn["edited"]
    assert "edited.png" in saved["files"]


def test_it_is_written_without_a_turn_and_is_a_zip(talk: Talk, grey: Path, session: Path) -> None:
    assert talk("", grey, "--session", session).status == 0
    with zipfile.ZipFile(session) as archive:
        assert archive.testzip() is None
    assert [file.name for file in session.parent.iterdir()] == ["mine.zip"], "nothing is left beside it"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"{}"])
def test_a_bad_zip_is_refused_and_left_as_it_was(talk: Talk, grey: Path, session: Path, data: bytes) -> None:
    session.write_bytes(data)
    done = talk("segment the dog\n", grey, "--session", session)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert session.read_bytes() == data
    assert len(list(session.parent.iterdir())) == 1


def test_another_zip_is_refused_and_left_as_it_was(talk: Talk, grey: Path, session: Path) -> None:
    with zipfile.ZipFile(session, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    before = session.read_bytes()
    assert talk("segment the dog\n", grey, "--session", session).status == 2
    assert session.read_bytes() == before


def test_a_picture_that_is_bad_leaves_the_zip_as_it_was(talk: Talk, grey: Path, session: Path) -> None:
    talk("segment the dog\n", grey, "--session", session)
    before = session.read_bytes()
    assert talk("", "/no/such.png", "--session", session).status == 2
    assert session.read_bytes() == before


def test_each_turn_is_in_the_file_before_it_is_told(
    talk: Talk, grey: Path, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def line(value: dict[str, Any]) -> None:
        sizes.append(session.stat().st_size)

    monkeypatch.setattr("core.cli.chat_told._print_line", line)
    talk("segment the dog\nsegment the cat\n/help\n", grey, "--session", session, "--json")
    assert sizes[0] < sizes[1] == sizes[2]


def test_what_cannot_be_kept_is_said_and_the_answer_is_not_lost(
    talk: Talk, grey: Path, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = chat_kept.Path.replace
    full = [False, True, False, False]

    def replace(path: Path, target: Path) -> Path:
        if Path(target) == session and full.pop(0):
            raise OSError(28, "No space left on device")
        return written(path, target)

    monkeypatch.setattr(chat_kept.Path, "replace", replace)
    done = talk("segment the dog\n", grey, "--session", session, "--json")
    assert done.status == 0, "at the end it could be written"
    turn = json.loads(done.out)
    assert turn["detections"]
    assert any("No space left" in warning for warning in turn["warnings"])
    assert [file.name for file in session.parent.iterdir()] == ["mine.zip"]


def test_a_session_that_is_lost_is_an_error(
    talk: Talk, grey: Path, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = chat_kept.Path.replace
    done: list[Path] = []

    def replace(path: Path, target: Path) -> Path:
        if Path(target) == session:
            done.append(target)
        if len(done) > 1:
            raise OSError(28, "No space left on device")
        return written(path, target)

    monkeypatch.setattr(chat_kept.Path, "replace", replace)
    ended = talk("segment the dog\n", grey, "--session", session)
    assert ended.status == 2
    assert "No space left" in ended.err
    assert ended.out.startswith("segment: 1 dog.")


def test_a_link_to_a_session_stays_a_link(talk: Talk, grey: Path, session: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.zip"
    link.symlink_to(session)
    assert talk("segment the dog\n", grey, "--session", link).status == 0
    assert link.is_symlink()
    assert session.is_file()


def test_the_installations_own_chats_are_not_touched(
    talk: Talk, grey: Path, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLP_WORKBENCH_DATA", str(tmp_path / "data"))
    settings = tmp_path / "mine.toml"
    settings.write_text(f'[sessions]\nurl = "sqlite:///{tmp_path}/own.db"\n')
    assert talk("segment the dog\n", grey, "--session", session, "--settings", settings).status == 0
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "own.db").exists()
