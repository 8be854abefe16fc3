"""`chat` with faked engines: what a program reads for each line, what a person reads, and what may go wrong between."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path

import numpy as np
import pytest

from core.cli import chat
from core.dialogue.engines import Engines
from core.errors import EngineUnavailable
from core.pictures import encode_png
from tests.cli.conftest import LEFT, RIGHT, Run, Talk, TalkJson
from tests.fakes import FakeDetector, fake_engines

TURN = {
    *("id", "text", "status", "intent", "phrases", "detections", "suggestions", "answer", "actions", "engines"),
    *("timings_ms", "files", "warnings", "references", "pictures"),
}
REFERENCE = {"words", "operation", "meaning", "objects", "phrases", "turn", "picture"}
PICTURE = {"number", "name", "digest", "width", "height"}


def test_one_line_a_request_with_every_key_of_ask_and_two_more(told: TalkJson, grey: Path) -> None:
    first, second = told("segment the dog\n\n   \nfind the cat\n", grey)
    for turn in (first, second):
        assert set(turn) >= TURN
        assert [set(p) & PICTURE for p in turn["pictures"]] == [PICTURE]
    assert (first["text"], first["status"], first["intent"]["label"]) == ("segment the dog", "done", "segment")
    assert [(d["box"], d["mask_area"], d["picture"]) for d in first["detections"]] == [(list(LEFT), 900, 1)]
    assert [d["phrase"] for d in second["detections"]] == ["cat"]
    assert (first["pictures"][0]["name"], first["pictures"][0]["number"]) == ("grey.png", 1)
    assert (first["pictures"][0]["width"], first["pictures"][0]["height"]) == (120, 80)
    assert first["references"] == []


def test_ask_has_the_same_form(told: TalkJson, run: Run, grey: Path) -> None:
    (turn,) = told("segment the dog\n", grey)
    alone = json.loads(run("ask", grey, "segment the dog", "--json").out)
    assert set(alone) == set(turn)
    assert alone["references"] == []
    assert alone["pictures"] == turn["pictures"]
    assert alone["detections"] == turn["detections"]


def test_a_request_over_several_pictures_is_one_line(told: TalkJson, grey: Path, blue: Path) -> None:
    told_all, told_new = told("/use all\nsegment the dog\n/use newest\nsegment the dog\n", grey, blue)[1::2]
    assert [p["number"] for p in told_all["pictures"]] == [1, 2]
    assert [(d["picture"], d["number"]) for d in told_all["detections"]] == [(1, 1), (2, 1)]
    assert told_all["answer"] == "grey.png: segment: 1 dog.\nblue.png: segment: 1 dog."
    assert (told_all["status"], told_all["image_digest"]) == ("done", "")
    assert [p["name"] for p in told_new["pictures"]] == ["blue.png"]


def test_the_worst_status_is_that_of_several_pictures(
    told: TalkJson, grey: Path, blue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half(FakeDetector):
        def propose(self, image, phrases, job):  # type: ignore[no-untyped-def]
            if image.name == "blue.png":
                raise EngineUnavailable("It is broken.", "Mend it.")
            return super().propose(image, phrases, job)

    parts = fake_engines(detector=Half((("dog", LEFT, 0.9),)))
    monkeypatch.setattr(chat, "assemble", lambda settings: parts)
    _, turn = told("/use 1 2\nsegment the dog\n", grey, blue)
    assert turn["status"] == "failed"
    assert [d["picture"] for d in turn["detections"]] == [1]
    assert [(f["message"], f["picture"]) for f in turn["failures"]] == [("It is broken.", 2)]


def test_pictures_are_chosen_by_name_and_number(told: TalkJson, grey: Path, blue: Path) -> None:
    turns = told("segment the dog in picture 1\nsegment the dog in blue.png\nsegment the dog\n", grey, blue)
    assert [t["pictures"][0]["number"] for t in turns] == [1, 2, 2]
    (asked,) = told("segment the dog in picture 7\n", grey)
    assert asked["status"] == "asked"
    assert "picture 7" in asked["answer"]


def test_what_is_in_force_stays_where_a_turn_looked_at_nothing(told: TalkJson, grey: Path) -> None:
    segmented, greeting = told("segment the dog\nhello\n", grey)
    assert greeting["intent"]["label"] == "other"
    assert greeting["detections"] == segmented["detections"] != []


@pytest.mark.parametrize("answer", ["1", " 1. ", "Outline it", "outline it!"])
def test_a_question_back_is_answered_by_number_or_words(told: TalkJson, grey: Path, answer: str) -> None:
    asked, turn = told(f"maybe the dog\n{answer}\n", grey)
    assert asked["status"] == "asked"
    assert asked["actions"][0]["label"] == "Outline it"
    assert (turn["status"], turn["intent"]["label"]) == ("done", "segment")
    assert [d["box"] for d in turn["detections"]] == [list(LEFT)]


def test_people_see_the_numbers_of_the_choices(talk: Talk, grey: Path) -> None:
    done = talk("maybe the dog\n2\n", grey)
    assert "  1) Outline it\n  2) " in done.out
    assert "inpaint: 1 maybe dog." in done.out
    assert "/save DIR" in done.out, "the picture was changed"


def test_people_read_a_block_a_turn(talk: Talk, grey: Path) -> None:
    done = talk("segment the dog\nfind the cat\n", grey)
    blocks = done.out.rstrip("\n").split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["segment: 1 dog.", "detect: 1 cat."]
    assert "10,10,40,40" in blocks[0]
    assert done.err == ""


def test_errors_between_and_the_chat_goes_on(told: TalkJson, grey: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    lines = [
        "x" * 20_001, "é" * 300_000, f"/open {bad}", "/open /no/such.png", "/open", "/nonsense", "/home/me/cat.png",
        "/use 2", "/use one", "/select 1", "/save", f"/save {tmp_path}", "segment the dog",
    ]  # fmt: skip
    *errors, turn = told("\n".join(lines), grey)
    assert len(errors) == len(lines) - 1
    for error in errors:
        assert set(error) == {"error"}
        assert set(error["error"]) == {"message", "remedy", "kind"}
        assert error["error"]["message"]
        assert error["error"]["remedy"]
    assert "20,001" in errors[0]["error"]["message"]
    assert "300,000" in errors[1]["error"]["message"]
    assert "/open" in errors[5]["error"]["remedy"]
    assert turn["status"] == "done"


def test_a_line_of_the_longest_allowed_length_is_read(told: TalkJson, grey: Path) -> None:
    (turn,) = told("segment the dog " + "𝄞" * (20_000 - 16) + "\r\n", grey)
    assert len(turn["text"]) == 20_000


def test_people_read_errors_on_stderr(talk: Talk, grey: Path) -> None:
    done = talk("/nonsense\nsegment the dog\n", grey)
    assert done.status == 0
    assert done.err.startswith("error: There is no command /nonsense. ")
    assert done.out.startswith("segment: 1 dog.")


def test_a_turn_that_fails_is_told_once(talk: Talk, grey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = EngineUnavailable("The weights are missing.", "Fetch them.")
    parts = fake_engines(detector=FakeDetector(error=missing))
    monkeypatch.setattr(chat, "assemble", lambda settings: parts)
    done = talk("segment the dog\n", grey)
    assert (done.status, done.out, done.err) == (0, "", "error: The weights are missing. Fetch them.\n")


def test_bytes_that_are_no_utf8_are_replaced_and_said(told: TalkJson, talk: Talk, grey: Path) -> None:
    first, second = told(b"\xef\xbb\xbfsegment the dog\nsegment the d\xff\xfeg\n", grey)
    assert (first["text"], first["warnings"]) == ("segment the dog", [])
    assert second["text"] == "segment the d��g"
    assert any("UTF-8" in warning for warning in second["warnings"])
    assert "UTF-8" in talk(b"find the d\xffg\n", grey).err


def test_no_character_breaks_a_line(told: TalkJson, grey: Path) -> None:
    text = "segment the dog\x0b\u2028and \x85 the\u2029 🐻\x1f"
    (turn,) = told(f"{text}\n", grey)
    assert turn["text"].startswith("segment the dog\x0b\u2028and")


def test_what_the_door_did_to_a_picture_is_said(told: TalkJson, talk: Talk, tmp_path: Path) -> None:
    file = tmp_path / "clear.png"
    file.write_bytes(encode_png(np.zeros((80, 120, 4), np.uint8)))
    assert any("white" in w for w in told("segment the dog\n", file)[0]["warnings"])
    assert "clear.png: transparency" in talk("segment the dog\n", file).err


def test_without_a_picture_it_asks_for_one_and_opens_it(told: TalkJson, talk: Talk, grey: Path) -> None:
    asked, opened, turn = told(f"segment the dog\n/open '{grey}'\nsegment the dog\n")
    assert (asked["status"], asked["pictures"]) == ("asked", [])
    assert [p["name"] for p in opened["pictures"]] == ["grey.png"]
    assert turn["status"] == "done"
    assert "/open FILE" in talk("segment the dog\n").out


def test_the_same_picture_is_not_opened_twice(told: TalkJson, grey: Path, blue: Path) -> None:
    opened, turn = told(f"/open {grey}\nsegment the dog\n", grey, blue)
    assert len(opened["pictures"]) == 2
    assert opened["about"] == [1]
    assert turn["pictures"][0]["name"] == "grey.png"


def test_a_picture_newly_opened_is_what_requests_are_about(told: TalkJson, grey: Path, blue: Path) -> None:
    used, opened, turn = told(f"/use 1\n/open {blue}\nfind the cat\n", grey)
    assert (used["about"], opened["about"]) == ([1], [2])
    assert [d["box"] for d in turn["detections"]] == [list(RIGHT)]
    assert turn["pictures"][0]["number"] == 2


def test_every_command_answers_with_one_line(told: TalkJson, grey: Path, tmp_path: Path) -> None:
    lines = [
        "/help",
        "/pictures",
        "/use 1",
        "segment the dog and the cat",
        "/select 2",
        f"/save {tmp_path / 'o'}",
        "/QUIT",
        "find",
    ]
    answers = told("\n".join(lines), grey)
    assert [a.get("command", a.get("text")) for a in answers] == [
        "help", "pictures", "use", "segment the dog and the cat", "select", "save", "quit",
    ]  # fmt: skip
    assert "/undo" in answers[0]["text"]
    assert answers[4]["selected"] == 2
    assert "cat" in answers[4]["text"]


def test_save_writes_what_ask_writes(told: TalkJson, run: Run, grey: Path, blue: Path, tmp_path: Path) -> None:
    turn, saved = told(f"remove the dog\n/save {tmp_path / 'o o'}\n", grey)
    alone = json.loads(run("ask", grey, "remove the dog", "--json", "--out", tmp_path / "p").out)
    assert set(saved["files"]) == set(alone["files"]) >= {"edited.png", "masks/01_dog.png", "overlay.png"}
    for name, path in saved["files"].items():
        if name != "turn.json":  # it has the turn's id
            assert Path(path).read_bytes() == Path(alone["files"][name]).read_bytes(), name
    assert turn["edited"] == alone["edited"] is not None
    _, _, several, again = told(
        f"/use all\nsegment the dog\n/save {tmp_path / 'q'}\n/save {tmp_path / 'q'}", grey, blue
    )
    assert {name.split("/")[0] for name in several["files"]} == {"01_grey", "02_blue"}
    assert several["files"] == again["files"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["/no/such.png"], "No such file"),
        (["/"], "folder"),
        (["--settings", "/no/such.toml"], "/no/such.toml"),
        (["--session", "/"], "folder"),
        (["--session", "/no/such/folder/a.zip"], "No such file"),
        (["--session", "/dev/null"], "ordinary"),
        (["--colour"], "--colour"),
    ],
)
def test_a_chat_that_cannot_begin_is_one_line(talk: Talk, arguments: list[str], says: str) -> None:
    done = talk("segment the dog\n", *arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_nothing_is_left_behind(talk: Talk, grey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    talk("remove the dog\n", grey)
    assert list(folder.iterdir()) == []


def test_an_input_that_cannot_be_read_is_one_line(
    run: Run, engines: Engines, grey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Broken()))
    done = run("chat", grey)
    assert (done.status, done.out) == (2, "")
    assert done.err == "error: Standard input cannot be read: Input/output error. Send one request a line.\n"


def test_no_input_at_all_is_the_end_of_it(
    run: Run, engines: Engines, grey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert run("chat", grey).status == 0
