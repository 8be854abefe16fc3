"""COCO detection files as truth (https://cocodataset.org/#format-data), every reference checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from core.errors import InputError
from core.formats.read_names import Known, Size
from core.formats.read_report import Entry, Report, fit_box, numbers, one_line, short
from core.types.boxes import Box
from core.types.truth import TrueObject, Truth

Json = dict[str, Any]
REMEDY = "Give a COCO detection file: images, annotations and categories (cocodataset.org/#format-data)."
PARTS = ("images", "annotations", "categories")
NAME_CHARS = 1_000
MOST_SIDE = 1_000_000  # pixels
MOST_RUNS = 10_000_000  # of one object


def read_coco(data: bytes, name: str, report: Report, known: Known | None = None) -> Truth:
    """What of the file holds; the rest is in the report. Raises `InputError` where it is no COCO detection file.

    Where a file does not tell a picture's size, `known` does. A lenient reader takes the box of a mask where an
    annotation has no other, and reads LVIS's `not_exhaustive_category_ids` as "there may be more objects"
    (https://www.lvisdataset.org/dataset).
    """
    parts = _parts(data, name, report)
    images = dict(_by_id(parts["images"], "picture", "images", report))
    pictures = _named(images, "file_name", "picture", report)
    categories = _named(dict(_by_id(parts["categories"], "category", "categories", report)), "name", "category", report)
    sizes = {key: size for key in pictures if (size := _size(images[key], key, report)) is not None}
    reader = _Reader(report, images, pictures, sizes, categories, known)
    objects = tuple(o for entry in _entries(parts["annotations"], "annotations", report) if (o := reader.object(entry)))
    partial = frozenset(key for key in pictures if images[key].get("not_exhaustive_category_ids"))
    return Truth(pictures, sizes, categories, objects, partial=partial)


def _parts(data: bytes, name: str, report: Report) -> dict[str, list[Any]]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON: {short(error)}.", REMEDY) from error
    if isinstance(told, list) and told:
        raise InputError(f"{name} is a bare list, as of a detector's results: it has no list 'images'.", REMEDY)
    parts: dict[str, list[Any]] = {}
    for key in PARTS:
        part: Any = told.get(key) if isinstance(told, dict) else None
        entries = [isinstance(entry, dict) for entry in part] if isinstance(part, list) else None
        if entries is None or (entries and not (all if report.strict else any)(entries)):
            raise InputError(f"{name} has no list '{key}' as COCO has it.", REMEDY)
        parts[key] = part
    return parts


def _entries(part: list[Any], where: str, report: Report) -> Iterator[Json]:
    for number, entry in enumerate(part, 1):
        if isinstance(entry, dict):
            yield entry
        else:
            report.leave_out(Entry("entry", str(number), "number"), f"is no object of JSON in {where}")


def _by_id(part: list[Any], noun: str, where: str, report: Report) -> Iterator[tuple[int, Json]]:
    """Each whole id once."""
    seen: set[int] = set()
    for number, entry in enumerate(_entries(part, where, report), 1):
        key = entry.get("id")
        if "id" not in entry:
            report.leave_out(Entry(noun, str(number), "number"), "has no 'id'")
        elif not _whole(key):
            report.leave_out(Entry(noun, repr(key), "id"), "has an id that is not a whole number")
        elif key in seen:
            report.leave_out(Entry(noun, str(key), "id"), f"comes twice in {where}")
        else:
            seen.add(key)
            yield key, entry


def _named(entries: Mapping[int, Json], field: str, noun: str, report: Report) -> dict[int, str]:
    names = {}
    for key, entry in entries.items():
        told = entry.get(field)
        name = one_line(str(told), NAME_CHARS) if isinstance(told, str | int | float) else ""
        if name:
            names[key] = name
        else:
            report.leave_out(Entry(noun, str(key), "id"), f"has no '{field}'")
    return names


def _size(image: Json, key: int, report: Report) -> Size | None:
    width, height = image.get("width"), image.get("height")
    if width is None and height is None:
        return None
    sides = numbers((width, height))
    if sides is not None and all(0 < side <= MOST_SIDE and side == int(side) for side in sides):
        return int(sides[0]), int(sides[1])
    report.leave_out(Entry("picture", str(key), "id"), "has a width and height that are no size: not compared")
    return None


@dataclass
class _Reader:
    report: Report
    images: Mapping[int, Json]
    pictures: Mapping[int, str]
    sizes: Mapping[int, Size]
    categories: Mapping[int, str]
    known: Known | None

    def __post_init__(self) -> None:
        self._ids: set[Any] = set()
        self._count = 0

    def object(self, told: Json) -> TrueObject | None:
        """None where it was left out."""
        self._count += 1
        id_ = told.get("id")
        named = isinstance(id_, str | int)
        entry = Entry("annotation", str(id_), "id") if named else Entry("annotation", str(self._count), "number")
        if named and id_ in self._ids:
            self.report.leave_out(entry, "comes twice")
            return None
        self._ids |= {id_} if named else set()
        if not self._refers(told, entry):
            return None
        picture, segmentation = told["image_id"], told.get("segmentation")
        size = self.sizes.get(picture) or (self.known.size(self.pictures[picture]) if self.known else None)
        box = self._box(told, size, entry)
        fitted = None if box is None else fit_box(box, size, entry, self.report)
        if fitted is None:
            return None
        area = numbers((told.get("area"),))
        full = (fitted[2] - fitted[0]) * (fitted[3] - fitted[1])
        crowd = told.get("iscrowd") in (1, "1", True)
        return TrueObject(
            picture, told["category_id"], fitted, area[0] if area and 0 < area[0] < math.inf else full, crowd,
            segmentation,
        )  # fmt: skip

    def _refers(self, told: Json, entry: Entry) -> bool:
        for field, used, there in (
            ("image_id", self.pictures, self.images), ("category_id", self.categories, self.categories),
        ):  # fmt: skip
            key = told.get(field)
            if field not in told:
                self.report.leave_out(entry, f"has no '{field}'")
            elif not _whole(key) or key not in there:
                self.report.leave_out(entry, f"names {field} {short(key)}, which is not in the file")
            elif key not in used:
                self.report.leave_out(entry, f"names {field} {key}, which was left out")
            else:
                continue
            return False
        return True

    def _box(self, told: Json, size: Size | None, entry: Entry) -> Box | None:
        given = told.get("bbox")
        if given is None and not self.report.strict and told.get("segmentation"):
            box = mask_box(told["segmentation"], size)
            if box is None:
                self.report.leave_out(entry, "has no 'bbox', and a segmentation that cannot be read")
            return box
        values = numbers(given) if isinstance(given, list) else None
        if "bbox" not in told:
            self.report.leave_out(entry, "has no 'bbox'")
        elif values is None or len(values) != 4:
            self.report.leave_out(entry, "has a bbox that is not [x, y, width, height]")
        else:
            x, y, width, height = values
            return (x, y, x + width, y + height)
        return None


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def mask_box(segmentation: Any, size: Size | None) -> Box | None:
    """Around polygons, or around the ones of run lengths (xyxy pixels); None where it cannot be read.

    size: (width, height) of the picture, which the run lengths must have too.
    """
    if isinstance(segmentation, list):
        rings = [numbers(ring) if isinstance(ring, list) else None for ring in segmentation]
        points: list[float] = []
        for ring in rings:
            if ring is None or len(ring) < 6 or len(ring) % 2 or not all(map(math.isfinite, ring)):
                return None
            points += ring
        return (min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])) if points else None
    sides = segmentation.get("size") if isinstance(segmentation, dict) else None
    if not isinstance(sides, list) or len(sides) != 2 or not all(_whole(s) and 0 < s <= MOST_SIDE for s in sides):
        return None
    height, width = sides
    runs = _runs(segmentation.get("counts"))
    if runs is None or sum(runs) != width * height or size not in (None, (width, height)):
        return None
    return _around(runs, height)


def _runs(counts: Any) -> list[int] | None:
    """COCO's run lengths: a list, or its text of 5 bits a character, the 6th for "goes on" (pycocotools' maskApi.c)."""
    if isinstance(counts, list):
        return counts if all(_whole(count) and count >= 0 for count in counts) else None
    if not isinstance(counts, str) or len(counts) > MOST_RUNS:
        return None
    runs: list[int] = []
    value, shift = 0, 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        value += runs[-2] if len(runs) > 2 else 0
        if value < 0:
            return None
        runs.append(value)
        value, shift = 0, 0
    return runs


def _around(runs: list[int], height: int) -> Box | None:
    """Runs go down the columns; the first is of zeros."""
    at, edges = 0, []
    for number, run in enumerate(runs):
        if number % 2 and run:
            first, last = at, at + run - 1
            tall = first // height != last // height  # over a column's end: it touches the foot and the head
            edges.append(
                (first // height, last // height, 0 if tall else first % height, height - 1 if tall else last % height)
            )
        at += run
    if not edges:
        return None
    lefts, rights, tops, bottoms = zip(*edges, strict=True)
    return (float(min(lefts)), float(min(tops)), float(max(rights) + 1), float(max(bottoms) + 1))
