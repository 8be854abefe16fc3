"""Drawing: masks, boxes, numbered labels and dashed suggestions on a picture, at the size in which it will be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core import geometry
from core.pictures import thumbnail
from core.settings import ASSETS
from core.types.arrays import Floats, Pixels
from core.types.boxes import Basis, Detection, Detections, Suggestion
from core.types.image import ImageAsset
from core.types.masks import Mask, MaskSet

Colour = tuple[int, int, int]
Window = tuple[int, int, int, int]

# Told apart with every kind of colour blindness: seven of Okabe and Ito (2008, without black), five of Tol's "light"
# scheme (2021), so that neighbours in number never look alike.
PALETTE: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (170, 170, 0),
    (153, 221, 255),
    (68, 187, 153),
    (255, 170, 187),
    (119, 170, 221),
)
DARK, LIGHT = (20, 20, 20), (255, 255, 255)

FONT = ASSETS / "fonts" / "DejaVuSans.ttf"
FONT_SHARE, FONT_SMALLEST = 1 / 75, 11  # of the longer side; pixels
LINE_SHARE = 1 / 600  # a line's width, of the longer side
PHRASE_CHARS = 32
TINT, TINT_BEHIND = 0.45, 0.15  # a mask's share of the colour; while another object is highlighted
DASH = 8  # line widths
MISSING = "\uffff"  # never a character: shows what the font draws in place of a glyph that it lacks


@dataclass(frozen=True)
class Layers:
    """What to draw. highlight: the number (from 1) of the one object to bring out, or None."""

    masks: bool = True
    boxes: bool = True
    labels: bool = True
    suggestions: tuple[Suggestion, ...] = ()
    highlight: int | None = None


def colour_of(number: int) -> Colour:
    """The colour of object `number`, from 1; the same in every export."""
    return PALETTE[(number - 1) % len(PALETTE)]


def draw(
    image: ImageAsset, detections: Detections, masks: MaskSet, layers: Layers, max_side: int | None = None
) -> Pixels:
    """(h, w, 3) uint8: the picture, shrunk to `max_side` first, with the layers on it.

    Mask n belongs to detection n; masks may be fewer than detections. Numbers count from 1 in the detections' order.
    """
    canvas = thumbnail(image.pixels, max_side or max(image.width, image.height)).copy()
    factor = (canvas.shape[1] / image.width, canvas.shape[0] / image.height)
    boxes = geometry.clip(geometry.scale([d.box for d in detections.items], *factor), canvas.shape[1], canvas.shape[0])
    line = max(1, round(max(canvas.shape[:2]) * LINE_SHARE))
    if layers.masks:
        for number, mask in largest_first(masks.items):
            _tint(canvas, mask, factor, number, line, layers.highlight)
    if layers.boxes:
        for number, box in enumerate(boxes, 1):
            _rectangle(canvas, box, colour_of(number), line * (2 if number == layers.highlight else 1))
    for suggestion in layers.suggestions:
        _dashes(canvas, geometry.scale([suggestion.box], *factor)[0], line)
    if layers.labels:
        _labels(canvas, detections.items, boxes, line)
    return canvas


def label_text(number: int, detection: Detection) -> str:
    """What a label says: "1 brown dog .71"; no score where the user drew the box."""
    phrase = " ".join(detection.phrase.split())
    if len(phrase) > PHRASE_CHARS:
        phrase = phrase[: PHRASE_CHARS - 1] + "…"
    score = "" if detection.basis == Basis.USER else f"{detection.score:.2f}".removeprefix("0")
    return " ".join(part for part in (str(number), phrase, score) if part)


def largest_first(masks: Sequence[Mask]) -> list[tuple[int, Mask]]:
    """Numbered masks in the order in which they are painted: small objects end on top, of equals the lower number."""
    return sorted(((n, m) for n, m in enumerate(masks, 1) if m.area), key=lambda pair: (-pair[1].area, -pair[0]))


def _tint(
    canvas: Pixels, mask: Mask, factor: tuple[float, float], number: int, line: int, highlight: int | None
) -> None:
    bits, (x0, y0, x1, y1) = _shrunk(mask, factor, canvas.shape[1], canvas.shape[0])
    behind = highlight is not None and highlight != number
    region = canvas[y0:y1, x0:x1]
    share = TINT_BEHIND if behind else TINT
    mixed = np.arange(256)[:, None] * (1 - share) + np.array(colour_of(number)) * share
    cv2.copyTo(cv2.LUT(region, mixed.astype(np.uint8)[:, None]), bits, region)
    contours, _ = cv2.findContours(bits, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE, offset=(x0, y0))
    if not behind:
        cv2.drawContours(canvas, contours, -1, DARK, line + 2 * _halo(line), cv2.LINE_8)
    cv2.drawContours(canvas, contours, -1, colour_of(number), line * (2 if highlight == number else 1), cv2.LINE_AA)


def _shrunk(mask: Mask, factor: tuple[float, float], width: int, height: int) -> tuple[Pixels, Window]:
    """The mask's crop (uint8 0 or 1) at the canvas's size, and where it lies there; at least one pixel.

    Where the canvas is n times smaller only every n-th row and column is unpacked: the outline moves by less than one
    of its pixels.
    """
    step = max(1, int(1 / max(factor)))
    rows = mask.packed[step // 2 :: step] if len(mask.packed) > step else mask.packed
    columns = mask.box[2] - mask.box[0]
    bits = np.unpackbits(rows, axis=1, count=columns)
    bits = np.ascontiguousarray(bits[:, step // 2 :: step] if columns > step else bits)
    x0, y0 = (int(mask.box[k] * factor[k]) for k in (0, 1))
    x0, y0 = min(x0, width - 1), min(y0, height - 1)
    x1, y1 = (max(round(mask.box[k + 2] * factor[k]), low + 1) for k, low in ((0, x0), (1, y0)))
    x1, y1 = min(x1, width), min(y1, height)
    if bits.shape != (y1 - y0, x1 - x0):
        bits = (cv2.resize(bits * 255, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR) > 127).view(np.uint8)
    return bits, (x0, y0, x1, y1)


def _halo(line: int) -> int:
    """The width of the dark rim that keeps a coloured line visible on any ground."""
    return max(1, line // 2)


def _corners(box: Floats, line: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The box's outermost pixels, moved inwards by half a line so that its line is whole at the picture's rim."""
    inset = line // 2
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    return (x0 + inset, y0 + inset), (max(x1 - 1 - inset, x0 + inset), max(y1 - 1 - inset, y0 + inset))


def _rectangle(canvas: Pixels, box: Floats, colour: Colour, line: int) -> None:
    first, last = _corners(box, line)
    cv2.rectangle(canvas, first, last, DARK, line + 2 * _halo(line))
    cv2.rectangle(canvas, first, last, colour, line)


def _dashes(canvas: Pixels, box: Floats, line: int) -> None:
    """White dashes on a dark line: clearly no detection's colour."""
    (x0, y0), (x1, y1) = _corners(geometry.clip(box, canvas.shape[1], canvas.shape[0])[0], line)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), DARK, line)
    length = DASH * line
    for start in range(x0, x1 + 1, 2 * length):
        for y in (y0, y1):
            cv2.line(canvas, (start, y), (min(start + length, x1), y), LIGHT, line)
    for start in range(y0, y1 + 1, 2 * length):
        for x in (x0, x1):
            cv2.line(canvas, (x, start), (x, min(start + length, y1)), LIGHT, line)


def _labels(canvas: Pixels, items: Sequence[Detection], boxes: Floats, line: int) -> None:
    """Small objects choose their label's place first: large ones have more places to choose from."""
    size = max(FONT_SMALLEST, round(max(canvas.shape[:2]) * FONT_SHARE))
    taken: list[Window] = []
    for index in np.argsort(geometry.area(boxes), kind="stable"):
        number = int(index) + 1
        plate = _plate(label_text(number, items[index]), size, colour_of(number), canvas.shape[1])
        height, width = plate.shape[:2]
        if height > canvas.shape[0] or width > canvas.shape[1]:
            continue  # a picture smaller than one word of text
        x, y = _free_place(boxes[index], width, height, canvas, taken, line)
        canvas[y : y + height, x : x + width] = plate
        taken.append((x, y, x + width, y + height))


def _free_place(
    box: Floats, width: int, height: int, canvas: Pixels, taken: Sequence[Window], line: int
) -> tuple[int, int]:
    """The first of nine places around and in the box that no label covers yet; else the least covered one."""
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    places = [
        *((x0, y0 - height), (x0 + line, y0 + line), (x0, y1), (x1 - width, y0 - height), (x1 - width, y1)),
        *(
            (x0 + line, y1 - height - line),
            (x1, y0),
            (x0 - width, y0),
            ((x0 + x1 - width) // 2, (y0 + y1 - height) // 2),
        ),
    ]
    best, least = (0, 0), np.inf
    for rank, (left, top) in enumerate(places):
        x = min(max(left, 0), canvas.shape[1] - width)
        y = min(max(top, 0), canvas.shape[0] - height)
        covered = sum(float(v) for v in geometry.intersection([[x, y, x + width, y + height]], list(taken))[0])
        moved = abs(x - left) + abs(y - top)  # a place that had to be pushed into the picture is a little worse
        cost = covered * len(places) + min(moved, width) + rank / len(places)
        if cost < least:
            best, least = (x, y), cost
        if cost < 1:
            break
    return best


def _plate(text: str, size: int, colour: Colour, room: int) -> Pixels:
    """(h, w, 3): the text on a plate of its object's colour, cut to fit `room` pixels."""
    font = _font(size)
    text = " ".join("".join(c for c in text if c == " " or _has_glyph(c)).split())
    pad = max(2, size // 5)
    while len(text) > 1 and font.getlength(text) + 2 * pad > room:
        text = text[:-2].rstrip() + "…" if len(text) > 2 else text[:1]
    ascent, descent = font.getmetrics()
    plate = Image.new("RGB", (int(np.ceil(font.getlength(text))) + 2 * pad, ascent + descent), colour)
    ink = DARK if np.dot(colour, (0.299, 0.587, 0.114)) > 120 else LIGHT  # ITU-R BT.601 luma
    ImageDraw.Draw(plate).text((pad, 0), text, font=font, fill=ink)
    return np.asarray(plate, np.uint8)


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    """DejaVu has Latin, Greek, Cyrillic, Arabic and Hebrew, but no Chinese and few emoji: those are left out."""
    font = _font(FONT_SMALLEST)
    return bytes(font.getmask(character)) != bytes(font.getmask(MISSING))
