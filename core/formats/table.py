"""The table of objects: rows for the page, CSV for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from core import geometry
from core.codec import detections_to_json, mask_of
from core.types.boxes import Detections
from core.types.masks import MaskSet

COLUMNS = (
    *("number", "phrase", "basis", "checks", "score", "x0", "y0", "x1", "y1", "area_px", "area_percent", "position"),
    *("engine", "note"),
)
PERCENT_DIGITS = 3

# What a spreadsheet may run as a formula (OWASP, "CSV injection")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(detections: Detections, masks: MaskSet, size: tuple[int, int]) -> list[dict[str, Any]]:
    """One dict an object with the keys of `COLUMNS`; `size` is the picture's (width, height).

    area_px and area_percent are of the mask; None where none was cut.
    """
    result = []
    for index, found in enumerate(detections_to_json(detections, masks)):
        mask = mask_of(masks, index)
        x0, y0, x1, y1 = found["box"]
        notes = [note for note in (found["note"], found["mask_note"]) if note]
        values = (
            *(found["number"], found["phrase"], found["basis"], checks_text(found["checks"]), found["score"]),
            *(x0, y0, x1, y1),
            mask.area if mask else None,
            round(100 * mask.area / (size[0] * size[1]), PERCENT_DIGITS) if mask else None,
            geometry.place(found["box"], *size),
            found["engine"],
            "; ".join(notes),
        )
        result.append(dict(zip(COLUMNS, values, strict=True)))
    return result


def checks_text(checks: Mapping[str, float | None]) -> str:
    """ "brown 0.71; white 0.12" """
    return "; ".join(f"{name} {share:.2f}" for name, share in checks.items() if share is not None)


def csv_bytes(table: Sequence[Mapping[str, Any]]) -> bytes:
    """RFC 4180 with a header, UTF-8 without a byte order mark (scripts would read the mark as part of "number").

    A text cell that a spreadsheet could run as a formula gets an apostrophe in front.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in table:
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return stream.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
