"""Whisper's long sounds: window by window, as `whisper.transcribe` goes, but dropping nothing and encoding each once.

It follows openai-whisper 20250625, transcribe.py (the prompt, the fallback, how far a window reaches), and gives the
same segments. Different on purpose: a window is encoded once, not again for every temperature and for the word times;
digital silence is not decoded; the caller decides what was speech.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import EngineUnavailable
from core.jobs import Job, running
from core.speech.mel import FRAMES, HOP, log_mel
from core.types.arrays import Floats
from core.types.audio import RATE

SILENCE = 2 / 32768  # two steps of 16 bits: the dither of digital silence stays below
# Decodings that are tried again, warmer: whisper.transcribe's own numbers. They choose a decoding, not what is speech.
REPETITIVE, UNLIKELY, NOBODY = 2.4, -1.0, 0.6
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FORGET = 0.5  # a warmer decoding is no context for the next window


@dataclass(frozen=True)
class Wish:
    """task: "transcribe" or "translate". language: a code or an English name, "" to detect it. words: with times.

    temperatures: tried in order. tokens: most of one window, None for the model's own limit.
    """

    task: str = "transcribe"
    language: str = ""
    words: bool = True
    temperatures: Sequence[float] = TEMPERATURES
    tokens: int | None = None


@dataclass
class Piece:
    """A segment while it is made, in the fields that `add_word_timestamps` wants; start, end: seconds."""

    start: float
    end: float
    tokens: list[int]
    text: str
    result: Any
    words: list[dict[str, Any]]


class Listener:
    """One sound, one model. `pieces` after `run`; language and probability: "" and 0 where all was silent."""

    def __init__(self, model: Any, samples: Floats, wish: Wish, job: Job) -> None:
        """Raises `EngineUnavailable` where the model does not know the language."""
        self.model, self.samples, self.wish, self.job = model, samples, wish, job
        self._whisper = importlib.import_module("whisper")
        self._torch = importlib.import_module("torch")
        self._half = model.encoder.conv1.weight.dtype == self._torch.float16
        self._tokenizer: Any = None
        self._prompt: list[int] = []
        self._spoken_until = 0.0
        self.language, self.probability = self._known(wish.language), 0.0
        self.pieces: list[Piece] = []

    def _known(self, language: str) -> str:
        table = importlib.import_module("whisper.tokenizer")
        code: str = table.TO_LANGUAGE_CODE.get(language.lower(), language.lower())
        names = list(table.LANGUAGES)[: self.model.num_languages] if self.model.is_multilingual else ["en"]
        if code and code not in names:
            raise EngineUnavailable(
                f"This Whisper does not know the language {language!r}.", f"It knows: {', '.join(names)}."
            )
        return code

    def run(self) -> None:
        """Hear all of it. The job is checked between windows and between layers."""
        mel = log_mel(self.samples, self.model.dims.n_mels)
        count, seek = len(self.samples) // HOP, 0
        while seek < count:
            self.job.report(seek / count, "Listening")
            size = min(FRAMES, count - seek)
            if np.abs(self.samples[seek * HOP : (seek + size) * HOP]).max() <= SILENCE:
                seek += size
            else:
                seek = max(self._window(mel[:, seek : seek + FRAMES], seek, size), seek + 1)  # whatever it says

    def _window(self, mel: Any, seek: int, size: int) -> int:
        """Hear one window, of which `size` frames are sound; the frame where the next begins."""
        with self._torch.no_grad():
            with running(self.job):
                features = self._encoded(mel[:, :size])
                if self._tokenizer is None:
                    detecting = not self.language and self.model.is_multilingual and size < FRAMES
                    self._find_language(self._encoded(mel) if detecting else features)
                result = self._decoded(features)
            nobody = result.no_speech_prob > NOBODY and not result.avg_logprob > UNLIKELY
            found, reached, finished = self._split(result, seek, size, nobody)
            if self.wish.words:
                before = self._spoken_until
                self._time_words(found, features, seek, size)
                self._spoken_until = before if nobody else self._spoken_until
                ends = [word["end"] for piece in found for word in piece.words] or [p.end for p in found[-1:]]
                if not (finished or nobody) and ends and ends[-1] > seek * HOP / RATE:
                    reached = round(ends[-1] * RATE / HOP)
        for piece in found:
            if piece.start == piece.end or not piece.text.strip():
                piece.text, piece.tokens, piece.words = "", [], []
        self.pieces += [piece for piece in found if piece.text]
        if nobody:  # the package drops such a window: it is no context, and the next one begins behind it
            return seek + size
        self._prompt += [token for piece in found for token in piece.tokens]
        if result.temperature > FORGET:
            self._prompt.clear()
        return reached

    def _encoded(self, mel: Any) -> Any:
        """(frames, state): what the window sounds like."""
        mel = self._whisper.pad_or_trim(mel, FRAMES).to(self.model.device)
        return self.model.encoder((mel.half() if self._half else mel)[None])[0]

    def _find_language(self, features: Any) -> None:
        """Once, on the first window with sound: the likeliest, or how likely the one is that was said.

        To detect it a shorter window is filled with silence, as the package does, not with the zeros that it decodes.
        """
        if self.model.is_multilingual:
            _, odds = self.model.detect_language(features)
            self.language = self.language or max(odds, key=odds.get)
            self.probability = float(odds[self.language])
        else:
            self.language, self.probability = "en", 1.0
        self._tokenizer = self._whisper.tokenizer.get_tokenizer(
            self.model.is_multilingual,
            num_languages=self.model.num_languages,
            language=self.language,
            task=self.wish.task,
        )

    def _decoded(self, features: Any) -> Any:
        """The first decoding that is neither repetitive nor unlikely; the last, where none is."""
        result: Any = None
        for temperature in self.wish.temperatures:
            options = self._whisper.DecodingOptions(
                task=self.wish.task, language=self.language, temperature=temperature, sample_len=self.wish.tokens,
                prompt=list(self._prompt), fp16=self._half,
            )  # fmt: skip
            devices = [self.model.device] if self.model.device.type == "cuda" else []
            with self._torch.random.fork_rng(devices):  # warm decodings draw: the same sound, the same draw
                self._torch.manual_seed(0)
                result = self.model.decode(features, options)
            unlikely = result.avg_logprob < UNLIKELY
            if (unlikely and result.no_speech_prob > NOBODY) or not (unlikely or result.compression_ratio > REPETITIVE):
                break
        return result

    def _split(self, result: Any, seek: int, size: int, whole: bool) -> tuple[list[Piece], int, bool]:
        """The window's segments, the frame where the next one begins, and whether nothing is said behind the last.

        whole: with what is said behind the last time, which the next window would hear again.
        """
        tokens, first = list(result.tokens), self._tokenizer.timestamp_begin
        step = FRAMES // self.model.dims.n_audio_ctx  # frames of one token of time
        offset, second = seek * HOP / RATE, step * HOP / RATE
        timed = [token >= first for token in tokens]
        finished = timed[-2:] == [False, True]
        cuts = [n for n in range(1, len(tokens)) if timed[n] and timed[n - 1]]
        if not cuts:
            times = [token - first for token in tokens if token >= first]
            end = offset + (times[-1] * second if times and times[-1] else size * HOP / RATE)
            return [self._piece(offset, end, tokens, result)], seek + size, finished
        if finished or whole:
            cuts.append(len(tokens))
        found = [
            self._piece(
                offset + (part[0] - first) * second,
                offset + ((part[-1] - first) * second if part[-1] >= first else size * HOP / RATE),
                part,
                result,
            )
            for part in (tokens[a:b] for a, b in zip([0, *cuts], cuts, strict=False))
        ]
        reached = size if finished or whole else (tokens[cuts[-1] - 1] - first) * step
        return found, seek + reached, finished

    def _piece(self, start: float, end: float, tokens: list[int], result: Any) -> Piece:
        text = self._tokenizer.decode([token for token in tokens if token < self._tokenizer.eot])
        return Piece(start, end, tokens, text, result, [])

    def _time_words(self, found: list[Piece], features: Any, seek: int, size: int) -> None:
        """Not watched for Stop: it is one pass of the decoder, and hangs hooks on the model that it must take off."""
        rows: list[dict[str, Any]] = [
            {"seek": seek, "start": p.start, "end": p.end, "tokens": p.tokens, "words": []} for p in found
        ]
        threads = self._torch.get_num_threads()
        try:
            self._whisper.timing.add_word_timestamps(
                segments=rows, model=_Encoded(self.model, features), tokenizer=self._tokenizer, mel=features,
                num_frames=size, last_speech_timestamp=self._spoken_until,
            )  # fmt: skip
        finally:
            self._torch.set_num_threads(threads)  # numba, which it uses, sets OpenMP's number to that of all cores
        for piece, row in zip(found, rows, strict=True):
            piece.start, piece.end, piece.words = row["start"], row["end"], row["words"]
        ends = [word["end"] for piece in found for word in piece.words]
        self._spoken_until = ends[-1] if ends else found[-1].end if found else self._spoken_until


class _Encoded:
    """The model for `add_word_timestamps`, which would encode the window once more."""

    def __init__(self, model: Any, features: Any) -> None:
        self._model, self._features = model, features

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __call__(self, mel: Any, tokens: Any) -> Any:
        return self._model.decoder(tokens, self._features[None])
