"""Bytes to an opened, not yet decoded picture: the file formats let in, and what the sender of any other is told."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.errors import InputError
from core.types.arrays import Doubles

FORMATS = "JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF or HEIC"
SAVE_AS = "Open it in the program that made it and save it as JPEG or PNG."
PREFIX = 4096  # bytes in which every signature below must show

# Not Image.open: it warns or refuses by the process-wide Image.MAX_IMAGE_PIXELS, and the limit here is a setting.
_PLUGINS = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    GifImagePlugin.GifImageFile,
    BmpImagePlugin.BmpImageFile,
    TiffImagePlugin.TiffImageFile,
    AvifImagePlugin.AvifImageFile,
)

_UNKNOWN_PIXELS = "unknown pixel mode"  # Pillow's words for samples that no mode of it can hold

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")

# (pattern at the file's start, what it is, what to do). Source: the formats' own specifications, and file(1)'s magic.
_STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (rb"(?is)(\xef\xbb\xbf)?\s*(<\?xml.{0,2000}?)?(<!--.{0,2000}?-->\s*)*(<!doctype\s+svg|<svg)", "an SVG drawing", ""),
    (rb"%PDF", "a PDF document", "Export the page as JPEG or PNG."),
    (rb"%!PS", "a PostScript drawing", "Export it as JPEG or PNG."),
    (rb"8BPS", "a Photoshop document", SAVE_AS),
    (rb"gimp xcf", "a GIMP document", SAVE_AS),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL picture", SAVE_AS),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture", SAVE_AS),
    (rb"\x76\x2f\x31\x01", "an OpenEXR picture", SAVE_AS),
    (rb"#\?(RADIANCE|RGBE)", "a Radiance HDR picture", SAVE_AS),
    (rb"(?s).{128}DICM", "a DICOM study", "Export the slice as PNG from the viewer."),
    (rb"SIMPLE  =", "a FITS picture", SAVE_AS),
    (rb"P[1-7]\s", "a portable pixmap", SAVE_AS),
    (rb"\x00\x00[\x01\x02]\x00[\x01-\xff]\x00", "an icon", SAVE_AS),
    (rb"DDS ", "a DirectDraw texture", SAVE_AS),
    (rb"FUJIFILMCCD-RAW|II(RO|RS|U)\x00|\x00MRM", "a camera raw file", "Develop it and save it as JPEG."),
    (rb"(?s)RIFF.{4}(AVI |WAVE)|ID3|OggS|fLaC", "a sound or a film", "Save the frame to be looked at as a picture."),
    (rb"(?s).{4}ftyp|.{4}moov|\x1a\x45\xdf\xa3", "a film", "Save the frame to be looked at as a picture."),
    (
        rb"PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf|BZh|\xfd7zXZ",
        "an archive",
        "Unpack it first, then send the picture in it.",
    ),
    (rb"MZ|\x7fELF|\xca\xfe\xba\xbe", "a program", "Choose a photograph."),
    (rb"(?is)\s*(<!doctype html|<html|<\?xml)", "a web page or XML document", "Save the picture itself, not its page."),
)


@dataclass(frozen=True)
class FloatTiff:
    """A TIFF of 32 or 64-bit floating point samples in one or three channels, which Pillow does not know.

    size: (width, height) as stored. orientation: of tag 274. is_animated: more pages follow (Pillow's name for it).
    """

    data: bytes
    size: tuple[int, int]
    orientation: int
    is_animated: bool
    format: str = "TIFF"

    def samples(self) -> Doubles:
        """(H, W) or (H, W, 3) RGB float samples, upright: cv2 obeys a TIFF's orientation whatever it is told."""
        decoded = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_UNCHANGED)
        upright_size = self.size if self.orientation < 5 else self.size[::-1]
        if decoded is None or decoded.shape[1::-1] != upright_size:
            raise OSError("the TIFF's floating point samples cannot be read")
        return np.asarray(decoded if decoded.ndim == 2 else decoded[..., ::-1], np.float64)


def open_container(data: bytes, name: str) -> Image.Image | FloatTiff:
    """The picture with its header read and not one pixel decoded.

    Raises `InputError` where it is none of `FORMATS`, and whatever a decoder makes of a damaged header.
    """
    prefix = data[:PREFIX]
    found, trouble = _try_plugins(data, prefix)
    if found is not None:
        _refuse_camera_raw(found, name)
        return found
    if prefix[4:8] == b"ftyp" and prefix[8:12] in _HEIF_BRANDS:
        return _open_heif(data, name)
    if prefix[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and (tiff := _float_tiff(data)) is not None:
        return tiff
    if trouble is not None and str(trouble) == _UNKNOWN_PIXELS:
        raise InputError(
            f"'{name}' is a TIFF with a kind of pixels that is not supported.",
            "Save it with 8 or 16-bit integers or 32-bit floats, in one, three or four channels, or as 8-bit PNG.",
        ) from trouble
    if trouble is not None:
        raise trouble
    for pattern, what, remedy in _STRANGERS:
        if re.match(pattern, prefix):
            raise InputError(f"'{name}' is {what}, not a photograph in {FORMATS}.", remedy or "Export it as PNG.")
    raise InputError(f"'{name}' is not a picture that can be read.", f"Send a photograph as {FORMATS}.")


def _try_plugins(data: bytes, prefix: bytes) -> tuple[Image.Image | None, Exception | None]:
    """The first of Pillow's formats that reads the header; else the error of the last one that knew the signature."""
    trouble: Exception | None = None
    for plugin in _PLUGINS:
        opener, accept = Image.OPEN[str(plugin.format)]
        if accept is None or accept(prefix) is not True:
            continue
        try:
            return opener(io.BytesIO(data), ""), None
        except Exception as error:
            trouble = error  # "mif1" is AVIF or HEIC: only the next reader can tell
    return None, trouble


def _open_heif(data: bytes, name: str) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise InputError(
            f"'{name}' is a HEIC picture, and the package that reads them is missing.",
            "Install it (pip install pillow-heif), or save the picture as JPEG.",
        ) from error
    image: Image.Image = HeifImageFile(io.BytesIO(data), "")  # type: ignore[no-untyped-call]
    return image


def _refuse_camera_raw(image: Image.Image, name: str) -> None:
    """A raw file is a TIFF whose first page is a thumbnail (TIFF/EP, DNG 1.7): that one would look like success."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return
    tags = image.tag_v2
    reduced = tags.get(254, 0) == 1 and 330 in tags  # NewSubfileType: reduced resolution; SubIFDs: the real pictures
    if reduced or 50706 in tags:  # DNGVersion
        raise InputError(f"'{name}' is a camera raw file.", "Develop it and save it as JPEG.")


def _float_tiff(data: bytes) -> FloatTiff | None:
    """Reads tags only: sample format 3 is IEEE floating point (TIFF 6.0, tag 339)."""
    stream = io.BytesIO(data)
    head = stream.read(16 if data[2:4] in (b"+\0", b"\0+") else 8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head)
    stream.seek(tags.next)
    tags.load(stream)
    channels, bits, kinds = tags.get(277, 1), set(tags.get(258, ())), set(tags.get(339, ()))
    if channels not in (1, 3) or kinds != {3} or bits not in ({32}, {64}):
        return None
    orientation = tags.get(274, 1)
    orientation = orientation if orientation in range(1, 9) else 1
    return FloatTiff(data, (int(tags[256]), int(tags[257])), orientation, bool(tags.next))
