"""Results by content digest: bounded in bytes, one computation per key at a time, one lock per engine.

A memo satisfies the port that it wraps, so nobody above knows whether a result was measured now or before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from core.jobs import Job
from core.ports import Detector, Segmenter
from core.types.boxes import Proposals
from core.types.engine import EngineStatus
from core.types.image import ImageAsset
from core.types.masks import MaskLogits, Prompt


class Memo:
    """An LRU store bounded by bytes. Thread-safe; values are shared, so they must be immutable."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._items: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.used = 0

    def get(self, key: str) -> object | None:
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: str, value: object, nbytes: int) -> None:
        """Keep a value; the least recently used leave. A value larger than the whole store is not kept."""
        with self._lock:
            if key in self._items:
                self.used -= self._items.pop(key)[1]
            if nbytes > self.max_bytes:
                return
            self._items[key] = (value, nbytes)
            self.used += nbytes
            while self.used > self.max_bytes:
                self.used -= self._items.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._items)


class RememberingDetector(Detector):
    """A detector that measures each (picture, phrases) once. `calls` counts real measurements."""

    def __init__(self, engine: Detector, memo: Memo) -> None:
        self.engine = engine
        self._memo = memo
        self._lock = threading.Lock()
        self.calls = 0

    def status(self) -> EngineStatus:
        return self.engine.status()

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        key = _asked(image, phrases)
        with self._lock:  # one engine, one measurement at a time; a second asker finds the first one's result
            job.check()
            found = self._memo.get(key)
            if isinstance(found, Proposals):
                return found
            self.calls += 1
            result = self.engine.propose(image, phrases, job)
            self._memo.put(key, result, result.nbytes)
            return result

    def preview(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals | None:
        """A quick look, where the engine has one and the whole measurement is not known yet."""
        engine = self.engine
        if not hasattr(engine, "preview") or isinstance(self._memo.get(_asked(image, phrases)), Proposals):
            return None
        with self._lock:
            found: Proposals | None = engine.preview(image, phrases, job)
            return found


def _asked(image: ImageAsset, phrases: Sequence[str]) -> str:
    return f"propose {image.digest} {tuple(phrases)!r}"


class RememberingSegmenter(Segmenter):
    """A segmenter that measures each (picture, prompt) once: keys are per prompt, not per batch."""

    def __init__(self, engine: Segmenter, memo: Memo) -> None:
        self.engine = engine
        self._memo = memo
        self._lock = threading.Lock()
        self.calls = 0

    def status(self) -> EngineStatus:
        return self.engine.status()

    def segment(self, image: ImageAsset, prompts: Sequence[Prompt], job: Job) -> MaskLogits:
        with self._lock:
            keys = [f"segment {image.digest} {prompt.digest}" for prompt in prompts]
            found = {key: value for key in keys if isinstance(value := self._memo.get(key), MaskLogits)}
            missing = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in found}
            if missing:
                self.calls += 1
                measured = self.engine.segment(image, tuple(missing.values()), job)
                for index, key in enumerate(missing):
                    found[key] = one = take(measured, [index])
                    self._memo.put(key, one, one.nbytes)
            return join([found[key] for key in keys])

    def remembered(self, image: ImageAsset, prompt: Prompt) -> bool:
        """Whether this prompt's logits can be had without measuring."""
        return self._memo.get(f"segment {image.digest} {prompt.digest}") is not None


def take(logits: MaskLogits, rows: Sequence[int]) -> MaskLogits:
    """Some rows of a set of logits, in the order given."""
    index = list(rows)
    return MaskLogits(
        logits.logits[index],
        logits.quality[index],
        logits.maps[index],
        logits.extents[index],
        tuple(logits.engines[i] for i in index),
        tuple(logits.notes[i] for i in index),
        tuple(logits.frames[i] for i in index),
    )


def join(parts: Sequence[MaskLogits]) -> MaskLogits:
    """Several sets of logits of one shape, one after the other."""
    if not parts:
        return MaskLogits.none()
    return MaskLogits(
        np.concatenate([p.logits for p in parts]),
        np.concatenate([p.quality for p in parts]),
        np.concatenate([p.maps for p in parts]),
        np.concatenate([p.extents for p in parts]),
        tuple(e for p in parts for e in p.engines),
        tuple(n for p in parts for n in p.notes),
        tuple(f for p in parts for f in p.frames),
    )
