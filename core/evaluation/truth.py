"""Reads a COCO file as truth: pictures, categories and objects, every reference checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.types.truth import TrueObject, Truth

__all__ = ["TrueObject", "Truth", "read_truth"]

REMEDY = "Give a COCO detection file: images, annotations and categories (cocodataset.org/#format-data)."


def read_truth(file: Path) -> Truth:
    """Raises `InputError`: unreadable, not COCO, ids twice or unknown, boxes without size, no object at all."""
    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    except ValueError as error:
        raise InputError(f"{file} is not JSON: {error}.", REMEDY) from error
    parts = {}
    for name in ("images", "annotations", "categories"):
        part = data.get(name) if isinstance(data, dict) else None
        if not isinstance(part, list) or not all(isinstance(entry, dict) for entry in part):
            raise InputError(f"{file.name} has no list '{name}'.", REMEDY)
        parts[name] = part
    images = _by_id(parts["images"], "images")
    pictures = {key: str(_value(entry, "file_name", "images")) for key, entry in images.items()}
    sizes = {key: (e["width"], e["height"]) for key, e in images.items() if "width" in e and "height" in e}
    categories = {
        key: str(_value(entry, "name", "categories"))
        for key, entry in _by_id(parts["categories"], "categories").items()
    }
    _once(categories.values(), "the category")
    _once((entry["id"] for entry in parts["annotations"] if "id" in entry), "the annotation")
    objects = tuple(_object(entry, pictures, categories) for entry in parts["annotations"])
    if not any(not o.crowd for o in objects):
        raise InputError(f"{file.name} has no object to score.", "Give a file with annotations that are no crowds.")
    return Truth(pictures, sizes, categories, objects)


def _object(entry: Mapping[str, Any], pictures: Mapping[int, str], categories: Mapping[int, str]) -> TrueObject:
    picture, category = _value(entry, "image_id", "annotations"), _value(entry, "category_id", "annotations")
    for key, known, name in ((picture, pictures, "image_id"), (category, categories, "category_id")):
        if not isinstance(key, int) or key not in known:
            raise InputError(f"An annotation names {name} {key!r}, which is not in the file.", REMEDY)
    box = _value(entry, "bbox", "annotations")
    try:
        x, y, width, height = (float(v) for v in box)
    except (TypeError, ValueError):
        raise InputError(f"An annotation's bbox is {box!r}, not [x, y, width, height].", REMEDY) from None
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        raise InputError(f"An annotation's bbox {box!r} has no area.", REMEDY)
    area = float(entry.get("area") or width * height)
    return TrueObject(
        picture, category, (x, y, x + width, y + height), area, bool(entry.get("iscrowd", 0)), entry.get("segmentation")
    )


def _by_id(entries: Iterable[Mapping[str, Any]], what: str) -> dict[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    for entry in entries:
        key = _value(entry, "id", what)
        if not isinstance(key, int):
            raise InputError(f"An id of {what} is {key!r}, not a whole number.", REMEDY)
        if key in found:
            raise InputError(f"The id {key} comes twice in {what}.", "Give every entry an id of its own.")
        found[key] = entry
    return found


def _once(values: Iterable[Any], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if str(value) in seen:
            raise InputError(f"{what[:1].upper()}{what[1:]} {value!r} comes twice.", "Give each of them once.")
        seen.add(str(value))


def _value(entry: Mapping[str, Any], key: str, what: str) -> Any:
    if key not in entry:
        raise InputError(f"An entry of {what} has no '{key}'.", REMEDY)
    return entry[key]
