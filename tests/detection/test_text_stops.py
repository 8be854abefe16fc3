"""Reading a page full of text takes seconds; Stop does not wait for it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core.detection.embedded.text import PrintedText
from core.detection.embedded.view import View
from core.errors import Cancelled
from core.jobs import Job
from core.types.image import ImageAsset


def page(lines: int) -> View:
    picture = Image.new("RGB", (1400, 60 * lines), "white")
    pen = ImageDraw.Draw(picture)
    for line in range(lines):
        pen.text((20, 60 * line + 10), f"line number {line} of a page that is full of words", "black",
                 ImageFont.load_default(36))  # fmt: skip
    return View.of(ImageAsset.of(np.asarray(picture, np.uint8), "page"))


def test_stop_ends_the_reading_in_the_middle_and_the_reader_still_reads() -> None:
    reader, view = PrintedText(), page(24)
    target = [object()]
    begun = time.monotonic()
    whole = reader.find(view, target, Job())  # type: ignore[arg-type]
    took = time.monotonic() - begun
    assert len(whole.boxes) >= 20
    job = Job()
    threading.Timer(took / 4, job.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        reader.find(view, target, job)  # type: ignore[arg-type]
    assert time.monotonic() - begun < took
    assert len(reader.find(page(2), target, Job()).boxes) == 2  # type: ignore[arg-type]
