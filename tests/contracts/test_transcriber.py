"""Every transcriber: times inside the sound, nothing where nothing is, Stop, and the same answer to every thread."""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, EngineTimeout
from core.jobs import Job
from core.policy_speech import heard
from core.ports import Transcriber
from core.registry import EngineContext
from core.settings import ASSETS
from core.types.audio import AudioClip
from core.types.speech import Transcript
from core.types.thresholds import Thresholds
from tests import sounds
from tests.threads import THREADS, answers_at_once

BACKENDS = ("whisper",)


@pytest.fixture(scope="module", params=BACKENDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Transcriber:
    """A back-end on a checkpoint of random weights: it hears words in everything, which is what these tests want."""
    pytest.importorskip("torch")
    pytest.importorskip("whisper")
    from core.speech.whisper import WhisperTranscriber
    from tests.checkpoints.whisper import make

    folder = tmp_path_factory.mktemp("whisper")
    path = make(folder / "tiny.pt")
    made = WhisperTranscriber(EngineContext(folder, ASSETS), str(path), "cpu")
    made.wish = replace(made.wish, temperatures=(0.0,), tokens=12)  # random weights never find a good decoding
    return made


@pytest.fixture(scope="module")
def long(engine: Transcriber) -> Transcript:
    """65 s: three windows."""
    return engine.transcribe(AudioClip.of(sounds.speech(65.0)), Job())


def clip(sound: np.ndarray) -> AudioClip:
    return AudioClip.of(np.asarray(sound, np.float32))


@pytest.mark.parametrize("seconds", [0.0, 0.005, 5.0, 35.0])
def test_silence_has_no_segments(engine: Transcriber, seconds: float) -> None:
    found = engine.transcribe(clip(sounds.silence(seconds)), Job())
    assert found.segments == ()
    assert (found.language, found.language_probability) == ("", 0.0)
    assert found.seconds == pytest.approx(seconds)


NOTHING = {
    "dither": np.random.default_rng(0).choice([-1.0, 0.0, 1.0], 32_000) / 32768,
    "low white noise": sounds.noise(6.0, -50.0),
    "loud white noise": sounds.noise(6.0, -20.0),
    "hum": sounds.hum(6.0),
    "a click": sounds.click(2.0),
    "0.1 s of noise": sounds.noise(0.1, -30.0),
}


@pytest.mark.parametrize("name", NOTHING)
def test_noise_is_nothing_heard(engine: Transcriber, name: str) -> None:
    """Whatever the model invents: the sound itself says that nobody spoke."""
    found = engine.transcribe(clip(NOTHING[name]), Job())
    spoken = heard(found, Thresholds())
    assert spoken.text == ""
    assert len(spoken.dropped) == len(found.segments)


def test_speech_is_heard(engine: Transcriber) -> None:
    """With the model's own doubts set aside, what sounds like a voice acts."""
    found = engine.transcribe(clip(sounds.speech(4.0)), Job())
    trusting = Thresholds(no_speech=1.0, compression=math.inf)
    assert heard(found, trusting).text
    assert found.language
    assert 0 < found.language_probability <= 1


@pytest.mark.parametrize("seconds", [0.1, 1.0, 30.0, 30.01])
def test_times_lie_inside(engine: Transcriber, seconds: float) -> None:
    check_times(engine.transcribe(clip(sounds.speech(seconds)), Job()))


def test_times_of_several_windows_lie_inside_all_of_it(long: Transcript) -> None:
    check_times(long)
    assert max(segment.end for segment in long.segments) > 60


def check_times(found: Transcript) -> None:
    assert found.segments
    for segment in found.segments:
        assert segment.text == segment.text.strip() != ""
        assert 0 <= segment.start < segment.end <= found.seconds
        assert segment.avg_logprob <= 0
        assert 0 <= segment.no_speech_prob <= 1
        assert segment.compression > 0
        assert segment.loudness <= 0
        assert segment.voice is not None
        assert 0 <= segment.voice <= segment.end - segment.start + 0.1
        for word in segment.words:
            assert segment.start <= word.start <= word.end <= segment.end
            assert 0 <= word.probability <= 1
        for before, after in itertools.pairwise(segment.words):
            assert before.start <= after.start
    assert any(segment.words for segment in found.segments)


def test_who_heard_it_is_told(engine: Transcriber, long: Transcript) -> None:
    assert long.engine.name == "whisper/tiny"
    assert "openai-whisper" in long.engine.version
    assert long.task == "transcribe"
    assert long.clip == AudioClip.of(sounds.speech(65.0)).digest


def test_the_same_answer_again_and_from_eight_threads(engine: Transcriber) -> None:
    sound = clip(sounds.speech(3.0))
    first = engine.transcribe(sound, Job())
    answers = answers_at_once(lambda: engine.transcribe(sound, Job()))
    assert len(answers) == THREADS
    assert all(answer == first for answer in answers)


def test_progress_is_a_share_of_the_sound(engine: Transcriber) -> None:
    told: list[float] = []
    engine.transcribe(clip(sounds.speech(65.0)), Job(lambda share, text: told.append(share or 0.0)))
    assert told[0] == 0
    assert told[-1] == 1
    assert told == sorted(told)
    assert any(0.4 < share < 0.6 for share in told)


def test_stop_ends_it_and_leaves_nothing_behind(engine: Transcriber, long: Transcript) -> None:
    sound = clip(sounds.speech(65.0))
    early = Job()
    early.cancel()
    with pytest.raises(Cancelled):
        engine.transcribe(sound, early)
    for share in (0.0, 0.3):  # in the first window, and between two
        job = Job()
        stopping = Job(lambda at, text, job=job, share=share: job.cancel() if (at or 0) >= share else None)
        job._on_progress = stopping._on_progress
        with pytest.raises(Cancelled):
            engine.transcribe(sound, job)
    assert engine.transcribe(sound, Job()) == long


def test_stop_takes_effect_within_a_window(engine: Transcriber) -> None:
    """Layers look at the job: nobody waits for the end of a window, let alone of the sound."""
    job = Job()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            engine.transcribe(clip(np.tile(sounds.speech(30.0), 20)), job)
        except Cancelled as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    pressed = time.monotonic()
    job.cancel()
    thread.join(30)
    assert errors
    assert time.monotonic() - pressed < 5


def test_who_waits_for_another_sound_can_be_stopped(engine: Transcriber) -> None:
    """One sound at a time: the second one's Stop does not wait for the first."""
    first = Job()
    sound = clip(np.tile(sounds.speech(30.0), 40))

    def work() -> None:
        with contextlib.suppress(Cancelled):
            engine.transcribe(sound, first)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.2)
    second = Job()
    second.cancel()
    with pytest.raises(Cancelled):
        engine.transcribe(clip(sounds.speech(1.0)), second)
    assert thread.is_alive()
    first.cancel()
    thread.join(30)


def test_the_deadline_holds(engine: Transcriber) -> None:
    with pytest.raises(EngineTimeout):
        engine.transcribe(clip(sounds.speech(1.0)), Job(deadline=time.monotonic() - 1))


def test_status_is_ready(engine: Transcriber, long: Transcript) -> None:
    status = engine.status()
    assert status.ready
    assert Path(status.details["weights"]).is_file()
    assert status.details["memory"] > 1e6
