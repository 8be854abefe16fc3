"""Reads a COCO file as truth for scoring: whatever a lenient reader would leave out is an error here."""

from __future__ import annotations

from pathlib import Path

from core.errors import InputError
from core.formats.read_coco import REMEDY, read_coco
from core.formats.read_report import Entry, Report
from core.types.truth import TrueObject, Truth

__all__ = ["TrueObject", "Truth", "read_truth"]


def read_truth(file: Path) -> Truth:
    """Raises `InputError`: unreadable, not COCO, ids or names twice or unknown, boxes of no area, no object at all."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    report = Report(REMEDY, strict=True)
    truth = read_coco(data, file.name, report)
    seen: set[str] = set()
    for name in truth.categories.values():
        if name in seen:
            report.leave_out(Entry("category", repr(name)), "comes twice")
        seen.add(name)
    if not any(not o.crowd for o in truth.objects):
        raise InputError(f"{file.name} has no object to score.", "Give a file with annotations that are no crowds.")
    return truth
