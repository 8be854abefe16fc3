"""`transcribe`, and `ask --audio`: from a recording to its words, and to a turn in its words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.cli import ask, transcribe
from core.dialogue.engines import Engines
from core.errors import Cancelled, EngineUnavailable
from core.pictures import encode_png
from core.types.speech import Segment, Word
from tests import sounds
from tests.cli.conftest import Run
from tests.fake_speech import FakeTranscriber, segment
from tests.fakes import picture
from tests.recordings import recording

pytest.importorskip("av")
GHOST = segment("Thank you.", 2.0, 3.0, voice=0.0)


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """A recording."""
    file = tmp_path / "said.webm"
    file.write_bytes(recording(sounds.speech(3.0), "webm"))
    return file


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch, engines: Engines) -> Any:
    """`hears(*segments)`: both commands get a transcriber that hears these in everything; `error` is raised instead."""

    def go(*segments: Segment, error: BaseException | None = None) -> FakeTranscriber:
        fake = FakeTranscriber(segments, error)
        monkeypatch.setattr(transcribe, "build_port", lambda settings, port: fake)
        monkeypatch.setattr(ask, "assemble", lambda settings: replace(engines, transcriber=fake))
        return fake

    return go


def test_the_words_stand_alone_on_the_first_line(run: Run, said: Path, hears: Any) -> None:
    hears(segment("Segment the cat."), GHOST)
    done = run("transcribe", said)
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "Segment the cat."
    ghost = next(line for line in lines if "Thank you." in line)
    assert ghost.split()[:2] == ["2.00", "3.00"]
    assert "no voice in the sound" in ghost
    assert "language    en (97%)" in lines
    assert any(line.startswith("engine") and "fake/speech" in line for line in lines)


def test_json_has_every_number(run: Run, said: Path, hears: Any) -> None:
    words = (Word("Segment", 0.0, 0.5, 0.91), Word("it.", 0.5, 1.0, 0.8))
    hears(replace(segment("Segment it."), words=words), GHOST)
    done = run("transcribe", said, "--json")
    assert (done.status, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["name"] == "said.webm"
    assert told["text"] == "Segment it."
    assert (told["language"], told["language_probability"], told["task"]) == ("en", 0.97, "transcribe")
    first, second = told["segments"]
    assert first["words"][0] == {"text": "Segment", "start": 0.0, "end": 0.5, "probability": 0.91}
    assert first["dropped"] == ""
    assert {"avg_logprob", "no_speech_prob", "compression", "loudness", "voice", "start", "end"} <= set(first)
    assert "no voice" in second["dropped"]


@pytest.mark.parametrize("segments", [(), (GHOST,)])
def test_nothing_heard_is_no_error(run: Run, said: Path, hears: Any, segments: Sequence[Segment]) -> None:
    hears(*segments)
    done = run("transcribe", said)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[0] == "Nothing was heard."
    told = run("transcribe", said, "--json")
    assert told.status == 0
    assert json.loads(told.out)["text"] == ""


def test_thresholds_come_from_the_settings(run: Run, said: Path, hears: Any, tmp_path: Path) -> None:
    hears(GHOST)
    settings = tmp_path / "s.toml"
    settings.write_text("[thresholds]\nvoice = 0.0\n")
    assert run("transcribe", said, "--settings", settings).out.startswith("Thank you.\n")


def test_a_cut_recording_is_told(run: Run, tmp_path: Path, hears: Any) -> None:
    hears(segment())
    data = recording(sounds.speech(4.0), "webm")
    file = tmp_path / "cut.webm"
    file.write_bytes(data[: len(data) // 2])
    done = run("transcribe", file)
    assert done.status == 0
    assert done.err.startswith("warning: cut.webm is cut or damaged")
    assert "cut or damaged" in json.loads(run("transcribe", file, "--json").out)["warnings"][0]


def refused(run: Run, *arguments: str | Path) -> str:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith("error: ")
    return line


def test_what_is_no_recording(run: Run, tmp_path: Path, grey: Path, hears: Any) -> None:
    hears(segment())
    (tmp_path / "empty.wav").touch()
    assert "empty" in refused(run, "transcribe", tmp_path / "empty.wav")
    assert "holds no sound" in refused(run, "transcribe", grey)
    assert "cannot be read" in refused(run, "transcribe", tmp_path / "none.wav")
    assert "is a folder, not a recording" in refused(run, "transcribe", tmp_path)


def test_too_long_a_recording(run: Run, said: Path, hears: Any, tmp_path: Path) -> None:
    fake = hears(segment())
    settings = tmp_path / "s.toml"
    settings.write_text("[limits]\naudio_minutes = 0.01\n")
    assert "audio_minutes" in refused(run, "transcribe", said, "--settings", settings)
    assert not fake.calls


def test_without_a_speech_engine(run: Run, said: Path, grey: Path, tmp_path: Path) -> None:
    line = refused(run, "transcribe", said)
    assert "whisper" in line
    settings = tmp_path / "s.toml"
    settings.write_text(f'[speech]\nbackend = "whisper"\nmodel = "{(tmp_path / "none.pt").as_posix()}"\n')
    line = refused(run, "transcribe", said, "--settings", settings)
    assert "none.pt" in line or "not installed" in line


def test_stopped(run: Run, said: Path, hears: Any) -> None:
    hears(error=Cancelled("Stopped.", "Send the request again to continue."))
    assert run("transcribe", said).status == 130


def test_ask_in_the_words_of_a_recording(run: Run, grey: Path, said: Path, hears: Any) -> None:
    hears(segment("Segment the dog."), GHOST)
    done = run("ask", grey, "--audio", said)
    assert (done.status, done.err) == (0, "")
    assert 'heard       "Segment the dog.", language en (97%)' in done.out
    told = json.loads(run("ask", grey, "--audio", said, "--json").out)
    assert told["text"] == "Segment the dog."
    assert [d["phrase"] for d in told["detections"]] == ["dog"]
    assert told["transcript"]["text"] == "Segment the dog."
    assert [bool(s["dropped"]) for s in told["transcript"]["segments"]] == [False, True]


def test_a_typed_request_has_no_transcript(run: Run, grey: Path, hears: Any) -> None:
    fake = hears(segment())
    told = json.loads(run("ask", grey, "segment the dog", "--json").out)
    assert told["transcript"] is None
    assert not fake.calls


def test_text_or_recording_not_both_and_not_none(run: Run, grey: Path, said: Path, hears: Any) -> None:
    hears(segment())
    assert "Both TEXT and --audio FILE are given" in refused(run, "ask", grey, "segment it", "--audio", said)
    assert "Neither TEXT nor --audio FILE is given" in refused(run, "ask", grey)


def test_ask_with_nothing_said(run: Run, grey: Path, said: Path, hears: Any) -> None:
    hears(GHOST)
    line = refused(run, "ask", grey, "--audio", said)
    assert "Nothing was heard in 'said.webm'" in line
    assert "'Thank you.': no voice" in line
    assert "type the request" in line


def test_ask_without_a_speech_engine(run: Run, grey: Path, said: Path, engines: Engines, hears: Any) -> None:
    hears(error=EngineUnavailable("No weights.", "Fetch them."))
    assert refused(run, "ask", grey, "--audio", said) == "error: No weights. Fetch them."


def test_a_cut_recording_warns_in_the_turn(run: Run, grey: Path, tmp_path: Path, hears: Any) -> None:
    hears(segment())
    data = recording(sounds.speech(4.0), "webm")
    file = tmp_path / "cut.webm"
    file.write_bytes(data[: len(data) // 2])
    told = json.loads(run("ask", grey, "--audio", file, "--json").out)
    assert any("cut.webm is cut or damaged" in warning for warning in told["warnings"])


def test_the_real_recogniser_from_file_to_words(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: Engines
) -> None:
    """A checkpoint of random weights through both commands: whatever it says is an answer, on silence it is nothing."""
    pytest.importorskip("torch")
    pytest.importorskip("whisper")
    from core.speech.windows import Wish
    from tests.checkpoints.whisper import make

    monkeypatch.setattr("core.speech.whisper.Wish", partial(Wish, temperatures=(0.0,), tokens=8))
    checkpoint = make(tmp_path / "tiny.pt")
    settings = tmp_path / "s.toml"
    settings.write_text(
        f'[speech]\nbackend = "whisper"\nmodel = "{checkpoint.as_posix()}"\ndevice = "cpu"\n'
        "[thresholds]\ncompression = 1e9\nno_speech = 1.0\n"
    )
    trusting = tmp_path / "t.toml"  # its times are as random as its words
    trusting.write_text(settings.read_text() + "voice = 0.0\nloudness = -999.0\n")
    files = {}
    for name, sound in {"speech": sounds.speech(3.0), "hiss": sounds.noise(3.0, -45.0)}.items():
        files[name] = tmp_path / f"{name}.mp3"
        files[name].write_bytes(recording(sound, "mp3"))
    told = json.loads(run("transcribe", files["speech"], "--json", "--settings", trusting).out)
    assert told["text"]
    assert told["engine"] == "whisper/tiny"
    assert told["segments"][0]["words"]
    assert run("transcribe", files["hiss"], "--settings", settings).out.startswith("Nothing was heard.\n")
    image = tmp_path / "p.png"
    image.write_bytes(encode_png(picture().pixels))
    assert run("transcribe", image, "--settings", settings).status == 2
