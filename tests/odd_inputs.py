"""A factory of bad and odd files: bytes with what the picture door must make of each.

The picture is 48 x 32: four flat quarters, red, green, blue and yellow from the upper left in reading order.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageCms

from tests.odd_files import (
    BLACK,
    BLUE,
    COARSE,
    GREEN,
    HEIGHT,
    LOSSY,
    QUARTERS,
    RED,
    WHITE,
    WIDTH,
    YELLOW,
    Odd,
    exif,
    formats,
    grey,
    greys,
    picture,
    png_chunk,
    png_of,
    quartered,
    samples,
    saved,
    stored_for,
    swapped_profile,
    tiff,
)


def frames() -> Iterator[Odd]:
    rgb, other = picture(), Image.new("RGB", (WIDTH, HEIGHT), BLACK)
    more: dict[str, Any] = {"save_all": True, "append_images": [other]}
    yield Odd("animated.gif", saved(rgb.quantize(8), "GIF", **more), note="first frame of several")
    yield Odd("animated.webp", saved(rgb, "WEBP", lossless=True, **more), note="first frame of several")
    yield Odd("animated.png", saved(rgb, "PNG", **more), note="first frame of several")
    yield Odd("animated.avif", saved(rgb, "AVIF", quality=95, **more), note="first frame of several", tolerance=LOSSY)
    yield Odd("pages.tiff", saved(rgb, "TIFF", **more), note="first page of several")
    yield Odd("burst.mpo", saved(rgb, "MPO", quality=95, **more), tolerance=LOSSY)


def transparency() -> Iterator[Odd]:
    on_white = tuple(tuple(round(v / 2 + 127.5) for v in colour) for colour in QUARTERS)
    half, hidden = picture("RGBA"), picture("RGBA")
    half.putalpha(128)
    hidden.putalpha(0)
    note = "transparency put on white"
    yield Odd("half.png", saved(half, "PNG"), quarters=on_white, note=note, tolerance=2)  # type: ignore[arg-type]
    yield Odd("hidden.png", saved(hidden, "PNG"), quarters=(WHITE,) * 4, note=note)
    yield Odd("hidden.webp", saved(hidden, "WEBP", lossless=True), quarters=(WHITE,) * 4, note=note)
    yield Odd("opaque.png", saved(picture("RGBA"), "PNG"))
    palette = picture().quantize(4)
    clear = palette.getpixel((2, 2))
    first_white = (WHITE, GREEN, BLUE, YELLOW)
    yield Odd("palette.png", saved(palette, "PNG"))
    yield Odd("palette_clear.png", saved(palette, "PNG", transparency=clear), quarters=first_white, note=note)
    yield Odd("clear.gif", saved(palette, "GIF", transparency=clear), quarters=first_white, note=note)
    alphas = bytes(255 if n != clear else 0 for n in range(4))
    yield Odd("palette_alphas.png", saved(palette, "PNG", transparency=alphas), quarters=first_white, note=note)
    yield Odd("rgb_key.png", saved(picture(), "PNG", transparency=RED), quarters=first_white, note=note)
    shades = Image.fromarray(quartered((grey(10), grey(90), grey(160), grey(240)))[..., 0])
    yield Odd("grey_key.png", saved(shades, "PNG", transparency=10), quarters=(WHITE, *greys(shades)[1:]), note=note)
    veiled = Image.merge("LA", (shades, Image.new("L", shades.size, 0)))
    yield Odd("grey_alpha.png", saved(veiled, "PNG"), quarters=(WHITE,) * 4, note=note)


def greys_and_numbers() -> Iterator[Odd]:
    shades = Image.fromarray(quartered((grey(10), grey(90), grey(160), grey(240)))[..., 0])
    values, want = np.asarray(shades), greys(shades)
    yield Odd("grey.jpg", saved(shades, "JPEG", quality=95), quarters=want, tolerance=LOSSY)
    yield Odd("grey.png", saved(shades, "PNG"), quarters=want)
    black_white = (BLACK, BLACK, WHITE, WHITE)
    bits = Image.fromarray(values > 127)
    yield Odd("bits.png", saved(bits, "PNG"), quarters=black_white)
    yield Odd("bits.tiff", saved(bits, "TIFF", compression="group4"), quarters=black_white)
    yield Odd("bits.bmp", saved(bits, "BMP"), quarters=black_white)
    words = values.astype(np.uint16) * 257
    note = "16 bits a pixel brought to 8"
    yield Odd("words.png", cv2.imencode(".png", words)[1].tobytes(), quarters=want, note=note)
    yield Odd("words.tiff", samples(words), quarters=want, note=note)
    big_endian = saved(Image.frombytes("I;16B", shades.size, words.astype(">u2").tobytes()), "TIFF")
    yield Odd("big_endian.tiff", big_endian, quarters=want, note=note)
    inverted = tuple(grey(255 - c[0]) for c in want)
    yield Odd("white_is_zero.tiff", samples(words, 0), quarters=inverted, note=note)  # type: ignore[arg-type]
    colours16 = cv2.imencode(".png", quartered().astype(np.uint16)[..., ::-1] * 257)[1].tobytes()
    yield Odd("colour_words.png", colours16)
    yield Odd("longs_as_bytes.tiff", samples(values.astype(np.int32), kind=2), quarters=want)
    yield Odd("longs_as_words.tiff", samples(words.astype(np.int32), kind=2), quarters=want, note=note)
    ramp = (BLACK, grey(89), grey(166), WHITE)  # 10 .. 240 stretched
    stretched = "stretched to black and white"
    huge = values.astype(np.uint32) * 2**24
    yield Odd("unsigned_longs.tiff", samples(huge), quarters=ramp, note=stretched)
    signed = ((values.astype(np.int64) - 100) * 10_000_000).astype(np.int32)
    yield Odd("signed_longs.tiff", samples(signed, kind=2), quarters=ramp, note=stretched)
    yield Odd("signed_words.tiff", samples((values - 100.0).astype(np.int16), kind=2), quarters=ramp, note=stretched)
    yield Odd("signed_bytes.tiff", samples((values - 110.0).clip(-100, 127).astype(np.int8), kind=2),
              quarters=(BLACK, grey(90), grey(169), WHITE), note=stretched)  # fmt: skip
    yield Odd("flat_longs.tiff", samples(np.full((HEIGHT, WIDTH), 99999, np.int32), kind=2), quarters=(BLACK,) * 4,
              note=stretched)  # fmt: skip
    unit = (values / 255).astype(np.float32)
    scaled = "values from 0 to 1"
    yield Odd("floats.tiff", saved(Image.fromarray(unit), "TIFF"), quarters=want, note=scaled)
    yield Odd("far_floats.tiff", samples(values.astype(np.float32) * 7 - 900, kind=3), quarters=ramp, note=stretched)
    yield Odd("doubles.tiff", samples(unit.astype(np.float64), kind=3), quarters=want, note=scaled)
    yield Odd("colour_floats.tiff", samples((quartered() / 255).astype(np.float32), 2, 3), note=scaled)
    turned = np.rot90(quartered()) / 255
    yield Odd("turned_floats.tiff", samples(turned.astype(np.float32), 2, 3, tag274=6), note="EXIF 6", orientation=6)


def colours() -> Iterator[Odd]:
    primary = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
    pure = Image.fromarray(quartered(primary))
    adobe = saved(pure.convert("CMYK"), "JPEG", quality=98)
    yield Odd("adobe_cmyk.jpg", adobe, quarters=primary, tolerance=LOSSY)
    at = adobe.index(b"\xff\xee")
    length = struct.unpack(">H", adobe[at + 2 : at + 4])[0] + 2
    inverse = saved(Image.fromarray(255 - np.asarray(pure.convert("CMYK")), mode="CMYK"), "JPEG", quality=98)
    yield Odd("plain_cmyk.jpg", inverse[:at] + inverse[at + length :], quarters=primary, tolerance=LOSSY)
    yield Odd("cmyk.tiff", saved(pure.convert("CMYK"), "TIFF"), quarters=primary)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    converted = ImageCms.profileToProfile(picture(), srgb, lab, outputMode="LAB")
    assert converted is not None
    yield Odd("lab.tiff", saved(converted, "TIFF"), tolerance=6, note="to sRGB from")
    profile = swapped_profile()
    places = ((30, 200, 40), (180, 30, 60), (60, 20, 210), (220, 230, 30))
    yield Odd("profile.png", saved(picture(), "PNG", icc_profile=profile), quarters=places, note="to sRGB", tolerance=4)
    yield Odd("profile.jpg", saved(picture(), "JPEG", quality=95, icc_profile=profile),
              quarters=places, note="to sRGB", tolerance=LOSSY)  # fmt: skip
    yield Odd("srgb_profile.png", saved(picture(), "PNG", icc_profile=srgb.tobytes()), tolerance=0)
    broken = "broken colour profile"
    yield Odd("broken_profile.png", saved(picture(), "PNG", icc_profile=b"nonsense" * 40), note=broken)
    yield Odd("cut_profile.jpg", saved(picture(), "JPEG", quality=95, icc_profile=profile[:200]),
              note=broken, tolerance=LOSSY)  # fmt: skip
    yield Odd("strange_profile.png", saved(picture(), "PNG", icc_profile=lab.tobytes()), note=broken)
    yield Odd("cmyk_broken_profile.tiff", saved(pure.convert("CMYK"), "TIFF", icc_profile=b"nonsense" * 40),
              quarters=primary, note=broken)  # fmt: skip


def orientations() -> Iterator[Odd]:
    for number in range(1, 9):
        stored = stored_for(number)
        note = f"EXIF {number}" if number > 1 else ""
        jpeg = saved(stored, "JPEG", quality=95, exif=exif(number))
        yield Odd(f"turned_{number}.jpg", jpeg, note=note, orientation=number, tolerance=LOSSY)
        yield Odd(f"turned_{number}.tiff", saved(stored, "TIFF", exif=exif(number)), note=note, orientation=number)
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("AVIF", {"quality": 95})):
        data = saved(stored_for(6), kind, exif=exif(6), **options)
        yield Odd(f"turned.{kind.lower()}", data, note="EXIF 6", orientation=6, tolerance=LOSSY)
    late = saved(stored_for(8), "PNG")
    end = late.index(b"IEND") - 4
    late = late[:end] + png_chunk(b"eXIf", exif(8).removeprefix(b"Exif\0\0")) + late[end:]
    yield Odd("late_exif.png", late, note="EXIF 8", orientation=8)
    for value in (0, 9, 700):
        yield Odd(f"orientation_{value}.jpg", saved(picture(), "JPEG", quality=95, exif=exif(value)), tolerance=LOSSY)
    garbled = saved(picture(), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\x7f" * 50)
    yield Odd("garbled_exif.jpg", garbled, tolerance=LOSSY)


def heic() -> Iterator[Odd]:
    import pillow_heif

    for name, image in (("plain.heic", picture()), ("hidden.heic", picture("RGBA"))):
        if image.mode == "RGBA":
            image.putalpha(0)
        stream = io.BytesIO()
        pillow_heif.from_pillow(image).save(stream, quality=95)
        clear = image.mode == "RGBA"
        yield Odd(name, stream.getvalue(), quarters=(WHITE,) * 4 if clear else QUARTERS, tolerance=COARSE,
                  note="transparency" if clear else "")  # fmt: skip
        if not clear:
            yield Odd("cut.heic", stream.getvalue()[:-200], refused="truncated or damaged", remedy="again")


def nothing() -> Iterator[Odd]:
    unknown = "not a picture that can be read"
    yield Odd("empty.jpg", b"", refused="empty", remedy="photograph")
    yield Odd("spaces.png", b"   \n\n  ", refused=unknown, remedy="JPEG, PNG")
    yield Odd("words.txt", "Grüß Gott, this is a letter.".encode(), refused=unknown, remedy="JPEG, PNG")
    yield Odd("zeros.jpg", bytes(5000), refused=unknown)
    yield Odd("noise.bin", np.random.default_rng(3).bytes(5000), refused=unknown)
    yield Odd("one_byte.jpg", b"\xff", refused=unknown)
    yield Odd("three_bytes.jpg", b"\xff\xd8\xff", refused="truncated or damaged", remedy="again")
    yield Odd("signature.png", b"\x89PNG\r\n\x1a\n", refused="truncated or damaged")
    yield Odd("signature.webp", b"RIFF\x10\0\0\0WEBP", refused=unknown)


def other_formats() -> Iterator[Odd]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect width="9" height="9"/></svg>'
    prolog = b'<?xml version="1.0"?>\n<!-- a drawing -->\n'
    doctype = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    for number, data in enumerate((svg, prolog + svg, b"\xef\xbb\xbf  " + svg, prolog + doctype + svg, svg.upper())):
        yield Odd(f"drawing_{number}.png", data, refused="an SVG drawing", remedy="PNG")
    strangers = {
        "a PDF": b"%PDF-1.7\n%", "a PostScript": b"%!PS-Adobe-3.0", "a Photoshop": b"8BPS\0\1" + bytes(40),
        "a GIMP": b"gimp xcf v011\0", "a JPEG XL": b"\xff\x0a\xfa\x1f", "a JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
        "an OpenEXR": b"\x76\x2f\x31\x01\2\0\0\0", "a Radiance": b"#?RADIANCE\n", "a DICOM": bytes(128) + b"DICM",
        "a FITS": b"SIMPLE  =                    T", "a portable pixmap": b"P6\n9 9\n255\n" + bytes(243),
        "an icon": b"\0\0\1\0\1\0\x10\x10", "a DirectDraw": b"DDS |\0\0\0", "a camera raw": b"FUJIFILMCCD-RAW 0201",
        "a film": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "a sound": b"ID3\3\0\0\0", "an archive": b"PK\3\4\x14\0",
        "a program": b"MZ\x90\0\3\0", "a web page": b"<!DOCTYPE html><html><body><svg></svg></body></html>",
    }  # fmt: skip
    for what, data in strangers.items():
        yield Odd(f"{what} file.jpg", data + b" " * 40, refused=f"is {what}", remedy=r"\w+")
    raw = samples(quartered(), 2, tag254=1, tag330=8)
    yield Odd("thumbnail.nef", raw, refused="a camera raw file", remedy="Develop")
    yield Odd("negative.dng", samples(quartered(), 2, tag50706=1), refused="a camera raw file", remedy="Develop")


def damaged() -> Iterator[Odd]:
    rough = np.random.default_rng(0).integers(
        0, 255, (64, 64, 3), np.uint8
    )  # does not compress: cutting it cuts pixels
    image = Image.fromarray(rough)
    for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"):
        data = saved(image, kind)
        yield Odd(f"cut.{kind.lower()}", data[: len(data) // 2], refused="truncated or damaged", remedy="again")
        yield Odd(f"head.{kind.lower()}", data[:24], refused="truncated or damaged|not a picture", remedy=r"\w+")
    lzw = saved(image, "TIFF", compression="tiff_lzw")
    yield Odd("garbled_lzw.tiff", lzw[:200] + b"\xff" * 900 + lzw[1100:], refused="truncated or damaged")
    png = bytearray(saved(image, "PNG"))
    png[len(png) // 2] ^= 0xFF
    yield Odd("flipped.png", bytes(png), refused="truncated or damaged")
    yield Odd("no_pixels.png", png_of(48, 32), refused="truncated or damaged")
    yield Odd("zero_width.png", png_of(0, 32), refused="truncated or damaged|at least")
    yield Odd("five_channels.tiff", samples(np.zeros((32, 48, 5), np.uint8)), refused="kind of pixels", remedy="8-bit")
    yield Odd("half_floats.tiff", samples(np.zeros((32, 48), np.float16), kind=3), refused="kind of pixels")
    yield Odd("loop.tiff", b"II*\0\x08\0\0\0" + b"\0\0" + struct.pack("<I", 8), refused="truncated or damaged|pixels")
    spoiled = np.full((32, 48), 0.5, np.float32)
    for name, value in (("nan", np.nan), ("infinite", np.inf), ("minus_infinite", -np.inf)):
        spoiled[3, 4] = value
        yield Odd(f"{name}.tiff", samples(spoiled, kind=3), refused="no numbers", remedy="8-bit PNG")
    yield Odd("nan_colours.tiff", samples(np.full((32, 48, 3), np.nan, np.float32), 2, 3), refused="no numbers")


def limits() -> Iterator[Odd]:
    too_many = "megapixels are accepted"
    yield Odd("bomb.png", png_of(30_000, 30_000, body=bytes(90_000)), refused=too_many, remedy="smaller copy")
    yield Odd("bits_bomb.png", png_of(2**31 - 1, 2**31 - 1, 1, 0), refused=too_many)
    gif = saved(picture().quantize(8), "GIF")
    yield Odd("bomb.gif", gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:], refused=too_many)
    jpeg = saved(picture(), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    yield Odd("bomb.jpg", jpeg[:at] + struct.pack(">HH", 65500, 65500) + jpeg[at + 4 :], refused=too_many)
    bmp = saved(picture(), "BMP")
    yield Odd("bomb.bmp", bmp[:18] + struct.pack("<II", 40_000, 40_000) + bmp[26:], refused=too_many)
    claims: dict[int, tuple[str, tuple[int, ...]]] = {
        256: ("I", (50_000,)), 257: ("I", (50_000,)), 258: ("H", (8, 8, 8)), 262: ("H", (2,)), 277: ("H", (3,)),
    }  # fmt: skip
    yield Odd("bomb.tiff", tiff(claims, bytes(100)), refused=too_many)
    floats = {**claims, 258: ("H", (32, 32, 32)), 339: ("H", (3, 3, 3))}
    yield Odd("bomb_floats.tiff", tiff(floats, bytes(100)), refused=too_many)
    canvas = b"VP8X\x0a\0\0\0\0\0\0\0" + (16382).to_bytes(3, "little") * 2
    still = saved(picture(), "WEBP", lossless=True)
    body = b"WEBP" + canvas + still[12:]
    yield Odd("bomb.webp", b"RIFF" + struct.pack("<I", len(body)) + body, refused="megapixels|truncated or damaged")
    small = saved(picture(), "PNG")
    yield Odd("just_too_many.png", small, refused=too_many, limits={"megapixels": (WIDTH * HEIGHT - 1) / 1e6})
    yield Odd("just_right.png", small, limits={"megapixels": WIDTH * HEIGHT / 1e6})
    yield Odd("too_heavy.png", small, refused="MB are accepted", limits={"upload_mb": (len(small) - 1) / 1e6})
    yield Odd("heavy.png", small, limits={"upload_mb": len(small) / 1e6})
    yield Odd("narrow.png", saved(Image.new("RGB", (7, 300)), "PNG"), refused="at least 8", remedy="larger picture")
    yield Odd("dot.gif", saved(Image.new("L", (1, 1)), "GIF"), refused="at least 8", remedy="larger picture")


GROUPS: tuple[Callable[[], Iterator[Odd]], ...] = (
    *(formats, frames, transparency, greys_and_numbers, colours, orientations, heic),
    *(nothing, other_formats, damaged, limits),
)


def odd_inputs() -> list[Odd]:
    """All of them, in a stable order."""
    return [odd for group in GROUPS for odd in group()]
