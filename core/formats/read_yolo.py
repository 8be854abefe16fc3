"""YOLO's text files as truth: a line an object, `class cx cy w h` or `class x1 y1 x2 y2 x3 y3 ...`, in shares of the
picture (https://docs.ultralytics.com/datasets/detect, .../segment)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from core.formats.read_names import Known, Size, file_key, text_of
from core.formats.read_report import Entry, Report, fit_box, numbers, short
from core.types.boxes import Box
from core.types.truth import TrueObject, Truth

DETECTION, SCORED, LEAST_POLYGON = 5, 6, 7  # numbers in a line


def is_label(data: bytes) -> bool:
    """Whether some line begins with two numbers."""
    text = text_of(data)
    return text is not None and any(numbers(line.split()[:2]) for line in text.splitlines() if len(line.split()) > 1)


def read_yolo(
    files: Sequence[tuple[str, bytes]], names: Mapping[int, str] | None, known: Known, report: Report
) -> Truth:
    """Each file's picture has the file's stem, and its size is `known`. names: of the classes; None: none told."""
    pictures: dict[int, str] = {}
    sizes: dict[int, Size] = {}
    objects: list[TrueObject] = []
    seen: set[str] = set()
    for name, data in files:
        entry, stem = Entry("file", name), PurePath(name).stem
        lines = _lines(data, entry, report)
        if lines is None:
            continue
        size, picture = known.size(stem), len(pictures) + 1
        if size is None:
            report.leave_out(entry, "belongs to no picture here, or to several: a YOLO file needs its picture's size")
        elif file_key(stem) in seen:
            report.leave_out(entry, "is of a picture that has annotations already")
        else:
            seen.add(file_key(stem))
            pictures[picture], sizes[picture] = known.file_name(stem), size
            found = (_object(name, *line, picture, size, names, report) for line in lines)
            objects += [o for o in found if o is not None]
    if names is None and pictures:
        names = {o.category: f"class {o.category}" for o in sorted(objects, key=lambda o: o.category)}
        report.notes.append("No file names the classes (classes.txt, obj.names or data.yaml): they have numbers only.")
    return Truth(pictures, sizes, dict(names or {}), tuple(objects))


def _lines(data: bytes, entry: Entry, report: Report) -> list[tuple[int, list[str]]] | None:
    """The words of each line under its number; None where the file is none of YOLO's."""
    text = text_of(data)
    if text is None:
        report.leave_out(entry, "is not UTF-8 text")
        return None
    lines = [(number, words) for number, line in enumerate(text.splitlines(), 1) if (words := line.split())]
    if lines and not any(_shape(words) for _, words in lines):
        report.leave_out(entry, "has no line of YOLO (class cx cy w h)")
        return None
    return lines


def _shape(words: list[str]) -> tuple[float, ...] | None:
    """The numbers of a line that is one of a box or a polygon."""
    count = len(words)
    if count != DETECTION and (count < LEAST_POLYGON or not count % 2):
        return None
    values = numbers(words)
    return values if values is not None and values[0] >= 0 and values[0] == math.floor(values[0]) < math.inf else None


def _object(
    file: str, number: int, words: list[str], picture: int, size: Size, names: Mapping[int, str] | None, report: Report
) -> TrueObject | None:
    """None where the line was left out."""
    entry = Entry("line", f"{file} line {number}")
    values = _shape(words)
    if values is None:
        scored = len(words) == SCORED and numbers(words) is not None
        report.leave_out(
            entry, "has a score, as results have" if scored else "is not 'class cx cy w h' or a polygon in numbers"
        )
        return None
    category = int(values[0])
    if names is not None and category not in names:
        report.leave_out(entry, f"names class {short(category)}, which has no name in the file of classes")
        return None
    box, outline = _box(values[1:], size)
    fitted = fit_box(box, size, entry, report)
    if fitted is None:
        return None
    area = (fitted[2] - fitted[0]) * (fitted[3] - fitted[1])
    return TrueObject(picture, category, fitted, area, False, outline)


def _box(shares: Sequence[float], size: Size) -> tuple[Box, list[list[float]] | None]:
    """xyxy pixels, and the polygon in pixels as COCO writes it where there is one."""
    width, height = size
    if len(shares) == DETECTION - 1:
        x, y, w, h = shares
        return ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height), None
    xs, ys = [x * width for x in shares[::2]], [y * height for y in shares[1::2]]
    ring = [value for point in zip(xs, ys, strict=True) for value in point]
    finite = all(map(math.isfinite, ring))  # min() would step over what is no number
    return (min(xs), min(ys), max(xs), max(ys)) if finite else (math.nan,) * 4, [ring]
