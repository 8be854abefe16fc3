"""What both implementations of Grounding DINO give: scores of tokens and boxes, and pictures in a shape they take."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import math
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.detection.grounding_captions import Captioner
from core.errors import EngineFailed, WorkbenchError
from core.jobs import Job
from core.shared_models.placement import Placement
from core.types.arrays import Floats, Pixels

GREY = (124, 116, 104)  # the mean of ImageNet, which the model sees as nothing at all
STRIDES = (8, 16, 32, 64)  # pixels of a place on each level of its features
WEIGHTS = (".safetensors", ".bin")  # of a folder
NARROWEST = (32, 16, 8, 4, 2, 1)  # shapes tried for a picture with too few places, long side by short side

LOOK_UP = 0.1  # seconds after which a waiting thread looks whether it shall stop
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


def mixed(torch: Any, placement: Placement) -> AbstractContextManager[Any]:
    """Computes in the placement's type inside; by autocast, since both libraries make float32 tensors on their way."""
    if placement.dtype == torch.float32:
        return nullcontext()
    return torch.autocast(placement.device.type, placement.dtype)  # type: ignore[no-any-return]


@contextmanager
def alone(lock: threading.Lock, job: Job) -> Iterator[None]:
    """With the lock; who waits for it can be stopped."""
    while not lock.acquire(timeout=LOOK_UP):
        job.check()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def translated(what: str, device: Any) -> Iterator[None]:
    """Errors of a forward pass as ours."""
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as error:  # torch raises whatever it likes
        if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
            raise EngineFailed(
                f"There is not enough memory on {device} for {what} on this picture.",
                'Choose a smaller model or device = "cpu".',
            ) from error
        raise EngineFailed(
            f"{what} broke on this picture ({type(error).__name__}: {str(error)[:300]}).",
            "Try another picture or other words, or another detector.",
        ) from error


def version_of(package: str, weights: Path) -> str:
    """The package's version and, of the weights, the revision of a hub's snapshot or their digest."""
    folder = weights if weights.is_dir() else weights.parent
    if folder.parent.name == "snapshots":
        mark = folder.name
    else:
        files = [weights] if weights.is_file() else sorted(f for f in weights.iterdir() if f.suffix in WEIGHTS)
        whole = hashlib.sha256()
        for file in files:
            with file.open("rb") as content:
                whole.update(hashlib.file_digest(content, "sha256").digest())
        mark = whole.hexdigest()
    return f"{package} {importlib.metadata.version(package)}, weights {mark[:12]}"
