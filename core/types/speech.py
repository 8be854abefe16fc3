"""Speech: what a recogniser measured (`Transcript`) and what a policy made of it (`Spoken`)."""

from __future__ import annotations

from dataclasses import dataclass

from core.types.engine import EngineInfo


@dataclass(frozen=True)
class Word:
    """start, end: seconds from the sound's beginning. probability: in [0, 1]."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Segment:
    """A stretch of speech.

    start, end: seconds. avg_logprob: mean natural logarithm of its tokens' probabilities, below 0. no_speech_prob: in
    [0, 1], the model's own doubt that anybody speaks. compression: gzip ratio of the text; repetition drives it up.
    loudness: RMS of the samples in dB of full scale, -120 for silence. voice: seconds of it that sound like a voice by
    themselves, without any model (`core.voice`); None where that was not measured.
    """

    text: str
    start: float
    end: float
    avg_logprob: float
    no_speech_prob: float
    compression: float = 1.0
    loudness: float = 0.0
    words: tuple[Word, ...] = ()
    voice: float | None = None


@dataclass(frozen=True)
class Transcript:
    """Everything a recogniser heard, before any decision.

    language: the one spoken, by its code (ISO 639-1 where it has one), and its probability in [0, 1]; "" and 0 where
    nothing told it. task: "transcribe", or "translate" (into English). seconds: of the sound. clip: the sound's digest.
    """

    segments: tuple[Segment, ...]
    language: str
    language_probability: float
    task: str
    seconds: float
    engine: EngineInfo
    clip: str = ""


@dataclass(frozen=True)
class Spoken:
    """The text that acts ("": nothing was heard), and for each segment left out its index and why."""

    text: str
    dropped: tuple[tuple[int, str], ...] = ()
