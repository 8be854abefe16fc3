"""What the factory of odd files builds with: the picture in every mode, and hand-made containers.

The picture is 48 x 32: four flat quarters, red, green, blue and yellow from the upper left in reading order.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from core.types.arrays import Pixels

RED, GREEN, BLUE, YELLOW, WHITE, BLACK = (
    *((200, 30, 40), (30, 180, 60), (20, 60, 210), (230, 220, 30)),
    *((255, 255, 255), (0, 0, 0)),
)
QUARTERS = (RED, GREEN, BLUE, YELLOW)
WIDTH, HEIGHT = 48, 32
CENTRES = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
EXACT, LOSSY, COARSE = 1, 14, 40

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Odd:
    """One file. Opens: `size` and the colours of its four quarters. Refused: what message and remedy must match."""

    name: str
    data: bytes
    quarters: tuple[Rgb, Rgb, Rgb, Rgb] = QUARTERS
    size: tuple[int, int] = (WIDTH, HEIGHT)
    tolerance: int = EXACT
    note: str = ""
    orientation: int = 1
    refused: str = ""
    remedy: str = ""
    limits: dict[str, Any] = field(default_factory=dict)


def quartered(colours: tuple[Rgb, ...] = QUARTERS, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """(height, width, 3) of four flat quarters."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for (x, y), colour in zip(CENTRES, colours, strict=True):
        rows = slice(0, height // 2) if y < 0.5 else slice(height // 2, height)
        columns = slice(0, width // 2) if x < 0.5 else slice(width // 2, width)
        pixels[rows, columns] = colour
    return pixels


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def picture(mode: str = "RGB") -> Image.Image:
    return Image.fromarray(quartered()).convert(mode)


def grey(value: int) -> Rgb:
    return (value, value, value)


def greys(image: Image.Image) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    """The quarters of a one-channel Pillow image."""
    a, b, c, d = (grey(int(image.getpixel((int(x * WIDTH), int(y * HEIGHT))))) for x, y in CENTRES)
    return a, b, c, d


def tiff(tags: dict[int, tuple[str, tuple[int, ...]]], pixels: bytes) -> bytes:
    """A little-endian TIFF of one strip (TIFF 6.0, section 2); tags: number -> (struct letter, values)."""
    kinds = {"H": 3, "I": 4, "B": 1}
    tags = {**tags, 273: ("I", (8,)), 279: ("I", (len(pixels),))}
    extra_at = 8 + len(pixels) + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for number, (letter, values) in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}{letter}", *values)
        if len(packed) > 4:
            place, extra = struct.pack("<I", extra_at + len(extra)), extra + packed
        else:
            place = packed.ljust(4, b"\0")
        entries += struct.pack("<HHI", number, kinds[letter], len(values)) + place
    directory = struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory + extra


def samples(array: np.ndarray[Any, Any], photometric: int = 1, kind: int = 1, **more: int) -> bytes:
    """A TIFF of (H, W) or (H, W, C) samples; kind: 1 unsigned, 2 signed, 3 floating point."""
    channels = 1 if array.ndim == 2 else array.shape[2]
    bits = array.dtype.itemsize * 8
    tags: dict[int, tuple[str, tuple[int, ...]]] = {
        256: ("I", (array.shape[1],)), 257: ("I", (array.shape[0],)), 258: ("H", (bits,) * channels),
        259: ("H", (1,)), 262: ("H", (photometric,)), 277: ("H", (channels,)), 278: ("I", (array.shape[0],)),
        339: ("H", (kind,) * channels),
    }  # fmt: skip
    tags |= {int(number.removeprefix("tag")): ("H", (value,)) for number, value in more.items()}
    return tiff(tags, array.astype(array.dtype.newbyteorder("<")).tobytes())


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, depth: int = 8, colour: int = 2, body: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = png_chunk(b"IDAT", zlib.compress(body)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + data


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def swapped_profile() -> bytes:
    """An sRGB profile whose red and green primaries have changed places: red pixels must come out green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


def stored_for(orientation: int) -> Image.Image:
    """The quartered picture as a camera stores it under `orientation`: turned upright it is `quartered()` again."""
    turns = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180], 4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE], 6: [Image.Transpose.ROTATE_90], 7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }  # fmt: skip
    image = picture()
    for step in turns.get(orientation, []):
        image = image.transpose(step)
    return image


def formats() -> Iterator[Odd]:
    rgb = picture()
    yield Odd("plain.jpg", saved(rgb, "JPEG", quality=95), tolerance=LOSSY)
    yield Odd("progressive.jpg", saved(rgb, "JPEG", quality=95, progressive=True), tolerance=LOSSY)
    yield Odd("plain.png", saved(rgb, "PNG"))
    yield Odd("lossless.webp", saved(rgb, "WEBP", lossless=True))
    yield Odd("lossy.webp", saved(rgb, "WEBP", quality=95), tolerance=LOSSY)
    yield Odd("plain.avif", saved(rgb, "AVIF", quality=95), tolerance=LOSSY)
    yield Odd("plain.gif", saved(rgb.quantize(8), "GIF"))
    yield Odd("plain.bmp", saved(rgb, "BMP"))
    yield Odd("palette.bmp", saved(rgb.quantize(8), "BMP"))
    yield Odd("plain.tiff", saved(rgb, "TIFF"))
    yield Odd("lzw.tiff", saved(rgb, "TIFF", compression="tiff_lzw"))
    yield Odd("big.tiff", saved(rgb, "TIFF", big_tiff=True))
    yield Odd("jpeg_inside.tiff", saved(picture("YCbCr"), "TIFF", compression="jpeg", quality=95), tolerance=LOSSY)
    yield Odd("wrong_suffix.png", saved(rgb, "BMP"))
    yield Odd("junk_behind.jpg", saved(rgb, "JPEG", quality=95) + b"junk" * 99, tolerance=LOSSY)
    yield Odd("junk_behind.png", saved(rgb, "PNG") + b"junk" * 99)
    yield Odd("smallest.png", saved(Image.fromarray(quartered(width=8, height=8)), "PNG"), size=(8, 8))
    strip = quartered(width=2000, height=8)
    yield Odd("strip.png", saved(Image.fromarray(strip), "PNG"), size=(2000, 8))
