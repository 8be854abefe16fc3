"""Basis face: BlazeFace (Bazarevsky et al. 2019), or OpenCV's Haar cascade where its weights are missing."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from core import geometry
from core.detection.embedded.lexicon import Target
from core.detection.embedded.view import Found, View, shrink
from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models.sessions import Session
from core.shared_models.weights import FACES, Weights
from core.types.arrays import Floats
from core.types.boxes import Basis
from core.types.engine import EngineInfo

SIDE = 256
STRIDES = ((16, 2), (32, 6))  # pixels of a cell, anchors in it
FLOOR = 0.1
SAME = 0.3  # IoU of boxes that are one face; their mean, weighted by score, is its box

CASCADE = "data/haarcascade_frontalface_alt2.xml"
HAAR = EngineInfo(
    "embedded/faces (Haar)", f"OpenCV {cv2.__version__}",
    "The face weights are missing: this older detector finds about a fifth of the faces. Fetch: python -m core weights",
)  # fmt: skip
HAAR_SIDE, HAAR_STEP, HAAR_LEAST = 640, 1.1, 3
# measured precision at so many overlapping hits (256 COCO pictures, faces of persons >= 96 px)
HAAR_HITS, HAAR_PRECISION = (3, 5, 8, 12), (0.62, 0.82, 0.93, 0.99)


class Faces:
    """Human faces. Both detectors load at first use; thread-safe."""

    def __init__(self, cache_dir: Path) -> None:
        self._weights = Weights(cache_dir)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._haar: cv2.CascadeClassifier | None = None

    def find(self, view: View, targets: Sequence[Target], job: Job) -> Found:
        """The face's score is the same for every target."""
        try:
            boxes, scores = self._blazeface(view)
            info = replace(self._weights.info, name="embedded/faces")
        except EngineUnavailable:
            boxes, scores = self._cascade(view)
            info = HAAR
        columns = np.repeat(scores[:, None], len(targets), axis=1)
        return Found.of(Basis.FACE, info, boxes, columns, ["face"] * len(boxes), len(targets))

    def _blazeface(self, view: View) -> tuple[Floats, Floats]:
        with self._lock:
            if self._session is None:
                self._session = self._weights.load("blazeface")
            session = self._session
        small = shrink(view.rgb, SIDE)
        if max(small.shape[:2]) < SIDE:
            factor = SIDE / max(small.shape[:2])
            size = (max(1, round(small.shape[1] * factor)), max(1, round(small.shape[0] * factor)))
            small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        left, top = (SIDE - small.shape[1]) // 2, (SIDE - small.shape[0]) // 2
        picture = np.zeros((SIDE, SIDE, 3), np.float32)
        picture[top : top + small.shape[0], left : left + small.shape[1]] = small
        raw = session.run(FACES, {session.inputs[0]: (picture / 127.5 - 1).transpose(2, 0, 1)[None]})
        boxes, scores = decode(raw)
        return view.to_picture(boxes - np.array([left, top, left, top], np.float32), small), scores

    def _cascade(self, view: View) -> tuple[Floats, Floats]:
        small = shrink(view.rgb, HAAR_SIDE)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        with self._lock:  # a cascade keeps its working memory in itself
            if self._haar is None:
                self._haar = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / CASCADE))
            boxes, hits = self._haar.detectMultiScale2(grey, scaleFactor=HAAR_STEP, minNeighbors=HAAR_LEAST)
        corners = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], np.float32).reshape(-1, 4)
        scores = np.interp(np.asarray(hits, np.float32).reshape(-1), HAAR_HITS, HAAR_PRECISION)
        return view.to_picture(corners, small), scores.astype(np.float32)


@functools.lru_cache(1)
def anchors() -> Floats:
    """(896, 2) cell centres in pixels of the net's picture: 16x16 cells with 2 anchors, then 8x8 with 6."""
    parts = []
    for stride, per_cell in STRIDES:
        centres = (np.arange(SIDE // stride) + 0.5) * stride
        parts.append(np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 1, 2).repeat(per_cell, 1).reshape(-1, 2))
    return np.concatenate(parts).astype(np.float32)


def decode(raw: Sequence[Floats]) -> tuple[Floats, Floats]:
    """The four raw outputs (scores, scores, offsets, offsets) to boxes (N, 4) in the net's pixels and scores (N,).

    Best first; overlapping candidates become their mean weighted by score (BlazeFace, section 3.4).
    """
    logits = np.concatenate([_rows(raw[0], 1), _rows(raw[1], 1)])[:, 0]
    offsets = np.concatenate([_rows(raw[2], 16), _rows(raw[3], 16)])
    scores = geometry.sigmoid(logits)
    strong = scores >= FLOOR
    scores, offsets = scores[strong], offsets[strong]
    centre, size = anchors()[strong] + offsets[:, :2], offsets[:, 2:4]
    candidates = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    order = np.argsort(-scores, kind="stable")
    boxes: list[Floats] = []
    best: list[float] = []
    while len(order):
        near = geometry.iou(candidates[order[:1]], candidates[order])[0] > SAME
        near[0] = True
        boxes.append(np.average(candidates[order[near]], axis=0, weights=scores[order[near]]))
        best.append(float(scores[order[0]]))
        order = order[~near]
    return geometry.as_boxes(boxes), np.array(best, np.float32)


def _rows(output: Floats, width: int) -> Floats:
    """(1, C, h, w) to (h * w * C / width, width), cell by cell."""
    rows: Floats = output[0].transpose(1, 2, 0).reshape(-1, width)
    return rows
