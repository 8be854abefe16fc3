"""An exchange as it is kept: the request, and what came of it on each picture."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from core.types.picture import PictureRef
from core.types.turn import Turn, new_id


@dataclass(frozen=True)
class Result:
    """What came of a request on one picture.

    turn: without the changed picture's pixels; `edited` tells where that lies. seconds: wall clock, the opening of the
    picture included. detector_calls, segmenter_calls: measurements made for it; what was remembered is not counted.
    """

    picture: PictureRef | None
    turn: Turn
    edited: PictureRef | None = None
    seconds: float = 0.0
    detector_calls: int = 0
    segmenter_calls: int = 0


@dataclass(frozen=True)
class Record:
    """One version of one exchange.

    Exchanges form a tree: `parent` is the node before it ("" for the first), and nodes of one parent are branches.
    Versions of one node (regenerated, corrected) stand behind each other; the newest is shown unless the user turns
    back.
    id: of this version. how: what was given beside the words ("with a box drawn by hand"). pictures: those asked about.
    created: seconds since 1970. results: one for each picture, in order; empty while it runs, or where it broke off.
    steps: what happened, a line each. failed: message and remedy, where nothing came of it.
    """

    text: str
    id: str = field(default_factory=new_id)
    node: str = field(default_factory=new_id)
    parent: str = ""
    how: str = ""
    created: float = field(default_factory=time.time)
    pictures: tuple[PictureRef, ...] = ()
    results: tuple[Result, ...] = ()
    steps: tuple[str, ...] = ()
    failed: tuple[str, str] | None = None
    finished: bool = False
