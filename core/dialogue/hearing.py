"""Hearing a request: a sound to the words that act, before the turn that they ask for."""

from __future__ import annotations

from collections.abc import Iterator

from core.dialogue.stopwatch import Stopwatch
from core.errors import InputError
from core.jobs import Job
from core.policy_speech import heard
from core.ports import Transcriber
from core.types.audio import AudioClip
from core.types.events import Event, Heard, Progress
from core.types.speech import Spoken, Transcript
from core.types.thresholds import Thresholds

STAGE = "transcribe"


def listen(clip: AudioClip, transcriber: Transcriber, job: Job, thresholds: Thresholds) -> Iterator[Event]:
    """`Progress`, then `Heard`, also where nothing was said. Raises what the engine raises, its own bugs translated."""
    yield Progress(STAGE, "Listening")
    with Stopwatch().stage(STAGE, "Try another sound, or type the request."):
        transcript = transcriber.transcribe(clip, job)
    yield Heard(transcript, heard(transcript, thresholds))


def said(transcript: Transcript, spoken: Spoken, name: str) -> str:
    """The words that act. name: the sound's, to show. Raises `InputError` where there are none."""
    if spoken.text:
        return spoken.text
    left = [f"'{transcript.segments[n].text}': {why}" for n, why in spoken.dropped]
    told = f" What a recogniser made of it was left out ({'; '.join(left[:3])})." if left else ""
    raise InputError(
        f"Nothing was heard in '{name}'.{told}", "Speak closer to the microphone, or type the request instead."
    )
