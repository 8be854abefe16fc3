"""One tiny real call of each port, and what came back in a line. Needs no page; runs in the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.dialogue.wording import BUTTONS
from core.jobs import Job
from core.pictures import open_picture
from core.policy_speech import heard
from core.samples import find, load
from core.settings import Limits
from core.types.audio import RATE, AudioClip
from core.types.image import ImageAsset
from core.types.language import IntentName, Keywords
from core.types.masks import Mask, MaskSet, Prompt
from core.types.scene import Scene
from core.types.thresholds import Thresholds
from pages.shared.texts import count, score

SAMPLE, PHRASE = "cat", "cat"
REQUEST = "segment the brown dog and the red ball"
QUESTION = "how large is the picture?"
HOLE = 24  # px, side of the square that is filled
TONE = 440.0  # Hz, for one second at this loudness: nothing that anybody says
LOUDNESS = 0.3
AT_MOST = 160  # characters of what came back


def trial(port: str, engine: Any, job: Job) -> str:
    """Use the engine once on next to nothing; raises what it raises."""
    return TRIALS[port](engine, job)[:AT_MOST]


def _picture() -> ImageAsset:
    return open_picture(load(find(SAMPLE)), SAMPLE, Limits())


def _detection(engine: Any, job: Job) -> str:
    found = engine.propose(_picture(), (PHRASE,), job)
    if not len(found):
        return f"No box for “{PHRASE}” in the sample picture."
    best = float(found.scores.max())
    return f"{count(len(found), 'box', 'boxes')} for “{PHRASE}” in the sample picture, the best with {score(best)}."


def _segmentation(engine: Any, job: Job) -> str:
    image = _picture()
    box = (image.width * 0.25, image.height * 0.25, image.width * 0.75, image.height * 0.75)
    found = engine.segment(image, (Prompt(box),), job)
    candidates, height, width = found.logits.shape[1:]
    quality = float(np.nanmax(found.quality)) if np.isfinite(found.quality).any() else None
    said = f", the best thought {score(quality)} right" if quality is not None else ""
    return f"{count(candidates, 'mask')} of {width} × {height} cells for a box in the sample picture{said}."


def _intent(engine: Any, job: Job) -> str:
    intent, best = engine.classify([REQUEST])[0].ranked()[0]
    return f"“{REQUEST}” is taken as: {BUTTONS[intent]} ({score(best)})."


def _keywords(engine: Any, job: Job) -> str:
    found = [f"“{phrase.text}”" for phrase in engine.extract(REQUEST).phrases]
    return f"“{REQUEST}” is about {', '.join(found) or 'nothing that was recognised'}."


def _speech(engine: Any, job: Job) -> str:
    moments = np.arange(RATE, dtype=np.float32) / RATE
    clip = AudioClip.of((LOUDNESS * np.sin(2 * np.pi * TONE * moments)).astype(np.float32), "tone")
    found = engine.transcribe(clip, job)
    words = heard(found, Thresholds()).text
    return f"One second of a tone was taken for “{words}”." if words else "In one second of a tone, nothing was heard."


def _answering(engine: Any, job: Job) -> str:
    answer = engine.describe(Scene(_picture(), IntentName.ANSWER, Keywords()), QUESTION)
    return f"“{QUESTION}”: {answer.text}"


def _editing(engine: Any, job: Job) -> str:
    image = _picture()
    hole = np.zeros((image.height, image.width), bool)
    hole[:HOLE, :HOLE] = True
    changed = engine.edit(image, MaskSet((Mask.of(hole),)), "remove it", job)
    pixels = int(np.count_nonzero((changed.pixels != image.pixels).any(axis=-1)))
    return f"Filled a hole of {HOLE} × {HOLE} pixels; {count(pixels, 'pixel')} changed."


TRIALS: dict[str, Callable[[Any, Job], str]] = {
    "detection": _detection, "segmentation": _segmentation, "intent": _intent, "keywords": _keywords,
    "speech": _speech, "answering": _answering, "editing": _editing,
}  # fmt: skip
