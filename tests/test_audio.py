"""The sound door: every container to the same samples, and a plain word for everything that is no sound."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.audio import open_sound
from core.cli.inputs import read_sound
from core.errors import EngineUnavailable, InputError
from core.pictures import encode_jpeg, encode_png
from core.settings import Limits
from core.types.audio import RATE
from tests import sounds
from tests.recordings import KINDS, recording

pytest.importorskip("av")
LIMITS = Limits()


@pytest.mark.parametrize("kind", KINDS)
def test_every_container_gives_the_same_sound(kind: str) -> None:
    said = sounds.speech(2.0)
    clip = open_sound(recording(said, kind), f"said.{kind}", LIMITS)
    assert clip.samples.dtype == np.float32
    assert clip.seconds == pytest.approx(2.0, abs=0.1)
    assert clip.notes == ()
    assert clip.name == f"said.{kind}"
    length = min(len(clip.samples), len(said))
    likeness = max(  # encoders delay the sound by up to 2,500 samples of theirs
        float(np.corrcoef(clip.samples[lag:length], said[: length - lag])[0, 1]) for lag in range(0, 1200, 1)
    )
    assert likeness > 0.95


def test_samples_are_those_of_whispers_own_reader() -> None:
    """16 bits over 32768, nothing scaled."""
    said = np.array([0, 1, -1, 32767, -32768, 12345], np.int16)
    clip = open_sound(recording((said / 32768).astype(np.float32), "flac"), "said.flac", LIMITS)
    assert (clip.samples * 32768).tolist() == said.tolist()
    assert not clip.samples.flags.writeable


def test_a_video_is_its_sound() -> None:
    clip = open_sound(recording(sounds.speech(1.0), "webm", picture=True), "film.mkv", LIMITS)
    assert clip.seconds == pytest.approx(1.0, abs=0.1)


def test_the_same_sound_has_the_same_digest() -> None:
    data = recording(sounds.speech(0.5))
    assert open_sound(data, "a", LIMITS).digest == open_sound(data, "b", LIMITS).digest
    assert open_sound(data, "a", LIMITS).digest != open_sound(recording(sounds.speech(0.6)), "a", LIMITS).digest


NO_SOUND = {
    "empty": (b"", "empty"),
    "a picture": (encode_png(np.zeros((40, 40, 3), np.uint8)), "holds no sound"),
    "a photograph": (encode_jpeg(np.zeros((40, 40, 3), np.uint8)), "holds no sound"),
    "text": (b"Segment the dog, please.\n" * 200, "no sound that can be read"),
    "a PDF": (b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 100, "no sound that can be read"),
    "zeros": (bytes(100_000), "no sound that can be read"),
    "chance": (np.random.default_rng(1).bytes(100_000), "no sound that can be read"),
    "a play list": (b"ffconcat version 1.0\nfile secret.wav\n", "no sound that can be read"),
}


@pytest.mark.parametrize("name", NO_SOUND)
def test_what_is_no_sound_is_told(name: str) -> None:
    data, words = NO_SOUND[name]
    with pytest.raises(InputError, match=words) as caught:
        open_sound(data, name, LIMITS)
    assert name in caught.value.message
    assert caught.value.remedy


def test_a_play_list_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.wav").write_bytes(recording(sounds.speech(0.5)))
    monkeypatch.chdir(tmp_path)
    lists = (
        b"ffconcat version 1.0\nfile secret.wav\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.wav\n#EXT-X-ENDLIST\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    )
    for data, name in zip(lists, ("list.ffconcat", "list.m3u8", "list.sdp"), strict=True):
        with pytest.raises(InputError):
            open_sound(data, name, LIMITS)
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError):
            read_sound(tmp_path / name, LIMITS)


def test_a_header_without_samples_holds_no_sound() -> None:
    data = recording(sounds.speech(0.1))
    with pytest.raises(InputError, match="holds no sound"):
        open_sound(data[: data.index(b"data") + 4] + bytes(4), "none.wav", LIMITS)


@pytest.mark.parametrize("kind", ["mp3", "webm", "flac", "wav"])
def test_of_a_cut_file_is_kept_what_can_be_decoded(kind: str) -> None:
    data = recording(sounds.speech(4.0), kind)
    clip = open_sound(data[: len(data) // 2], f"cut.{kind}", LIMITS)
    assert 1.0 < clip.seconds < 3.0
    if kind == "wav":  # its reader takes the length from the file
        assert clip.notes == ()
    else:
        (note,) = clip.notes
        assert f"{clip.seconds:.1f} s of the 4.0 s" in note


def test_a_cut_file_without_its_index_is_damaged() -> None:
    data = recording(sounds.speech(2.0), "m4a")  # the index of an MP4 lies at its end
    with pytest.raises(InputError, match="damaged"):
        open_sound(data[: len(data) // 2], "cut.m4a", LIMITS)


def test_a_hole_in_a_file_is_told() -> None:
    data = bytearray(recording(sounds.speech(4.0), "m4a"))
    middle = len(data) // 3
    data[middle : middle + 300] = b"\xff\x13" * 150
    clip = open_sound(bytes(data), "hurt.m4a", LIMITS)
    assert clip.seconds > 2
    (note,) = clip.notes
    assert "damaged" in note


def test_a_long_sound_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    """Decoding ends at the limit: the source is not read to its end."""
    data = recording(sounds.noise(60.0))
    file = tmp_path / "long.wav"
    file.write_bytes(data)
    with file.open("rb") as source:
        with pytest.raises(InputError, match=r"longer than 0\.1 minutes") as caught:
            open_sound(source, "long.wav", replace(LIMITS, audio_minutes=0.1))
        assert source.tell() < len(data) / 4
    assert "audio_minutes" in caught.value.remedy
    assert open_sound(data, "long.wav", replace(LIMITS, audio_minutes=1.0)).seconds == pytest.approx(60)


def test_an_upload_is_weighed_and_a_file_is_not(tmp_path: Path) -> None:
    data = recording(sounds.speech(2.0))
    small = replace(LIMITS, upload_mb=0.01)
    with pytest.raises(InputError, match=r"at most 0\.01 MB") as caught:
        open_sound(data, "said.wav", small)
    assert "upload_mb" in caught.value.remedy
    file = tmp_path / "said.wav"
    file.write_bytes(data)
    assert read_sound(file, small).seconds == pytest.approx(2.0)


def test_a_stream_that_changes_in_the_middle() -> None:
    """Two MP3s of different rates, one behind the other."""
    first = recording(sounds.speech(1.0), "mp3")
    second = recording(sounds.speech(1.0, pitch=200), "mp3", rate=32_000)
    clip = open_sound(first + second, "both.mp3", LIMITS)
    assert clip.seconds == pytest.approx(2.0, abs=0.2)


def test_names_are_shown_without_folders() -> None:
    assert open_sound(recording(sounds.speech(0.2)), "../../etc/said.wav", LIMITS).name == "said.wav"
    assert open_sound(io.BytesIO(recording(sounds.speech(0.2))), "", LIMITS).name == "sound"


def test_without_pyav_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(EngineUnavailable, match="'av'") as caught:
        open_sound(b"RIFF", "said.wav", LIMITS)
    assert "pip install" in caught.value.remedy


def test_a_second_is_16000_samples() -> None:
    assert len(open_sound(recording(sounds.speech(1.0)), "said.wav", LIMITS).samples) == pytest.approx(RATE, abs=20)
