"""Listening: events in order, nothing said is a value, and an engine's own bug has a remedy."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.codec import turn_to_json
from core.dialogue.engines import Engines, assemble
from core.dialogue.hearing import listen, said
from core.dialogue.turn import run_turn
from core.errors import Cancelled, EngineFailed, EngineUnavailable, InputError
from core.jobs import Job
from core.packing import pack, unpack
from core.settings import DEFAULTS, load_settings
from core.types.audio import AudioClip
from core.types.events import Completed, Heard, Progress
from core.types.speech import Word
from core.types.thresholds import Thresholds
from core.types.turn import Request, Status, Turn
from tests import sounds
from tests.fake_speech import FakeTranscriber, segment
from tests.fakes import fake_engines, picture

CLIP = AudioClip.of(sounds.speech(1.0), "said.wav")
NUMBERS = Thresholds()
GHOST = segment("Thank you.", voice=0.0)


def test_progress_then_what_was_heard() -> None:
    told: list[str] = []
    job = Job(lambda fraction, text: told.append(text))
    first, last = listen(CLIP, FakeTranscriber([segment()]), job, NUMBERS)
    assert isinstance(first, Progress)
    assert isinstance(last, Heard)
    assert last.spoken.text == "segment the cat"
    assert last.transcript.language == "en"
    assert told == ["Listening"]


def test_nothing_said_is_a_value() -> None:
    *_, last = listen(CLIP, FakeTranscriber([GHOST]), Job(), NUMBERS)
    assert isinstance(last, Heard)
    assert last.spoken.text == ""
    assert len(last.transcript.segments) == 1  # what was measured is kept
    with pytest.raises(InputError, match=r"Nothing was heard in 'said\.wav'.*'Thank you\.': no voice") as caught:
        said(last.transcript, last.spoken, CLIP.name)
    assert "type the request" in caught.value.remedy


def test_an_engines_own_bug_is_translated_and_its_words_are_not() -> None:
    with pytest.raises(EngineFailed, match="ZeroDivisionError"):
        list(listen(CLIP, FakeTranscriber(error=ZeroDivisionError("x")), Job(), NUMBERS))
    for error in (Cancelled("Stopped."), EngineUnavailable("no weights", "fetch them")):
        with pytest.raises(type(error)):
            list(listen(CLIP, FakeTranscriber(error=error), Job(), NUMBERS))


def test_engines_without_speech_say_so() -> None:
    chosen = load_settings(environ={}, local=DEFAULTS.parent / "none")
    for engines in (fake_engines(), assemble(chosen)):
        assert not engines.transcriber.status().ready
        with pytest.raises(EngineUnavailable, match="speech") as caught:
            list(listen(CLIP, engines.transcriber, Job(), NUMBERS))
        assert "Type the request" in caught.value.remedy


def spoken_turn(engines: Engines) -> Turn:
    """A turn in the words of a sound."""
    *_, found = listen(CLIP, engines.transcriber, Job(), NUMBERS)
    assert isinstance(found, Heard)
    request = Request(found.spoken.text, picture(), NUMBERS, transcript=found.transcript)
    *_, last = run_turn(request, engines, Job())
    assert isinstance(last, Completed)
    return last.turn


def test_a_turn_keeps_what_was_heard() -> None:
    words = (Word("segment", 0.0, 0.5, 0.9), Word("the", 0.5, 0.6, 0.8), Word("cat", 0.6, 1.0, 0.9))
    heard = replace(segment(), words=words)
    turn = spoken_turn(replace(fake_engines(), transcriber=FakeTranscriber([heard, GHOST])))
    assert turn.text == "segment the cat"
    assert turn.transcript is not None
    assert turn.transcript.segments == (heard, GHOST)
    told = turn_to_json(turn)["transcript"]
    assert told["text"] == "segment the cat"
    assert (told["language"], told["language_probability"]) == ("en", 0.97)
    assert [s["text"] for s in told["segments"]] == ["segment the cat", "Thank you."]
    assert "no voice" in told["segments"][1]["dropped"]
    assert told["segments"][0]["words"][2] == {"text": "cat", "start": 0.6, "end": 1.0, "probability": 0.9}
    json.dumps(told, allow_nan=False)


def test_a_transcript_survives_packing() -> None:
    engine = FakeTranscriber([segment(voice=None), GHOST])
    *_, found = listen(CLIP, engine, Job(), NUMBERS)
    assert isinstance(found, Heard)
    turn = Turn("t", "segment the cat", Status.DONE, NUMBERS, transcript=found.transcript)
    plain = json.loads(json.dumps(pack(turn), allow_nan=False))
    assert unpack(Turn, plain).transcript == found.transcript
    del plain["transcript"]  # a turn of an earlier version
    assert unpack(Turn, plain).transcript is None


def test_a_typed_turn_has_no_transcript() -> None:
    *_, last = run_turn(Request("segment the cat", picture(), NUMBERS), fake_engines(), Job())
    assert isinstance(last, Completed)
    assert last.turn.transcript is None
    assert turn_to_json(last.turn)["transcript"] is None


def test_a_clip_is_known_by_its_samples() -> None:
    engine = FakeTranscriber([segment()])
    for name in ("a.wav", "b.wav"):
        list(listen(AudioClip.of(np.array(CLIP.samples), name), engine, Job(), NUMBERS))
    assert engine.calls == [CLIP.digest] * 2
