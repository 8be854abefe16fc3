"""Everything that a turn delivers, as files: for `--out`, for "Download all" and for kept sessions."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from typing import Any

from core.codec import mask_of, turn_to_json
from core.formats.coco import Annotated, coco
from core.formats.manifest import manifest
from core.formats.png import cutout_png, index_png, mask_png
from core.formats.table import csv_bytes, rows
from core.overlay import Layers, draw
from core.pictures import encode_png
from core.settings import Settings
from core.types.image import ImageAsset
from core.types.turn import Turn

SLUG_CHARS = 40
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can name: equal files give equal archives
FILE_MODE = 0o644
UNIX = 3  # ZipInfo.create_system


def files(turn: Turn, image: ImageAsset, settings: Settings | None = None) -> dict[str, bytes]:
    """Relative path -> content. Names are made here from phrases and are safe on every system.

    overlay.png, index.png, coco.json, objects.csv, manifest.json, turn.json; masks/ and cutouts/ hold one PNG for each
    object that has a mask; edited.png where the picture was changed. Suggestions are in none of the pictures.
    """
    size = (image.width, image.height)
    phrases = [detection.phrase for detection in turn.detections.items]
    result = {
        "overlay.png": encode_png(draw(image, turn.detections, turn.masks, Layers())),
        "index.png": index_png(turn.masks.items, phrases, size),
    }
    for index, phrase in enumerate(phrases):
        mask = mask_of(turn.masks, index)
        if mask is not None:
            name = f"{index + 1:02d}_{slug(phrase)}.png"
            result[f"masks/{name}"] = mask_png(mask)
            result[f"cutouts/{name}"] = cutout_png(image, mask)
    if turn.edited is not None:
        result["edited.png"] = encode_png(turn.edited.pixels)
    result["objects.csv"] = csv_bytes(rows(turn.detections, turn.masks, size))
    result["coco.json"] = json_bytes(coco([Annotated(image, turn.detections, turn.masks)]))
    result["manifest.json"] = json_bytes(manifest(turn, image, settings))
    result["turn.json"] = json_bytes(turn_to_json(turn, {name: name for name in (*result, "turn.json")}))
    return result


def json_bytes(value: Any) -> bytes:
    """Indented UTF-8 JSON; `ValueError` where a number is none."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def slug(phrase: str) -> str:
    """A phrase as part of a file name: a-z, 0-9 and _, at most 40 characters, never empty."""
    ascii_text = unicodedata.normalize("NFKD", phrase.replace("ß", "ss")).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", ascii_text.lower()).strip("_")
    return name[:SLUG_CHARS].rstrip("_") or "object"


def zip_bytes(contents: Mapping[str, bytes]) -> bytes:
    """A zip in the order given, the same bytes for the same contents; PNGs are stored, the rest is deflated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            entry.external_attr = FILE_MODE << 16
            archive.writestr(entry, content)
    return stream.getvalue()
