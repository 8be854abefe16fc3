"""`ask`: one picture, one request, one turn."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.cli.console import STOPPED, ProgressLine, interruptible, print_failures, print_json
from core.cli.inputs import read_image, read_sound
from core.cli.transcribe import hear, language
from core.dialogue.engines import Engines, assemble
from core.dialogue.hearing import said
from core.dialogue.turn import run_turn
from core.errors import InputError, WorkbenchError
from core.jobs import Job
from core.settings import Settings, load_settings
from core.types.audio import AudioClip
from core.types.boxes import Box
from core.types.events import Completed, Progress
from core.types.image import ImageAsset
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.turn import Request, Status, Turn


def run(options: argparse.Namespace) -> int:
    """Exit status 0 for a turn that is done or asks back, 2 where it failed or its files cannot be written."""
    from core.cli.outputs import Outputs

    settings = load_settings(options.settings)
    if (options.text is None) == (options.audio is None):
        much = "Both TEXT and --audio FILE are" if options.text is not None else "Neither TEXT nor --audio FILE is"
        raise InputError(f"{much} given.", "Give the request once: as TEXT, or as --audio FILE.")
    image = read_image(options.image, settings.limits)
    clip = read_sound(options.audio, settings.limits) if options.audio is not None else None
    boxes = inside(options.boxes, image)
    outputs = Outputs(options.out) if options.out is not None else None
    engines = assemble(settings)
    thresholds = settings.thresholds.with_(
        box=settings.thresholds.box if options.box is None else options.box,
        text=settings.thresholds.text if options.text_threshold is None else options.text_threshold,
    )
    line = ProgressLine()
    request = Request(options.text or "", image, thresholds, boxes)
    if clip is not None:
        request = heard_request(request, clip, engines, line)
    with interruptible(line, time.monotonic() + settings.limits.turn_seconds) as job:
        turn = one_turn(request, engines, job, line)
    written, trouble = deliver(turn, image, settings, outputs)
    older = outputs.older(written) if outputs is not None else []
    notes = [*image.notes, *turn.warnings]
    notes += [f"{clip.name} is {note}." for note in clip.notes] if clip is not None else []
    notes += [f"{options.out} still holds files of an earlier turn: {', '.join(older)}."] if older else []
    turn = replace(turn, warnings=tuple(notes))
    if options.json or turn.status != Status.FAILED:
        tell(turn, image, options.json, written)
    failed = turn.status == Status.FAILED
    print_failures(turn.failures[1 if failed else 0 :])
    if trouble is not None:
        raise trouble
    if failed:
        raise WorkbenchError(turn.failures[0].message, turn.failures[0].remedy)
    return STOPPED if turn.status == Status.STOPPED else 0


def heard_request(request: Request, clip: AudioClip, engines: Engines, line: ProgressLine) -> Request:
    """The request in the words of a recording. Raises `InputError` where nothing is said in it.

    Hearing does not count against the time of the turn: a long recording is no long turn.
    """
    with interruptible(line) as job:
        transcript, spoken = hear(clip, engines.transcriber, job, request.thresholds, line)
    return replace(request, text=said(transcript, spoken, clip.name), transcript=transcript)


def one_turn(request: Request, engines: Engines, job: Job, line: ProgressLine) -> Turn:
    """Run it and show how far it is.

    Engines load one after the other, at first use: loading them beside each other was measured and gains nothing, since
    most of it is Python's own work.
    """
    turn: Turn | None = None
    for event in run_turn(request, engines, job):
        if isinstance(event, Progress):
            line.show(event.fraction, event.text)
        elif isinstance(event, Completed):
            turn = event.turn
    assert turn is not None, "every turn ends in Completed"
    return turn


def inside(boxes: list[Box], image: ImageAsset) -> tuple[Box, ...]:
    """The boxes, unchanged. Raises `InputError` where one reaches out of the picture."""
    for box in boxes:
        if min(box) < 0 or box[2] > image.width or box[3] > image.height:
            text = ",".join(f"{edge:g}" for edge in box)
            raise InputError(
                f"The box {text} reaches out of the picture, which is {image.width} x {image.height} px.",
                f"Choose X from 0 to {image.width} and Y from 0 to {image.height}.",
            )
    return tuple(boxes)


def deliver(
    turn: Turn, image: ImageAsset, settings: Settings, outputs: Any
) -> tuple[dict[str, str], WorkbenchError | None]:
    """What was written (name -> path), and why not all of it."""
    if outputs is None or turn.status == Status.FAILED:
        return {}, None
    from core.formats.bundle import files

    return outputs.write(files(turn, image, settings))  # type: ignore[no-any-return]


def tell(turn: Turn, image: ImageAsset, as_json: bool, written: Mapping[str, str]) -> None:
    if as_json:
        from core.codec import record_to_json

        picture = PictureRef(image.digest, image.digest, image.name, image.width, image.height)
        print_json(record_to_json(Record(turn.text, results=(Result(picture, turn),)), (picture,), written))
        return
    from core.cli.summary import summary

    if turn.transcript is not None:
        print(f'heard       "{turn.text}", language {language(turn.transcript)}')
    print(summary(turn, (image.width, image.height), written))
