"""Basis text: printed lines, found and read by rapidocr (PP-OCRv6 small); its models lie in its own package."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np

from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import SIDE, Found, View
from core.errors import EngineFailed, EngineUnavailable
from core.jobs import Job
from core.types.arrays import Pixels
from core.types.boxes import Basis
from core.types.engine import EngineInfo

SHORT_SIDE = 736  # small pictures are enlarged to this, as the reader's own default does
LEAST_SIDE = 10  # pixels: smaller type than this cannot be read
FLOOR = 0.3
SHORT, SHORT_SURE = 2, 0.95  # so few characters are mostly false below this score (coins, cups, cats)
THREADS = 2
LIMITS = "Print only: nothing curved, decorative or handwritten was tested."


class PrintedText:
    """Lines of text. Loads (about 30 MB) at first use; one picture at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader: Any = None
        self._job = Job()  # whose picture is being read

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """One box a line, its label the text read; the same score for every target."""
        picture = _sized(view)
        info = EngineInfo("embedded/text", f"rapidocr {version('rapidocr')}", LIMITS)
        if min(picture.shape[:2]) < LEAST_SIDE:
            return Found.of(Basis.TEXT, info, [], [], [], len(targets))
        with self._lock:  # the reader keeps its settings and sizes in itself
            reader = self._load(job)
            job.check()
            self._job = job
            try:
                read = reader(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), text_score=FLOOR)
            except Exception as error:  # onnxruntime's and OpenCV's own classes
                job.check()  # it was stopped, not broken
                raise EngineFailed(f"The text reader broke ({error}).", "Try a smaller part of the picture.") from error
        boxes, scores, labels = [], [], []
        if read.boxes is not None and read.txts is not None:
            for corners, text, score in zip(read.boxes, read.txts, read.scores, strict=True):
                line = " ".join(str(text).split())
                if len(line) <= SHORT and score < SHORT_SURE:
                    continue
                corners = np.asarray(corners, np.float32)
                boxes.append([*corners.min(0), *corners.max(0)])
                scores.append([float(score)] * len(targets))
                labels.append(line)
        return Found.of(Basis.TEXT, info, view.to_picture(boxes, picture), scores, labels, len(targets))

    def _load(self, job: Job) -> Any:
        if self._reader is None:
            job.report(None, "loading the text reader")
            try:
                from rapidocr import RapidOCR
            except ImportError as error:
                raise EngineUnavailable(
                    "Text cannot be read: the package 'rapidocr' is not installed.",
                    "Install it: pip install -r requirements-embedded.txt.",
                ) from error
            reader = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.use_preprocess_img": False,  # `_sized` does it, without making long strips huge
                    "Det.limit_type": "max",
                    "Det.limit_side_len": SIDE,
                    "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                }
            )
            # The package is pinned: it has no public way to its sessions.
            loads: list[Any] = [reader._load_det_model, reader._load_cls_model, reader._load_rec_model]
            for load in loads:
                net = load()
                net.session.session = _Stoppable(net.session.session, self)
            self._reader = reader
        return self._reader

    def run(self, session: Any, *arguments: Any) -> Any:
        """A net's run that ends when the job is stopped: a page full of text takes seconds."""
        import onnxruntime

        options = onnxruntime.RunOptions()
        with self._job.stopping(lambda: setattr(options, "terminate", True)):
            return session.run(*arguments, options)


class _Stoppable:
    """An onnxruntime session whose `run` the reader's job can end; all else is the session's own."""

    def __init__(self, session: Any, reader: PrintedText) -> None:
        self._session, self._reader = session, reader

    def run(self, *arguments: Any) -> Any:
        return self._reader.run(self._session, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def _sized(view: View) -> Pixels:
    """The whole picture, enlarged to `SHORT_SIDE` where that keeps it within `SIDE`."""
    height, width = view.image.pixels.shape[:2]
    factor = min(SIDE / max(height, width), max(1.0, SHORT_SIDE / min(height, width)))
    if factor <= 1:
        return view.rgb
    size = (round(width * factor), round(height * factor))
    return np.asarray(cv2.resize(view.rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8)
