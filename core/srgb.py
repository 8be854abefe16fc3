"""A picture of any pixel kind to (H, W, 3) uint8 sRGB on white, with a note on everything that was done to it."""

from __future__ import annotations

import io
import unicodedata
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms

from core.errors import InputError
from core.types.arrays import Doubles, Pixels

Notes = list[str]

BYTE, WORD = 255, 65535
PROBE_STEPS = 9  # a profile is tried on 9^3 colours before 12 million pixels go through it
SAME_COLOUR = 1  # grey levels: a profile that moves no probe by more is sRGB under another name
PROFILE_NAME_CHARS = 40

# Pillow's mode -> the colour space that a fitting ICC profile names (ICC.1:2022, table 19)
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}
_PLAIN = {"1": "L", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB", "PA": "RGBA"}


def to_srgb(image: Image.Image) -> tuple[Pixels, Notes]:
    """Decoded Pillow image -> pixels and notes. Raises `InputError` for values that are no numbers."""
    notes: Notes = []
    if image.mode.startswith("I") or image.mode == "F" or _signed_bytes(image):
        grey, alpha = _numbers(image, notes)
        colour = Image.fromarray(grey)
    else:
        colour, alpha = _colour_and_alpha(image)
        colour = _through_profile(colour, image.info.get("icc_profile"), notes)
    if alpha is not None and alpha.getextrema() != (BYTE, BYTE):
        notes.append("transparency put on white")
        white = Image.new(colour.mode, colour.size, "white")
        white.paste(colour, mask=alpha)
        colour = white
    return _three_channels(np.asarray(colour)), notes


def floats_to_srgb(samples: Doubles) -> tuple[Pixels, Notes]:
    """(H, W) or (H, W, 3) floating point samples -> pixels and notes."""
    notes: Notes = []
    return _three_channels(_scale_floats(samples, notes)), notes


def _three_channels(array: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(array, cv2.COLOR_GRAY2RGB), np.uint8) if array.ndim == 2 else array


def _colour_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The picture in mode L, RGB, CMYK or LAB, and its alpha channel, if it has one."""
    if image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        image = ImageChops.invert(
            image
        )  # Pillow takes every CMYK JPEG for Adobe's inverted kind; only that marker says so
    if image.has_transparency_data and image.mode in ("1", "L"):
        image = image.convert("LA")
    elif image.has_transparency_data and image.mode in ("P", "RGB"):
        image = image.convert("RGBA")
    elif image.mode == "P":
        image = image.convert("RGB")
    elif image.mode in _PLAIN:
        image = image.convert(_PLAIN[image.mode])
    if image.mode in ("LA", "RGBA"):
        return image.convert(image.mode[:-1]), image.getchannel("A")
    return image, None


def _through_profile(image: Image.Image, profile: bytes | None, notes: Notes) -> Image.Image:
    """L, RGB, CMYK or LAB to L or RGB in sRGB; a profile that is broken or does not fit is left aside, with a note."""
    if profile:
        try:
            return _apply_profile(image, profile, notes)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append("a broken colour profile was ignored")
    if image.mode == "LAB":
        transform = ImageCms.buildTransform(_lab(), _srgb(), "LAB", "RGB")
        return _applied(image, transform)
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _apply_profile(image: Image.Image, profile: bytes, notes: Notes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if source.profile.xcolor_space.strip() != _SPACES.get(image.mode):
        raise ValueError("the profile belongs to another kind of pixels")
    transform = ImageCms.buildTransform(source, _srgb(), image.mode, "RGB")
    if image.mode == "RGB" and _moves_nothing(transform):
        return image
    label = "".join(c for c in source.profile.profile_description or "" if unicodedata.category(c)[0] != "C").strip()
    notes.append(f"colours converted to sRGB from '{label[:PROFILE_NAME_CHARS]}'")
    return _applied(image, transform)


def _moves_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = np.linspace(0, BYTE, PROBE_STEPS).round().astype(np.uint8)
    probe = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(PROBE_STEPS, -1, 3)
    moved = np.asarray(_applied(Image.fromarray(probe), transform), np.int16)
    return bool(np.abs(moved - probe).max() <= SAME_COLOUR)


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    result = ImageCms.applyTransform(image, transform)
    if result is None:
        raise ValueError("the transform made no picture")
    return result


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _lab() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))


def _tag(image: Image.Image, number: int, default: Any) -> Any:
    """A TIFF tag's first value; the default for other formats."""
    value = getattr(image, "tag_v2", {}).get(number, default)
    return value[0] if isinstance(value, tuple) and value else value


def _signed_bytes(image: Image.Image) -> bool:
    return image.mode == "L" and _tag(image, 339, 1) == 2  # SampleFormat: two's complement


def _numbers(image: Image.Image, notes: Notes) -> tuple[Pixels, Image.Image | None]:
    """(H, W) uint8 of one channel of 16 or 32-bit integers or floats, and the alpha of a transparent value."""
    array: NDArray[Any] = np.asarray(image)
    if image.mode == "F":
        grey = _scale_floats(array, notes)
    elif image.mode.startswith("I;16"):
        grey = _scale_words(array, _tag(image, 258, 16), notes)
    else:
        if array.dtype == np.uint8:
            array = array.view(np.int8)
        elif _tag(image, 339, 1) == 1 and _tag(image, 258, 32) == 32:
            array = array.view(np.uint32)  # Pillow shows unsigned samples as signed
        grey = _scale_integers(array, notes)
    if _tag(image, 262, 1) == 0:  # PhotometricInterpretation: 0 is white; Pillow turns only 8-bit ones over
        grey = BYTE - grey
    clear = image.info.get("transparency")
    alpha = Image.fromarray(np.where(array == clear, 0, BYTE).astype(np.uint8)) if isinstance(clear, int) else None
    return grey, alpha


def _scale_words(array: NDArray[Any], bits: int, notes: Notes) -> Pixels:
    """Unsigned integers of `bits` (9 to 16) over their whole range: full scale becomes 255."""
    top = 2 ** min(max(bits, 9), 16) - 1
    levels = (np.arange(WORD + 1, dtype=np.float64) * BYTE / top + 0.5).clip(0, BYTE).astype(np.uint8)
    notes.append(f"{bits} bits a pixel brought to 8")
    grey: Pixels = levels[array.astype(np.uint16)]
    return grey


def _scale_integers(array: NDArray[Any], notes: Notes) -> Pixels:
    low, high = int(array.min()), int(array.max())
    if low >= 0 and high <= BYTE:
        return array.astype(np.uint8)
    if low >= 0 and high <= WORD:
        return _scale_words(array, 16, notes)
    return _stretch(array, low, high, notes)


def _scale_floats(array: NDArray[Any], notes: Notes) -> Pixels:
    low, high = float(array.min()), float(array.max())
    if not np.isfinite((low, high)).all():
        raise InputError(
            "The picture holds values that are no numbers (NaN or infinite).",
            "Replace them in the program that made it, or save it as 8-bit PNG.",
        )
    if low >= 0 and high <= 1:
        notes.append("values from 0 to 1 brought to 8 bits")
        return np.asarray(array * BYTE + 0.5).astype(np.uint8)
    return _stretch(array, low, high, notes)


def _stretch(array: NDArray[Any], low: float, high: float, notes: Notes) -> Pixels:
    """Smallest value black, largest white; one value only is black."""
    notes.append(f"values from {low:g} to {high:g} stretched to black and white")
    span = high - low
    if span == 0:
        return np.zeros(array.shape, np.uint8)
    share = (array.astype(np.float64) - low) / span
    return (share * BYTE + 0.5).astype(np.uint8)
