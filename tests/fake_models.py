"""Engines that behave as large models do, for tests: they score words, look twice, take their time, encode ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from core.jobs import Job
from core.ports import ImageEncoder, Local, Previewer
from core.types.boxes import Basis, Proposals
from core.types.engine import EngineInfo, EngineStatus
from core.types.image import ImageAsset
from tests.fakes import FakeDetector, FakeSegmenter, Objects

WORDS = EngineInfo("fake/words", "2", "scores single words")
READY = EngineStatus(True, details=MappingProxyType({"state": "not loaded"}))
SHIFT = 4.0  # pixels by which a quick look is off


class WordDetector(FakeDetector, Previewer):
    """Scores the words of a caption. An object's score is its box's; `words` is what its phrase's best word scores.

    look: what a quick look waits for, and the whole pass for `go_on`; None: it has no quick look, and is quick.
    """

    def __init__(self, objects: Objects, words: float = 0.5, slow: bool = False) -> None:
        super().__init__(objects)
        self.words, self.slow = words, slow
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.captions: list[str] = []
        if not slow:
            self.go_on.set()

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        self.begun.set()
        while not self.go_on.wait(0.02):
            job.check()
        found = self._found(image, phrases, job)
        self.captions.append(found.captions[0])
        return found

    def preview(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals | None:
        """The boxes, a few pixels off."""
        if not self.slow:
            return None
        found = self._found(image, phrases, job)
        return replace(found, boxes=found.boxes + np.float32(SHIFT))

    def _found(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        found = super().propose(image, phrases, job)
        return replace(
            found,
            scores=np.minimum(found.scores, np.float32(self.words)),
            basis=(Basis.PHRASE,) * len(found),
            engines=(WORDS,),
            peaks=found.scores.max(1, initial=0.0),
            captions=(" . ".join(phrases) + " .",),
        )


class DeafDetector(FakeDetector):
    """Ignores Stop until it is let: as inside one layer. begun: it runs; seconds: at most."""

    def __init__(self, objects: Objects, seconds: float = 10.0) -> None:
        super().__init__(objects)
        self.seconds, self.begun, self.go_on = seconds, threading.Event(), threading.Event()

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        self.begun.set()
        self.go_on.wait(self.seconds)
        return super().propose(image, phrases, job)


class EncodingSegmenter(FakeSegmenter, ImageEncoder):
    """Encodes pictures ahead, in small steps that check the job. encoded: their digests, in order, each once.

    step: called before each of its `count` checks. ready: its weights are here.
    """

    def __init__(self, ready: bool = True, step: Callable[[], object] = lambda: None, count: int = 3) -> None:
        super().__init__()
        self.ready, self.step, self.count = ready, step, count
        self.encoded, self.begun = list[str](), list[str]()

    def status(self) -> EngineStatus:
        return EngineStatus(self.ready, "" if self.ready else "Its weights are not here.")

    def encode(self, image: ImageAsset, job: Job) -> None:
        if image.digest in self.encoded:
            return
        self.begun.append(image.digest)
        for _ in range(self.count):
            self.step()
            job.check()
        self.encoded.append(image.digest)


class LoadingDetector(FakeDetector, Local):
    """A model of this process: loads at its first use, then checks its job at each of its layers.

    here: its weights are. log: what it did.
    """

    def __init__(self, objects: Objects, here: bool = True) -> None:
        super().__init__(objects)
        self.here, self.loaded, self.log = here, False, list[str]()

    def status(self) -> EngineStatus:
        state = MappingProxyType({"state": "loaded" if self.loaded else "not loaded"})
        return EngineStatus(self.here, details=state)

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        if not self.loaded:
            job.report(None, "loading")
            self.loaded = True
            self.log.append("load")
        job.check()
        self.log.append("pass")
        return super().propose(image, phrases, job)

    def download(self, job: Job) -> None:
        self.log.append("download")

    def unload(self) -> int:
        self.loaded = False
        return 0
