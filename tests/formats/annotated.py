"""Small annotation files of every format, made of boxes in whole pixels."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Pixels = tuple[int, int, int, int]  # xyxy, whole pixels
Pictures = Mapping[str, Sequence[tuple[str, Pixels]]]  # (class, box) by file name
Files = list[tuple[str, bytes]]
SIZE = (60, 40)
CLASSES = ("cat", "traffic light", "Bär")
KNOWN = {f"{stem}{suffix}": SIZE for stem in ("a", "b", "c") for suffix in (".png", "")}
ONE: Pictures = {"a.png": [("cat", (10, 5, 30, 25)), ("traffic light", (40, 0, 60, 40))], "b.png": []}


def coco(pictures: Pictures, size: tuple[int, int] | None = SIZE) -> dict[str, Any]:
    annotations = []
    for number, objects in enumerate(pictures.values()):
        for name, (x0, y0, x1, y1) in objects:
            annotations.append({
                "id": len(annotations), "image_id": number, "category_id": CLASSES.index(name),
                "bbox": [x0, y0, x1 - x0, y1 - y0],
            })  # fmt: skip
    sides = {"width": size[0], "height": size[1]} if size else {}
    return {
        "images": [{"id": number, "file_name": name, **sides} for number, name in enumerate(pictures)],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES)],
    }


def coco_file(told: Any) -> Files:
    return [("truth.json", json.dumps(told).encode())]


def voc_xml(name: str, objects: Sequence[tuple[str, Pixels]], size: tuple[int, int] = SIZE, more: str = "") -> str:
    found = "".join(
        f"<object><name>{c}</name>{more}<bndbox><xmin>{b[0] + 1}</xmin><ymin>{b[1] + 1}</ymin>"
        f"<xmax>{b[2]}</xmax><ymax>{b[3]}</ymax></bndbox></object>"
        for c, b in objects
    )
    sides = f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>"
    return f"<annotation><folder>x</folder><filename>{name}</filename>{sides}{found}</annotation>"


def voc(pictures: Pictures) -> Files:
    return [(f"{name.rpartition('.')[0]}.xml", voc_xml(name, o).encode()) for name, o in pictures.items()]


def yolo(pictures: Pictures, names: bool = True) -> Files:
    files = [("classes.txt", "\n".join(CLASSES).encode())] if names else []
    for name, objects in pictures.items():
        lines = [
            f"{CLASSES.index(c)} {(b[0] + b[2]) / 2 / SIZE[0]!r} {(b[1] + b[3]) / 2 / SIZE[1]!r}"
            f" {(b[2] - b[0]) / SIZE[0]!r} {(b[3] - b[1]) / SIZE[1]!r}"
            for c, b in objects
        ]
        files.append((f"{name.rpartition('.')[0]}.txt", "\n".join(lines).encode()))
    return files


def polygons(pictures: Pictures) -> Files:
    """YOLO's segmentation: each box as its diamond."""
    files = [("data.yaml", ("path: x\nnames:\n" + "".join(f"  - {name}\n" for name in CLASSES)).encode())]
    for name, objects in pictures.items():
        lines = []
        for c, (x0, y0, x1, y1) in objects:
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            ring = ((x0, y), (x, y0), (x1, y), (x, y1))
            lines.append(f"{CLASSES.index(c)} " + " ".join(f"{a / SIZE[0]!r} {b / SIZE[1]!r}" for a, b in ring))
        files.append((f"{name.rpartition('.')[0]}.txt", "\r\n".join(lines).encode()))
    return files


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return stream.getvalue()


WRITERS: tuple[Callable[[Pictures], Files], ...] = (lambda p: coco_file(coco(p)), voc, yolo, polygons)
