"""What every Segment Anything model does: encode a picture once, then decode one prompt at a time. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import InputError
from core.shared_models.placement import Placement
from core.types.arrays import Floats
from core.types.boxes import Box
from core.types.engine import EngineInfo

Click = tuple[float, float, bool]


@dataclass(frozen=True)
class Encoding:
    """features: tensors of the network that made them. size: (width, height) of the picture.

    part: (width, height) of the picture in the square of `Network.side`, upper left.
    """

    features: tuple[Any, ...]
    size: tuple[int, int]
    part: tuple[int, int]

    @property
    def nbytes(self) -> int:
        return sum(t.numel() * t.element_size() for t in self.features)


class Network(Protocol):
    """side: px of the square to which logits are enlarged first. cells: of a row of logits. candidates: of a prompt."""

    info: EngineInfo
    side: int
    cells: int
    candidates: int

    def encode(self, pixels: Any) -> Encoding:
        """pixels: (H, W, 3) uint8. The slow half; layers check the job of `placement.running`."""
        ...

    def decode(self, encoding: Encoding, box: Box | None, clicks: Sequence[Click]) -> tuple[Floats, Floats]:
        """Of one prompt, in picture pixels: (C, cells, cells) logits and (C,) predicted IoU.

        Candidate 0 is the library's single mask, the others its masks for an ambiguous prompt. One prompt at a time: in
        a batch its logits differ in the last bits, so they would depend on what else is asked, and it is not faster.
        """
        ...


def fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """(width, height) of a picture whose longer side becomes `side`, rounded as the libraries do.

    Raises `InputError` where nothing is left of the other side.
    """
    scale = side * 1.0 / max(width, height)
    part = int(width * scale + 0.5), int(height * scale + 0.5)
    if not all(part):
        raise InputError(f"A picture of {width} × {height} px is too slim for this model.", "Crop it.")
    return part


def limits(torch: Any, placement: Placement) -> str:
    """What a reader must know of the numbers: "" where they are full."""
    if placement.dtype == torch.float32:
        return ""
    return f"Pictures were encoded in {str(placement.dtype).removeprefix('torch.')}."
