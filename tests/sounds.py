"""Sounds made of numbers: silence, hiss, hum, clicks, and harmonics that rise and fall as a voice does."""

from __future__ import annotations

import numpy as np

from core.types.arrays import Floats
from core.types.audio import RATE

FORMANTS = ((600, 120), (1300, 200), (2500, 300))  # Hz: middle and width of a neutral vowel's


def silence(seconds: float) -> Floats:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float, db: float = -40.0, seed: int = 0, slope: float = 0.0) -> Floats:
    """Steady noise of `db` RMS. slope: 0 white, 0.5 pink, 1 brown (amplitude over 1 / frequency ** slope)."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** slope
    spectrum[0] = 0
    return _at(np.fft.irfft(spectrum, count), db)


def hum(seconds: float, db: float = -30.0, mains: float = 50.0) -> Floats:
    """A transformer: the mains and its harmonics, steady."""
    t = np.arange(round(seconds * RATE)) / RATE
    return _at(np.sum([np.sin(2 * np.pi * mains * n * t) / n for n in range(1, 12)], 0), db)


def click(seconds: float, at: float = 0.5, level: float = 0.9) -> Floats:
    """Silence with one knock of 5 ms."""
    sound = silence(seconds)
    begin = round(at * RATE)
    length = min(round(0.005 * RATE), len(sound) - begin)
    sound[begin : begin + length] = level * np.exp(-np.arange(length) / 20) * np.cos(np.arange(length))
    return sound


def speech(seconds: float, db: float = -25.0, pitch: float = 120.0, rate: float = 4.0, seed: int = 0) -> Floats:
    """Like a voice: harmonics of a wandering pitch under three formants, `rate` syllables a second, short pauses."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    wander = pitch * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * t + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(wander) / RATE
    sound = np.zeros(len(t))
    for n in range(1, int(4000 / pitch)):
        gain = sum(np.exp(-(((n * pitch - middle) / width) ** 2) / 2) for middle, width in FORMANTS) + 0.02
        sound += gain * np.sin(n * phase)
    syllables = np.clip(np.sin(2 * np.pi * rate * t - np.pi / 2) * 0.75 + 0.25, 0, None)
    return _at(sound * syllables, db)


def _at(sound: np.ndarray, db: float) -> Floats:
    rms = float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0
    return np.asarray(sound * (10 ** (db / 20) / rms if rms else 0.0), np.float32)
