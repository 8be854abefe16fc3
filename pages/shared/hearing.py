"""Sounds given in a chat: heard in the worker, then words to be read and changed. They act only once they are sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import PurePath

from core.audio import open_sound
from core.dialogue.hearing import listen, said
from core.errors import InputError
from core.jobs import Job
from core.types.events import Heard, Progress
from pages.shared import engine_work, engines, state, turns
from pages.shared.state import Chat, Problem, Sound
from pages.shared.warming import settle

# What browsers do not know as a sound, or know as a film, is named
SUFFIXES = (
    *(".wav", ".mp3", ".m4a", ".ogg", ".oga", ".opus", ".webm", ".weba", ".flac", ".mp4", ".aac", ".amr", ".3gp"),
    *(".aif", ".aiff", ".caf", ".mov", ".mka", ".mkv", ".wma"),
)
FILE_TYPES = ("audio/*", *SUFFIXES)


def is_sound(name: str, kind: str) -> bool:
    """Whether a file is for the ear. kind: its media type as the browser told it, or ""."""
    return kind.startswith(("audio/", "video/")) or PurePath(name.lower()).suffix in SUFFIXES


def hear(data: bytes, name: str, words: str = "") -> bool:
    """Have a sound heard for the shown chat; False, with the reason in `chat.problem`, where nothing here can hear.

    words: typed with it; they are sent together.
    """
    session = state.begin()
    chat = session.chat
    parts, chosen = engines.engines(), engines.settings()
    status = parts.transcriber.status()
    if not status.ready:
        chat.problem = Problem(status.reason or "No engine here understands speech.", status.remedy)
        return False
    sound = Sound(name, words.strip())

    def report(fraction: float | None, text: str) -> None:
        sound.live.fraction, sound.live.text = fraction, text

    def work(job: Job) -> Iterator[tuple[str, ...] | Heard]:
        job.report(None, "Reading the sound")
        clip = open_sound(data, name, chosen.limits)
        yield clip.notes
        job.deadline = time.monotonic() + chosen.limits.turn_seconds + clip.seconds
        begun = time.monotonic()
        for event in listen(clip, parts.transcriber, job, chosen.thresholds):
            if isinstance(event, Heard):
                engine_work.used("speech", time.monotonic() - begun, "a sound")
                yield event
            elif isinstance(event, Progress):
                report(event.fraction, event.text)
        settle()

    chat.sounds.append(sound)
    sound.handle = engines.worker().submit(session.id, work, Job(report))
    return True


def collect(sound: Sound, wait: float = 0.0) -> None:
    """Take what was heard; waits up to `wait` seconds for the first of it."""
    handle = sound.handle
    if handle is None:
        return
    items, done = handle.take(wait)
    for item in items:
        if isinstance(item, Heard):
            sound.transcript, sound.spoken = item.transcript, item.spoken
            sound.problem = _nothing(sound)
        else:
            sound.notes = item
    if done:
        sound.handle = None
        if handle.error is not None:
            sound.problem = turns.problem_of(handle.error)


def collect_all(chat: Chat) -> None:
    """Take what was heard in every sound of the chat."""
    for sound in list(chat.sounds):
        collect(sound)


def _nothing(sound: Sound) -> Problem | None:
    """What is said where there are no words in a sound; None where there are."""
    assert sound.transcript is not None and sound.spoken is not None
    try:
        said(sound.transcript, sound.spoken, sound.name)
    except InputError as error:
        return Problem(error.message, error.remedy)
    return None


def words_of(sound: Sound) -> str:
    """What would be sent: what was typed, then what was heard."""
    heard = sound.spoken.text if sound.spoken is not None else ""
    return f"{sound.words} {heard}".strip()


def send(chat: Chat, sound: Sound, text: str) -> None:
    """The words act, as they stand in the field now."""
    if not text.strip():
        return
    _remove(chat, sound)
    changed = " ".join(text.split()) != " ".join(words_of(sound).split())
    how = f"heard in {sound.name}{', then changed' if changed else ''}"
    turns.ask(text.strip(), how=how, transcript=sound.transcript)


def discard(chat: Chat, sound: Sound) -> None:
    """The sound is not heard on, and not sent; what was typed with it can still be."""
    if sound.handle is not None:
        engines.worker().cancel(sound.handle)
        sound.handle = None
    _remove(chat, sound)
    chat.unsent = sound.words or chat.unsent


def _remove(chat: Chat, sound: Sound) -> None:
    chat.sounds = [other for other in chat.sounds if other.id != sound.id]
