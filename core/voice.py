"""What a sound tells without any model: how loud a stretch of it is, and for how long it sounds like a voice.

Recognisers invent words on noise, and say so with confidence. Energy over the noise floor together with spectral
flatness, in runs that are no click, tells speech from silence, hiss, hum and clicks; it does not tell it from music.
After M. H. Moattar and M. M. Homayounpour, "A simple but efficient real-time voice activity detection algorithm",
EUSIPCO 2009.
"""

from __future__ import annotations

import numpy as np

from core.types.arrays import Floats
from core.types.audio import RATE

QUIETEST = -120.0  # dB of full scale: what silence counts as; 24 bits end at -144, 16 bits at -96
FRAME, HOP, FFT = 480, 240, 512  # samples: 30 ms every 15 ms
BAND = (100.0, 4000.0)  # Hz: where voices are, above the mains and below what telephones and codecs leave out
RISE = 10.0  # dB over the floor
FLOOR_SHARE, LOWEST_FLOOR = 10.0, -65.0  # percentile of the levels; dB, so that a gated recording has a floor too
FLATTEST = 0.25  # geometric over arithmetic mean of the power: white noise has 0.56 in one frame, vowels below 0.1
SHORTEST_RUN = 4  # frames, 75 ms: a click is shorter, a syllable is not
LEAST = 2.0  # seconds that the floor is taken from: a single word has no pause of its own
BLOCK = 4096  # frames at a time, so that an hour takes no more memory than a minute


def loudness(samples: Floats) -> float:
    """RMS in dB of full scale, `QUIETEST` at least."""
    if not len(samples):
        return QUIETEST
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(10 * float(np.log10(power)), QUIETEST) if power > 0 else QUIETEST


def voiced_seconds(samples: Floats, start: float, end: float) -> float:
    """For how many seconds between `start` and `end` the sound is like a voice. samples: mono at `RATE`."""
    around = max(LEAST - (end - start), 0.0) / 2
    first = max(int((start - around) * RATE), 0)
    stretch = samples[first : int((end + around) * RATE)]
    levels, flatness = _frames(stretch)
    if not len(levels):
        return 0.0
    floor = max(float(np.percentile(levels, FLOOR_SHARE)), LOWEST_FLOOR)
    voiced = _runs((levels >= floor + RISE) & (flatness <= FLATTEST))
    middles = (first + np.arange(len(levels)) * HOP + FRAME / 2) / RATE
    return int(np.count_nonzero(voiced & (middles >= start) & (middles <= end))) * HOP / RATE


def _frames(samples: Floats) -> tuple[np.ndarray, np.ndarray]:
    """(N,) level in dB and (N,) flatness in [0, 1] of each frame, within `BAND`."""
    if len(samples) < FRAME:
        return np.empty(0), np.empty(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    window = np.hanning(FRAME)
    low, high = (round(edge * FFT / RATE) for edge in BAND)
    levels, flatness = np.empty(len(frames)), np.empty(len(frames))
    for begin in range(0, len(frames), BLOCK):
        part = slice(begin, begin + BLOCK)
        spectrum = np.fft.rfft(frames[part] * window, FFT)[:, low : high + 1]
        power = np.square(np.abs(spectrum)) * (2 / (FFT * np.square(window).sum())) + 1e-16
        levels[part] = 10 * np.log10(power.sum(1))
        flatness[part] = np.exp(np.log(power).mean(1)) / power.mean(1)
    return levels, flatness


def _runs(marked: np.ndarray) -> np.ndarray:
    """Without runs of marks shorter than `SHORTEST_RUN`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    kept = np.zeros(len(marked), bool)
    for begin, end in edges.reshape(-1, 2):
        kept[begin:end] = end - begin >= SHORTEST_RUN
    return kept
