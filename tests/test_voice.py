"""What a sound tells by itself: speech-like sounds hold a voice, steady sounds and clicks do not."""

from __future__ import annotations

import numpy as np
import pytest

from core.voice import QUIETEST, loudness, voiced_seconds
from tests import sounds


@pytest.mark.parametrize(
    ("sound", "decibels"),
    [
        (sounds.silence(1.0), QUIETEST),
        (np.zeros(0, np.float32), QUIETEST),
        (np.ones(1000, np.float32), 0.0),
        (np.full(1000, 0.1, np.float32), -20.0),
        (sounds.noise(1.0, -35.0), -35.0),
    ],
)
def test_loudness_is_decibels_of_full_scale(sound: np.ndarray, decibels: float) -> None:
    assert loudness(sound) == pytest.approx(decibels, abs=1e-3)


def pulsed(sound: np.ndarray, rate: float = 4.0) -> np.ndarray:
    """Swelling and fading as syllables do."""
    t = np.arange(len(sound)) / 16_000
    return np.asarray(sound * np.clip(np.sin(2 * np.pi * rate * t), 0, None), np.float32)


NO_VOICE = {
    "silence": sounds.silence(5.0),
    "white noise, low": sounds.noise(30.0, -50.0),
    "white noise, loud": sounds.noise(10.0, -15.0, seed=1),
    "pink noise": sounds.noise(10.0, -30.0, seed=2, slope=0.5),
    "brown noise": sounds.noise(10.0, -30.0, seed=3, slope=1.0),
    "breath on the microphone": pulsed(sounds.noise(10.0, -25.0, seed=4)),
    "hum of 50 Hz": sounds.hum(5.0),
    "hum of 60 Hz": sounds.hum(5.0, mains=60.0),
    "a click": sounds.click(2.0),
    "clicks": np.tile(sounds.click(0.5, at=0.2), 10),
    "a click in noise": sounds.click(2.0) + sounds.noise(2.0, -50.0),
    "dither": np.random.default_rng(0).choice(np.array([-1, 0, 1], np.float32) / 32768, 32_000),
}


@pytest.mark.parametrize("name", NO_VOICE)
def test_no_voice(name: str) -> None:
    sound = NO_VOICE[name]
    assert voiced_seconds(sound, 0.0, len(sound) / 16_000) < 0.1


SPOKEN = {
    "deep": sounds.speech(3.0, pitch=90.0),
    "high": sounds.speech(3.0, pitch=250.0),
    "soft": sounds.speech(3.0, db=-48.0),
    "slow": sounds.speech(3.0, rate=2.0),
    "one word": np.concatenate([sounds.silence(1.0), sounds.speech(0.3), sounds.silence(1.0)]),
    "one word, cut close": sounds.speech(0.3),
    "in a quiet room": sounds.speech(3.0) + sounds.noise(3.0, -45.0),
    "in noise 10 dB below": sounds.speech(5.0) + sounds.noise(5.0, -35.0),
    "in brown noise 10 dB below": sounds.speech(5.0) + sounds.noise(5.0, -35.0, slope=1.0),
    "over a hum": sounds.speech(5.0) + sounds.hum(5.0, -40.0),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_a_voice(name: str) -> None:
    sound = SPOKEN[name]
    assert voiced_seconds(sound, 0.0, len(sound) / 16_000) > 0.1


def test_a_short_word_has_its_floor_from_around_it() -> None:
    """Held without a pause of its own, as "aah"."""
    sound = np.concatenate([sounds.silence(1.0), sounds.hum(0.3, mains=150.0), sounds.silence(1.0)])
    assert voiced_seconds(sound, 1.0, 1.3) > 0.2


def test_only_the_stretch_asked_for_counts() -> None:
    sound = np.concatenate([sounds.noise(3.0, -50.0), sounds.speech(2.0) + sounds.noise(2.0, -50.0)])
    assert voiced_seconds(sound, 0.0, 3.0) == 0
    assert voiced_seconds(sound, 3.0, 5.0) > 1
    assert voiced_seconds(sound, 4.0, 4.5) <= 0.5


def test_steady_sound_after_silence_is_no_voice() -> None:
    """The floor is that of the segment, not of the silence before it."""
    for steady in (sounds.hum(5.0, -20.0), sounds.noise(5.0, -20.0)):
        sound = np.concatenate([sounds.silence(5.0), steady])
        assert voiced_seconds(sound, 5.0, 10.0) == 0


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.0), (0.5, 0.5), (5.0, 6.0), (0.9, 3.0)])
def test_odd_stretches_are_no_error(start: float, end: float) -> None:
    assert voiced_seconds(sounds.silence(1.0), start, end) == 0
    assert voiced_seconds(np.zeros(0, np.float32), start, end) == 0


def test_an_hour_is_taken_in_blocks() -> None:
    """A block's edge neither loses nor doubles a frame."""
    sound = sounds.speech(70.0)  # more than one block of frames
    whole = voiced_seconds(sound, 0.0, 70.0)
    parts = voiced_seconds(sound, 0.0, 35.0) + voiced_seconds(sound, 35.0, 70.0)
    assert whole == pytest.approx(parts, abs=0.1)
