"""Everyday objects: a CenterNet (Zhou et al. 2019, "Objects as Points") on MobileNetV3 for the 80 classes of COCO.

Its heat map's peaks are boxes with the scores of all classes; its feature map feeds the mask head.
"""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np

from core.errors import EngineFailed
from core.shared_models.sessions import Session
from core.shared_models.weights import Weights
from core.types.arrays import Floats, Pixels, expect

SIDE, CELL = 512, 4  # pixels of the letterboxed picture, and of a heat map cell
CROP, CROP_CELLS = 256, 64
CLASSES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip


class EverydayNet:
    """The net at its two sizes. Sessions are made at first use; thread-safe."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.info = weights.info
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def _session(self, name: str) -> Session:
        with self._lock:
            if name not in self._sessions:
                self._sessions[name] = self.weights.load(name)
            return self._sessions[name]

    def measure(self, rgb: Pixels, keep: int = 300) -> tuple[Floats, Floats]:
        """(H, W, 3) uint8 -> boxes (Q, 4) xyxy in its pixels, clipped to it, and scores (Q, 80) in [0, 1].

        The `keep` best peaks of any class, best first; no threshold. Raises `EngineUnavailable` without sound weights.
        """
        height, width = rgb.shape[:2]
        picture, scale = letterbox(rgb)
        session = self._session("everyday512")
        feeds = {session.inputs[0]: picture}
        heat, reach = session.run(["tower_0/keypoints", "tower_0/wh"], feeds)
        rows, columns = peaks(heat[0], keep)
        left, top, right, bottom = reach[0][:, rows, columns]
        x, y = CELL * columns, CELL * rows
        boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=1) / scale
        if not np.isfinite(boxes).all():
            raise EngineFailed(
                "The everyday net gave boxes that are no numbers.", "Check it: python -m core weights --check"
            )
        clipped = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        return clipped, np.ascontiguousarray(heat[0][:, rows, columns].T, np.float32)

    def features(self, crop: Pixels) -> tuple[Floats, Floats]:
        """(256, 256, 3) uint8 -> class heat (80, 64, 64) in [0, 1] and features (128, 64, 64)."""
        expect(crop.shape == (CROP, CROP, 3), f"crop must be ({CROP}, {CROP}, 3), but got {crop.shape}")
        session = self._session("everyday256")
        feeds = {session.inputs[0]: np.ascontiguousarray(crop.transpose(2, 0, 1)[None], np.float32)}
        heat, features = session.run(["tower_0/keypoints", "tower_0/CenternetHead/mul"], feeds)
        return heat[0], features[0]


def letterbox(rgb: Pixels) -> tuple[Floats, float]:
    """(1, 3, 512, 512) float32 in 0..255: the picture at the top left on black; and the scale that it was given."""
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    picture = np.zeros((1, 3, SIDE, SIDE), np.float32)
    picture[0, :, : size[1], : size[0]] = small.transpose(2, 0, 1)
    return picture, scale


def peaks(heat: Floats, keep: int) -> tuple[np.ndarray, np.ndarray]:
    """(K, h, w) -> rows and columns of the `keep` cells with the highest peaks, best first.

    A cell is a peak of a class where it is the maximum of its 3x3 neighbourhood; a cell counts with its best peak.
    """
    wide = np.maximum(heat[:, :, :-1], heat[:, :, 1:])  # maximum over neighbours, first in x, then in y
    around = heat.copy()
    np.maximum(around[:, :, :-1], wide, out=around[:, :, :-1])
    np.maximum(around[:, :, 1:], wide, out=around[:, :, 1:])
    tall = np.maximum(around[:, :-1], around[:, 1:])
    np.maximum(around[:, :-1], tall, out=around[:, :-1])
    np.maximum(around[:, 1:], tall, out=around[:, 1:])
    best = np.where(heat == around, heat, 0).max(0).ravel()
    order = np.argsort(-best, kind="stable")[:keep]
    order = order[best[order] > 0]
    rows, columns = np.unravel_index(order, heat.shape[1:])
    return rows, columns


_nets: dict[Path, EverydayNet] = {}
_nets_lock = threading.Lock()


def shared_net(cache_dir: Path) -> EverydayNet:
    """The one net of this process for a cache folder. Cheap: it loads at first use."""
    key = Path(cache_dir).resolve()
    with _nets_lock:
        if key not in _nets:
            _nets[key] = EverydayNet(Weights(cache_dir))
        return _nets[key]
