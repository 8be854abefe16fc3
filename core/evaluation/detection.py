"""Boxes and masks against a COCO file: AP without thresholds, precision and recall with the default ones, mask IoU.

Every category that the detector covers is asked for at once, and the thresholds for "everything listed" hold. Each box
counts for its best category, and doubles are suppressed as in every turn. `coco_eval` scores the boxes, for AP at most
100 a category and picture; masks are cut from the true boxes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core import masking, policy
from core.errors import InputError
from core.evaluation.coco_eval import Found, average_precisions, match
from core.evaluation.curves import Row
from core.evaluation.truth import TrueObject, Truth
from core.jobs import Job
from core.pictures import open_picture
from core.ports import Detector, Segmenter
from core.settings import Limits
from core.types.boxes import Detections, Reading
from core.types.image import ImageAsset
from core.types.masks import Prompt
from core.types.thresholds import Thresholds


@dataclass(frozen=True)
class CategoryScore:
    """ap50 is None where the file holds no object of the category."""

    name: str
    objects: int
    ap50: float | None
    precision: float
    recall: float


@dataclass(frozen=True)
class DetectionReport:
    """Figures in [0, 1]; None where there was nothing to score.

    ap: mean over IoU .50 to .95, ap50: at IoU .50, both without any score threshold. precision, recall,
    f1: of the boxes that pass the default thresholds, at IoU .50, all categories together. mask_iou: mean over all
    objects that have a true mask, cut from their true boxes (whatever their category). not_evaluated: category and why.
    detection_ms, mask_ms: a picture, an object; loading excluded.
    """

    ap: float | None
    ap50: float | None
    precision: float
    recall: float
    f1: float
    mask_iou: float | None
    pictures: int
    objects: int
    masks: int
    categories: tuple[CategoryScore, ...]
    not_evaluated: tuple[tuple[str, str], ...]
    detection_ms: float
    mask_ms: float
    thresholds: str = "everything listed"


def evaluate(
    folder: Path,
    truth: Truth,
    detector: Detector,
    segmenter: Segmenter,
    thresholds: Thresholds,
    limits: Limits,
    job: Job,
) -> DetectionReport:
    """Score both engines on the pictures of a folder. Raises `InputError` for pictures that are missing or differ."""
    files = {key: _file(folder, name) for key, name in truth.pictures.items()}
    everything = thresholds.with_(box=0.0, phrase={}, min_area=0.0)
    asked: dict[int, str] = {}
    skipped: list[tuple[str, str]] = []
    found, passed, ious = list[Found](), list[Found](), list[float]()
    seconds = [0.0, 0.0]
    for number, (key, file) in enumerate(files.items()):
        job.report(number / len(files), f"{number + 1} of {len(files)}: {file.name}")
        image = _open(file, truth.sizes.get(key), limits)
        if number == 0:
            asked, skipped = _covered(detector, image, truth.categories, job)
            _warm(segmenter, image, job)
        begin = time.perf_counter()
        if asked:
            proposals = replace(detector.propose(image, tuple(asked.values()), job), listed=True)
            size, ids = (image.width, image.height), {name: category for category, name in asked.items()}
            found += _chosen(policy.select(proposals, everything, size), key, ids)
            passed += _chosen(policy.select(proposals, thresholds, size), key, ids)
        seconds[0] += time.perf_counter() - begin
        begin = time.perf_counter()
        objects = [o for o in truth.objects if o.picture == key and not o.crowd]
        ious += [i for o in objects if (i := _mask_iou(image, o, segmenter, thresholds.mask_cut, job)) is not None]
        seconds[1] += time.perf_counter() - begin
    job.report(1.0, "scoring")
    return _report(truth, asked, skipped, found, passed, ious, seconds)


def _covered(
    detector: Detector, image: ImageAsset, categories: Mapping[int, str], job: Job
) -> tuple[dict[int, str], list[tuple[str, str]]]:
    """Which categories the detector can find by their names, and why not the others."""
    readings: dict[str, Reading] = {}
    if categories:
        readings = {r.phrase: r for r in detector.propose(image, tuple(categories.values()), job).readings}
    asked: dict[int, str] = {}
    skipped: list[tuple[str, str]] = []
    taken: dict[str, str] = {}
    for key, name in categories.items():
        reading = readings.get(name, Reading(name, True, name))
        if not reading.covered:
            skipped.append((name, reading.note or "the detector does not know it"))
        elif not reading.exact:
            skipped.append((name, reading.note or f"the detector takes it for '{reading.name}'"))
        elif reading.name and reading.name in taken:
            skipped.append((name, f"the detector cannot tell it from '{taken[reading.name]}'"))
        else:
            asked[key] = name
            taken[reading.name] = name
    return asked, skipped


def _warm(segmenter: Segmenter, image: ImageAsset, job: Job) -> None:
    segmenter.segment(image, (Prompt((0.0, 0.0, float(image.width), float(image.height))),), job)


def _file(folder: Path, name: str) -> Path:
    file = folder / name
    if not file.is_file():
        raise InputError(f"The picture {name} is missing in {folder}.", "Give the folder that holds the pictures.")
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"The picture {name} lies outside {folder}.", "Give file names inside that folder.")
    return file


def _open(file: Path, size: tuple[int, int] | None, limits: Limits) -> ImageAsset:
    try:
        image = open_picture(file.read_bytes(), file.name, limits)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", "Check the file.") from error
    if size is not None and size != (image.width, image.height):
        raise InputError(
            f"{file.name} is {image.width} x {image.height} px upright, but the file of truth says"
            f" {size[0]} x {size[1]}.",
            "Give the pictures that were annotated; boxes must count from the upright picture's corner.",
        )
    return image


def _chosen(chosen: Detections, picture: int, categories: Mapping[str, int]) -> list[Found]:
    """The boxes of each category, best first."""
    of = {category: chosen.of(phrase) for phrase, category in categories.items()}
    return [
        Found(picture, category, np.array([d.box for d in some]), np.array([d.score for d in some]))
        for category, some in of.items()
        if some
    ]


def _mask_iou(image: ImageAsset, o: TrueObject, segmenter: Segmenter, cut: float, job: Job) -> float | None:
    true = o.mask(image.width, image.height)
    if true is None or not true.any():
        return None
    logits = segmenter.segment(image, (Prompt(o.box),), job)
    mask = masking.cut_mask(logits, 0, cut, (image.width, image.height)).full()
    return float(np.count_nonzero(mask & true) / np.count_nonzero(mask | true))


def _report(
    truth: Truth, asked: Mapping[int, str], skipped: Sequence[tuple[str, str]], found: Sequence[Found],
    passed: Sequence[Found], ious: Sequence[float], seconds: Sequence[float],
) -> DetectionReport:  # fmt: skip
    counts = {key: sum(o.category == key and not o.crowd for o in truth.objects) for key in asked}
    curves = average_precisions(truth.pictures, tuple(asked), truth.objects, found)
    right, shown = _matches(truth, asked, passed)
    rows = {key: Row.counted(math.nan, right[key], shown[key], counts[key]) for key in asked}
    objects = sum(counts.values())
    every = Row.counted(math.nan, sum(right.values()), sum(shown.values()), objects)
    scores = tuple(
        CategoryScore(name, counts[key], curve[1] if (curve := curves[key]) else None, row.precision, row.recall)
        for (key, name), row in zip(asked.items(), rows.values(), strict=True)
    )
    present = [curve for curve in curves.values() if curve]
    return DetectionReport(
        ap=float(np.mean([ap for ap, _ in present])) if present else None,
        ap50=float(np.mean([ap50 for _, ap50 in present])) if present else None,
        precision=every.precision, recall=every.recall, f1=every.f1,
        mask_iou=float(np.mean(ious)) if ious else None,
        pictures=len(truth.pictures), objects=objects, masks=len(ious), categories=scores,
        not_evaluated=tuple(skipped),
        detection_ms=1000 * seconds[0] / max(1, len(truth.pictures)), mask_ms=1000 * seconds[1] / max(1, len(ious)),
    )  # fmt: skip


def _matches(truth: Truth, asked: Mapping[int, str], passed: Sequence[Found]) -> tuple[dict[int, int], dict[int, int]]:
    """How many boxes of each category are right and how many are shown, at IoU .50; those on crowds are neither."""
    objects: dict[tuple[int, int], list[TrueObject]] = {}
    for o in truth.objects:
        objects.setdefault((o.picture, o.category), []).append(o)
    right, shown = dict.fromkeys(asked, 0), dict.fromkeys(asked, 0)
    for f in passed:
        here = objects.get((f.picture, f.category), [])
        matched = match(f.boxes, [o.box for o in here], [o.crowd for o in here])
        right[f.category] += int(matched.right.sum())
        shown[f.category] += int((matched.right | matched.nowhere).sum())
    return right, shown
