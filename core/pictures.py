"""The picture door: bytes in, one upright sRGB `ImageAsset` or an `InputError` out; and pictures back to bytes."""

from __future__ import annotations

import re
import unicodedata

import cv2
import numpy as np
from PIL import Image, TiffImagePlugin

from core.containers import FORMATS, FloatTiff, open_container
from core.errors import InputError
from core.settings import Limits
from core.srgb import floats_to_srgb, to_srgb
from core.types.arrays import Pixels, digest
from core.types.image import ImageAsset

NAME_CHARS = 80
ORIENTATION_TAG = 0x0112  # Exif 2.32
PNG_LEVEL = 1  # zlib: photographs shrink by 6 % more at level 3 and take 60 % longer

# EXIF orientation -> cv2.flip's code, after transposing 5 to 8
_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}


def open_picture(data: bytes, name: str, limits: Limits) -> ImageAsset:
    """An uploaded file as every engine sees it. `name` is shown, never used as a path.

    Nothing is decoded before the header's size has passed the limits. Raises `InputError`, and nothing else.
    """
    shown = display_name(name)
    _check_weight(len(data), shown, limits)
    try:
        container = open_container(data, shown)
        _check_size(container.size, shown, limits)
        return _decode(container, shown)
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"'{shown}' needs more memory than there is.", "Send a smaller copy of it.") from error
    except Exception as error:  # hostile bytes break decoders in every way they know
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"'{shown}' is truncated or damaged ({reason}).",
            "Copy or download the file again, or open it in another program and save it as JPEG or PNG.",
        ) from error


def _check_weight(size: int, shown: str, limits: Limits) -> None:
    if not size:
        raise InputError(f"'{shown}' is empty (0 bytes).", f"Choose a photograph: {FORMATS}.")
    if size > limits.upload_mb * 1e6:
        raise InputError(
            f"'{shown}' has {size / 1e6:.1f} MB; at most {limits.upload_mb:g} MB are accepted.",
            "Save it smaller or as JPEG, or raise [limits] upload_mb.",
        )


def _check_size(size: tuple[int, int], shown: str, limits: Limits) -> None:
    width, height = size
    if width * height > limits.megapixels * 1e6:
        raise InputError(
            f"'{shown}' has {width} x {height} pixels ({width * height / 1e6:.0f} megapixels); "
            f"at most {limits.megapixels:g} megapixels are accepted.",
            "Send a smaller copy of it, or raise [limits] megapixels.",
        )
    if min(width, height) < limits.min_side_px:
        raise InputError(
            f"'{shown}' has {width} x {height} pixels; at least {limits.min_side_px} a side are needed.",
            "Send a larger picture.",
        )


def _decode(container: Image.Image | FloatTiff, shown: str) -> ImageAsset:
    notes = _frame_notes(container)
    if isinstance(container, FloatTiff):
        orientation, turned = container.orientation, True
        pixels, more = floats_to_srgb(container.samples())
    else:
        turned = isinstance(container, TiffImagePlugin.TiffImageFile)  # Pillow turns TIFFs itself while loading
        orientation = _orientation(container, notes) if turned else 1
        container.load()
        if not turned:
            orientation = _orientation(container, notes)  # a PNG may carry its EXIF behind the pixels
        pixels, more = to_srgb(container)
    notes += more
    if orientation != 1:
        notes.append(f"turned upright (EXIF {orientation})")
    pixels = pixels if turned else _upright(pixels, orientation)
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    height, width = pixels.shape[:2]
    stored = (width, height) if orientation < 5 else (height, width)
    return ImageAsset(pixels, digest(pixels), shown, container.format or "", stored, orientation, tuple(notes))


def _frame_notes(image: Image.Image | FloatTiff) -> list[str]:
    if image.format in ("JPEG", "MPO") or not getattr(image, "is_animated", False):
        return []  # a phone's JPEG carries previews and depth maps: nothing that a user would miss
    what = {"TIFF": "the first page", "HEIF": "the main picture"}.get(image.format or "", "the first frame")
    return [f"only {what} of several is used"]


def _orientation(image: Image.Image, notes: list[str]) -> int:
    """1 to 8; 1 where the file says nothing, or nothing that can be understood."""
    try:
        tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else image.getexif()
        value = tags.get(ORIENTATION_TAG, 1)
    except Exception:  # EXIF blocks of old cameras break its reader in many ways; the pixels are sound
        notes.append("damaged EXIF data was ignored")
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    if orientation >= 5:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    if orientation in _FLIPS:
        pixels = np.asarray(cv2.flip(pixels, _FLIPS[orientation]), np.uint8)
    return pixels


def display_name(name: str) -> str:
    """A file name that is safe to show: no folders, no control or direction characters, at most 80 characters."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in last)
    clean = " ".join(clean.split())
    if not clean.strip(". "):
        return "picture"
    if len(clean) > NAME_CHARS:
        stem, dot, suffix = clean.rpartition(".")
        tail = f"{dot}{suffix}" if stem and len(suffix) <= 5 else ""
        clean = clean[: NAME_CHARS - 1 - len(tail)] + "…" + tail
    return clean


def thumbnail(pixels: Pixels, max_side: int) -> Pixels:
    """The same picture with its longer side at most `max_side`; never enlarged.

    Halved as often as that goes, then linear: seven times as fast as one mean over areas, and as smooth.
    """
    height, width = pixels.shape[:2]
    factor = max_side / max(width, height)
    if factor >= 1:
        return pixels
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    while min(pixels.shape[0] // size[1], pixels.shape[1] // size[0]) >= 2:
        even = pixels[: pixels.shape[0] & ~1, : pixels.shape[1] & ~1]  # cv2 is quick for exact halves only
        half = (even.shape[1] // 2, even.shape[0] // 2)
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def encode_jpeg(pixels: Pixels, max_side: int | None = None, quality: int = 90) -> bytes:
    """JPEG of (H, W, 3) sRGB pixels, shrunk to `max_side` first; quality 1 to 100."""
    if max_side is not None:
        pixels = thumbnail(pixels, max_side)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _bytes(done, data)


def encode_png(pixels: Pixels) -> bytes:
    """PNG of (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA (straight alpha) pixels."""
    if pixels.ndim == 3:
        code = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        pixels = np.asarray(cv2.cvtColor(pixels, code), np.uint8)
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL])
    return _bytes(done, data)


def _bytes(done: bool, data: Pixels) -> bytes:
    if not done:
        raise RuntimeError("cv2 could not encode a picture of valid pixels")
    return data.tobytes()
