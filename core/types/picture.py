"""A picture that is kept somewhere, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureRef:
    """What is known of a kept picture.

    key: SHA-256 of the encoded bytes, its file's name in a store. digest: of the upright pixels. name: for display,
    never a path. sample: the sample's key, or "". made_by: what made it ("edited"), or "".
    """

    key: str
    digest: str
    name: str
    width: int
    height: int
    format: str = ""
    stored_size: tuple[int, int] = (0, 0)
    orientation: int = 1
    notes: tuple[str, ...] = ()
    sample: str = ""
    made_by: str = ""

    @property
    def size(self) -> str:
        """Width and height, for display."""
        return f"{self.width} × {self.height} px"
