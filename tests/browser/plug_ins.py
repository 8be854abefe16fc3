"""Engines that take their time, plugged into the real app by its settings file; see `SETTINGS`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.jobs import Job
from core.types.audio import AudioClip
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from core.types.speech import Transcript
from tests.fake_models import EncodingSegmenter, WordDetector
from tests.fake_speech import FakeTranscriber, segment

SETTINGS = """
[detection]
backend = "tests.browser.plug_ins:SlowDetector"

[segmentation]
backend = "tests.browser.plug_ins:Segmenter"

[speech]
backend = "tests.browser.plug_ins:Listener"

[thresholds]
by_basis = { phrase = 0.4 }
"""
SECONDS = 4.0  # of a whole pass
DEAF = "dog"  # asked for this, it hears no Stop until its pass is over
QUIET = 0.01  # RMS below which a sound is silence


class SlowDetector(WordDetector):
    """A cat in the middle, another to the right, and a dog; a quick look takes a tenth of a pass."""

    def __init__(self, context: Any) -> None:
        super().__init__((), slow=True)
        self.go_on.set()

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        for step in range(100):
            time.sleep(SECONDS / 100)
            if DEAF not in " ".join(phrases):
                job.report(step / 100, "Looking closely")
        return super().propose(image, phrases, job)

    def preview(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals | None:
        time.sleep(SECONDS / 10)
        return super().preview(image, phrases, job)

    def _found(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        w, h = image.width, image.height
        self.objects = (
            ("cat", (0.2 * w, 0.15 * h, 0.6 * w, 0.9 * h), 0.81),
            ("cat", (0.65 * w, 0.3 * h, 0.95 * w, 0.8 * h), 0.46),
            ("dog", (0.05 * w, 0.5 * h, 0.3 * w, 0.95 * h), 0.62),
        )
        return super()._found(image, phrases, job)


class Segmenter(EncodingSegmenter):
    """Masks at once; encodes ahead."""

    def __init__(self, context: Any) -> None:
        super().__init__()


class Listener(FakeTranscriber):
    """Hears the same words in whatever is loud enough, after two seconds."""

    def __init__(self, context: Any) -> None:
        super().__init__([segment("Segment the cat."), segment("Thank you.", 1.0, 3.0, loudness=-80.0)])

    def transcribe(self, clip: AudioClip, job: Job) -> Transcript:
        for step in range(40):
            time.sleep(0.05)
            job.report(step / 40, "Listening")
        if float(np.sqrt(np.mean(np.square(clip.samples)))) < QUIET:
            self.segments = (segment("Thank you.", 0.0, 3.0, loudness=-80.0),)
        return super().transcribe(clip, job)
