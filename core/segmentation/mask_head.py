"""Box to mask: a small head, trained for this project, on the everyday net's features of the zoomed box.

`features` is what the head was trained on: keep it the same, or train again.
"""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.segmentation.view import MARGIN
from core.shared_models.everyday import CROP, CROP_CELLS, EverydayNet
from core.shared_models.sessions import Session, open_session
from core.types.arrays import Doubles, Floats, Pixels
from core.types.boxes import Box

CORE = 0.6  # of the box's half axes, squared: the ellipse whose colours are taken as the object's
BINS, BIN_WIDTH = 8, 32  # of each Lab channel
PRIOR = 0.5  # pixels added to each colour's count
RESTORE = "Restore assets/models/mask_head.onnx from the repository."


class MaskHead:
    """Loads at first use; thread-safe."""

    def __init__(self, file: Path, net: EverydayNet) -> None:
        self.file, self.net = file, net
        self._session: Session | None = None
        self._lock = threading.Lock()

    def probability(self, rgb: Pixels, box: Box) -> tuple[Floats, Doubles]:
        """((256, 256) float32, about [0, 1]; map (2, 3) from picture to its cells, centres at integers + 0.5).

        It speaks about the inside of the box only. Raises `EngineUnavailable` without head or everyday weights.
        """
        with self._lock:
            if self._session is None:
                self._session = open_session(self.file, "mask head", RESTORE)
        crop, to_crop = cropped(rgb, box)
        inputs = features(self.net, crop, to_crop, box)
        cells = self._session.run(["probability"], {"features": inputs[None]})[0][0]
        shift = 0.5 - 0.5 * to_crop[0, 0]  # OpenCV's map counts centres at integers
        centred = to_crop + np.array([[0, 0, shift], [0, 0, shift]])
        return np.asarray(cv2.resize(cells, (CROP, CROP), interpolation=cv2.INTER_CUBIC)), centred


def cropped(rgb: Pixels, box: Box) -> tuple[Pixels, Doubles]:
    """The square around the box with its margin, (256, 256, 3), black outside the picture; and OpenCV's map to it."""
    x0, y0, x1, y1 = box
    scale = CROP / (max(x1 - x0, y1 - y0) * (1 + 2 * MARGIN))
    to_crop = np.array(
        [[scale, 0, CROP / 2 - (x0 + x1) / 2 * scale], [0, scale, CROP / 2 - (y0 + y1) / 2 * scale]], np.float64
    )
    crop = cv2.warpAffine(rgb, to_crop, (CROP, CROP), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, np.uint8), to_crop


def features(net: EverydayNet, crop: Pixels, to_crop: Doubles, box: Box) -> Floats:
    """(136, 64, 64) float32: 128 of the net, then u, v (place in the box, -2 to 2), inside, L, a, b, colour likelihood
    and best class score.
    """
    heat, deep = net.features(crop)
    small = cv2.resize(crop, (CROP_CELLS, CROP_CELLS), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    x0, y0, x1, y1 = np.array([*(to_crop @ (box[0], box[1], 1)), *(to_crop @ (box[2], box[3], 1))]) * CROP_CELLS / CROP
    x, y = np.meshgrid(np.arange(CROP_CELLS) + 0.5, np.arange(CROP_CELLS) + 0.5)
    u = (x - (x0 + x1) / 2) / max((x1 - x0) / 2, 1e-3)
    v = (y - (y0 + y1) / 2) / max((y1 - y0) / 2, 1e-3)
    inside = (np.abs(u) <= 1) & (np.abs(v) <= 1)
    likely = _likelihood(lab, u**2 + v**2 < CORE, ~inside)
    own = [np.clip(u, -2, 2), np.clip(v, -2, 2), inside, *(lab.transpose(2, 0, 1) / 255 - 0.5), likely / 3, heat.max(0)]
    return np.concatenate([deep, np.stack(own)]).astype(np.float32)


def _likelihood(lab: Floats, core: NDArray[np.bool_], outside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(64, 64) log ratio of each cell's colour in the core and outside the box; 0 where nothing lies outside."""
    bins = np.clip(lab / BIN_WIDTH, 0, BINS - 1).astype(int) @ np.array([BINS * BINS, BINS, 1])
    if not outside.any():
        return np.zeros(bins.shape)
    object_, rest = (
        (np.bincount(bins[cells], minlength=BINS**3) + PRIOR) / (cells.sum() + PRIOR * BINS**3)
        for cells in (core, outside)
    )
    return np.asarray(np.log(object_ / rest)[bins])
