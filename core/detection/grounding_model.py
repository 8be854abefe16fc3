"""What both implementations of Grounding DINO give: scores of tokens and boxes, and pictures in a shape they take."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from core.detection.grounding_captions import Captioner
from core.jobs import Job
from core.types.arrays import Floats, Pixels

GREY = (124, 116, 104)  # the mean of ImageNet, which the model sees as nothing at all
STRIDES = (8, 16, 32, 64)  # pixels of a place on each level of its features
NARROWEST = (32, 16, 8, 4, 2, 1)  # shapes tried for a picture with too few places, long side by short side

PICTURE, OTHERWISE = "this picture", "Try another picture or other words, or another detector."  # where a pass breaks
TOLD_ANYWAY = (  # beginnings of warnings
    r"Importing from timm\.models\.layers",
    r"torch\.meshgrid: in an upcoming release",
    r"`torch\.cuda\.amp\.autocast\(args",
    r"The `device` argument is deprecated and will be removed",
)


class Grounder(Protocol):
    """A loaded model. Thread-safe.

    captioner: writes its captions. version: of its package and weights. side: its frames' shortest side, in pixels.
    """

    captioner: Captioner
    version: str
    side: int

    def measure(self, picture: Pixels, caption: str, side: int, job: Job) -> tuple[Floats, Floats]:
        """Scores (Q, T) of all tokens in [0, 1], and boxes (Q, 4) xyxy in the picture's pixels, not clipped; float32.

        side: the shortest side of the frame that the model sees.
        """
        ...


def load_module(name: str) -> Any:
    """A heavy library, imported when it is needed."""
    return importlib.import_module(name)


def hush() -> None:
    """Without the warnings that these libraries give of themselves on every start: no reader can act on them."""
    for message in TOLD_ANYWAY:
        warnings.filterwarnings("ignore", message)


def pil_image(picture: Pixels) -> Any:
    return load_module("PIL.Image").fromarray(picture)


def roomy(picture: Pixels, side: int, longest: int, strides: Sequence[int], queries: int) -> Pixels:
    """The picture; where it is so narrow that the model finds fewer places than it looks at, on a wider grey ground.

    The model fails on it otherwise. side, longest: of the frame, in pixels.
    """
    height, width = picture.shape[:2]
    short, long = min(height, width), max(height, width)
    for aspect in (long / short, *NARROWEST):
        wide = max(short, math.ceil(long / aspect))
        if places(wide, long, side, longest, strides) >= queries or wide == long:
            break
    if wide == short:
        return picture
    ground = np.full((wide, long, 3) if height < width else (long, wide, 3), GREY, np.uint8)
    ground[:height, :width] = picture
    return ground


def places(short: int, long: int, side: int, longest: int, strides: Sequence[int]) -> int:
    """How many places the model's features have for a picture, at least."""
    scale = min(side / short, longest / long)
    return sum(int(short * scale / stride) * int(long * scale / stride) for stride in strides)
