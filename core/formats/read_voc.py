"""Pascal VOC's XML files as truth: one a picture.

Its boxes name the first and the last pixel, counted from 1 (VOCdevkit: `VOCevaldet.m` takes xmax - xmin + 1 for the
width), so the edges are xmin - 1, ymin - 1, xmax, ymax. An object that is `difficult` counts neither way there, as
crowds do in COCO: it is read as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from xml.etree import ElementTree

from core.formats.read_coco import MOST_SIDE
from core.formats.read_names import CLASS_CHARS, Known, Size, file_key, text_of
from core.formats.read_report import Entry, Report, fit_box, numbers, one_line
from core.types.truth import TrueObject, Truth

NAME_CHARS = 1_000
ROOT = "annotation"
CORNERS = ("xmin", "ymin", "xmax", "ymax")
_REFUSED = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODING = re.compile(rb"(?i)(?:utf|us|ascii|iso|latin|windows|cp|koi|gb|big5|shift|euc)")


def read_voc(files: Sequence[tuple[str, bytes]], known: Known, report: Report) -> Truth:
    """A picture is what `filename` says, or, where that is none of the `known` ones, what the XML file is called."""
    pictures: dict[int, str] = {}
    sizes: dict[int, Size] = {}
    categories: dict[str, int] = {}
    objects: list[TrueObject] = []
    seen: set[str] = set()
    for file, data in files:
        entry = Entry("file", file)
        root = _root(data, entry, report)
        if root is None:
            continue
        name, picture = _picture(root, file, known), len(pictures) + 1
        if file_key(name) in seen:
            report.leave_out(entry, "is of a picture that has annotations already")
            continue
        seen.add(file_key(name))
        pictures[picture] = name
        size = _size(root, entry, report)
        if size is not None:
            sizes[picture] = size
        for number, element in enumerate(root.findall("object"), 1):
            of = Entry("object", f"{file} object {number}")
            found = _object(element, picture, size or known.size(name), categories, of, report)
            objects += [found] if found is not None else []
    return Truth(pictures, sizes, {key: name for name, key in categories.items()}, tuple(objects))


def _root(data: bytes, entry: Entry, report: Report) -> ElementTree.Element | None:
    declared = _DECLARED.match(data[:200].removeprefix(b"\xef\xbb\xbf"))
    usual = declared is None or _ENCODING.match(declared[1])  # some of Python's take a second for each megabyte
    text = text_of(data, declared[1].decode() if declared else "utf-8") if usual else None
    if text is None:
        report.leave_out(entry, "is not text in the encoding that it names")
        return None
    if _REFUSED.search(text):  # before any parser sees it: entities can name files and fill the memory
        report.leave_out(entry, "has a DOCTYPE or an ENTITY, which are not read")
        return None
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError):
        report.leave_out(entry, "is no XML that can be read")
        return None
    if root.tag != ROOT:
        report.leave_out(entry, f"is no Pascal VOC file: its root is not '{ROOT}'")
        return None
    return root


def _picture(root: ElementTree.Element, file: str, known: Known) -> str:
    own = PurePath(file).stem
    named = one_line(root.findtext("filename") or "", NAME_CHARS)
    if not named or (known.size(named) is None and known.size(own) is not None):
        return known.file_name(own)
    return named


def _size(root: ElementTree.Element, entry: Entry, report: Report) -> Size | None:
    told = root.find("size")
    sides = None if told is None else numbers((told.findtext("width"), told.findtext("height")))
    if sides is not None and all(0 < side <= MOST_SIDE and side == int(side) for side in sides):
        return int(sides[0]), int(sides[1])
    if told is not None:
        report.leave_out(entry, "has a width and height that are no size: not compared")
    return None


def _object(
    element: ElementTree.Element, picture: int, size: Size | None, categories: dict[str, int], entry: Entry,
    report: Report,
) -> TrueObject | None:  # fmt: skip
    """None where it was left out. categories: number by name; a new name gets the next one."""
    name = one_line(element.findtext("name") or "", CLASS_CHARS)
    corners = element.find("bndbox")
    if not name:
        report.leave_out(entry, "has no name")
        return None
    values = None if corners is None else numbers(corners.findtext(corner) for corner in CORNERS)
    if values is None:
        report.leave_out(entry, f"has no box in numbers ({', '.join(CORNERS)})")
        return None
    box = fit_box((values[0] - 1, values[1] - 1, values[2], values[3]), size, entry, report)
    if box is None:
        return None
    difficult = (element.findtext("difficult") or "").strip() not in ("", "0")
    category = categories.setdefault(name, len(categories) + 1)
    return TrueObject(picture, category, box, (box[2] - box[0]) * (box[3] - box[1]), difficult)
