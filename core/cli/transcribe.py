"""`transcribe`: what is said in a recording, how sure the model is of it, and what was taken for no speech."""

from __future__ import annotations

import argparse

from core.cli.console import ProgressLine, interruptible, print_json, print_warning, table
from core.cli.inputs import read_sound
from core.codec_speech import transcript_to_json
from core.dialogue.engines import build_port
from core.dialogue.hearing import listen
from core.jobs import Job
from core.ports import Transcriber
from core.settings import load_settings
from core.types.audio import AudioClip
from core.types.events import Heard, Progress
from core.types.speech import Spoken, Transcript
from core.types.thresholds import Thresholds

NOTHING = "Nothing was heard."


def run(options: argparse.Namespace) -> int:
    """Exit status 0, also where nothing was heard. There is no time limit: Ctrl-C stops it."""
    settings = load_settings(options.settings)
    clip = read_sound(options.audio, settings.limits)
    line = ProgressLine()
    with interruptible(line) as job:
        found = hear(clip, build_port(settings, "speech"), job, settings.thresholds, line)
    for note in clip.notes:
        print_warning(f"{clip.name} is {note}.")
    if options.json:
        print_json({"name": clip.name, **transcript_to_json(*found), "warnings": list(clip.notes)})
    else:
        print(summary(*found))
    return 0


def hear(
    clip: AudioClip, engine: Transcriber, job: Job, thresholds: Thresholds, line: ProgressLine
) -> tuple[Transcript, Spoken]:
    """What was heard, with progress shown."""
    found: Heard | None = None
    for event in listen(clip, engine, job, thresholds):
        if isinstance(event, Progress):
            line.show(event.fraction, event.text)
        elif isinstance(event, Heard):
            found = event
    assert found is not None, "listening ends in Heard"
    return found.transcript, found.spoken


def summary(transcript: Transcript, spoken: Spoken) -> str:
    """Several lines without the last line's end."""
    why = dict(spoken.dropped)
    rows = [
        (
            f"{s.start:.2f}", f"{s.end:.2f}", f"{s.avg_logprob:.2f}", f"{s.no_speech_prob:.2f}", f"{s.compression:.1f}",
            f"{s.loudness:.0f}", "" if s.voice is None else f"{s.voice:.2f}", s.text, why.get(n, ""),
        )
        for n, s in enumerate(transcript.segments)
    ]  # fmt: skip
    head = ("from", "to", "logprob", "no speech", "compr.", "dB", "voice", "text", "left out, because")
    lines = [spoken.text or NOTHING, ""]
    lines += [table(head, rows, head[:-2]), ""] if rows else []
    lines.append(f"language    {language(transcript)}")
    lines.append(f"task        {transcript.task}, {transcript.seconds:.1f} s")
    lines.append(f"engine      {transcript.engine.name} ({transcript.engine.version})")
    lines += [f"warning     {transcript.engine.note}"] if transcript.engine.note else []
    return "\n".join(lines)


def language(transcript: Transcript) -> str:
    """The language and how likely it is, or that nothing told it."""
    if not transcript.language_probability:
        return transcript.language or "unknown: nothing was heard"
    return f"{transcript.language} ({transcript.language_probability:.0%})"
