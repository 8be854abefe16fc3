"""Boxes and masks against a COCO file: AP without thresholds, precision and recall with the default ones, mask IoU.

Every category that the detector covers is asked for at once, and the thresholds for "everything listed" hold. Each box
counts for its best category, and doubles are suppressed as in every turn. pycocotools (Lin et al. 2014) scores the
boxes, at most 100 a category and picture; masks are cut from the true boxes.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import masking, policy
from core.errors import InputError
from core.evaluation.truth import TrueObject, Truth
from core.jobs import Job
from core.pictures import open_picture
from core.ports import Detector, Segmenter
from core.settings import Limits
from core.types.arrays import Floats
from core.types.boxes import Detections, Reading
from core.types.image import ImageAsset
from core.types.masks import Prompt
from core.types.thresholds import Thresholds

Row = dict[str, Any]


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
    found, passed, ious = list[Row](), list[Row](), list[float]()
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


def _chosen(chosen: Detections, picture: int, categories: Mapping[str, int]) -> list[Row]:
    return [_row(picture, categories[d.phrase], np.array(d.box), d.score) for d in chosen.items]


def _row(picture: int, category: int, box: Floats, score: float) -> Row:
    x0, y0, x1, y1 = (float(v) for v in box)
    return {"image_id": picture, "category_id": category, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score}


def _mask_iou(image: ImageAsset, o: TrueObject, segmenter: Segmenter, cut: float, job: Job) -> float | None:
    true = o.mask(image.width, image.height)
    if true is None or not true.any():
        return None
    logits = segmenter.segment(image, (Prompt(o.box),), job)
    mask = masking.cut_mask(logits, 0, cut, (image.width, image.height)).full()
    return float(np.count_nonzero(mask & true) / np.count_nonzero(mask | true))


def _report(
    truth: Truth, asked: Mapping[int, str], skipped: Sequence[tuple[str, str]], found: Sequence[Row],
    passed: Sequence[Row], ious: Sequence[float], seconds: Sequence[float],
) -> DetectionReport:  # fmt: skip
    counts = {key: sum(o.category == key and not o.crowd for o in truth.objects) for key in asked}
    curves = _average_precisions(truth, asked, found)
    matches = _matches(truth, asked, passed)
    right, shown = sum(m[0] for m in matches.values()), sum(m[1] for m in matches.values())
    objects = sum(counts.values())
    scores = tuple(
        CategoryScore(
            name, counts[key], curves[key][1] if counts[key] else None,
            _share(matches[key][0], matches[key][1]), _share(matches[key][0], counts[key]),
        )
        for key, name in asked.items()
    )  # fmt: skip
    present = [curves[key] for key in asked if counts[key]]
    return DetectionReport(
        ap=float(np.mean([ap for ap, _ in present])) if present else None,
        ap50=float(np.mean([ap50 for _, ap50 in present])) if present else None,
        precision=_share(right, shown), recall=_share(right, objects), f1=_share(2 * right, shown + objects),
        mask_iou=float(np.mean(ious)) if ious else None,
        pictures=len(truth.pictures), objects=objects, masks=len(ious), categories=scores,
        not_evaluated=tuple(skipped),
        detection_ms=1000 * seconds[0] / max(1, len(truth.pictures)), mask_ms=1000 * seconds[1] / max(1, len(ious)),
    )  # fmt: skip


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _average_precisions(truth: Truth, asked: Mapping[int, str], rows: Sequence[Row]) -> dict[int, tuple[float, float]]:
    """(AP, AP50) of each category that has objects; (0, 0) of the others."""
    scored = _score(truth, asked, rows)
    if scored is None:
        return dict.fromkeys(asked, (0.0, 0.0))
    precision = scored.eval["precision"][:, :, :, 0, -1]  # IoU thresholds x recalls x categories
    return {
        key: (max(0.0, float(precision[:, :, n].mean())), max(0.0, float(precision[0, :, n].mean())))
        for n, key in enumerate(scored.params.catIds)
    }


def _matches(truth: Truth, asked: Mapping[int, str], rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """(right boxes, shown boxes) of each category at IoU .50; boxes on crowds count as neither."""
    result = dict.fromkeys(asked, (0, 0))
    scored = _score(truth, asked, rows)
    for one in [] if scored is None else scored.evalImgs:
        if one is None or one["aRng"] != scored.params.areaRng[0]:
            continue
        counted = ~np.asarray(one["dtIgnore"][0], bool)  # row 0: IoU .50
        right = counted & (np.asarray(one["dtMatches"][0]) > 0)
        before = result[one["category_id"]]
        result[one["category_id"]] = (before[0] + int(right.sum()), before[1] + int(counted.sum()))
    return result


def _score(truth: Truth, asked: Mapping[int, str], rows: Sequence[Row]) -> Any:
    """A finished COCOeval of boxes; None where there is nothing to compare."""
    if not asked or not rows:
        return None
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints what it does
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

        known = COCO()
        known.dataset = _dataset(truth, asked)
        known.createIndex()
        scored = COCOeval(known, known.loadRes(list(rows)), "bbox")
        scored.evaluate()
        scored.accumulate()
    return scored


def _dataset(truth: Truth, asked: Mapping[int, str]) -> Row:
    """The truth as pycocotools wants it; annotations are numbered from 1, since it takes a match with 0 for none."""
    annotations = [
        {
            "id": number, "image_id": o.picture, "category_id": o.category, "area": o.area, "iscrowd": int(o.crowd),
            "bbox": [o.box[0], o.box[1], o.box[2] - o.box[0], o.box[3] - o.box[1]],
        }
        for number, o in enumerate((o for o in truth.objects if o.category in asked), 1)
    ]  # fmt: skip
    return {
        "info": {},
        "images": [{"id": key} for key in truth.pictures],
        "annotations": annotations,
        "categories": [{"id": key, "name": name} for key, name in asked.items()],
    }
