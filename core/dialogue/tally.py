"""What one picture's share of a request took: from its begin to its `Result`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from core.dialogue.engines import Engines
from core.types.image import ImageAsset
from core.types.picture import PictureRef
from core.types.record import Result
from core.types.turn import Turn


class Tally:
    """Counts from where it is made."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._begun, self._before = time.monotonic(), engines.calls

    def result(
        self, turn: Turn, picture: PictureRef | None, keep: Callable[[ImageAsset, PictureRef], PictureRef]
    ) -> Result:
        """The end of a turn as it is kept: without pixels. keep: puts the changed picture where pictures lie."""
        edited = None
        if turn.edited is not None and picture is not None:
            edited = keep(turn.edited, picture)
        detector, segmenter = (now - old for now, old in zip(self._engines.calls, self._before, strict=True))
        seconds = time.monotonic() - self._begun
        return Result(picture, replace(turn, edited=None), edited, seconds, detector, segmenter)
