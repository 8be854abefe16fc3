"""What is loaded before anybody asks: small nets by a use, large models of this process without one.

Nothing is ever downloaded for it, and an engine whose weights are not here is left alone.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core.dialogue.engines import Engines
from core.errors import Cancelled, WorkbenchError
from core.jobs import Job
from core.types.image import ImageAsset
from core.types.masks import Prompt

SIDE = 64
TEXT, PHRASES, BOX = "segment the cat", ("cat", "face", "text"), (8.0, 8.0, 56.0, 56.0)
NEWS = 20  # modules: what a library brings; a page's own come by ones and twos
_lock = threading.Lock()
_seen = [0]


def uses(parts: Engines) -> dict[str, tuple[Any, Callable[[Job], object]]]:
    """The engines with weights and, for each, a use of it on next to nothing that is not remembered."""
    tiny = ImageAsset.of(np.full((SIDE, SIDE, 3), 127, np.uint8), "warm-up")
    detector = getattr(parts.detector, "engine", parts.detector)
    segmenter = getattr(parts.segmenter, "engine", parts.segmenter)
    return {
        "intent": (parts.intent, lambda job: parts.intent.classify([TEXT])),
        "keywords": (parts.keywords, lambda job: parts.keywords.extract(TEXT)),
        "detector": (detector, lambda job: detector.propose(tiny, PHRASES, job)),
        "segmenter": (segmenter, lambda job: segmenter.segment(tiny, (Prompt(BOX),), job)),
    }


def is_local(engine: object) -> bool:
    """Whether an engine has a large model in this process (`ports.Local`)."""
    return callable(getattr(type(engine), "download", None))


def warm(parts: Engines, job: Job) -> Iterator[str]:
    """Use every engine with a small net once, and load what a page needs for its first table."""
    for name, (engine, use) in uses(parts).items():
        if is_local(engine) or not engine.status().ready:
            continue
        try:
            use(job)
        except WorkbenchError:
            continue  # the engine's status says why, and the turn that needs it says it again
        yield name
    _a_table()
    yield "tables"
    settle()


def load(parts: Engines, job: Job) -> Iterator[str]:
    """Load the chosen models of this process whose weights are here; background work, which gives way to a turn."""
    for name, (engine, use) in uses(parts).items():
        job.check()
        if not is_local(engine) or not engine.status().ready or _loaded(engine):
            continue
        try:
            use(_UntilLoaded(engine, job))
        except Cancelled:
            job.check()
        except WorkbenchError:
            continue
        yield name
    settle()


def _loaded(engine: Any) -> bool:
    return bool(engine.status().details.get("state") == "loaded")


class _UntilLoaded(Job):
    """Ends a use at the model's first layer: a pass takes as long as a turn's, however small the picture is."""

    def __init__(self, engine: Any, job: Job) -> None:
        super().__init__()
        self._engine, self._job = engine, job

    @property
    def cancelled(self) -> bool:
        return self._job.cancelled

    def check(self) -> None:
        self._job.check()
        if _loaded(self._engine):
            raise Cancelled("It is loaded.")


def settle() -> None:
    """Take what newly loaded libraries made out of the garbage collector's sight.

    Streamlit collects after every run of a page: with torch in sight that takes half a second each time.
    """
    with _lock:
        if len(sys.modules) < _seen[0] + NEWS:
            return
        gc.collect()
        gc.freeze()
        _seen[0] = len(sys.modules)


def _a_table() -> object:
    """Home, where most begin, has none."""
    import pandas as pd
    import pyarrow as pa  # type: ignore[import-untyped]

    return pa.Table.from_pandas(pd.DataFrame({"": [0]}))
