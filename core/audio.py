"""The sound door: bytes or an open file in, one mono 16 kHz `AudioClip` or an `InputError` out."""

from __future__ import annotations

import importlib
import io
from typing import Any, BinaryIO

import numpy as np

from core.errors import EngineUnavailable, InputError
from core.pictures import display_name
from core.settings import Limits
from core.types.audio import RATE, AudioClip

FORMATS = "WAV, MP3, M4A, Ogg, WebM, FLAC, or a video"
AGAIN = "Copy or record it again, or save it as WAV or MP3 in another program."
FULL_SCALE = 32768.0  # of 16 bits, as Whisper's own reader
NOTHING_ELSE = {"protocol_whitelist": "none"}  # a play list may name other files and addresses: none is opened
SHORT = 0.95  # of the length that a file announces: less is told; announced lengths of MP3 are estimates


def open_sound(source: bytes | BinaryIO, name: str, limits: Limits) -> AudioClip:
    """The first sound track, mixed to mono, of any container and length that PyAV reads. `name` is shown, never a path.

    Decoding ends at the limit, so that no file takes more memory than the longest sound that is accepted. Of a damaged
    or cut file, what can be decoded is kept, and the notes say so. Raises `InputError`, and `EngineUnavailable` where
    PyAV is not installed.
    """
    shown = display_name(name or "sound")
    if isinstance(source, bytes):
        if len(source) > limits.upload_mb * 1e6:
            raise InputError(
                f"'{shown}' has {len(source) / 1e6:.1f} MB; at most {limits.upload_mb:g} MB are accepted.",
                "Save it as MP3 or M4A, or raise [limits] upload_mb.",
            )
        source = io.BytesIO(source)
    if not source.read(1):
        raise InputError(f"'{shown}' is empty (0 bytes).", f"Choose a recording: {FORMATS}.")
    source.seek(0)
    av = _pyav()
    try:
        return _decoded(av, source, shown, limits)
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"'{shown}' needs more memory than there is.", "Send a shorter piece of it.") from error
    except Exception as error:  # hostile bytes break decoders in every way they know
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"'{shown}' is no sound that can be read, or it is damaged ({reason}).",
            f"Choose a recording: {FORMATS}. If it is one: {AGAIN[:1].lower()}{AGAIN[1:]}",
        ) from error


def _pyav() -> Any:
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise EngineUnavailable(
            "Reading sounds needs the package 'av', which is not installed.", "pip install -r requirements.txt"
        ) from error


def _decoded(av: Any, source: BinaryIO, shown: str, limits: Limits) -> AudioClip:
    with av.open(source, mode="r", metadata_errors="ignore", options=NOTHING_ELSE) as container:
        if not container.streams.audio:
            raise InputError(f"'{shown}' holds no sound.", f"Choose a recording: {FORMATS}.")
        sound = _Sound(av, shown, limits.audio_minutes)
        broken = 0
        try:
            for packet in container.demux(container.streams.audio[0]):
                try:
                    for frame in packet.decode():
                        sound.add(frame)
                except av.error.FFmpegError:
                    broken += 1
        except av.error.FFmpegError:  # the container itself: nothing comes behind
            broken += 1
        sound.end()
        announced = (container.duration or 0) / av.time_base
    if not sound.count:
        if broken:
            raise InputError(f"'{shown}' is damaged: nothing of its sound can be decoded.", AGAIN)
        raise InputError(f"'{shown}' holds no sound: its track is empty.", f"Choose a recording: {FORMATS}.")
    seconds = sound.count / RATE
    notes = []
    if seconds < announced * SHORT:
        notes.append(f"cut or damaged: {seconds:.1f} s of the {announced:.1f} s that it announces could be read")
    elif broken:
        notes.append(f"damaged: {broken} piece{'s' * (broken > 1)} of it could not be read")
    return AudioClip.of(sound.samples(), shown, tuple(notes))


class _Sound:
    """Gathers frames of any format as mono 16 bit samples at `RATE`. Raises `InputError` beyond `minutes`."""

    def __init__(self, av: Any, shown: str, minutes: float) -> None:
        self._av, self._shown, self._minutes = av, shown, minutes
        self._parts: list[np.ndarray] = []
        self._form: tuple[Any, ...] = ()
        self._resampler: Any = None
        self.count = 0

    def add(self, frame: Any) -> None:
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:  # streams may change in the middle
            self.end()
            self._form = form
            self._resampler = self._av.AudioResampler(format="s16", layout="mono", rate=RATE)
        self._keep(self._resampler.resample(frame))

    def end(self) -> None:
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))
            self._resampler = None

    def _keep(self, frames: list[Any]) -> None:
        for frame in frames:
            part = frame.to_ndarray().reshape(-1)
            self._parts.append(part)
            self.count += len(part)
        if self.count > self._minutes * 60 * RATE:
            raise InputError(
                f"'{self._shown}' is longer than {self._minutes:g} minutes, the most that is accepted.",
                "Send a shorter piece of it, or raise [limits] audio_minutes.",
            )

    def samples(self) -> np.ndarray:
        sound = np.empty(self.count, np.float32)
        begin = 0
        for part in self._parts:
            np.divide(part, FULL_SCALE, out=sound[begin : begin + len(part)], dtype=np.float32)
            begin += len(part)
        sound.flags.writeable = False
        return sound
