"""COCO JSON with compressed run lengths, as pycocotools reads it (https://cocodataset.org/#format-data)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.codec import detections_to_json, mask_of
from core.types.boxes import Detections
from core.types.image import ImageAsset
from core.types.masks import Mask, MaskSet

Json = dict[str, Any]

FRAME = "Boxes and masks are in the upright picture; exif_orientation says how the file stores it."


@dataclass(frozen=True)
class Annotated:
    """One picture and what was found in it. file_name: "" takes the picture's own name."""

    image: ImageAsset
    detections: Detections
    masks: MaskSet
    file_name: str = ""


def coco(pictures: Sequence[Annotated]) -> Json:
    """Images, annotations and categories; a category is a phrase, and ids follow the phrases' alphabetical order.

    Beside COCO's own fields an annotation carries number, phrase, label, basis, engine, checks and note. Where no mask
    was cut, `segmentation` is the box's outline (as pycocotools' loadRes makes it) and `has_mask` is false.
    """
    phrases = sorted({d.phrase for picture in pictures for d in picture.detections.items})
    category = {phrase: number for number, phrase in enumerate(phrases, 1)}
    annotations: list[Json] = []
    for image_id, picture in enumerate(pictures, 1):
        for index, row in enumerate(detections_to_json(picture.detections, picture.masks)):
            shape = _shape(row["box"], mask_of(picture.masks, index))
            ids = {"id": len(annotations) + 1, "image_id": image_id, "category_id": category[row["phrase"]]}
            annotations.append({**ids, **shape, "iscrowd": 0, **{k: v for k, v in row.items() if k != "box"}})
    return {
        "info": {"description": "VLP Workbench", "frame": FRAME},
        "licenses": [],
        "images": [_image(number, picture) for number, picture in enumerate(pictures, 1)],
        "categories": [{"id": category[phrase], "name": phrase, "supercategory": "object"} for phrase in phrases],
        "annotations": annotations,
    }


def _image(number: int, picture: Annotated) -> Json:
    image = picture.image
    return {
        "id": number,
        "file_name": picture.file_name or image.name,
        "width": image.width,
        "height": image.height,
        "digest": image.digest,
        "stored_size": list(image.stored_size),
        "exif_orientation": image.orientation,
    }


def _shape(box: Sequence[float], mask: Mask | None) -> Json:
    """Of the detector's box and the mask's own area: what COCO calls bbox (xywh), area and segmentation."""
    x0, y0, x1, y1 = box
    width, height = round(x1 - x0, 2), round(y1 - y0, 2)
    shape: Json = {"bbox": [x0, y0, width, height], "has_mask": mask is not None}
    if mask is None:
        outline = [x0, y0, x1, y0, x1, y1, x0, y1]
        return {**shape, "area": round(width * height, 2), "segmentation": [outline]}
    return {**shape, "area": mask.area, "segmentation": rle(mask)}


def rle(mask: Mask) -> Json:
    """{"size": [height, width], "counts": str}: COCO's compressed run lengths, without unpacking the whole picture."""
    from pycocotools import mask as compiled

    width, height = mask.size
    counts = {"size": [height, width], "counts": run_lengths(mask)}
    packed: bytes = compiled.frPyObjects(counts, height, width)["counts"]
    return {"size": [height, width], "counts": packed.decode("ascii")}


def run_lengths(mask: Mask) -> list[int]:
    """Lengths of alternating runs of 0 and 1 down the columns, from the first column on; the first run is of zeros."""
    width, height = mask.size
    if not mask.area:
        return [width * height]
    x0, y0, x1, y1 = mask.box
    bits = np.zeros((x1 - x0, y1 - y0 + 2), np.int8)  # a zero before and behind each column ends its runs there
    bits[:, 1:-1] = mask.crop().T
    steps = np.diff(bits, axis=1)
    column, first = np.nonzero(steps == 1)
    last = np.nonzero(steps == -1)[1]
    offset = (column + x0) * height + y0
    starts, ends = offset + first, offset + last
    joined = starts[1:] == ends[:-1]  # a run to the picture's foot goes on at the head of the next column
    starts, ends = starts[np.r_[True, ~joined]], ends[np.r_[~joined, True]]
    edges = np.concatenate([[0], np.stack([starts, ends], 1).ravel(), [width * height]])
    lengths: list[int] = np.diff(edges).tolist()
    return lengths if lengths[-1] or len(lengths) == 1 else lengths[:-1]
