"""Sounds as files: what recorders and phones send, written with PyAV's own encoders."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pytest

from core.types.arrays import Floats
from core.types.audio import RATE

# container, codec, sampling rate, channels
KINDS = {
    "wav": ("wav", "pcm_s16le", 44_100, "stereo"),
    "mp3": ("mp3", "libmp3lame", 44_100, "stereo"),
    "webm": ("webm", "libopus", 48_000, "mono"),
    "m4a": ("ipod", "aac", 44_100, "mono"),
    "flac": ("flac", "flac", 16_000, "mono"),
}


def recording(samples: Floats, kind: str = "wav", picture: bool = False, rate: int | None = None) -> bytes:
    """A file of this kind. picture: with a video track before the sound. rate: Hz, another than usual."""
    av = pytest.importorskip("av")
    container, codec, usual, layout = KINDS[kind]
    rate = rate or usual
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV cannot write {codec}")
    out = io.BytesIO()
    with av.open(out, "w", format="matroska" if picture else container) as file:
        video = file.add_stream("mpeg4", rate=5) if picture else None
        track = file.add_stream(codec, rate=rate)
        track.layout = layout
        if video is not None:
            video.width = video.height = 32
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts = 0
            file.mux(video.encode(frame))
            file.mux(video.encode(None))
        whole = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
        resampler = av.AudioResampler(format=track.format.name, layout=layout, rate=rate, frame_size=1024)
        source = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="mono")
        source.rate, source.pts, source.time_base = RATE, 0, Fraction(1, RATE)
        for piece in [*resampler.resample(source), *resampler.resample(None)]:
            file.mux(track.encode(piece))
        file.mux(track.encode(None))
    return out.getvalue()
