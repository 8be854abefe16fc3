"""A transcriber without a model: it hears what it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import WorkbenchError
from core.jobs import Job
from core.ports import Transcriber
from core.types.audio import AudioClip
from core.types.engine import EngineInfo, EngineStatus
from core.types.speech import Segment, Transcript


def segment(text: str = "segment the cat", start: float = 0.0, end: float = 1.0, **numbers: Any) -> Segment:
    """Clear speech, but for these numbers."""
    clear = {"avg_logprob": -0.3, "no_speech_prob": 0.02, "compression": 0.9, "loudness": -25.0, "voice": 0.6}
    return Segment(text, start, end, **{**clear, **numbers})


def transcript(*segments: Segment) -> Transcript:
    """English, three seconds."""
    return Transcript(segments, "en", 0.97, "transcribe", 3.0, EngineInfo("fake/speech", "1"), "clip")


class FakeTranscriber(Transcriber):
    """segments: of every sound. error: raised at every use. calls: digests of the sounds it was given."""

    def __init__(self, segments: Sequence[Segment] = (), error: BaseException | None = None) -> None:
        self.segments, self.error = tuple(segments), error
        self.calls: list[str] = []

    def status(self) -> EngineStatus:
        if isinstance(self.error, WorkbenchError):
            return EngineStatus(False, self.error.message, self.error.remedy)
        return EngineStatus(True)

    def transcribe(self, clip: AudioClip, job: Job) -> Transcript:
        self.calls.append(clip.digest)
        if self.error is not None:
            raise self.error
        job.report(0.5, "Listening")
        return transcript(*self.segments)
