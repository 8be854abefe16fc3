"""The picture as every engine sees it: upright sRGB pixels with an identity."""

from __future__ import annotations

from dataclasses import dataclass

from core.types.arrays import Pixels, digest, expect, frozen


@dataclass(frozen=True, eq=False)
class ImageAsset:
    """One picture, turned upright at the door.

    pixels: (H, W, 3) uint8 sRGB, upright, read-only.
    digest: SHA-256 of the upright pixels; the identity (two files with the same pixels are one picture).
    name: for display only, never a path.
    format: the container's name as Pillow gives it ("JPEG").
    stored_size: (width, height) as stored in the file, before turning.
    orientation: EXIF orientation of the file, 1 to 8; maps exports back to the stored frame.
    notes: what the door did to the pixels ("turned upright (EXIF 6)", "transparency put on white").
    """

    pixels: Pixels
    digest: str
    name: str = "picture"
    format: str = ""
    stored_size: tuple[int, int] = (0, 0)
    orientation: int = 1
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = getattr(self.pixels, "shape", None)
        expect(shape is not None and len(shape) == 3 and shape[2] == 3, f"pixels must be (H, W, 3), but got {shape}")
        expect(1 <= self.orientation <= 8, f"orientation must be 1 to 8, but got {self.orientation}")
        object.__setattr__(self, "pixels", frozen(self.pixels, "uint8"))

    @classmethod
    def of(cls, pixels: Pixels, name: str = "picture") -> ImageAsset:
        """A picture from pixels already upright: (H, W, 3) uint8 sRGB."""
        height, width = pixels.shape[:2]
        return cls(pixels, digest(frozen(pixels, "uint8")), name, "", (width, height))

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageAsset) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)
